# needs: io
# A DICOM Segmentation that another program (pydicom) wrote: only slices with something on them, sides by code.
must phantom --seed 5 --size 32x48x48 --spacing 6x6x6 -o p --dicom
python3 - <<'PY' || fail "cannot make the segmentation"
import gzip, struct
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

data = gzip.open("p/labels.nii.gz").read()
nx, ny, nz = struct.unpack_from("<3h", data, 42)
labels = np.frombuffer(data, np.uint8, nx * ny * nz, 352).reshape(nz, ny, nx)
affine = np.array([struct.unpack_from("<4f", data, 280 + 16 * k) for k in range(3)])
affine[:2] *= -1  # RAS to LPS
step = [np.linalg.norm(affine[:, k]) for k in range(3)]
axis = [affine[:, k] / step[k] for k in range(3)]


def item(**values):
    out = Dataset()
    for key, value in values.items():
        setattr(out, key, value)
    return out


def code(value, meaning):
    return item(CodeValue=value, CodingSchemeDesignator="SCT", CodeMeaning=meaning)


def write(path, kind="BINARY", broken=False, wide=8, most_slices=1000):
    seg = Dataset()
    seg.SOPClassUID, seg.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66.4", generate_uid()
    seg.Modality, seg.SegmentationType = "SEG", kind
    seg.Rows, seg.Columns, seg.BitsAllocated, seg.BitsStored, seg.HighBit = ny, nx, 1, 1, 0
    seg.SamplesPerPixel, seg.PhotometricInterpretation, seg.PixelRepresentation = 1, "MONOCHROME2", 0
    parotid = code("45289007", "Parotid gland")
    parotid.SegmentedPropertyTypeModifierCodeSequence = Sequence([code("7771000", "Left")])
    segments = [(1, "Brainstem", code("119238007", "Brainstem")), (6, "organ two", parotid)]
    seg.SegmentSequence = Sequence([
        item(SegmentNumber=i + 1, SegmentLabel=label, SegmentedPropertyTypeCodeSequence=Sequence([kind_of]))
        for i, (_, label, kind_of) in enumerate(segments)])
    seg.SharedFunctionalGroupsSequence = Sequence([item(
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=[float(v) for v in (*axis[0], *axis[1])])]),
        PixelMeasuresSequence=Sequence([item(PixelSpacing=[step[1], step[0]], SliceThickness=step[2])]))])
    frames, bits = [], []
    for i, (value, _, _) in enumerate(segments):
        held = [z for z in range(nz) if (labels[z] == value).any()]
        for z in reversed(held[:most_slices]):  # in no helpful order
            position = affine[:, 2] * z + affine[:, 3] + (axis[0] * 3 if broken and z % 2 else 0)
            frames.append(item(
                PlanePositionSequence=Sequence([item(ImagePositionPatient=[round(float(v), 4) for v in position])]),
                SegmentIdentificationSequence=Sequence([item(ReferencedSegmentNumber=i + 1)])))
            bits.append((labels[z] == value).ravel())
    seg.PerFrameFunctionalGroupsSequence = Sequence(frames)
    seg.NumberOfFrames = len(frames)
    if kind == "BINARY":
        packed = np.packbits(np.concatenate(bits), bitorder="little").tobytes()
    elif kind == "FRACTIONAL":  # a half and more is inside, what is less is not
        seg.BitsAllocated, seg.BitsStored, seg.HighBit = 8, 8, 7
        seg.SegmentationFractionalType, seg.MaximumFractionalValue = "PROBABILITY", 200
        random = np.random.default_rng(1)
        packed = np.where(np.concatenate(bits), random.integers(100, 201, nx * ny * len(bits)),
                          random.integers(0, 100, nx * ny * len(bits))).astype(np.uint8).tobytes()
    elif kind == "FUZZY":
        packed = b"\0\0"
    else:
        seg.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
        seg.BitsAllocated, seg.BitsStored, seg.HighBit = wide, wide, wide - 1
        seg.SegmentationType = "LABELMAP"
        kept = [z for z in reversed(range(nz)) if labels[z].any()]
        seg.PerFrameFunctionalGroupsSequence = Sequence([item(PlanePositionSequence=Sequence([item(
            ImagePositionPatient=[round(float(v), 4) for v in affine[:, 2] * z + affine[:, 3]])])) for z in kept])
        seg.NumberOfFrames = len(kept)
        numbers = np.zeros(256, "u1" if wide == 8 else "<u2")
        for i, (value, _, _) in enumerate(segments):
            numbers[value] = i + 1
        packed = np.concatenate([numbers[labels[z]].ravel() for z in kept]).tobytes()
    seg.PixelData = packed + b"\0" * (len(packed) % 2)
    seg["PixelData"].VR = "OB"
    seg.file_meta = FileMetaDataset()
    seg.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    seg.file_meta.MediaStorageSOPClassUID, seg.file_meta.MediaStorageSOPInstanceUID = seg.SOPClassUID, seg.SOPInstanceUID
    seg.is_little_endian, seg.is_implicit_VR = True, False
    seg.save_as(path, write_like_original=False)


