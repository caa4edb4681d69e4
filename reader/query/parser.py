"""Query text to the tree of :mod:`reader.query.ast` and back. Pure. The grammar is in docs/queries.md."""

from __future__ import annotations

import re

from reader.core.ordering import Sort
from reader.query import ast
from reader.query.conditions import parse_condition, parse_limit, parse_sort
from reader.query.lexer import SPECIAL, QueryToken, match_field, split_query

SETTINGS = ("sort", "limit")
"""Fields that apply to the whole query."""

_AS_WORD = "Put it in quotes to search for the word."


def parse_query(text: str) -> ast.Query:
    """Parse ``text``. Raises QueryError with the position of the mistake."""
    if len(text) > ast.MAX_CHARS:
        raise ast.QueryError(f"The query is longer than {ast.MAX_CHARS:,} characters.", ast.MAX_CHARS, len(text))
    return _Parser(split_query(text)).query()


def format_query(query: ast.Query) -> str:
    """Return a normalized text that :func:`parse_query` parses to the same tree."""
    parts = [] if query.where is None else [_format_node(query.where)]
    if query.sort is not None:
        by, reverse = query.sort if isinstance(query.sort, Sort) else (query.sort, False)
        parts.append(f"sort:{'-' if reverse else ''}{by}")
    if query.limit is not None:
        parts.append(f"limit:{query.limit}")
    return " ".join(parts)


def quote_value(value: str) -> str:
    """Return a value in its form after a colon, quoted if necessary."""
    if value and not any(char.isspace() or char in SPECIAL for char in value):
        return value
    return _in_quotes(value)


class _Parser:
    """Recursive descent: OR binds loosest, then AND (explicit or implied), then NOT and the minus sign."""

    def __init__(self, tokens: list[QueryToken]) -> None:
        self._tokens = tokens
        self._next = 0
        self._conditions = 0
        self._settings: dict[str, int] = {}
        self._sort: ast.QueryOrder | None = None
        self._limit: int | None = None

    def query(self) -> ast.Query:
        where = self._parse_or(0)
        if self._peek() is not None:
            raise self._next_token().error("There is a closing parenthesis without an opening one.")
        if isinstance(where, ast.Or):
            self._check_settings()
        return ast.Query(where, self._sort, self._limit)

    # Operators.

    def _parse_or(self, depth: int) -> ast.Node | None:
        """Parse alternatives up to a parenthesis or the end; None if there are none or only settings."""
        first = self._parse_and(depth)
        parts: list[ast.Node] = []
        while (token := self._peek()) is not None and token.operator == "OR":
            if first is None:
                raise token.error("OR has nothing before it.", _AS_WORD)
            self._next_token()
            part = self._parse_and(depth)
            if part is None:
                raise token.error("OR has nothing after it.", _AS_WORD)
            parts.append(part)
        return ast.Or((first, *parts)) if first is not None and parts else first

    def _parse_and(self, depth: int) -> ast.Node | None:
        """Parse conditions that must all match."""
        parts: list[ast.Node] = []
        waiting: QueryToken | None = None
        begun = False
        while (token := self._peek()) is not None and token.kind != "close" and token.operator != "OR":
            if token.operator == "AND":
                if not begun or waiting:
                    raise token.error("AND has nothing before it.", _AS_WORD)
                waiting = self._next_token()
                continue
            if token.field in SETTINGS:
                self._parse_setting(self._next_token(), depth)
            else:
                parts.append(self._parse_not(depth))
            waiting, begun = None, True
        if waiting:
            raise waiting.error("AND has nothing after it.", _AS_WORD)
        return parts[0] if len(parts) == 1 else ast.And(tuple(parts)) if parts else None

    def _parse_not(self, depth: int) -> ast.Node:
        """Parse one condition or parenthesized expression with the NOTs before it."""
        token = self._next_token()
        negates = token.kind == "minus" or token.operator == "NOT"
        if (negates or token.kind == "open") and depth >= ast.MAX_DEPTH:
            raise token.error(f"The query is nested deeper than {ast.MAX_DEPTH} levels.")
        if negates:
            return ast.Not(self._parse_negated(token, depth + 1))
        if token.kind == "open":
            return self._parse_parentheses(token, depth + 1)
        self._conditions += 1
        if self._conditions > ast.MAX_CONDITIONS:
            raise token.error(f"The query has more than {ast.MAX_CONDITIONS} conditions.")
        return parse_condition(token)

    def _parse_negated(self, negation: QueryToken, depth: int) -> ast.Node:
        token = self._peek()
        if token is None or token.kind == "close" or token.operator in {"AND", "OR"}:
            word = "The minus sign" if negation.kind == "minus" else "NOT"
            raise negation.error(f"{word} has nothing after it.", _AS_WORD)
        if token.field in SETTINGS:
            raise self._misplaced(token)
        return self._parse_not(depth)

    def _parse_parentheses(self, opening: QueryToken, depth: int) -> ast.Node:
        inside = self._parse_or(depth)
        if self._peek() is None:
            raise opening.error("A parenthesis is not closed.")
        closing = self._next_token()
        if inside is None:
            message = "There is nothing in the parentheses."
            raise ast.QueryError(message, opening.start, closing.end, 'Put a literal parenthesis in quotes: "(".')
        return inside

    # Settings.

    def _parse_setting(self, token: QueryToken, depth: int) -> None:
        if depth:
            raise self._misplaced(token)
        if token.field in self._settings:
            raise token.error(f"{token.field}: appears twice.", "Keep one.")
        self._settings[token.field] = self._next - 1
        if token.field == "sort":
            self._sort = parse_sort(token)
        else:
            self._limit = parse_limit(token)

    def _check_settings(self) -> None:
        """Check that settings come before the first alternative or after the last one."""
        places = set(self._settings.values())
        conditions = [at for at, token in enumerate(self._tokens) if at not in places and token.operator != "AND"]
        for at in sorted(places):
            if conditions[0] < at < conditions[-1]:
                raise self._misplaced(self._tokens[at])

    def _misplaced(self, token: QueryToken) -> ast.QueryError:
        message = f"{token.field}: applies to the whole query and cannot be inside parentheses, NOT or OR."
        return token.error(message, "Write it at the end.")

    # Tokens.

    def _peek(self) -> QueryToken | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _next_token(self) -> QueryToken:
        self._next += 1
        return self._tokens[self._next - 1]


