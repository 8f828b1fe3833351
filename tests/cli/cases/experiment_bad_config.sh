# needs: io torch
echo '' > base.toml
study() { printf '%s\n' 'base = "base.toml"' 'seeds = [1, 2]' '[[variant]]' 'name = "a"' "$@" > study.toml; }
refused() { run experiment study.toml --data set --out runs; expect_refused 2 "study.toml:$1" "${@:2}"; }
study 'architecture = "Nonet"'
refused 5 "architecture" "AnatomyNet"
study 'loss = "none"'
refused 5 "loss" "none"
study 'typo = 1'
refused 5 "typo"
study '[[variant]]' 'name = "a"'
refused 6 "taken"
study 'seeds = []'
refused 5 "seeds"
study 'seeds = [3, 3]'
refused 5 "3 twice"
study 'missing = "no"'
refused 5 "missing" unmasked
study '[[variant]]' 'name = "../x"'
refused 6 "name"
printf 'base = "base.toml"\nreference = "b"\n[[variant]]\nname = "a"\n' > study.toml
refused 2 "none of the variants"
printf 'base = "base.toml"\n' > study.toml
refused 1 "no variant"
printf '[[variant]]\nname = "a"\n' > study.toml
refused 1 "base"
printf 'base = "absent.toml"\n[[variant]]\nname = "a"\n' > study.toml
run experiment study.toml --data set --out runs
expect_refused 2 "absent.toml"
