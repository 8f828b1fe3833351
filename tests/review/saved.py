#!/usr/bin/python3
"""saved.py PROGRAM: what is drawn is what other programs read in the saved RTSTRUCT and SEG, voxel by voxel.

CTs in eleven orientations, oblique, feet first and with mixed spacing among them, are written by pydicom. Structures
with holes and islands are drawn by way of the server and approved. The contours are then filled here from the file's
and the CT's own headers alone, and by plastimatch where the CT is axial (it knows no other). dciodvfy checks objects.
"""
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from review_tools import Server

COLUMNS, ROWS, SLICES = 44, 36, 14


def rotation(a, b, c):
    ca, sa, cb, sb, cc, sc = math.cos(a), math.sin(a), math.cos(b), math.sin(b), math.cos(c), math.sin(c)
    return np.array([[ca * cb, ca * sb * sc - sa * cc, ca * sb * cc + sa * sc],
                     [sa * cb, sa * sb * sc + ca * cc, sa * sb * cc - ca * sc], [-sb, cb * sc, cb * cc]])


AXIAL = np.eye(3)
ORIENTATIONS = {  # name: (directions as columns, row and column spacing, slice distance, Patient Position)
    "head first supine": (AXIAL, (1.5, 1.5), 3.0, "HFS"),
    "head first prone": (np.diag([-1, -1, 1]), (0.977, 0.977), 2.5, "HFP"),
    "feet first supine": (np.diag([-1, 1, -1]), (1.0, 1.0), 2.0, "FFS"),
    "feet first prone": (np.diag([1, -1, -1]), (1.171875, 1.171875), 3.0, "FFP"),
    "mixed spacing": (AXIAL, (2.0, 0.7), 1.25, "HFS"),
    "decubitus": (np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]), (1.2, 1.2), 3.0, "HFDR"),
    "coronal": (np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]), (1.5, 1.0), 2.0, "HFS"),
    "sagittal": (np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]])[:, [0, 1, 2]] * [1, 1, -1], (1.0, 1.0), 3.0, "HFS"),
    "turned in plane": (rotation(0.2, 0, 0), (1.5, 1.5), 3.0, "HFS"),
    "oblique": (rotation(0.3, -0.2, 0.15), (1.3, 1.1), 2.7, "HFS"),
    "oblique, feet first": (np.diag([-1, 1, -1]) @ rotation(-0.4, 0.5, 0.35), (0.9, 0.9), 4.0, "FFS"),
}


