from __future__ import annotations

import time
import tomllib

import pytest
import yaml

from reader.documents.header.nodes import MAX_DEPTH, MAX_HEADER, HeaderNode, MappingNode, ScalarNode, SequenceNode
from reader.documents.header.split import split_document

_Plain = str | list["_Plain"] | dict[str, "_Plain"]


def _plain(node: HeaderNode) -> _Plain:
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return {key: _plain(inner) for key, inner in node.entries.items()}


def _header(data: str | bytes, ending: bytes = b".md") -> _Plain:
    return _plain(split_document(data.encode() if isinstance(data, str) else data, ending).header)


def _problem_of(data: str | bytes) -> tuple[int, str]:
    problem = split_document(data.encode() if isinstance(data, str) else data).problems[0]
    return problem.line, problem.message


@pytest.mark.parametrize(
    "data",
    [
        b"---\ntitle: a\n---\nbody\n",
        b"---\ntitle: a\n...\nbody\n",
        b"--- \ntitle: a\n---\t\nbody\n",
        b"\n  \n---\ntitle: a\n---\nbody\n",
        b"\xef\xbb\xbf---\ntitle: a\n---\nbody\n",
        b"---\r\ntitle: a\r\n---\r\nbody\r\n",
        b"---\rtitle: a\r---\rbody\r",
        b"+++\ntitle = 'a'\n+++\nbody\n",
        b"+++\r\ntitle = 'a'\r\n+++\r\nbody\r\n",
        "\ufeff---\ntitle: a\n---\nbody\n".encode("utf-16-le"),
        "\ufeff---\r\ntitle: a\r\n---\r\nbody\r\n".encode("utf-16-be"),
    ],
)
def test_a_header_is_found_in_every_form(data: bytes) -> None:
    parts = split_document(data)
    assert _plain(parts.header) == {"title": "a"}
    assert parts.body == "body\n"
    assert parts.problems == ()


@pytest.mark.parametrize(
    ("data", "header", "body"),
    [
        ('---\ntitle: "a\n---\nb"\n---\nbody', {"title": "a --- b"}, "body"),
        ("---\ntitle: 'a\n---\n...\nb'\n...\nbody", {"title": "a --- ... b"}, "body"),
        ("---\ntitle: |\n  a\n  ---\n  b\n---\nbody", {"title": "a\n---\nb\n"}, "body"),
        ("---\ntitle: a\n---\nbody\n---\nmore\n---\n", {"title": "a"}, "body\n---\nmore\n---\n"),
        ("---\ntitle: a\n---\n+++\n", {"title": "a"}, "+++\n"),
        ("---\ntitle: a --- b\n  ----\n---\n", {"title": "a --- b ----"}, ""),
        ('+++\ntitle = """a\n+++\nb"""\n+++\nbody', {"title": "a\n+++\nb"}, "body"),
        ("+++\ntitle = '''a\n+++\nb'''\n+++\nbody", {"title": "a\n+++\nb"}, "body"),
        ("---\n---\nbody", {}, "body"),
        ("---\n# nothing said\n---\n", {}, ""),
        ("---\n~\n---\n", {}, ""),
        ("+++\n+++\nbody", {}, "body"),
    ],
)
def test_only_a_separate_line_outside_values_ends_a_header(data: str, header: _Plain, body: str) -> None:
    parts = split_document(data.encode())
    assert _plain(parts.header) == header
    assert parts.body == body


@pytest.mark.parametrize(
    "data", ["title: a\n", "---\ntitle: a\n", "# note\n%YAML 1.1\n---\ntitle: a\n", "---\ntitle: a\n---\nrest\n"]
)
def test_yaml_files_need_no_dashes(data: str) -> None:
    assert _header(data, b".yaml") == {"title": "a"}


def test_values_keep_their_spelling() -> None:
    header = _header("---\na: no\nb: 12:30:45\nc: 1.10\nd: 2021-07-28\ne: ~\n? f\n: !!int '3'\n---\n")
    assert header == {"a": "no", "b": "12:30:45", "c": "1.10", "d": "2021-07-28", "e": "~", "f": "3"}


def test_only_plain_scalars_can_be_null_or_numbers() -> None:
    entries = split_document(b"---\na: ~\nb: '~'\nc: !!str ~\nd: !!null ''\ne:\n---\n").header.entries
    assert [node.is_null for node in entries.values() if isinstance(node, ScalarNode)] == [
        True,
        False,
        False,
        True,
        True,
    ]


