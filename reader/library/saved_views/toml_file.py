"""Parser and editor of views.toml, which preserves comments and layout. Pure.

Each view is a table ``[[view]]`` with a name, a query and an optional sort order. The comments above a table return
when its deletion is undone. See docs/views.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reader.config import toml_tables
from reader.config.toml_tables import Layout, Table, edit_table, edit_tables, format_value, read_tables
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
_LAYOUT = Layout("view", _KEYS, _HEADER, naming=("name",))


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
    tables = read_tables(text, "view", shown)
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


def edit_views(text: str, wanted: Sequence[SavedView], shown: str, previous: Mapping[str, str] | None = None) -> str:
    """Return ``text`` edited so that it contains the ``wanted`` views in this order; everything else stays.

    ``previous`` maps names of deleted views to their text (see :func:`custom_texts`), which a restored view gets back.
    Raises ReaderError if the layout of the file cannot be edited.
    """
    current = parse_views(text, shown)
    if current == [*wanted]:
        return text
    known = {view.name: view for view in current}
    restored = {
        format_value(view.name): _restored(view, (previous or {}).get(view.name, ""))
        for view in wanted
        if view.name not in known
    }
    result = edit_tables(text, _LAYOUT, [*map(_table, current)], [*map(_table, wanted)], restored)
    if result is None:
        raise ReaderError(f"{shown} has a layout that newsreader cannot edit.", "Write each view as a table: [[view]].")
    if parse_views(result, shown) != [*wanted]:
        raise ReaderError(f"{shown} has a layout that newsreader cannot edit.", "Make the change in an editor.")
    return result


def custom_texts(text: str, views: Sequence[SavedView]) -> dict[str, str]:
    """Return the text of each of the ``views`` in ``text`` that newsreader would write differently, by name."""
    texts = toml_tables.custom_texts(text, _LAYOUT, [*map(_table, views)])
    names = {format_value(view.name): view.name for view in views}
    return {names[name]: block for name, block in texts.items()}


def _table(view: SavedView) -> Table:
    values = {"name": view.name, "query": view.query, "sort": format_sort(view.sort)}
    return {key: format_value(value) for key, value in values.items() if value or key != "sort"}


def _restored(view: SavedView, previous: str) -> str:
    """Return the ``previous`` text of a view, edited to that of ``view``; empty if it is not valid."""
    if not previous:
        return ""
    try:
        (before,) = parse_views(previous, "")
        text = edit_table(previous, _LAYOUT, _table(before), _table(view))
        return text if parse_views(text, "") == [view] else ""
    except (ReaderError, ValueError):  # previous comes from state.db, which may have been changed
        return ""
