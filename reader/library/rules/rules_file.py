"""rules.toml, which both the user and newsreader edit. Parsing and editing text are pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from reader.config.names import did_you_mean, nearest, shown_name
from reader.config.toml_tables import Layout, Table, edit_tables, format_value, read_tables
from reader.core.errors import ReaderError
from reader.core.marks import normalize_tag
from reader.core.text import clean
from reader.query.ast import IsCondition, Query, QueryError, depends_on_stories, leaves
from reader.query.parser import parse_query
from reader.storage.edited_file import EditedFile

RuleAction = Literal["read", "star", "hide", "fetch", "stop"]
RULE_ACTIONS: tuple[RuleAction, ...] = get_args(RuleAction)
"""What a rule can do to an article, besides tagging it; ``stop`` keeps later rules away from it."""
_KEYS = ("name", "query", "do", "tags", "enabled")
_LAYOUT = Layout(
    "rule",
    _KEYS,
    "# Rules of newsreader, in the order in which they run. You may edit them at any time; see docs/rules.md.\n",
    naming=("name",),
)
_MAX_RULES = 1_000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ArrivalRule:
    """What to do with the articles that a query finds."""

    name: str
    query: str
    do: tuple[RuleAction, ...] = ()
    tags: tuple[str, ...] = ()
    enabled: bool = True
    parsed: Query = field(default_factory=Query, compare=False)

    @property
    def needs_stories(self) -> bool:
        """Whether it can only run on articles that are grouped."""
        return depends_on_stories(self.parsed)

    @property
    def is_about_copies(self) -> bool:
        """Whether it depends on which articles are copies of others."""
        return any(leaf == IsCondition("duplicate") for leaf, _ in leaves(self.parsed.where))


def parse_rules(text: str, shown: str) -> list[ArrivalRule]:
    """Return the rules in ``text``, in their order. ``shown`` is the name of the file in messages.

    Raises ReaderError that names the file, the line or rule, and a remedy.
    """
    tables = read_tables(text, "rule", shown)
    if len(tables) > _MAX_RULES:
        raise ReaderError(f"{shown} has more than {_MAX_RULES:,} rules.", "Remove some.")
    found: dict[str, ArrivalRule] = {}
    for number, table in enumerate(tables, 1):
        name = table.get("name")
        name = clean(name) if isinstance(name, str) else ""
        what = f"{shown}: the rule “{shown_name(name)}”" if name else f"{shown}: rule number {number}"
        try:
            rule = _rule(table, name)
        except ReaderError as error:
            raise ReaderError(f"{what} {error.message}", error.hint) from None
        if name in found:
            raise ReaderError(f"{shown}: there are two rules “{shown_name(name)}”.", "Rename one of them.")
        found[name] = rule
    return [*found.values()]


def _rule(table: Mapping[str, Any], name: str) -> ArrivalRule:
    """Return the rule of a table. Raises ReaderError with the end of a sentence about it."""
    for key in table:
        if key not in _KEYS:
            hint = did_you_mean(nearest(key, _KEYS)) or f"Use {', '.join(_KEYS)}."
            raise ReaderError(f"has an unknown key “{shown_name(key)}”.", hint)
    if not name:
        raise ReaderError("has no name.", 'Give it one: name = "…".')
    if len(name) > _LONGEST_NAME:
        raise ReaderError(f"has a name of more than {_LONGEST_NAME} characters.", "Shorten it.")
    actions, tags, enabled = (table.get(key, default) for key, default in (("do", []), ("tags", []), ("enabled", True)))
    for key, value in (("do", actions), ("tags", tags)):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ReaderError(f"needs a list of strings for {key}.", f'Write {key} = ["…"].')
    if not isinstance(enabled, bool):
        raise ReaderError("needs true or false for enabled.")
    for action in actions:
        if action not in RULE_ACTIONS:
            hint = did_you_mean(nearest(action, RULE_ACTIONS)) or f"Use {', '.join(RULE_ACTIONS)}, or tags."
            raise ReaderError(f"cannot do “{shown_name(action)}”.", hint)
    if not actions and not tags:
        raise ReaderError("does nothing.", f"It needs a tag or one of {', '.join(RULE_ACTIONS)}.")
    query = table.get("query")
    if not isinstance(query, str):
        raise ReaderError("has no query.", "Give it one: query = 'title:…'.")
    query = clean(query)
    return ArrivalRule(name, query, tuple(actions), tuple(map(_tag, tags)), enabled, _parsed(query))


def _tag(text: str) -> str:
    try:
        return normalize_tag(text)
    except ReaderError as error:
        raise ReaderError(f"has a tag that is not valid: {error.message}", error.hint) from None


def _parsed(text: str) -> Query:
    try:
        query = parse_query(text)
    except QueryError as error:
        raise ReaderError(f"has a query that is not valid: {error.message}", error.hint) from None
    if query.where is None:
        raise ReaderError("has an empty query.", "To take every article, write: is:read OR is:unread")
    if query.sort is not None or query.limit is not None:
        raise ReaderError("has a query with sort: or limit:.", "A rule takes every article that matches.")
    return query


def edit_rules(text: str, wanted: Sequence[ArrivalRule], shown: str) -> str:
    """Return ``text`` edited so that it contains the ``wanted`` rules in this order; everything else stays.

    Raises ReaderError if the layout of the file cannot be edited.
    """
    current = parse_rules(text, shown)
    if current == [*wanted]:
        return text
    result = edit_tables(text, _LAYOUT, [*map(_table, current)], [*map(_table, wanted)], {})
    if result is None or parse_rules(result, shown) != [*wanted]:
        raise ReaderError(f"{shown} has a layout that newsreader cannot edit.", "Make the change in an editor.")
    return result


def _table(rule: ArrivalRule) -> Table:
    values = {"name": rule.name, "query": rule.query, "do": rule.do, "tags": rule.tags}
    given = {key: format_value(value) for key, value in values.items() if value}
    return given if rule.enabled else {**given, "enabled": format_value(rule.enabled)}


class RulesFile:
    """The rules in the file at ``path``. Thread-safe; methods may block and raise ReaderError."""

    def __init__(self, path: Path) -> None:
        self._file = EditedFile(path, "Rules")
        self.shown = self._file.shown
        """The path for messages."""

    def load(self) -> list[ArrivalRule]:
        """Return the rules, in their order."""
        return parse_rules(self._file.read()[1], self.shown)

    def put(self, rule: ArrivalRule) -> bool:
        """Add a rule at the end, or replace that of the same name; return whether there was one."""
        with self._file.exclusive():
            text = self._file.read()[1]
            rules = parse_rules(text, self.shown)
            names = [each.name for each in rules]
            wanted = [rule if each.name == rule.name else each for each in rules]
            exists = rule.name in names
            self._file.write(edit_rules(text, wanted if exists else [*rules, rule], self.shown))
            return exists

    def remove(self, name: str) -> None:
        """Remove a rule."""
        with self._file.exclusive():
            text = self._file.read()[1]
            rules = parse_rules(text, self.shown)
            names = [each.name for each in rules]
            if name not in names:
                hint = did_you_mean(nearest(name, names)) or "`newsreader rules list` shows the rules."
                raise ReaderError(f"There is no rule “{shown_name(name)}”.", hint)
            self._file.write(edit_rules(text, [each for each in rules if each.name != name], self.shown))


def new_rule(name: str, query: str, do: Sequence[str], tags: Sequence[str]) -> ArrivalRule:
    """Return a rule. Raises ReaderError that says what is wrong with it."""
    shown = clean(name)
    try:
        return _rule({"query": query, "do": [*do], "tags": [*tags]}, shown)
    except ReaderError as error:
        raise ReaderError(f"The rule “{shown_name(shown)}” {error.message}", error.hint) from None
