"""Stories in the index: after any changes, however they come, the tables say what the articles say."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.core.marks import id_to_int
from reader.core.model import Article, Links, Provider, Related
from reader.core.ordering import Sort
from reader.indexing import stories
from reader.indexing.stories import update_stories
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.index import columns, sort_orders
from reader.storage.sqlite.index.folder_index import Index
from reader.storage.sqlite.stories import edges, reading, upkeep, waiting
from reader.stories import grouping
from reader.stories.terms import unpacked
from tests.storage.parsed_file_helpers import put, remove, replace

_EVENTS = [
    "Dam above Velmora bursts, nine missing after Orsk flood",
    "Court in Tarn strikes down facial recognition law",
    "Quake of magnitude 6.1 shakes Ostrava coast",
    "Museum of clocks opens in Lyon with 300 watches",
]
_FIRST = datetime(2024, 5, 6, 8, tzinfo=UTC)


def _article(n: int, event: int, day: int | None = 0, source: str = "A", **more: object) -> Article:
    title = _EVENTS[event % len(_EVENTS)]
    values: dict[str, object] = {
        "path": f"{n}.md",
        "title": title if n % 3 else f"Report: {title}",
        "excerpt": f"{title}; {n}.",
        "published_at": None if day is None else _FIRST + timedelta(days=day, minutes=n),
        "links": Links(original=f"https://{source.lower()}.example/{n}"),
        "provider": Provider(source),
    }
    return Article(**values | more)  # type: ignore[arg-type]


def _related(*numbers: int, source: str = "A") -> tuple[Related, ...]:
    return tuple(Related("R", links=Links(web=f"https://{source.lower()}.example/{n}")) for n in numbers)


def _update(index: Index, *, quality: bool = True, steps: int | None = None) -> None:
    for done, _ in enumerate(update_stories(index, quality=quality)):
        if done == steps:
            return  # as if the process was killed between two steps


def _check(index: Index) -> dict[str, frozenset[str]]:
    """Compare every table of stories with the articles; return the articles of each story by their paths."""
    with index.database.read() as db:
        db.row_factory = sqlite3.Row
        try:
            return _checked(db, index)
        finally:
            db.row_factory = None


def _checked(db: sqlite3.Connection, index: Index) -> dict[str, frozenset[str]]:
    rows = db.execute(
        "SELECT a.*, c.source, provider_name FROM articles a JOIN codes c USING (rowid) JOIN details USING (rowid)"
    ).fetchall()
    rowid_of = {row["rowid"]: row for row in rows}
    assert db.execute("SELECT * FROM departed").fetchall() == []
    assert {row["rowid"]: row["story"] for row in rows} == dict(
        tuple(row) for row in db.execute("SELECT rowid, story FROM grouped")
    )
    # What the grouping is told of each article is in its vector.
    assert all(unpacked(row["vector"]).source for row in db.execute("SELECT vector FROM grouped"))
    found_by = {row[0] for row in db.execute("SELECT DISTINCT article FROM found_by")}
    assert found_by <= set(rowid_of)
    members: defaultdict[int, list[sqlite3.Row]] = defaultdict(list)
    for row in rows:
        members[row["story"]].append(row)
    several = {story: found for story, found in members.items() if len(found) > 1}
    stored = {row["id"]: row for row in db.execute("SELECT * FROM stories")}
    assert set(stored) == set(several)
    numbers, places = columns.load(db, "story"), columns.load(db, "story rank")
    for story, found in several.items():
        totals = stored[story]
        found.sort(key=_quality_then_earliest)
        dates = [row["published_at"] for row in found if row["published_at"] is not None]
        assert totals["articles"] == len(found)
        assert totals["best"] == found[0]["rowid"]
        assert totals["sources"] == len({row["source"] for row in found})
        assert (totals["first"], totals["last"]) == (min(dates, default=None), max(dates, default=None))
        assert rowid_of[totals["earliest"]]["published_at"] == min(dates, default=None)
        assert totals["heat"] == max((row["heat"] for row in found if row["heat"] is not None), default=None)
        assert {row["heat_estimate"] for row in found if row["heat"] is None} <= {totals["heat_estimate"]}
        assert [numbers[row["rowid"]] for row in found] == [totals["number"]] * len(found)
        ranks = [places[row["rowid"]] for row in found]
        assert ranks == sorted({*ranks})
    alone = [row["rowid"] for row in rows if row["story"] not in several]
    assert not any(numbers[rowid] for rowid in alone if rowid < len(numbers))
    assert all((row["heat"] is None) == (row["heat_estimate"] is not None) for row in rows)
    assert _copies(rows) == {frozenset(found) for found in _grouped(rows, "copy_of").values() if len(found) > 1}
    for sort in (Sort("heat"), Sort("heat", reverse=True)):
        assert sort_orders.load_order(db, sort) == sort_orders.sorted_rowids(db, sort)
    paths = {row.rowid: row.path for row in index.rows([*rowid_of]).values()}
    return {str(story): frozenset(paths[row["rowid"]] for row in found) for story, found in members.items()}


def _grouped(rows: list[sqlite3.Row], *names: str) -> dict[object, set[int]]:
    found: defaultdict[object, set[int]] = defaultdict(set)
    for row in rows:
        if row[names[0]] is not None:
            found[tuple(str(row[name]).lower() for name in names)].add(row["rowid"])
    return found


def _copies(rows: list[sqlite3.Row]) -> set[frozenset[int]]:
    """Return the groups of copies; here, articles of one story with the same title have nearly the same text."""
    groups = [*_grouped(rows, "id").values(), *_grouped(rows, "story", "title").values()]
    joined: list[set[int]] = []
    for group in groups:
        near = [each for each in joined if each & group]
        joined = [each for each in joined if not each & group] + [group.union(*near)]
    return {frozenset(group) for group in joined if len(group) > 1}


def _quality_then_earliest(row: sqlite3.Row) -> tuple[object, ...]:
    quality = row["quality"] if row["quality"] is not None else row["quality_estimate"]
    quality = float("-inf") if quality is None else quality
    names = row["provider_name"].casefold(), row["title"].casefold()
    return -quality, row["published_at"] is None, row["published_at"] or 0, *names, row["id"]


@pytest.fixture
def index() -> Iterator[Index]:
    opened, _ = Index.open(None)
    yield opened
    opened.close()


_VALUES = st.fixed_dictionaries(
    {
        "event": st.integers(0, 3),
        "links": st.sampled_from([Links(f"https://a.example/{n}") for n in range(6)]),
        "day": st.none() | st.integers(0, 40),
        "source": st.sampled_from("ABC"),
        "quality": st.none() | st.integers(0, 100),
        "heat": st.none() | st.integers(0, 300),
    }
)
_CHANGES = st.lists(st.tuples(st.integers(1, 9), st.none() | _VALUES), max_size=12)


@settings(max_examples=25)
@given(_CHANGES, st.sets(st.integers(0, 11)), st.sampled_from([0, 32]))
def test_after_any_changes_the_tables_say_what_the_articles_say(
    changes: list[tuple[int, dict[str, object] | None]], updates: set[int], few: int
) -> None:
    index, _ = Index.open(None)
    with closing(index), pytest.MonkeyPatch.context() as patched:
        patched.setattr(stories, "_FEW", few)
        for at, (number, values) in enumerate(changes):
            known = index.rowid_by_path(f"{number}.md".encode())
            if values is not None:
                replace(index, f"{number}.md".encode(), _article(number, **values), at + 2)  # type: ignore[arg-type]
            elif known is not None:
                remove(index, known)
            if at in updates:
                _update(index)
                _check(index)
        _update(index)
        found_stories = _check(index)
        left = {number for number, values in dict(changes).items() if values is not None}
        assert sorted(path for found in found_stories.values() for path in found) == sorted(f"{n}.md" for n in left)


def test_a_new_median_of_a_source_can_make_another_article_the_best_of_its_story(index: Index) -> None:
    links = Links("https://a.example/0")
    for number, values in (
        (1, {"event": 0, "source": "A", "quality": 40}),
        (3, {"event": 0, "source": "A", "quality": 40}),
        (4, {"event": 1, "source": "B", "quality": None, "day": 0}),
        (5, {"event": 0, "source": "A", "quality": 0}),
        (2, {"event": 1, "source": "A", "quality": None}),
    ):
        put(index, _article(number, **{"links": links, "day": None, "heat": None, **values}))  # type: ignore[arg-type]
    _update(index)
    _check(index)


def test_one_more_article_changes_few_ranks_of_a_large_story(index: Index) -> None:
    for number in range(60):
        put(index, _article(number, 0, source=f"S{number % 9}", quality=number))
    _update(index)

    def ranks() -> dict[int, int]:
        return dict(index.database.select("SELECT rowid, story_rank FROM articles"))

    before = ranks()
    put(index, _article(60, 0, source="S5", quality=30.5))
    _update(index)
    _check(index)
    after = ranks()
    assert len(after) == 61
    assert {rowid: after[rowid] for rowid in before} == before


def _folder(count: int) -> list[Article]:
    return [
        _article(n, n, n % 5, "ABCDE"[n % 5], related=_related(n - 4, source="ABCDE"[(n - 4) % 5]))
        for n in range(count)
    ]


def test_a_folder_is_grouped_by_event(index: Index) -> None:
    put(index, *_folder(12))
    _update(index)
    stories = _check(index)
    assert sorted(map(sorted, stories.values())) == sorted(
        sorted(f"{n}.md" for n in range(event, 12, 4)) for event in range(4)
    )


def test_articles_that_are_alone_are_grouped_again_when_a_folder_has_grown(index: Index) -> None:
    unsure = (
        "Tremor damages cathedral in Valdivia, wounding tourists from Denmark on pilgrimage",
        "After tremor Valdivia mourns drowned fishermen and shepherds at cathedral without bells",
    )
    titles = [*unsure, *(chr(97 + n) * 6 for n in range(14))]
    for n, title in enumerate(titles):
        put(index, _article(n, 0, 400 * n, source=chr(65 + n), title=title, excerpt=""))
        _update(index)
        together = frozenset({"0.md", "1.md"}) in _check(index).values()
        assert together == (n == 15)


def test_articles_that_are_grouped_again_in_a_later_batch_are_not_yet_in_a_story(index: Index) -> None:
    put(index, _article(0, 0, 0), _article(1, 1, 0))
    _update(index)
    put(index, _article(4, 0, 1))
    with index.writer() as writer, writer.transaction() as db:
        upkeep.begin(db)
        waiting.add_alone(db, 2)
        newest, *others = waiting.newest_first(db)
        for batch in [newest], others:
            for _ in upkeep.add_many(db, batch, review=True):
                pass
    _update(index)
    assert sorted(map(sorted, _check(index).values())) == [["0.md", "4.md"], ["1.md"]]


def test_an_article_that_is_removed_while_it_waits_to_be_grouped_again_leaves_nothing(index: Index) -> None:
    put(index, _article(0, 0), _article(1, 1))
    _update(index)
    with index.writer() as writer, writer.transaction() as db:
        upkeep.begin(db)
        waiting.add_alone(db, 2)
    remove(index, 1)
    _update(index)
    assert [*_check(index).values()] == [{"1.md"}]


def test_documents_with_one_url_and_no_telling_word_are_no_story(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "_FEW", 0)
    monkeypatch.setattr(grouping, "BATCH", 2)
    put(index, *(_article(n, 0, title="The", excerpt="", links=Links("https://a.example/1")) for n in range(5)))
    _update(index)
    assert len(_check(index)) == 5


def test_removing_and_adding_again_gives_the_same_stories(index: Index) -> None:
    articles = _folder(12)
    put(index, *articles)
    _update(index)
    before = _check(index)
    rowids = [index.rowid_by_path(articles[n].path.encode()) for n in (0, 5, 10)]
    remove(index, *(rowid for rowid in rowids if rowid is not None))
    _update(index)
    assert _check(index) != before
    put(index, *(articles[n] for n in (0, 5, 10)))
    _update(index)
    assert _check(index) == before


@pytest.mark.parametrize("steps", [0, 1])
def test_a_process_that_ends_between_two_steps_loses_only_work_to_do_again(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "index.db"
    index, _ = Index.open(path)
    with closing(index):
        put(index, *_folder(60))  # many: in batches
        _update(index, steps=steps)
    index, _ = Index.open(path)
    with closing(index):
        _update(index)
        assert len(_check(index)) == 4
        rowid = index.rowid_by_path(b"7.md")
        assert rowid is not None
        remove(index, rowid)
        with index.writer() as writer, writer.transaction() as db:  # killed before lists show it
            upkeep.begin(db)
            upkeep.take_departed(db)
        _update(index)
        assert len(_check(index)) == 4


def test_a_first_grouping_that_is_killed_between_batches_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner in (grouping, waiting):
        monkeypatch.setattr(owner, "BATCH", 8)
    monkeypatch.setattr(upkeep, "_SECONDS_OF_A_TRANSACTION", 0)
    monkeypatch.setattr(upkeep, "_INTERVAL", 0)
    counts = []
    for killed_after in (None, 3):
        index, _ = Index.open(None)
        with closing(index):
            put(index, *_folder(60))
            _update(index, steps=killed_after)
            if killed_after is not None:
                assert 0 < index.database.select("SELECT count(*) FROM grouped")[0][0] < 60
            _update(index)
            _check(index)
            counts.append(index.database.select("SELECT term, documents FROM term_counts ORDER BY term"))
    assert counts[0] == counts[1] != []


def test_an_index_without_changes_is_not_written(index: Index) -> None:
    put(index, *_folder(12))
    _update(index)
    generation = index.generation()
    assert [*update_stories(index, quality=True)] == []
    assert index.generation() == generation


def test_stories_are_shown_as_a_change_of_the_lists(index: Index) -> None:
    put(index, *_folder(12))
    generation = index.generation()
    assert [*update_stories(index, quality=True)][-1] is True
    assert index.generation() > generation


def _edges(index: Index, find: object, number: int) -> set[str]:
    rowid = index.rowid_by_path(f"{number}.md".encode())
    assert rowid is not None
    with index.database.read() as db:
        found: Iterable[int] = find(db, rowid)  # type: ignore[operator]
    return {row.path for row in index.rows([*found]).values()}


def _listed(db: sqlite3.Connection, rowid: int) -> list[int]:
    return [other for _, other in edges.listed(db, [rowid])]


def _listing(db: sqlite3.Connection, rowid: int) -> list[int]:
    return [other for _, other in edges.listing(db, [rowid])]


def test_a_link_exists_as_long_as_both_documents_do_and_from_both_ends(index: Index) -> None:
    amp = Links(original="https://x.example/1", amp="https://b.example/2?utm_source=x")
    put(index, _article(1, 0, related=(Related("R", links=amp),)))
    assert _edges(index, _listed, 1) == set()
    put(index, _article(2, 1, source="B"))
    assert _edges(index, _listed, 1) == {"2.md"}
    assert _edges(index, _listing, 2) == {"1.md"}
    replace(index, b"1.md", _article(1, 0), 9)
    assert _edges(index, _listed, 1) == _edges(index, _listing, 2) == set()


def test_a_document_is_not_linked_with_itself(index: Index) -> None:
    put(index, _article(1, 0, related=_related(1)))
    assert _edges(index, _listed, 1) == _edges(index, _listing, 1) == set()


def test_documents_share_what_is_no_document_here_and_few_list(index: Index) -> None:
    outside = (
        Related("R", links=Links(web="https://x.example/1")),
        Related("S", links=Links(web="https://x.example/2")),
    )
    put(index, _article(1, 0, related=(*outside, *_related(3))), _article(2, 1, related=(*outside, *_related(3))))
    put(index, _article(3, 2))
    assert _edges(index, edges.sharing, 1) == {"2.md"}
    with index.database.read() as db:
        assert [*edges.sharing(db, 1).values()] == [2]
    put(index, *(_article(n, n, related=outside) for n in range(10, 60)))
    assert _edges(index, edges.sharing, 1) == set()


def test_members_of_a_collection_are_linked_with_it(index: Index) -> None:
    put(
        index,
        _article(1, 0, path="hub/courses/one.md"),
        _article(2, 1, path="hub/courses/one.two.md"),
        _article(3, 2, path="hub/lists/all.md", extra={"items": ["courses/one", "courses/gone", 7]}),
    )
    (collection,) = index.rowids_by_id(next(row.id for row in index.rows([1, 2, 3]).values() if "lists" in row.path))
    with index.database.read() as db:
        (member,) = edges.members_of(db, collection)
        assert edges.collections_with(db, member) == [collection]
    assert index.path(member) == b"hub/courses/one.md"


def test_a_collection_that_lists_itself_is_not_linked_with_itself(index: Index) -> None:
    put(index, _article(1, 0, path="hub/lists/all.md", extra={"items": ["lists/all"]}))
    with index.database.read() as db:
        assert (edges.members_of(db, 1), edges.collections_with(db, 1)) == ([], [])


def test_copies_have_the_same_url_or_the_same_title_and_nearly_the_same_text(index: Index) -> None:
    text = "The Orsk dam burst above Velmora after nine days of rain, the operator Hydrosk said in Tarn."
    other = "In Velmora, residents count the losses; insurers expect claims of two billion for houses and roads."
    put(
        index,
        _article(1, 0, title="Dam bursts", excerpt=text, quality=5),
        _article(2, 0, title="DAM BURSTS", excerpt=f"{text} Now.", quality=9),
        _article(3, 0, title="Dam bursts", excerpt=other),
        _article(4, 1, links=Links(original="http://a.example/1?utm_medium=x"), title="Something else"),
    )
    _update(index)
    rows = {row.path: row.copies for row in index.rows([1, 2, 3, 4]).values()}
    assert rows == {"1.md": 3, "2.md": 3, "3.md": 1, "4.md": 3}
    assert _edges(index, edges.copies_of, 1) == {"2.md", "4.md"}
    remove(index, 2)
    _update(index)
    assert {row.path: row.copies for row in index.rows([1, 3, 4]).values()} == {"1.md": 2, "3.md": 1, "4.md": 2}
    remove(index, 4)
    _update(index)
    assert {row.copies for row in index.rows([1, 3]).values()} == {1}


def test_known_heats_give_the_scale_of_estimates(index: Index) -> None:
    put(index, *(_article(n, n, day=n // 4, source=f"S{n}", heat=None if n % 2 else 200 + n) for n in range(44)))
    _update(index)
    rows = index.rows(range(1, 45))
    assert all(row.heat_estimate is None or 150 < row.heat_estimate < 250 for row in rows.values())
    assert {(row.heat is None) == (row.heat_estimate is not None) for row in rows.values()} == {True}


def test_estimates_are_relative_to_the_newest_article(index: Index) -> None:
    put(index, _article(1, 0))
    _update(index)
    before = index.rows([1])[1].heat_estimate
    put(index, _article(2, 1, day=30), _article(3, 2, day=90_000))  # the last one is dated in the far future
    _update(index)
    after = index.rows([1])[1].heat_estimate
    assert before is not None
    assert after is not None
    assert 0 < after < before
    remove(index, 2)
    _update(index)
    assert index.rows([1])[1].heat_estimate == before


def test_quality_is_estimated_where_none_is_given_unless_switched_off(index: Index) -> None:
    put(index, _article(1, 0, quality=70), _article(2, 1, body="word " * 900), _article(3, 2, topics=("AI",)))
    _update(index)
    rows = index.rows([1, 2, 3])
    assert rows[1].quality_estimate is None
    assert (rows[2].quality_estimate or 0) > (rows[3].quality_estimate or 0) > 0
    _update(index, quality=False)
    assert {row.quality_estimate for row in index.rows([1, 2, 3]).values()} == {None}
    _update(index, quality=True)
    assert index.rows([1, 2, 3])[2].quality_estimate == rows[2].quality_estimate


def test_a_story_has_the_id_of_its_first_article(index: Index) -> None:
    put(index, _article(1, 0))
    _update(index)
    put(index, _article(5, 0, source="B"))
    _update(index)
    rows = index.rows([1, 2])
    assert {row.story for row in rows.values()} == {rows[1].id}
    assert {row.sources for row in rows.values()} == {2}
    assert id_to_int(rows[1].id) in {story for (story,) in index.database.select("SELECT id FROM stories")}


@pytest.mark.parametrize(
    "statement", ["UPDATE grouped SET vector = x'0102'", "DELETE FROM facts WHERE name = 'stories_day'"]
)
def test_what_no_newsreader_has_written_is_damage(index: Index, statement: str) -> None:
    put(index, *_folder(12))
    _update(index)
    with index.writer() as writer, writer.transaction() as db:
        db.execute(statement)
    put(index, _article(20, 0))
    with pytest.raises(StorageError) as raised:
        _update(index)
    assert raised.value.damaged


def test_a_source_is_counted_once_whether_its_name_is_known_or_only_its_domain(index: Index) -> None:
    sources = (
        Provider("Orsk Post", "orskpost.example"),
        Provider("", "www.orskpost.example"),
        Provider("", "velmora.example"),
        Provider("", ""),
    )
    put(index, *(_article(n, 0, source=f"s{n}", provider=provider) for n, provider in enumerate(sources)))
    _update(index)
    assert index.database.select("SELECT articles, sources FROM stories") == [(4, 2)]


def test_articles_without_any_source_count_as_one(index: Index) -> None:
    put(index, *(_article(n, 0, source=f"s{n}", provider=Provider()) for n in range(3)))
    _update(index)
    assert index.database.select("SELECT articles, sources FROM stories") == [(3, 1)]


def test_articles_of_one_time_are_in_the_order_of_their_sources(index: Index) -> None:
    put(index, *(_article(n, 0, source=source, published_at=_FIRST) for n, source in enumerate("CAb")))
    _update(index)
    with index.database.read() as db:
        (story,) = reading.stories(db, [number for (number,) in db.execute("SELECT number FROM stories")])
    assert [row.path for row in (index.rows([rowid])[rowid] for rowid in story.rowids)] == ["1.md", "2.md", "0.md"]
    assert index.database.select("SELECT earliest FROM stories") == [(story.rowids[0],)]
