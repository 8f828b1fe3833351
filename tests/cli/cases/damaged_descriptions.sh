# needs: io
# JSON and TOML that are damaged, or built to overflow the stack, cost one line that names file and key.
make_set s
nested() { python3 -c 'import sys; print(sys.argv[1] * 60000 + sys.argv[2] * 60000)' "$1" "$2"; }

nested '[' ']' > s/dataset.json
run curate --kind nnunet s -o out
expect_refused 3 dataset.json nested
mkdir folder
nested '{"a":' '' > folder/cases.json
run curate --kind folder folder -o out
expect_refused 3 cases.json nested
echo '{"cases": [{"id": 7}]}' > folder/cases.json
run curate --kind folder folder -o out
expect_refused 3 cases.json /cases/0/id string
mkfifo pipe
ln -sf ../pipe folder/cases.json
run curate --kind folder folder -o out
expect_refused 3 cases.json 'regular file'

python3 -c 'print("a." * 60000 + "a = 1")' > keys.toml
run curate keys.toml --data-root . -o out
expect_refused 2 keys.toml:1 parts
nested 'a = [' ']' > nested.toml
run curate nested.toml --data-root . -o out
expect_refused 2 nested.toml:1 nested

# A case.json without a key is found before anything is written.
rm -r s
make_set s
for i in 1 2; do must curate --kind nnunet s -o part$i --shard $i/2 --no-pictures; done
case=$(echo part1/cases/*/case.json | cut -d' ' -f1)
for key in rois organs notes patient; do
  cp "$case" whole.json
  python3 - "$case" $key <<'END'
import json, sys
j = json.load(open(sys.argv[1]))
del j[sys.argv[2]]
json.dump(j, open(sys.argv[1], "w"))
END
  run curate merge part1 part2 -o merged
  expect_refused 3 case.json "'$key'"
  cp whole.json "$case"
done
sed -i 's/"organ_table"/"organs"/' part1/curation.json
run curate merge part1 part2 -o merged
expect_refused 3 curation.json "'organ_table'"
