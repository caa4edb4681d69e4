"""The fast path to an index record and the full one: which documents take which, and that both agree."""

from __future__ import annotations

import importlib.util
import marshal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.core.marks import id_to_int
from reader.core.urls import article_id, url_key
from reader.documents.fast_record import fast_record, index_record
from reader.documents.files import MAX_BYTES
from reader.documents.header.nodes import LIST_LIMIT, MAX_HEADER
from reader.documents.index_record import IndexRecord, full_record, record_of_article
from reader.documents.parse import parse_document

_ROOT = Path(__file__).parents[2]
_SEEDS = [path.read_bytes() for path in sorted((_ROOT / "seeds").iterdir())]

# The kinds of headers that hubs write and the seeds lack.
_VIDEO = r"""---
title: "Intro, business value & demos"
excerpt: "He said \"no\", then C:\\temp; it&amp;#39;s 5 < 6"
originalUrl: https://www.example.com/watch?v=Pa-pYEkLH-U&utm_source=x
webUrl: http://example.com:80/a%2Fb#top
type: video
price: Free
length: PT16M2S
ratings:
  count: 3699
  average: 4.74777
publishedDateTime: 2019-11-05T21:17:02-07:00
quality: 4.5
heat: 59
published: true
removed: yes

featuredContent: "<iframe width=\"800\" src=\"https://www.example.com/embed/x\"></iframe>"

actions:
  - url: "https://example.com/a.msapp"
    type: "download"
    title: "Download"
  - url: /relative.zip

provider:
  name: Ámbito «nový» – 中国 👩‍⚖️
  domain: example.com
  images:
    - url: /assets/images/organizations/example.com-50x50.jpg
      width: 50
      height: 50
  authors:
    - name: chass
    - name: Reza Dorrni

levels:
  - Beginner

items:
  - videos/one-of-them
  - videos/another

topics:
  - Power Apps
  - 'AI Builder'
  - Power Apps

images:
  - url: https://i.example.com/vi/maxresdefault.jpg
    width: 1280
    height: 720
    isCached: true

secured: "AAAA;AAAAAAAAAAAAAAAAAAAAAA=="
---
<p>Not \x1b decoded.</p>
""".encode()

_LONG_WAY_ROUND = b"""---
provider:
  domain: example.com
  name: Name
  authors:
    - one
    - two
images:
  - height: 50
    url: /x.png
related:
  - webUrl: "https://EXAMPLE.com/b\xc3\xbccher"
    type: article
    provider:
      domain: d
      name: n
    title: Not in the usual order
    publishedDateTime: 2020-02-29
    images:
      - width: 3
        url: x
---
"""


