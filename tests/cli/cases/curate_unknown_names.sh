# needs: io
# Names that no rule knows are counted, also in cases that have nothing else; a user's rule file teaches them.
make_set s
sed -i 's/"Parotid_L": 6, "Parotid_R": 7/"xerostomia organ": 6, "Parotid_R": 7/' s/dataset.json
run curate --kind nnunet s -o out --no-pictures
expect_status 0
grep -q '"xerostomia organ": 4' out/curation.json || fail "the unknown name is not counted"
for f in s/labelsTr/*.nii.gz; do
  zcat "$f" | python3 -c '
import gzip, sys
b = sys.stdin.buffer.read()
sys.stdout.buffer.write(gzip.compress(b[:352] + bytes(6 if v == 6 else 0 for v in b[352:])))' > x
  mv x "$f"
done
cat > s/dataset.json <<'JSON'
{"channel_names": {"0": "CT"}, "file_ending": ".nii.gz", "numTraining": 4, "labels": {"background": 0, "xerostomia organ": 6}}
JSON
run curate --kind nnunet s -o out --no-pictures
expect_status 3
grep -q '"xerostomia organ": 4' out/curation.json || fail "unknown names of rejected cases are not counted"
cat > mine.toml <<'TOML'
[[organ]]
organ = "Parotid_L"
names = ["xerostomia organ"]
TOML
printf 'names = ["mine.toml"]\n[[source]]\nkind = "nnunet"\npath = "s"\n' > c.toml
run curate c.toml -o out --no-pictures
expect_status 0
grep -q '"Parotid_L"' out/dataset.json || fail "the user's rule was not taken"
