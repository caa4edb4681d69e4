"""The lines of the sidebar."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.tui.widgets.sidebar.sections import INITIAL_ENTRIES, MANY_FEEDS, SidebarLine, SidebarTree
from reader.tui.widgets.sidebar.selection import EntryKind, SidebarChoice

TOPICS = [SidebarLine("entry", "topic", f"Topic {n}", 100 - n) for n in range(12)]
SOURCES = [SidebarLine("entry", "source", "The Star", 3), SidebarLine("entry", "source", "Star News", 1)]


def shown(tree: SidebarTree) -> list[str]:
    signs = {"entry": "  ", "head": "", "more": "  ", "note": "  ", "gap": ""}
    return [signs[line.what] + line.text for line in tree.lines]


@pytest.fixture
def tree() -> SidebarTree:
    tree = SidebarTree()
    tree.set({"topic": TOPICS, "source": SOURCES, "tag": []})
    return tree


def test_empty_sections_are_left_out(tree: SidebarTree) -> None:
    assert shown(tree) == [
        "  All",
        "  Unread",
        "  Starred",
        "  Today",
        "  Since last time",
        "Saved views",
        "  none yet; w saves one",
        "Topics",
        *(f"  Topic {n}" for n in range(INITIAL_ENTRIES)),
        "  … 5 more",
        "Sources",
        "  The Star",
        "  Star News",
    ]
    assert tree.lines[7] == SidebarLine("head", "topic", "Topics", 12)
    assert tree.lines[8] == SidebarLine("entry", "topic", "Topic 0", 100)
    assert (tree.lines[8].choices, tree.lines[7].choices) == ((SidebarChoice("topic", "Topic 0"),), ())


def test_a_section_can_show_all_its_entries(tree: SidebarTree) -> None:
    tree.show_all("topic")
    assert "  Topic 11" in shown(tree)
    assert "  … 5 more" not in shown(tree)
    tree.set({"topic": TOPICS[: INITIAL_ENTRIES + 1]})
    tree.fold("topic")
    tree.fold("topic", folded=False)
    assert shown(tree)[8 : 9 + INITIAL_ENTRIES] == [f"  Topic {n}" for n in range(INITIAL_ENTRIES + 1)]


def test_sections_fold(tree: SidebarTree) -> None:
    assert tree.fold("topic")
    assert not tree.fold("topic")
    assert tree.folded == {"topic"}
    assert shown(tree)[7:9] == ["Topics", "Sources"]
    assert not tree.fold("usual")
    assert tree.fold("topic", folded=False)
    assert not tree.fold("topic", folded=False)


def _feeds(number: int) -> list[SidebarLine]:
    groups = [SidebarLine("entry", "feed", "G", id="feed/G", group="feed/G")]
    return groups + [SidebarLine("entry", "feed", f"Feed {n}", id=str(n), group="feed/G") for n in range(number)]


def test_groups_of_feeds_fold(tree: SidebarTree) -> None:
    tree.set({"feed": [*_feeds(2), SidebarLine("entry", "feed", "Own", id="x")]})
    assert shown(tree)[7:12] == ["Feeds", "  G", "  Feed 0", "  Feed 1", "  Own"]
    assert tree.lines[7].articles == 3, "groups are no feeds"
    feed = tree.lines[9]
    assert tree.fold(tree.part_of(feed, folded=True))
    assert shown(tree)[7:10] == ["Feeds", "  G", "  Own"]
    assert tree.part_of(feed, folded=True) == "feed", "then the section"
    tree.filter_by("feed 1")
    assert shown(tree) == ["Feeds", "  G", "  Feed 1"], "with its group"
    assert [tree.matches(line) for line in tree.lines] == [False, False, True]
    tree.filter_by("g")
    assert shown(tree) == ["Feeds", "  G", "  Feed 0", "  Feed 1"], "a group with its feeds"
    tree.filter_by("")
    assert tree.fold(tree.part_of(tree.lines[8], folded=False), folded=False)
    assert not tree.folded - {"open feed/G"}
    assert shown(tree)[9] == "  Feed 0"


def test_a_renamed_group_is_found_with_the_groups_in_it(tree: SidebarTree) -> None:
    def lines_of(name: str) -> list[SidebarLine]:
        ids = f"feed/{name}", f"feed/{name}/B"
        return [SidebarLine("entry", "feed", id=id_, group=group) for group in ids for id_ in (group, group[-1])]

    before, now = lines_of("AA"), lines_of("CA")
    tree.set({"feed": before})
    keys = [tree.renamed(line, now) for line in before]
    assert keys == [("entry", "feed", "feed/CA"), None, ("entry", "feed", "feed/CA/B"), None]
    assert [tree.renamed(line, []) for line in before] == [None] * 4


def test_groups_of_many_feeds_are_folded_until_they_are_unfolded(tree: SidebarTree) -> None:
    tree.set({"feed": _feeds(MANY_FEEDS + 5)})
    assert shown(tree)[7:10] == ["Feeds", "  G", "Topics"]
    tree.fold("feed/G", folded=False)
    assert shown(tree)[9] == "  Feed 0"
    assert "  … 6 more" in shown(tree)
    again = SidebarTree()
    again.folded = set(tree.folded)
    again.set({"feed": _feeds(MANY_FEEDS + 5)})
    assert shown(again)[9] == "  Feed 0"


def test_a_filter_shows_matches_in_folded_sections(tree: SidebarTree) -> None:
    tree.fold("source")
    tree.filter_by("sTAR")
    assert shown(tree) == ["  Starred", "Sources", "  The Star", "  Star News"]
    assert tree.lines[1].articles == 2
    tree.filter_by("topic 1")
    assert shown(tree) == ["Topics", "  Topic 1", "  Topic 10", "  Topic 11"]
    tree.set({"topic": TOPICS[1:2]})
    assert shown(tree) == ["Topics", "  Topic 1"]
    tree.filter_by("nothing")
    assert (len(tree.lines), shown(tree), tree.step(0, 1)) == (1, ["  no matches; Esc shows all"], 0)
    tree.filter_by("")
    assert "  All" in shown(tree)


def test_blank_lines_between_sections_are_skipped(tree: SidebarTree) -> None:
    tree.set_spaced(spaced=True)
    assert shown(tree)[4:7] == ["  Since last time", "", "Saved views"]
    assert tree.step(4, 1) == 6
    assert tree.step(6, -1) == 4
    assert tree.step(0, 5) == 6
    assert tree.step(0, -1) == 0
    assert tree.step(0, 1000) == len(tree.lines) - 1


def test_a_hundred_thousand_sources_are_fast() -> None:
    tree = SidebarTree()
    entries = [SidebarLine("entry", "source", f"Source {n}", n) for n in range(100_000)]

    def seconds() -> float:
        began = time.process_time()
        tree.set({"source": entries})
        tree.show_all("source")
        assert [tree.lines[at].text for at in range(50_000, 50_050)]
        return time.process_time() - began

    assert min(seconds() for _ in range(5)) < 0.03  # the machine may be busy
    assert tree.lines[-1].text == "Source 99999"


kinds = st.sampled_from(["view", "topic", "source", "type", "tag", "folder"])
entries = st.lists(st.tuples(st.text("ab", min_size=1, max_size=3), st.none() | st.integers(0, 9)), max_size=12)
steps = st.one_of(
    st.tuples(st.just("set"), kinds, entries.map(lambda each: [*dict(each).items()])),
    st.tuples(st.just("fold"), kinds, st.booleans()),
    st.tuples(st.just("whole"), kinds, st.none()),
    st.tuples(st.just("filter"), st.just("topic"), st.sampled_from(["", "a", "ab", "bb"])),
    st.tuples(st.just("airy"), st.just("topic"), st.booleans()),
)


@given(st.lists(steps, max_size=12))
def test_every_line_is_unique_and_findable(done: list[tuple[str, EntryKind, object]]) -> None:
    tree = SidebarTree()
    for what, kind, value in done:
        match what, value:
            case "set", list():
                tree.set({kind: [SidebarLine("entry", kind, *each) for each in value]})
            case "fold", bool():
                tree.fold(kind, folded=value)
            case "filter", str():
                tree.filter_by(value)
            case "airy", bool():
                tree.set_spaced(spaced=value)
            case _:
                tree.show_all(kind)
        lines = tree.lines
        keys = [line.key for line in lines if line.what != "gap"]
        assert len(set(keys)) == len(keys)
        assert [lines[tree.find(key) or 0].key for key in keys] == keys
        if tree.filter:
            assert all(tree.filter in line.text.casefold() for line in lines if line.what == "entry")
        for at in range(len(tree.lines)):
            assert lines[tree.step(at, 1)].what != "gap"
            assert lines[tree.step(at, -1)].what != "gap"