@pytest.fixture(scope="module")
def corpus() -> list[bytes]:
    spec = importlib.util.spec_from_file_location("corpus", _ROOT / "benchmarks" / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [module.document(number, 300, 7).encode() for number in range(300)]


def _assert_fast(data: bytes, path: bytes = b"a.md") -> IndexRecord:
    found = fast_record(path, data)
    assert found is not None
    assert (found, ()) == full_record(path, data) == index_record(path, data)
    # Equality alone would accept 39.0 for 39 and True for 1.
    expected = full_record(path, data)[0]
    assert expected is not None
    assert [type(value) for value in found] == [type(value) for value in expected]
    return found


def _assert_same(path: bytes, data: bytes) -> None:
    found = fast_record(path, data)
    expected = full_record(path, data)
    if found is not None:
        assert (found, ()) == expected
    assert index_record(path, data) == expected


# --- real documents take the fast path ------------------------------------------------------


@pytest.mark.parametrize("data", [*_SEEDS, _VIDEO, _LONG_WAY_ROUND])
def test_real_documents_take_the_fast_path_and_are_correct(data: bytes) -> None:
    _assert_fast(data)


def test_the_corpus_takes_the_fast_path_and_is_correct(corpus: list[bytes]) -> None:
    for data in corpus:
        _assert_fast(data)


def test_a_record_has_the_values_of_the_document() -> None:
    found = _assert_fast(_VIDEO)
    assert found.excerpt == 'He said "no", then C:\\temp; it\'s 5 < 6'
    assert found.published_at == 1_573_013_822_000_000
    assert found.quality == 4.5
    assert found.topics == "Power Apps\nAI Builder"
    assert found.provider_name == "Ámbito «nový» – 中国 👩‍⚖️"
    assert found.url_keys == tuple(
        sorted(
            key
            for key in map(url_key, ("https://www.example.com/watch?v=Pa-pYEkLH-U", "http://example.com/a%2Fb"))
            if key is not None
        )
    )
    assert found.id == id_to_int(article_id("https://www.example.com/watch?v=Pa-pYEkLH-U", b""))


def test_a_record_survives_marshal() -> None:
    found = index_record(b"a.md", _SEEDS[0])
    assert found[0] is not None
    assert IndexRecord(*marshal.loads(marshal.dumps(tuple(found[0])))) == found[0]


def test_the_record_of_an_article_equals_that_of_its_document() -> None:
    article = parse_document(b"a.md", _SEEDS[1]).article
    assert article is not None
    assert record_of_article(article, b"a.md") == fast_record(b"a.md", _SEEDS[1])


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("title: 1.10", "title", "1.10"),
        ("title: no", "title", "no"),
        ("title: 017", "title", "017"),
        ("title: 12:30:45", "title", "12:30:45"),
        ("title: 2021-07-28", "title", "2021-07-28"),
        ("title: 'A \"word\"'", "title", 'A "word"'),
        ("title: null", "title", "A"),
        ("title: 'null'", "title", "null"),
        ("title: a:b, c#d [e] {f} - & * !", "title", "a:b, c#d [e] {f} - & * !"),
        ('title: "[[[[[[{{{{ # : - "', "title", "[[[[[[{{{{ # : -"),
        ('title: "  two\\n lines\\t"', "title", "two lines"),
        ("name: Someone", "title", "Someone"),
        ("title:\nname: Someone", "title", "Someone"),
        ("excerpt:", "excerpt", ""),
        ('excerpt: "a\\nb"', "excerpt", "a\nb"),
        ("quality: 39", "quality", 39),
        ("quality: 39.0", "quality", 39),
        ('quality: "39"', "quality", 39),
        ("quality: -2.5", "quality", -2.5),
        ("heat: -1", "heat", None),
        ("heat: 007", "heat", 7),
        ("publishedDateTime: 2021-07-28T12:38:00Z", "published_at", 1_627_475_880_000_000),
        ("publishedDateTime: 2020-02-29T00:00:00+05:30", "published_at", 1_582_914_600_000_000),
        ("publishedDateTime: 2021-07-28", "published_at", 1_627_430_400_000_000),
        ("publishedDateTime: 1969-12-31T23:59:59.5Z", "published_at", -500_000),
        ("publishedDateTime: null", "published_at", None),
        ("originalUrl: HTTPS://Example.com/é", "original_url", "https://example.com/%C3%A9"),
        ('originalUrl: " "', "original_url", ""),
        ("provider: Reuters", "provider_name", "Reuters"),
        ("provider: {}", "provider_name", ""),
        ("provider:", "provider_name", ""),
        ("topics: AI", "topics", "AI"),
        ("topics: []", "topics", ""),
        ("topics:\n  - null\n  - 'null'", "topics", "null"),
        ('topics: [AI, "Computer Vision" , null, "null",4.0]', "topics", "AI\nComputer Vision\nnull\n4.0"),
        ("levels: [ a-b, c ]", "topics", ""),
        ("topics:\n- AI\n- Law", "topics", "AI\nLaw"),
        ('topics:\n  - "an \\"AI\\""\n  - \'Law\'', "topics", 'an "AI"\nLaw'),
        ('images:\n  - url: /x.png\n    title: "a \\"b\\""', "topics", ""),
        ("related:\n  - webUrl: 'https://a.b/'\n    originalUrl: null", "link_keys", (url_key("https://a.b/"),)),
        ("images:\n- url: /x.png\n  width: 5", "topics", ""),
        ("related:\n- title: x\n  provider:\n    name: y\n- title: z", "topics", ""),
        ("related: []", "topics", ""),
        ("anything: {}", "topics", ""),
        ("secured:", "topics", ""),
        ("images: /a.png", "topics", ""),
    ],
)
def test_odd_but_valid_values_take_the_fast_path_and_are_correct(line: str, field: str, value: object) -> None:
    found = _assert_fast(f"---\n{line}\n---\n".encode())
    assert getattr(found, field) == value


@pytest.mark.parametrize("data", [*_SEEDS, _VIDEO])
def test_windows_line_ends_take_the_fast_path_and_are_correct(data: bytes) -> None:
    assert _assert_fast(data.replace(b"\n", b"\r\n")) == _assert_fast(data)