def test_toml_values_of_every_type_become_the_same_tree() -> None:
    data = "+++\na = true\nb = 2021-07-28T12:38:00Z\nc = 07:32:00\nd = [1, 2.5]\n[e.f]\ng = {h = 'i'}\n+++\n"
    wanted = {"a": "true", "b": "2021-07-28T12:38:00+00:00", "c": "07:32:00", "d": ["1", "2.5"]}
    assert _header(data) == wanted | {"e": {"f": {"g": {"h": "i"}}}}
    assert tomllib.loads(data.strip("+\n"))["e"] == {"f": {"g": {"h": "i"}}}


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("\n---\na: 1\n\nb:\n  - x\n  - y: 2\n---\n", {"a": 3, "b": 6, "b.1": 7, "b.1.y": 7}),
        ("+++\na = 1\n\n[[b]]\nc = 1\n[[b]]\nc = 2\n+++\n", {"a": 2, "b": 4, "b.0.c": 5, "b.1.c": 7}),
    ],
)
def test_every_value_has_a_line_number(data: str, lines: dict[str, int]) -> None:
    for place, line in lines.items():
        node: HeaderNode = split_document(data.encode()).header
        for step in place.split("."):
            node = node.items[int(step)] if isinstance(node, SequenceNode) else _entries(node)[step]
        assert (place, node.line) == (place, line)


def _entries(node: HeaderNode) -> dict[str, HeaderNode]:
    assert isinstance(node, MappingNode)
    return node.entries


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"Words only.\n\n---\na: 1\n---\n", b" ---\na: 1\n---\n", b"Note: this is prose\n\nMore.\n"]
)
def test_a_document_needs_no_header(data: bytes) -> None:
    parts = split_document(data)
    assert (_plain(parts.header), parts.problems) == ({}, ())
    assert parts.body.strip() == data.decode().strip()


@pytest.mark.parametrize(
    ("data", "line", "message", "header"),
    [
        ("\n---\na: 1\n", 2, "the front matter is not closed; a line of --- is missing", {"a": "1"}),
        ("---\na: 1\n\nbody\n", 1, "the front matter is not closed; a line of --- is missing", {"a": "1"}),
        ("+++\na = 1\n---\n", 1, "the front matter is not closed; a line of +++ is missing", {"a": "1"}),
        ("---\na: 1\nb: [1, 2\n---\n", 3, "this is not valid", {"a": "1", "b": ["1", "2"]}),
        ("---\na: b: c\n---\n", 2, "mapping values are not allowed", {"a": "b: c"}),
        (
            "---\na: 1\nb: 'x\nc: 2\n---\n",
            3,
            "the quote that starts here is not closed",
            {"a": "1", "b": "x", "c": "2"},
        ),
        ("---\na: 'x\n---\nit's\n---\nb: [\n---\n", 2, "the quote that starts here is not closed", {"a": "x"}),
        ("---\na: 1\n--- b: 2\n---\n", 3, "more than one YAML document", {"a": "1"}),
        ("---\na: &x 1\nb: *x\n---\n", 3, "uses an alias", {"a": "1", "b": "*x"}),
        ("---\nbase: &b {k: 1}\nuse:\n  <<: *b\n---\n", 4, "uses an alias", {"base": {"k": "1"}}),
        ("+++\na = 1\nb = \n+++\n", 3, "this is not valid", {"a": "1"}),
        ("+++\ntitle: a\nb: 1\n+++\n", 2, "the front matter is not valid TOML", {"title": "a", "b": "1"}),
        ('---\ntitle = "a"\nb = 1\n---\n', 2, "not a list of fields", {"title": "a", "b": "1"}),
        ("+++\na = 1\na = 2\n+++\n", 3, "this field appears twice", {"a": "2"}),
        ("+++\na = '''x\n+++\n", 2, "this is not valid", {"a": "'''x"}),
        (
            "---\na: @b\nc: `d`\ne: 100%\n---\n",
            2,
            "this is not valid",
            {"a": "@b", "c": "`d`", "e": "100%"},
        ),
        ('---\na: "C:\\Users"\n---\n', 2, "this is not valid", {"a": "C:\\Users"}),
        ('---\na: "Foo" and bar\n---\n', 2, "this is not valid", {"a": '"Foo" and bar'}),
        ('---\na: "Foo" and "bar"\n---\n', 2, "this is not valid", {"a": '"Foo" and "bar"'}),
        ('---\na: "He said "no" to me"\n---\n', 2, "this is not valid", {"a": 'He said "no" to me'}),
        ("---\na: 'It's fine'\n---\n", 2, "this is not valid", {"a": "It's fine"}),
        (
            "---\ntitle:a\nb: 1\n---\n",
            2,
            "not a list of fields (name: value); it is read as text",
            {"title": "a", "b": "1"},
        ),
        ("---\ntitle：a\nb: 1\n---\n", 2, "it is read as text", {"title": "a", "b": "1"}),
        ("---\na:\xa0b\nc: 1\n---\n", 2, "it is read as text", {"a": "b", "c": "1"}),
        ("---\n  a: b\n\n  c:\n    - d\ne: f\n---\n", 6, "is not valid YAML", {"a": "b", "c": ["d"], "e": "f"}),
        ("---\n\ta: b\nc:\n  d: e\n---\n", 2, "is not valid YAML", {"a": "b", "c": {"d": "e"}}),
        ("---\na: !important note\n---\n", 2, "the tag !important has no meaning here", {"a": "!important note"}),
        ("---\na:\n\t- b\n\t- c\nd: e\n---\n", 3, "YAML allows no tabs here", {"a": ["b", "c"], "d": "e"}),
        (
            "---\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\nb: 3\n---\n",
            2,
            "a merge conflict is unresolved",
            {"a": "1", "b": "3"},
        ),
    ],
)
def test_a_line_that_cannot_be_read_costs_only_itself(data: str, line: int, message: str, header: _Plain) -> None:
    assert _header(data) == header
    found_line, found = _problem_of(data)
    assert message in found
    assert found_line == line


