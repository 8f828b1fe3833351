# needs: io
# Killed without warning at any moment and run again: the same set as in one go.
make_set s
must curate --kind nnunet s -o whole
for delay in 0.05 0.15 0.3 0.5 0.8; do
  "$program" curate --kind nnunet s -o out --threads 1 > /dev/null 2>&1 &
  sleep "$delay"
  kill -9 $! 2> /dev/null
  wait $! 2> /dev/null
  for folder in out/cases/*/; do
    [[ ! -e $folder/case.json || -e $folder/labels.nii.gz ]] || fail "half a case calls itself finished"
  done
done
must curate --kind nnunet s -o out
same_set whole out
