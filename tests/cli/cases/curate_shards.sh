# needs: io
# Shards, joined, are the set made in one go, leaks across shards included; a set that lacks a shard is none.
make_set s
cp s/imagesTr/a_0000.nii.gz s/imagesTr/e_0000.nii.gz
cp s/labelsTr/a.nii.gz s/labelsTr/e.nii.gz
echo '[{"train": ["a", "b", "c"], "val": ["d", "e"]}]' > s/splits_final.json
must curate --kind nnunet s -o whole --no-pictures
[[ ! -e whole/labelsTr/nnunet_a.nii.gz ]] || fail "the leak a, e was not found"
for i in 1 2; do must curate --kind nnunet s -o part$i --shard $i/2 --no-pictures; done
must curate merge part1 part2 -o joined
same_set whole joined
must curate merge part2 part1 -o joined_other_way
same_set whole joined_other_way
run curate merge part1 -o half
expect_refused 3 2/2
run curate merge part1 whole -o mixed
expect_refused 3 whole
run curate merge part1 part1 -o twice
expect_refused 3 part1
for shard in 0/2 3/2 1 x/2 1/0; do
  run curate --kind nnunet s -o refused --shard $shard
  expect_refused 2 --shard
done
run curate merge s -o refused
expect_refused 3 curation.json
