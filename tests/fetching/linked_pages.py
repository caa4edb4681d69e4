"""Shared by the tests of fetching: pages, documents that link to them, and a real ArticleFetcher."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from reader.core.marks import id_to_int
from reader.fetching.context import FetchContext
from reader.fetching.fetch_article import ArticleFetcher
from reader.library.library import Library
from reader.storage.sqlite.pages.store import PageStore
from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.workers.sandbox import SandboxPool
from tests.shared_sandboxes import SharedPool

RULES = ClientOptions(allow_hosts=frozenset({"127.0.0.1", "localhost"}), seconds=5.0)


def html(title: str = "A title", sentences: int = 12, more: str = "") -> bytes:
    text = "".join(
        f"<p>Sentence {n} of {title} tells what the court has said about it today.</p>" for n in range(sentences)
    )
    head = f"<html><head><title>{title}</title></head>"
    return f"{head}<body><article><h1>{title}</h1>{text}{more}</article></body></html>".encode()


STUB = html("A title", 1, "<p>Subscribe to continue reading this article. Already a subscriber? Log in.</p>")


def document(original: str = "", web: str = "", amp: str = "", cdn_amp: str = "", title: str = "A title") -> str:
    links = {"originalUrl": original, "webUrl": web, "ampWebUrl": amp, "cdnAmpWebUrl": cdn_amp}
    lines = "".join(f"{key}: {url}\n" for key, url in links.items() if url)
    return f"---\ntitle: {title}\n{lines}---\n"


@dataclass
class Captures:
    """A fake archive."""

    has: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, client: WebClient, url: str) -> str | None:
        self.asked.append(url)
        return self.has.get(url)


@contextlib.asynccontextmanager
async def fetching(
    pages: PageStore,
    extractor: SandboxPool | SharedPool,
    captures: Captures | None = None,
    *,
    archive: bool = False,
    rules: ClientOptions = RULES,
) -> AsyncIterator[ArticleFetcher]:
    with ThreadPoolExecutor(1) as library_thread:
        async with WebClient(rules) as client:
            context = FetchContext(client, extractor, pages, library_thread, captures or Captures())
            yield ArticleFetcher(context, archive=archive)


def ids_of(library: Library) -> list[str]:
    from reader.core.ordering import Sort

    return library.index.ids_of(library.articles.order(Sort()).rowids)


def body_of(pages: PageStore, id_: str) -> tuple[bytes, str] | None:
    """Return the stored body of an article's page, and its charset."""
    path = pages.info().path
    assert path is not None, "only a file can be read without its store"
    query = "SELECT body, facts FROM pages JOIN texts USING (id) WHERE id = ?"
    with contextlib.closing(sqlite3.connect(path)) as db:
        found = db.execute(query, [id_to_int(id_)]).fetchone()
    return None if found is None else (zlib.decompress(found[0]), json.loads(found[1])["charset"])
