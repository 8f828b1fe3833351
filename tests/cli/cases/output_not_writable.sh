# needs: io
mkdir locked
chmod 555 locked
if [[ $(id -u) -eq 0 ]]; then
  # Root writes where it likes, except where the kernel itself makes nothing.
  run phantom --seed 1 --size 16x16x16 -o /proc/anatomynet
  expect_refused 5 "/proc/anatomynet"
else
  run phantom --seed 1 --size 16x16x16 -o locked/out
  expect_refused 5 "locked/out"
fi
