# needs: io onednn
# Affinity and --threads hold for every thread of the process.
need_model
make_patient p
command -v taskset > /dev/null || skip "no taskset"

# most_threads COMMAND ...: sets `most` to the most threads that the process had at a time.
most_threads() {
  local pid now
  most=0
  "$@" > "$scratch/stdout" 2> "$scratch/stderr" < /dev/null &
  pid=$!
  while now=$(awk '/^Threads:/ { print $2 }' "/proc/$pid/status" 2> /dev/null) && [[ -n $now ]]; do
    ((now > most)) && most=$now
    sleep 0.002
  done
  wait $pid || fail "$*"
  ((most > 0)) || fail "the process was not seen: $*"
}

first=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
# The main thread and the one that takes signals.
most_threads taskset -c "$first" "$program" segment p/ct.nii.gz -o bound --model "$model"
((most <= 2)) || fail "$most threads, and one CPU"
most_threads "$program" segment p/ct.nii.gz -o one --model "$model" --threads 1
((most <= 2)) || fail "$most threads for --threads 1"
cmp bound/labels.nii.gz one/labels.nii.gz || fail "the labels depend on the threads"
mkdir many
cp p/ct.nii.gz many/a.nii.gz
cp p/ct.nii.gz many/b.nii.gz
most_threads "$program" segment --batch many -o batch --model "$model" --threads 1
((most <= 2)) || fail "$most threads for a batch with --threads 1"
