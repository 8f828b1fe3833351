#!/usr/bin/env python3
"""make_vectors.py REFERENCE SHARED > vectors.json: what two independent programs say about pairs of masks.

REFERENCE: a checkout of google-deepmind/surface-distance (Apache-2.0; commit 1f805ce was used), which is run, not copied.
SHARED: the folder that holds data/ (real masks, read where they lie). Needs python3-numpy and python3-scipy; their versions and
the reference's commit go into the file. Adversarial shapes are drawn by the same formulas in vectors_test.cpp.
"""
import gzip
import json
import subprocess
import sys
import time
import warnings

import numpy as np
import scipy
from scipy import ndimage

warnings.filterwarnings("ignore")
sys.path.insert(0, sys.argv[1])
from surface_distance import metrics as reference  # noqa: E402

SHARED = sys.argv[2]


# Masks are arrays [z, y, x], sizes and spacings (x, y, z).
def read_nrrd(path):
    data = open(path, "rb").read()
    header, body = data.split(b"\n\n", 1)
    fields = dict(line.split(":", 1) for line in header.decode().splitlines() if ":" in line and not line.startswith("#"))
    size = [int(n) for n in fields["sizes"].split()]
    vectors = [[float(v) for v in part.strip("()").split(",")] for part in fields["space directions"].split()]
    raw = gzip.decompress(body) if fields["encoding"].strip().startswith("gz") else body
    assert fields["type"].strip() in ("unsigned char", "uint8", "uchar", "uint8_t"), fields["type"]
    return np.frombuffer(raw, np.uint8).reshape(size[::-1]), [float(np.linalg.norm(v)) for v in vectors]


def read_nifti(path):
    data = gzip.decompress(open(path, "rb").read())
    size = np.frombuffer(data, "<i2", 8, 40)[1:4]
    spacing = np.frombuffer(data, "<f4", 8, 76)[1:4]
    assert np.frombuffer(data, "<i2", 1, 70)[0] == 2, "uint8 expected"
    start = int(np.frombuffer(data, "<f4", 1, 108)[0])
    return np.frombuffer(data, np.uint8, int(np.prod(size, dtype=np.int64)), start).reshape(size[::-1]), [float(s) for s in spacing]


def read(source):
    path = SHARED + "/data/" + source["file"]
    values, spacing = read_nrrd(path) if path.endswith(".nrrd") else read_nifti(path)
    return values == source["value"], spacing


def draw(parts, size):
    z, y, x = np.ogrid[: size[2], : size[1], : size[0]]
    mask = np.zeros(size[::-1], bool)
    for part in parts:
        kind, v = part[0], part[1:]
        if kind == "box":  # low x y z (inclusive), high x y z (exclusive)
            mask[v[2]:v[5], v[1]:v[4], v[0]:v[3]] = True
        elif kind == "hole":
            mask[v[2]:v[5], v[1]:v[4], v[0]:v[3]] = False
        elif kind == "ellipsoid":  # centre x y z, radii x y z, all in voxels
            mask |= ((x - v[0]) / v[3]) ** 2 + ((y - v[1]) / v[4]) ** 2 + ((z - v[2]) / v[5]) ** 2 <= 1
        elif kind == "noise":  # factor and per mille: a multiplicative hash of the voxel's number
            i = np.arange(mask.size, dtype=np.uint64)
            h = (i * np.uint64(v[0])) % np.uint64(1000003)
            mask |= (((h * h) % np.uint64(1000003)) % np.uint64(1000) < np.uint64(v[1])).reshape(mask.shape)
        elif kind == "checker":
            mask |= (x + y + z) % 2 == 0
        else:
            raise ValueError(kind)
    return mask


def shape(name, size, spacing, predicted, truth):
    return {"name": name, "size": size, "spacing": spacing, "predicted": predicted, "truth": truth}


