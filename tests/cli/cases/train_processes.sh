# needs: io torch c10d
# Two processes train one model; what they must not start with is refused in one line each.
make_set set
cat > tiny.toml <<'TOML'
input.spacing_mm = [6, 6, 6]
sync_batch_norm = true
[[phase]]
epochs = 1
crop = [8, 16, 16]
TOML
cp tiny.toml other.toml
echo '# not the same file' >> other.toml

# Process 1 in the background, process 0 by `run`; both on a port that is hardly ever used.
export WORLD_SIZE=2 MASTER_PORT=$((20000 + RANDOM % 9000)) ANATOMYNET_PROCESS_TIMEOUT=60
pair() { # pair CONFIG_OF_1 ARGUMENTS_OF_0 ...
  local config=$1
  shift
  RANK=1 "$program" train --config "$config" --data set --out run > "$scratch/out1" 2> "$scratch/err1" < /dev/null &
  RANK=0 run train "$@"
  wait $!
  status1=$?
}

pair other.toml --config tiny.toml --data set --out run
expect_refused 2 "process 1 of 2" "configuration" "process 0"
[[ $status1 -eq 2 ]] || fail "process 1 ended with $status1"

pair tiny.toml --config tiny.toml --data absent --out run
expect_refused 3 "absent"
[[ $status1 -eq 8 ]] || fail "process 1 ended with $status1"
grep -q "process 0 ended: absent" "$scratch/err1" || fail "process 1 did not say why: $(cat "$scratch/err1")"

pair tiny.toml -q --config tiny.toml --data set --out run
expect_status 0
expect_silence
expect_output "epoch 1  validation Dice"
expect_files run/checkpoint.pt run/best.safetensors run/best_validation.json
[[ $status1 -eq 0 && ! -s $scratch/out1 && ! -s $scratch/err1 ]] || fail "process 1 said: $(cat "$scratch/out1" "$scratch/err1")"

pair tiny.toml -q --config tiny.toml --data set --out run
expect_refused 2 "holds a run already"
[[ $status1 -eq 8 ]] || fail "process 1 ended with $status1"

RANK=0 run train --config tiny.toml --data set --pack packed.safetensors
expect_refused 2 "--pack" "one process"
RANK=2 run train --config tiny.toml --data set
expect_refused 2 "RANK=2" "WORLD_SIZE=2"
for rank in 0 1; do
  RANK=$rank MASTER_ADDR=host.invalid run train --config tiny.toml --data set
  expect_refused 2 "MASTER_ADDR=host.invalid"
done
unset WORLD_SIZE
RANK=0 run train --config tiny.toml --data set
expect_refused 2 "WORLD_SIZE is not"
