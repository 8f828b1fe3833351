# needs: io
# A folder laid out as PDDCA: only the off-site cases are the challenge's.
for id in 0522c0001 0522c0555 0522c0746; do
  must phantom --seed 5 --size 32x48x48 --spacing 6x6x6 -o "p"
  mkdir -p "pddca/$id/structures" "pred/$id"
  cp p/labels.nii.gz "pred/$id/"
  python3 - p/labels.nii.gz "pddca/$id/structures" <<'PY' || fail "cannot make masks"
import gzip, struct, sys
data = gzip.open(sys.argv[1]).read()
nx, ny, nz = struct.unpack_from("<3h", data, 42)
voxels = data[int(struct.unpack_from("<f", data, 108)[0]):]
rows = [struct.unpack_from("<4f", data, 280 + 16 * k) for k in range(3)]
names = ["BrainStem", "Chiasm", "Mandible", "OpticNerve_L", "OpticNerve_R", "Parotid_L", "Parotid_R", "Submandibular_L", "Submandibular_R"]
for i, name in enumerate(names):
    mask = bytes(1 if v == i + 1 else 0 for v in voxels)
    columns = " ".join("(%g,%g,%g)" % tuple(rows[r][c] for r in range(3)) for c in range(3))
    header = ("NRRD0004\ntype: unsigned char\ndimension: 3\nspace: right-anterior-superior\nsizes: %d %d %d\nspace directions: %s\n"
              "kinds: domain domain domain\nencoding: raw\nspace origin: (%g,%g,%g)\n\n" % (nx, ny, nz, columns, rows[0][3], rows[1][3], rows[2][3]))
    open(sys.argv[2] + "/" + name + ".nrrd", "wb").write(header.encode() + mask)
PY
  rm -r p
done
run evaluate pred --truth pddca --protocol miccai2015 --json figures.json
expect_status 0
expect_output "FocusNetv2"
expect_output "remembered"
python3 - <<'PY' || fail "not the challenge's cases and conventions"
import json
report = json.load(open("figures.json"))
assert sorted({row["case"] for row in report["each"]}) == ["0522c0555", "0522c0746"], report["each"]
assert report["conventions"]["surface"] == "voxels" and report["conventions"]["hausdorff"] == "mean"
assert len(report["organs"]) == 9 and report["mean_dice"] == 1
PY
grep -q "2 of the protocol's 10 cases" "$scratch/stderr" || fail "nobody said that eight cases are missing"
run evaluate pred --truth pddca/0522c0001 --protocol miccai2015
expect_refused 3 "off-site"
run evaluate pred --truth pddca --protocol other
expect_refused 2 "miccai2015"
# Weights that learnt from a case cannot be tested on it.
echo '{"model": {"training_data": "CTs of 0522c0746 and x0522c0555"}}' > pred/0522c0746/summary.json
cp pred/0522c0746/summary.json pred/0522c0555/
run evaluate pred --truth pddca --protocol miccai2015
expect_status 0
grep -q "warning: 0522c0746: the weights that drew it name this patient" "$scratch/stderr" || fail "a leak is not said"
! grep -q "0522c0555: the weights" "$scratch/stderr" || fail "another word was taken for the case's name"
for damaged in '{"model": {"training_data": 7}}' '[]' '{'; do
  echo "$damaged" > pred/0522c0746/summary.json
  run evaluate pred --truth pddca --protocol miccai2015
  expect_status 0
done
