# needs: io
for seed in abc -1 1.5 99999999999999999999; do
  run phantom "--seed=$seed" --size 16x16x16 -o out
  expect_refused 2 seed
done
