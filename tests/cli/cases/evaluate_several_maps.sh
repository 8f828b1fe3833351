# needs: io
# A data set whose case has two label maps, and a label of two values: both maps count, and the values are one organ.
must phantom --seed 3 --size 64x64x64 -o p
mkdir set
python3 - <<'END'
import gzip
whole = bytearray(gzip.open("p/labels.nii.gz").read())
for name, kept in {"one": lambda v: v in (1, 3), "two": lambda v: v > 3}.items():
    part = bytearray(whole)
    part[352:] = bytes(v if kept(v) else 0 for v in whole[352:])
    if name == "two":  # the right half of the left parotid under a value of its own
        voxels = [i for i in range(352, len(part)) if part[i] == 6]
        for i in voxels[::2]:
            part[i] = 77
    gzip.open(f"set/{name}.nii.gz", "wb").write(part)
END
cat > set/dataset.json <<'END'
{"labels": {"background": 0, "Brainstem": 1, "Bone_Mandible": 3, "OpticNrv_L": 4, "OpticNrv_R": 5,
            "Parotid_L": [6, 77], "Parotid_R": 7, "Glnd_Submand_L": 8, "Glnd_Submand_R": 9},
 "dataset": {"p": {"images": ["../p/ct.nii.gz"], "label": ["one.nii.gz", "two.nii.gz"]}}}
END
run evaluate p --truth set --json dice.json
expect_status 0
python3 - dice.json <<'END' || fail "Dice of the same contours is not 1"
import json, sys
organs = json.load(open(sys.argv[1]))["organs"]
assert len(organs) >= 8, organs
assert all(o["dice"]["mean"] == 1.0 for o in organs if o["name"] != "OpticChiasm"), organs
END
