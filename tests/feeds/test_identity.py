"""Which entry is which known one: every complaint of research/feeds.md about entries that came back, or never came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reader.feeds.entries.identity import KnownEntry, keys_of, match_entries, same_in_feed, title_key
from reader.feeds.model import FeedEntry

DAY = datetime(2026, 5, 4, 12, tzinfo=UTC)


def entry(number: int, **changes: object) -> FeedEntry:
    made = FeedEntry(
        id=f"tag:a.example,{number}",
        title=f"News {number}",
        url=f"https://a.example/{number}",
        published=DAY + timedelta(hours=number),
        published_text=(DAY + timedelta(hours=number)).isoformat(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def known(entries: Sequence[FeedEntry]) -> list[KnownEntry]:
    return [KnownEntry(n, keys_of(each), title_key(each), each.published) for n, each in enumerate(entries, 1)]


def numbers(now: Sequence[FeedEntry], before: Sequence[FeedEntry]) -> list[int | None]:
    return match_entries(now, known(before))


FIVE = [entry(n) for n in range(1, 6)]
ALL = [1, 2, 3, 4, 5]


def test_guids_change_from_http_to_https() -> None:
    before = [replace(each, id=each.url.replace("https", "http"), url="") for each in FIVE]
    assert numbers([replace(each, id=each.url, url="") for each in FIVE], before) == ALL


def test_links_change_from_http_to_https_and_get_tracking_parameters() -> None:
    now = [replace(each, id="", url=f"http{each.url[5:]}?utm_source=rss") for each in FIVE]
    assert numbers(now, [replace(each, id="") for each in FIVE]) == ALL


def test_entries_without_guid_that_share_a_link_are_told_apart() -> None:
    shared = [replace(each, id="", url="https://a.example/menu") for each in FIVE]
    assert same_in_feed(shared) == [0, 1, 2, 3, 4]
    assert numbers(shared, shared[:4]) == [1, 2, 3, 4, None]


def test_entries_that_link_to_the_home_page_are_told_apart() -> None:
    home = [replace(each, url="https://a.example/") for each in FIVE]
    assert numbers(home[4:], home[:4]) == [None]
    assert numbers(home, home) == ALL


def test_guids_that_are_not_unique_tell_nothing() -> None:
    same = [replace(each, id="1") for each in FIVE]
    assert numbers(same, same[:3]) == [1, 2, 3, None, None]
    assert numbers([same[4]], [same[0]]) == [None], "one entry at a time, always with the same guid"


def test_medium_flips_between_guid_and_link() -> None:
    as_id = [replace(each, id=f"https://medium.example/p/{n}") for n, each in enumerate(FIVE)]
    as_link = [replace(each, id=each.url) for each in FIVE]
    assert numbers(as_link, as_id) == ALL
    assert numbers(as_id, as_link) == ALL


def test_the_guid_becomes_the_link_and_the_link_changes() -> None:
    now = [replace(each, url=f"{each.url}-new-slug", id=each.url) for each in FIVE]
    assert numbers(now, FIVE) == ALL


def test_wordpress_rewrites_guids_or_links() -> None:
    assert numbers([replace(each, id=f"https://b.example/?p={n}") for n, each in enumerate(FIVE)], FIVE) == ALL
    assert numbers([replace(each, url=f"https://b.example/x/{n}") for n, each in enumerate(FIVE)], FIVE) == ALL


def test_a_whole_feed_is_rewritten() -> None:
    now = [replace(each, id=f"new-{n}", url=f"https://new.example/{n}") for n, each in enumerate(FIVE)]
    assert numbers([entry(9, id="new", url="https://new.example/9"), *now], FIVE) == [None, *ALL]


def test_a_whole_feed_without_dates_is_rewritten() -> None:
    before = [replace(each, published=None) for each in FIVE]
    now = [replace(each, id=f"n{n}", url=f"https://new.example/{n}") for n, each in enumerate(before)]
    assert numbers(now, before) == ALL


def test_an_equal_title_alone_is_no_identity() -> None:
    before = [entry(1, title="Daily briefing"), entry(2)]
    assert numbers([entry(3, title="Daily briefing")], before) == [None]


def test_entries_with_neither_guid_nor_link_are_known_by_date_and_text() -> None:
    bare = [replace(each, id="", url="") for each in FIVE]
    assert numbers(bare, bare[:4]) == [1, 2, 3, 4, None]
    untitled = [replace(each, title="", published=None, published_text="", excerpt=f"Text {each.id}") for each in bare]
    assert numbers(untitled, []) == [None] * 5
    said = [replace(each, excerpt=f"Said {n}") for n, each in enumerate(untitled)]
    assert numbers(said, said[:4]) == [1, 2, 3, 4, None]


def test_an_edited_title_or_date_is_the_same_entry() -> None:
    assert numbers([replace(each, title=f"{each.title} (updated)") for each in FIVE], FIVE) == ALL
    later = [replace(each, title="Other", published=DAY + timedelta(days=30)) for each in FIVE]
    assert numbers(later, FIVE) == ALL


def test_an_entry_that_a_feed_repeats_is_one() -> None:
    assert same_in_feed([FIVE[0], FIVE[1], replace(FIVE[0], title="Again")]) == [0, 1, 0]


def test_two_known_entries_are_never_the_same_one() -> None:
    now = [FIVE[0], replace(FIVE[1], url=FIVE[0].url)]
    assert numbers(now, FIVE[:2]) == [1, 2]


ids = st.sampled_from(["", "1", "2", "https://a.example/1", "tag:x"])
links = st.sampled_from(
    ["", "https://a.example/", "https://a.example/1", "http://a.example/1?utm_source=x", "https://b.example/2"]
)
moments = st.sampled_from([None, DAY, DAY + timedelta(days=1)])
any_entries = st.lists(
    st.builds(
        lambda id_, title, url, when: FeedEntry(
            id=id_, title=title, url=url, published=when, published_text=when.isoformat() if when else ""
        ),
        ids, st.sampled_from(["", "A", "B", "C"]), links, moments,
    ),
    max_size=8,
)  # fmt: skip


@given(any_entries)
def test_a_feed_that_does_not_change_has_nothing_new(entries: list[FeedEntry]) -> None:
    firsts = same_in_feed(entries)
    stored = [each for index, each in enumerate(entries) if firsts[index] == index]
    assert None not in numbers(stored, stored)


@given(
    st.lists(st.sampled_from(FIVE), unique_by=lambda each: each.id),
    st.lists(st.sampled_from(FIVE), unique_by=lambda each: each.id),
)
def test_only_what_is_new_is_new(before: list[FeedEntry], now: list[FeedEntry]) -> None:
    found = numbers(now, before)
    assert [before[number - 1] if number else None for number in found] == [
        each if each in before else None for each in now
    ]
