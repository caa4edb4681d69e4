"""Sets of marked articles: updating them gives the same sets as loading them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.model import Article
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.library.library import Library
from reader.query.parser import parse_query
from tests.storage.parsed_file_helpers import put

QUERIES = ("is:read", "is:unread", "is:starred", "tag:later", "tag:a", "-tag:a", "has:tags", "later", "b")
ARTICLES = 6
_rows = st.sets(st.integers(0, ARTICLES - 1), min_size=1)
_flags = st.none() | st.booleans()
_tags = st.sets(st.sampled_from(["Later", "later", "a b"]), max_size=2)
_steps = st.one_of(
    st.tuples(st.just("mark"), _rows, _flags, _flags, _tags, _tags),
    st.tuples(st.sampled_from(["undo", "redo", "other", "asked"])),
)


def _opened(base: Path) -> Library:
    (base / "news").mkdir(exist_ok=True)
    return Library.open(base / "news", Paths(base / "cache", base / "data", base / "config"))


def _answers(library: Library) -> list[object]:
    found = [sorted(library.search.run(parse_query(query), Sort()).order().rowids) for query in QUERIES]
    return [
        *found,
        library.search.view_counts(),
        library.search.values("tag"),
        library.search.values("folder"),
        library.marks.store.tags(),
        library.counts(),
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(_steps, max_size=12))
def test_updated_sets_equal_newly_loaded_sets(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    base = tmp_path_factory.mktemp("marked")
    library, other = _opened(base), _opened(base)
    try:
        put(library.index, *[Article(f"{number}.md", f"{number}") for number in range(ARTICLES)])
        rowids = library.articles.order(Sort()).rowids
        ids = library.index.ids_of(rowids)
        _answers(library)
        for what, *given_ in steps:
            if what == "mark":
                which, read, starred, add, remove = given_
                try:
                    marked = [ids[at] for at in which]
                    library.marks.apply(
                        marked, MarkChange(read=read, starred=starred, add_tags=tuple(add), remove_tags=tuple(remove))
                    )
                except ReaderError:  # one tag both added and removed
                    continue
            elif what == "undo":
                library.marks.undo()
            elif what == "redo":
                library.marks.undo(redo=True)
            elif what == "other":
                other.marks.apply(ids[:2], MarkChange(starred=True, add_tags=("a b",)))
            else:
                library.search.view_counts()
        fresh = _opened(base)
        try:
            assert _answers(library) == _answers(fresh)
        finally:
            fresh.close()
    finally:
        library.close()
        other.close()


def test_changing_one_mark_does_not_load_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = _opened(tmp_path)
    try:
        put(library.index, Article("1.md", "one"), Article("2.md", "two"))
        one, two = library.index.ids_of(library.articles.order(Sort()).rowids)
        library.marks.apply([one, two], MarkChange(starred=True))
        assert library.search.view_counts().starred.articles == 2
        looked_up = []
        of_now = library.marks.store.all_but_read

        def all_but_read(among: object = None) -> object:
            looked_up.append(among)
            return of_now(among)  # type: ignore[arg-type]

        monkeypatch.setattr(library.marks.store, "all_but_read", all_but_read)
        library.marks.apply([two], MarkChange(starred=False, add_tags=("Later",)))
        assert library.search.view_counts().starred.articles == 1
        assert [each.value for each in library.search.values("tag")] == ["Later"]
        assert None not in looked_up
        assert len(looked_up) == 1
    finally:
        library.close()