def shapes():
    one, ct, fine = [1, 1, 1], [1, 1, 3], [0.977, 0.977, 2.5]
    out = [
        shape("one voxel against itself", [9, 9, 9], one, [["box", 4, 4, 4, 5, 5, 5]], [["box", 4, 4, 4, 5, 5, 5]]),
        shape("one voxel against its neighbour", [9, 9, 9], ct, [["box", 4, 4, 4, 5, 5, 5]], [["box", 4, 4, 5, 5, 5, 6]]),
        shape("one voxel against a far one", [40, 30, 20], fine, [["box", 0, 0, 0, 1, 1, 1]], [["box", 39, 29, 19, 40, 30, 20]]),
        shape("one voxel in a box", [20, 20, 20], ct, [["box", 9, 9, 9, 10, 10, 10]], [["box", 3, 3, 3, 17, 17, 17]]),
        shape("a volume of one voxel", [1, 1, 1], ct, [["box", 0, 0, 0, 1, 1, 1]], [["box", 0, 0, 0, 1, 1, 1]]),
        shape("empty prediction", [8, 8, 8], ct, [], [["box", 2, 2, 2, 5, 5, 5]]),
        shape("empty truth", [8, 8, 8], ct, [["box", 2, 2, 2, 5, 5, 5]], []),
        shape("both empty", [8, 8, 8], ct, [], []),
        shape("touching every border", [12, 14, 10], ct, [["box", 0, 0, 0, 12, 14, 10]], [["box", 0, 0, 0, 12, 14, 9]]),
        shape("in opposite corners", [16, 16, 16], fine, [["box", 0, 0, 0, 5, 5, 5]], [["box", 9, 9, 9, 16, 16, 16]]),
        shape("full against hollow", [15, 15, 15], ct, [["box", 1, 1, 1, 14, 14, 14]], [["box", 1, 1, 1, 14, 14, 14], ["hole", 4, 4, 4, 11, 11, 11]]),
        shape("a plane one voxel thick", [30, 30, 9], ct, [["box", 2, 2, 4, 28, 28, 5]], [["box", 2, 2, 6, 28, 28, 7]]),
        shape("a line", [50, 7, 7], ct, [["box", 0, 3, 3, 50, 4, 4]], [["box", 0, 3, 3, 25, 4, 4]]),
        shape("checkerboard against box", [11, 12, 13], fine, [["checker"]], [["box", 2, 2, 2, 9, 9, 9]]),
        shape("ellipsoids", [60, 50, 40], ct, [["ellipsoid", 29.3, 24.1, 19.2, 20.3, 13.7, 9.1]], [["ellipsoid", 31.4, 23.2, 20.3, 18.9, 14.6, 10.2]]),
        shape("ellipsoids of fine spacing", [60, 50, 40], [0.4883, 0.4883, 1.25], [["ellipsoid", 29.3, 24.1, 19.2, 20.3, 13.7, 9.1]], [["ellipsoid", 30.4, 23.2, 18.3, 21.9, 12.6, 8.2]]),
        shape("ellipsoid and a stray voxel", [64, 64, 32], ct, [["ellipsoid", 20.2, 20.3, 12.4, 9.1, 8.3, 5.2], ["box", 62, 62, 30, 63, 63, 31]], [["ellipsoid", 20.2, 20.3, 12.4, 9.1, 8.3, 5.2]]),
        shape("two islands against one", [64, 40, 24], fine, [["ellipsoid", 14.2, 20.3, 12.4, 8.1, 8.3, 5.2], ["ellipsoid", 48.2, 20.3, 12.4, 8.1, 8.3, 5.2]], [["ellipsoid", 14.2, 20.3, 12.4, 8.1, 8.3, 5.2]]),
        shape("cut off by the border", [30, 30, 12], ct, [["ellipsoid", 2.2, 3.3, 1.4, 12.1, 11.3, 6.2]], [["ellipsoid", 3.2, 2.3, 0.4, 11.1, 12.3, 7.2]]),
        shape("512 wide", [512, 512, 40], [0.977, 0.977, 3], [["ellipsoid", 120.2, 260.3, 20.4, 32.1, 38.3, 11.2]], [["ellipsoid", 123.2, 256.3, 21.4, 30.1, 41.3, 12.2]]),
        shape("512 wide, corner to corner", [512, 512, 12], ct, [["box", 0, 0, 0, 3, 3, 3]], [["box", 508, 508, 8, 512, 512, 12]]),
        shape("512 wide, across", [512, 60, 30], ct, [["box", 0, 20, 10, 512, 40, 20]], [["ellipsoid", 255.5, 30.2, 15.3, 250.1, 9.4, 4.8]]),
    ]
    for k, (factor, share) in enumerate([(7919, 30), (104729, 200), (1299709, 500), (15485863, 800), (32452843, 970)]):
        spacing = [[1, 1, 3], [0.7, 1.3, 2.9], [3, 2, 1], [1, 1, 1], [0.977, 0.977, 2.5]][k]
        out.append(shape("noise %d" % k, [17, 13, 11], spacing, [["noise", factor, share]], [["noise", factor + 2, share]]))
    return out


def real():
    out = []
    scans = ["0522c0017", "0522c0251", "0522c0457", "0522c0519", "0522c0773", "TCGA-CV-5978", "TCGA-CV-A6JO"]
    organs = ["Brainstem", "Mandible", "Optic-Nerve-Lt", "Parotid-Rt", "Submandibular-Lt"]
    for scan in scans:
        for organ in organs:
            names = ["observers/%s/%s/%s.nrrd" % (scan, who, organ) for who in ("radiographer", "oncologist")]
            try:
                read({"file": names[0], "value": 1})
                read({"file": names[1], "value": 1})
            except FileNotFoundError:
                continue
            out.append({"name": scan + " " + organ, "predicted": {"file": names[0], "value": 1}, "truth": {"file": names[1], "value": 1}})
    for case in ("pt_206", "pt_212", "pt_233"):
        for organ in (1, 3, 6, 7):
            base = "openkbp/validation/" + case
            out.append({"name": "%s organ %d" % (case, organ), "predicted": {"file": base + "_labels.nii.gz", "value": organ},
                        "truth": {"file": base + "_labels_dm.nii.gz", "value": organ}})
    return out


