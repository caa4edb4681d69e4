"""Page stores that are closed after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reader.core.marks import id_to_int
from reader.storage.sqlite.pages.store import PageStore
from tests.storage.page_helpers import OpenPages, an_id


@pytest.fixture
def pages_at() -> Iterator[OpenPages]:
    opened: list[PageStore] = []

    def open_(path: Path | None, *starred: int) -> PageStore:
        opened.append(PageStore.open(path, lambda: frozenset(id_to_int(an_id(n)) for n in starred)))
        return opened[-1]

    yield open_
    for pages in opened:
        pages.close()
