"""What the tests share: folders of documents, directories of their own, open libraries."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library

# Fixtures that Hypothesis would see shared between examples are set up once and never written to by one.
_QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
settings.register_profile("dev", deadline=None, max_examples=100, suppress_health_check=_QUIET)
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# Hundreds of tests start Python, which would compile the whole program each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
OpenLibrary = Callable[[Path], Library]


def pytest_collection_finish() -> None:
    """Keep what pytest and the imported modules hold out of every garbage collection to come."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Keep every test away from the directories of whoever runs it, and from the others'."""
    for name in ("cache", "data", "config"):
        monkeypatch.setenv(f"NEWSREADER_{name.upper()}_DIR", str(tmp_path / "own" / name))
    return Paths.from_environment()


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The five documents that come with the project."""
    return Path(__file__).parent.parent / "seeds"


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Write documents, by name, into the folder ``news``; may be called again to add or change some."""

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
    """Open the library of a folder, up to date with it; closed at the end of the test."""
    opened: list[Library] = []

    def open_(folder: Path) -> Library:
        opened.append(Library.open(folder, Paths.from_environment()))
        for _ in refresh(opened[-1]):
            pass
        return opened[-1]

    yield open_
    for each in opened:
        each.close()
