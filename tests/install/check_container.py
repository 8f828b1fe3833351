"""check_container.py SOURCE_DIR: the Containerfile keeps to the rules below, and each rule finds a file that breaks it.
Nothing here can run a container; scripts/fresh-check --packages proves that the package runs in a read-only root as a
user without a name."""
import json
import pathlib
import re
import sys


def instructions(text: str) -> list[tuple[str, str]]:
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines())
            if word]


def is_list(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def check_base(image: str, stages: list[str], faults: list[str]) -> None:
    if image in stages:
        return
    name, _, digest = image.partition("@")
    first, slash, _ = name.partition("/")
    if slash and ("." in first or ":" in first):
        faults.append(f"FROM {image}: names a registry")
    tag = name.rpartition("/")[2].partition(":")[2]
    if not digest and (not tag or tag == "latest"):
        faults.append(f"FROM {image}: is not pinned to a release")


def check_apt(command: str, faults: list[str]) -> None:
    if "apt-get install" not in command:
        return
    for part in ("apt-get update", "-y", "--no-install-recommends", "rm -rf /var/lib/apt/lists/*"):
        if part not in command:
            faults.append(f"RUN apt-get install: without {part} in the same layer")


def check(text: str, root: pathlib.Path) -> list[str]:
    faults: list[str] = []
    stages: list[str] = []
    last: list[tuple[str, str]] = []  # of the stage that runs
    for word, rest in instructions(text):
        if word == "FROM":
            image, *name = re.sub(r"--platform=\S+\s+", "", rest).split()
            check_base(image, stages, faults)
            stages.append(name[1] if len(name) == 2 else "")
            last = []
        elif word == "RUN":
            check_apt(rest, faults)
            if re.search(r"\bsudo\b|\b(curl|wget)\b", rest):
                faults.append("RUN: calls sudo, curl or wget")
            for package_list in re.findall(r"\S+/packages/\w+\.txt", rest):
                if not (root / package_list).is_file():
                    faults.append(f"RUN: there is no {package_list}")
        elif word == "ADD":
            faults.append("ADD: use COPY")
        elif word in ("ENV", "ARG") and re.search(r"(?i)password|secret|token|key", rest):
            faults.append(f"{word}: a secret would stay in the image")
        elif word == "WORKDIR" and not rest.startswith("/"):
            faults.append(f"WORKDIR {rest}: is relative")
        elif word in ("ENTRYPOINT", "CMD") and not is_list(rest):
            faults.append(f"{word}: is not in exec form, so that signals go to a shell")
        last.append((word, rest))
    words = [word for word, _ in last]
    if len(stages) < 2:
        faults.append("one stage: compilers would stay in the image")
    if any(word == "RUN" and re.search(r"g\+\+|packages/contouring|\bmake\b", rest) for word, rest in last):
        faults.append("the stage that runs: installs compilers or builds")
    users = [rest for word, rest in last if word == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", users[-1]):
        faults.append("USER: the stage that runs needs a number other than 0")
    elif "RUN" in words[words.index("USER"):]:
        faults.append("USER: stands before RUN")
    if "ENTRYPOINT" not in words:
        faults.append("ENTRYPOINT: missing")
    return faults


# What is replaced by what, and a word of the fault that must be found.
BROKEN = [
    ("FROM debian:12-slim\n", "FROM debian\n", "pinned"),
    ("FROM debian:12-slim\n", "FROM debian:latest\n", "pinned"),
    ("FROM debian:12-slim\n", "FROM registry.invalid/debian:12\n", "registry"),
    ("COPY . .", "ADD . .", "ADD"),
    ("USER 65532:65532\n", "", "USER"),
    ("USER 65532:65532", "USER root", "USER"),
    ("USER 65532:65532", "USER 0:0", "USER"),
    ('ENTRYPOINT ["anatomynet"]', "ENTRYPOINT anatomynet", "exec form"),
    ('ENTRYPOINT ["anatomynet"]\n', "", "ENTRYPOINT"),
    (" \\\n    && rm -rf /var/lib/apt/lists/*\nUSER", "\nUSER", "lists"),
    ("apt-get install -y --no-install-recommends /packages", "apt-get install -y /packages", "recommends"),
    ("WORKDIR /data", "WORKDIR data", "relative"),
    ("WORKDIR /data", "WORKDIR /data\nENV TOKEN=1", "secret"),
    ("RUN make packages\n\nFROM debian:12-slim\n", "RUN make packages\n", "stage"),
    ("packages/packaging.txt", "packages/missing.txt", "missing.txt"),
]

source = pathlib.Path(sys.argv[1])
given = (source / "Containerfile").read_text()
found = check(given, source)
ignored = (source / ".dockerignore").read_text().splitlines()
found += [f".dockerignore: {name} is sent to the builder" for name in ("build", ".cache") if name not in ignored]
for old, new, expected in BROKEN:
    if given.count(old) < 1:
        found.append(f"this test: the Containerfile has no {old!r}")
    elif not any(expected in fault for fault in check(given.replace(old, new), source)):
        found.append(f"this test: {new!r} for {old!r} is not found")
for fault in found:
    print(fault)
sys.exit(bool(found))
