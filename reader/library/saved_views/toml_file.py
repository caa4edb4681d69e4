"""The file of saved views as text: what it says, and how it is changed without touching the rest of it. Pure.

Each view is a table ``[[view]]`` with a name, a query and perhaps an order. A person may
write comments and lay it out as they like; comments right above a table belong to it, go
where it goes, and are kept in mind when it is deleted. docs/views.md tells more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reader.core.errors import ReaderError
from reader.core.ordering import SORT_KEYS, Sort
from reader.core.text import clean, truncate

LONGEST_NAME = 200
"""Characters of a name,"""
LONGEST_QUERY = 4_000
"""and of a query."""
_HEAD = (
    "# Saved views of newsreader, in the order in which they are shown. Edit them as you like: the app follows.\n"
    '# sort may be "quality", "heat" or "date", with a minus sign the other way round.\n'
)
_KEYS = ("name", "query", "sort")

_STRING = r'"""(?:\\.|[^\\])*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'"
_PIECES = re.compile(
    r"(?P<header>^[ \t]*\[\[[ \t]*(?:view|\"view\"|'view')[ \t]*\]\])"
    rf"|(?P<set>^[ \t]*[\"']?(?P<key>name|query|sort)[\"']?[ \t]*=[ \t]*)(?P<value>{_STRING})"
    r"|(?P<comment>^[ \t]*\#[^\n]*)"
    rf"|(?:{_STRING})|\#[^\n]*",
    re.MULTILINE | re.DOTALL,
)
"""What matters in the text, and what may look like it and is passed over: strings, and comments behind something."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A query with a name, and the order of its list; None leaves the order as it is."""

    name: str
    query: str
    sort: Sort | None = None


