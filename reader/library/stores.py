"""Opening one store on its own, without a folder: the marks or the fetched pages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError
from reader.core.marks import STARRED
from reader.core.paths import Paths
from reader.storage.sqlite.marks.store import MarkStore

if TYPE_CHECKING:
    from reader.storage.sqlite.pages.store import PageStore


@contextlib.contextmanager
def open_mark_store(paths: Paths, on_notice: Callable[[str], None]) -> Iterator[MarkStore]:
    """Yield the marks file; ``on_notice`` gets a sentence if the file had to be repaired.

    Raises ReaderError if the file is unusable: a store in memory would hold nothing to share.
    """
    store, notice = MarkStore.open(paths.state_file)
    with closing(store):
        if not store.is_saved:
            raise ReaderError(notice)
        if notice:
            on_notice(notice)
        yield store


def back_up_marks(store: MarkStore, on_notice: Callable[[str], None]) -> None:
    """Make the daily backup if it is due; ``on_notice`` gets a sentence if it fails, as the marks are saved anyway."""
    try:
        store.backup_if_due()
    except ReaderError as error:
        on_notice(str(error))


@contextlib.contextmanager
def open_page_store(paths: Paths, on_notice: Callable[[str], None]) -> Iterator[PageStore]:
    """Yield the fetched pages; ``on_notice`` gets a sentence if a file had to be repaired.

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
            raise ReaderError("The marks cannot be used, so it is unknown which articles are starred.")
        return frozenset(marks.all_marked(STARRED))

    return PageStore.open(path, starred)
