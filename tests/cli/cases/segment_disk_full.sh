# needs: io torch
need_model
make_patient p
run_as bash -c 'trap "" XFSZ; ulimit -f 4; exec "$0" "$@"' "$program" -q segment p/dicom -o out --model "$model"
expect_status 5
expect_nothing_written
grep -q '^anatomynet: error: .*out/' "$scratch/stderr" || fail "expected an error that names a file in out/"
