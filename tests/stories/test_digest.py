"""Digests: what the sources of a story say in common, and alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.stories.digest import Excerpt, digest, split_sentences
from reader.stories.model import Story


def _story(count: int) -> Story:
    return Story("0" * 16, "T", tuple(range(count)), None, None, count, None, 1.0)


def _marks(*texts: str) -> dict[str, str]:
    excerpts = [Excerpt(n, f"S{n}", None, "", text) for n, text in enumerate(texts)]
    found = digest(_story(len(texts)), excerpts)
    assert [part.rowid for part in found.parts] == [*range(len(texts))]
    return {sentence.text: sentence.kind for part in found.parts for sentence in part.sentences}


def test_sentences_are_common_if_most_sources_say_the_same_and_only_if_no_other_does() -> None:
    dam, operator, talks = "The Orsk dam burst.", "Hydrosk skipped inspections.", "Talks on tariffs resume in Lyon."
    marks = _marks(f"{dam} {operator}", "Dam at Orsk has burst.", f"Burst of the Orsk dam. {talks}", operator, "Rain.")
    assert marks[dam] == "common"
    assert marks[operator] == ""
    assert marks[talks] == marks["Rain."] == "only"


def test_what_is_common_is_not_said_twice_and_a_source_is_there_once() -> None:
    excerpts = [Excerpt(n, "ABA"[n], None, "", "The Orsk dam burst above Velmora.") for n in range(3)]
    found = digest(_story(3), excerpts)
    assert found.common == ("The Orsk dam burst above Velmora.",)
    assert [part.source for part in found.parts] == ["A", "B"]


def test_a_source_is_there_with_its_first_excerpt_that_says_something() -> None:
    found = digest(_story(2), [Excerpt(0, "A", None, "", ""), Excerpt(1, "A", None, "", "Rain.")])
    assert [part.rowid for part in found.parts] == [1]
    assert [sentence.kind for sentence in found.parts[0].sentences] == [""]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! “Three?” Four", ["One.", "Two!", "“Three?”", "Four"]),
        ("Prices rose 3.5 percent to $1.2 bn. Then fell.", ["Prices rose 3.5 percent to $1.2 bn.", "Then fell."]),
        ("The U.S. House heard Dr. Ode. It left.", ["The U.S. House heard Dr. Ode.", "It left."]),
        ("法院裁定。公司上诉。", ["法院裁定。", "公司上诉。"]),
        ("Line\nbreak", ["Line", "break"]),
        ("", []),
    ],
)
def test_sentences_are_split(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_any_text_has_a_digest_that_loses_no_sentence(texts: list[str]) -> None:
    excerpts = [Excerpt(n, f"S{n}", None, "t", text) for n, text in enumerate(texts)]
    found = digest(_story(len(texts)), excerpts)
    assert [[each.text for each in part.sentences] for part in found.parts] == [split_sentences(text) for text in texts]
