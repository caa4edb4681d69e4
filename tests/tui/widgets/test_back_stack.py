from __future__ import annotations

from reader.tui.widgets.article_pane.history import BackEntry, BackStack


def place(rowid: int) -> BackEntry:
    return BackEntry(rowid=rowid, top=0, y=0, selected=-1)


def test_entries_come_back_in_reverse_order() -> None:
    trail = BackStack()
    for rowid in range(3):
        trail.push(place(rowid))
    assert [found.rowid for found in (trail.pop(), trail.pop(), trail.pop()) if found] == [2, 1, 0]
    assert trail.pop() is None


def test_the_oldest_entries_are_dropped() -> None:
    trail = BackStack()
    for rowid in range(1000):
        trail.push(place(rowid))
    back = []
    while (found := trail.pop()) is not None:
        back.append(found.rowid)
    assert back == list(range(999, 799, -1))
