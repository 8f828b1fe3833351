# needs: io
# The patient's name in any character set, known or not, goes into RTSTRUCT and SEG byte for byte.
make_patient p
cat > bytes.py <<'PY'
import sys
raw = open(sys.argv[1], "rb").read()
print(all(bytes.fromhex(part) in raw for part in sys.argv[2:]))
PY
try() {  # CHARACTER_SET NAME_HEX
  CS=$1 NAME=$2 edit_dicom '
import os
d.SpecificCharacterSet = os.environ["CS"].split("|") if os.environ["CS"] else None
if not os.environ["CS"]: del d.SpecificCharacterSet
d.add_new(0x00100010, "PN", bytes.fromhex(os.environ["NAME"]))'
  for kind in rtstruct seg; do
    run convert --ct p/dicom p/labels.nii.gz -o $kind.dcm --dicom $kind
    expect_status 0
    [[ $(python3 bytes.py $kind.dcm "$2") == True ]] || fail "$1: the name's bytes are not in the $kind"
    dcmdump +P PatientName $kind.dcm > /dev/null || fail "$1: dcmdump cannot read the $kind"
  done
}
try "ISO_IR 192" "$(printf 'Jõgeva^Ülo=王^小東' | xxd -p)"
try "ISO_IR 100" "4dfc6c6c65725e4af67267"
try "|ISO 2022 IR 87" "59616d6164615e5461726f753d1b24423b3345441b28425e1b24424240404f3a1b2842"
try "|ISO 2022 IR 149" "486f6e675e47696c646f6e673d1b242943fbf35e1b242943d1ced4d7"
try "GB18030" "57616e675e5869616f446f6e673dcdf55ed0a1b6ab"
try "MY PRIVATE SET" "58e9f15e59"
try "" "58e9f15e59"
