"""Reads an array of tables in a TOML file, and edits it in place: comments and layout stay. Pure.

Comments directly above a table belong to it: they move with it. A value that newsreader writes is a string, a number, a
boolean, a date, a list of strings or an inline table of strings; see :func:`format_value`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from reader.config.names import shown_name
from reader.config.toml_lines import FIX_LINE, lines_of, syntax_error
from reader.core.errors import ReaderError

Table: TypeAlias = Mapping[str, str]
"""The values of a table by key, as TOML."""

_STRING = r'"""(?:\\.|[^\\])*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'"
_INSIDE = rf"(?:{_STRING}|\#[^\n]*|[^\[\]{{}}\"'\#])*"
_VALUE = rf"{_STRING}|\[{_INSIDE}\]|\{{{_INSIDE}\}}|[^\s\"'\[\{{\#][^\#\n]*?(?=[ \t\r]*(?:\#|\n|\Z))"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Layout(NamedTuple):
    """What the file consists of."""

    name: str
    """The name of the tables, ``view`` for ``[[view]]``."""
    keys: tuple[str, ...]
    """The keys of a table, in the order in which newsreader writes them."""
    header: str
    """What a new file begins with."""
    naming: tuple[str, ...]
    """The keys that tell tables apart; each table has one of them."""

    def name_of(self, table: Table) -> str:
        """Return the value that tells ``table`` apart."""
        return next(table[key] for key in self.naming if key in table)


class _Block(NamedTuple):
    """One table in the file with the comments directly above it, and the text up to the next table."""

    text: str
    after: str


def read_tables(text: str, name: str, shown: str) -> list[dict[str, Any]]:
    """Return the tables ``[[name]]`` of ``text``, which may have nothing else. ``shown`` names the file in messages.

    Raises ReaderError that says what is wrong, and in which line.
    """
    import tomllib  # lazy: without such files it is not needed

    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line, reason = syntax_error(text, str(error))
        raise ReaderError(f"{shown}, line {line}, is not valid TOML: {reason}.", FIX_LINE) from None
    for key in values:
        if key != name:
            line = lines_of(text).get((key,), 1)
            hint = f"Each {name} is a table: [[{name}]]."
            raise ReaderError(f"{shown}, line {line}, has an unknown key “{shown_name(key)}”.", hint)
    tables = values.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        line = lines_of(text).get((name,), 1)
        raise ReaderError(f"{shown}, line {line}: {name} must be a table in double brackets: [[{name}]].")
    return tables


def lines_of_tables(text: str, layout: Layout) -> list[int]:
    """Return the line in which each table begins, as far as the layout of the file lets us tell."""
    found: list[int] = []
    line, before = 1, 0
    for match in _pieces(layout).finditer(text):
        if match["header"]:
            line += text.count("\n", before, match.start())
            before = match.start()
            found.append(line)
    return found


def edit_tables(
    text: str, layout: Layout, current: Sequence[Table], wanted: Sequence[Table], previous: Mapping[str, str]
) -> str | None:
    """Return ``text``, which has the ``current`` tables, edited to have the ``wanted`` ones; everything else stays.

    ``previous`` has the text of tables that were deleted, by :meth:`Layout.name_of`; a restored table
    gets it back. The layout of a file may be one that cannot be edited: the caller must parse the result, or None.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    head, blocks = _blocks(text, layout)
    if len(blocks) != len(current):
        return None
    sources = _sources(current, wanted, layout)
    head = _keep_other_text(head, blocks, sources, newline)
    result = head if text.strip() else layout.header.replace("\n", newline)
    last: int | None = -1
    for source, table in zip(sources, wanted, strict=True):
        if source is None:
            before = previous.get(layout.name_of(table), "")
            block = _Block(before or plain_table(table, layout, newline), "")
        else:
            block = blocks[source]._replace(text=edit_table(blocks[source].text, layout, current[source], table))
        follows = source is not None and last is not None and source == last + 1
        result += ("" if follows else _blank_line(result, newline)) + block.text + block.after
        last = source
    if last != len(blocks) - 1 and result:
        result = result.rstrip("\r\n") + newline
    return result


def custom_texts(text: str, layout: Layout, tables: Sequence[Table]) -> dict[str, str]:
    """Return the text of each table that newsreader would write differently, by :meth:`Layout.name_of`."""
    _, blocks = _blocks(text, layout)
    if len(blocks) != len(tables):
        return {}
    pairs = zip(tables, blocks, strict=True)
    return {
        layout.name_of(table): block.text
        for table, block in pairs
        if block.text.strip() != plain_table(table, layout, "\n").strip()
    }


def plain_table(table: Table, layout: Layout, newline: str) -> str:
    """Return a table as newsreader writes it."""
    lines = [f"[[{layout.name}]]", *(f"{key} = {table[key]}" for key in layout.keys if key in table)]
    return "".join(line + newline for line in lines)


def edit_table(block: str, layout: Layout, before: Table, table: Table) -> str:
    """Return the text of the table ``before``, changed to that of ``table``."""
    newline = "\r\n" if "\r\n" in block else "\n"
    if not block.endswith("\n"):
        block += newline
    for key in layout.keys:
        old, new = before.get(key), table.get(key)
        if old == new:
            continue
        match = next((each for each in _pieces(layout).finditer(block) if each["key"] == key), None)
        if match is None:
            block = f"{block}{key} = {new}{newline}"
        elif new is not None:
            block = block[: match.start("value")] + new + block[match.end("value") :]
        else:
            block = block[: match.start()] + block[_line_end(block, match.end()) :]
    return block


def format_value(value: object) -> str:
    """Return a value as TOML. Texts must have passed :mod:`reader.core.text`."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | dt.date():
            return str(value)
        case list() | tuple():
            return f"[{', '.join(map(format_value, value))}]"
        case dict():
            pairs = (f"{_key(name)} = {format_value(inner)}" for name, inner in value.items())
            return f"{{ {', '.join(pairs)} }}"
    text = str(value)
    if ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else format_value(name)


