"""Splits a document into its header, a tree with line numbers, and its body. Both may be empty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reader.documents.field_names import is_known
from reader.documents.header.lenient import TOML_KEY, YAML_KEY, NumberedLine, Reader, read_leniently
from reader.documents.header.nodes import (
    MAX_HEADER,
    TOO_LONG,
    DocumentProblem,
    Header,
    HeaderError,
    MappingNode,
    UnclosedQuoteError,
)
from reader.documents.header.plain_lines import (
    has_key_lines,
    key_lines_end,
    read_logseq,
    read_nikola,
    read_org,
    read_rst,
)
from reader.documents.header.toml_json import read_json, read_toml
from reader.documents.header.yaml_format import read_yaml

_MAX_CLOSING_LINES = 8
"""How many closing lines to try if the earlier ones are inside a quoted value."""
_MAX_OPEN_LINES = 200
"""How many lines a header without an opening line may have."""
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head)\b", re.IGNORECASE)
_YAML_FILES = frozenset({b".yaml", b".yml"})
_HTML_FILES = frozenset({b".html", b".htm"})


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """The header and the body of a document."""

    header: MappingNode
    body: str
    problems: tuple[DocumentProblem, ...] = ()
    is_page: bool = False
    """Whether the header is the head of an HTML page."""


def split_document(data: bytes, ending: bytes = b".md") -> SplitDocument:
    """Split a document whose name ends in ``ending`` (in lower case) into header and body.

    The header is YAML between ``---`` lines (the closing one may be ``...``), TOML between ``+++`` lines, or JSON: an
    object, or between ``---json`` and ``---`` or ``;;;`` lines. Blank lines may precede it. A closing line contains
    nothing else, starts in the first column and is not inside a quoted value. In .yaml and .yml files the ``---`` lines
    are optional. Otherwise it is made of fields without fences, Org keywords, reStructuredText fields or the head of an
    HTML page, or there is none. What cannot be read is a problem, never an error.
    """
    text, problems = _decode(data)
    split = _split(text.split("\n"), ending)
    return replace(split, problems=(*problems, *split.problems)) if problems else split


def _split(lines: list[str], ending: bytes) -> SplitDocument:
    is_yaml = ending in _YAML_FILES
    passed_over = ("#", "%") if is_yaml else ()
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith(passed_over)), len(lines))
    if first == len(lines):
        return SplitDocument(MappingNode({}, 1), "")
    opening = lines[first].rstrip()
    if fence := _FENCES.get(opening):
        return _split_fenced(lines, first, fence, is_yaml=is_yaml)
    if is_yaml:
        return _split_fenced(lines, -1, _FENCES["---"], is_yaml=True)
    if opening.startswith("{"):
        return _split_json(lines, first)
    if ending in _HTML_FILES or _HTML.match(opening):
        from reader.documents.header.html_head import read_html_head  # lazy: most documents are no pages

        source = "\n".join(lines)
        return SplitDocument(read_html_head(source).fields, source, is_page=True)
    if ending == b".org":
        header, at = read_org(lines)
        return _of(header, "\n".join(lines[at:]))
    if ending == b".rst":
        header, at = read_rst(lines, first)
        return _of(header, "\n".join(lines[at:]))
    if opening.startswith('"') and any(line.rstrip() == ";;;" for line in lines[first : first + _MAX_OPEN_LINES]):
        return _split_fenced(lines, first - 1, _FENCES[";;;"], is_yaml=False)  # Hexo needs no opening line
    if marked := read_nikola(lines, first) or read_logseq(lines, first):
        return _of(marked[0], "\n".join(lines[marked[1] :]))
    if has_key_lines(lines, first):
        end = key_lines_end(lines, first)
        header = _read(lines[first:end], first + 1, read_yaml, YAML_KEY)
        # These lines need not be YAML, so what YAML refuses is no problem.
        return SplitDocument(header.fields, "\n".join(lines[end + (end < len(lines)) :]))
    return SplitDocument(MappingNode({}, 1), "\n".join(lines))


def _of(header: Header, body: str) -> SplitDocument:
    return SplitDocument(header.fields, body, header.problems)


@dataclass(frozen=True, slots=True)
class _Fence:
    """The lines around a header of one format."""

    read: Reader
    closers: frozenset[str]
    key: re.Pattern[str]


def _json_object(lines: Sequence[str], first_line: int) -> Header:
    """Read an object, or what is between its braces."""
    source = "\n".join(lines)
    if not source.lstrip().startswith("{"):
        source = f"{{{source.rstrip().removesuffix(',')}}}"
    header, end = read_json(source, first_line)
    if source[end:].strip():
        raise HeaderError(
            first_line + source.count("\n", 0, end), "the front matter is not valid JSON (text follows the object)"
        )
    return header


def _json_members(lines: Iterable[NumberedLine]) -> Iterator[NumberedLine]:
    """Yield the lines of an object without its braces, each member on a line of its own, without indentation."""
    margin: str | None = None  # the indentation of the first member that begins a line
    for number, line in lines:
        rest = line.lstrip()
        inner = rest[1:].lstrip() if margin is None and rest.startswith("{") else rest
        if not _JSON_KEY.match(inner) or not (margin is None or line.startswith(margin + rest[0])):
            yield number, "" if line.rstrip() in {"{", "}"} else line.removeprefix(margin or "")
            continue
        if margin is None and inner is rest:
            margin = line[: -len(rest)]
        yield from ((number, member) for member in _members_of_line(inner))


def _members_of_line(line: str) -> Iterator[str]:
    """Yield the members of an object that are on one line, which begins with one."""
    start = depth = 0
    for token in _JSON_TOKEN.finditer(line):
        if token[0] in {"{", "["}:
            depth += 1
        elif token[0] in {"}", "]"}:
            depth -= 1
            if depth < 0:
                line = line[: token.start()]
                break
        elif token["colon"] and not depth and token.start():
            yield line[start : token.start()]
            start = token.start()
    yield line[start:]


_JSON_KEY = re.compile(r"""[ \t]*+["']([^"'\n]{1,100})["'][ \t]*+:[ \t]*+(.*[^\s,]|)""")
_JSON_TOKEN = re.compile(r"""((?<!\\)"(?:[^"\\]|\\.)*+"|'[^']*+')\s*+(?:(?P<colon>:)|(?=[,}\]]|\Z))|[{}\[\]]""")
"""A text (not one without its second quote, which no comma or bracket follows), a key with its colon, or a bracket."""
_TEXT_AFTER_BRACE = re.compile(r"\}\s*+[^\s,}\]]")
_JSON_OBJECT = _Fence(_json_object, frozenset({"}"}), _JSON_KEY)
_FENCES = {
    "---": _Fence(read_yaml, frozenset({"---", "..."}), YAML_KEY),
    "---yaml": _Fence(read_yaml, frozenset({"---", "..."}), YAML_KEY),
    "+++": _Fence(read_toml, frozenset({"+++"}), TOML_KEY),
    "---toml": _Fence(read_toml, frozenset({"---"}), TOML_KEY),
    "---json": _Fence(_json_object, frozenset({"---"}), _JSON_KEY),
    ";;;": _Fence(_json_object, frozenset({";;;"}), _JSON_KEY),
}


