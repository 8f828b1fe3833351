# needs: io onednn
# Every file and folder has the mode that the umask says.
need_model
make_patient p
for mask in 077 027 002; do
  umask $mask
  must segment p/dicom -o "out$mask" --model "$model" --format nrrd
  must segment --batch p/dicom -o "batch$mask" --model "$model"
  must evaluate "out$mask" --truth p/labels.nii.gz -o "report$mask" --json "report$mask.json"
  must convert --ct p/dicom p/rtstruct.dcm -o "masks$mask"
  for file in "out$mask" "batch$mask" "report$mask" "report$mask.json" "masks$mask"; do
    wrong=$(find "$file" -type f ! -perm $(printf '%o' $((0666 & ~0$mask))) -o -type d ! -perm $(printf '%o' $((0777 & ~0$mask))))
    [[ -z $wrong ]] || fail "umask $mask, but: $(ls -ld $wrong)"
  done
done
