"""warning_codes.py SOURCE_DIR: the codes of warnings in the sources and in docs/errors.md's table are the same."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
in_source = {}
for file in sorted((root / "src").rglob("*.cpp")):
    text = file.read_text()
    if not re.search(r"\bWarning\b|\bwarn", text):
        continue
    for code in re.findall(r'[{?:]\s*"([a-z]+(?:-[a-z]+)+)"', text):
        in_source.setdefault(code, file.relative_to(root))
page = (root / "docs/errors.md").read_text()
in_docs = set()
for row in page[page.index("| code | what |"):].splitlines()[2:]:
    if not row.startswith("| "):
        break
    in_docs.update(re.findall(r"`([a-z-]+)`", row.split("|")[1]))
faults = [f"{file} gives the warning {code}, which docs/errors.md lacks" for code, file in in_source.items()
          if code not in in_docs]
faults += [f"docs/errors.md has {code}, which no source gives" for code in sorted(in_docs - in_source.keys())]
if len(in_docs) < 15:
    faults.append(f"docs/errors.md: only {len(in_docs)} codes found in its table")
print("\n".join(faults))
sys.exit(1 if faults else 0)