def parse_views(text: str, shown: str) -> list[SavedView]:
    """Return the views that ``text`` says, in their order; ``shown`` is what to call the file.

    Raises ReaderError that names the file, the line or the view, and what to do.
    """
    import tomllib  # imported late: not everybody has views

    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReaderError(f"{shown} is not valid TOML: {clean(str(error))}.", "Mend that line.") from None
    for name in values:
        if name != "view":
            raise ReaderError(f"{shown}: “{_shown(name)}” is not known here.", "Each view is a table: [[view]].")
    tables = values.get("view", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ReaderError(f"{shown}: view must be a table in two pairs of brackets: [[view]].")
    found: dict[str, SavedView] = {}
    for number, table in enumerate(tables, 1):
        view = _view(table, number, shown)
        if view.name in found:
            raise ReaderError(f"{shown}: there are two views “{_shown(view.name)}”.", "Give one of them another name.")
        found[view.name] = view
    return [*found.values()]


def _view(table: Mapping[str, object], number: int, shown: str) -> SavedView:
    given = table.get("name")
    name = clean(given) if isinstance(given, str) else ""
    what = f"{shown}: the view “{_shown(name)}”" if name else f"{shown}: view number {number}"
    for key, value in table.items():
        if key not in _KEYS:
            raise ReaderError(f"{what} has “{_shown(key)}”, which is not known.", f"Known are: {', '.join(_KEYS)}.")
        if not isinstance(value, str):
            raise ReaderError(f"{what}: {key} must be a text in quotes.")
    if not name:
        raise ReaderError(f"{what} has no name.", 'Give it one: name = "…".')
    query = table.get("query")
    if not isinstance(query, str):
        raise ReaderError(f"{what} has no query.", "Give it one: query = '…'; the empty one finds everything.")
    query = clean(query)
    if len(name) > LONGEST_NAME or len(query) > LONGEST_QUERY:
        part, most = ("name", LONGEST_NAME) if len(name) > LONGEST_NAME else ("query", LONGEST_QUERY)
        raise ReaderError(f"{what}: the {part} is longer than {most:,} characters.", "Make it shorter.")
    written = table.get("sort", "")
    sort = sort_of(written) if isinstance(written, str) else None
    if written and sort is None:
        hint = f"Write one of: {', '.join(SORT_KEYS)}; with a minus sign the other way round."
        raise ReaderError(f"{what}: there is no order “{_shown(str(written))}”.", hint)
    return SavedView(name, query, sort)


def sort_of(text: str) -> Sort | None:
    """Return the order that is written ``date`` or ``-date``; None for what is none."""
    key = text.removeprefix("-")
    return next((Sort(each, reverse=text.startswith("-")) for each in SORT_KEYS if each == key), None)


def format_sort(sort: Sort | None) -> str:
    """Return an order as it is written; empty for None."""
    return "" if sort is None else f"{'-' if sort.reverse else ''}{sort.by}"


def _shown(text: str) -> str:
    return truncate(clean(text), 40)


# Changing it.


class _Block(NamedTuple):
    """One view in the text: comments right above it and what it says; and what stands between it and the next."""

    text: str
    after: str


def edit_views(text: str, wanted: Sequence[SavedView], shown: str, former: Mapping[str, str] | None = None) -> str:
    """Return ``text`` changed so that it says the views ``wanted``, in this order; whatever it says besides stays.

    ``former`` has the text of views that were there once, by name (see :func:`custom_texts`).
    Raises ReaderError when the file is written in a way that cannot be changed here.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    there = parse_views(text, shown)
    if there == [*wanted]:
        return text
    head, blocks = _blocks(text)
    if len(blocks) != len(there):
        raise ReaderError(
            f"{shown} is written in a way that only a person can change.", "Write each view as a table: [[view]]."
        )
    of_name = {view.name: at for at, view in enumerate(there)}
    sources = [of_name.get(view.name) for view in wanted]
    gone = [at for at in range(len(there)) if at not in sources]
    for place, view in enumerate(wanted):  # a view that says the same under another name was renamed
        if sources[place] is None:
            same = next((at for at in gone if (there[at].query, there[at].sort) == (view.query, view.sort)), None)
            if same is not None:
                sources[place] = same
                gone.remove(same)
    for at in gone:  # what stands by itself below a view that is gone stays where it was
        if blocks[at].after.strip():
            above = max((each for each in range(at) if each not in gone), default=-1)
            if above == -1:
                head = head + _apart(head, newline) + blocks[at].after.lstrip("\r\n")
            else:
                after = blocks[above].after
                blocks[above] = blocks[above]._replace(after=after + blocks[at].after.lstrip("\r\n"))
    result = head if text.strip() else _HEAD.replace("\n", newline)
    last = -1
    for source, view in zip(sources, wanted, strict=True):
        if source is None:
            block = _Block(_written(view, (former or {}).get(view.name, ""), newline), "")
        else:
            block = blocks[source]._replace(text=_changed(blocks[source].text, there[source], view, newline))
        result += ("" if source is not None and source == last + 1 else _apart(result, newline)) + block.text
        result += block.after
        last = -2 if source is None else source
    if last != len(blocks) - 1 and result:
        result = result.rstrip("\r\n") + newline
    if parse_views(result, shown) != [*wanted]:
        raise ReaderError(f"{shown} is written in a way that only a person can change.", "Make the change there.")
    return result


def custom_texts(text: str, views: Sequence[SavedView]) -> dict[str, str]:
    """Return how those ``views`` of ``text`` are written that are not written as they would be here, by name."""
    _, blocks = _blocks(text)
    if len(blocks) != len(views):
        return {}
    both = zip(views, blocks, strict=True)
    return {view.name: block.text for view, block in both if block.text.strip() != _fresh(view, "\n").strip()}


def _blocks(text: str) -> tuple[str, list[_Block]]:
    """Return what stands before the first view, and the views."""
    found = list(_PIECES.finditer(text))
    starts: list[int] = []
    ends: list[int] = []
    comments = {piece.start(): piece.end() for piece in found if piece["comment"]}
    for piece in found:
        if piece["header"]:
            start = piece.start()
            while (above := text.rfind("\n", 0, max(0, start - 1)) + 1) in comments and above < start:
                start = above
            starts.append(start)
            ends.append(_line_end(text, piece.end()))
        elif ends and not piece["comment"]:
            ends[-1] = _line_end(text, piece.end())
    if not starts:
        return text, []
    stops = [*starts[1:], len(text)]
    blocks = [_Block(text[start:end], text[end:stop]) for start, end, stop in zip(starts, ends, stops, strict=True)]
    return text[: starts[0]], blocks


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end == -1 else end + 1


def _apart(before: str, newline: str) -> str:
    """Return what has to stand between ``before`` and the next view, so that an empty line parts them."""
    plain = before.replace("\r", "")
    return "" if not plain or plain.endswith("\n\n") else newline if plain.endswith("\n") else 2 * newline


def _fresh(view: SavedView, newline: str) -> str:
    lines = ["[[view]]", f"name = {_quoted(view.name)}", f"query = {_quoted(view.query)}"]
    lines += [f"sort = {_quoted(format_sort(view.sort))}"] if view.sort is not None else []
    return "".join(line + newline for line in lines)


def _written(view: SavedView, former: str, newline: str) -> str:
    """Return a view that is not there yet: as it was written before if it was, else plainly."""
    fresh = _fresh(view, newline)
    if not former:
        return fresh
    try:
        (before,) = parse_views(former, "")
        text = _changed(former, before, view, newline)
        return text if parse_views(text, "") == [view] else fresh
    except (ReaderError, ValueError):  # it is from a file of ours, which may have been changed
        return fresh


def _changed(block: str, before: SavedView, view: SavedView, newline: str) -> str:
    """Return the text of a view so that it says another name, query or order."""
    if not block.endswith("\n"):
        block += newline
    for key, old, new in (
        ("name", before.name, view.name),
        ("query", before.query, view.query),
        ("sort", format_sort(before.sort), format_sort(view.sort)),
    ):
        if old == new:
            continue
        place = next((piece for piece in _PIECES.finditer(block) if piece["key"] == key), None)
        if place is None:
            block = f"{block}{key} = {_quoted(new)}{newline}"
        elif new or key != "sort":
            block = block[: place.start("value")] + _quoted(new) + block[place.end("value") :]
        else:
            block = block[: place.start()] + block[_line_end(block, place.end()) :]
    return block


def _quoted(text: str) -> str:
    """Return a cleaned text as a string of TOML, the one that is easier to read."""
    if ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
