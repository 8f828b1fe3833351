#!/usr/bin/python3
"""edits.py PROGRAM MODEL

How much was changed, from strokes to control charts: cases that `segment` contoured are corrected and approved through
the review server; the figures on disk must be those of NumPy's own count, and of `anatomynet evaluate` on the masks
before and after; `anatomynet edits` must put the same into its tables and its page; `curate --kind reviewed` must make
a data set of what was approved, with how each organ was made.
"""
import csv
import hashlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
from review_tools import Server

CASES = 10  # the last is the bad one
ORGAN, MISSED, DELETED = "Parotid_L", "Brainstem", "OpticNrv_R"


def run(program, *arguments):
    return subprocess.run([program, "-q", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def near(a, b, tolerance=1e-6):
    return a is not None and abs(float(a) - float(b)) <= tolerance * max(1, abs(float(b)))


def outline(mask):
    """Voxels [z, y, x] with one of their four neighbours within the slice outside; beyond the grid is outside."""
    padded = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    inner = padded[:, :-2, 1:-1] & padded[:, 2:, 1:-1] & padded[:, 1:-1, :-2] & padded[:, 1:-1, 2:]
    return mask & ~inner


def correct(program, results, store, number):
    """Draws on one organ, empties another, adds a third, looks at a fourth, approves; masks before and after."""
    server = Server(program, results, "--store", store)
    server.open()
    case = server.case()
    grid, revision = case["grid"], case["revision"]
    shape = tuple(reversed(grid["size"]))
    organs = {o["name"]: o for o in case["organs"]}
    before = {name: server.mask(o["id"], shape) for name, o in organs.items()}
    after = {name: mask.copy() for name, mask in before.items()}
    x0, y0, z0, x1, y1, z1 = organs[ORGAN]["box"]
    bad = number == CASES - 1
    # A box over the organ's middle, higher in every case; in the bad one over all of it and far beyond.
    box = [x0, y0, z0, x1, y1, z1] if bad else [x0 + 1, y0 + 1, z0 + 1, x0 + 4, y0 + 4, z0 + 2 + number % 3]
    part = np.ones([box[5] - box[2], box[4] - box[1], box[3] - box[0]], bool)
    after[ORGAN][box[2]:box[5], box[1]:box[4], box[0]:box[3]] = part
    revision = server.draw(organs[ORGAN]["id"], revision, box, part, seconds=100 if bad else 10 + number % 4)
    if number == 0:
        a, b, c, d, e, f = organs[DELETED]["box"]
        none = np.zeros([f - c, e - b, d - a], bool)
        revision = server.draw(organs[DELETED]["id"], revision, [a, b, c, d, e, f], none, seconds=3)
        after[DELETED][:] = False
        new = server.post("/api/organ", {"name": "OpticChiasm_2", "colour": "#aabbcc"})
        cube = np.ones([2, 3, 4], bool)
        server.draw(new["id"], new["revision"], [2, 2, 2, 6, 5, 4], cube, seconds=20)
        after["OpticChiasm_2"] = np.zeros(shape, bool)
        after["OpticChiasm_2"][2:4, 2:5, 2:6] = True
    server.post(f"/api/organ/{organs[MISSED]['id']}", {"seconds": 4.5})
    server.post("/api/approve", {"by": "AB" if number % 2 else "CD"})
    assert server.stop() == 0
    return grid["spacing"], before, after


def check_figures(document, spacing, before, after):
    organs = {o["name"]: o for o in document["organs"]}
    assert set(organs) == set(after)
    ml = np.prod(spacing) / 1000
    for name, now in after.items():
        got, was = organs[name], before.get(name, np.zeros_like(now))
        assert got["drawn_new"] == (name not in before) and got["unchanged"] == (name in before and (was == now).all())
        assert near(got["before_ml"], was.sum() * ml) and near(got["after_ml"], now.sum() * ml)
        assert near(got["dice"], 2 * (was & now).sum() / (was.sum() + now.sum())), name
        assert got["slices"] == now.any(axis=(1, 2)).sum()
        if not now.any():
            assert got["hd95_mm"] is None and got["surface_dice"] == 0
            continue
        added = (outline(now) & ~outline(was)).sum()
        assert got["added_path_voxels"] == added, (name, got["added_path_voxels"], added)
        mm = added * np.sqrt(spacing[0] * spacing[1])
        assert near(got["added_path_mm"], mm)
        assert near(got["added_path_mm_per_slice"], mm / got["slices"])
        assert near(got["volume_percent"], 100 * (was.sum() - now.sum()) / now.sum())
        assert near(got["volume_ml"], (was.sum() - now.sum()) * ml)
    assert organs[MISSED]["seconds"] == 4.5 and organs[MISSED]["unchanged"]
    return organs


def check_against_evaluate(program, results, store, organs, folder):
    """Surface Dice, HD95 and all others from the masks on disk."""
    run(program, "evaluate", results / "masks", "--truth", store / "versions/0001/masks", "--csv", folder / "e.csv")
    rows = {row["organ"]: row for row in csv.DictReader((folder / "e.csv").open())}
    compared = 0
    for name in (ORGAN, MISSED):
        for key in ("dice", "surface_dice", "hd95_mm", "mean_surface_mm", "volume_ml", "volume_percent",
                    "added_path_mm"):
            assert near(rows[name][key], organs[name][key], 1e-4), (name, key, rows[name][key], organs[name][key])
            compared += 1
    assert compared == 14


def check_tables(program, stores, folder, documents):
    run(program, "edits", stores, "-o", folder / "all", "--by", "reviewer")
    rows = list(csv.DictReader((folder / "all/edits.csv").open()))
    assert len(rows) == sum(len(d["organs"]) for d in documents)
    first = documents[0]
    assert {(r["model"], r["template"]) for r in rows} == {(first["model"], "clinic.toml")} and first["model"]
    used = json.loads((folder / "case-0/results/summary.json").read_text())["model"]["weights"]
    template = hashlib.sha256((folder / "clinic.toml").read_bytes()).hexdigest()
    assert used and {(r["weights"], r["template_sha256"], r["version"]) for r in rows} == {(used, template, "1")}
    groups = {(r["organ"], r["reviewer"]): r for r in csv.DictReader((folder / "all/groups.csv").open())}
    for who in ("AB", "CD"):
        mine = [o for d in documents if d["reviewer"] == who for o in d["organs"] if o["name"] == ORGAN]
        got = groups[ORGAN, who]
        assert int(got["cases"]) == len(mine) == CASES // 2 and float(got["unchanged_percent"]) == 0
        for key in ("dice", "surface_dice", "hd95_mm", "added_path_mm", "volume_percent", "seconds"):
            assert near(got[f"median_{key}"], statistics.median(o[key] for o in mine), 1e-4), key
        assert float(groups[MISSED, who]["unchanged_percent"]) == 100
    new = groups["OpticChiasm_2", "CD"]
    assert new["drawn_new"] == "1" and new["unchanged_percent"] == "" and new["median_dice"] == ""

    run(program, "edits", stores, "-o", folder / "all")
    page = (folder / "all/edits.html").read_text()
    links = re.findall(r'href="([^"]+)"', page)
    assert links and all((folder / "all" / link).is_file() for link in links), links
    assert f"{ORGAN}: Seconds" in page
    # The last case took ten times as long and is out of the limits of the chart; the least like before leads the table.
    chart = page[page.index(f"{ORGAN}: Seconds"):]
    said = re.search(rf"{CASES} cases, approved .*?; out of limits (\d+): (.*?)</p>", chart)
    assert said and f'{CASES} (<a href="../stores/case-{CASES - 1}/edits.json">' in said[2], said and said[0]
    worst = page[page.index("Most changed"):]
    assert worst.index(DELETED) < worst.index(ORGAN)


def check_training_set(program, stores, folder, documents, after):
    run(program, "curate", stores, "--kind", "reviewed", "-o", folder / "set")
    told = json.loads((folder / "set/dataset.json").read_text())
    assert len(told["annotated"]) == CASES
    qualities = {}
    for case, organs in told["annotated"].items():
        quality = told["label_quality"][case]
        assert set(quality) == set(organs), case
        assert {q["approved_by"] for q in quality.values()} <= {"AB", "CD"}
        assert quality[ORGAN]["made"] == "SEMIAUTOMATIC" and quality[MISSED]["made"] == "AUTOMATIC"
        qualities[case] = DELETED in organs
    assert sum(not there for there in qualities.values()) == 1, "an emptied organ is unknown, not annotated"
    # The label of the first case is what was approved, where no smaller organ lies.
    case = next(c for c, there in qualities.items() if not there)
    file = folder / "set/cases" / case
    fate = json.loads((file / "case.json").read_text())
    labels = np.asarray(nibabel.load(file / "labels.nii.gz").dataobj)
    drawn = (labels == told["labels"][ORGAN]).sum()
    others = np.any([mask for name, mask in after.items() if name != ORGAN], axis=0)
    assert (after[ORGAN] & ~others).sum() <= drawn <= after[ORGAN].sum(), (drawn, fate.get("crop"))


def main(program, model):
    with tempfile.TemporaryDirectory(prefix="anatomynet-edits-") as folder:
        folder = Path(folder)
        (folder / "clinic.toml").write_text("[organs]\nParotid_L = { name = 'Parotis li' }\n")
        stores, documents, first = folder / "stores", [], None
        for number in range(CASES):
            case = folder / f"case-{number}"
            run(program, "phantom", "--seed", number + 1, "--size", "32x64x64", "--spacing", "5x4x4", "-o", case / "p",
                "--dicom")
            run(program, "segment", case / "p/dicom", "-o", case / "results", "--model", model, "--template",
                folder / "clinic.toml")
            spacing, before, after = correct(program, case / "results", stores / f"case-{number}", number)
            documents.append(json.loads((stores / f"case-{number}/edits.json").read_text()))
            organs = check_figures(documents[-1], spacing, before, after)
            if number in (0, CASES - 1):
                check_against_evaluate(program, case / "results", stores / f"case-{number}", organs, folder)
            first = first or after
        check_tables(program, stores, folder, documents)
        check_training_set(program, stores, folder, documents, first)
    print(f"{CASES} approved cases: figures as counted by hand and by evaluate; tables, page and training set agree")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