def write_ct(folder, directions, spacing, distance, position):
    """A series whose third direction is row x column; the file names are in no order."""
    directions = np.array(directions, float)
    directions[:, 2] = np.cross(directions[:, 0], directions[:, 1])
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    first = -directions @ np.array([COLUMNS * spacing[1], ROWS * spacing[0], SLICES * distance]) / 2
    y, x = np.mgrid[:ROWS, :COLUMNS]
    for z in range(SLICES):
        d = FileDataset(None, {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
        d.file_meta.TransferSyntaxUID, d.file_meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, CTImageStorage
        d.is_little_endian, d.is_implicit_VR = True, False
        d.SOPClassUID, d.SOPInstanceUID = CTImageStorage, generate_uid()
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
        d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, frame
        d.Modality, d.PatientName, d.PatientID, d.PatientPosition = "CT", "Test^Review", "R1", position
        d.PatientBirthDate, d.PatientSex, d.StudyDate, d.StudyTime, d.StudyID = "19700101", "O", "20200101", "120000", "1"
        d.AccessionNumber = d.ReferringPhysicianName = d.PositionReferenceIndicator = ""
        d.ImageType, d.SeriesNumber, d.InstanceNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], 1, z + 1
        d.ImageOrientationPatient = [round(float(v), 9) for v in (*directions[:, 0], *directions[:, 1])]
        d.ImagePositionPatient = [round(float(v), 6) for v in first + z * distance * directions[:, 2]]
        d.PixelSpacing, d.SliceThickness = [float(spacing[0]), float(spacing[1])], distance
        d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = ROWS, COLUMNS, 1, "MONOCHROME2"
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 1
        d.RescaleIntercept, d.RescaleSlope, d.RescaleType = 0, 1, "HU"
        d.PixelData = np.where((x - 22) ** 2 + (y - 18) ** 2 < 250, 40 + (x * y + z) % 900, -1000).astype("<i2").tobytes()
        d.save_as(folder / f"{(z * 5) % SLICES:03}.dcm", write_like_original=False)


class Slices:
    """The CT as its own headers have it."""

    def __init__(self, folder):
        self.by_uid = {}
        for file in folder.glob("*.dcm"):
            d = pydicom.dcmread(file, stop_before_pixels=True)
            self.by_uid[d.SOPInstanceUID] = d
        d = next(iter(self.by_uid.values()))
        self.normal = np.cross(d.ImageOrientationPatient[:3], d.ImageOrientationPatient[3:])

    def pixels_to_grid(self, uid, grid):
        """Index z of a slice in the case's grid, and whether columns and rows run as the grid's x and y."""
        d = self.by_uid[uid]
        direction = np.array(grid["direction"]).reshape(3, 3)
        index = direction.T @ (np.array(d.ImagePositionPatient, float) - grid["origin"]) / grid["spacing"]
        assert np.abs(index - np.round(index)).max() < 0.01 and np.abs(index[:2]).max() < 0.01, index
        assert np.abs(direction[:, 0] - d.ImageOrientationPatient[:3]).max() < 1e-6
        return int(round(index[2]))

    def filled(self, contour, uid):
        """Pixels whose centre is inside by the even-odd rule."""
        d = self.by_uid[uid]
        o, spacing = np.array(d.ImageOrientationPatient, float), d.PixelSpacing
        points = np.array(contour.ContourData, float).reshape(-1, 3) - np.array(d.ImagePositionPatient, float)
        assert np.abs(points @ self.normal).max() < 0.01, "a contour lies beside its slice"
        px, py = points @ o[:3] / spacing[1], points @ o[3:] / spacing[0]
        inside = np.zeros((ROWS, COLUMNS), bool)
        y, x = np.mgrid[:ROWS, :COLUMNS]
        for i in range(len(px)):
            x0, y0, x1, y1 = px[i - 1], py[i - 1], px[i], py[i]
            if y0 != y1:
                crosses = (y0 > y) != (y1 > y)
                inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        return inside


def contour_masks(rtstruct, slices, grid):
    shape, out = tuple(reversed(grid["size"])), {}
    names = {r.ROINumber: str(r.ROIName) for r in rtstruct.StructureSetROISequence}
    for roi in rtstruct.ROIContourSequence:
        mask = np.zeros(shape, bool)
        for contour in roi.get("ContourSequence", []):
            uid = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            part = slices.filled(contour, uid)
            z = slices.pixels_to_grid(uid, grid)
            mask[z] = mask[z] ^ part if contour.ContourGeometricType == "CLOSEDPLANAR_XOR" else mask[z] | part
        out[names[roi.ReferencedROINumber]] = mask
    return out


def segment_masks(seg, slices, grid):
    out = {}
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    names = {s.SegmentNumber: str(s.SegmentLabel) for s in seg.SegmentSequence}
    for i, frame in enumerate(seg.PerFrameFunctionalGroupsSequence):
        name = names[frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber]
        image = frame.DerivationImageSequence[0].SourceImageSequence[0]
        z = slices.pixels_to_grid(image.ReferencedSOPInstanceUID, grid)
        mask = out.setdefault(name, np.zeros(tuple(reversed(grid["size"])), bool))
        mask[z] = bits[i * ROWS * COLUMNS:(i + 1) * ROWS * COLUMNS].reshape(ROWS, COLUMNS)
    return out


def plastimatch_masks(rtstruct, ct, grid, folder):
    """By plastimatch, on the grid of the case; only for axes along the patient's."""
    subprocess.run(["plastimatch", "convert", "--input", rtstruct, "--referenced-ct", ct, "--output-prefix", folder,
                    "--prefix-format", "nii"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    import nibabel
    out = {}
    direction = np.array(grid["direction"]).reshape(3, 3)
    z, y, x = np.mgrid[tuple(slice(n) for n in reversed(grid["size"]))]
    index = np.stack([x, y, z]).reshape(3, -1) * np.array(grid["spacing"])[:, None]
    world = direction @ index + np.array(grid["origin"])[:, None]
    for file in folder.glob("*.nii"):
        image = nibabel.load(file)
        ras = np.concatenate([np.diag([-1, -1, 1]) @ world, np.ones((1, world.shape[1]))])
        at = np.linalg.inv(image.affine) @ ras
        at = np.round(at[:3]).astype(int)
        inside = ((at >= 0) & (at < np.array(image.shape)[:, None])).all(axis=0)
        values = np.zeros(world.shape[1], bool)
        values[inside] = np.asarray(image.dataobj)[tuple(at[:, inside])] > 0
        out[file.stem] = values.reshape(tuple(reversed(grid["size"])))
    return out


def drawing(random):
    """A ring with an island in its hole, a bone-like blob with holes, and scattered pixels."""
    z, y, x = np.mgrid[:SLICES, :ROWS, :COLUMNS]
    r = np.hypot(x - 20, y - 17)
    ring = (r < 12) & ~((r > 4) & (r < 8)) & (z > 1) & (z < 11)
    blob = (np.abs(x - 26) + np.abs(y - 14) < 9 + z % 3) & (random.random(x.shape) < 0.85) & (z > 2)
    dots = random.random(x.shape) < 0.02
    return {"Ring": ring, "Blob": blob, "Dots": dots}


def check(program, name, folder, random):
    directions, spacing, distance, position = ORIENTATIONS[name]
    ct = folder / "ct"
    ct.mkdir()
    write_ct(ct, directions, spacing, distance, position)
    first = folder / "first"
    first.mkdir()
    # A structure set to begin with: one pixel, by the program itself from a label map in NIfTI.
    import nibabel
    files = sorted((pydicom.dcmread(f, stop_before_pixels=True) for f in ct.glob("*.dcm")),
                   key=lambda d: d.InstanceNumber)
    d = files[0]
    o = np.array(d.ImageOrientationPatient, float)
    affine = np.eye(4)
    step = np.array(files[1].ImagePositionPatient, float) - np.array(d.ImagePositionPatient, float)
    affine[:3, :3] = np.stack([o[:3] * d.PixelSpacing[1], o[3:] * d.PixelSpacing[0], step], axis=1)
    affine[:3, 3] = np.array(d.ImagePositionPatient, float)
    labels = np.zeros((COLUMNS, ROWS, SLICES), np.uint8)
    labels[20, 18, 7] = 1
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([-1, -1, 1, 1]) @ affine), first / "labels.nii.gz")
    server = Server(program, first / "labels.nii.gz", "--ct", ct, "--store", folder / "store")
    server.open()
    case = server.case()
    grid, shape = case["grid"], tuple(reversed(case["grid"]["size"]))
    assert shape == (SLICES, ROWS, COLUMNS)
    drawn = {}
    for label, mask in drawing(random).items():
        organ = server.post("/api/organ", {"name": label, "colour": "#ff8800"})
        server.draw(organ["id"], organ["revision"], [0, 0, 0, COLUMNS, ROWS, SLICES], mask)
        drawn[label] = mask
    version = server.post("/api/approve", {"by": "Gray^Anna"})["version"]
    assert server.stop() == 0
    made = folder / "store" / "versions" / f"{version:04}"
    slices = Slices(ct)
    rtstruct, seg = pydicom.dcmread(made / "structures.dcm"), pydicom.dcmread(made / "seg.dcm")
    assert rtstruct.ApprovalStatus == "APPROVED" and str(rtstruct.ReviewerName) == "Gray^Anna"
    assert len(rtstruct.ReviewDate) == 8 and len(rtstruct.ReviewTime) >= 6
    read = {"contours": contour_masks(rtstruct, slices, grid), "segments": segment_masks(seg, slices, grid)}
    axial = abs(abs(slices.normal[2]) - 1) < 1e-9
    along = np.abs(np.abs(np.array(grid["direction"])) - np.round(np.abs(np.array(grid["direction"])))).max() < 1e-9
    if axial and along and shutil.which("plastimatch"):
        read["plastimatch"] = plastimatch_masks(made / "structures.dcm", ct, grid, folder / "plastimatch")
    for how, masks in read.items():
        for label, mask in drawn.items():
            differ = int((masks[label] != mask).sum())
            assert differ == 0, f"{name}: {label}: {differ} voxels differ ({how})"
    if shutil.which("dciodvfy"):
        for file in ("structures.dcm", "seg.dcm"):
            said = subprocess.run(["dciodvfy", made / file], capture_output=True, text=True, check=False).stderr
            errors = [line for line in said.splitlines() if line.startswith("Error")]
            assert not errors, f"{name}: {file}: {errors}"
    return ", ".join(read)


def main():
    random = np.random.default_rng(5)
    for name in ORIENTATIONS:
        with tempfile.TemporaryDirectory(prefix="anatomynet-review-") as folder:
            print(f"{name}: equal voxel by voxel ({check(sys.argv[1], name, Path(folder), random)})", flush=True)


if __name__ == "__main__":
    sys.exit(main())
