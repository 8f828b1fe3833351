# A reader that goes away ends the program with an error, not with a signal.
run_as bash -c '(sleep 0.3; "$0" --reference; echo $? > code) | true; cat code; rm code' "$program"
[[ $(cat "$scratch/stdout") == 5 ]] || fail "expected exit code 5"
