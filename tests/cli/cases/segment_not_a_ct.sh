# needs: io torch
need_model
for class in "1.2.840.10008.5.1.4.1.1.4 MR" "1.2.840.10008.5.1.4.1.1.128 PT"; do
  read -r uid modality <<< "$class"
  rm -rf p
  make_patient p
  edit_dicom "d.Modality = '$modality'; d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = '$uid'"
  run segment p/dicom -o out --model "$model"
  expect_refused 3 "CT" "$modality"
done
