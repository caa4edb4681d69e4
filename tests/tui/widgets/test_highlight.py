"""Where the words of a query are in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.tokenize import words
from reader.tui.widgets.text.highlight import Term, parse_term, pieces, spans


def found(text: str, *asked: str, prefix: bool = True) -> list[str]:
    terms = [made for each in asked if (made := parse_term(each, prefix=prefix)) is not None]
    return [piece for piece, is_found in pieces(text, spans(text, terms)) if is_found]


@pytest.mark.parametrize(
    ("text", "asked", "result"),
    [
        ("The Court rules, courts rule", "court", ["Court", "courts"]),
        ("Café au lait, cafés", "cafe", ["Café", "cafés"]),
        ("Cafe\u0301 au lait", "café", ["Cafe\u0301"]),
        ("中国最高法院就人脸识别作出司法解释", "人脸", ["人脸"]),
        ("state-owned and state run", "state-owned", ["state-owned"]),
        ("facial recognition, facial hair", "facial recog", ["facial recognition"]),
        ("STRASSE and Straße", "straße", ["STRASSE", "Straße"]),
        ("AI技术 and AI", "ai", ["AI", "AI"]),
        ("हिन्दी में समाचार", "हिन्दी", ["हिन्दी"]),
        ("C++ and C, c++20", "c++", ["C++", "c++"]),
        ("C# and F#, not #hashtag", "c#", ["C#"]),
        ("The .NET runtime, ASP.NET, dot net", ".net", [".NET"]),
        ("C++ was first", "c", ["C"]),
        ("naïve Ｃ＃ für die ﬁrma, C++", "c#", ["Ｃ＃"]),
        ("Æon: ½ of C++ code", "c++ code", ["C++ code"]),
        ("nothing of the kind", "court", []),
        ("", "court", []),
    ],
)
def test_words_match_as_in_the_index(text: str, asked: str, result: list[str]) -> None:
    assert found(text, asked) == result


def test_a_quoted_word_matches_whole_words() -> None:
    assert found("court courts", "court", prefix=False) == ["court"]


def test_text_without_words_matches_nothing() -> None:
    assert parse_term("…", prefix=True) is None


def test_overlapping_matches_are_merged() -> None:
    assert found("facial recognition", "facial recognition", "recognition") == ["facial recognition"]


@given(text=st.text(), asked=st.lists(st.text(min_size=1), max_size=3))
def test_pieces_cover_the_text_in_order(text: str, asked: list[str]) -> None:
    terms = [made for each in asked if (made := parse_term(each, prefix=True)) is not None]
    assert "".join(piece for piece, _ in pieces(text, spans(text, terms))) == text


@given(text=st.text(alphabet="aäé中人 -x\u0301ßกीकआ_c+#.＃", max_size=40) | st.sampled_from([".NET", "é .net.", "C#"]))
def test_every_word_of_a_text_matches_it(text: str) -> None:
    for word in words(text):
        assert spans(text, [Term((word,), prefix=False)])
