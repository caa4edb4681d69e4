from __future__ import annotations

import sys
import unicodedata
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.core.marks import (
    LATEST,
    READ,
    STARRED,
    Mark,
    MarkChange,
    MarkSet,
    NamedItem,
    TagSpelling,
    describe_marks,
    is_valid_mark_name,
    normalize_tag,
    tag_key,
)
from reader.core.text import clean
from reader.storage.sqlite.marks.store import MarkStore
from tests.storage.mark_helpers import MARKS, held


@given(MARKS, MARKS, MARKS)
def test_marks_are_merged_in_any_order_and_as_often_as_one_likes(a: MarkSet, b: MarkSet, c: MarkSet) -> None:
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a.merged(a) == a
    assert a.merged(b).merged(b) == a.merged(b)


@given(MARKS, MARKS)
def test_a_file_merges_as_that_says(a: MarkSet, b: MarkSet) -> None:
    with closing(MarkStore.in_memory()) as state:
        assert state.merge(a) == len(a.marks)
        assert held(state) == a
        before = state.version()
        taken = state.merge(b)
        merged = a.merged(b)
        assert held(state) == merged
        assert taken == sum(merged.marks[place] != a.marks.get(place) for place in merged.marks)
        assert (state.version() > before) == (merged != a)
        between = state.version()
        assert state.merge(b) == state.merge(a) == 0
        assert state.version() == between


def test_the_later_change_holds_and_at_the_same_time_the_one_that_sets() -> None:
    def one(at: int, *, value: bool) -> MarkSet:
        return MarkSet({(1, READ): Mark(at, value)})

    assert one(1, value=True).merged(one(2, value=False)) == one(2, value=False)
    assert one(2, value=False).merged(one(2, value=True)) == one(2, value=True)
    thing = MarkSet(items={("view", "a"): NamedItem(3, "1")})
    assert thing.merged(MarkSet(items={("view", "a"): NamedItem(3, "")})) == thing
    assert thing.merged(MarkSet(items={("view", "a"): NamedItem(4, "")})).items == {("view", "a"): NamedItem(4, "")}
    first = MarkSet(spellings={"ai": TagSpelling(1, "AI")})
    assert first.merged(MarkSet(spellings={"ai": TagSpelling(2, "Ai")})) == first


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("AI", "AI"),
        ("  to\tread \n later ", "to read later"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("e\u0301te\u0301", "été"),
        ("a\u202eb\u200b", "ab"),
        ("O'Reilly “x”", "O'Reilly “x”"),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_tag_is_one_clean_line(written: str, shown: str) -> None:
    assert normalize_tag(written) == shown


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "A tag needs a name"),
        (" \t\n", "A tag needs a name"),
        ("\x1b\u200b\u202e", "A tag needs a name"),
        ("a,b", "contains a comma or a double quote"),
        ('say "a"', "contains a comma or a double quote"),
        ("x" * 101, "is longer than 100 characters"),
        ("ß" * 51, "is longer than 100 characters"),  # 102 when compared without regard to case
    ],
)
def test_what_can_be_no_tag_is_told_in_a_sentence(written: str, why: str) -> None:
    with pytest.raises(ReaderError, match=why) as caught:
        normalize_tag(written)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"), [("AI", "ai"), ("Straße", "STRASSE"), ("ÉTÉ", "e\u0301te\u0301"), ("Σίσυφος", "ΣΊΣΥΦΟΣ")]
)
def test_tags_are_compared_without_regard_to_case(one: str, other: str) -> None:
    assert tag_key(normalize_tag(one)) == tag_key(normalize_tag(other))


@given(st.text(max_size=30))
def test_a_tag_is_settled(text: str) -> None:
    try:
        shown = normalize_tag(text)
    except ReaderError:
        return
    assert normalize_tag(shown) == shown == clean(shown) == unicodedata.normalize("NFC", shown)
    key = tag_key(shown)
    assert tag_key(key) == key
    assert is_valid_mark_name("#" + key)


def test_every_letter_is_settled() -> None:
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "L" and clean(chr(code)):  # some letters are fillers
            key = tag_key(normalize_tag(chr(code)))
            assert tag_key(normalize_tag(key)) == key


@pytest.mark.parametrize("what", ["", "#", "unread", "#AI", "# ai", "#a,b", "READ", "#\x1b"])
def test_other_names_of_marks_are_not_ours(what: str) -> None:
    assert not is_valid_mark_name(what)


def test_a_step_is_put_into_words() -> None:
    shown = {"ai": "AI"}
    assert describe_marks([(READ, True, 12)], shown) == "Marked 12 articles read"
    assert describe_marks([(READ, False, 1), (STARRED, True, 1)], shown) == "Marked 1 article unread, starred 1 article"
    assert describe_marks([("#ai", True, 1000)], shown) == "Tagged 1,000 articles “AI”"
    assert describe_marks([("#ai", False, 2), ("#x", False, 1)], shown) == (
        "Removed the tag “AI” from 2 articles, removed the tag “x” from 1 article"
    )
    assert describe_marks([(f"#{n}", True, 1) for n in range(5)], {}).endswith("“2” and 2 more")


def test_a_change_is_later_than_what_it_changes_although_the_clock_was_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(MarkStore.in_memory()) as state:
        for now, read in ((5000, True), (3000, False), (5001, True), (LATEST, False), (LATEST, True)):
            monkeypatch.setattr("reader.storage.sqlite.marks.schema.timestamp", lambda now=now: now)
            state.mark(["0" * 16], MarkChange(read=read))
            at, value = held(state).marks[0, READ]
            assert value == read
        assert at == LATEST  # nothing is later than that
