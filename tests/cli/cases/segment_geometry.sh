# needs: io torch
# One patient feet first, prone, with tilted gantry, oblique and with its axes in other orders: the organs stay where they
# are in the body, bit for bit where no voxel has to be interpolated, else to a voxel.
need_model
same_patient() { python3 "$source_dir/tests/cli/same_patient.py" "$@" || fail "same_patient.py $*"; }
must phantom --seed 1075 --size 64x96x96 --spacing 3x3x3 -o p --dicom
same_patient vary p/ct.nii.gz images
same_patient vary-dicom p/dicom dicom
must segment p/dicom -o base --model "$model"
must segment --batch images -o out --model "$model"
for variant in sagittal coronal feet_first prone permuted mirrored_axis; do
  same_patient compare base/labels.nii.gz out/$variant/labels.nii.gz exact
done
for variant in oblique very_oblique; do same_patient compare base/labels.nii.gz out/$variant/labels.nii.gz voxel; done
for variant in FFS FFP HFP; do
  must segment dicom/$variant -o $variant --model "$model"
  same_patient compare base/labels.nii.gz $variant/labels.nii.gz exact
done
must segment dicom/tilted -o tilted --model "$model"
grep -q "gantry tilt of 14.00 degrees" "$scratch/stderr" || fail "expected a word on the gantry tilt"
same_patient compare base/labels.nii.gz tilted/labels.nii.gz voxel
