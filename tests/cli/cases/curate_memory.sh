# needs: io address-space
# A case that does not fit into memory costs itself alone.
make_patient p
mkdir f
cp p/ct.nii.gz p/labels.nii.gz f
python3 - <<'PY' || fail "the case could not prepare its images"
import gzip, struct

data = bytearray(gzip.open("p/labels.nii.gz").read())[:352]
size = (800, 800, 600)
struct.pack_into("<8h", data, 40, 3, *size, 1, 1, 1, 1)
struct.pack_into("<hh", data, 70, 4, 16)
for name, word in (("large.nii.gz", struct.pack("<h", -1000)), ("large_labels.nii.gz", struct.pack("<h", 1))):
    with gzip.open("f/" + name, "wb", 9) as out:
        out.write(bytes(data))
        for z in range(size[2]):
            out.write(word * (size[0] * size[1]))
PY
cat > f/cases.json <<'JSON'
{"values": {"6": "Parotid_L", "1": "Brainstem", "2": "Chiasm", "3": "Mandible", "4": "OpticNerve_L", "5": "OpticNerve_R",
            "7": "Parotid_R", "8": "Submandibular_L", "9": "Submandibular_R"},
 "cases": [{"id": "a", "image": "ct.nii.gz", "labels": "labels.nii.gz"},
           {"id": "large", "image": "large.nii.gz", "labels": "large_labels.nii.gz"},
           {"id": "z", "image": "ct.nii.gz", "labels": "labels.nii.gz", "split": "test"}]}
JSON
little() { run_as bash -c 'ulimit -v 600000; exec "$0" "$@"' "$program" "$@"; }
little curate --kind folder f -o out --no-pictures --threads 2
expect_status 7
grep -q 'folder_large rejected: .*memory' "$scratch/stderr" || fail "the large case is not named with its reason"
[[ $(ls out/cases | tr '\n' ' ') == "folder_a folder_z " ]] || fail "cases: $(ls out/cases)"
python3 -c 'import json; (r,) = json.load(open("out/curation.json"))["rejected"]; assert "memory" in r["why"], r' ||
  fail "curation.json does not say it"
# Nothing else in the set: a lack of memory is the reason of the whole.
python3 -c 'import json; j = json.load(open("f/cases.json")); j["cases"] = j["cases"][1:2]; json.dump(j, open("f/cases.json", "w"))'
little curate --kind folder f -o none --no-pictures
expect_status 6
