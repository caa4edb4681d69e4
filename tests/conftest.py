"""What the tests share: folders of documents, separate directories, open libraries."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
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
# The same examples in every run, which says the same of the same code; other profiles look further.
settings.register_profile("ci", parent=settings.get_profile("dev"), max_examples=60, derandomize=True, print_blob=True)
settings.register_profile("deep", parent=settings.get_profile("dev"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

# Hundreds of tests start Python, which would compile the whole program each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_COUNTED = {"cli", "config", "core", "documents", "export", "query"}

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]


class _LineCount:
    """The measurement of coverage, which runs only where it is asked to: elsewhere it doubles the time of the tests."""

    def __init__(self) -> None:
        self._coverage: Coverage | None = None
        self._runs = False

    def take_over(self) -> None:
        """Control the measurement that is running, if there is one."""
        self._coverage = Coverage.current()
        self._runs = self._coverage is not None

    def switch(self, on: bool) -> None:
        """Let it run, or pause it; that takes longer than most tests."""
        if self._coverage is not None and on is not self._runs:
            self._runs = on
            (self._coverage.start if on else self._coverage.stop)()


_line_count = _LineCount()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> Generator[None]:
    """Count the lines that importing runs in one process only.

    pytest-cov starts a measurement in each worker besides the one it controls, whose result is never used.
    """
    worker = getattr(session.config, "workerinput", {}).get("workerid")
    if worker and (superfluous := Coverage.current()):
        superfluous.stop()
    yield
    _line_count.take_over()
    _line_count.switch(worker in {None, "gw0"})


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Count no lines of what runs the tests."""
    _line_count.switch(False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Count lines only in the tests of the packages for which they are counted.

    Nor in property tests, whose examples take the same lines a hundred times.
    """
    package = item.path.relative_to(Path(__file__).parent).parts[0]
    _line_count.switch(package in _COUNTED and not item.get_closest_marker("hypothesis"))


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