def test_a_document_may_end_with_its_header() -> None:
    assert _assert_fast(b"---\ntitle: x\n---").title == "x"
    assert fast_record(b"a.md", b"---\ntitle: x\n ---") is None


def test_only_the_bytes_of_a_body_are_checked() -> None:
    for body in (b"\x00\x1b \r\n---\n\ttitle: x", "é".encode() * 1000, b""):
        _assert_fast(b"---\ntitle: x\n---\n" + body)
    broken = b"---\ntitle: x\n---\n\n\xff"
    assert fast_record(b"a.md", broken) is None
    assert [line for line, _, _ in index_record(b"a.md", broken)[1]] == [5]


# --- unusual documents take the full path ---------------------------------------------------

_UNUSUAL_LINES = [
    "# a comment",
    "title: x # a comment",
    "title: &a x",
    "title: *a",
    "title: !!str 1",
    "<<: x",
    "title: [a]",
    "name: [a]",
    "excerpt: [a, b]",
    "provider: [a]",
    "topics: [a, b: c]",
    "topics: [a,, b]",
    "topics: [a, [b]]",
    "topics: ['a']",
    "topics: [a, ]",
    "title: [a]",
    "related: [a]",
    'topics: ["a, b"]',
    "x: {a: b}",
    "x: [[[[",
    "title: |\n  x",
    "title: >-\n  x",
    "title: x\n  y",
    'title: "x\n  y"',
    "title: 'it''s'",
    'title: "\\e"',
    'title: "\\x41"',
    'title: "\\u0041"',
    'title: "a" b',
    'title: "a',
    "title: a: b",
    "title: a:",
    "title: - a",
    "title: ~",
    "title:x",
    "title:  x",
    "title: x ",
    "title : x",
    '"title": x',
    "? title\n: x",
    "title:\tx",
    "\ttitle: x",
    "title: a\tb",
    " title: x",
    "title: x\r",
    "title: a\x0bb",
    "title: a\x7fb",
    "title: a\x85b",
    "title: a\x9bb",
    "title: a\u2028b",
    "title: a\u2029b",
    "title: a\ufeffb",
    "title: a\ufffeb",
    "title: x\ntitle: y",
    "topics:\n  - x\ntopics: y",
    "topics:\n- x\n  - y",
    "topics:\n  - x\n- y",
    "provider:\n- name: x",
    "topics:\n    - x",
    "topics:\n  - x\n\n  - y",
    "topics:\n  - - x",
    "topics:\n  - ",
    'topics:\n  - "x"y"',
    'related:\n  - title: "x"y"',
    'related:\n  - title: "x\n    excerpt: "',
    'related:\n  - title: "\n    excerpt: "y"',
    'images:\n  - url: "/x.png\n    title: "',
    'related:\n  - title: "\\e"',
    "topics:\n  - a: b",
    "topics:\n  a: b",
    "title:\n  - x",
    "title:\n  x: y",
    "title: []",
    "quality: high",
    "quality: 1e999",
    "heat: -5",
    "published: maybe",
    "publishedDateTime: soon",
    'publishedDateTime: ""',
    "publishedDateTime: 2021-02-29T00:00:00Z",
    "publishedDateTime: 2021-04-31T00:00:00Z",
    "originalUrl: javascript:x",
    "originalUrl: https://a..b/",
    "originalUrl: https://me:secret@a.example/",
    'secured: "A;AAAAAAAAAAAAAAAAAAAAAA=="',
    'secured: "AAAA;AAAA"',
    "related: x",
    "related: {}",
    "related:\n  - x",
    "related:\n  - title: x\n    title: y",
    'related:\n  - webUrl: https://a.example/x"\n    type: a',
    "related:\n  - title: x\n    provider:\n      name: x\n      name: y",
    "related:\n  - heat: -5",
    "related:\n  - quality: high",
    "related:\n  - publishedDateTime: 2021-02-29T00:00:00Z",
    "related:\n  - publishedDateTime: 2021-04-31T00:00:00Z",
    "related:\n  - publishedDateTime: 2021-02-30T00:00:00Z",
    "related:\n  - publishedDateTime: 2021-04-30T24:01:00Z",
    "related:\n  - publishedDateTime: 2021-04-30T00:00:00+24:00",
    "related:\n  - webUrl: javascript:x",
    "related:\n  - webUrl: https://a..b/",
    'related:\n  - webUrl: "https://a.example/:',
    "related:\n  - webUrl: https://a.example/:",
    "related:\n  - title: x\n   excerpt: y",
    "related:\n  - title: x\n     excerpt: y",
    "related:\n  -     title: x",
    "related:\n  - title: x\n    excerpt: |\n      y",
    "images:\n  - url: x\n    width: wide",
    "images:\n  - url: x\n    isCached: maybe",
    "images:\n  - url: x\n    url: y",
    "provider:\n  name: x\n  name: y",
    "provider:\n  - name: x",
    "provider: []",
    "provider:\n  authors:\n    - name: x\n      name: y",
    "x:\n  a: b\n  a: c",
    "x:\n  - a: b\n    a: c",
    "x:\n  a:\n    b: c",
    "k" * 65 + ": x",
    "é: x",
    "%TAG: x",
    "--- x",
    "...",
    "just words",
    "\x00",
]


