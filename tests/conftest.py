"""What the tests share: folders of documents, separate directories, open libraries."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from tests.shared_sandboxes import SharedPool, SharedSandboxes

# Fixtures that Hypothesis would share between examples are created once and never modified by an example.
_QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
settings.register_profile("dev", deadline=None, max_examples=100, suppress_health_check=_QUIET)
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.register_profile("deep", parent=settings.get_profile("dev"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

# Hundreds of tests start Python, which would compile the whole program each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_COUNTED = {"cli", "config", "core", "documents", "export", "query"}

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Stop the measurement of coverage that pytest-cov starts in each worker besides the one it controls.

    It would count the lines of every test, those marked ``no_cover`` too, and its result is never used.
    """
    if hasattr(session.config, "workerinput") and (superfluous := Coverage.current()):
        superfluous.stop()


@pytest.hookimpl(trylast=True)  # Hypothesis marks its tests first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count lines only in the tests of the packages for which they are counted: elsewhere they double the time.

    Nor in property tests, whose examples take the same lines a hundred times.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] not in _COUNTED or item.get_closest_marker("hypothesis"):
            item.add_marker("no_cover")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name megabytes by their length: every worker and every report sends the names of tests."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 200 else None


def pytest_collection_finish() -> None:
    """Collect garbage rarely, and leave out pytest's objects and imported modules: a quarter of the time of an app."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


_numbers = count()


@pytest.fixture(autouse=True)
def own_directories(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Keep every test away from the developer's directories and from those of other tests.

    Not in tmp_path: pytest makes one by listing all that there are, for which most tests have no use.
    """
    own = tmp_path_factory.getbasetemp() / "own" / str(next(_numbers))
    for name in ("cache", "data", "config"):
        monkeypatch.setenv(f"NEWSREADER_{name.upper()}_DIR", str(own / name))
    return Paths.from_environment()


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[SharedSandboxes]:
    """The sandboxed processes of this run."""
    shared = SharedSandboxes()
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def extractor(sandboxes: SharedSandboxes) -> SharedPool:
    """A pool that extracts articles from pages."""
    return sandboxes.pool()


@pytest.fixture
def shared_sandboxes(sandboxes: SharedSandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what fetches or draws in this process use the sandboxed processes of the run instead of its own."""
    monkeypatch.setattr("reader.workers.sandbox.SandboxPool", sandboxes.pool)


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The five documents that come with the project."""
    return Path(__file__).parent.parent / "seeds"


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Write documents, by name, into the folder ``news``; call it again to add or change some."""

    def make(documents: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / "news"
        folder.mkdir(exist_ok=True)
        for name, content in documents.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return make


@pytest.fixture
def library() -> Iterator[OpenLibrary]:
    """Open the library of a folder, with an up-to-date index; closed at the end of the test."""
    opened: list[Library] = []

    def open_(folder: Path) -> Library:
        opened.append(Library.open(folder, Paths.from_environment()))
        for _ in refresh(opened[-1]):
            pass
        return opened[-1]

    yield open_
    for each in opened:
        each.close()
