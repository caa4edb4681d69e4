"""Writes articles to an index like a refresh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reader.core.model import Article
from reader.documents.index_record import ParsedFile, record_of_article
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.index.writer import IndexWriter

Trouble = tuple[int, str, str]


def parsed_file(
    article: Article | None, path: bytes, mtime_ns: int = 1, problems: Sequence[Trouble] = ()
) -> ParsedFile:
    """Return the parsed file of ``article`` at ``path``."""
    values = None if article is None else tuple(record_of_article(article, path))
    return ParsedFile(path.rpartition(b"/")[2], mtime_ns, 2, values, tuple(problems))


def write(writer: IndexWriter, entries: Iterable[tuple[bytes, ParsedFile]]) -> None:
    for path, each in entries:
        writer.apply(path.rpartition(b"/")[0], [each])


def put(index: Index, *articles: Article) -> None:
    """Write articles at their own paths and publish them."""
    with index.writer(lambda: True) as writer:
        with writer.transaction():
            write(writer, [(a.path.encode(), parsed_file(a, a.path.encode())) for a in articles])
        writer.publish()


def replace(index: Index, path: bytes, article: Article | None, mtime_ns: int, *problems: Trouble) -> None:
    """Write a new version of one document and publish it."""
    with index.writer(lambda: True) as writer:
        write(writer, [(path, parsed_file(article, path, mtime_ns, problems))])
        writer.publish()


def remove(index: Index, *rowids: int) -> None:
    with index.writer(lambda: True) as writer:
        writer.remove(rowids)
        writer.publish()
