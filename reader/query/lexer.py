"""Splits a query into tokens: parentheses, minus signs and terms. Pure; never fails.

A term is a word, a quoted phrase, or a field with its value. Mistakes are reported by the parser, because completion
must work on queries that are not valid yet.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from reader.core.text import clean
from reader.query.ast import FIELDS, QueryError

SPECIAL = '()"\\'
"""Characters that end a word; the last one escapes the next character."""

_FIELD = re.compile(r"([A-Za-z][A-Za-z_-]*~?)(:|<=|>=|<|>|=)", re.ASCII)
_UNKNOWN_FIELD = re.compile(r"[a-z_-]+:(?!//|[\s)]|\Z)|[a-z_-]{3,}(?:[<>]=?|=)[+-]?[0-9]", re.IGNORECASE)
"""A name with a value, unless it is the start of a URL, a headline ("Covid: what now") or a formula ("p<0.05")."""
# A backslash escapes the next character, or stands for itself at the end of the text.
_QUOTED = re.compile(r'"((?:\\.|[^"\\]|\\\Z)*+)("?)', re.DOTALL)
_UNQUOTED = re.compile(r'((?:\\.|[^\s()"\\]|\\\Z)*+)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class QueryToken(NamedTuple):
    """One token of a query. Positions are in characters."""

    kind: Literal["open", "close", "minus", "term"]
    start: int
    end: int
    field: str = ""
    """The field name in lower case, known or unknown; empty for words."""
    relation: str = ""
    """The operator after the name: ``:``, ``=``, ``<``, ``<=``, ``>`` or ``>=``."""
    head: str = ""
    """The field name and the operator as written."""
    value: str = ""
    """The cleaned value without quotes and escapes; may be empty."""
    quoted: bool = False
    closed: bool = True
    """False if a quote is not closed."""
    operator: str = ""
    """``AND``, ``OR`` or ``NOT`` if the term is one of these words in capitals."""

    @property
    def at(self) -> int:
        """The position of the value, including its quote."""
        return self.start + len(self.head)

    def error(self, message: str, hint: str = "") -> QueryError:
        """Return an error at this token."""
        return QueryError(message, self.start, self.end, hint)


def split_query(text: str) -> list[QueryToken]:
    """Return the tokens of ``text``. Invisible characters separate them, as spaces do."""
    found: list[QueryToken] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in "()":
            found.append(QueryToken("open" if char == "(" else "close", at, at + 1))
            at += 1
        elif char == "-" and not _ends(text, at + 1):
            found.append(QueryToken("minus", at, at + 1))
            at += 1
        else:
            term = _term(text, at)
            if term.value or term.field or term.quoted:
                found.append(term)
            at = term.end
    return found


def match_field(text: str, at: int) -> tuple[str, str]:
    """Return name and operator of the field at ``at``, or two empty strings.

    An unknown name counts as a field only if a value follows its colon directly, or a number another operator.
    """
    found = _FIELD.match(text, at)
    if not found:
        return "", ""
    name = found[1].lower()
    if name not in FIELDS and not _UNKNOWN_FIELD.match(text, at):
        return "", ""
    return name, found[2]


def _term(text: str, start: int) -> QueryToken:
    field, relation = match_field(text, start)
    at = start + len(field) + len(relation)
    quoted = text.startswith('"', at)
    found = (_QUOTED if quoted else _UNQUOTED).match(text, at)
    assert found is not None, "both patterns match any text"
    written = text[start : found.end()]
    return QueryToken(
        kind="term",
        start=start,
        end=found.end(),
        field=field,
        relation=relation,
        head=text[start:at],
        value=clean(_ESCAPE.sub(r"\1", found[1]) if "\\" in found[1] else found[1]),
        quoted=quoted,
        closed=not quoted or bool(found[2]),
        operator=written if written in {"AND", "OR", "NOT"} else "",
    )


def _ends(text: str, at: int) -> bool:
    """Whether no value can start at ``at``: a space, a closing parenthesis, or the end."""
    return at >= len(text) or text[at].isspace() or text[at] == ")"
