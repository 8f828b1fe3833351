# needs: io onednn
# A damaged slice at the end of a CT, where no gap gives it away: every command refuses it and names it, and with
# --accept-damaged every command takes the other 31 slices and says so.
need_model
make_patient p
mkdir -p cohort/one
cp -r p/dicom cohort/one/ct
cp p/rtstruct.dcm cohort/one/rs.dcm
cp -r cohort/one/ct ct
truncate -s -30 ct/CT0032.dcm cohort/one/ct/CT0032.dcm
spoken() { grep -q 'CT0032.dcm' "$scratch/stderr" || fail "the slice is not named"; }

run segment ct -o out --model "$model"
expect_refused 3 "CT0032.dcm" "truncated" "--accept-damaged"
run segment --batch cohort -o batch --model "$model"
expect_status 7
spoken
[[ ! -e batch/one_ct ]] || fail "the batch contours what segment refuses"
run convert --ct ct p/rtstruct.dcm -o masks
expect_refused 3 "CT0032.dcm" "--accept-damaged"
run evaluate p/rtstruct.dcm --truth p/rtstruct.dcm --ct ct
expect_refused 3 "CT0032.dcm" "--accept-damaged"
run curate --kind tcia cohort -o set --no-pictures
expect_status 3
spoken

run segment ct -o out --model "$model" --accept-damaged
expect_status 0
grep -q 'warning: .*CT0032.dcm.*damaged slice left out' "$scratch/stderr" || fail "segment does not warn"
grep -q 'damaged slice left out' out/summary.json || fail "the summary does not say it"
run segment --batch cohort -o batch --model "$model" --accept-damaged
expect_status 0
spoken
cmp out/labels.nii.gz batch/one_ct/labels.nii.gz || fail "the batch gives other labels than segment"
run convert --ct ct p/rtstruct.dcm -o masks --accept-damaged
expect_status 0
spoken
run evaluate p/rtstruct.dcm --truth p/rtstruct.dcm --ct ct --accept-damaged
expect_status 0
spoken
run curate --kind tcia cohort -o set --no-pictures --accept-damaged
[[ $status -eq 0 || $status -eq 7 ]] || fail "curate does not take the CT"
python3 - <<'PY' || fail "the sizes are not those of 31 slices"
import glob, gzip, struct
for name in ["out/labels.nii.gz", glob.glob("masks/*.nii.gz")[0]]:
    assert struct.unpack_from("<8h", gzip.open(name).read(), 40)[3] == 31, name
PY
grep -q 'damaged slice left out' set/curation.html || fail "the curation's page does not say it"

# A slice that is lost between others is refused all the same.
cp p/dicom/CT0032.dcm ct
truncate -s -30 ct/CT0016.dcm
run segment ct -o lost --model "$model" --accept-damaged
expect_refused 3 "missing slice"
