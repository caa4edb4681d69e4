"""Marks that are not saved yet, over rows that were loaded before (pure)."""

from __future__ import annotations

from reader.core.marks import MarkChange
from reader.core.model import Links, Row
from reader.tui.widgets.article_list.pending_marks import PendingMarks


def _row(id_: str, *, read: bool = False) -> Row:
    return Row(
        rowid=1,
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


def test_a_pending_mark_applies_to_rows_loaded_before_it() -> None:
    marks = PendingMarks()
    assert marks.apply(_row("a"), MarkChange(read=True)).read
    # A change that is not on disk yet is newer than any row.
    assert [row.read for row in marks.apply_newer([_row("a"), _row("b")], 99)] == [
        True,
        False,
    ]
    assert marks.confirm([_row("a", read=True)], 3) == [_row("a", read=True)]
    assert [row.read for row in marks.apply_newer([_row("a")], 2)] == [True]
    assert [row.read for row in marks.apply_newer([_row("a")], 3)] == [False]


def test_a_failed_mark_is_dropped() -> None:
    marks = PendingMarks()
    marks.apply(_row("a"), MarkChange(read=True))
    marks.clear()
    assert [row.read for row in marks.apply_newer([_row("a")], 0)] == [False]


def test_the_last_change_wins_until_all_are_saved() -> None:
    marks = PendingMarks()
    first = marks.apply(_row("a"), MarkChange(read=True, add_tags=("x",)))
    second = marks.apply(first, MarkChange(read=False, starred=True, add_tags=("b", "X"), remove_tags=("y",)))
    assert (second.read, second.starred, second.tags) == (False, True, ("b", "X"))
    assert marks.confirm([first], 1) == []  # the screen is ahead of it
    assert marks.apply_newer([_row("a")], 1) == [second]
    assert marks.confirm([second], 2) == [second]
    assert marks.apply_newer([_row("a", read=True)], 2) == [_row("a", read=True)]
