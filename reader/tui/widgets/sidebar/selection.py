"""Converts between choices in the sidebar and the query. Pure.

A query is treated as conditions that must all be true. A condition can be chosen and removed in
the sidebar if it consists of values of one kind (``topic:ai`` or ``topic:ai OR topic:law``), of a
state, or of the query of a saved view. Other conditions stay unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

from reader.core.tokenize import fold_case
from reader.query.ast import And, DateCondition, IsCondition, Node, Or, Query, ValueCondition

ValueKind = Literal["topic", "source", "author", "type", "tag", "folder"]
EntryKind = Literal["usual", "view", "feed", "topic", "source", "author", "type", "tag", "folder"]
KINDS: tuple[EntryKind, ...] = get_args(EntryKind)
VALUE_KINDS: tuple[ValueKind, ...] = get_args(ValueKind)
_DocumentKind = Literal["topic", "source", "author", "type", "folder"]
OF_DOCUMENTS: tuple[_DocumentKind, ...] = get_args(_DocumentKind)
"""The kinds that marks do not change."""
BUILT_IN_VIEWS: Mapping[str, Node | None] = {
    "All": None,
    "Unread": IsCondition("unread"),
    "Starred": IsCondition("starred"),
    "Today": DateCondition("in", "today"),
    "Since last time": IsCondition("new"),
}
"""The views that every library has, with their conditions."""


class SidebarChoice(NamedTuple):
    """A choice: the name of a built-in view, the name of a saved view, or a value."""

    kind: EntryKind
    value: str

    @property
    def key(self) -> SidebarChoice:
        """A key that ignores the case of values."""
        return self if self.kind in {"usual", "view"} else SidebarChoice(self.kind, fold_case(self.value))


Views = Mapping[str, Query]
"""The queries of saved views by name, without the invalid ones."""


def query_for(choices: Sequence[SidebarChoice], views: Views) -> Query | None:
    """Return the query of a choice, or of several values; None for a saved view with an invalid query."""
    kind, value = choices[0]
    if kind == "view":
        return views.get(value)
    if kind == "usual":
        return Query(BUILT_IN_VIEWS[value])
    return Query(_any_of([ValueCondition(each.kind, each.value) for each in choices])[0])  # type: ignore[arg-type]


def choices_in(query: Query | None, views: Views) -> frozenset[SidebarChoice]:
    """Return the keys of all choices that ``query`` contains."""
    query = query or Query()
    found = {SidebarChoice("view", name) for name, its in views.items() if its == query}
    if query.where is None:
        return frozenset(found | {SidebarChoice("usual", "All")})
    named = _named(views)
    for part in _parts(query, named):
        for kind in KINDS:
            for one in _members(part, kind, named):
                found |= {choice.key for choice in _choices(one, named) if choice.kind == kind}
    return frozenset(found)


def toggle_choices(query: Query | None, choices: Sequence[SidebarChoice], views: Views) -> Query | None:
    """Return ``query`` with all ``choices`` added or, if it has all of them, removed; see :func:`toggle_choice`."""
    chosen = choices_in(query, views)
    has_all = all(each.key in chosen for each in choices)
    for each in choices:
        if (each.key in chosen) == has_all:
            query = toggle_choice(query, each, views)
    return query


def toggle_choice(query: Query | None, choice: SidebarChoice, views: Views) -> Query | None:
    """Return ``query`` with ``choice`` added or, if it has it, removed.

    Choices of one kind are combined by OR, those of different kinds by AND. "All" removes everything. The result
    is None for a saved view with an invalid query.
    """
    query = query or Query()
    own = query_for((choice,), views)
    if own is None:
        return None
    node = own.where
    if node is None and own.limit is None:
        return own
    if node is None:  # a view that only limits the number of articles
        return replace(query, limit=None if query.limit == own.limit else own.limit)
    named = _named(views)
    parts = _parts(query, named)
    for at, part in enumerate(parts):
        members = _members(part, choice.kind, named)
        rest = [one for one in members if choice.key not in {each.key for each in _choices(one, named)}]
        if len(rest) < len(members):
            less = replace(query, limit=None) if own.limit is not None and query.limit == own.limit else query
            return _all_of(less, [*parts[:at], *_any_of(rest), *parts[at + 1 :]])
    if own.limit is not None:
        query = replace(query, limit=min(own.limit, query.limit or own.limit))
    for at, part in enumerate(parts):
        members = _members(part, choice.kind, named)
        if members and choice.kind != "usual":
            return _all_of(query, [*parts[:at], *_any_of([*members, node]), *parts[at + 1 :]])
    return _all_of(query, [*parts, node])


def _any_of(nodes: Sequence[Node]) -> list[Node]:
    return [Or(tuple(nodes))] if len(nodes) > 1 else [*nodes]


def _all_of(query: Query, parts: list[Node]) -> Query:
    return replace(query, where=And(tuple(parts)) if len(parts) > 1 else next(iter(parts), None))


_Named = Mapping[Node, Sequence[SidebarChoice]]
"""The views by their conditions."""


def _named(views: Views) -> _Named:
    named = {where: [SidebarChoice("usual", name)] for name, where in BUILT_IN_VIEWS.items() if where is not None}
    for name, its in views.items():
        if its.where is not None:
            named.setdefault(its.where, []).append(SidebarChoice("view", name))
    return named


def _parts(query: Query, named: _Named) -> list[Node]:
    """Return the conditions that must all be true; the query of a saved view counts as one."""
    where = query.where
    if where is None:
        return []
    return [*where.parts] if isinstance(where, And) and where not in named else [where]


def _choices(node: Node, named: _Named) -> list[SidebarChoice]:
    """Return the choices whose condition is ``node``."""
    found = [*named.get(node, ())]
    if isinstance(node, ValueCondition):
        found += [SidebarChoice(kind, node.value) for kind in VALUE_KINDS if kind == node.field]
    return found


def _members(node: Node, kind: EntryKind, named: _Named) -> Sequence[Node]:
    """Return the alternatives of ``node`` if all of them are choices of ``kind``; else nothing."""
    for several in ((node,), node.parts if isinstance(node, Or) and kind != "usual" else ()):
        if several and all(any(choice.kind == kind for choice in _choices(one, named)) for one in several):
            return several
    return ()
