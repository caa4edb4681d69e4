"""What CI installs is pinned and checked, its licenses are known, and a release says what it consists of."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CI = (ROOT / ".ci" / "run").read_text("utf-8")
LOCK = (ROOT / ".ci" / "lock.txt").read_text("utf-8")
SCHEMA = json.loads((ROOT / "tests" / "data" / "cyclonedx-1.6.schema.json").read_text("utf-8"))
PACKAGES = runpy.run_path(str(ROOT / ".ci" / "packages.py"))


def install(folder: Path, name: str, version: str, *metadata: str) -> Path:
    """Write the metadata of an installed package."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *metadata, ""]
    (info / "METADATA").write_text("\n".join(lines), "utf-8")
    return info


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that looks like everything installed."""
    folder = tmp_path / "installed"
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


# The lock file


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in LOCK
    assert set(re.findall(r"(?<!\S)-[^\s=]+", re.sub(r"#.*", "", LOCK))) == {"--hash"}


def test_every_package_in_the_lock_file_has_a_version_and_hashes() -> None:
    entries = re.sub(r" *#.*", "", LOCK).replace("\\\n", " ").split("\n")
    for entry in filter(str.strip, entries):
        assert re.fullmatch(r"[\w.-]+==[\w.]+ +(; [^-]+?)?( *--hash=sha256:[0-9a-f]{64})+ *", entry), entry


def test_the_lock_file_fits_the_project() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project, locked = pyproject["project"], PACKAGES["locked"]()
    wanted = [*pyproject["build-system"]["requires"], *project["dependencies"]]
    for requirement in map(Requirement, sum(project["optional-dependencies"].values(), wanted)):
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"run .ci/lock: {requirement} is missing"
        assert all(map(requirement.specifier.contains, versions)), f"run .ci/lock: {requirement}, but {versions}"


def test_ci_installs_from_the_lock_file_and_then_from_nowhere_else() -> None:
    lines = CI.splitlines()
    (readme,) = (at for at, line in enumerate(lines) if "--editable '.[dev]'" in line)
    (lock,) = (at for at, line in enumerate(lines) if "--requirement .ci/lock.txt || exit" in line)
    assert lock < lines.index("export PIP_NO_INDEX=1") < readme
    assert any(line.startswith("export PIP_NO_BUILD_ISOLATION=0") for line in lines[lock:readme])
    assert sum("pip install" in line for line in lines) == 2


def wheel(folder: Path, name: str) -> str:
    """Write a wheel and return its hash."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    hashes = {each: urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=") for each, text in files.items()}
    record = [f"{each},sha256={digest.decode()},{len(files[each])}\n" for each, digest in hashes.items()]
    files[f"{info}/RECORD"] = "".join([*record, f"{info}/RECORD,,\n"])
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in files.items():
            archive.writestr(each, text)
    return sha256(path.read_bytes()).hexdigest()


def source_archive(folder: Path, name: str) -> str:
    """Write a source archive, whose code writes a file when it is built, and return its hash."""
    path = folder / f"{name}-1.0.tar.gz"
    files = {
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        "backend.py": f"open({str(folder / 'ran')!r}, 'w')\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for each, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{each}")
            info.size = len(text)
            archive.addfile(info, BytesIO(text.encode()))
    return sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("right", ""),
        ("changed", "DO NOT MATCH THE HASHES"),
        ("unlisted", "Hashes are required"),
        ("source", "No matching distribution"),
    ],
)
def test_ci_installs_only_wheels_whose_hashes_are_in_the_lock_file(tmp_path: Path, case: str, message: str) -> None:
    pytest.importorskip("pip")
    digest = source_archive(tmp_path, "one") if case == "source" else wheel(tmp_path, "one")
    hashes = {"changed": f"--hash=sha256:{'0' * 64}", "unlisted": ""}
    (tmp_path / "lock.txt").write_text(f"one==1.0 {hashes.get(case, f'--hash=sha256:{digest}')}\n", "utf-8")
    (command,) = re.findall(r"\.venv/bin/(pip install .*) \.ci/lock\.txt", CI)
    here = ["--target", "there", "--no-index", "--find-links", "."]
    run = subprocess.run(
        [sys.executable, "-m", *shlex.split(command), "lock.txt", *here],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode == 0) == (case == "right"), run.stderr
    assert (tmp_path / "there" / "one.py").exists() == (case == "right")
    assert message in run.stderr
    assert not (tmp_path / "ran").exists()


