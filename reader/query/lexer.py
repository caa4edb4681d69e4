"""A query cut into pieces: parentheses, minus signs and terms. Pure; never fails, whatever the text.

A term is a word, a phrase in quotes, or a field with its value. What is wrong with one is
told by whoever reads it: a query that is being written is not right yet, and has to be
completed all the same.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from reader.core.text import clean
from reader.query.ast import FIELDS

SPECIAL = '()"\\'
"""What ends a word or, the last, takes the meaning from the character that follows it."""

_FIELD = re.compile(r"([A-Za-z][A-Za-z_-]*)(:|<=|>=|<|>|=)", re.ASCII)


class QueryToken(NamedTuple):
    """One piece of a query. Places are in characters of its text."""

    kind: Literal["open", "close", "minus", "term"]
    start: int
    end: int
    field: str = ""
    """The name of the field in lower case, known or not; empty for words."""
    relation: str = ""
    """What follows the name: ``:``, ``=``, ``<``, ``<=``, ``>`` or ``>=``."""
    at: int = 0
    """Where the value begins, its quote included."""
    value: str = ""
    """What is written, without quotes and escapes, cleaned; may be empty."""
    quoted: bool = False
    closed: bool = True
    """Whether a quote that was opened is closed."""
    operator: str = ""
    """``AND``, ``OR`` or ``NOT``, where the term is one of these words in capitals."""


def split_query(text: str) -> list[QueryToken]:
    """Return the pieces of ``text`` in their order. What draws nothing separates them as blanks do."""
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
    """Return the name and the sign of the field that stands at ``at``, or two empty strings.

    An unknown name counts as one only when a value follows its colon at once, so that
    headlines ("Covid: what now") and addresses are words.
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
    """Whether no value can begin at ``at``: a blank, a parenthesis that closes, or the end."""
    return at >= len(text) or text[at].isspace() or text[at] == ")"
