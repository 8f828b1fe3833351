# needs: io torch
need_model
make_patient p
for threads in 1 2 3; do
  must segment p/ct.nii.gz -o "out$threads" --model "$model" --threads $threads
  cmp out1/labels.nii.gz "out$threads/labels.nii.gz" || fail "$threads threads change the label map"
done
