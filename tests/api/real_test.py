#!/usr/bin/env python3
"""real_test.py WEIGHTS DATA: real CTs get the labels of `segment` through the library, bit for bit: image files as
nibabel images and by the library's own reader, and a DICOM series. Exit code 77 where the data are not there."""
import glob
import os
import subprocess
import sys
import tempfile

import nibabel
import numpy as np

import anatomynet

weights, data = sys.argv[1:]
images = sorted(glob.glob(data + "/openkbp/validation/*_ct.nii.gz"))[:2]
series = sorted({os.path.dirname(f) for f in glob.glob(data + "/dicom/**/*.dcm", recursive=True)})
if not images:
    print(f"SKIPPED: no real CT in {data}", file=sys.stderr)
    sys.exit(77)


def segmented(path: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        program = os.environ["ANATOMYNET_PROGRAM"]
        subprocess.run([program, "segment", path, "--model", weights, "-o", folder], check=True,
                       stdout=subprocess.DEVNULL)
        return np.asarray(nibabel.load(folder + "/labels.nii.gz").dataobj)


def compare(what: str, labels: np.ndarray, expected: np.ndarray) -> None:
    differing = np.count_nonzero(labels != expected)
    print(f"{what}: {np.count_nonzero(expected)} voxels labelled, {differing} differ")
    if differing or not expected.any():
        sys.exit(f"FAILED: {what}")


model = anatomynet.Model(weights)
for path in images:
    expected = segmented(path)
    compare("nibabel image", model.contour(nibabel.load(path)).labels, expected)
    compare("image file", model.contour(anatomynet.CT(path)).labels.T, expected)
for folder in series:
    try:
        ct = anatomynet.CT(folder)
    except anatomynet.InputError:
        continue  # no CT series
    compare("DICOM series", model.contour(ct).labels.T, segmented(folder))
    break
