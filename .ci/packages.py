"""What is installed: `packages.py licenses`, `packages.py advisories` and `packages.py sbom`. None asks the network."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import Version

HERE = Path(__file__).resolve().parent
PROJECT = "newsreader-tui"


def installed() -> dict[str, Distribution]:
    """Return everything installed, by normalized name; the first on the path counts, as in an import."""
    found: dict[str, Distribution] = {}
    for each in distributions():
        found.setdefault(canonicalize_name(each.metadata["Name"]), each)
    return dict(sorted(found.items()))


def license_of(package: Distribution) -> str:
    """Return what the metadata says: an SPDX expression, else the field License, else the classifiers."""
    stated = package.metadata.get("License-Expression") or package.metadata.get("License") or ""
    if stated and "\n" not in stated:
        return stated
    classifiers = package.metadata.get_all("Classifier") or []
    return ", ".join(each.split(" :: ")[-1] for each in classifiers if each.startswith("License :: ")) or "none"


def licenses(allow_list: Path = HERE / "licenses.toml") -> int:
    """List the license of everything installed; fail on one that is not in the allow list."""
    allowed: dict[str, str] = tomllib.loads(allow_list.read_text("utf-8"))
    problems = []
    for name, package in installed().items():
        license_ = license_of(package)
        print(f"{name} {package.version}: {license_}")
        if name not in allowed:
            problems.append(f"{name} is new; its license is {license_}")
        elif license_ != allowed[name]:
            problems.append(f"The license of {name} was {allowed[name]} and is now {license_}")
    for problem in problems:
        print(f"{problem}. If you accept that, write it into {allow_list.name}.", file=sys.stderr)
    return 1 if problems else 0


def advisories(file: str = os.environ.get("OSV_ADVISORIES", "")) -> int:
    """Compare everything installed with a file of advisories: OSV JSON, one or a list, or a zip file of them."""
    if not file:
        print("Advisories: skipped, because OSV_ADVISORIES names no file (OSV JSON, or a zip file of it).")
        return 0
    packages = installed()
    count = 0
    problems = []
    for advisory in _read_advisories(Path(file)):
        count += 1
        affected = [] if advisory.get("withdrawn") else advisory.get("affected", [])
        for each in affected:
            package = packages.get(canonicalize_name(each.get("package", {}).get("name", "")))
            if package and each["package"].get("ecosystem") == "PyPI" and _is_affected(package.version, each):
                summary = advisory.get("summary", "no summary")
                problems.append(f"{each['package']['name']} {package.version}: {advisory['id']}, {summary}")
    print(f"Advisories: {count} read, {len(problems)} about what is installed.")
    print(*sorted(set(problems)), sep="\n", file=sys.stderr)
    return 1 if problems or not count else 0


def _read_advisories(path: Path) -> Iterator[dict[str, Any]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json"))
    else:
        read = json.loads(path.read_text("utf-8"))
        yield from read if isinstance(read, list) else [read]


def _is_affected(version: str, affected: dict[str, Any]) -> bool:
    """Evaluate the versions and ranges of an advisory as the OSV schema says."""
    if canonicalize_version(version) in map(canonicalize_version, affected.get("versions", [])):
        return True
    for each in affected.get("ranges", []):
        if each["type"] != "ECOSYSTEM":
            continue
        is_inside = False
        events = [(Version(at), kind) for event in each["events"] for kind, at in event.items() if kind != "limit"]
        for at, kind in sorted(events):
            if kind == "introduced":
                is_inside |= Version(version) >= at
            elif Version(version) > at or (kind == "fixed" and Version(version) == at):
                is_inside = False
        if is_inside:
            return True
    return False


def locked(lock: Path = HERE / "lock.txt") -> dict[str, set[str]]:
    """Return the versions in the lock file by normalized name: more than one where platforms differ."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^ ]+)", lock.read_text("utf-8"), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def sbom() -> int:
    """Print the packages that newsreader needs to run, as CycloneDX 1.6; fail if one is not what the lock says."""
    packages = installed()
    required = _needed(packages)
    needed = _needed(packages, "images")
    versions = locked()
    wrong = [name for name in needed if name != PROJECT and packages[name].version not in versions.get(name, ())]
    for name in wrong:
        print(f"{name} {packages[name].version} is not in the lock file. Run .ci/run first.", file=sys.stderr)
    components = [
        _component(packages[name]) | {"scope": "required" if name in required else "optional"}
        for name in sorted(needed.keys() - {PROJECT})
    ]
    dependencies = [
        {"ref": _purl(packages[name]), "dependsOn": sorted(_purl(packages[each]) for each in needed[name])}
        for name in sorted(needed)
    ]
    stated_time = os.environ.get("SOURCE_DATE_EPOCH")
    time = datetime.fromtimestamp(int(stated_time), UTC) if stated_time else datetime.now(UTC)
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([components, dependencies])).urn,
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": _component(packages[PROJECT]) | {"type": "application"},
        },
        "components": components,
        "dependencies": dependencies,
    }
    print(json.dumps(content, indent=2))
    return 1 if wrong else 0


def _needed(packages: dict[str, Distribution], *extras: str) -> dict[str, set[str]]:
    """Return the project and what it needs here with its extras, each with the names that it requires itself."""
    found: dict[str, set[str]] = {}
    seen = set()
    waiting = {(PROJECT, extra) for extra in ("", *extras)}
    while waiting:
        seen.add(pair := waiting.pop())
        name, extra = pair
        requires = found.setdefault(name, set())
        for requirement in map(Requirement, packages[name].requires or []):
            if not requirement.marker or requirement.marker.evaluate({"extra": extra}):
                required = canonicalize_name(requirement.name)
                requires.add(required)
                waiting |= {(required, each) for each in ("", *requirement.extras)} - seen
    return found


def _component(package: Distribution) -> dict[str, Any]:
    expression = package.metadata.get("License-Expression")
    return {
        "type": "library",
        "bom-ref": _purl(package),
        "name": canonicalize_name(package.metadata["Name"]),
        "version": package.version,
        "licenses": [{"expression": expression} if expression else {"license": {"name": license_of(package)}}],
        "purl": _purl(package),
    }


def _purl(package: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(package.metadata['Name'])}@{package.version}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("licenses", "advisories", "sbom"))
    sys.exit(globals()[parser.parse_args().command]())