def by_reference(truth, predicted, spacing, tolerance):
    d = reference.compute_surface_distances(truth, predicted, spacing[::-1])
    to_prediction, to_truth = reference.compute_average_surface_distance(d)
    return {
        "hd95": reference.compute_robust_hausdorff(d, 95), "hd": reference.compute_robust_hausdorff(d, 100),
        "mean_from_truth": to_prediction, "mean_from_prediction": to_truth,
        "area_truth": float(np.sum(d["surfel_areas_gt"])), "area_prediction": float(np.sum(d["surfel_areas_pred"])),
        "surface_dice": reference.compute_surface_dice_at_tolerance(d, tolerance),
    }


def by_scipy(truth, predicted, spacing):
    def boundary(mask):
        return mask & ~ndimage.binary_erosion(mask, ndimage.generate_binary_structure(3, 1), border_value=0)

    a, b = boundary(predicted), boundary(truth)
    from_prediction = ndimage.distance_transform_edt(~b, sampling=spacing[::-1])[a]
    from_truth = ndimage.distance_transform_edt(~a, sampling=spacing[::-1])[b]
    pooled = np.concatenate([from_prediction, from_truth])
    p, t = np.percentile(from_prediction, 95), np.percentile(from_truth, 95)
    return {"hd95_larger": max(p, t), "hd95_mean": (p + t) / 2, "hd95_pooled": np.percentile(pooled, 95), "hd": pooled.max(),
            "mean_from_truth": from_truth.mean(), "mean_from_prediction": from_prediction.mean(), "mean_pooled": pooled.mean()}


def around(predicted, truth):
    """Both, cropped to what holds them and two voxels more where the volume has them: SciPy takes minutes for the whole."""
    where = np.argwhere(predicted | truth)
    if len(where) == 0:
        return predicted, truth
    low = np.maximum(where.min(0) - 2, 0)
    high = where.max(0) + 3
    box = tuple(slice(a, b) for a, b in zip(low, high))
    return predicted[box], truth[box]


def measure(pair):
    if "size" in pair:
        predicted, truth, spacing = draw(pair["predicted"], pair["size"]), draw(pair["truth"], pair["size"]), pair["spacing"]
    else:
        predicted, spacing = read(pair["predicted"])
        truth, other = read(pair["truth"])
        assert spacing == other and predicted.shape == truth.shape
    tolerance = 2.0
    both = float((predicted & truth).sum())
    result = dict(pair)
    result.update({"predicted_voxels": int(predicted.sum()), "truth_voxels": int(truth.sum()), "overlap_voxels": int(both), "tolerance": tolerance})
    if predicted.any() and truth.any():
        predicted, truth = around(predicted, truth)
        result["reference"] = by_reference(truth, predicted, spacing, tolerance)
        result["scipy"] = by_scipy(truth, predicted, spacing)
        centres = [np.array(ndimage.center_of_mass(m)) * np.array(spacing[::-1]) for m in (predicted, truth)]
        result["centroid_mm"] = float(np.linalg.norm(centres[0] - centres[1]))
    return result


if len(sys.argv) > 3 and sys.argv[3] == "--time":
    # both parotid glands of a scan of 512 x 512 x 178: what performance_test.cpp measures
    size, spacing = [512, 512, 178], [0.977, 0.977, 2.5]
    organs = {6: ([361.2, 259.3, 89.4, 23.1, 33.3, 14.2], [359.2, 260.3, 90.4, 21.1, 35.3, 13.2]),
              7: ([150.2, 260.3, 90.4, 22.1, 34.3, 13.2], [153.2, 258.3, 91.4, 23.1, 32.3, 12.2])}
    masks = {i: [draw([["ellipsoid"] + one], size) for one in pair] for i, pair in organs.items()}
    seconds = []
    for _ in range(5):
        begin = time.time()
        figures = {}
        for i, (predicted, truth) in masks.items():
            d = reference.compute_surface_distances(truth, predicted, spacing[::-1])
            figures[i] = (reference.compute_robust_hausdorff(d, 95), reference.compute_surface_dice_at_tolerance(d, 2.85))
        seconds.append(time.time() - begin)
    print("reference, least of 5: %.4f s" % min(seconds))
    for i, figure in sorted(figures.items()):
        print("organ %d: HD95 %.6f, surface Dice %.6f" % (i, *figure))
    sys.exit(0)

pairs = [measure(pair) for pair in shapes() + real()]
commit = subprocess.run(["git", "-C", sys.argv[1], "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
json.dump({"made_by": "tests/evaluation/make_vectors.py", "reference": "google-deepmind/surface-distance " + (commit or "1f805ce"),
           "numpy": np.__version__, "scipy": scipy.__version__, "pairs": pairs}, sys.stdout, indent=1)
print()
