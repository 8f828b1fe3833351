# needs: io onednn
# Every instruction set that can be forced gives the same organs; any other word is refused before the work.
need_model
make_patient p
run_as env ANATOMYNET_MAX_ISA=sse9 "$program" segment p/ct.nii.gz -o out --model "$model"
expect_refused 2 "ANATOMYNET_MAX_ISA" "sse9" "generic, avx2, avx512, amx"
expect_nothing_written
must segment p/ct.nii.gz -o all --model "$model"
for isa in generic avx2 avx512 amx; do
  run_as env ANATOMYNET_MAX_ISA=$isa "$program" -v segment p/ct.nii.gz -o $isa --model "$model"
  expect_status 0
  grep -q "kernels for " "$scratch/stderr" || fail "--verbose does not name the instruction set"
done
run_as env ANATOMYNET_MAX_ISA=generic "$program" segment p/ct.nii.gz -o rounded --model "$model" --precision bf16
expect_status 0
python3 - <<'PY' || fail "the instruction sets differ, or summary.json does not name them"
import gzip, json
order = ["generic", "avx2", "avx512", "amx"]
said = lambda folder: json.load(open(folder + "/summary.json"))["instructions"]
voxels = lambda folder: gzip.open(folder + "/labels.nii.gz").read()[352:]
expected = voxels("all")
assert any(expected), "no organ to compare"
assert said("generic") == "generic" and said("rounded") == "generic"
for folder in order + ["rounded"]:
    assert said(folder) in order and order.index(said(folder)) <= order.index(folder if folder in order else "generic"), folder
    got = voxels(folder)
    assert len(got) == len(expected)
    same = sum(a == b for a, b in zip(got, expected)) / len(expected)
    assert same > (0.999 if folder != "rounded" else 0.99), (folder, same)
PY
