# needs: io
# A file system with room for a part of the output, made in a private mount namespace.
unshare --mount true 2>/dev/null || skip "cannot mount a small file system here (needs root)"
mkdir small
# shellcheck disable=SC2016
run_as unshare --mount bash -c '
  mount -t tmpfs -o size=100k tmpfs small || exit 77
  "$0" phantom --seed 1 --size 64x64x64 -o small/out
  code=$?
  [[ -z $(ls -A small) ]] || { echo "left behind: $(find small)"; exit 99; }
  exit $code' "$program"
[[ $status -ne 77 ]] || skip "mount is not allowed here"
expect_refused 5 "small/out"
