"""Marks for tests: hand-written and random ones."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from reader.core.marks import LATEST, READ, STARRED, TAG, Mark, MarkSet, NamedItem, TagSpelling, tag_key
from reader.storage.sqlite.marks.store import MarkStore

# Few of each, so that they collide.
IDS = st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63)])
TAGS = st.sampled_from(["AI", "ai", "Straße", "STRASSE", "日本", "x'y", "a b", "Ǆ"])
TIMES = st.sampled_from([0, 1, 2, 1_763_717_400_123, LATEST])
NAMES = st.sampled_from([READ, STARRED]) | TAGS.map(lambda text: TAG + tag_key(text))
SPELLINGS = st.builds(lambda text, at: (tag_key(text), TagSpelling(at, text)), TAGS, TIMES)
MARKS = st.builds(
    MarkSet,
    st.dictionaries(st.tuples(IDS, NAMES), st.builds(Mark, TIMES, st.booleans()), max_size=12),
    st.lists(SPELLINGS, max_size=4).map(dict),
    st.dictionaries(
        st.tuples(st.sampled_from(["view", "search"]), st.sampled_from(["AI", "日 本"])),
        st.builds(NamedItem, TIMES, st.sampled_from(["", "0", "[1.5,null]", '{"a":"\\u0001é","b":{}}'])),
        max_size=3,
    ),
)


def open_marks(path: Path) -> MarkStore:
    """Open a marks file that is in order, or does not exist."""
    state, notice = MarkStore.open(path)
    assert notice == ""
    return state


def content_of(state: MarkStore) -> MarkSet:
    """Return everything that a store contains."""
    from reader.storage.sqlite.marks.merge import to_mark_set

    return to_mark_set(state.entries())


def hex_id(number: int) -> str:
    """Return the article id for a number."""
    return number.to_bytes(8, "big", signed=True).hex()
