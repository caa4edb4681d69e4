"""Collects the rows of documents in one folder and inserts them together."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from reader.documents.index_record import IndexRecord
from reader.storage.sqlite.index import columns, fulltext


class RowInserter:
    """Collects rows of documents in one folder, for all tables but ``files``."""

    def __init__(self, db: sqlite3.Connection, labels: columns.LabelCodes, folder: int, last: int) -> None:
        """``folder`` is the row id of the folder; documents with a row id above ``last`` are new."""
        self._db = db
        self._folder = folder
        self._last = last
        self._labels = labels
        self._articles: list[tuple[object, ...]] = []
        self._details: list[tuple[object, ...]] = []
        self._codes: list[tuple[int, ...]] = []
        self._new_words: list[tuple[int, str, str, str, str, str]] = []
        self._changed_words: list[tuple[int, tuple[str, str, str, str, str]]] = []
        self._urls: list[tuple[int, int]] = []
        self._problems: list[tuple[object, ...]] = []
        self.replaced: list[int] = []
        """The row ids of added documents that were in the index before."""
        self.added: list[int] = []
        """The row ids of all added documents."""

    def add(
        self, rowid: int, path: str, values: Sequence[object] | None, problems: Sequence[tuple[int, str, str]]
    ) -> None:
        """Add a document with the values of its IndexRecord, None if it is not an article.

        ``path`` is the path as displayed, for its problems.
        """
        self.added.append(rowid)
        if rowid <= self._last:
            self.replaced.append(rowid)
        self._problems += [(rowid, path, *problem) for problem in problems]
        if values is None:
            return
        record = IndexRecord._make(values)
        web = None if record.web_url == record.original_url else record.web_url
        name, domain, topics = record.provider_name, record.provider_domain, record.topics
        self._articles.append(
            (rowid, record.id, record.published_at, record.quality, record.heat, record.type, record.title),
        )
        self._details.append(
            (rowid, record.excerpt, record.original_url, web, record.amp_url, record.cdn_amp_url, name, domain, topics)
        )
        db, code = self._db, self._labels.code
        self._codes.append(
            (
                rowid,
                self._folder,
                code(db, "source", name or domain),
                code(db, "domain", domain),
                code(db, "type", record.type),
                code(db, "category", record.category),
                code(db, "lang", record.lang),
                code(db, "topics", topics),
                record.flags | columns.PROBLEMS if problems else record.flags,
            )
        )
        if rowid > self._last:
            self._new_words.append((rowid, *record.words))
        else:
            self._changed_words.append((rowid, record.words))
        self._urls += [(key, rowid) for key in record.url_keys if key != record.id]

    def insert(self) -> None:
        """Insert all rows; those of replaced documents must be deleted before. Raises sqlite3.Error."""
        db = self._db
        db.executemany("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", self._articles)
        db.executemany("INSERT INTO details VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._details)
        db.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._codes)
        db.executemany("INSERT INTO urls VALUES (?, ?)", self._urls)
        db.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?)", self._problems)
        slots = fulltext.new_slots(db, [rowid for rowid, _ in self._changed_words])
        self._new_words += [(slot, *words) for slot, (_, words) in zip(slots, self._changed_words, strict=True)]
        fulltext.insert(db, self._new_words)
