"""Headers that YAML or TOML refuses: read line by line, with a problem for each line that needs a correction.

Titles with a colon, a bracket or a quote in the wrong place, tabs, and conflict markers of Git are common in files that
people write. Such a line costs at most its own field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from reader.core.text import clean
from reader.documents.field_names import has_one_value, is_known
from reader.documents.header.nodes import (
    DocumentProblem,
    Header,
    HeaderError,
    HeaderNode,
    MappingNode,
    ScalarNode,
    SequenceNode,
)

Reader = Callable[[Sequence[str], int], Header]
"""Reads lines, of which the first has the given number. Raises HeaderError."""
NumberedLine = tuple[int, str]

YAML_KEY = re.compile(r"""["']?([^\s"'#:\[\]{}<>=|&*!%@`,-][^:\n"']{0,100}?)["']?[ \t]*:(?:\s+(.*)|$)""")
_UNSPACED_KEY = re.compile(r"(\w[\w -]{0,40}?)\s*[:：]\s*(.*)")
"""A field that YAML does not take for one: without a blank after the colon, or with one of full width."""
TOML_KEY = re.compile(
    r"""["']?([\w-]{1,100})["']?(?:[ \t]*\.[^=\n]*)?[ \t]*=[ \t]*(.*)|\[+[ \t]*["']?([\w-]{1,100})["']?[ \t]*\]+"""
)
_ITEM = re.compile(r"\s*-\s+(.*)")
_FLOW_ITEM = re.compile(r"""\[{2}[^\[\]]*\]{2}|"[^"]*"|'[^']*'|[^\s,\[\]][^,\[\]]*""")
"""Of a list in brackets: a link of Obsidian, a quoted text, or a text without commas."""
_MAX_FIELDS = 1_000
"""How many fields are tried as YAML or TOML: more are in no header that someone wrote."""


class _Field(NamedTuple):
    """The lines of one field."""

    name: str
    value: str
    """What follows the name on its line."""
    lines: list[str]
    line: int


def read_leniently(lines: Iterable[NumberedLine], first_line: int, read: Reader, key: re.Pattern[str]) -> Header:
    """Return the fields that can be found in ``lines``, and a problem for each that is not as it should be.

    ``key`` matches the first line of a field: its name and its value, or the name of a TOML table. ``read`` reads a
    field that is right.
    """
    problems: list[DocumentProblem] = []
    entries: dict[str, HeaderNode] = {}
    for count, field in enumerate(_fields(_without_conflicts(lines, problems), key, problems)):
        try:
            found = read(field.lines, field.line) if count < _MAX_FIELDS else _no_more(field)
        except HeaderError as error:
            found = _corrected(field, read, error.problem)
        problems += found.problems
        for name, node in found.fields.entries.items():
            if name in entries:
                problems.append(DocumentProblem(field.line, name, "this field appears twice; the last value is used"))
            entries[name] = node
    return Header(MappingNode(entries, first_line), tuple(problems))


def _without_conflicts(lines: Iterable[NumberedLine], problems: list[DocumentProblem]) -> Iterator[NumberedLine]:
    """Yield ``lines`` with the first version of each conflict, without the others."""
    state = ""  # of a conflict: the version that the line belongs to
    for number, line in lines:
        marker = line[:7]
        if marker == "<<<<<<<" and not state:
            problems.append(DocumentProblem(number, "", "a merge conflict is unresolved; the first version is used"))
            state = "first"
        elif marker in {"|||||||", "======="} and state:
            state = "other"
        elif marker == ">>>>>>>" and state:
            state = ""
        elif state != "other":
            yield number, line


def _fields(lines: Iterable[NumberedLine], key: re.Pattern[str], problems: list[DocumentProblem]) -> Iterator[_Field]:
    field: _Field | None = None
    margin = ""  # the indentation of the first field, which the next ones may have too
    for number, written in lines:
        if not field:
            margin = written[: len(written) - len(written.lstrip())]
        elif written.strip() and not written.startswith(margin):
            margin = ""
        line = written.removeprefix(margin)
        if (found := _start_of_field(line, key)) and not (field and line[0] in " \t"):
            if field:
                yield field
            name, value, *table = found.groups()
            field = _Field(clean(name or table[0]), (value or "").strip(), [line], number)
        elif not line.strip() or line.startswith("#"):
            continue
        elif field and (line[0] in " \t-]}" or field.lines[0].startswith("[") or field.value[:3] in {'"""', "'''"}):
            field.lines.append(line)
        else:
            problems.append(DocumentProblem(number, "", f"“{clean(line[:40])}” is not a field (name: value)"))
    if field:
        yield field


def _start_of_field(line: str, key: re.Pattern[str]) -> re.Match[str] | None:
    found = key.match(line)
    if not found and key is YAML_KEY and (found := _UNSPACED_KEY.fullmatch(line)) and not is_known(found[1]):
        return None
    return found


def _no_more(field: _Field) -> Header:
    raise HeaderError(field.line, "too many fields")


def _corrected(field: _Field, read: Reader, problem: DocumentProblem) -> Header:
    """Return the field as it was probably meant."""
    spaced = ["  " * (len(line) - len(line.lstrip("\t"))) + line.lstrip("\t") for line in field.lines]
    if spaced != field.lines:
        try:
            found = read(spaced, field.line)
        except HeaderError:
            pass
        else:
            note = DocumentProblem(problem.line, field.name, "YAML allows no tabs here; they are read as spaces")
            return Header(found.fields, (*found.problems, note))
    below = [line.strip() for line in field.lines[1:]]
    node: HeaderNode | None
    flow = " ".join([field.value, *below])
    if not field.value and below and all(map(_ITEM.match, below)):
        node = _texts(below, field.line + 1)
    elif _is_flow(flow) and not has_one_value(field.name):
        node = _texts(_FLOW_ITEM.findall(flow), field.line)
    else:
        node = ScalarNode(_unquoted(field.value), field.line, plain=False) if field.value.strip("[{") else None
    read_as = f"it is read as {'a list' if isinstance(node, SequenceNode) else 'text'}" if node else "it is left out"
    message = f"{problem.message.replace('the front matter is', 'this is', 1)}; {read_as}"
    entries: dict[str, HeaderNode] = {field.name: node} if node else {}
    return Header(MappingNode(entries, field.line), (DocumentProblem(problem.line, field.name, message),))


def _is_flow(text: str) -> bool:
    """Return whether ``text`` is a list in brackets, which need not be closed, without text after it."""
    return text.startswith("[") and (text.endswith(("]", ",")) or text.count("[") > text.count("]"))


def _texts(parts: Sequence[str], line: int) -> SequenceNode:
    items = [_unquoted(re.sub(r"^-\s+", "", part.strip())) for part in parts if part.strip()]
    return SequenceNode(tuple(ScalarNode(item, line, plain=False) for item in items), line)


def _unquoted(value: str) -> str:
    """Return ``value`` without quotes around all of it, and without one that is never closed.

    They are around all of it if the next one opens a quotation, as in ``"He said "no" to me"``, or is an apostrophe.
    """
    quote = value[:1]
    if quote in {'"', "'"}:
        second = value.find(quote, 1)
        if second in {-1, len(value) - 1}:
            return value.strip(quote)
        is_inside = value[second - 1].isspace() or (value[second - 1].isalnum() and value[second + 1].isalnum())
        if value.endswith(quote) and is_inside:
            return value[1:-1]
    return value
