from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from reader.core import text
from reader.core.text import format_count, format_list, unescape

# Characters with special treatment, so that random text contains them often.
_ODD = (
    "\x1b\x07\x08\x7f\x9b\x85\u2028\r\n\t\v \u3000\u00a0\u200b\u200c\u200d\u200e\u202e\u2066\u2069\ufeff\ufe0f\ufe0e"
    "\u00ad\u0301\u0302\u064b\u0e31\u20e3مبคक्👩🏽👨❤🇩🇪日한\ud800\ufffe\U000e0041\U0001f3ff"
)
_TEXTS = st.lists(st.sampled_from(_ODD) | st.characters(), max_size=40).map("".join)
_JOINERS = "\u200c\u200d"
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _harmful(shown: str) -> list[str]:
    return [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in _BIDI]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain", "plain"),
        ("  two\t words\r\n ", "two words"),
        ("\x1b]52;c;cm0gLXJmIH4=\x07title", "]52;c;cm0gLXJmIH4=title"),
        ("\x9b31mred", "31mred"),
        ("one\u2028two\x85three\x1cfour", "one two three four"),
        ("evil\u202etxt.exe\u2069", "eviltxt.exe"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("lone \ud800 non\ufffecharacter \U0010ffff", "lone \ufffd non\ufffdcharacter \ufffd"),
        ("[@click=app.quit]x[/nope]", "[@click=app.quit]x[/nope]"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("la\u200ctin\u200d", "latin"),
        ("👩\u200d🚀 ❤\ufe0f\u200d🔥", "👩\u200d🚀 ❤\ufe0f\u200d🔥"),
        ("👩\u200d\u3000", "👩"),
        ("Z" + "\u0301" * 50 + "algo", "Z" + "\u0301" * 4 + "algo"),
        ("Z" + "\u0301\u200c" * 50 + "algo", "Z" + "\u0301" * 4 + "algo"),
    ],
)
def test_clean_keeps_text_and_removes_control_characters(raw: str, expected: str) -> None:
    assert text.clean(raw) == expected


def test_clean_block_keeps_lines_tabs_and_indents() -> None:
    assert text.clean_block("a\r\n\tb\r  c\u2028d\x1b[2J\ve") == "a\n\tb\n  c\nd[2J\ne"


@given(_TEXTS)
@example("م" + "\u0301" * 4 + "\u064b\u200cم")
@example("👩\u200d\u3000")
@example("a\u0301\u0301\u0301\u0301\u200c\u0301")
def test_cleaning_is_idempotent_and_leaves_no_control_characters(raw: str) -> None:
    line, block = text.clean(raw), text.clean_block(raw)
    assert text.clean(line) == line == text.clean_block(line)
    assert text.clean_block(block) == block
    assert _harmful(line) == []
    assert set(_harmful(block)) <= {"\n", "\t"}
    line.encode()


def test_cleaning_a_megabyte_of_joiners_or_marks_takes_linear_time() -> None:
    assert text.clean("a" + _JOINERS * 500_000 + "b") == "ab"
    assert text.clean("a" + "\u0301\u200d" * 500_000) == "a" + "\u0301" * 4


@pytest.mark.parametrize(
    ("path", "shown"),
    [(b"a/b.md", "a/b.md"), (b"caf\xe9\x1b[2J\n.md", "caf\ufffd[2J .md"), (os.fsdecode(b"\xff.md"), "\ufffd.md")],
)
def test_a_path_is_shown_as_one_safe_line(path: str | bytes, shown: str) -> None:
    assert text.show_path(path) == shown


@pytest.mark.parametrize(
    ("raw", "drawn"),
    [
        ("plain", "plain"),
        ("日本 العربية", "日本 العربية"),
        ("👩\u200d👩\u200d👧 family", "👩👩👧 family"),
        ("👩🏽\u200d🔬 and 🏳\ufe0f\u200d🌈", "👩🔬 and 🏳🌈"),
        ("👍🏽 1\ufe0f\u20e3", "👍 (1)"),
        ("Dial #\ufe0f\u20e32\ufe0f\u20e31\u20e3.", "Dial (#)(2)(1)."),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_stable_width_removes_what_terminals_disagree_about(raw: str, drawn: str) -> None:
    assert text.stable_width(raw) == drawn


@pytest.mark.parametrize(
    ("raw", "cells", "shown"),
    [
        ("short", 10, "short"),
        ("a longer title", 8, "a longe…"),
        ("a longer title", 3, "a…"),
        ("日本語の新聞", 5, "日本…"),
        ("日本語の新聞", 6, "日本…"),
        ("cafe\u0301s und mehr", 5, "cafe\u0301…"),
        ("จดจำใบหน้า", 4, "จด…"),
        ("จดจำใบหน้า", 5, "จดจำ…"),
        ("x" * 100_000, 4, "xxx…"),
        ("anything", 1, "…"),
        ("anything", 0, ""),
        ("anything", -3, ""),
    ],
)
def test_truncate_cuts_between_grapheme_clusters(raw: str, cells: int, shown: str) -> None:
    assert text.truncate(raw, cells) == shown


@given(_TEXTS, st.integers(min_value=0, max_value=50), st.booleans())
@example("🇩🇪🇩", 3, False)
def test_fit_cells_returns_exactly_the_width(raw: str, cells: int, right: bool) -> None:
    title = text.clean(raw)
    cut, fitted = text.truncate(title, cells), text.fit_cells(title, cells, right=right)
    assert cell_len(cut) <= cells
    assert cell_len(fitted) == cells == text.cell_width(fitted)
    assert fitted == (fitted[: len(fitted) - len(cut)] + cut if right else cut + fitted[len(cut) :])


def test_fit_cells_can_align_right() -> None:
    assert text.fit_cells("39", 5, right=True) == "   39"
    assert text.fit_cells("39", 5) == "39   "


def test_format_count_uses_the_singular_for_one() -> None:
    assert [format_count(number, "article") for number in (0, 1, 5000)] == ["0 articles", "1 article", "5,000 articles"]


def test_the_last_word_of_a_list_follows_and() -> None:
    assert [format_list("abc"[:number]) for number in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_character_references_are_decoded_whatever_their_length() -> None:
    assert unescape("&amp;quot; &#65;&#x42; &nope; 5 < 6 & 7") == "&quot; AB &nope; 5 < 6 & 7"
    assert unescape("&#" + "1" * 100_000 + ";&#x" + "f" * 100_000) == "\ufffd\ufffd"


@given(st.text(st.characters(max_codepoint=0x7F)) | st.text(st.sampled_from("ab \x00\t\n\x7f~")))
def test_the_fast_path_for_ascii_equals_the_full_one(plain: str) -> None:
    # One character beyond ASCII, and the whole text takes the slow path.
    assert text.clean(plain) == text.clean(f"é {plain} é")[1:-1].strip()
    assert text.clean_block(plain) == text.clean_block(f"é{plain}é")[1:-1]


@given(_TEXTS)
def test_the_quick_check_covers_every_removed_character(any_text: str) -> None:
    # A removed character makes the rest be checked too.
    assert text.clean_block(any_text) == text.clean_block(any_text + "x\x1b").removesuffix("x")


@given(_TEXTS)
def test_a_clean_block_stays_as_it_is(any_text: str) -> None:
    if text.is_clean_block("".join(char for char in any_text if not (" " <= char <= "~" or char == "\n"))):
        assert text.clean_block(any_text) == any_text
