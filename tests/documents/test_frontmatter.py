from __future__ import annotations

import time
import tomllib

import pytest
import yaml

from reader.documents.frontmatter import (
    MAX_DEPTH,
    MAX_HEADER,
    FrontMatterError,
    HeaderNode,
    MappingNode,
    ScalarNode,
    SequenceNode,
    split_front_matter,
)

_Plain = str | list["_Plain"] | dict[str, "_Plain"]


def _plain(node: HeaderNode) -> _Plain:
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return {key: _plain(inner) for key, inner in node.entries.items()}


def _header(data: str | bytes, *, whole_is_yaml: bool = False) -> _Plain:
    return _plain(
        split_front_matter(data.encode() if isinstance(data, str) else data, whole_is_yaml=whole_is_yaml).header
    )


def _fault(data: str | bytes, *, whole_is_yaml: bool = False) -> tuple[int, str]:
    with pytest.raises(FrontMatterError) as caught:
        split_front_matter(data.encode() if isinstance(data, str) else data, whole_is_yaml=whole_is_yaml)
    return caught.value.problem.line, caught.value.problem.message


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
    parts = split_front_matter(data)
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
    parts = split_front_matter(data.encode())
    assert _plain(parts.header) == header
    assert parts.body == body


@pytest.mark.parametrize(
    "data", ["title: a\n", "---\ntitle: a\n", "# note\n%YAML 1.1\n---\ntitle: a\n", "---\ntitle: a\n---\nrest\n"]
)
def test_yaml_files_need_no_dashes(data: str) -> None:
    assert _header(data, whole_is_yaml=True) == {"title": "a"}


def test_values_keep_their_spelling() -> None:
    header = _header("---\na: no\nb: 12:30:45\nc: 1.10\nd: 2021-07-28\ne: ~\n? f\n: !!int '3'\n---\n")
    assert header == {"a": "no", "b": "12:30:45", "c": "1.10", "d": "2021-07-28", "e": "~", "f": "3"}


def test_only_plain_scalars_can_be_null_or_numbers() -> None:
    entries = split_front_matter(b"---\na: ~\nb: '~'\nc: !!str ~\nd: !!null ''\ne:\n---\n").header.entries
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
        node: HeaderNode = split_front_matter(data.encode()).header
        for step in place.split("."):
            node = node.items[int(step)] if isinstance(node, SequenceNode) else _entries(node)[step]
        assert (place, node.line) == (place, line)


def _entries(node: HeaderNode) -> dict[str, HeaderNode]:
    assert isinstance(node, MappingNode)
    return node.entries


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 1, "there is no front matter"),
        (b"\n\n", 1, "there is no front matter"),
        (b"# Heading\n\n---\na: 1\n---\n", 1, "there is no front matter"),
        (b" ---\na: 1\n---\n", 1, "there is no front matter"),
        (b"\x00\xff\xd8\xff", 1, "there is no front matter"),
        (b"\n---\na: 1\n", 2, "the front matter is not closed: a line of --- is missing"),
        (b"+++\na = 1\n---\n", 1, "the front matter is not closed: a line of +++ is missing"),
        (b"---\na: 1\nb: [1, 2\n---\n", 3, "the front matter cannot be read"),
        (b"---\na: b: c\n---\n", 2, "mapping values are not allowed"),
        (b"---\na: 1\nb: 'x\nc: 2\n---\nbody\n", 3, "the quote that starts here is not closed"),
        (b"---\na: 'x\n---\nit's\n---\nb: [\n---\n", 2, "the quote that starts here is not closed"),
        (b"---\n- a\n- b\n---\n", 2, "the front matter is not a list of fields"),
        (b"---\njust words\n---\n", 2, "the front matter is not a list of fields"),
        (b"---\na: 1\n--- b: 2\n---\n", 3, "more than one YAML document"),
        (b"---\na: &x 1\nb: *x\n---\n", 3, "uses an alias"),
        (b"---\nbase: &b {k: 1}\nuse:\n  <<: *b\n---\n", 4, "uses an alias"),
        (b"+++\na = 1\nb = \n+++\n", 3, "the front matter cannot be read"),
        (b"+++\na = '''x\n+++\n", 2, "the front matter cannot be read"),
        (b"+++\na = 1\na = 2\n+++\n", 3, "the front matter cannot be read"),
    ],
)
def test_an_unreadable_header_is_a_problem_with_line_and_reason(data: bytes, line: int, message: str) -> None:
    found_line, found = _fault(data)
    assert message in found
    assert found_line == line


