"""Splits a query into tokens: parentheses, minus signs and terms. Pure; never fails.

A term is a word, a quoted phrase, or a field with its value. Mistakes are reported by the parser, because completion
must work on queries that are not valid yet.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from reader.core.text import clean
from reader.query.fields import FIELDS

SPECIAL = '()"\\'
"""Characters that end a word; the last one escapes the next character."""

_FIELD = re.compile(r"([A-Za-z][A-Za-z_-]*)(:|<=|>=|<|>|=)", re.ASCII)


class QueryToken(NamedTuple):
    """One token of a query. Positions are in characters."""

    kind: Literal["open", "close", "minus", "term"]
    start: int
    end: int
    field: str = ""
    """The field name in lower case, known or unknown; empty for words."""
    relation: str = ""
    """The operator after the name: ``:``, ``=``, ``<``, ``<=``, ``>`` or ``>=``."""
    at: int = 0
    """The position of the value, including its quote."""
    value: str = ""
    """The cleaned value without quotes and escapes; may be empty."""
    quoted: bool = False
    closed: bool = True
    """False if a quote is not closed."""
    operator: str = ""
    """``AND``, ``OR`` or ``NOT`` if the term is one of these words in capitals."""


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

    An unknown name counts as a field only if a value follows its colon directly, so that headlines
    ("Covid: what now") and addresses are words.
    """
    found = _FIELD.match(text, at)
    if not found:
        return "", ""
    name = found[1].lower()
    stands_alone = found[2] != ":" or _ends(text, found.end()) or text.startswith("//", found.end())
    if name not in FIELDS and stands_alone:
        return "", ""
    return name, found[2]


def _term(text: str, start: int) -> QueryToken:
    field, relation = match_field(text, start)
    at = start + len(field) + len(relation)
    quoted = text.startswith('"', at)
    value: list[str] = []
    end, closed = (at + 1, False) if quoted else (at, True)
    while end < len(text):
        char = text[end]
        if char == "\\" and end + 1 < len(text):
            value.append(text[end + 1])
            end += 2
            continue
        if quoted and char == '"':
            end, closed = end + 1, True
            break
        if not quoted and (char.isspace() or char in '()"'):
            break
        value.append(char)
        end += 1
    written = text[start:end]
    operator = written if written in {"AND", "OR", "NOT"} else ""
    return QueryToken("term", start, end, field, relation, at, clean("".join(value)), quoted, closed, operator)


def _ends(text: str, at: int) -> bool:
    """Whether no value can start at ``at``: a space, a closing parenthesis, or the end."""
    return at >= len(text) or text[at].isspace() or text[at] == ")"
