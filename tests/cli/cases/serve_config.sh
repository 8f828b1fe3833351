# needs: io
# What is wrong with a node's configuration is one line with file, line and what was expected; nothing is written.
run serve --config none.toml
grep -q "no DICOM node" "$scratch/stderr" && skip "this build has no DICOM node"
expect_refused 2 "none.toml" "no such file"
cp "$source_dir/examples/node.toml" node.toml
sed -i 's/^folder = .*/folder = "store"/; s/^host = .*/host = "127.0.0.1"/; s/^port = 104/port = 1/' node.toml
sed 's/^ae_title = "ANATOMYNET"/ae_titel = "ANATOMYNET"/' node.toml > typo.toml
run serve --config typo.toml
expect_refused 2 "typo.toml:9" "ae_titel" "did you mean ae_title?"
sed 's/^destinations = .*/destinations = ["nowhere"]/' node.toml > rule.toml
run serve --config rule.toml
expect_refused 2 "rule.toml:" "nowhere" "archive"
sed '/^\[\[dicom.peer/,/^addresses/d' node.toml > open.toml
run serve --config open.toml
expect_refused 2 "open.toml" "no peer may send"
sed 's/192.0.2.0\/24/scanner.local/' node.toml > address.toml
run serve --config address.toml
expect_refused 2 "address.toml:$(grep -n scanner.local address.toml | cut -d: -f1)" "IPv4"
run serve jobs one --config node.toml
expect_status 2
expect_error "'one' is no number of a job"
run serve retry --config node.toml
expect_status 2
expect_error "name the jobs"
# The destination does not answer: said, and nothing else.
run serve --check --config node.toml
expect_status 2
expect_error "1 problems"
grep -q "destination archive" "$scratch/stderr" || fail "the destination is not named"
run serve jobs --config node.toml
expect_status 0
run serve audit --config node.toml
expect_status 0
expect_output "lines, as they were written"
chain=$(grep -o '[0-9a-f]\{64\}' "$scratch/stdout")
run serve jobs --config node.toml
run serve audit --verify --config node.toml
expect_status 0
run serve audit --config node.toml --verify "$chain"
expect_status 0
expect_output "the chain that was kept is that of line 2"
cp store/audit.log kept.log
sed -i 1d store/audit.log
run serve audit --config node.toml --verify "$chain"
expect_refused 3 "audit.log:1"
: > store/audit.log
run serve audit --config node.toml
expect_status 0  # cut off at the end: the chain alone does not show it
run serve audit --config node.toml --verify "$chain"
expect_refused 3 "none of its 0 lines" "cut off"
run serve audit --config node.toml --verify abc
expect_status 2
expect_error "64 digits"
run serve jobs --config node.toml --verify "$chain"
expect_status 2
expect_error "for serve audit"
cp kept.log store/audit.log
sed -i 's/saw the jobs/saw no jobs/' store/audit.log
run serve audit --config node.toml
expect_refused 3 "audit.log:1"
[[ $(stat -c %a store) == 700 ]] || fail "others can read the store"
