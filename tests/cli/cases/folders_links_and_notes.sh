# needs: io onednn
# A CT behind a link, beside a text called .dcm, a DICOMDIR, a pipe, /dev/zero and hidden files: all commands take the
# same 32 slices.
need_model
make_patient p
mkdir -p store tree/a
mv p/dicom store/ct
ln -s "$PWD/store/ct" tree/a/ct
ln -s "$PWD/tree" tree/a/up
echo "drawn twice, see the letter" > store/ct/notes.dcm
mkfifo store/ct/pipe.dcm
ln -s /dev/zero store/ct/zero.dcm
cp store/ct/CT0003.dcm store/ct/.CT0003.dcm
cp store/ct/CT0001.dcm store/ct/copy
mv store/ct/CT0002.dcm store/ct/CT0002.DCM
mv store/ct/CT0004.dcm store/ct/1.2.3.4
cp p/rtstruct.dcm tree/a/rs

must segment p/ct.nii.gz -o image --model "$model"
must segment tree -o single --model "$model"
grep -q 'warning: .*notes.dcm' "$scratch/stderr" || fail "the text is not named"
grep -q 'warning: .*second copy' "$scratch/stderr" || fail "the copy is not named"
cmp image/labels.nii.gz single/labels.nii.gz || fail "other labels than those of the image"
must segment --batch tree -o batch --model "$model"
grep -q 'warning: .*notes.dcm' "$scratch/stderr" || fail "the batch leaves the text out without a word"
cmp single/labels.nii.gz batch/*/labels.nii.gz || fail "the batch gives other labels"
must convert --ct tree p/rtstruct.dcm -o masks
must evaluate tree/a/rs --truth p/labels.nii.gz
run curate --kind tcia tree -o set --no-pictures
[[ $status -eq 0 || $status -eq 7 ]] || fail "curate ended with $status"
[[ $(find set/labelsTr -name '*.nii.gz' | wc -l) -eq 1 ]] || fail "curate does not take the CT"

rm store/ct/[C.1]*[Mmy4] store/ct/copy 2> /dev/null
find store/ct -name 'CT*' -delete
run segment tree/a/ct -o none --model "$model"
expect_refused 3 "notes.dcm" "named as DICOM"
