# needs: io
# Configurations that cannot be meant: file, line and key.
refuse() {
  printf '%b' "$1" > c.toml
  shift
  run curate c.toml -o out
  expect_refused 2 "$@"
}
src='[[source]]\nkind = "nnunet"\npath = "s"\n'
refuse "spacing = 3\n$src" c.toml:1 spacing
refuse "${src}spilt = \"test\"\n" c.toml:4 spilt
refuse "${src}split = \"tset\"\n" c.toml:4 split
refuse "${src}kind = \"b\"\n" c.toml:4
refuse '[[source]]\nkind = "pdca"\npath = "s"\n' pddca
refuse "$src$src" name
refuse 'a = = 1\n' c.toml:1
refuse "[field]\nmargin_mm = -1\n$src" c.toml:2 margin_mm
refuse 'names = []\n' source
run curate absent.toml -o out
expect_refused 2 absent.toml
