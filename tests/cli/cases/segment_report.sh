# needs: io torch
# The page runs in a browser that has no network, and says nothing of errors; meshes, pictures and a Slicer
# segmentation lie beside it.
need_model
make_patient p
must segment p/dicom -o out --model "$model" --mesh stl --pictures --format nrrd
expect_files out/report.html out/labels.seg.nrrd out/masks/Brainstem.nrrd
python3 "$source_dir/tests/io/image/read_seg_nrrd.py" out/labels.seg.nrrd > read || fail "another reader refuses the segmentation"
grep -q '^segment Parotid_L 6 ' read || fail "expected the segment Parotid_L"
found=0
while read -r organ ml rest; do
  [[ $organ == organ ]] && continue
  if [[ $rest == "not found" ]]; then
    [[ ! -e out/meshes/$organ.stl && ! -e out/pictures/$organ.png ]] || fail "a mesh or picture of $organ, which was not found"
    grep -q "$organ was not found" "$scratch/stderr" || fail "expected a word on $organ, which has no mesh"
    continue
  fi
  found=$((found + 1))
  expect_files "out/meshes/$organ.stl" "out/pictures/$organ.png"
  head -c 80 "out/meshes/$organ.stl" | grep -q 'SPACE=LPS' || fail "the mesh of $organ does not say how it lies"
  if command -v admesh > /dev/null; then
    admesh "out/meshes/$organ.stl" > checked
    grep -q 'Total disconnected facets *: *0 ' checked || fail "the mesh of $organ is open"
    awk -v ml="$ml" -v n="$organ" '/Volume/ { v = $NF / 1000; if (v < ml * 0.97 - 0.01 || v > ml * 1.03 + 0.01) { print n ": " v " ml for " ml; exit 1 } }' checked >&2 ||
      fail "the volume of the mesh of $organ"
  fi
done < "$scratch/stdout"
[[ $found -gt 3 ]] || fail "expected organs"

# What the next run does not make goes.
must segment p/ct.nii.gz -o out --model "$model" --mesh obj
[[ ! -e out/pictures && ! -e out/meshes/Brainstem.stl && ! -e out/labels.seg.nrrd ]] || fail "an earlier run's files stayed"
expect_files out/report.html out/meshes/Brainstem.obj

browser=$(command -v chromium) || skip "chromium is not installed: the page was not opened"
browse() {
  "$browser" --headless --no-sandbox --disable-gpu --host-resolver-rules="MAP * ~NOTFOUND" --user-data-dir="$PWD/browser" \
    --enable-logging=stderr --dump-dom "file://$PWD/$1" > dom 2> console || fail "the browser failed on $1"
}
echo '<!doctype html><script>absent()</script>' > faulty.html
browse faulty.html
grep -q 'CONSOLE' console || fail "this browser does not tell of errors in a page"
browse out/report.html
grep 'CONSOLE' console >&2 && fail "the page has errors"
grep -q '<html lang="en" class="live">' dom || fail "the page's script did not run"
grep -q 'type="checkbox">.*Brainstem' dom || fail "the organs cannot be chosen"