@cache
def _pieces(layout: Layout) -> re.Pattern[str]:
    """Return a pattern of headers, keys and comment lines; also of other strings, in which nothing must match."""
    name, keys = re.escape(layout.name), "|".join(map(re.escape, layout.keys))
    return re.compile(
        rf"(?P<header>^[ \t]*\[\[[ \t]*(?:{name}|\"{name}\"|'{name}')[ \t]*\]\])"
        rf"|(?P<set>^[ \t]*[\"']?(?P<key>{keys})[\"']?[ \t]*=[ \t]*)(?P<value>{_VALUE})"
        r"|(?P<comment>^[ \t]*\#[^\n]*)"
        rf"|(?:{_STRING})|\#[^\n]*",
        re.MULTILINE | re.DOTALL,
    )


def _sources(current: Sequence[Table], wanted: Sequence[Table], layout: Layout) -> list[int | None]:
    """Return the index in ``current`` of each wanted table, which may have been renamed; None for a new one."""
    others = [key for key in layout.keys if key not in layout.naming]
    indexes = {layout.name_of(table): index for index, table in enumerate(current)}
    sources = [indexes.get(layout.name_of(table)) for table in wanted]
    taken = set(sources)
    removed = [index for index in range(len(current)) if index not in taken]
    for place, table in enumerate(wanted):
        if sources[place] is None:
            same = next((i for i in removed if all(current[i].get(key) == table.get(key) for key in others)), None)
            if same is not None:
                sources[place] = same
                removed.remove(same)
    return sources


def _keep_other_text(head: str, blocks: list[_Block], sources: Sequence[int | None], newline: str) -> str:
    """Move the text after each deleted table to the end of the table above it, or of ``head``, which is returned."""
    above = -1
    kept_indexes = set(sources)
    for index, block in enumerate(blocks):
        if index in kept_indexes:
            above = index
        elif block.after.strip():
            if above == -1:
                head += _blank_line(head, newline) + block.after.lstrip("\r\n")
            else:
                kept = blocks[above]
                blocks[above] = kept._replace(after=kept.after + block.after.lstrip("\r\n"))
    return head


def _blocks(text: str, layout: Layout) -> tuple[str, list[_Block]]:
    """Return the text before the first table, and the tables."""
    matches = list(_pieces(layout).finditer(text))
    starts: list[int] = []
    ends: list[int] = []
    comments = {match.start() for match in matches if match["comment"]}
    for match in matches:
        if match["header"]:
            start = match.start()
            while (above := text.rfind("\n", 0, max(0, start - 1)) + 1) in comments and above < start:
                start = above
            starts.append(start)
            ends.append(_line_end(text, match.end()))
        elif ends and not match["comment"]:
            ends[-1] = _line_end(text, match.end())
    if not starts:
        return text, []
    stops = [*starts[1:], len(text)]
    blocks = [_Block(text[start:end], text[end:stop]) for start, end, stop in zip(starts, ends, stops, strict=True)]
    return text[: starts[0]], blocks


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end == -1 else end + 1


def _blank_line(before: str, newline: str) -> str:
    """Return the newlines needed after ``before`` to separate it from the next table by a blank line."""
    plain = before.replace("\r", "")
    return "" if not plain or plain.endswith("\n\n") else newline if plain.endswith("\n") else 2 * newline