# Tree to text.


def _format_node(node: ast.Node, within: type[ast.And | ast.Or | ast.Not] | None = None) -> str:
    """Return the text of a node inside another, in parentheses if precedence requires them."""
    if isinstance(node, ast.Not):
        return "-" + _format_node(node.part, ast.Not)
    if isinstance(node, ast.And):
        text, enclosed = " ".join(_format_node(part, ast.And) for part in node.parts), within in {ast.And, ast.Not}
    elif isinstance(node, ast.Or):
        text, enclosed = " OR ".join(_format_node(part, ast.Or) for part in node.parts), within is not None
    else:
        return _format_leaf(node)
    return f"({text})" if enclosed else text


def _format_leaf(node: ast.Leaf) -> str:
    match node:
        case ast.WordsCondition("any", text, prefix):
            return _bare_word(text) if prefix else _in_quotes(text)
        case ast.WordsCondition(field, text, prefix):
            return f"{field}:{_escaped(text) if prefix else _in_quotes(text)}"
        case ast.ValueCondition(field, value) | ast.SubstringCondition(field, value):
            return f"{field}:{quote_value(value)}"
        case ast.StoryCondition(field, id_):
            return f"{field}:{id_}"
        case ast.NumberCondition(field, relation, number):
            return f"{field}{':' if relation == '=' else relation}{_format_number(number)}"
        case ast.NumberRange(field, low, high):
            return f"{field}:{_format_number(low)}..{_format_number(high)}"
        case ast.UnknownCondition(field):
            return f"{field}:unknown"
        case ast.DateCondition("range", first, last):
            return f"date:{first}..{last}"
        case ast.DateCondition(relation, first):
            return {"in": "date:", "<": "before:", ">=": "after:"}.get(relation, f"date{relation}") + first
        case ast.IsCondition(state):
            return f"is:{state}"
        case ast.HasCondition(thing):
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


def _format_number(number: float) -> str:
    if isinstance(number, int):
        return str(number)
    from decimal import Decimal  # lazy: few queries have fractions

    return f"{Decimal(repr(number)):f}"  # never with an exponent
