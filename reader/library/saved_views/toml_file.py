"""Parser and editor of views.toml, which preserves comments and layout. Pure.

Each view is a table ``[[view]]`` with a name, a query and an optional sort order. Comments
directly above a table belong to it: they move with it, and return when its deletion is undone.
See docs/views.md.
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
"""Maximum characters of a name."""
LONGEST_QUERY = 4_000
"""Maximum characters of a query."""
_HEADER = (
    "# Saved views of newsreader, in the order in which they are shown. You may edit them while the app runs.\n"
    '# sort is "quality", "heat" or "date"; a minus sign in front reverses the order.\n'
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
"""Headers, keys and comment lines; also other strings and comments, so that nothing inside them matches."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A named query and the sort order of its results; None leaves the order unchanged."""

    name: str
    query: str
    sort: Sort | None = None


def parse_views(text: str, shown: str) -> list[SavedView]:
    """Return the views in ``text``, in their order. ``shown`` is the name of the file in messages.

    Raises ReaderError that names the file, the line or view, and a remedy.
    """
    import tomllib  # lazy: without saved views it is not needed

    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReaderError(f"{shown} is not valid TOML: {clean(str(error))}.", "Fix that line.") from None
    for name in values:
        if name != "view":
            raise ReaderError(f"{shown} has an unknown key “{_shown(name)}”.", "Each view is a table: [[view]].")
    tables = values.get("view", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ReaderError(f"{shown}: view must be a table in double brackets: [[view]].")
    found: dict[str, SavedView] = {}
    for number, table in enumerate(tables, 1):
        view = _view(table, number, shown)
        if view.name in found:
            raise ReaderError(f"{shown}: there are two views “{_shown(view.name)}”.", "Rename one of them.")
        found[view.name] = view
    return [*found.values()]


def _view(table: Mapping[str, object], number: int, shown: str) -> SavedView:
    raw_name = table.get("name")
    name = clean(raw_name) if isinstance(raw_name, str) else ""
    what = f"{shown}: the view “{_shown(name)}”" if name else f"{shown}: view number {number}"
    for key, value in table.items():
        if key not in _KEYS:
            raise ReaderError(f"{what} has an unknown key “{_shown(key)}”.", f"Use {', '.join(_KEYS)}.")
        if not isinstance(value, str):
            raise ReaderError(f"{what}: {key} must be a string in quotes.")
    if not name:
        raise ReaderError(f"{what} has no name.", 'Give it one: name = "…".')
    query = table.get("query")
    if not isinstance(query, str):
        raise ReaderError(f"{what} has no query.", "Give it one: query = '…'; an empty query finds everything.")
    query = clean(query)
    if len(name) > LONGEST_NAME or len(query) > LONGEST_QUERY:
        part, limit = ("name", LONGEST_NAME) if len(name) > LONGEST_NAME else ("query", LONGEST_QUERY)
        raise ReaderError(f"{what}: the {part} is longer than {limit:,} characters.", "Shorten it.")
    raw_sort = table.get("sort", "")
    sort = sort_of(raw_sort) if isinstance(raw_sort, str) else None
    if raw_sort and sort is None:
        hint = f"Use {', '.join(SORT_KEYS)}; a minus sign in front reverses the order."
        raise ReaderError(f"{what}: there is no order “{_shown(str(raw_sort))}”.", hint)
    return SavedView(name, query, sort)


def sort_of(text: str) -> Sort | None:
    """Return the order for a text such as ``date`` or ``-date``; None if the text is invalid."""
    key = text.removeprefix("-")
    return next((Sort(each, reverse=text.startswith("-")) for each in SORT_KEYS if each == key), None)


def format_sort(sort: Sort | None) -> str:
    """Return the inverse of :func:`sort_of`; an empty text for None."""
    return "" if sort is None else f"{'-' if sort.reverse else ''}{sort.by}"


def _shown(text: str) -> str:
    return truncate(clean(text), 40)


# Editing


class _Block(NamedTuple):
    """One view in the file: its table with the comments directly above, and the text up to the next view."""

    text: str
    after: str


def edit_views(text: str, wanted: Sequence[SavedView], shown: str, previous: Mapping[str, str] | None = None) -> str:
    """Return ``text`` edited so that it contains the ``wanted`` views in this order; everything else stays.

    ``previous`` maps names of deleted views to their text (see :func:`custom_texts`), which a restored view gets back.
    Raises ReaderError if the layout of the file cannot be edited.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    current = parse_views(text, shown)
    if current == [*wanted]:
        return text
    head, blocks = _blocks(text)
    if len(blocks) != len(current):
        raise ReaderError(f"{shown} has a layout that newsreader cannot edit.", "Write each view as a table: [[view]].")
    sources = _sources(current, wanted)
    head = _keep_other_text(head, blocks, sources, newline)
    result = head if text.strip() else _HEADER.replace("\n", newline)
    last: int | None = -1
    for source, view in zip(sources, wanted, strict=True):
        if source is None:
            block = _Block(_restored(view, (previous or {}).get(view.name, ""), newline), "")
        else:
            block = blocks[source]._replace(text=_edited(blocks[source].text, current[source], view, newline))
        follows = source is not None and last is not None and source == last + 1
        result += ("" if follows else _blank_line(result, newline)) + block.text + block.after
        last = source
    if last != len(blocks) - 1 and result:
        result = result.rstrip("\r\n") + newline
    if parse_views(result, shown) != [*wanted]:
        raise ReaderError(f"{shown} has a layout that newsreader cannot edit.", "Make the change in an editor.")
    return result


def _sources(current: Sequence[SavedView], wanted: Sequence[SavedView]) -> list[int | None]:
    """Return the index in ``current`` of each wanted view, which may have been renamed; None for a new view."""
    indexes = {view.name: index for index, view in enumerate(current)}
    sources = [indexes.get(view.name) for view in wanted]
    removed = [index for index in range(len(current)) if index not in sources]
    for place, view in enumerate(wanted):
        if sources[place] is None:
            same = next((i for i in removed if (current[i].query, current[i].sort) == (view.query, view.sort)), None)
            if same is not None:
                sources[place] = same
                removed.remove(same)
    return sources


def _keep_other_text(head: str, blocks: list[_Block], sources: Sequence[int | None], newline: str) -> str:
    """Move the text after each deleted view to the end of the view above it, or of ``head``, which is returned."""
    above = -1
    for index, block in enumerate(blocks):
        if index in sources:
            above = index
        elif block.after.strip():
            if above == -1:
                head += _blank_line(head, newline) + block.after.lstrip("\r\n")
            else:
                kept = blocks[above]
                blocks[above] = kept._replace(after=kept.after + block.after.lstrip("\r\n"))
    return head


def custom_texts(text: str, views: Sequence[SavedView]) -> dict[str, str]:
    """Return the text of each of the ``views`` in ``text`` that newsreader would write differently, by name."""
    _, blocks = _blocks(text)
    if len(blocks) != len(views):
        return {}
    pairs = zip(views, blocks, strict=True)
    return {view.name: block.text for view, block in pairs if block.text.strip() != _plain(view, "\n").strip()}


def _blocks(text: str) -> tuple[str, list[_Block]]:
    """Return the text before the first view, and the views."""
    matches = list(_PIECES.finditer(text))
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
    """Return the newlines needed after ``before`` to separate it from the next view by a blank line."""
    plain = before.replace("\r", "")
    return "" if not plain or plain.endswith("\n\n") else newline if plain.endswith("\n") else 2 * newline


def _plain(view: SavedView, newline: str) -> str:
    """Return a view as newsreader writes it."""
    lines = ["[[view]]", f"name = {_quoted(view.name)}", f"query = {_quoted(view.query)}"]
    lines += [f"sort = {_quoted(format_sort(view.sort))}"] if view.sort is not None else []
    return "".join(line + newline for line in lines)


def _restored(view: SavedView, previous: str, newline: str) -> str:
    """Return the text of a new view: its ``previous`` text, edited, if there is a valid one."""
    plain = _plain(view, newline)
    if not previous:
        return plain
    try:
        (before,) = parse_views(previous, "")
        text = _edited(previous, before, view, newline)
        return text if parse_views(text, "") == [view] else plain
    except (ReaderError, ValueError):  # previous comes from state.db, which may have been changed
        return plain


def _edited(block: str, before: SavedView, view: SavedView, newline: str) -> str:
    """Return the text of the view ``before``, changed to that of ``view``."""
    if not block.endswith("\n"):
        block += newline
    for key, old, new in (
        ("name", before.name, view.name),
        ("query", before.query, view.query),
        ("sort", format_sort(before.sort), format_sort(view.sort)),
    ):
        if old == new:
            continue
        match = next((each for each in _PIECES.finditer(block) if each["key"] == key), None)
        if match is None:
            block = f"{block}{key} = {_quoted(new)}{newline}"
        elif new or key != "sort":
            block = block[: match.start("value")] + _quoted(new) + block[match.end("value") :]
        else:
            block = block[: match.start()] + block[_line_end(block, match.end()) :]
    return block


def _quoted(text: str) -> str:
    """Return a clean text as a TOML string of the kind that needs fewer escapes."""
    if ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
