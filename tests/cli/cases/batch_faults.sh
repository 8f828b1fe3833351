# needs: io onednn
# Whatever is wrong with one patient is that patient's line; what is wrong with the disk ends the batch.
need_model
make_patient p
mkdir cohort
for name in a c e; do cp p/ct.nii.gz cohort/$name.nii.gz; done
python3 - <<'PY' || fail "the case could not prepare its images"
import gzip, struct

data = bytearray(gzip.open("p/ct.nii.gz").read())
struct.pack_into("<f", data, 80, 1e12)  # pixdim
struct.pack_into("<f", data, 280, -1e12)  # and the sform's column
open("cohort/b.nii", "wb").write(data)
PY
mkdir out
echo keep > out/c
run segment --batch cohort -o out --model "$model"
expect_status 7
expect_output "4 cases: 2 done, 0 done before, 2 failed"
grep -q 'error: b: .*impossible spacing' "$scratch/stderr" || fail "expected what is wrong with b"
grep -q "error: c: .*out/c: .*it is a file" "$scratch/stderr" || fail "a failure to write c is not c's"
[[ $(cut -d, -f1,2 out/summary.csv | sort) == "$(printf 'a,done\nb,failed\nc,failed\ncase,status\ne,done')" ]] || fail "the table is not right"
[[ $(cat out/c) == keep ]] || fail "the file in the way was touched"
expect_files out/a/manifest.json out/e/manifest.json

# No file can be larger than a few blocks: the batch ends at the first case.
run_as bash -c 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"' "$program" segment --batch cohort -o full --model "$model"
expect_status 5
grep -q '^anatomynet: error: a: .*nothing more can be written' "$scratch/stderr" || fail "expected the batch to end"
[[ -z $(find full -name '.*') ]] || fail "something hidden is left"

# A names file that is wrong is known before the work.
echo 'organs = 3' > names.toml
run segment --batch cohort -o none --model "$model" --names names.toml
expect_refused 2 names.toml

# Series UIDs become names of folders.
mkdir hostile
cp -r p/dicom hostile/one
edit_dicom 'd.SeriesInstanceUID = "../../../stolen"; d.SOPInstanceUID += ".9"; d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID'
cp p/dicom/* hostile/
mkdir -p deep/er/out
run segment --batch hostile -o deep/er/out --model "$model"
expect_output "2 cases: 2 done"
[[ -z $(find . -path ./deep/er/out -prune -o -name '*stolen*' -print) ]] || fail "a series led out of the output folder"