@pytest.mark.parametrize("line", _UNUSUAL_LINES)
def test_unusual_headers_take_the_full_path(line: str) -> None:
    # The same document without the line takes the fast path.
    _assert_fast(b"---\ntype: a\nfoo: b\n---\n")
    data = f"---\ntype: a\n{line}\nfoo: b\n---\n".encode("utf-8", "surrogatepass")
    assert fast_record(b"a.md", data) is None
    assert index_record(b"a.md", data) == full_record(b"a.md", data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"title: x\n",
        b"---\ntitle: x\n",
        b"\n---\ntitle: x\n---\n",
        b"\xef\xbb\xbf---\ntitle: x\n---\n",
        b"---\r\ntitle: x\n---\n",
        b"---\ntitle: x\r\n---\n",
        b"---\r\ntitle: x\ry\r\n---\r\n",
        b"---\rtitle: x\r---\r",
        b"--- \ntitle: x\n---\n",
        b"---\ntitle: x\n--- \n",
        b"---\ntitle: x\n...\n",
        b"---\ntitle: '\n---\n'\n---\n",
        b"+++\ntitle = 'x'\n+++\n",
        b"---\ntitle: \xff\n---\n",
        b"---\ntitle: \xed\xa0\x80\n---\n",
        "---\ntitle: x\n---\n".encode("utf-16"),
        b"---\n" + b"x: " + b"a" * MAX_HEADER + b"\n---\n",
        b"---\ntopics:\n" + b"  - a\n" * (LIST_LIMIT + 1) + b"---\n",
        b"---\ntitle: x\n---\n" + b"a" * MAX_BYTES,
    ],
)
def test_unusual_files_take_the_full_path(data: bytes) -> None:
    for path in (b"a.md", b"a.yaml"):
        assert fast_record(path, data) is None
        assert index_record(path, data) == full_record(path, data)


# --- both agree -----------------------------------------------------------------------------

_PATHS = st.sampled_from(
    [b"a.md", b"b.yaml", b"c/2020-01-02-some-thing.html", b"20240506_x/20249999.md", b"sub/caf\xe9\x1b\n.txt"]
)
_NAMES = (
    "title name excerpt category type publishedDateTime published originalUrl webUrl ampWebUrl cdnAmpWebUrl quality "
    "heat provider domain authors topics images url width height isCached related secured extra <<"
)
_KEYS = _NAMES.split()
_ODD_WORDS = (
    "null ~ yes no 1.10 017 0x1f 1_000 12:30:45 -1 -5 1e9 .nan 2021-02-29T00:00:00Z 2020-02-29 2021-07-28T12:38:00Z "
    "http://a.example/ https://A.example/%zz javascript:x http://a..b/ [] {} [a] {a:b} &a *a !!str !x | > |- ? % @ ` "
    "- -- # : a:b a::b a# :a ' \" '' \"\" 'a''b' \\ \\\" \\n \\e \\u0041 &amp;lt; &#27; AAAA;AAAAAAAAAAAAAAAAAAAAAA== "
    "\x85 \u2028 \ufeff \u200d \u202e \xa0 é 中国 👩‍⚖️ \t \r --- ..."
)
_ODD = _ODD_WORDS.split(" ")
_PIECES = st.sampled_from(_ODD) | st.sampled_from([" ", ": ", " #", "word", "two words", "\n", "\n  "])
_VALUES = (
    st.sampled_from(["word", "two words", "5", "-1", "true", '"quoted"', "'single'", "https://a.example/x"])
    | st.sampled_from(_ODD)
    | st.builds("{0}{1}{0}".format, st.sampled_from(["", '"', "'"]), st.lists(_PIECES, max_size=4).map("".join))
    | st.text(max_size=8)
)
_FLAT = st.builds("{}: {}".format, st.sampled_from(_KEYS), _VALUES)
_TEXT_LIST = st.builds(
    lambda key, form, items: form(key, items),
    st.sampled_from(["topics", "levels", "images", "title"]),
    st.sampled_from(
        [
            lambda key, items: "\n".join([f"{key}:", *(f"  - {item}" for item in items)]),
            lambda key, items: "\n".join([f"{key}:", *(f"- {item}" for item in items)]),
            lambda key, items: f"{key}: [{', '.join(items)}]",
        ]
    ),
    st.lists(_VALUES, max_size=3),
)
_FIELD_LIST = st.builds(
    lambda key, items: "\n".join([f"{key}:", *("  - " + "\n    ".join(item) for item in items)]),
    st.sampled_from(["related", "images", "actions", "provider"]),
    st.lists(st.lists(_FLAT | st.builds("provider:\n      {}".format, _FLAT), min_size=1, max_size=4), max_size=3),
)
_MAPPING = st.builds(
    lambda key, lines: "\n".join([f"{key}:", *(f"  {line}" for line in lines)]),
    st.sampled_from(["provider", "ratings", "related"]),
    st.lists(_FLAT | st.builds("images:\n    - {}\n      {}".format, _FLAT, _FLAT), max_size=4),
)
_DOCUMENTS = st.builds(
    lambda parts, gap, body: "---\n" + "".join(part + gap for part in parts) + "---\n" + body,
    st.lists(_FLAT | _TEXT_LIST | _FIELD_LIST | _MAPPING, max_size=5),
    st.sampled_from(["\n", "\n", "\n\n"]),
    st.text(max_size=10),
)