_OTHER_FORMAT: dict[Reader, _Fence] = {read_yaml: _FENCES["+++"], read_toml: _FENCES["---"]}


def _has_known(header: Header) -> bool:
    return any(map(is_known, header.fields.entries))


def _split_fenced(lines: list[str], first: int, fence: _Fence, *, is_yaml: bool) -> SplitDocument:
    """Split at the closing line of the header that line ``first`` opens; -1 if nothing does."""
    ends = [at for at in range(first + 1, len(lines)) if lines[at].rstrip() in fence.closers]
    unclosed = not ends and not is_yaml
    if unclosed:
        ends = [key_lines_end(lines, first + 1, fence.key)]
    elif not ends:
        ends = [len(lines)]
    try:
        end, header = _read_to_closing_line(lines, first, ends, fence)
    except HeaderError as error:
        end = ends[0]
        header = _read(lines[first + 1 : end], first + 2, fence.read, fence.key)
        if not header.fields.entries and (other := _OTHER_FORMAT.get(fence.read)):
            # YAML between lines for TOML, or the reverse
            found = _read(lines[first + 1 : end], first + 2, other.read, other.key)
            header = Header(found.fields, (error.problem, *found.problems)) if _has_known(found) else header
        if not header.fields.entries:  # a line of dashes above text, or nothing that can be read
            return SplitDocument(MappingNode({}, 1), "\n".join(lines[max(first, 0) :]), (error.problem,))
        header = Header(header.fields, header.problems or (error.problem,))
    if unclosed:
        if not header.fields.entries:
            return SplitDocument(MappingNode({}, 1), "\n".join(lines[first:]))
        closer = "---" if "---" in fence.closers else next(iter(fence.closers))
        problems = (_not_closed(first, f"line of {closer}"), *header.problems)
        return SplitDocument(header.fields, "\n".join(lines[end:]), problems)
    return _of(header, "\n".join(lines[end + 1 :]))


