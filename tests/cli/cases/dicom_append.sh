# needs: io
# ROIs into a structure set that is there already: what it holds stays, another CT's is refused, it is never overwritten.
make_patient p
python3 - <<'PY'
import pydicom
d = pydicom.dcmread("p/rtstruct.dcm")
for seq in ("StructureSetROISequence", "ROIContourSequence", "RTROIObservationsSequence"):
    setattr(d, seq, d[seq].value[2:5])
d.StructureSetROISequence[0].ROIName = "GTV boost"
d.save_as("clinic.dcm")
PY
cp clinic.dcm before.dcm
run convert --ct p/dicom p/labels.nii.gz -o both.dcm --append-to clinic.dcm
expect_status 0
grep -q "warning: .*OpticNrv_L already; the new one is OpticNrv_L_auto" "$scratch/stderr" || fail "no word of the name that was taken"
cmp clinic.dcm before.dcm || fail "the structure set itself was changed"
python3 - <<'PY' || fail "the structure set is not the old one with the new ROIs"
import pydicom
old, new, all_ = (pydicom.dcmread(f) for f in ("clinic.dcm", "both.dcm", "p/rtstruct.dcm"))
assert len(new.StructureSetROISequence) == 3 + 9
assert new.SOPInstanceUID != old.SOPInstanceUID and new.StudyInstanceUID == old.StudyInstanceUID
assert new.PredecessorStructureSetSequence[0].ReferencedSOPInstanceUID == old.SOPInstanceUID
for seq in ("StructureSetROISequence", "ROIContourSequence", "RTROIObservationsSequence"):
    for a, b in zip(old[seq].value, new[seq].value):
        assert a == b, seq
numbers = [r.ROINumber for r in new.StructureSetROISequence]
assert len(set(numbers)) == 12 and numbers == [r.ReferencedROINumber for r in new.ROIContourSequence]
# the added ones are the phantom's organs
for a, b in zip(all_.ROIContourSequence, new.ROIContourSequence[3:]):
    assert [c.ContourData for c in a.ContourSequence] == [c.ContourData for c in b.ContourSequence]
PY
must convert --ct p/dicom both.dcm -o masks
[[ $(compgen -G 'masks/*.nii.gz' | wc -l) -eq 12 ]] || fail "expected 12 masks"
# In place only where the user says so, by naming the same file.
must convert --ct p/dicom p/labels.nii.gz -o clinic.dcm --append-to clinic.dcm
cmp -s clinic.dcm before.dcm && fail "the same name twice should replace the file"

must phantom --seed 10 --size 32x48x48 --spacing 6x6x6 -o other --dicom
run convert --ct other/dicom other/labels.nii.gz -o x.dcm --append-to before.dcm
expect_refused 3 "before.dcm" "belongs to another CT"
run convert --ct p/dicom p/labels.nii.gz -o x.dcm --append-to p/dicom/CT0001.dcm
expect_refused 3 "CT0001.dcm" "expected an RTSTRUCT"
run convert --ct p/dicom p/labels.nii.gz -o x.dcm --append-to none.dcm
expect_refused 3 "none.dcm"
head -c 9000 before.dcm > cut.dcm
run convert --ct p/dicom p/labels.nii.gz -o x.dcm --append-to cut.dcm
expect_refused 3 "cut.dcm"
run convert --ct p/dicom p/labels.nii.gz -o x.dcm --append-to before.dcm --dicom seg
expect_refused 2 "--append-to"
run convert --ct p/dicom p/labels.nii.gz -o x.dcm --append-to before.dcm --anonymise
expect_refused 2 "append-to"
