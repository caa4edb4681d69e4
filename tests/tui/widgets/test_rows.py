"""The rows of the list, with marks that were set after they were read (pure)."""

from __future__ import annotations

from reader.core.marks import MarkChange
from reader.core.model import Links, Row
from reader.tui.widgets.article_list.rows import LocalChange, RowCache


def _row(id_: str, rowid: int = 1, *, read: bool = False) -> Row:
    return Row(
        rowid=rowid,
        id=id_,
        path="a.md",
        title="A",
        excerpt="",
        published_at=None,
        links=Links(),
        type="",
        quality=None,
        heat=None,
        provider_name="",
        provider_domain="",
        topics=(),
        read=read,
    )


def _mark(cache: RowCache, **change: object) -> LocalChange:
    local = LocalChange(frozenset("a"), MarkChange(**change))  # type: ignore[arg-type]
    cache.mark(local)
    return local


def test_a_mark_applies_to_rows_read_before_it() -> None:
    cache = RowCache([_row("a")])
    local = _mark(cache, read=True)
    assert list(cache.values()) == [_row("a", read=True)]
    cache.add([_row("a"), _row("b", rowid=2)], 99)  # a change that is not on disk yet is newer than any row
    assert [row.read for row in list(cache.values())] == [True, False]
    local.number = 3
    for number, is_read in ((2, True), (3, False)):
        cache.add([_row("a")], number)
        assert cache[1].read is is_read


def test_every_document_of_an_article_is_marked() -> None:
    cache = RowCache([_row("a"), _row("a", rowid=2), _row("b", rowid=3)])
    assert cache.mark(LocalChange(frozenset("a"), MarkChange(starred=True))) == [1, 2]
    assert [row.starred for row in list(cache.values())] == [True, True, False]


def test_a_failed_change_is_forgotten_and_later_ones_stay() -> None:
    cache = RowCache([_row("a")])
    failed, _ = _mark(cache, read=True), _mark(cache, starred=True)
    cache.forget_change(failed)
    cache.add([_row("a")], 0)
    assert (cache[1].read, cache[1].starred) == (False, True)


def test_changes_apply_in_their_order() -> None:
    cache = RowCache([_row("a")])
    first = _mark(cache, read=True, add_tags=("x",))
    _mark(cache, read=False, starred=True, add_tags=("b", "X"), remove_tags=("y",))
    (latest,) = list(cache.values())
    assert (latest.read, latest.starred, latest.tags) == (False, True, ("b", "X"))
    first.number = 1
    cache.add([_row("a", read=True)], 1)
    assert (cache[1].read, cache[1].starred) == (False, True)
