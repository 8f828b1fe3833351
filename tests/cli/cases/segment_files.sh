# needs: io torch
# What scripts rely on: names, geometry and ids of the files, for DICOM and for an image.
need_model
make_patient p
must segment p/dicom -o dicom --model "$model"
grep -q "warning: .*synthetic" "$scratch/stderr" || fail "expected a warning that the model knows phantoms only"
must --verbose segment p/ct.nii.gz -o image --model "$model"
grep -Eq 'debug: .*Running the network [0-9]+\.[0-9]{2} s, .*writing files [0-9]+\.[0-9]{2} s$' "$scratch/stderr" || fail "expected the time of each stage"
expect_files {dicom,image}/{labels.nii.gz,summary.json,quality.json,preview.png} dicom/rtstruct.dcm
[[ ! -e image/rtstruct.dcm ]] || fail "an RTSTRUCT without a DICOM CT to refer to"
for organ in Brainstem OpticChiasm Bone_Mandible OpticNrv_L OpticNrv_R Parotid_L Parotid_R Glnd_Submand_L Glnd_Submand_R; do
  expect_files {dicom,image}/masks/$organ.nii.gz
done
grep -q '"post_processing"' image/quality.json || fail "quality.json does not say what was changed"
grep -Eq '^Brainstem +[0-9.]+  (ok|check: )' "$scratch/stdout" || fail "expected one line an organ with its quality"
cmp dicom/labels.nii.gz image/labels.nii.gz || fail "DICOM and NIfTI of one patient give different labels"
run evaluate dicom/labels.nii.gz p/labels.nii.gz
expect_status 0
