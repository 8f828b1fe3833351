# needs: io
# Finished cases are known by content: a new date changes nothing, a changed voxel or option does.
made() { stat -c '%n %i' out/cases/*/labels.nii.gz; }
make_set s
must curate --kind nnunet s -o out --no-pictures
made > before
touch s/imagesTr/* s/labelsTr/*
must curate --kind nnunet s -o out --no-pictures
diff before <(made) >&2 || fail "unchanged cases were made again"
cp s/labelsTr/b.nii.gz keep.nii.gz
zcat keep.nii.gz | python3 -c '
import gzip, sys
b = bytearray(sys.stdin.buffer.read())
b[next(i for i in range(352, len(b)) if b[i] == 3)] = 0
sys.stdout.buffer.write(gzip.compress(bytes(b)))' > s/labelsTr/b.nii.gz
must curate --kind nnunet s -o out --no-pictures
[[ $(diff before <(made) | grep -c '^>') -eq 1 ]] || fail "one changed case, but another number was made again"
cp keep.nii.gz s/labelsTr/b.nii.gz
must curate --kind nnunet s -o out --no-pictures
must curate --kind nnunet s -o fresh --no-pictures
same_set out fresh
rm s/imagesTr/c_0000.nii.gz s/labelsTr/c.nii.gz
echo '[{"train": ["a", "b"], "val": ["d"]}]' > s/splits_final.json
must curate --kind nnunet s -o out --no-pictures
find out -name '*nnunet_c*' | grep -q . && fail "a case that is gone from its source is still there"
true
