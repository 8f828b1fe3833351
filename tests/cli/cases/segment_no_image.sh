# needs: io torch
# A file of another kind, whatever its name.
need_model
echo "not an image" > text.txt
cp text.txt text.nii.gz
cp text.txt text.dcm
cp text.txt text.nrrd
: > nothing.nii
for file in text.txt text.nii.gz text.dcm text.nrrd nothing.nii; do
  run segment "$file" -o out --model "$model"
  expect_refused 3 "$file"
done
