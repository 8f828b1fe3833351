# needs: io torch
# Two acquisitions in one series are no volume where their slices lie between each other; one after the other they are.
need_model
must phantom --seed 9 --size 64x48x48 --spacing 3x6x6 -o p --dicom
must phantom --seed 10 --size 64x48x48 --spacing 3x6x6 -o q --dicom
cp -r p/dicom whole
# Every second slice is the other patient's.
mix() {
  rm -r p/dicom
  cp -r whole p/dicom
  edit_dicom "
o = pydicom.dcmread(path.replace('p/', 'q/'))
if i % 2: d.PixelData, d.RescaleIntercept, d.RescaleSlope = o.PixelData, o.RescaleIntercept, o.RescaleSlope
$1"
}
mix 'd.AcquisitionNumber = 5 + i % 2'
run segment p/dicom -o out --model "$model"
expect_refused 3 "several acquisitions" "Acquisition Number" "5 with 32 slices" "6 with 32 slices" "--acquisition"
run convert --ct p/dicom p/rtstruct.dcm -o masks
expect_refused 3 "several acquisitions"
run segment p/dicom -o out --acquisition 6 --model "$model"
expect_status 0
edit_dicom 'd = d if i % 2 else None'
run segment p/dicom -o alone --model "$model"
expect_status 0
cmp out/labels.nii.gz alone/labels.nii.gz || fail "--acquisition 6 is not the acquisition by itself"
mix 'd.ConvolutionKernel = "SHARP" if i % 2 else "SOFT"'
run segment p/dicom -o refused --model "$model"
expect_refused 3 "Convolution Kernel" "SHARP with 32 slices"
mix 'd.AcquisitionDate = "20200101"; d.AcquisitionTime = "1200%02d" % (i % 2 * 30)'
run segment p/dicom -o refused --model "$model"
expect_refused 3 "acquisition time"
mix '' # nothing but what they show
run segment p/dicom -o refused --model "$model"
expect_refused 3 "every second slice"
run segment p/dicom -o second --acquisition 2 --model "$model"
expect_status 0
cmp second/labels.nii.gz alone/labels.nii.gz || fail "--acquisition 2 is not every second slice"
# One number a table position, and a time a slice.
rm -r p/dicom
cp -r whole p/dicom
edit_dicom 'd.AcquisitionNumber = i // 8; d.AcquisitionDate = "20200101"; d.AcquisitionTime = "%02d%02d00" % (12 + i // 60, i % 60); d.KVP = 100 + i // 32 * 20'
run segment p/dicom -o fine --model "$model"
expect_status 0
run segment whole -o refused --acquisition 3 --model "$model"
expect_refused 3 "no acquisition is called 3"
