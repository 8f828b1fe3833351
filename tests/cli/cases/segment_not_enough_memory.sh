# needs: io torch
# Said before the run, with an estimate.
need_model
make_nifti large.nii 200x200x100 int16 '10 * x - 1000'
run_as bash -c 'ulimit -v 3000000; exec "$0" "$@"' "$program" -q segment large.nii -o out --model "$model"
expect_status 6
grep -q '^anatomynet: error: .*GB' "$scratch/stderr" || fail "expected an estimate in GB"
expect_nothing_written