# Licenses


def test_every_package_in_the_lock_file_has_an_accepted_license() -> None:
    accepted = tomllib.loads((ROOT / ".ci" / "licenses.toml").read_text("utf-8"))
    assert PACKAGES["locked"]().keys() - accepted.keys() == set()
    assert accepted.keys() - PACKAGES["locked"]().keys() == {"newsreader-tui", "pip", "setuptools"}


def test_ci_checks_licenses_and_advisories() -> None:
    for command in ("licenses", "advisories"):
        assert re.search(rf"^ +\.venv/bin/python \.ci/packages\.py {command}( >/dev/null #.*)?$", CI, re.MULTILINE)


def test_a_new_package_and_a_changed_license_fail_by_name(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accepted = packages.parent / "accepted.toml"
    accepted.write_text('known = "MIT"\nchanged = "MIT"\n', "utf-8")
    install(packages, "Known", "1.0", "License-Expression: MIT")
    assert PACKAGES["licenses"](accepted) == 0
    assert capsys.readouterr() == ("known 1.0: MIT\n", "")
    install(packages, "changed", "2.0", "License-Expression: SSPL-1.0")
    install(packages, "new", "3.0", "License-Expression: MIT")
    assert PACKAGES["licenses"](accepted) == 1
    printed = capsys.readouterr().err
    assert "The license of changed was MIT and is now SSPL-1.0." in printed
    assert "new is new; its license is MIT." in printed
    assert "known" not in printed


@pytest.mark.parametrize(
    ("metadata", "license_"),
    [
        (["License-Expression: MIT", "License: GPL"], "MIT"),
        (["License: BSD"], "BSD"),
        (["Classifier: License :: OSI Approved :: MIT License", "Classifier: Typing :: Typed"], "MIT License"),
        (["License: First line", "        Second line", "Classifier: License :: OSI Approved :: A"], "A"),
        ([], "none"),
    ],
)
def test_the_license_is_what_the_metadata_says(packages: Path, metadata: list[str], license_: str) -> None:
    install(packages, "one", "1.0", *metadata)
    assert PACKAGES["license_of"](PACKAGES["installed"]()["one"]) == license_


# Advisories


def advisory(**affected: Any) -> dict[str, Any]:
    return {
        "id": "GHSA-1",
        "summary": "Bad",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "One"}, **affected}],
    }


def events(*pairs: tuple[str, str], kind: str = "ECOSYSTEM") -> dict[str, Any]:
    return {"ranges": [{"type": kind, "events": [{name: version} for name, version in pairs]}]}


@pytest.mark.parametrize(
    ("affected", "is_found"),
    [
        ({"versions": ["1.9", "1.10.0"]}, True),
        ({"versions": ["1.1", "1.100"]}, False),
        (events(("introduced", "0")), True),
        (events(("introduced", "1.10")), True),
        (events(("introduced", "1.10.1")), False),
        (events(("introduced", "0"), ("fixed", "1.10")), False),
        (events(("introduced", "0"), ("fixed", "1.10.1")), True),
        (events(("introduced", "0"), ("last_affected", "1.10")), True),
        (events(("introduced", "0"), ("last_affected", "1.9")), False),
        (events(("introduced", "2"), ("introduced", "0"), ("fixed", "1.9")), False),
        (events(("introduced", "1.9.5"), ("introduced", "0"), ("fixed", "1.9")), True),
        (events(("introduced", "0"), kind="GIT"), False),
        ({"package": {"ecosystem": "npm", "name": "one"}, "versions": ["1.10"]}, False),
        ({"package": {"ecosystem": "PyPI", "name": "two"}, "versions": ["1.10"]}, False),
    ],
)
def test_an_advisory_about_an_installed_version_fails(
    packages: Path, capsys: pytest.CaptureFixture[str], affected: dict[str, Any], is_found: bool
) -> None:
    install(packages, "one", "1.10")
    file = packages / "advisory.json"
    file.write_text(json.dumps(advisory(**affected)), "utf-8")
    assert PACKAGES["advisories"](str(file)) == is_found
    assert ("1.10: GHSA-1, Bad" in capsys.readouterr().err) == is_found