@pytest.mark.parametrize("data", ["---\n- a\n- b\n---\n", "---\njust words\n---\n"])
def test_text_below_a_line_of_dashes_is_a_body(data: str) -> None:
    parts = split_document(data.encode())
    assert (parts.body, _plain(parts.header)) == (data, {})
    assert _problem_of(data) == (2, "the front matter is not a list of fields (name: value)")


@pytest.mark.parametrize(
    ("ending", "data", "header", "body"),
    [
        (b".md", '{\n  "a": "b",\n  "c": ["d", 1, null]\n}\n\nbody', {"a": "b", "c": ["d", "1", ""]}, "\nbody"),
        (b".md", '---json\n{"a": "b"}\n---\nbody', {"a": "b"}, "body"),
        (b".md", '---toml\na = "b"\n---\nbody', {"a": "b"}, "body"),
        (b".md", ';;;\n"a": "b",\n"c": 1\n;;;\nbody', {"a": "b", "c": "1"}, "body"),
        (b".md", '"a": "b",\n"c": 1\n;;;\nbody', {"a": "b", "c": "1"}, "body"),
        (b".md", '{\n"a": "b"\n}\n;;;\nbody', {"a": "b"}, "body"),
        (b".md", "Title: A: b\nDate: 2024-01-02\n\nbody", {"Title": "A: b", "Date": "2024-01-02"}, "body"),
        (b".md", "title: a\ntags:\n- b\n- c\n---\nbody", {"title": "a", "tags": ["b", "c"]}, "body"),
        (
            b".org",
            "#+TITLE: A\n#+DATE: <2024-01-02 Tue>\n#+FILETAGS: :b:c:\n\n* Heading\n",
            {"title": "A", "date": "<2024-01-02 Tue>", "filetags": ["b", "c"]},
            "* Heading\n",
        ),
        (b".rst", "A\n===\n\ntext", {"title": "A"}, "\ntext"),
        (
            b".rst",
            "#####\nTitle\n#####\n\n:date: 2024-01-02\n:tags: a, b\n\ntext",
            {"title": "Title", "date": "2024-01-02", "tags": "a, b"},
            "\ntext",
        ),
        (b".rst", ".. title: A\n.. date: 2024-01-02\n\ntext", {"title": "A", "date": "2024-01-02"}, "\ntext"),
        (
            b".html",
            '<html lang="en"><head><title>A | Site</title><meta property="og:title" content="A">'
            '<meta name="description" content="B &amp; C"><link rel="canonical" href="https://a.org/">'
            '<meta property="article:published_time" content="2024-01-02T03:04:05Z">'
            '<meta property="article:tag" content="x"><meta property="article:tag" content="y"></head><p>text',
            {
                "title": "A",
                "excerpt": "B & C",
                "date": "2024-01-02T03:04:05Z",
                "url": "https://a.org/",
                "keywords": ["x", "y"],
                "lang": "en",
            },
            None,
        ),
        (
            b".html",  # several lists with commas
            '<head><meta name="keywords" content="a, b"><meta name="keywords" content="c"></head>',
            {"keywords": "a, b, c"},
            None,
        ),
        (
            b".html",  # Pelican
            '<head><meta name="tags" content="a, b"><meta name="category" content="c">'
            '<meta name="authors" content="A B"><meta name="modified" content="2024-01-02">'
            '<meta name="summary" content="d"></head>',
            {"tags": "a, b", "category": "c", "authors": "A B", "modified": "2024-01-02", "summary": "d"},
            None,
        ),
        (
            b".html",  # microdata; a canonical link that is only a path
            '<head><meta itemprop="datePublished" content="2024-01-02"><link rel="canonical" href="/a">'
            '<meta property="og:url" content="https://a.org/a"></head>',
            {"url": "https://a.org/a", "date": "2024-01-02"},
            None,
        ),
        (
            b".html",  # objects that name others, as WordPress writes them
            '<script type="application/ld+json">//<![CDATA[\n{"@graph": [{"@type": "Article", "author": {"@id": "#a"}, '
            '"publisher": {"@id": "#b"}, "mainEntityOfPage": {"@id": "https://a.org/a"}, "image": {"@id": "#c"}}, '
            '{"@id": "#a", "name": "A"}, {"@id": "#c", "name": "C", "url": "https://a.org/c.png"}, '
            '{"@type": "WebPage", "@id": "https://a.org/a", "name": "A - B"}]}\n//]]></script>',
            {"author": "A", "image": "https://a.org/c.png", "url": "https://a.org/a"},
            None,
        ),
        (
            b".html",
            '<script type="application/ld+json">[{"@type": "Article", "headline": "A", "mainEntityOfPage": '
            '{"@id": "https://a.org/a"}}, {"@type": "Article", "url": "https://a.org/b"}]</script>',
            {"title": "A", "url": "https://a.org/a"},
            None,
        ),
        (
            b".html",
            '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "headline": "A", "author": '
            '[{"name": "B"}, {"name": "C"}], "datePublished": "2024-01-02"}]}</script>',
            {"title": "A", "author": ["B", "C"], "date": "2024-01-02"},
            None,
        ),
    ],
)
def test_headers_of_other_programs(ending: bytes, data: str, header: _Plain, body: str | None) -> None:
    parts = split_document(data.encode(), ending)
    assert _plain(parts.header) == header
    assert parts.body == (data if body is None else body)
    assert parts.problems == ()


