# Results that cannot be written are an error, not a silent success.
[[ -c /dev/full ]] || skip "no /dev/full here"
run_as bash -c '"$0" --reference > /dev/full' "$program"
expect_refused 5 "standard output"
