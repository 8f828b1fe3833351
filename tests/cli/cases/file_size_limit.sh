# needs: io
# Writes that fail half way, also where no file system can be mounted.
run_as bash -c 'trap "" XFSZ; ulimit -f 64; exec "$0" phantom --seed 1 --size 64x64x64 -o out' "$program"
expect_refused 5 "out"