def test_an_empty_yaml_file_has_no_header() -> None:
    assert split_document(b"# only a comment\n", b".yaml").problems == ()


@pytest.mark.parametrize(
    ("data", "line", "field", "message"),
    [
        (b"---\na: 1\nb: 2\na: 3\n---\n", 4, "a", "appears twice"),
        (b"---\na: 1\n? [x]\n: 2\n---\n", 3, "", "cannot be a field name"),
        (b"---\na: !python/object:os.system ls\n---\n", 2, "", "has no meaning here"),
        (b"---\na: !!set {x}\n---\n", 2, "", "has no meaning here"),
        (b"---\na: 1\nb: caf\xe9\n---\n", 3, "", "this is not UTF-8"),
        ("---\na: 1\n---\nB".encode("utf-16") + b"\xd8", 4, "", "this is not UTF-16"),
    ],
)
def test_an_odd_value_costs_only_itself(data: bytes, line: int, field: str, message: str) -> None:
    parts = split_document(data)
    (problem,) = parts.problems
    assert (problem.line, problem.field) == (line, field)
    assert message in problem.message
    assert "a" in parts.header.entries


@pytest.mark.parametrize(
    ("data", "header", "body", "problems"),
    [
        (  # a date without quotes
            '{\n  "title": "J",\n  "date": 2012-04-06,\n  "tags": ["a"],\n  "author": {\n    "name": "N"\n  }\n}\n\nB',
            {"title": "J", "date": "2012-04-06", "tags": ["a"], "author": {"name": "N"}},
            "\nB",
            [(3, "date")],
        ),
        (  # no comma after a line, a comma too many, a line that is no field
            '{\n  "title": "J"\n  "tags": [\n    "a",\n    "b", ],\n  oops\n}\nB',
            {"title": "J", "tags": ["a", "b"]},
            "B",
            [(5, "tags"), (6, "")],
        ),
        ("{\n'title': 'J'\n}\n", {"title": "J"}, "", [(2, "title")]),
        ('{\n\n  "a": "J,\n\n  "b": 1\n}\nB', {"a": "J", "b": "1"}, "B", [(3, "a")]),
        ('{\n  "a": 1\n\nB', {"a": "1"}, "\nB", [(1, "")]),
        ('{\n  "a": {\n    "b": x\n  },\n  "c": 1\n}\n', {"c": "1"}, "", [(3, "a")]),
        ('---json\n{\n\t"a": 1,\n\t"b": x\n}\n---\nB', {"a": "1", "b": "x"}, "B", [(4, "b")]),
        (';;;\n"a": 1,\n"b": x\n;;;\nB', {"a": "1", "b": "x"}, "B", [(3, "b")]),
        ('{"a": x}\nB', {"a": "x"}, "B", [(1, "a")]),
        ('{\n  // note\n  "a": 1\n}\nB', {"a": "1"}, "B", [(2, "")]),
        ("{\nno field\n}\n", {}, "{\nno field\n}\n", []),
        # Several fields on a line.
        ('{"a": "x", "b": }\n\nB', {"a": "x"}, "\nB", [(1, "b")]),
        (
            '{ "a": [1, {"b": "c"}], "d": oops, "e": "f", }\nB',
            {"a": ["1", {"b": "c"}], "d": "oops", "e": "f"},
            "B",
            [(1, "d")],
        ),
        ('{"a": "b" "c": "d"}', {"a": "b", "c": "d"}, "", [(1, "")]),
        ('{"a": "b, "c": "d"}', {"a": "b", "c": "d"}, "", [(1, "a")]),
        ("{'a': 'b', 'c': 'd'}", {"a": "b", "c": "d"}, "", [(1, "a"), (1, "c")]),
        (r'{"a": "\"b\", } c", "d": }', {"a": '"b", } c'}, "", [(1, "d")]),
        ('{"a": 1,\n  "b": ,\n  "c": 2}\nB', {"a": "1", "c": "2"}, "B", [(2, "b")]),
        ('{\n  "a": "b", "c":\n}\nB', {"a": "b"}, "B", [(2, "c")]),
        ('{"a": 1,\n\nB', {"a": "1"}, "\nB", [(1, "")]),
        ('{"a": 1, "b": \nB', {"a": "1"}, "B", [(1, ""), (1, "b")]),
        ('---json\n{"a": 1, "b": }\n---\nB', {"a": "1"}, "B", [(2, "b")]),
        (';;;\n"a": 1, "b": ,\n;;;\nB', {"a": "1"}, "B", [(2, "b")]),
        ('{"a": 1, } text', {}, '{"a": 1, } text', [(1, "")]),
        ('{"a": }\nB', {}, '{"a": }\nB', [(1, "")]),
        ("{note: text}\nB", {}, "{note: text}\nB", []),
    ],
)
def test_a_wrong_line_of_json_costs_only_itself(
    data: str, header: _Plain, body: str, problems: list[tuple[int, str]]
) -> None:
    parts = split_document(data.encode())
    assert (_plain(parts.header), parts.body) == (header, body)
    assert sorted((problem.line, problem.field) for problem in parts.problems) == problems


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("title: [never closed", "[never closed"),
        ("title: [never, closed", "[never, closed"),
        ("headline: [never, closed", "[never, closed"),
        ("title: {never closed", "{never closed"),
        ("tags: [a, b", ["a", "b"]),
        ("topics: [a, [b, c]", ["a", "b", "c"]),
        ('tags: ["a, b", c', ["a, b", "c"]),
        ("tags: ['a, b", ["a", "b"]),
        ("author: [[[Ann B]], c", ["[[Ann B]]", "c"]),
        ("tags: [\n  a,\n  b", ["a", "b"]),
        ("tags: [WIP] notes", "[WIP] notes"),
    ],
)
def test_a_bracket_that_is_not_closed_makes_a_list_only_where_one_may_be(line: str, value: _Plain) -> None:
    parts = split_document(f"---\n{line}\nnext: 1\n---\nB".encode())
    name = line.split(":", 1)[0]
    assert (_plain(parts.header), parts.body) == ({name: value, "next": "1"}, "B")
    assert [problem.field for problem in parts.problems] == [name]


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_unicode_line_separators_do_not_count_as_lines(char: str, quote: str) -> None:
    header = split_document(f"---\na: {quote}x{char}---{char}y{quote}\nb: 1\n---\n".encode()).header
    assert _plain(header) == {"a": "x --- y", "b": "1"}
    assert header.entries["b"].line == 3


