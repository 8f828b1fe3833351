# Text from outside cannot break the one line or drive the terminal.
run $'bad\n\x1b[31mred'
expect_refused 2 "bad"
grep -q $'\x1b' "$scratch/stderr" && fail "an escape sequence reached the terminal"
true
