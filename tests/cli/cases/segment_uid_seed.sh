# needs: io onednn
# With --uid-seed the UIDs of RTSTRUCT and SEG follow from CT and text, whenever they are made.
need_model
make_patient p
uids() { dcmdump +P SOPInstanceUID +P SeriesInstanceUID "$1"/rtstruct.dcm "$1"/seg.dcm | grep -v "^$" | sort; }
for name in a b c; do
  seed=same
  [[ $name == c ]] && seed=other
  must segment p/dicom -o $name --model "$model" --uid-seed $seed -q
done
[[ $(uids a) == "$(uids b)" ]] || fail "the same seed gave other UIDs"
[[ $(uids a) != "$(uids c)" ]] || fail "another seed gave the same UIDs"
dcmdump +P StructureSetDate a/rtstruct.dcm | grep -q "\[$(date +%Y)" || fail "the structure set has not today's date"
