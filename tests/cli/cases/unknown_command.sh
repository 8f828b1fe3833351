run sgment ct
expect_refused 2 "sgment" "--help"
