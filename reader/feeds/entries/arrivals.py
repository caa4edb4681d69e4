"""The entries of a feed that was fetched -> documents: new ones are written, changed ones rewritten.

Nothing that you have changed or deleted is written again. What is written is complete on disk before it counts as
known, so that an interruption at any moment loses nothing and doubles nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reader.core.atomic_write import sync, write_atomically
from reader.core.errors import ReaderError, describe_error
from reader.core.hashing import hash_bytes
from reader.core.model import Article
from reader.core.text import clean, show_path
from reader.core.times import from_micros, to_micros
from reader.documents.files import MAX_BYTES
from reader.documents.parse import parse_document
from reader.feeds.entries.identity import KnownEntry, keys_of, match_entries, same_in_feed, title_key
from reader.feeds.entries.known_documents import entry_of, is_unchanged, read_folder, read_unknown
from reader.feeds.entries.new_files import NewFiles
from reader.feeds.entries.to_documents import FeedDocument, document_of
from reader.feeds.model import FeedEntry, ParsedFeed
from reader.feeds.subscriptions import Subscription
from reader.storage.sqlite.feeds.store import FeedState, FeedStore, StoredEntry

_TAG = re.compile(r"<[^>]*>")
_TOGETHER = 1_000
"""New documents that are made durable together, at most."""
_LONG_TEXT, _STUB_SHARE = 500, 4
"""A text of at least so many characters that becomes so many times shorter has shrunk to a stub."""


@dataclass(slots=True)
class Arrived:
    """The paths of the documents that were written."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the documents of a feed belong."""

    root: Path
    folder: str
    """Relative to ``root``, with ``/`` between the parts."""
    subscribed: Collection[str] = ()
    """The keys of all feeds."""


def take_entries(
    store: FeedStore, place: Place, subscription: Subscription, feed: ParsedFeed, *, state: FeedState, now: datetime
) -> Arrived:
    """Write what is new in a feed, and store it together with ``state``. Raises ReaderError; what is written stays."""
    stored = _known_entries(store, place, subscription)
    taking = _Taking(place, subscription, feed, now, {each.path.casefold() for each in stored})
    by_number = {each.number: each for each in stored}
    matches = match_entries(feed.entries, [_known(each) for each in stored])
    firsts = same_in_feed(feed.entries)
    try:
        for index, entry in enumerate(feed.entries):
            number = matches[index]
            if number is not None:
                by_number[number] = taking.known(entry, by_number[number])
            elif firsts[index] == index:
                taking.new(entry)
        taking.finish()
    except ReaderError:
        taking.discard()
        store.save(subscription.key, taking.entries.values())
        raise
    store.save(subscription.key, taking.entries.values(), state)
    return taking.arrived


def _known_entries(store: FeedStore, place: Place, subscription: Subscription) -> list[StoredEntry]:
    """Return the entries of a feed, also those that only documents tell of. Raises ReaderError."""
    key, root = subscription.key, str(place.root)
    if not store.has_read(root):
        store.add_folder(root, list(read_folder(place.root)) if os.path.isdir(place.root) else [])
    entries = store.entries(key)
    is_first = not entries and os.path.isdir(place.root / place.folder)
    unknown = [
        # From another machine, from a run that was interrupted, or of a feed whose address you have changed.
        *read_unknown(place.root, place.folder, {each.path for each in entries}),
        *(
            (former, each)
            for former in (store.keys_in(place.folder) if is_first else ())
            for each in store.entries(former)
        ),
    ]
    found = {
        each.path: each._replace(number=0) for feed, each in unknown if feed == key or feed not in place.subscribed
    }
    if found:
        store.save(key, found.values())
        entries = store.entries(key)
    return entries


def _known(entry: StoredEntry) -> KnownEntry:
    published = None if entry.published is None else from_micros(entry.published)
    return KnownEntry(entry.number, frozenset(entry.keys), entry.title, published)


