"""Query text to the tree of :mod:`reader.query.ast` and back. Pure. The grammar is in docs/queries.md."""

from __future__ import annotations

import re

from reader.core.ordering import Sort
from reader.query.ast import (
    MAX_CHARS,
    MAX_CONDITIONS,
    MAX_DEPTH,
    And,
    DateCondition,
    HasCondition,
    IsCondition,
    Leaf,
    Node,
    Not,
    NumberCondition,
    NumberRange,
    Or,
    Query,
    QueryError,
    QueryOrder,
    SubstringCondition,
    UnknownCondition,
    ValueCondition,
    WordsCondition,
)
from reader.query.conditions import parse_condition, parse_limit, parse_sort
from reader.query.lexer import SPECIAL, QueryToken, match_field, split_query

SETTINGS = ("sort", "limit")
"""Fields that apply to the whole query."""

_AS_WORD = "Put it in quotes to search for the word."


def parse_query(text: str) -> Query:
    """Parse ``text``. Raises QueryError with the position of the mistake."""
    if len(text) > MAX_CHARS:
        raise QueryError(f"The query is longer than {MAX_CHARS:,} characters.", MAX_CHARS, len(text))
    return _Parser(text).query()


def format_query(query: Query) -> str:
    """Return a normalized text that :func:`parse_query` parses to the same tree."""
    parts = [] if query.where is None else [_written(query.where)]
    if query.sort is not None:
        by, reverse = query.sort if isinstance(query.sort, Sort) else (query.sort, False)
        parts.append(f"sort:{'-' if reverse else ''}{by}")
    if query.limit is not None:
        parts.append(f"limit:{query.limit}")
    return " ".join(parts)


def quote_value(value: str) -> str:
    """Return a value as it is written after a colon, quoted if necessary."""
    if value and not any(char.isspace() or char in SPECIAL for char in value):
        return value
    return _in_quotes(value)


