# needs: io torch onednn onnx
# The commands about engines, on a small phantom: they agree, they time, they write what others read.
need_model
make_patient p
run check-engine p/ct.nii.gz --model "$model" --reference torch:fp32 --checked onednn:fp32 --json
expect_status 0
python3 - "$scratch/stdout" <<'PY' || fail "the engines differ"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["largest_logit_difference"] < 1e-4 * report["largest_logit"], report
assert report["voxel_agreement"] > 0.9999, report
PY
run check-engine p/ct.nii.gz --model "$model" --checked onednn:fp32 --record recorded.safetensors
expect_status 0
[[ -s recorded.safetensors ]] || fail "no weights file with the record"

run -q bench --size 16x32x24 --threads 1 --repeat 2 --model "$model" --json
expect_status 0
python3 - "$scratch/stdout" <<'PY' || fail "bench --json is not as documented"
import json, sys
rows = json.load(open(sys.argv[1]))
assert {(r["engine"], r["precision"]) for r in rows} >= {("onednn", "fp32"), ("torch", "fp32"), ("eager", "fp32")}, rows
for r in rows:
    for key in "median_s", "gflops", "share_of_peak", "peak_mb":
        assert r[key] > 0, r
PY
run bench --engines cudnn --model "$model"
expect_refused 2 "cudnn"
run bench --size 16x0x24 --model "$model"
expect_refused 2 "16x0x24"

run export --model "$model" --onnx model.onnx
expect_status 0
[[ -s model.onnx ]] || fail "no ONNX model"
run segment p/ct.nii.gz -o out --model "$model" --precision int8
if [[ $status -ne 0 ]]; then expect_refused 2 "int8"; fi