def test_an_empty_yaml_file_has_no_front_matter() -> None:
    assert _fault("# only a comment\n", whole_is_yaml=True) == (1, _fault("")[1])


@pytest.mark.parametrize(
    ("data", "line", "field", "message"),
    [
        (b"---\na: 1\nb: 2\na: 3\n---\n", 4, "a", "appears twice"),
        (b"---\na: 1\n? [x]\n: 2\n---\n", 3, "", "cannot be a field name"),
        (b"---\na: !python/object:os.system ls\n---\n", 2, "", "has no meaning here"),
        (b"---\na: !!set {x}\n---\n", 2, "", "has no meaning here"),
        (b"---\na: 1\nb: caf\xe9\n---\n", 3, "", "this is not UTF-8"),
    ],
)
def test_an_odd_value_costs_only_itself(data: bytes, line: int, field: str, message: str) -> None:
    parts = split_front_matter(data)
    (problem,) = parts.problems
    assert (problem.line, problem.field) == (line, field)
    assert message in problem.message
    assert "a" in parts.header.entries


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_unicode_line_separators_do_not_count_as_lines(char: str, quote: str) -> None:
    header = split_front_matter(f"---\na: {quote}x{char}---{char}y{quote}\nb: 1\n---\n".encode()).header
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

    split_front_matter(nested(MAX_DEPTH - 1).encode())
    assert "nested deeper than 32 levels" in _fault(nested(MAX_DEPTH))[1]


def test_dotted_keys_have_the_same_limit() -> None:
    def dotted(parts: int) -> str:
        return "+++\nx = 1\n" + ".".join(["a", '"b c"'] * (parts // 2)) + " = 1\n+++\n"

    split_front_matter(dotted(MAX_DEPTH).encode())
    assert _fault(dotted(MAX_DEPTH + 2)) == (3, "the front matter is nested deeper than 32 levels")


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
    ],
    ids=["brackets", "dashes", "keys", "toml", "dots", "hex", "digits", "aliases", "merges", "ends"],
)
def test_attacks_on_the_parser_fail_fast(bomb: str) -> None:
    began = time.process_time()
    line, message = _fault(bomb)
    assert line >= 2
    assert len(message) < 300
    assert time.process_time() - began < 2


def test_the_pure_python_loader_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "---\na: [1, {b: 'c\n---\nd'}]\nb: 2\n---\nbody"
    read_by_c = split_front_matter(data.encode())
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)  # as where PyYAML was built without libyaml
    assert split_front_matter(data.encode()) == read_by_c
    assert "nested deeper" in _fault("---\na: " + "[" * 25_000 + "\n---\n")[1]
    assert _fault('---\na: "\\UFFFFFFFF"\n---\n')[1].startswith("the front matter cannot be read")


@pytest.mark.parametrize("mark", ["---", "+++"])
def test_the_size_of_a_header_is_limited(mark: str) -> None:
    assert split_front_matter(f"{mark}\n#{'x' * (MAX_HEADER - 2)}\n{mark}\n".encode()).body == ""
    assert _fault(f"{mark}\n#{'x' * (MAX_HEADER - 1)}\n{mark}\n") == (2, "the front matter is longer than 64 KiB")
    assert _fault(f"---\n{'#' * 1023}\n" + f"{'#' * 1023}\n" * 64 + "---\n")[0] == 66
