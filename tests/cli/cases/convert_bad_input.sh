# needs: io
# What convert refuses: nothing is left behind, and the line says what came.
make_patient p
must phantom --seed 10 --size 32x48x48 --spacing 6x6x6 -o q --dicom
echo "no DICOM" > text.dcm
head -c 3000 p/rtstruct.dcm > cut.dcm
run convert --ct p/dicom absent.dcm -o out
expect_refused 3 "absent.dcm" "no such file"
run convert --ct p/dicom text.dcm -o out
expect_refused 3 "text.dcm" "not a DICOM file"
run convert --ct p/dicom cut.dcm -o out
expect_refused 3 "cut.dcm" "truncated"
run convert --ct p/dicom "$(find p/dicom -name '*.dcm' | sort | head -1)" -o out
expect_refused 3 "expected an RTSTRUCT"
run convert --ct q/dicom p/rtstruct.dcm -o out
expect_refused 3 "p/rtstruct.dcm" "another scan"
run convert --ct absent p/rtstruct.dcm -o out
expect_refused 3 "absent"
run convert p/rtstruct.dcm -o out
expect_refused 2 "--ct"
run convert --ct p/dicom p/labels.nii.gz -o out.dcm --half-covered
expect_refused 2 "--half-covered"

make_nifti other.nii.gz.tmp 12x12x12 int16 "x % 2"
mv other.nii.gz.tmp other.nii
run convert --ct p/dicom other.nii -o out.dcm
expect_refused 3 "other.nii" "12 x 12 x 12" "48 x 48 x 32" "another grid"
mkdir none values && cp other.nii values/
run convert --ct p/dicom none -o out.dcm
expect_refused 3 "none" "no masks"
cp p/labels.nii.gz values/other.nii.gz && rm values/other.nii
run convert --ct p/dicom values -o out.dcm
expect_refused 3 "values/other.nii.gz" "a mask is binary"
python3 - <<'PY' || fail "the case could not prepare its label maps"
import gzip

raw = gzip.open("p/labels.nii.gz").read()
open("empty.nii", "wb").write(raw[:352] + bytes(len(raw) - 352))
open("ids.nii", "wb").write(raw[:352] + raw[352:].replace(b"\x03", b"\x4d"))
PY
run convert --ct p/dicom empty.nii -o out.dcm
expect_refused 3 "empty.nii" "empty"
run convert --ct p/dicom ids.nii -o out.dcm
expect_refused 3 "ids.nii" "77"
run convert --ct p/ct.nii.gz p/labels.nii.gz -o out.dcm
expect_refused 3 "needs a DICOM CT"
