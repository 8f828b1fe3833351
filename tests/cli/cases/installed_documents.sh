# needs: io
# The manual page and the completion hold every command and option that --help shows.
run --reference
cp "$scratch/stdout" reference
run --man
expect_status 0
expect_silence
sed 's/\\-/-/g' "$scratch/stdout" > page
commands=$(sed -n 's/^## //p' reference)
[[ -n $commands ]] || fail "no commands"
for command in $commands; do
  grep -qx ".SS $command" page || fail "no section of the manual page for $command"
done
options=$(sed -n 's/^  \(-[a-z],\)\{0,1\}\(--[a-z-]*\).*/\2/p' reference | sort -u)
[[ $(wc -l <<< "$options") -gt 30 ]] || fail "too few options"
for option in $options; do
  grep -Eq -- "^.fB(-[a-z], )?$option(, --[a-z-]+)?.fR" page || fail "$option is not in the manual page"
done
if command -v groff > /dev/null; then
  groff -man -ww -Wbreak -Tutf8 page > /dev/null 2> complaints || fail "groff refuses the manual page"
  [[ ! -s complaints ]] || fail "groff complains: $(head -n 1 complaints)"
fi

# The program that needs libtorch has a page of its own, with its commands alone.
run --man-network
expect_status 0
expect_silence
sed 's/\\-/-/g' "$scratch/stdout" > network_page
head -n 1 network_page | grep -q '^\.TH ANATOMYNET-NETWORK 1 ' || fail "its first line is $(head -n 1 network_page)"
[[ $(sed -n 's/^\.SS //p' network_page | sort | xargs) == "adapt experiment export train" ]] ||
  fail "its commands are $(sed -n 's/^\.SS //p' network_page | xargs)"
sed -n '/^\.SS train$/,/^\.SS adapt$/p' page | diff - <(sed -n '/^\.SS train$/,/^\.SS adapt$/p' network_page) ||
  fail "the two pages differ in train"
if command -v groff > /dev/null; then
  groff -man -ww -Wbreak -Tutf8 network_page > /dev/null 2> complaints || fail "groff refuses its manual page"
  [[ ! -s complaints ]] || fail "groff complains: $(head -n 1 complaints)"
fi

run --bash-completion
expect_status 0
cp "$scratch/stdout" completion
complete_line() { bash -c '. ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _anatomynet; echo "${COMPREPLY[*]}"' - "$@"; }
[[ $(complete_line anatomynet seg) == segment ]] || fail "seg becomes '$(complete_line anatomynet seg)'"
[[ $(complete_line anatomynet -q segment --prec) == --precision ]] || fail "--prec of segment"
[[ -z $(complete_line anatomynet segment some) ]] || fail "a file name is completed to an option"
