# needs: io
# A truth that ends before the organ does: with --within-ends, or where a data set says so, only its slices count.
must phantom --seed 3 --size 64x64x64 -o p
python3 - <<'END'
import gzip
whole = bytearray(gzip.open("p/labels.nii.gz").read())
size = [int.from_bytes(whole[42 + 2 * k:44 + 2 * k], "little") for k in range(3)]
slice_bytes = size[0] * size[1]
drawn = [z for z in range(size[2]) if 1 in whole[352 + z * slice_bytes:352 + (z + 1) * slice_bytes]]
middle = drawn[len(drawn) // 2]
for i in range(352, 352 + middle * slice_bytes):
    whole[i] = 0 if whole[i] == 1 else whole[i]
gzip.open("short.nii.gz", "wb").write(whole)
END
cat > dataset.json <<'END'
{"labels": {"background": 0, "Brainstem": 1, "OpticChiasm": 2, "Bone_Mandible": 3, "OpticNrv_L": 4, "OpticNrv_R": 5,
            "Parotid_L": 6, "Parotid_R": 7, "Glnd_Submand_L": 8, "Glnd_Submand_R": 9},
 "partial_extent": {"p": ["Brainstem"]},
 "dataset": {"p": {"images": ["p/ct.nii.gz"], "label": "short.nii.gz"}}}
END
mkdir set && mv dataset.json set/ && sed -i 's|"p/ct|"../p/ct|; s|"short|"../short|' set/dataset.json
must evaluate p/labels.nii.gz --truth short.nii.gz --json all.json
must evaluate p/labels.nii.gz --truth short.nii.gz --json ends.json --within-ends Brainstem
expect_output "between the truth's first and last slice alone: Brainstem"
must evaluate p/labels.nii.gz --truth set --json set.json -o page
grep -q "first and last slice alone" page/evaluation.html || fail "the page does not say it"
grep -q ",truth$" page/evaluation.csv || fail "the table does not say it"
python3 - <<'END' || fail "the ends do not count as they should"
import json
def brain_stem(name):
    report = json.load(open(name))
    return report, next(o for o in report["organs"] if o["name"] == "Brainstem")["dice"]["mean"]
report, dice = brain_stem("all.json")
assert dice < 0.9 and report["conventions"]["within_ends"] == [], (dice, report["conventions"])
for name in ("ends.json", "set.json"):
    report, dice = brain_stem(name)
    assert dice == 1.0 and report["conventions"]["within_ends"] == ["Brainstem"], (name, dice)
    assert [row["organ"] for row in report["each"] if row.get("within_ends")] == ["Brainstem"]
END
