# needs: io
# CTs that no object can refer to rightly, and places that cannot be written.
make_patient whole
again() { rm -rf p && cp -r whole p; }
both() {  # PATTERN ...: what both kinds of object must say
  for kind in rtstruct seg; do
    run convert --ct p/dicom p/labels.nii.gz -o $kind.dcm --dicom $kind
    expect_refused 3 "$@"
  done
}
again
edit_dicom 'del d.StudyInstanceUID'
both "StudyInstanceUID (0020,000d)" "missing"
again
edit_dicom 'del d.FrameOfReferenceUID'
both "FrameOfReferenceUID (0020,0052)"
again
edit_dicom 'd.SOPInstanceUID = "1.2.3.4" if i in (7, 20) else d.SOPInstanceUID'
both "SOP Instance UID (0008,0018) 1.2.3.4" "CT0008.dcm" "CT0021.dcm"
again
edit_dicom 'd.StudyInstanceUID = "1.2.3.4" if i == 20 else d.StudyInstanceUID'
both "Study Instance UID (0020,000d)" "CT0021.dcm"
again
edit_dicom 'd.PatientID = "SECRET" if i == 20 else d.PatientID'
both "Patient ID (0010,0020)" "CT0021.dcm"
grep -q SECRET "$scratch/stderr" && fail "a patient's ID is in a message"
# The upper half in a series of its own: neither half is taken for the CT.
again
edit_dicom 'd.SeriesInstanceUID += ".1" if i > 15 else ""'
both "2 CT series" "--series"

again
mkdir locked
chmod a-w locked
for kind in rtstruct seg; do
  # root may write anywhere: as another user
  if [[ $(id -u) -eq 0 ]]; then
    chmod a+rx "$scratch" "$scratch/work"
    run_as setpriv --reuid 65534 --clear-groups "$program" convert --ct p/dicom p/labels.nii.gz -o locked/x.dcm --dicom $kind
  else
    run convert --ct p/dicom p/labels.nii.gz -o locked/x.dcm --dicom $kind
  fi
  expect_refused 5 "locked/x.dcm"
done
unshare --mount true 2> /dev/null || skip "no small file system can be mounted (needs root): full disk NOT CHECKED"
mkdir small
for kind in rtstruct seg; do
  # shellcheck disable=SC2016
  run_as unshare --mount bash -c '
    mount -t tmpfs -o size=8k tmpfs small || exit 77
    "$0" convert --ct p/dicom p/labels.nii.gz -o small/x.dcm --dicom $1
    code=$?
    [[ -z $(ls -A small) ]] || { echo "left behind: $(find small)"; exit 99; }
    exit $code' "$program" $kind
  [[ $status -ne 77 ]] || skip "mount is not allowed here"
  expect_refused 5 "small/x.dcm"
done