def test_advisories_are_read_from_a_zip_file_except_withdrawn_ones(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(packages, "one", "1.10")
    file = packages / "all.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.json", json.dumps(advisory(versions=["1.10"]) | {"withdrawn": "2026-01-01T00:00:00Z"}))
    assert PACKAGES["advisories"](str(file)) == 0
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("b.json", json.dumps(advisory(versions=["1.10"])))
    assert PACKAGES["advisories"](str(file)) == 1
    assert "2 read, 1 about what is installed" in capsys.readouterr().out


def test_without_a_file_the_check_says_that_it_is_skipped_and_an_empty_file_fails(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert PACKAGES["advisories"]("") == 0
    assert "skipped, because OSV_ADVISORIES names no file" in capsys.readouterr().out
    packages.mkdir()
    empty = packages / "empty.json"
    empty.write_text("[]", "utf-8")
    assert PACKAGES["advisories"](str(empty)) == 1


# The release


def test_the_sbom_is_valid_and_complete(capsys: pytest.CaptureFixture[str]) -> None:
    PACKAGES["sbom"]()
    content = json.loads(capsys.readouterr().out)
    fastjsonschema.compile(SCHEMA)(content)
    scopes = {each["name"]: each["scope"] for each in content["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {canonicalize_name(Requirement(each).name) for each in project["dependencies"]} <= scopes.keys()
    assert scopes["lxml-html-clean"] == scopes["h11"] == "required"  # by an extra of a dependency; by a dependency
    assert scopes["textual-image"] == "optional"
    assert "pytest" not in scopes
    refs = [content["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in content["components"])]
    assert sorted(refs) == sorted(each["ref"] for each in content["dependencies"])
    assert len(set(refs)) == len(refs)
    assert {ref for each in content["dependencies"] for ref in each["dependsOn"]} == set(refs[1:])


def test_the_sbom_of_other_versions_than_the_locked_ones_is_refused(
    packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(packages, "newsreader-tui", "1.0", "License-Expression: MIT", "Requires-Dist: click")
    install(packages, "click", "0.0.1", "License-Expression: MIT")
    assert PACKAGES["sbom"]() == 1
    assert "click 0.0.1 is not in the lock file" in capsys.readouterr().err


def test_a_release_comes_from_a_commit_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("reader", ".ci"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".gitignore").write_text("/.venv\n/dist\n__pycache__\n", "utf-8")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    lock = [f"{name}=={package.version} \n" for name, package in PACKAGES["installed"]().items()]
    (tmp_path / ".ci" / "lock.txt").write_text("".join(lock), "utf-8")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    def build() -> dict[str, bytes]:
        assert (built := run(".ci/release")).returncode == 0, built.stderr
        return {path.name: path.read_bytes() for path in (tmp_path / "dist").iterdir()}

    env = os.environ | {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env.pop("PYTHONPATH", None)
    run("git", "init")
    assert "Commit these changes first" in run(".ci/release").stderr
    assert not (tmp_path / "dist").exists()
    run("git", "add", ".")
    assert run("git", "commit", "-m", "one").returncode == 0
    files = build()
    assert sorted(re.sub(r"\d+\.\d+\.\d+", "V", name) for name in files) == [
        "newsreader_tui-V-py3-none-any.whl",
        "newsreader_tui-V.cdx.json",
        "newsreader_tui-V.tar.gz",
    ]
    assert build() == files


def test_every_test_that_the_security_page_names_is_here() -> None:
    section = (ROOT / "docs" / "security.md").read_text("utf-8").split("\n## Supply chain\n")[1].split("\n## ")[0]
    named = re.findall(r"`(test_\w+)`", section)
    assert len(named) > 9
    assert set(named) <= globals().keys()