def test_the_last_of_duplicate_fields_counts() -> None:
    assert _header("---\na: 1\na: 2\n---\n") == {"a": "2"}


def test_control_characters_in_a_header_do_not_cost_the_document() -> None:
    assert _header(b"---\na: x\x1b[2Jy\x00 # \x08\n---\n") == {"a": "x[2Jy"}


@pytest.mark.parametrize(
    ("mark", "open_", "close", "name"),
    [("---", "[", "]", "a: "), ("---", "{b: ", "}", "a: "), ("+++", "[", "]", "a = ")],
)
def test_nesting_has_a_limit(mark: str, open_: str, close: str, name: str) -> None:
    def nested(levels: int) -> str:
        return f"{mark}\n{name}{open_ * levels}{close * levels}\n{mark}\n"

    split_document(nested(MAX_DEPTH - 1).encode())
    assert "nested deeper than 32 levels" in _problem_of(nested(MAX_DEPTH))[1]


def test_dotted_keys_have_the_same_limit() -> None:
    def dotted(parts: int) -> str:
        return "+++\nx = 1\n" + ".".join(["a", '"b c"'] * (parts // 2)) + " = 1\n+++\n"

    split_document(dotted(MAX_DEPTH).encode())
    assert _problem_of(dotted(MAX_DEPTH + 2)) == (
        3,
        "this is nested deeper than 32 levels; it is read as text",
    )


@pytest.mark.parametrize(
    "bomb",
    [
        "---\na: " + "[" * 25_000 + "\n---\n",
        "---\n" + "- " * 25_000 + "\n---\n",
        "---\n" + "? " * 25_000 + "\n---\n",
        "+++\na = " + "[" * 25_000 + "\n+++\n",
        "+++\n" + ".".join("a" * 32_000) + " = 1\n+++\n",
        "+++\na = 0x" + "f" * 60_000 + "\n+++\n",
        "+++\na = " + "9" * 60_000 + "\n+++\n",
        "---\na: &a [x, x]\n"
        + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
        + "---\n",
        "---\na: &a {k: v}\n" + "b: {<<: [" + "*a, " * 5000 + "]}\n---\n",
        "---\na: '\n" + "---\n" * 10_000 + "x\n",
        '{\n"a": ' + "[" * 25_000 + "\n}\n",
        '{\n"a": ' + " ," * 30_000 + "x\n}\n",
        '{\n"a": "' + r"\"" * 30_000 + " x\n}\n",
        '{"a": 1,\n"b": "' + r"\"" * 30_000 + " x\n}\n",
        "---\ntags: [" + "[[a" * 20_000 + "\n---\n",
    ],
    ids=[
        *("brackets", "dashes", "keys", "toml", "dots", "hex", "digits", "aliases", "merges", "ends"),
        *("json", "commas", "quotes", "inline quotes", "links"),
    ],
)
def test_attacks_on_the_parser_fail_fast(bomb: str) -> None:
    began = time.process_time()
    line, message = _problem_of(bomb)
    assert line >= 2
    assert len(message) < 300
    assert time.process_time() - began < 2


def test_the_pure_python_loader_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "---\na: [1, {b: 'c\n---\nd'}]\nb: 2\ntitle: [😀, é]\n---\nbody"
    read_by_c = split_document(data.encode())
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)  # as if PyYAML was built without libyaml
    assert split_document(data.encode()) == read_by_c
    assert "nested deeper" in _problem_of("---\na: " + "[" * 25_000 + "\n---\n")[1]
    assert _problem_of('---\na: "\\UFFFFFFFF"\n---\n')[1].startswith("this is not valid YAML (")


@pytest.mark.parametrize("mark", ["---", "+++"])
def test_the_size_of_a_header_is_limited(mark: str) -> None:
    assert split_document(f"{mark}\n#{'x' * (MAX_HEADER - 2)}\n{mark}\n".encode()).body == ""
    assert _problem_of(f"{mark}\n#{'x' * (MAX_HEADER - 1)}\n{mark}\n") == (2, "the front matter is longer than 64 KiB")
    assert _problem_of(f"---\n{'#' * 1023}\n" + f"{'#' * 1023}\n" * 64 + "---\n")[0] == 66
