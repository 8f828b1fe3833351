# needs: io onednn
# Two runs into one folder: the second is refused at once; the lock of a dead run counts for nothing.
need_model
make_patient p
mkdir out set cohort
cp p/ct.nii.gz cohort
: > out/.anatomynet-lock
files > before
for command in "segment p/ct.nii.gz --model $model" "segment --batch cohort --model $model" \
  "phantom --seed 1 --size 16x16x16" "evaluate p/labels.nii.gz --truth p/labels.nii.gz"; do
  # shellcheck disable=SC2086
  run_as flock out/.anatomynet-lock "$program" -q $command -o out
  expect_status 5
  grep -q "^anatomynet: error: .*/out: cannot write: another run writes there" "$scratch/stderr" || fail "expected the lock to be named"
  diff before <(files) >&2 || fail "a refused run changed the folder"
done
must segment p/ct.nii.gz --model "$model" -o out
[[ -z $(find out -name '.*') ]] || fail "the lock is left behind"

# Two at the same time, for real: one does it, the other is refused, or comes after and does it again.
for n in 1 2; do "$program" -q segment --batch cohort -o both --model "$model" > "$n.out" 2> "$n.err" & pids[n]=$!; done
for n in 1 2; do
  wait "${pids[n]}"
  case $? in
    0) done=yes ;;
    # The process is named once it has written its number: a moment after it holds the lock.
    5) grep -Eq "another run writes there( \(process [0-9]+ on [^)]*\))?;" "$n.err" || fail "refused without the reason: $(cat "$n.err")" ;;
    *) fail "run $n failed: $(cat "$n.err")" ;;
  esac
done
[[ ${done:-} == yes ]] || fail "neither of two runs did the work"
expect_files both/ct/manifest.json
