# needs: io onednn
# A symbolic link in the output folder is never written through; the output folder itself may be one.
need_model
make_patient p
mkdir out elsewhere real
echo theirs > elsewhere/Parotid_L.nii.gz
ln -s ../elsewhere out/masks
ln -s ../elsewhere/Parotid_L.nii.gz out/labels.nii.gz
must segment p/ct.nii.gz -o out --model "$model"
[[ $(cat elsewhere/Parotid_L.nii.gz) == theirs && $(ls elsewhere) == Parotid_L.nii.gz ]] || fail "it wrote through a link"
[[ ! -L out/masks && ! -L out/labels.nii.gz ]] || fail "the links are still there"
ln -s real linked
must segment p/ct.nii.gz -o linked --model "$model"
expect_files real/labels.nii.gz
