# needs: io torch
# docs/commands.md is what the table of commands prints.
run --reference
expect_status 0
diff "$source_dir/docs/commands.md" "$scratch/stdout" >&2 || fail "docs/commands.md is not current: run make docs"
