# needs: io
must phantom --seed 5 --size 16x16x16 -o p
must phantom --seed 5 --size 16x16x20 -o q
run evaluate p/labels.nii.gz q/labels.nii.gz --json dice.json
expect_refused 3 "20 x 16 x 16" "16 x 16 x 16" "grids" "--resample"
run evaluate p/labels.nii.gz absent.nii.gz --json dice.json
expect_refused 3 "absent.nii.gz"
run evaluate p/labels.nii.gz p/ct.nii.gz --json dice.json
expect_refused 3 "ct.nii.gz"
head -c 60 p/labels.nii.gz > truncated.nii.gz
run evaluate p/labels.nii.gz truncated.nii.gz --json dice.json
expect_refused 3 "truncated.nii.gz"
run evaluate p/labels.nii.gz
expect_refused 2
run evaluate p/labels.nii.gz --truth p/labels.nii.gz --surface sharp
expect_refused 2 "sharp" "surfels"
run evaluate p/labels.nii.gz --truth p/labels.nii.gz --tolerance Parotid_L=far
expect_refused 2 "far" "mm"
run evaluate p/labels.nii.gz --truth p/labels.nii.gz --label 300=Larynx
expect_refused 2 "300"
make_nifti strange.nii 16x16x16 int16 "40 if x == 3 else 0"
run evaluate strange.nii --truth strange.nii
expect_refused 3 "strange.nii" "40" "--label"
run evaluate strange.nii --truth strange.nii --label 40=Larynx
expect_status 0
expect_output "Larynx"
# Values above the nine that data sets share are this program's own: a guess, and said.
make_nifti twelve.nii 16x16x16 int16 "12 if x == 3 else 0"
run evaluate twelve.nii --truth twelve.nii
expect_status 0
grep -q "warning: .*twelve.nii: .*12 as Esophagus.*--label" "$scratch/stderr" || fail "the guess is not said"
for name in Larynx Esophagus; do
  run evaluate twelve.nii --truth twelve.nii --label 12=$name
  expect_status 0
  ! grep -qF "12 as" "$scratch/stderr" || fail "a value that --label names $name is called a guess"
done
mkdir masks
make_nifti masks/Brainstem.nii 16x16x16 int16 "x % 3"
run evaluate strange.nii --truth masks
expect_refused 3 "Brainstem.nii" "binary"
make_nifti nan.nii 16x16x16 float32 "nan if x == 3 else 0"
run evaluate strange.nii --truth nan.nii
expect_refused 3 "nan.nii"
# Either file of a NIfTI pair names it; an archive is called what it is.
python3 - p/labels.nii.gz <<'PY' || fail "the case could not prepare its pair"
import gzip, sys

data = bytearray(gzip.open(sys.argv[1]).read())
data[108:112] = bytes(4)  # vox_offset
data[344:348] = b"ni1\0"
open("pair.hdr", "wb").write(bytes(data[:348]))
open("pair.img", "wb").write(bytes(data[352:]))
PY
for file in pair.hdr pair.img; do must evaluate $file --truth p/labels.nii.gz; done
printf 'PK\003\004 and so on' > all.zip
run evaluate all.zip --truth p/labels.nii.gz
expect_refused 3 "all.zip" "ZIP archive" "unpack"
must phantom --seed 5 --size 16x16x16 -o d --dicom
run convert --ct d/dicom all.zip -o masks.dcm
expect_refused 3 "all.zip" "ZIP archive" "unpack"
run convert --ct d/dicom pair.img -o masks.dcm
expect_refused 3 "pair.img" "pair.hdr"