def _read_to_closing_line(lines: list[str], first: int, ends: Sequence[int], fence: _Fence) -> tuple[int, Header]:
    """Return the first of ``ends`` that is not inside a quoted value, and the header before it. Raises HeaderError."""
    unclosed: UnclosedQuoteError | None = None
    for end in ends[:_MAX_CLOSING_LINES]:
        header = lines[first + 1 : end]
        try:
            _check_size(header, first + 2)
            return end, fence.read(header, first + 2)
        except UnclosedQuoteError as error:
            unclosed = unclosed or error
        except HeaderError as error:
            raise (unclosed or error) from None
    assert unclosed is not None, "every attempt returns, raises or sets unclosed"
    raise unclosed


def _read(lines: list[str], first_line: int, read: Reader, key: re.Pattern[str]) -> Header:
    """Return the header in ``lines``, read leniently if it is not valid."""
    try:
        _check_size(lines, first_line)
        return read(lines, first_line)
    except HeaderError as error:
        if error.problem.message == TOO_LONG:
            lines = lines[: error.problem.line - first_line]
        numbered = enumerate(lines, first_line)
        header = read_leniently(_json_members(numbered) if key is _JSON_KEY else numbered, first_line, read, key)
        too_long = (error.problem,) if error.problem.message == TOO_LONG else ()
        return Header(header.fields, (*header.problems, *too_long))


def _split_json(lines: list[str], first: int) -> SplitDocument:
    source = "\n".join(lines[first:])
    try:
        header, end = read_json(source, first + 1)
    except HeaderError as error:
        # Templates begin with braces too: {{ … }}, {% … %}.
        if lines[first].rstrip() == "{" and any(map(_JSON_KEY.match, lines[first + 1 : first + 4])):
            return _split_fenced(lines, first, _JSON_OBJECT, is_yaml=False)
        if _JSON_KEY.match(lines[first][1:]):
            return _split_inline_json(lines, first, error.problem)
        problems = (error.problem,) if re.match(r'\{\s*"', source) else ()
        return SplitDocument(MappingNode({}, 1), source, problems)
    return _of(header, source[end:].removeprefix("\n").removeprefix(";;;\n"))


def _split_inline_json(lines: list[str], first: int, problem: DocumentProblem) -> SplitDocument:
    """Split after an object that is not valid and whose members begin on its opening line ``first``.

    It ends at the last brace that ends a line before the first empty line.
    """
    empty = next((at for at in range(first, len(lines)) if not lines[at].strip()), len(lines))
    closing = [at + 1 for at in range(first, empty) if lines[at].rstrip().endswith("}")]
    end = closing[-1] if closing else key_lines_end(lines, first + 1, _JSON_KEY)
    header = _read(lines[first:end], first + 1, _json_object, _JSON_KEY)
    if not header.fields.entries or (not closing and any(map(_TEXT_AFTER_BRACE.search, lines[first:end]))):
        return SplitDocument(MappingNode({}, 1), "\n".join(lines[first:]), (problem,))
    if not closing:
        problem = _not_closed(first, "brace")
    problems = header.problems if closing and header.problems else (problem, *header.problems)
    return SplitDocument(header.fields, "\n".join(lines[end:]), problems)


def _not_closed(first: int, missing: str) -> DocumentProblem:
    return DocumentProblem(first + 1, "", f"the front matter is not closed; a {missing} is missing")


def _check_size(lines: Sequence[str], first_line: int) -> None:
    size = 0
    for number, line in enumerate(lines, first_line):
        size += len(line.encode("utf-8", "replace")) + 1
        if size > MAX_HEADER:
            raise HeaderError(number, TOO_LONG)


def _decode(data: bytes) -> tuple[str, tuple[DocumentProblem, ...]]:
    """Return the text with ``\\n`` line ends, and a problem at the first byte that its encoding does not allow."""
    encoding = "UTF-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "UTF-8"
    data = data.removeprefix(b"\xef\xbb\xbf")
    problems: tuple[DocumentProblem, ...] = ()
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems = (DocumentProblem(line, "", f"this is not {encoding}; invalid bytes are shown as �"),)
        text = data.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n"), problems