class _Taking:
    """The entries of one feed on their way to documents."""

    def __init__(
        self, place: Place, subscription: Subscription, feed: ParsedFeed, now: datetime, taken: set[str]
    ) -> None:
        self._place = place
        self._subscription = subscription
        self._feed = feed
        self._now = now
        self._taken = taken
        """The paths of all documents of the feed, without regard to case."""
        self.entries: dict[str, StoredEntry] = {}
        """What is to be stored, by path."""
        self.arrived = Arrived()
        # What a feed sends to nobody without credentials is for nobody else.
        self._files = NewFiles(place.root, place.folder, private=bool(subscription.headers))
        self._waiting: dict[str, StoredEntry] = {}
        """New entries by path, whose documents may not be on disk yet."""

    def new(self, entry: FeedEntry) -> None:
        """Write the document of an entry, unless another machine has. Raises ReaderError."""
        document = self._document(entry, self._now)
        for path in document.paths():
            if path.casefold() in self._taken:
                continue
            on_disk = self._read(path)
            if on_disk is None:
                self._files.add(path.rpartition("/")[2], document.data)
                self._waiting[path] = self._stored(entry, path, hash_bytes(document.data, 16))
            elif found := self._made_of(entry, path, on_disk):
                self.entries[path] = found
            else:
                continue
            self._taken.add(path.casefold())
            if len(self._files) == _TOGETHER:
                self._keep_files()
            return

    def finish(self) -> None:
        """Make all that was written durable. Raises ReaderError."""
        self._keep_files()
        for folder in {(self._place.root / path).parent for path in self.arrived.changed}:
            try:
                sync(folder)
            except OSError as error:
                raise ReaderError(f"{show_path(folder)} could not be written: {describe_error(error)}.") from error

    def discard(self) -> None:
        """Give up the new documents that are not on disk yet; the next sync writes them."""
        self._files.discard()
        self._waiting.clear()

    def _keep_files(self) -> None:
        self._files.keep()
        self.entries.update(self._waiting)
        self.arrived.new.extend(self._waiting)
        self._waiting.clear()

    def known(self, entry: FeedEntry, stored: StoredEntry) -> StoredEntry:
        """Rewrite the document of an entry whose text has changed, and return what is known of it. Raises ReaderError.

        Not if the person has changed or deleted it, or if the text has shrunk to a stub.
        """
        text_hash, document_hash = hash_bytes(text_of(entry).encode(), 8), stored.document_hash
        if stored.text_hash != text_hash:
            document_hash = self._rewrite(entry, stored)
        keys = tuple(sorted({*stored.keys, *keys_of(entry)}))
        changed = stored._replace(keys=keys, text_hash=text_hash, document_hash=document_hash)
        if entry.published is not None:
            changed = changed._replace(title=title_key(entry), published=to_micros(entry.published))
        if changed != stored:
            self.entries[stored.path] = changed
        return changed

    def _rewrite(self, entry: FeedEntry, stored: StoredEntry) -> bytes | None:
        """Rewrite a document, and return its hash; that of the former one if it stays."""
        on_disk = self._read(stored.path)
        if on_disk is None or not is_unchanged(stored, on_disk):
            return stored.document_hash
        former = parse_document(os.fsencode(stored.path), on_disk).article
        seen = from_micros(stored.first_seen)
        data = self._document(entry, seen, changed_at=self._now, original_url=former.links.original).data
        changed = parse_document(os.fsencode(stored.path), data).article
        # An interrupted run or another machine may have written it, so that only the document tells what it says.
        if _text_in(changed) == _text_in(former) or _is_stub(changed, former):
            return hash_bytes(on_disk, 16)
        self._write(stored.path, data)
        self.arrived.changed.append(stored.path)
        return hash_bytes(data, 16)

    def _document(
        self, entry: FeedEntry, first_seen: datetime, changed_at: datetime | None = None, original_url: str = ""
    ) -> FeedDocument:
        return document_of(
            entry,
            self._feed,
            self._subscription,
            first_seen,
            folder=self._place.folder,
            changed_at=changed_at,
            original_url=original_url,
        )

    def _stored(self, entry: FeedEntry, path: str, document_hash: bytes) -> StoredEntry:
        return StoredEntry(
            number=0,
            path=path,
            keys=tuple(sorted(keys_of(entry))),
            title=title_key(entry),
            published=None if entry.published is None else to_micros(entry.published),
            first_seen=to_micros(self._now),
            text_hash=hash_bytes(text_of(entry).encode(), 8),
            document_hash=document_hash,
        )

    def _made_of(self, entry: FeedEntry, path: str, data: bytes) -> StoredEntry | None:
        """Return what a document that is already there tells if it was made of an entry."""
        found = entry_of(parse_document(os.fsencode(path), data).article, path)
        return found if match_entries([entry], [_known(found)]) == [found.number] else None

    def _read(self, path: str) -> bytes | None:
        """Return the document at a path; None if there is none. Raises ReaderError."""
        file = os.path.join(self._place.root, path)
        try:
            with open(file, "rb", opener=_open_regular) as opened:
                return opened.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return b"" if os.path.islink(file) else None  # a link to nothing is yours, too
        except OSError as error:
            raise ReaderError(f"{show_path(file)} cannot be read: {describe_error(error)}.") from error

    def _write(self, path: str, data: bytes) -> None:
        write_atomically(self._place.root / path, [data], is_last=False)


def _text_in(article: Article) -> tuple[str, str, str]:
    return article.title, article.excerpt, article.body


def _is_stub(changed: Article, former: Article) -> bool:
    """Return whether the text of an article has shrunk to a stub."""
    before, now = (len(each.body or each.excerpt) for each in (former, changed))
    return before >= _LONG_TEXT and now * _STUB_SHARE <= before


def text_of(entry: FeedEntry) -> str:
    """Return the words of an entry, whose change is one of the entry; markup and addresses may vary with each fetch."""
    return clean(f"{entry.title}\n{_TAG.sub(' ', entry.content_html) or entry.excerpt}")


def remove_leftovers(folder: Path, before: datetime) -> None:
    """Remove what interrupted writes have left behind. Raises nothing."""
    with suppress(OSError):
        for each in folder.glob(".newsreader-*.tmp"):
            if datetime.fromtimestamp(each.lstat().st_mtime, UTC) < before:
                each.unlink()


def _open_regular(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not block
