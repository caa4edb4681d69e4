"""Pages to store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.storage.sqlite.database import Database
from reader.storage.sqlite.pages.store import PageStore

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OpenPages = Callable[..., PageStore]


def an_id(n: int) -> str:
    return f"{n:016x}"


def a_page(n: int = 1, *, age: int = 0, words: int = 2, **more: Any) -> Page:
    """A page that was fetched ``age`` minutes ago."""
    when = NOW - timedelta(minutes=age)
    url = f"https://news.example/{n}"
    extract = Extract(parse_markdown(more.pop("markdown", f"Text {n}\n")), words, **more.pop("extract", {}))
    return Page(an_id(n), more.pop("way", "original"), url, url, extract, when, when, **more)


def incompressible(size: int, seed: int = 0) -> bytes:
    import random

    return random.Random(seed).randbytes(size)


def fill(database: Database) -> None:
    """Let SQLite report for the next write of this connection what it reports for a full disk."""
    with database.read() as db:
        (used,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count={used}")
