# needs: io
# RTSTRUCT to masks and back, on the phantom whose truth is known; names, table and options.
make_patient p
must convert --ct p/dicom p/rtstruct.dcm -o masks
expect_files masks/rois.csv masks/{Brainstem,Bone_Mandible,Parotid_L,Parotid_R}.nii.gz
head -1 masks/rois.csv | grep -qx "name,organ,ml,contours,warnings,file" || fail "rois.csv: $(head -1 masks/rois.csv)"
grep -q "^Parotid_L,Parotid_L,[0-9.]*,[1-9][0-9]*,,Parotid_L.nii.gz" masks/rois.csv || fail "no row of Parotid_L"
must convert --ct p/dicom p/labels.nii.gz -o labels.dcm
must convert --ct p/dicom labels.dcm -o again
for file in masks/*.nii.gz; do
  cmp "$file" "again/$(basename "$file")" || fail "$file: the label map's contours give another mask"
done
must convert --ct p/dicom masks -o masks.dcm
must convert --ct p/dicom masks.dcm -o back
for file in masks/*.nii.gz; do cmp "$file" "back/$(basename "$file")" || fail "$file does not come back"; done
# A later run leaves nothing of an earlier one, here another patient's perhaps.
must convert --ct p/dicom p/rtstruct.dcm -o masks --format nrrd --half-covered --fill-gaps
expect_files masks/Brainstem.nrrd
compgen -G 'masks/*.nii.gz' > /dev/null && fail "masks of the earlier run are still there"
exit 0
