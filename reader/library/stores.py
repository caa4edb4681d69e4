"""Opening one store on its own, without a folder: the marks or the fetched pages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.storage.sqlite.marks.store import MarkStore

if TYPE_CHECKING:
    from reader.storage.sqlite.pages.store import PageStore


@contextlib.contextmanager
def open_mark_store(paths: Paths, on_notice: Callable[[str], None]) -> Iterator[MarkStore]:
    """Lend the file of marks; ``on_notice`` gets a sentence if something had to be done about it.

    Raises ReaderError if the file is unusable: a store in memory would hold nothing to share.
    """
    store, notice = MarkStore.open(paths.state_file)
    with closing(store):
        if not store.is_saved:
            raise ReaderError(notice)
        if notice:
            on_notice(notice)
        yield store


@contextlib.contextmanager
def open_page_store(paths: Paths, on_notice: Callable[[str], None]) -> Iterator[PageStore]:
    """Lend the fetched pages; ``on_notice`` gets a sentence if something had to be done about a file.

    Raises ReaderError if a file is unusable.
    """
    with open_mark_store(paths, on_notice) as marks, closing(open_pages(paths.pages_file, marks)) as pages:
        if pages.in_memory:
            raise ReaderError(pages.notice)
        if pages.notice:
            on_notice(pages.notice)
        yield pages


def open_pages(path: Path | None, marks: MarkStore) -> PageStore:
    """Return the fetched pages at ``path``, or in memory; ``marks`` knows which pages are starred."""
    from reader.storage.sqlite.pages.store import PageStore  # lazy: the first frame shows no page

    def starred() -> frozenset[int]:
        if not marks.is_saved:  # the store may lack marks
            raise ReaderError("Which articles are starred is unknown, because the marks cannot be used.")
        return frozenset(marks.all_starred())

    return PageStore.open(path, starred)
