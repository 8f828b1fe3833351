#!/usr/bin/env bash
# speed_check_last_tag.sh SOURCES: scripts/speed-check-last-tag in small repositories, with a stand-in for the measurement.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export GIT_CONFIG_GLOBAL=$scratch/config GIT_CONFIG_SYSTEM=/dev/null
git config --global user.name test
git config --global user.email test@example.org
git config --global protocol.file.allow always

fail() {
  echo "FAILED: $*" >&2
  cat "$scratch/out" >&2
  exit 1
}

# check [SECONDS]: in the current repository; leaves status and what was said.
check() {
  status=0
  scripts/speed-check-last-tag "$@" > "$scratch/out" 2>&1 || status=$?
}

# expect STATUS PATTERN
expect() {
  [[ $status -eq $1 ]] || fail "expected exit code $1, got $status"
  grep -q "$2" "$scratch/out" || fail "expected '$2'"
}

commit() { git commit --quiet --allow-empty -m "$1"; }

mkdir -p "$scratch/origin/scripts"
cd "$scratch/origin"
git init --quiet
cp "$1/scripts/speed-check-last-tag" scripts/
cat > scripts/speed-check <<'STANDIN'
#!/usr/bin/env bash
echo "measured against $1"
[[ -f slow ]] && exec sleep 30
exit "$(cat result 2>/dev/null || echo 0)"
STANDIN
chmod +x scripts/speed-check
git add .
commit first
check
expect 0 "not compared: no commit before this one has a tag"
git tag v1
check  # the only tag is HEAD's own
expect 0 "not compared: no commit before this one has a tag"
commit second
check
expect 0 "measured against v1"
git tag v2
check
expect 0 "measured against v1"
commit third
check
expect 0 "measured against v2"

echo 1 > result
check
expect 1 "measured against v2"
echo 2 > result
check
expect 0 "not compared: v2 cannot be built or measured here (exit code 2)"
rm result

touch slow
check 1
expect 0 "not compared: 1 seconds were not enough"
rm slow

git clone --quiet --depth 1 "file://$scratch/origin" "$scratch/shallow"
cd "$scratch/shallow"
[[ $(git rev-parse --is-shallow-repository) == true ]] || fail "the case made no shallow clone"
check
expect 0 "measured against v2"

git clone --quiet --depth 1 "file://$scratch/origin" "$scratch/alone"
cd "$scratch/alone"
git remote set-url origin "file://$scratch/absent"
check
expect 0 "not compared: this checkout is shallow and its history cannot be fetched"
