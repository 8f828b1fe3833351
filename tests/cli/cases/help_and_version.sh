# needs: io torch
# Every command of the table has help, on stdout, and docs/commands.md shows exactly it.
run --version
expect_status 0
expect_silence
grep -Eq '^anatomynet [0-9]+\.[0-9]+\.[0-9]+' "$scratch/stdout" || fail "no version"

run --help
expect_status 0
expect_silence
commands=$(sed -n 's/^## //p' "$source_dir/docs/commands.md")
[[ -n $commands ]] || fail "docs/commands.md lists no command"
for command in $commands; do
  run "$command" --help
  expect_status 0
  expect_silence
  expect_output "Usage: anatomynet $command"
  awk -v "section=## $command" '$0 == section { on = 1; next } on && /^```/ { if (++fence == 2) exit; next }
    on && fence == 1' "$source_dir/docs/commands.md" | diff - "$scratch/stdout" >&2 ||
    fail "docs/commands.md is not current for '$command': run make docs"
done