@given(_PATHS, _DOCUMENTS)
@example(b"a.md", "---\nprovider:\n  authors: word\n---\n")
@example(b"a.md", "---\nprice: ''\nlevel: word\n---\n")
def test_both_paths_agree_on_odd_values(path: bytes, text: str) -> None:
    _assert_same(path, text.encode("utf-8", "replace"))


@given(st.sampled_from(["title: %s", "topics:\n  - %s", "provider:\n  name: %s", "related:\n  - title: %s"]), _VALUES)
@example("title: %s", "[a]")
@example("title: %s", "a\u2003")
@example("title: %s", "a:\u2003b")
@example("title: %s", "\u3000a")
def test_both_paths_agree_on_any_single_value(line: str, value: str) -> None:
    _assert_same(b"a.md", f"---\n{line % value}\n---\n".encode("utf-8", "replace"))


_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "insert", "bytes", "drop", "double", "swap", "shift", "value"]),
        st.integers(0, 5000),
        st.integers(0, 5000),
        st.sampled_from(_ODD) | st.text(max_size=3),
    ),
    min_size=1,
    max_size=4,
)


def _changed(data: bytes, changes: list[tuple[str, int, int, str]]) -> bytes:
    for how, first, second, word in changes:
        new = word.encode("utf-8", "replace")
        at = first % (len(data) + 1)
        lines = data.split(b"\n")
        one, other = first % len(lines), second % len(lines)
        if how in {"cut", "insert", "bytes"}:
            taken = {"cut": second % 4, "insert": 0, "bytes": len(new)}[how]
            data = data[:at] + (b"" if how == "cut" else new) + data[at + taken :]
            continue
        if how == "drop":
            del lines[one]
        elif how == "double":
            lines.insert(other, lines[one])
        elif how == "swap":
            lines[one], lines[other] = lines[other], lines[one]
        elif how == "shift":
            lines[one] = b" " * (second % 5) + lines[one] if second % 2 else lines[one][second % 5 :]
        else:
            lines[one] = lines[one].partition(b": ")[0] + b": " + new
        data = b"\n".join(lines)
    return data


@given(_PATHS, st.sampled_from([*_SEEDS, _VIDEO, _LONG_WAY_ROUND]), _CHANGES)
def test_both_paths_agree_on_any_change_to_a_real_document(
    path: bytes, data: bytes, changes: list[tuple[str, int, int, str]]
) -> None:
    _assert_same(path, _changed(data, changes))


@given(_PATHS, st.binary(max_size=200) | st.builds(b"---\n%b\n---\n%b".__mod__, st.tuples(st.binary(), st.binary())))
def test_both_paths_agree_on_any_bytes(path: bytes, data: bytes) -> None:
    _assert_same(path, data)
