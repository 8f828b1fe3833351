"""warning_codes.py SOURCE_DIR: the codes of warnings in the sources and in docs/errors.md's table are the same; codes of
flags have a table of their own, in docs/quality.md."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])


def codes_in_table(page, head):
    codes = set()
    text = (root / page).read_text()
    for row in text[text.index(head):].splitlines()[2:]:
        if not row.startswith("| "):
            break
        codes.update(re.findall(r"`([a-z-]+)`", row.split("|")[1]))
    return codes


in_docs = codes_in_table("docs/errors.md", "| code | what |")
flags = codes_in_table("docs/quality.md", "| code | what is compared |")
in_source = {}
for file in sorted((root / "src").rglob("*.cpp")):
    text = file.read_text()
    if not re.search(r"\bWarning\b|\bwarn", text):
        continue
    for code in re.findall(r'[{?:]\s*"([a-z]+(?:-[a-z]+)+)"', text):
        in_source.setdefault(code, file.relative_to(root))
faults = [f"{file} gives the warning {code}, which docs/errors.md lacks" for code, file in in_source.items()
          if code not in in_docs | flags]
faults += [f"docs/errors.md has {code}, which no source gives" for code in sorted(in_docs - in_source.keys())]
if len(in_docs) < 15 or len(flags) < 15:
    faults.append(f"only {len(in_docs)} and {len(flags)} codes found in the tables")
print("\n".join(faults))
sys.exit(1 if faults else 0)
