"""What has come into a folder since the user last left it: ``is:new``."""

from __future__ import annotations

import threading
from pathlib import Path

from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.query.parser import parse_query
from tests.conftest import MakeFolder


def read(library: Library) -> None:
    for _ in refresh(library, threading.Event()):
        pass


def opened(folder: Path, paths: Paths) -> Library:
    library = Library.open(folder, paths)
    read(library)
    return library


def new_in(library: Library, query: str = "is:new") -> set[str]:
    results = library.search.run(parse_query(query), Sort())
    return {row.title for row in library.articles.rows(results.order().rowids)}


def write(folder: Path, *names: str, body: str = "") -> None:
    for name in names:
        (folder / f"{name}.md").write_text(f"---\ntitle: {name}\noriginalUrl: https://a.example/{name}\n---\n{body}\n")


def test_only_what_comes_after_the_user_has_left_is_new(make_folder: MakeFolder, own_directories: Paths) -> None:
    folder = make_folder({})
    write(folder, "a", "b", "c")
    first = opened(folder, own_directories)
    assert new_in(first) == set()  # there was no last time
    write(folder, "d")
    read(first)
    assert new_in(first) == {"d"}
    first.last_visit.end()
    assert new_in(first) == {"d"}  # as long as it is open
    first.close()
    second, other = opened(folder, own_directories), opened(folder, own_directories)
    assert new_in(second) == set()
    write(folder, "e", "f")
    write(folder, "a", body="Changed.")
    (folder / "b.md").rename(folder / "moved.md")
    (folder / "c.md").unlink()
    read(second)
    assert new_in(second) == new_in(second, "is:new -is:read") == {"e", "f"}
    assert new_in(second, "-is:new") == {"a", "b", "d"}
    assert new_in(second, "is:new OR title:a") == {"a", "e", "f"}
    other.last_visit.end()  # another window is closed
    other.close()
    write(folder, "g")
    read(second)
    assert new_in(second) == {"e", "f", "g"}
    assert second.search.view_counts().new == (3, 3)
    second.last_visit.restored(["f.md", "not-yet.md"])  # by undo
    assert new_in(second) == {"e", "g"}
    assert second.search.view_counts().new == (2, 2)
    second.close()  # killed
    third = opened(folder, own_directories)
    assert new_in(third) == {"g"}
    third.close()


def test_an_index_that_is_built_again_calls_nothing_new(make_folder: MakeFolder, own_directories: Paths) -> None:
    folder = make_folder({})
    write(folder, "a", "b")
    library = opened(folder, own_directories)
    library.last_visit.end()
    library.close()
    own_directories.index_file(folder).unlink()
    write(folder, "c")
    library = opened(folder, own_directories)
    assert new_in(library) == set()
    write(folder, "d")
    read(library)
    assert new_in(library) == {"d"}
    library.close()


def test_a_folder_that_was_not_read_completely_has_no_last_time(
    make_folder: MakeFolder, own_directories: Paths
) -> None:
    folder = make_folder({})
    write(folder, "a")
    library = Library.open(folder, own_directories)
    write(folder, "b")
    stop = threading.Event()
    for progress in refresh(library, stop):
        if progress.shown:
            stop.set()
    library.last_visit.end()
    assert library.last_visit.left_at() is None
    read(library)
    assert new_in(library) == set()
    assert new_in(library, "is:new -is:new") == set()
    library.close()
