# needs: io torch
# Several CTs: an error that lists them, and a choice by UID.
need_model
make_patient p
mv p first
make_patient p
edit_dicom 'd.SeriesInstanceUID += ".7"; d.SOPInstanceUID += ".7"; d.SeriesDescription = "second one"; d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID'
mkdir both
cp -r p/dicom both/a
cp -r first/dicom both/b
uid=$(dcmdump -s +P SeriesInstanceUID p/dicom/CT0001.dcm | sed 's/.*\[\(.*\)\].*/\1/')
run segment both -o out --model "$model"
expect_refused 3 "$uid" "second one" "32" "--series"
run segment both -o out --model "$model" --series 1.2.3
expect_refused 3 "1.2.3" "$uid"
run segment both -o out --model "$model" --series "$uid"
expect_status 0
expect_files out/labels.nii.gz out/rtstruct.dcm
[[ $(dcmdump +P SeriesInstanceUID +r out/rtstruct.dcm 2>/dev/null; dcmdump out/rtstruct.dcm) == *"$uid"* ]] ||
  fail "the RTSTRUCT does not refer to the chosen series"
