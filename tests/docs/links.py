"""links.py SOURCE_DIR: what the pages point to is there: relative links and their anchors, files named by a path in
backticks or in examples, `make` targets and commands of the program. Their lines have at most 120 characters, but for
tables and docs/commands.md, which is made."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
pages = sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/**/*.md"),
                *root.glob("python/**/*.md"), *root.glob("packaging/**/*.md")])
folders = sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(".") and p.name != "build")
PATH = re.compile(r"(?<![\w./-])((?:" + "|".join(map(re.escape, folders)) + r")/[\w./*-]*[\w/*])")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"\banatomynet(?:-network)? ([a-z][a-z-]+)(?![\w/.-])")
MAKE = re.compile(r"(?:^|&& )\s*make ([a-z-]+)\b", re.M)
# Folders of a result or a data set that are called as one of ours.
NOT_OURS = re.compile(r"^(models|data|docs|tests)/?$")

# What CONTRIBUTING.md's examples make.
MADE = {"organs", "src/cli/curate/organs.cpp", "tests/cli/cases/organs.sh", "src/curation/source_mine.cpp"}

targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.M))
commands = set(re.findall(r"^  ([a-z][a-z-]+)  ", (root / "docs/commands.md").read_text(), re.M))


def slug(heading):
    """As GitHub makes an anchor of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def parts_of(page):
    """Its lines outside and inside code blocks (fenced or indented by four), with their numbers."""
    prose, code, fenced, before = [], [], False, ""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or (line.startswith("    ") and (not before.strip() or (code and code[-1][0] == number - 1))):
            code.append((number, line))
        else:
            prose.append((number, line))
        before = line
    return prose, code


def anchors_of(page, known={}):
    if page not in known:
        known[page] = set()
        for _, line in parts_of(page)[0]:
            if line.startswith("#"):
                name, count = slug(line.lstrip("#")), 0
                while name + (f"-{count}" if count else "") in known[page]:
                    count += 1
                known[page].add(name + (f"-{count}" if count else ""))
    return known[page]


def fault_of_link(page, target):
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    if not file.exists():
        return f"there is no {name}"
    if anchor and file.suffix == ".md" and anchor not in anchors_of(file):
        return f"{file.name} has no heading #{anchor}"
    return None


def exists(page, path):
    here = path.rstrip("/")
    if "*" in here:
        return any(root.glob(here))
    for base in (root, page.parent, root / "src", root / "tests"):
        if (base / here).exists() or any((base / here).parent.glob(pathlib.Path(here).name + ".*")):
            return True
    return False


def faults():
    for page in pages:
        prose, code = parts_of(page)
        for number, line in prose + code:
            if len(line) > 120 and not line.startswith("|") and page.name != "commands.md":
                yield page, number, f"a line of {len(line)} characters; at most 120 outside tables"
        for number, line in prose:
            for target in LINK.findall(line):
                if fault := fault_of_link(page, target):
                    yield page, number, fault
        spans = [(number, span) for number, line in prose for span in CODE_SPAN.findall(line)]
        for number, text in spans + code:
            for path in PATH.findall(text):
                if not NOT_OURS.match(path) and path not in MADE and not exists(page, path):
                    yield page, number, f"there is no {path}"
            for name in COMMAND.findall(text):
                if name not in commands | MADE:
                    yield page, number, f"anatomynet has no command {name}"
            for name in MAKE.findall(text):
                if name not in targets:
                    yield page, number, f"make has no target {name}"


found = [f"{page.relative_to(root)}:{number}: {text}" for page, number, text in faults()]
if len(pages) < 15 or len(commands) < 10 or len(targets) < 10:
    found.append(f"only {len(pages)} pages, {len(commands)} commands, {len(targets)} targets were found")
print("\n".join(found))
sys.exit(1 if found else 0)
