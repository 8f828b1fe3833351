# The bare program says what to do.
run
expect_refused 2 "no command" "--help"
