"""For any bytes: an Article or a Problem, never an exception, and nothing that a terminal would execute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from reader.core.model import Row
from reader.core.text import clean, clean_block
from reader.documents.parse import parse_document
from reader.export.records import article_record

_SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parents[2] / "seeds").iterdir())]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, (tuple, list)):
        for inner in value:
            yield from _strings(inner)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _strings(getattr(value, field.name))


def _assert_sound(path: bytes, data: bytes) -> None:
    parsed = parse_document(path, data)
    for problem in parsed.problems:
        assert 1 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 1
        assert all(text == clean(text) for text in _strings(problem))
    article = parsed.article
    assert article.title
    assert all(text == clean_block(text) for text in _strings(article))
    one_line = (article.path, article.title, article.category, article.type, article.topics, article.provider)
    assert all(text == clean(text) for text in _strings((one_line, article.links, article.images)))
    for related in article.related:
        assert related.title
        assert all(text == clean(text) for text in _strings((related.title, related.type, related.provider)))
    article_record(article, Row(7, "0" * 16, article.path, "", "", None, article.links, "", None, None, "", "", ()))


_PATHS = st.sampled_from([b"a.md", b"b.yaml", b"c.html", b"sub/caf\xe9\x1b\n.txt"])
_NAMES = (
    "title name excerpt category type publishedDateTime published originalUrl webUrl quality heat provider domain "
    "authors topics images url width related secured extra <<"
)
_WORDS = (
    "39 -1 1e999 .nan ~ yes 2021-07-28T12:38:00Z http://a.example/ javascript:x [a,{b:c}] {name:x} - '--- \"\\e\\ud83d "
    "|- > &a *a !!binary !x # [ { ] \x85 \u2028 &#27; &amp;amp; AAAA;AA=="
)
_VALUES = st.sampled_from(_WORDS.split(" ")) | st.text(max_size=8)
_LINES = st.builds(
    lambda indent, dash, name, colon, value: f"{'  ' * indent}{dash}{name}{colon}{value}",
    st.integers(min_value=0, max_value=3),
    st.sampled_from(["", "", "- "]),
    st.sampled_from(_NAMES.split()),
    st.sampled_from([": ", ":\n", " = ", ": '", ': "']),
    _VALUES,
)
_DOCUMENTS = st.builds(
    lambda mark, lines, end, body: "\n".join([mark, *lines, end, body]),
    st.sampled_from(["---", "+++", "", "\ufeff---"]),
    st.lists(_LINES | st.sampled_from(["---", "...", "+++"]), max_size=10),
    st.sampled_from(["---", "...", "+++", ""]),
    st.text(max_size=30),
)


@given(_PATHS, st.binary(max_size=200) | st.builds(b"---\n%b\n---\n".__mod__, st.binary(max_size=200)))
@example(b"a.md", b"+++\nx = 0x" + b"f" * 5000 + b"\n+++\n")
@example(b"b.yaml", b"{")
@example(b"a.md", b"\xff\xfe-")
@example(b"a.md", b'---\ntitle: "&#' + b"1" * 5000 + b';"\n---\n')
def test_any_bytes_are_an_article_or_a_problem(path: bytes, data: bytes) -> None:
    _assert_sound(path, data)


@given(_PATHS, _DOCUMENTS)
@example(b"a.md", "---\ntitle: ' \u3000👩\u200d\u3000'\n---\n")
@example("\u0390\u0301\u0301\u0301\u0301.md".encode(), "---\nx: 1\n---\n")
def test_any_text_that_looks_like_a_document_is_an_article_or_a_problem(path: bytes, text: str) -> None:
    _assert_sound(path, text.encode("utf-8", "replace"))


@given(
    _PATHS,
    st.sampled_from(_SEEDS),
    st.lists(st.tuples(st.integers(min_value=0, max_value=3500), st.integers(0, 9), st.binary(max_size=6)), max_size=6),
)
def test_any_change_to_a_seed_leaves_an_article_or_a_problem(
    path: bytes, data: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    for at, length, new in changes:
        data = data[:at] + new + data[at + length :]
    _assert_sound(path, data)
