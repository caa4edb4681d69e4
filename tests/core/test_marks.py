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
from tests.storage.mark_helpers import MARKS, content_of


@given(MARKS, MARKS, MARKS)
def test_marks_are_merged_in_any_order_any_number_of_times(a: MarkSet, b: MarkSet, c: MarkSet) -> None:
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a.merged(a) == a
    assert a.merged(b).merged(b) == a.merged(b)


@given(MARKS, MARKS)
def test_the_store_merges_by_the_same_rule(a: MarkSet, b: MarkSet) -> None:
    with closing(MarkStore.in_memory()) as state:
        assert state.merge(a) == len(a.marks)
        assert content_of(state) == a
        before = state.version()
        taken = state.merge(b)
        merged = a.merged(b)
        assert content_of(state) == merged
        assert taken == sum(merged.marks[place] != a.marks.get(place) for place in merged.marks)
        assert (state.version() > before) == (merged != a)
        between = state.version()
        assert state.merge(b) == state.merge(a) == 0
        assert state.version() == between


def test_the_later_change_wins_and_setting_wins_a_tie() -> None:
    def one(at: int, *, value: bool) -> MarkSet:
        return MarkSet({(1, READ): Mark(at, value)})

    assert one(1, value=True).merged(one(2, value=False)) == one(2, value=False)
    assert one(2, value=False).merged(one(2, value=True)) == one(2, value=True)
    item_set = MarkSet(items={("view", "a"): NamedItem(3, "1")})
    assert item_set.merged(MarkSet(items={("view", "a"): NamedItem(3, "")})) == item_set
    assert item_set.merged(MarkSet(items={("view", "a"): NamedItem(4, "")})).items == {("view", "a"): NamedItem(4, "")}
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
        ("ß" * 51, "is longer than 100 characters"),  # 102 after case folding
    ],
)
def test_an_invalid_tag_is_explained_in_a_sentence(written: str, why: str) -> None:
    with pytest.raises(ReaderError, match=why) as caught:
        normalize_tag(written)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"), [("AI", "ai"), ("Straße", "STRASSE"), ("ÉTÉ", "e\u0301te\u0301"), ("Σίσυφος", "ΣΊΣΥΦΟΣ")]
)
def test_tags_are_compared_ignoring_case(one: str, other: str) -> None:
    assert tag_key(normalize_tag(one)) == tag_key(normalize_tag(other))


@given(st.text(max_size=30))
def test_normalizing_a_tag_is_idempotent(text: str) -> None:
    try:
        shown = normalize_tag(text)
    except ReaderError:
        return
    assert normalize_tag(shown) == shown == clean(shown) == unicodedata.normalize("NFC", shown)
    key = tag_key(shown)
    assert tag_key(key) == key
    assert is_valid_mark_name("#" + key)


@pytest.mark.no_cover  # many calls
def test_normalizing_any_letter_is_idempotent() -> None:
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        changes = letter.casefold() != letter or not unicodedata.is_normalized("NFKD", letter)
        if not changes and code % 64:  # a hundred thousand ideographs that nothing changes
            continue
        if unicodedata.category(letter)[0] == "L" and clean(letter):  # some letters are fillers
            key = tag_key(normalize_tag(letter))
            assert tag_key(normalize_tag(key)) == key


@pytest.mark.parametrize("what", ["", "#", "unread", "#AI", "# ai", "#a,b", "READ", "#\x1b"])
def test_other_mark_names_are_invalid(what: str) -> None:
    assert not is_valid_mark_name(what)


def test_a_step_is_described() -> None:
    shown = {"ai": "AI"}
    assert describe_marks([(READ, True, 12)], shown) == "Marked 12 articles read"
    assert describe_marks([(READ, False, 1), (STARRED, True, 1)], shown) == "Marked 1 article unread, starred 1 article"
    assert describe_marks([("#ai", True, 1000)], shown) == "Tagged 1,000 articles “AI”"
    assert describe_marks([("#ai", False, 2), ("#x", False, 1)], shown) == (
        "Removed the tag “AI” from 2 articles, removed the tag “x” from 1 article"
    )
    assert describe_marks([(f"#{n}", True, 1) for n in range(5)], {}).endswith("“2” and 2 more")


def test_a_change_is_later_than_the_previous_one_even_if_the_clock_was_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(MarkStore.in_memory()) as state:
        for now, read in ((5000, True), (3000, False), (5001, True), (LATEST, False), (LATEST, True)):
            monkeypatch.setattr("reader.storage.sqlite.marks.schema.timestamp", lambda now=now: now)
            state.mark(["0" * 16], MarkChange(read=read))
            at, value = content_of(state).marks[0, READ]
            assert value == read
        assert at == LATEST  # nothing is later than that
