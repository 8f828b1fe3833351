# needs: io
# Shares of a batch in one output folder, joined, are the batch in one go; what is no whole division is refused.
need_model
make_patient p
mkdir cohort
for i in a b c d e f; do cp p/ct.nii.gz cohort/$i.nii.gz; done
head -c 2000 p/ct.nii.gz > cohort/torn.nii.gz
run segment --batch cohort -o whole --model "$model"
expect_status 7
run segment merge -o shared
expect_refused 3 summary-I-of-N.csv
shard() { "$program" segment --batch cohort -o shared --model "$model" --shard $1 > shard-${1%/*}.out 2> shard-${1%/*}.err; }
done_or_partly() { "$@" || [[ $? == 7 ]] || fail "$*: $(cat shard-*.err)"; }
shard 1/3 &
done_or_partly shard 2/3  # both at once
done_or_partly wait $!
run segment merge -o shared
expect_refused 3 3/3
done_or_partly shard 3/3
run segment merge -o shared
expect_status 7
expect_output "7 cases: 6 done, 0 done before, 1 failed; shared/summary.csv"

# The same files and the same table, but for the seconds that each took.
without_seconds() { cut -d, -f1-3,5- "$1"; }
cmp <(without_seconds whole/summary.csv | sort) <(without_seconds shared/summary.csv | sort) || fail "the tables differ"
for i in a b c d e f; do
  for file in labels.nii.gz quality.json; do
    cmp whole/$i/$file shared/$i/$file || fail "$i: $file differs"
  done
done

# What is done is not done again, by a shard or by the whole batch, which tries what failed and makes the same table.
run segment --batch cohort -o shared --model "$model" --shard 2/3
grep -q " 0 done, " "$scratch/stdout" || fail "a shard did again what was done"
cp p/ct.nii.gz cohort/torn.nii.gz
run segment --batch cohort -o shared --model "$model"
expect_status 0
expect_output "7 cases: 1 done, 6 done before, 0 failed; shared/summary.csv"

# Tables of two divisions, a case twice, other columns.
cp shared/summary-1-of-3.csv shared/summary-1-of-2.csv
run segment merge -o shared
expect_refused 3 summary-
rm shared/summary-1-of-2.csv
for i in 1 2 3; do cp shared/summary-$i-of-3.csv kept-$i; done
cat kept-1 > shared/summary-2-of-3.csv
run segment merge -o shared
expect_refused 3 "belongs to one shard"
sed '1s/seconds/minutes/' kept-2 > shared/summary-2-of-3.csv
run segment merge -o shared
expect_refused 3 "other columns"
head -c -1 kept-2 > shared/summary-2-of-3.csv
run segment merge -o shared
expect_refused 3 torn
cp kept-2 shared/summary-2-of-3.csv
for shard in 0/2 3/2 1 x/2 1/0; do
  run segment --batch cohort -o refused --model "$model" --shard $shard
  expect_refused 2 --shard
done
run segment --batch cohort -o refused --model "$model" --shard 1/2 --anonymise
expect_refused 2 --anonymise
[[ ! -e refused ]] || fail "a refused run left a folder"
