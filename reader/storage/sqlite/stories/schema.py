"""The tables of stories. The table ``articles`` of the index says which story an article belongs to."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE stories ( -- of two articles or more
    number INTEGER PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE, -- the article id of its founder
    best INTEGER NOT NULL, -- the row id of its best article
    articles INTEGER NOT NULL,
    sources INTEGER NOT NULL,
    weight REAL NOT NULL, -- see reader.stories.heat.Coverage
    first INTEGER, -- microseconds, like articles.published_at
    last INTEGER,
    earliest INTEGER, -- the row id of the first article
    links INTEGER NOT NULL,
    heat NUMERIC, -- the highest known
    heat_estimate NUMERIC
);
CREATE TABLE departed ( -- articles that were removed or changed since they were grouped
    rowid INTEGER PRIMARY KEY,
    copy_of INTEGER
);
CREATE TABLE heat_scale (computed REAL PRIMARY KEY, known REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE source_quality (source INTEGER PRIMARY KEY, median REAL NOT NULL);
CREATE INDEX articles_by_story ON articles (story) WHERE story <> id;
CREATE INDEX articles_by_copy ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX ungrouped ON articles (rowid) WHERE story IS NULL;

-- The state of the grouping, see reader.stories.state.
CREATE TABLE grouped (
    rowid INTEGER PRIMARY KEY,
    story INTEGER NOT NULL,
    day INTEGER,
    text INTEGER NOT NULL,
    vector BLOB NOT NULL
);
CREATE TABLE found_by (
    term INTEGER NOT NULL,
    age INTEGER NOT NULL, -- the negative day, so that the newest comes first
    article INTEGER NOT NULL,
    PRIMARY KEY (term, age, article)
) WITHOUT ROWID;
CREATE TABLE departed_texts (text INTEGER PRIMARY KEY, story INTEGER NOT NULL);
CREATE INDEX departed_texts_by_story ON departed_texts (story);
CREATE TABLE term_counts (term INTEGER PRIMARY KEY, documents INTEGER NOT NULL);
"""
