# needs: io onednn address-space
# Whatever memory is left, a run ends with its results or with exit code 6 and nothing written; the long form is
# `make memory-limits`.
need_model
make_patient p
"$source_dir/scripts/memory-limits" "$program" p/ct.nii.gz 120 60 600 >&2 || fail "a limit of memory ended a run otherwise"
