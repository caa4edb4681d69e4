"""The tables of the index."""

from __future__ import annotations

from reader.storage.sqlite.index import columns, fulltext, sort_orders
from reader.storage.sqlite.stories import schema as story_tables

LATE_INDEXES = {
    "articles_by_id": "articles (id)",
    "urls_by_url": "urls (url)",
    "urls_by_article": "urls (article)",
    "links_by_key": "links (key)",
}
"""Created after the first scan of a folder: inserting keys that are hashes writes to every database page."""

SCHEMA = (
    """
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO facts VALUES
    ('generation', 0), ('unshown', 0), -- see IndexWriter._mark_changed
    ('complete', 0), -- 1 once the whole folder was scanned
    ('done', 0), ('total', 0), ('before', 0), ('walking', 0), ('began', 0), -- see Index.read_progress
    ('grouped', 0), ('stories_unshown', 0), -- see reader.storage.sqlite.stories, also below
    ('stories_day', -1), ('stories_quality', 0),
    ('old_ids', 0), -- 1 until marks made under previous ids have been carried over
    ('options', 0), ('zone', 0), -- see IndexWriter.invalidate_outdated
    ('frequent_below', 0), ('dead_slots', 0); -- see reader.storage.sqlite.index.fulltext
CREATE TABLE folders (rowid INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, digest BLOB);
CREATE TABLE files (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT, -- a row id in use by another process is never reused
    folder INTEGER NOT NULL,
    name BLOB NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    UNIQUE (folder, name)
);
CREATE TABLE articles (
    rowid INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    published_at INTEGER,
    quality NUMERIC,
    heat NUMERIC,
    type TEXT NOT NULL,
    title TEXT NOT NULL,
    precision INTEGER NOT NULL, -- of published_at: an index of reader.core.model.PRECISIONS
    -- What a refresh leaves to reader.storage.sqlite.stories:
    story INTEGER, -- the id of its story, or NULL until it is grouped
    story_rank INTEGER NOT NULL DEFAULT 0, -- ascending within the story, the best article first
    heat_estimate NUMERIC, -- NULL if heat is known, or until it is grouped
    quality_estimate NUMERIC,
    links INTEGER NOT NULL DEFAULT 0, -- related items that are documents, and documents that list it
    copy_of INTEGER -- the row id of the best of its copies, if there are several
);
CREATE INDEX other_types ON articles (rowid) WHERE type NOT IN ('', 'article');
CREATE TABLE details ( -- separate, so that sorting reads only the small table
    rowid INTEGER PRIMARY KEY,
    excerpt TEXT NOT NULL,
    original_url TEXT NOT NULL,
    web_url TEXT, -- NULL if it equals original_url, as it mostly does
    amp_url TEXT NOT NULL,
    cdn_amp_url TEXT NOT NULL,
    provider_name TEXT NOT NULL,
    provider_domain TEXT NOT NULL,
    topics TEXT NOT NULL,
    authors TEXT NOT NULL
);
CREATE TABLE urls (url INTEGER NOT NULL, article INTEGER NOT NULL); -- except the URL from which articles.id is derived
CREATE TABLE links ( -- reader.documents.index_record.IndexRecord.link_keys
    article INTEGER NOT NULL, key INTEGER NOT NULL, PRIMARY KEY (article, key)
) WITHOUT ROWID;
CREATE TABLE members ( -- of collections: paths without extension
    article INTEGER NOT NULL, stem BLOB NOT NULL, PRIMARY KEY (article, stem)
) WITHOUT ROWID;
CREATE INDEX members_by_stem ON members (stem);
CREATE TABLE problems (
    file INTEGER,
    path TEXT NOT NULL,
    line INTEGER NOT NULL,
    field TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX problems_by_file ON problems (file);
"""
    + "".join(f"CREATE INDEX {name} ON {keys};\n" for name, keys in LATE_INDEXES.items())
    + sort_orders.SCHEMA
    + columns.SCHEMA
    + fulltext.SCHEMA
    + ";"
    + story_tables.SCHEMA
)
