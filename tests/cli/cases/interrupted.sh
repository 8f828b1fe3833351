# needs: io
# Ctrl-C ends a long run at once, with 130 and without half-made output.
run_interrupted phantom --seed 1 --size 400x512x512 -o out
expect_status 130
grep -q '^anatomynet: interrupted$' "$scratch/stderr" || fail "expected a word on stderr"
expect_nothing_written
