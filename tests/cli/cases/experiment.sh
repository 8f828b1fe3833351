# needs: io torch
# A whole study on synthetic patients: trained, measured on cases set aside, tabled, and tabled again from the records.
make_set set
cat > base.toml <<'TOML'
[input]
spacing_mm = [12, 12, 12]
[[phase]]
epochs = 1
crop = [8, 8, 8]
TOML
cat > study.toml <<'TOML'
name = "tiny"
base = "base.toml"
data = "set"
held_out = 0.4
held_out_seed = 1
reference = "plain"
[[variant]]
name = "plain"
group = "blocks"
architecture = "baseline"
[[variant]]
name = "se"
group = "blocks"
architecture = "baselineSERes18Sum"
loss = "dice"
seeds = [1, 2]
TOML
run experiment study.toml --out runs --threads 1
expect_status 0
expect_output "| blocks | plain | "
expect_output "| 2 of 2 |"
expect_files runs/plain/seed-1/record.json runs/se/seed-2/best.safetensors runs/study.md
python3 - <<'PY' || fail "the record does not say what was held out"
import json
record = json.load(open("runs/plain/seed-1/record.json"))
held = {case for organ in record["held_out_dice"].values() for case in organ}
assert held and held < {"a", "b", "c"}, held
assert record["held_out_grid"] == "CT" and record["steps"] == 3 - len(held), record
PY
cp runs/study.md first.md
printf '# Page\n<!-- study tiny -->\n<!-- end of study -->\n' > page.md
run experiment study.toml --out runs --table-only --page page.md
expect_status 0
cmp first.md runs/study.md || fail "the table from the records is another"
grep -q "| blocks | se |" page.md || fail "the table is not in the page"
# Nothing is trained twice, and another budget is another study.
touch -d '2001-01-01' runs/*/seed-*/record.json
must experiment study.toml --out runs --threads 1
[[ -z $(find runs -name record.json -newermt 2002-01-01) ]] || fail "a finished run was made again"
sed -i 's/epochs = 1/epochs = 2/' base.toml
run -q experiment study.toml --out runs --threads 1
expect_status 3
expect_error "another definition"
