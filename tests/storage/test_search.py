"""Searches return what a plain search in Python returns, for random queries and articles."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.core.marks import MarkChange
from reader.core.model import Article, Image, Links, Provider, Related
from reader.core.ordering import SORT_KEYS, Sort
from reader.core.paths import Paths
from reader.library.library import Library
from reader.query.ast import (
    And,
    DateCondition,
    HasCondition,
    IsCondition,
    Node,
    Not,
    NumberCondition,
    NumberRange,
    Or,
    Query,
    SubstringCondition,
    UnknownCondition,
    ValueCondition,
    WordsCondition,
)
from reader.query.parser import parse_query
from reader.storage.sqlite.index import fulltext, sort_orders
from reader.storage.sqlite.index import writer as writer_module
from reader.storage.sqlite.index.writer import IndexWriter
from reader.storage.sqlite.search import evaluate
from reader.storage.sqlite.search import results as results_module
from reader.storage.sqlite.search.evaluate import StoppedError
from tests.storage.parsed_file_helpers import parsed_file, write
from tests.storage.plain_search import Entry, matches

NOW = datetime(2022, 3, 15, 12, 30, tzinfo=UTC)

_WORDS = (
    "climate",
    "Climb",
    "clima",
    "état",
    "Etat",
    "ÉTATS",
    "人脸识别",
    "识",
    "人",
    "ไทย",
    "x1",
    "state-owned",
    "or",
    "*",
)
_texts = st.lists(st.sampled_from(_WORDS), max_size=4).map(" ".join)
_names = st.sampled_from(["", "Big News", "big news", "Ärzte", "ärzte", "x.example"])
_tags = st.sampled_from(["Later", "état de x", "人脸", "climate"])
_scores = st.none() | st.integers(0, 5) | st.sampled_from([2.5, 4.0])
_dates = st.none() | st.integers(-900, 10).map(lambda days: NOW + timedelta(days=days, hours=days % 24))
_urls = st.sampled_from(["", "https://x.example/Police/1", "https://y.example/%E4%BA%BA?a=b_c", "https://x.example/2"])


@st.composite
def _articles(draw: st.DrawFn, number: int) -> Article:
    return Article(
        path=draw(st.sampled_from(["", "Äh/", "a_b/c/"])) + f"{draw(_texts) or 'n'}-{number}.md",
        title=draw(_texts) or "untitled",
        excerpt=draw(_texts),
        category=draw(st.sampled_from(["", "News"])),
        type=draw(st.sampled_from(["", "article", "Video"])),
        published_at=draw(_dates),
        published=draw(st.sampled_from([None, True, False])),
        links=Links(draw(_urls), draw(_urls)),
        quality=draw(_scores),
        heat=draw(_scores),
        provider=Provider(draw(_names), draw(_names)),
        topics=tuple(dict.fromkeys(draw(st.lists(st.sampled_from(["AI", "ai", "climate or", "人"]), max_size=3)))),
        images=(Image("x"),) if draw(st.booleans()) else (),
        related=(Related("r"),) if draw(st.booleans()) else (),
        body=draw(_texts | st.just("<p>cli<b>mate</b></p> [x1](http://climb.example/)")),
        extra={"lang": draw(st.sampled_from(["EN", "de"]))} if draw(st.booleans()) else {},
    )


@st.composite
def _corpora(draw: st.DrawFn) -> list[Entry]:
    count = draw(st.integers(0, 9))
    return [
        Entry(
            draw(_articles(number)),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(st.lists(_tags, unique=True, max_size=2)),
            draw(st.booleans()),
        )
        for number in range(count)
    ]


_asked = st.sampled_from(
    ["cli", "climate", "CLIM", "etat", "Éta", "人脸", "脸识别", "识", "state-own", "climate or", "ไ", "…", "OR"]
)
_values = st.sampled_from(
    ["big NEWS", "ÄRZTE", "x.example", "AI", "article", "video", "news", "en", "later", "a,b", "人"]
)
_days = st.sampled_from(["today", "2w", "1y", "2021", "2021-07", "2022-03-15", "last-week"])
_leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(WordsCondition, st.sampled_from(["any", "title", "excerpt", "body", "text"]), _asked, st.booleans()),
    st.builds(WordsCondition, st.just("any"), _asked, st.booleans()),
    st.builds(
        ValueCondition,
        st.sampled_from(["source", "domain", "topic", "tag", "type", "category", "lang"]),
        _values | _asked,
    ),
    st.builds(ValueCondition, st.just("folder"), st.sampled_from(["äh", "a_b/C", "A_B/", "c", "a", "/", "Äh/c"])),
    st.builds(
        SubstringCondition,
        st.sampled_from(["path", "url"]),
        st.sampled_from(["police", "C/", "ÄH", "_", "%", "人", "-1", "B_C"]),
    ),
    st.builds(
        NumberCondition,
        st.sampled_from(["quality", "heat"]),
        st.sampled_from(["=", "<", "<=", ">", ">="]),
        st.integers(-1, 6),
    ),
    st.builds(NumberRange, st.sampled_from(["quality", "heat"]), st.integers(-1, 6), st.integers(-1, 6)),
    st.builds(UnknownCondition, st.sampled_from(["quality", "heat", "date"])),
    st.builds(DateCondition, st.sampled_from(["in", "<", "<=", ">", ">="]), _days),
    st.builds(IsCondition, st.sampled_from(["read", "unread", "starred", "published", "duplicate"])),
    st.builds(HasCondition, st.sampled_from(["related", "images", "body", "page", "tags", "problems"])),
)


def _branches(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, inner)


_nodes = st.recursive(_leaves, _branches, max_leaves=6)

_folders = itertools.count()


@contextlib.contextmanager
def _library(base: Path) -> Iterator[Library]:
    own = base / str(next(_folders))
    (own / "news").mkdir(parents=True)
    library = Library.open(own / "news", Paths(own / "cache", own / "data", own / "config"))
    try:
        yield library
    finally:
        library.close()


def _put(library: Library, entries: Sequence[Entry]) -> None:
    with library.index.writer(lambda: True) as writer:
        _write(writer, entries)
        writer.publish(complete=True)
        writer.finish()


def _write(writer: IndexWriter, entries: Sequence[Entry]) -> None:
    for entry in entries:
        path = entry.article.path.encode()
        troubles = [(1, "x", "y")] if entry.has_problems else []
        write(writer, [(path, parsed_file(entry.article, path, problems=troubles))])


def _mark(library: Library, entries: Sequence[Entry]) -> None:
    rows = {row.path: row.id for row in library.articles.rows(library.articles.order(Sort()).rowids)}
    for entry in entries:
        library.marks.apply([rows[entry.article.path]], MarkChange(read=entry.read, starred=entry.starred))
        if entry.tags:
            library.marks.apply([rows[entry.article.path]], MarkChange(add_tags=tuple(entry.tags)))
    # Marks belong to the article, and several documents may have its id.
    texts = {row.path: row for row in library.articles.rows(library.articles.order(Sort()).rowids)}
    best: set[str] = set()
    for rowid in library.articles.order(Sort()).rowids:
        (row,) = library.articles.rows([rowid])
        entry = next(each for each in entries if each.article.path == row.path)
        entry.is_duplicate = row.id in best
        best.add(row.id)
        entry.read, entry.starred, entry.tags = texts[row.path].read, texts[row.path].starred, [*texts[row.path].tags]


def _assert_plain(library: Library, entries: Sequence[Entry], query: Query, sort: Sort) -> None:
    order = [row.path for row in library.articles.rows(library.articles.order(sort).rowids)]
    right = {entry.article.path for entry in entries if matches(entry, query.where, NOW)}
    expected = [path for path in order if path in right]
    found = library.search.run(query, sort, NOW)
    assert found.count == len(expected)
    assert [row.path for row in library.articles.rows(found.order().rowids)] == expected
    assert found.first(3) == found.order().rowids[:3]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_results_equal_those_of_a_plain_search(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    entries = data.draw(_corpora())
    with pytest.MonkeyPatch.context() as patch, _library(tmp_path_factory.mktemp("search")) as library:
        if data.draw(st.booleans(), label="frequent sets"):
            patch.setattr(fulltext, "_MIN_ARTICLES", 0)
            patch.setattr(fulltext, "_MAX_LATE", 2)
            patch.setattr(evaluate, "_MAX_CHECKED", data.draw(st.sampled_from([0, 20_000])))
            patch.setattr(fulltext, "_FREQUENT_SHARE", 3)
        if data.draw(st.booleans(), label="orders and columns patched"):
            patch.setattr(sort_orders, "_PATCH_COST", 0)
        _put(library, entries)
        _mark(library, entries)
        for _ in range(8):
            sort = Sort(data.draw(st.sampled_from(SORT_KEYS)), data.draw(st.booleans()))
            _assert_plain(library, entries, Query(data.draw(_nodes)), sort)
        # Changed, removed and added documents.
        changed = [
            Entry(data.draw(_articles(number)), has_problems=data.draw(st.booleans())) for number in range(len(entries))
        ]
        current = []
        with library.index.writer(lambda: True) as writer:
            for number, (entry, other) in enumerate(zip(entries, changed, strict=True)):
                what = data.draw(st.sampled_from(["stays", "changes", "goes", "comes"]))
                if what == "changes":
                    other.article = replace(other.article, path=entry.article.path)
                    _write(writer, [other])
                    current.append(other)
                elif what == "goes":
                    rowid = library.index.rowid_by_path(entry.article.path.encode())
                    assert rowid is not None
                    writer.remove([rowid])
                else:
                    current.append(entry)
                    if what == "comes":
                        other.article = replace(other.article, path=f"new-{number}.md")
                        _write(writer, [other])
                        current.append(other)
            writer.publish()
            writer.finish()
        _mark(library, current)
        for _ in range(8):
            sort = Sort(data.draw(st.sampled_from(SORT_KEYS)), data.draw(st.booleans()))
            _assert_plain(library, current, Query(data.draw(_nodes)), sort)


# Examples.


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with _library(tmp_path) as opened:
        yield opened


def _titles(library: Library, query: str, sort: Sort | None = None) -> list[str]:
    found = library.search.run(parse_query(query), sort or Sort(), NOW)
    return [row.title for row in library.articles.rows(found.order().rowids)]


def _articles_of(*titles: str) -> list[Entry]:
    return [Entry(Article(f"{number}.md", title, quality=-number)) for number, title in enumerate(titles)]


def test_frequent_sets_contain_the_same_rows_as_the_table(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext, "_MIN_ARTICLES", 0)
    monkeypatch.setattr(fulltext, "_FREQUENT_SHARE", 4)
    texts = ["climate", "climb", "clima", "clip", "art", "arts", "人脸", "été", "a", "zebra"]
    titles = [f"{texts[number % 3]} {texts[number % len(texts)]}" for number in range(60)]
    _put(library, _articles_of(*titles))
    with library.search.searcher().snapshot() as (db, _):
        made = {word for (word,) in db.execute("SELECT word FROM frequent WHERE prefix")}
    assert {"c", "cl", "cli", "clim", "climate", "climb", "clima"} <= made
    assert "zebra" not in made
    for start in sorted({word[:end] for word in texts for end in range(1, len(word) + 1)}):
        for prefix in (True, False):
            entries = _articles_of(*titles)
            for field in ("any", "title", "body", "excerpt"):
                _assert_plain(library, entries, Query(WordsCondition(field, start, prefix)), Sort())


def test_frequent_sets_computed_while_sorting_are_stored(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext, "_MIN_ARTICLES", 1)
    monkeypatch.setattr(writer_module, "_MIN_ROWS_FOR_THREADS", 1)
    start = []
    of_now = fulltext.compute_sets

    def compute_sets(db: sqlite3.Connection) -> fulltext.FrequentSets:
        start.append(threading.current_thread())
        return of_now(db)

    monkeypatch.setattr(fulltext, "compute_sets", compute_sets)
    with library.index.writer() as writer:
        writer.begin_bulk_load()
        _write(writer, _articles_of("climate budget", "climbing", "budget"))
        writer.publish(complete=True)
        writer.finish()
    assert len(start) == 1
    assert start[0] is not threading.current_thread()
    assert _titles(library, "cli") == ["climate budget", "climbing"]
    # If more articles were added since, the sets are computed again.
    monkeypatch.setattr(fulltext, "_MAX_LATE", 0)
    with library.index.writer() as writer:
        _write(writer, [Entry(Article("x.md", "a climax", quality=-7))])
        writer.publish(complete=True)
        _write(writer, [Entry(Article("y.md", "the climbers", quality=-8))])
        writer.finish()
        writer.publish()
    assert len(start) == 3
    assert _titles(library, "cli") == ["climate budget", "climbing", "a climax", "the climbers"]


def test_default_merge_settings_are_restored_after_the_first_scan(library: Library) -> None:
    query = "SELECT v FROM words_config WHERE k = 'automerge'"
    with library.index.writer() as writer:
        writer.begin_bulk_load()
        with library.index.database.read() as db:
            assert db.execute(query).fetchone() == (0,)
        _write(writer, _articles_of("climate budget"))
        writer.publish(complete=True)
        writer.finish()
    with library.index.database.read() as db:
        assert db.execute(query).fetchone() == (4,)


def test_best_match_comes_first(library: Library) -> None:
    entries = [
        Entry(Article("1.md", "None of it", body="storm " + "and more of it " * 5, quality=9)),
        Entry(Article("2.md", "Neither", excerpt="A storm here, and more of it", quality=8)),
        Entry(Article("3.md", "A storm", quality=1)),
        Entry(Article("4.md", "Nothing to see")),
    ]
    _put(library, entries)
    assert _titles(library, "storm sort:relevance") == ["A storm", "Neither", "None of it"]
    assert _titles(library, "storm") == ["None of it", "Neither", "A storm"]
    assert _titles(library, "NOT storm sort:relevance") == ["Nothing to see"]
    assert _titles(library, "storm sort:relevance limit:2") == ["A storm", "Neither"]
    changed = Entry(Article("2.md", "A storm, storm", excerpt="storm", quality=8))
    _put(library, [changed])
    assert _titles(library, "storm sort:relevance")[0] == "A storm, storm"


def test_first_results_by_relevance_equal_the_start_of_all_results(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_module, "_RANK_ALL_LIMIT", 4)
    dice = random.Random(1)
    texts = ["storm", "storm storm", "harbour", "storm harbour", "calm sea", "the storm of the harbour"]
    entries = [
        Entry(Article(f"{number}.md", dice.choice(texts), excerpt=dice.choice(texts), quality=number % 7))
        for number in range(120)
    ]
    _put(library, entries)
    _put(library, [Entry(replace(entry.article, excerpt="harbour")) for entry in entries[:30]])
    start = 0
    of_now = fulltext.bm25_scores

    def bm25_scores(*given: Any, limit: int | None = None) -> dict[int, float]:
        nonlocal start
        start += limit is not None
        return of_now(*given, limit=limit)

    monkeypatch.setattr(fulltext, "bm25_scores", bm25_scores)
    for query in ("storm", "storm harbour", "harbour quality>=5", "storm OR sea", "-storm", "harbour limit:7", "zebra"):
        for count in (0, 1, 3, 7, 30, 200):
            first = library.search.run(parse_query(f"{query} sort:relevance"), Sort("date"), NOW).first(count)
            whole = library.search.run(parse_query(f"{query} sort:relevance"), Sort("date"), NOW).order().rowids
            assert first == whole[:count], (query, count)
    assert start > 10


def test_limit_keeps_the_first_results(library: Library) -> None:
    _put(library, _articles_of("a one", "a two", "a three"))
    assert _titles(library, "a limit:2") == ["a one", "a two"]
    assert _titles(library, "limit:1 sort:-quality") == ["a three"]
    assert library.search.run(parse_query("a limit:2"), Sort()).count == 2


def test_retained_articles_keep_their_index_in_the_order(library: Library) -> None:
    _put(library, _articles_of("court one", "court two", "zebra", "court three"))
    everything = library.articles.order(Sort())
    found = library.search.run(parse_query("court"), Sort())
    zebra = next(row.rowid for row in library.articles.rows(everything.rowids) if row.title == "zebra")
    assert zebra not in found.order().rowids
    assert found.order(unmatched=found.unmatched([zebra])).rowids.tolist() == everything.rowids.tolist()
    assert found.unmatched([zebra, *found.order().rowids]) == {zebra}
    assert found.unmatched([10_000_000]) == frozenset()  # a deleted article is ignored
    assert found.order(unmatched=found.unmatched([10_000_000])) == found.order()
    limited = library.search.run(parse_query("court limit:2"), Sort())
    assert len(limited.order(unmatched=limited.unmatched([zebra]))) == 3
    best = library.search.run(parse_query("court sort:relevance"), Sort())
    assert set(best.order(unmatched=best.unmatched([zebra])).rowids) == set(everything.rowids)


def test_search_is_canceled_when_stop_returns_true(library: Library) -> None:
    _put(library, _articles_of("one"))
    with pytest.raises(StoppedError):
        library.search.run(parse_query("one"), Sort(), stop=lambda: True)
    # Also while SQLite runs a query.
    stopped = threading.Event()
    with (
        pytest.raises(StoppedError),
        library.search.searcher().snapshot(stopped.is_set) as (db, _),
    ):
        stopped.set()
        db.execute("WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n").fetchone()
    assert _titles(library, "one") == ["one"]


def test_values_are_counted(library: Library) -> None:
    def article(number: int, source: str, *topics: str, quality: int = 1) -> Entry:
        provider = Provider(source, "x.example")
        return Entry(Article(f"d{number % 2}/{number}.md", "T", provider=provider, topics=topics, quality=quality))

    entries = [
        article(1, "Big News", "AI", "Law", quality=3),
        article(2, "big news", "ai"),
        article(3, "Other", "Law"),
        article(4, ""),
    ]
    _put(library, entries)
    rows = library.articles.rows(library.articles.order(Sort()).rowids)
    library.marks.apply([rows[0].id, rows[1].id], MarkChange(add_tags=("Later",)))
    library.marks.apply([rows[0].id], MarkChange(starred=True, read=True))
    assert library.search.values("source") == [("Big News", 2, 1), ("Other", 1, 1), ("x.example", 1, 1)]
    assert library.search.values("domain") == [("x.example", 4, 3)]
    assert library.search.values("topic") == [("AI", 2, 1), ("Law", 2, 1)]
    assert library.search.values("tag") == [("Later", 2, 1)]
    assert library.search.values("folder") == [("d0", 2, 2), ("d1", 2, 1)]
    assert library.search.values("type") == []
    assert library.search.view_counts(NOW) == ((4, 3), (3, 3), (1, 0), (0, 0), (0, 0))
    library.marks.undo()
    assert library.search.view_counts(NOW) == ((4, 4), (4, 4), (0, 0), (0, 0), (0, 0))


def test_folder_counts_include_subfolders(library: Library) -> None:
    paths = ["top.md", "eu/uk/a.md", "eu/uk/b.md", "eu/c.md", "eu-west/d.md", "Asia/日本/e.md"]
    _put(library, [Entry(Article(path, "T")) for path in paths])
    found = library.search.values("folder")
    assert found == [("Asia", 1, 1), ("Asia/日本", 1, 1), ("eu", 3, 3), ("eu-west", 1, 1), ("eu/uk", 2, 2)]
    for folder, articles, _ in found:
        assert library.search.run(parse_query(f'folder:"{folder}"'), Sort()).count == articles


def test_marks_set_by_another_process_are_found(library: Library, tmp_path: Path) -> None:
    _put(library, _articles_of("one", "two"))
    assert _titles(library, "is:unread") == ["one", "two"]
    own = library.folder.root.parent
    other = Library.open(library.folder.root, Paths(own / "cache", own / "data", own / "config"))
    with contextlib.closing(other):
        other.marks.apply(
            [other.articles.rows(other.articles.order(Sort()).rowids)[0].id], MarkChange(read=True, add_tags=("x y",))
        )
    assert _titles(library, "is:unread") == ["two"]
    assert _titles(library, "tag:X\\ y y") == ["one"]


def test_full_text_table_is_rebuilt_when_most_slots_are_dead(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from reader.indexing.refresh import refresh

    path = library.folder.root / "a.md"
    path.write_text("---\ntitle: First\n---\n")
    assert [*refresh(library)][-1].changed == 1
    monkeypatch.setattr(fulltext, "_MIN_DEAD_SLOTS", 0)
    path.write_text("---\ntitle: Second one\n---\n")
    assert [*refresh(library)][-1].changed == 1
    path.write_text("---\ntitle: Third of them\n---\n")
    assert [*refresh(library)][-1].changed == 1
    with library.search.searcher().snapshot() as (db, _):
        assert fulltext.is_wasteful(db, 1)
    path.write_text("---\ntitle: Fourth after them\n---\n")
    assert [*refresh(library)][-1].changed == 1
    with library.search.searcher().snapshot() as (db, _):
        assert not fulltext.is_wasteful(db, 1)
        assert db.execute("SELECT count(*) FROM words WHERE words MATCH 'first OR second OR third'").fetchone() == (0,)
    assert _titles(library, "fourth") == ["Fourth after them"]
    assert _titles(library, "second OR first") == []