class _Parser:
    """Recursive descent: OR binds loosest, then AND (explicit or implied), then NOT and the minus sign."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = split_query(text)
        self._next = 0
        self._conditions = 0
        self._settings: dict[str, int] = {}
        self._sort: QueryOrder | None = None
        self._limit: int | None = None

    def query(self) -> Query:
        where = self._either(0)
        if self._peek() is not None:
            raise self._error("There is a closing parenthesis without an opening one.", self._take())
        if isinstance(where, Or):
            self._settings_stand_outside()
        return Query(where, self._sort, self._limit)

    # Operators.

    def _either(self, depth: int) -> Node | None:
        """Parse alternatives up to a parenthesis or the end; None if there are none or only settings."""
        first = self._all(depth)
        parts: list[Node] = []
        while (token := self._peek()) is not None and token.operator == "OR":
            if first is None:
                raise self._error("OR has nothing before it.", token, _AS_WORD)
            self._take()
            part = self._all(depth)
            if part is None:
                raise self._error("OR has nothing after it.", token, _AS_WORD)
            parts.append(part)
        return Or((first, *parts)) if first is not None and parts else first

    def _all(self, depth: int) -> Node | None:
        """Parse conditions that must all match."""
        parts: list[Node] = []
        waiting: QueryToken | None = None
        begun = False
        while (token := self._peek()) is not None and token.kind != "close" and token.operator != "OR":
            if token.operator == "AND":
                if not begun or waiting:
                    raise self._error("AND has nothing before it.", token, _AS_WORD)
                waiting = self._take()
                continue
            if token.field in SETTINGS:
                self._set(self._take(), depth)
            else:
                parts.append(self._one(depth))
            waiting, begun = None, True
        if waiting:
            raise self._error("AND has nothing after it.", waiting, _AS_WORD)
        return parts[0] if len(parts) == 1 else And(tuple(parts)) if parts else None

    def _one(self, depth: int) -> Node:
        """Parse one condition or parenthesized expression with the NOTs before it."""
        token = self._take()
        negates = token.kind == "minus" or token.operator == "NOT"
        if (negates or token.kind == "open") and depth >= MAX_DEPTH:
            raise self._error(f"The query is nested deeper than {MAX_DEPTH} levels.", token)
        if negates:
            return Not(self._negated(token, depth + 1))
        if token.kind == "open":
            return self._enclosed(token, depth + 1)
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise self._error(f"The query has more than {MAX_CONDITIONS} conditions.", token)
        return parse_condition(token, self._text)

    def _negated(self, negation: QueryToken, depth: int) -> Node:
        token = self._peek()
        if token is None or token.kind == "close" or token.operator in {"AND", "OR"}:
            word = "The minus sign" if negation.kind == "minus" else "NOT"
            raise self._error(f"{word} has nothing after it.", negation, _AS_WORD)
        if token.field in SETTINGS:
            raise self._misplaced(token)
        return self._one(depth)

    def _enclosed(self, opening: QueryToken, depth: int) -> Node:
        inside = self._either(depth)
        if self._peek() is None:
            raise self._error("A parenthesis is not closed.", opening)
        closing = self._take()
        if inside is None:
            message = "There is nothing in the parentheses."
            raise QueryError(message, opening.start, closing.end, 'Put a literal parenthesis in quotes: "(".')
        return inside

    # Settings.

    def _set(self, token: QueryToken, depth: int) -> None:
        if depth:
            raise self._misplaced(token)
        if token.field in self._settings:
            raise self._error(f"{token.field}: appears twice.", token, "Keep one.")
        self._settings[token.field] = self._next - 1
        if token.field == "sort":
            self._sort = parse_sort(token, self._text)
        else:
            self._limit = parse_limit(token, self._text)

    def _settings_stand_outside(self) -> None:
        """Check that settings are before the first alternative or after the last one."""
        places = set(self._settings.values())
        conditions = [at for at, token in enumerate(self._tokens) if at not in places and token.operator != "AND"]
        for at in sorted(places):
            if conditions[0] < at < conditions[-1]:
                raise self._misplaced(self._tokens[at])

    def _misplaced(self, token: QueryToken) -> QueryError:
        return self._error(
            f"{token.field}: applies to the whole query and cannot be inside parentheses, NOT or OR.",
            token,
            "Write it at the end.",
        )

    # Tokens.

    def _peek(self) -> QueryToken | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> QueryToken:
        self._next += 1
        return self._tokens[self._next - 1]

    def _error(self, message: str, token: QueryToken, hint: str = "") -> QueryError:
        return QueryError(message, token.start, token.end, hint)


# Tree to text.


def _written(node: Node, within: type[And | Or | Not] | None = None) -> str:
    """Return the text of a node inside another, in parentheses if precedence requires them."""
    if isinstance(node, Not):
        return "-" + _written(node.part, Not)
    if isinstance(node, And):
        text, enclosed = " ".join(_written(part, And) for part in node.parts), within in {And, Not}
    elif isinstance(node, Or):
        text, enclosed = " OR ".join(_written(part, Or) for part in node.parts), within is not None
    else:
        return _leaf_written(node)
    return f"({text})" if enclosed else text


def _leaf_written(node: Leaf) -> str:
    match node:
        case WordsCondition("any", text, prefix):
            return _bare_word(text) if prefix else _in_quotes(text)
        case WordsCondition(field, text, prefix):
            return f"{field}:{_escaped(text) if prefix else _in_quotes(text)}"
        case ValueCondition(field, value) | SubstringCondition(field, value):
            return f"{field}:{quote_value(value)}"
        case NumberCondition(field, relation, number):
            return f"{field}{':' if relation == '=' else relation}{_figure_written(number)}"
        case NumberRange(field, low, high):
            return f"{field}:{_figure_written(low)}..{_figure_written(high)}"
        case UnknownCondition(field):
            return f"{field}:unknown"
        case DateCondition("range", first, last):
            return f"date:{first}..{last}"
        case DateCondition(relation, first):
            return {"in": "date:", "<": "before:", ">=": "after:"}.get(relation, f"date{relation}") + first
        case IsCondition(state):
            return f"is:{state}"
        case HasCondition(thing):
            return f"has:{thing}"


def _bare_word(text: str) -> str:
    """Escape a word so that it is parsed as a word, whatever it looks like."""
    escaped = _escaped(text)
    looks_like_more = escaped.startswith("-") or escaped in {"AND", "OR", "NOT"} or match_field(escaped, 0)[0]
    return "\\" + escaped if looks_like_more else escaped


def _escaped(text: str) -> str:
    return re.sub(r'([\s()"\\])', r"\\\1", text)


def _in_quotes(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _figure_written(number: float) -> str:
    if isinstance(number, int):
        return str(number)
    from decimal import Decimal  # lazy: few queries have fractions

    return f"{Decimal(repr(number)):f}"  # never with an exponent
