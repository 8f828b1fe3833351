# needs: io
# What comes out is an nnU-Net v2 data set with provenance, and curating it again gives the same cases and labels.
make_set s
must curate --kind nnunet s -o out --threads 2
python3 - <<'PY' || fail "the data set is not what nnU-Net and the report's readers expect"
import glob, json, os
d = json.load(open("out/dataset.json"))
train = sorted(f[:-len("_0000.nii.gz")] for f in os.listdir("out/imagesTr"))
labels = sorted(f[:-len(".nii.gz")] for f in os.listdir("out/labelsTr"))
assert len(train) == 4 and train == labels, (train, labels)
assert d["numTraining"] == 4 and d["file_ending"] == ".nii.gz", d
assert sorted(d["labels"].values()) == list(range(len(d["labels"]))), "label values are not consecutive"
fold = json.load(open("out/splits_final.json"))[0]
assert len(fold["train"]) == 3 and len(fold["val"]) == 1 and fold["val"][0].endswith("d"), fold
assert sorted(fold["train"] + fold["val"]) == train
assert sorted(d["annotated"]) == train
r = json.load(open("out/curation.json"))
assert r["sources"][0]["found"] == 4 and r["sources"][0]["kept"] == 4, r["sources"]
for c in r["cases"]:
    assert c["original_id"] in "abcd" and c["correspondence"] and c["files"], c
    assert os.path.exists("out/" + c["picture"])
page = open("out/curation.html").read()
assert all(i in page for i in train), "a case is not on the page"
assert "http://" not in page and "https://" not in page and "src=\"//" not in page, "the page needs a network"
PY
[[ -z $(find out -name '.anatomynet-*') ]] || fail "staging folders were left behind"
must curate --kind nnunet out -o again --no-pictures
[[ $(find again/labelsTr -type f | wc -l) -eq 4 ]] || fail "a curated set cannot be curated again"
