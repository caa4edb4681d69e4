"""The tables of stories. The table ``articles`` of the index says which story an article belongs to."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE stories ( -- of two articles or more
    id INTEGER PRIMARY KEY,
    key INTEGER NOT NULL, -- the article id of its founder: the id that is shown
    best INTEGER NOT NULL, -- the row id of its best article
    articles INTEGER NOT NULL,
    sources INTEGER NOT NULL,
    weight REAL NOT NULL, -- see reader.stories.heat.Coverage
    first INTEGER, -- microseconds, like articles.published_at
    last INTEGER,
    earliest INTEGER, -- the row id of the first article
    links INTEGER NOT NULL,
    heat NUMERIC, -- the highest known
    heat_estimate NUMERIC NOT NULL
);
CREATE INDEX stories_by_key ON stories (key);
CREATE TABLE departed ( -- articles that were removed or changed, and that their story still counts
    rowid INTEGER PRIMARY KEY,
    story INTEGER NOT NULL,
    copy_of INTEGER
);
CREATE TABLE heat_scale (computed REAL PRIMARY KEY, known REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE source_quality (source INTEGER PRIMARY KEY, median REAL NOT NULL);
CREATE INDEX articles_by_story ON articles (story) WHERE story <> rowid;
CREATE INDEX articles_by_copy ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX ungrouped ON articles (rowid) WHERE story IS NULL;
"""
