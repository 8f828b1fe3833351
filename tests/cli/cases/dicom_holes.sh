# needs: io
# A ring within a ring, in all ways of storing holes: the same mask comes back, here and, with keyholes, in plastimatch.
must phantom --seed 9 --size 16x32x40 --spacing 6x6x6 -o p --dicom
python3 - <<'PY' || fail "cannot make the rings"
import gzip, struct
raw = bytearray(gzip.open("p/labels.nii.gz").read())
nx, ny, nz = struct.unpack_from("<3h", raw, 42)
for i in range(nx * ny * nz):
    x, y, z = i % nx, i // nx % ny, i // (nx * ny)
    r = ((x - 20) ** 2 + (y - 16) ** 2) ** 0.5
    raw[352 + i] = 6 if 2 <= z < 6 and (r < 3 or 5 < r < 8 or 11 < r < 14) else 7 if z == 3 and x < 4 and y < 4 else 0
gzip.open("rings.nii.gz", "wb").write(bytes(raw))
PY
must convert --ct p/dicom rings.nii.gz -o seg.dcm --dicom seg
must convert --ct p/dicom seg.dcm -o truth
for how in "--holes keyhole" "--holes keyhole --smooth" "--holes xor" "--holes xor --smooth"; do
  # shellcheck disable=SC2086
  must convert --ct p/dicom rings.nii.gz -o rt.dcm $how
  must convert --ct p/dicom rt.dcm -o back
  for organ in Parotid_L Parotid_R; do
    cmp truth/$organ.nii.gz back/$organ.nii.gz || fail "$how: $organ does not come back"
  done
  HOW=$how python3 - <<'PY' || fail "$how: not the contours that were asked for"
import os, pydicom
d = pydicom.dcmread("rt.dcm")
xor = "xor" in os.environ["HOW"]
kinds = [{c.ContourGeometricType for c in r.ContourSequence} for r in d.ROIContourSequence]
assert kinds == [{"CLOSEDPLANAR_XOR" if xor else "CLOSED_PLANAR"}, {"CLOSED_PLANAR"}], kinds
assert len(d.ROIContourSequence[0].ContourSequence) == 4 * (5 if xor else 3)
PY
  if command -v dciodvfy > /dev/null; then
    dciodvfy rt.dcm > dciodvfy.log 2>&1
    # Debian's does not know the type, which PS3.3 C.8.8.6.1 has
    grep '^Error' dciodvfy.log | grep -v 'Unrecognized enumerated value <CLOSEDPLANAR_XOR>' >&2 && fail "dciodvfy finds errors: $how"
  fi
  if [[ $how == *keyhole* ]] && command -v plastimatch > /dev/null; then
    "$source_dir/scripts/compare-plastimatch" "$program" p/dicom rt.dcm > table || fail "$how: $(cat table)"
    [[ $(grep -c ' 1.0000 *0$' table) -eq 2 ]] || fail "$how: plastimatch fills another mask: $(cat table)"
  fi
  rm -r back
done
command -v dciodvfy > /dev/null && command -v plastimatch > /dev/null || skip "dciodvfy or plastimatch is not installed: NOT CHECKED"
exit 0
