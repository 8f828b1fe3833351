# needs: io torch
# Said before the run, with an estimate and what would need less.
need_model
make_nifti large.nii 200x200x100 int16 '10 * x - 1000'
run_as bash -c 'ulimit -v 3000000; exec "$0" "$@"' "$program" -q segment large.nii -o out --model "$model" --engine torch
expect_status 6
grep -q '^anatomynet: error: .*needs about [0-9]* MB of memory, [0-9]* MB are available.*--memory slabs' "$scratch/stderr" || fail "expected an estimate and the slab option"
expect_nothing_written
