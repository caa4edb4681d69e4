"""The words by which a text is searched."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.tokenize import fold_case, is_single_character, spaced_body_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nouvelles règles pour l'Éléphant", ["nouvelles", "regles", "pour", "l", "elephant"]),
        ("L’été –\xa0“C#”, •C++—…", ["l", "ete", "c", "ⵌ", "c", "ᐩᐩ"]),
        ("state-owned, C++ & 5G_x", ["state", "owned", "c", "ᐩᐩ", "5g", "x"]),
        ("人脸识别", ["人", "脸", "识", "别"]),
        ("2021年の iPhone", ["2021", "年", "の", "iphone"]),
        ("が ガ カ", ["が", "ガ", "カ"]),  # two letters, not one with an accent
        ("ｶﾞ ﬁnance m²", ["ガ", "finance", "m2"]),
        ("한국어", ["한", "국", "어"]),
        ("İstanbul ISTANBUL ıstanbul", ["istanbul"] * 3),
        ("Straße Ærø Łódź", ["strasse", "aero", "lodz"]),
        ("हिन्दी में", ["हिन्दी", "में"]),  # marks that are letters
        ("مُحَمَّد", ["محمد"]),
        ("ΟΔΟΣ οδός", ["οδοσ", "οδοσ"]),
        ("  \t…!?👍 ", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_thai_marks_distinguish_words() -> None:
    assert words("มา") != words("ม้า")
    assert len(words("ไทย")) == 3


_characters = st.characters() | st.sampled_from("áÁáßẞΣςがか゛ﾞ한ᄀกำि्中\u0345\u0130_-'\" \n")
_signs = st.text(st.sampled_from("cC0#+.netNET #＃﹟＋⁺．․…ª²ⅽﬁßŉǰ\u0301\u030c\u0338ℂⓝé\u1e9e"), max_size=12)
"""Names with signs, and characters whose other forms are signs or letters beside them."""
_texts = st.text(_characters, max_size=30) | _signs


@given(_texts)
def test_words_of_words_are_the_same(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found


@given(_texts)
def test_case_and_composition_do_not_matter(text: str) -> None:
    import unicodedata

    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert words(unicodedata.normalize(form, text)) == words(text)
    assert words(text.casefold()) == words(text)
    assert fold_case(text.casefold()) == fold_case(text)


@given(_texts)
def test_words_contain_no_fts_operators(text: str) -> None:
    for word in words(text):
        assert not any(char.isspace() or char in "\"'*+-^:(){},.\0" for char in word)
        assert all(char.isalnum() for char in word if char.isascii())


@given(_texts, _texts)
def test_joined_texts_have_the_words_of_both(one: str, other: str) -> None:
    assert words(f"{one} {other}") == words(one) + words(other)


def test_single_character_words() -> None:
    assert is_single_character("脸")
    assert not is_single_character("a")
    assert not is_single_character("ab")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>Hel<b>lo</b> you &amp; me</p><p>two</p>", "hello you me two"),
        ("one<br>two<!-- three\n-->four<script>var five</script>six", "one two four six"),
        ('[text](https://x.example/a_(b) "title") ![alt](pic.png) end', "text alt end"),
        ("[text][1]\n\n[1]: https://x.example/\nend", "text 1 end"),
        ("a < b and c > d", "a b and c d"),
        ("<style>p {}", ""),
        ("**bo**ld *it*", "bo ld it"),
    ],
)
def test_words_of_a_body(body: str, expected: str) -> None:
    assert spaced_body_words(body).split() == expected.split()


@pytest.mark.parametrize("piece", ["<!--", "<script", "<a ", "](", "](a(", "[", "\n[a", "<style>", "<b", "](<"])
def test_tokenizing_a_body_takes_linear_time(piece: str) -> None:
    begin = time.process_time()
    spaced_body_words(piece * 100_000)
    assert time.process_time() - begin < 5  # quadratic time would be minutes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++", "c ᐩᐩ"),
        ("C#, F# and c++20", "c ⵌ f ⵌ and c ᐩᐩ 20"),
        (".NET and ASP.NET", "ꓸ net and asp net"),
        ("node.js", "node js"),
        ("example.net/page#part", "example net page part"),
        ("1 + 1 ++ #tag", "1 1 tag"),
        ("Ｃ＋＋ C＃ ．ＮＥＴ", "c ᐩᐩ c ⵌ ꓸ net"),
        ("0#ª C#é .neť", "0 a c e ꓸ net"),
    ],
)
def test_signs_of_names_are_words(text: str, expected: str) -> None:
    assert words(text) == expected.split()
    assert words(" ".join(words(text))) == words(text)


def test_a_nukta_does_not_count() -> None:
    assert words("क़लम ज़मीन") == words("कलम जमीन") == words("क\u093cलम ज\u093cमीन")
