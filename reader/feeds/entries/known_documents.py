"""What documents tell about the entries they were made of, if nothing else does."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from reader.core.errors import ReaderError
from reader.core.hashing import hash_bytes
from reader.core.model import Article
from reader.core.times import to_micros
from reader.documents.files import Folder, is_document_name, join_path, read_files, walk
from reader.documents.parse import parse_document
from reader.feeds.entries.identity import fold_title, guid_key, link_key
from reader.feeds.entries.to_documents import is_as_written
from reader.storage.sqlite.feeds.store import StoredEntry

_MARK = b"\nfeed: "
"""What the header of each document of a feed contains."""
_HEADER = 65_536


def read_folder(root: Path) -> Iterator[tuple[str, StoredEntry]]:
    """Yield the entries that the documents in a folder tell of, each with the key of its feed. Raises ReaderError."""
    folder = Folder.of(root)
    for listing in walk(folder):
        yield from _read(folder, listing.folder, [name for name, *_ in listing.files])


def read_unknown(root: Path, folder: str, known: Collection[str]) -> Iterator[tuple[str, StoredEntry]]:
    """Yield likewise what is directly in a folder of ``root``, without the paths that are ``known``."""
    try:
        names = sorted(os.listdir(root / folder))
    except OSError:
        return
    unknown = [os.fsencode(name) for name in names if f"{folder}/{name}" not in known]
    yield from _read(Folder.of(root), os.fsencode(folder), [name for name in unknown if is_document_name(name)])


def _read(folder: Folder, prefix: bytes, names: Sequence[bytes]) -> Iterator[tuple[str, StoredEntry]]:
    for name, contents in read_files(folder, prefix, names):
        if isinstance(contents, ReaderError) or _MARK not in contents.data[:_HEADER]:
            continue
        path = join_path(prefix, name)
        article = parse_document(path, contents.data).article
        feed = article.extra.get("feed")
        if isinstance(feed, str) and feed:
            yield feed, entry_of(article, os.fsdecode(path))


def is_unchanged(entry: StoredEntry, data: bytes) -> bool:
    """Return whether the document of an entry is as newsreader wrote it, on this machine or on another."""
    return hash_bytes(data, 16) == entry.document_hash or is_as_written(data)


def entry_of(article: Article, path: str) -> StoredEntry:
    """Return the entry that the document at ``path`` was made of, as far as the document tells."""
    guid = article.extra.get("guid")
    keys = {link_key(url) for url in article.links.all_urls()} | {guid_key(guid if isinstance(guid, str) else "")}
    published = to_micros(article.published_at) if article.published_at else None
    return StoredEntry(
        number=0,
        path=path,
        keys=tuple(sorted(filter(None, keys))),
        title=fold_title(article.title),
        published=None if article.extra.get("dateNote") else published,
        first_seen=published or 0,
        text_hash=None,
        document_hash=None,
    )
