"""check_sbom.py FILE NAME VERSION BINARY: FILE has what SPDX 2.3 (clauses 6, 7, 11) requires of a document, and names
the package of every library that BINARY loads, in the version that is installed."""
import datetime
import json
import pathlib
import re
import subprocess
import sys

path, name, version, binary = sys.argv[1:]
text = pathlib.Path(path).read_text()
document = json.loads(text)
faults = []


def check(holds: bool, what: str) -> None:
    if not holds:
        faults.append(f"{path}: {what}")


def required(item: dict, fields: dict, what: str) -> None:
    for field, pattern in fields.items():
        value = item.get(field)
        check(isinstance(value, str) and re.fullmatch(pattern, value) is not None, f"{what}: {field} is {value!r}")


required(document, {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
                    "name": f"{name}-{version}", "documentNamespace": r"[a-z]+:[^#\s]+"}, "document")
creation = document["creationInfo"]
datetime.datetime.strptime(creation["created"], "%Y-%m-%dT%H:%M:%SZ")
check(bool(creation["creators"]), "no creator")
for creator in creation["creators"]:
    check(re.fullmatch(r"(Organization|Tool|Person): \S.*", creator) is not None, f"creator {creator!r}")

licence = r"NOASSERTION|NONE|[A-Za-z0-9.+-]+"
for package in document["packages"]:
    required(package, {"SPDXID": "SPDXRef-[a-zA-Z0-9.-]+", "name": ".+", "versionInfo": ".+",
                       "downloadLocation": "NOASSERTION|NONE|[a-z+]+:.+", "licenseConcluded": licence,
                       "licenseDeclared": licence, "copyrightText": ".+", "supplier": "Organization: .+|NOASSERTION"},
             f"package {package.get('name')}")
    check(package.get("filesAnalyzed") is False, f"{package['name']}: filesAnalyzed without files")
    for reference in package.get("externalRefs", []):
        required(reference, {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                             "referenceLocator": r"pkg:deb/debian/[a-z0-9.%A-F+-]+@[^ ?+]+\?arch=\w+&distro=[\w.-]+"},
                 package["name"])
ids = [p["SPDXID"] for p in document["packages"]]
check(len(set(ids)) == len(ids), "an SPDXID is given twice")
check(not set(re.findall(r'"(SPDXRef-[^"]*)"', text)) - set(ids) - {"SPDXRef-DOCUMENT"}, "an SPDXID is not defined")

by_id = {p["SPDXID"]: p for p in document["packages"]}
related = {}
for relation in document["relationships"]:
    required(relation, {"spdxElementId": ".+", "relatedSpdxElement": ".+",
                        "relationshipType": "DESCRIBES|DYNAMIC_LINK|DEPENDS_ON|BUILD_DEPENDENCY_OF"}, "relationship")
    related.setdefault(relation["relationshipType"], []).append(relation)
described = [by_id[r["relatedSpdxElement"]]["name"] for r in related["DESCRIBES"]]
check(described == [name], f"it describes {described}")

# By ldd and dpkg, once more and otherwise than scripts/make-sbom does.
linked = {by_id[r["relatedSpdxElement"]]["name"] for kind in ("DYNAMIC_LINK", "DEPENDS_ON") for r in related[kind]}
loaded = set()
for line in subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout.splitlines():
    if match := re.search(r"(/\S+) \(0x", line):
        for file in (match[1], "/usr" + match[1], str(pathlib.Path(match[1]).resolve())):
            owner = subprocess.run(["dpkg-query", "-S", file], capture_output=True, text=True).stdout
            if owner:
                loaded.add(owner.split(":")[0])
                break
        else:
            check(False, f"no package has {match[1]}")
check(len(loaded) > 8 and linked == loaded, f"linked are {sorted(linked)}, loaded {sorted(loaded)}")
for package in document["packages"]:
    if package["name"] != name:
        installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", package["name"]], capture_output=True,
                                   text=True).stdout.split("\n")
        check(package["versionInfo"] in installed, f"{package['name']} is installed in {installed}")
built_with = {by_id[r["spdxElementId"]]["name"] for r in related["BUILD_DEPENDENCY_OF"]}
check({"g++", "nlohmann-json3-dev", "libdnnl-dev"} <= built_with, f"built with {sorted(built_with)}")
for fault in faults:
    print(fault)
sys.exit(bool(faults))
