# needs: io onednn
# What a finer CT takes beside the same network is its HU, two bytes a voxel, and not its labels as well: these are made
# when the network's memory is free.
[[ -n ${ANATOMYNET_SANITIZED:-} ]] && skip "sanitizers keep freed memory"
peak_of() {
  must segment "$1/dicom" -o "$1/out" --precision fp32
  peak=$(python3 -c 'import json, sys; print(round(1e6 * json.load(open(sys.argv[1]))["peak_memory_mb"]))' "$1/out/summary.json")
}
must phantom --seed 4 --size 140x480x480 --spacing 2.5x1x1 -o fine --dicom
must phantom --seed 4 --size 140x160x160 --spacing 2.5x3x3 -o coarse --dicom
peak_of coarse
coarse=$peak
peak_of fine
voxels=$((140 * 480 * 480 - 140 * 160 * 160))
slack=20000000  # of it some slices of labels and of floats
((peak - coarse < 2 * voxels + slack)) ||
  fail "the fine CT's peak is $((peak - coarse)) bytes above the coarse one's, at most $((2 * voxels + slack)) expected"
((peak - coarse > voxels)) || fail "the peaks of $peak and $coarse bytes tell nothing of the CT"