write("seg.dcm")
write("fractional.dcm", "FRACTIONAL")
write("short.dcm", most_slices=3)
write("map.dcm", "LABELMAP")
write("wide.dcm", "LABELMAP", wide=16)
write("unknown.dcm", "FUZZY")
write("crooked.dcm", broken=True)
PY
run evaluate seg.dcm --truth p/labels.nii.gz --json figures.json
expect_status 0
python3 - <<'PY' || fail "the segmentation is not the label map that it was made from"
import json
report = json.load(open("figures.json"))
by_name = {o["name"]: o for o in report["organs"]}
assert by_name["Brainstem"]["dice"]["mean"] == 1 and by_name["Parotid_L"]["dice"]["mean"] == 1, by_name
assert by_name["Parotid_R"]["missing_in_prediction"], by_name["Parotid_R"]
PY
run evaluate p/labels.nii.gz --truth seg.dcm
expect_status 0
expect_output "missing in the truth"
run evaluate seg.dcm --truth seg.dcm
expect_status 0
run evaluate p/rtstruct.dcm --truth seg.dcm
expect_status 0
expect_output "mean of organs           1.000"
# Contours that go beyond the segmentation's slices count as what they are, also where no CT lies beside them.
mkdir alone
cp p/rtstruct.dcm alone/contours.dcm
run evaluate p/labels.nii.gz --truth short.dcm --json masks.json
expect_status 0
run evaluate alone/contours.dcm --truth short.dcm --json contours.json
expect_status 0
run evaluate short.dcm --truth alone/contours.dcm --json turned.json
expect_status 0
python3 - <<'PY' || fail "contours beyond a segmentation's slices are not counted"
import json
def dice(path):
    return {o["name"]: o["dice"]["mean"] for o in json.load(open(path))["organs"] if o["dice"]["mean"] is not None}
masks = dice("masks.json")
assert 0.1 < masks["Brainstem"] < 0.5 and 0.1 < masks["Parotid_L"] < 0.5, masks
assert dice("contours.json") == masks == dice("turned.json"), (masks, dice("contours.json"), dice("turned.json"))
PY
for kind in fractional map wide; do
  run evaluate $kind.dcm --truth seg.dcm
  expect_status 0
  expect_output "mean of organs           1.000"
done
run evaluate unknown.dcm --truth p/labels.nii.gz
expect_refused 3 "FUZZY" "BINARY, FRACTIONAL or LABELMAP"
run evaluate crooked.dcm --truth p/labels.nii.gz
expect_refused 3 "crooked.dcm" "regular grid"
head -c 3000 seg.dcm > cut.dcm
run evaluate cut.dcm --truth p/labels.nii.gz
expect_refused 3 "cut.dcm"
