# needs: io torch
# The study's tables in docs/experiments.md are those of the run records in docs/study.
cp -r "$source_dir/docs/study" runs
cp "$source_dir/docs/experiments.md" page.md
run experiment "$source_dir/configs/study-components.toml" --out runs --table-only --page page.md
[[ $status == 0 ]] || fail "exit code $status"
cmp page.md "$source_dir/docs/experiments.md" || fail "docs/experiments.md was not made from docs/study"
sed -i 's/"pt_105": 0\.[0-9]*/"pt_105": 0.1/' runs/se-concat/seed-1/record.json
run experiment "$source_dir/configs/study-components.toml" --out runs --table-only --page page.md
cmp -s page.md "$source_dir/docs/experiments.md" && fail "another record makes the same tables"
true
