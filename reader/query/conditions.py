"""Parses a single term of a query to a condition or setting, or reports what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from reader.core.ordering import SORT_KEYS, Sort
from reader.core.text import truncate
from reader.query.ast import (
    MAX_LIMIT,
    MAX_NUMBER,
    DateCondition,
    DateRelation,
    HasCondition,
    IsCondition,
    Leaf,
    NumberCondition,
    NumberRange,
    QueryError,
    QueryOrder,
    Relation,
    SubstringCondition,
    UnknownCondition,
    ValueCondition,
    WordsCondition,
)
from reader.query.dates import date_error, is_backwards
from reader.query.fields import (
    FIELDS,
    NUMBER_FIELDS,
    PART_FIELDS,
    STATES,
    TEXT_FIELDS,
    THINGS,
    VALUE_FIELDS,
    NumberField,
    PartField,
    StateName,
    TextField,
    ThingName,
    ValueField,
)
from reader.query.lexer import QueryToken

_Name = TypeVar("_Name", bound=str)


def _by_name(names: Iterable[_Name]) -> dict[str, _Name]:
    return {name: name for name in names}


_TEXT: dict[str, TextField] = _by_name(TEXT_FIELDS)
_VALUE: dict[str, ValueField] = _by_name(VALUE_FIELDS)
_PART: dict[str, PartField] = _by_name(PART_FIELDS)
_FIGURES: dict[str, NumberField] = _by_name(NUMBER_FIELDS)
_STATES: dict[str, StateName] = _by_name(STATES)
_THINGS: dict[str, ThingName] = _by_name(THINGS)
_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?", re.ASCII)  # bounded, as int() rejects more than 4,300 digits
_WHOLE = re.compile(r"\d{1,10}", re.ASCII)
_RELATIONS: dict[str, Relation] = {":": "=", "=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DATE_RELATIONS: dict[str, DateRelation] = {":": "in", "=": "in", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DATES = ("a date", "date:today, date:2021-07, after:3d, date>=2021-07-28 or date:2021-07-28..2021-08-05")
_NEEDS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(TEXT_FIELDS, ("a word or a phrase", 'title:election or title:"climate change"')),
    **dict.fromkeys(VALUE_FIELDS, ("a value", 'source:Reuters or topic:"climate change"')),
    **dict.fromkeys(PART_FIELDS, ("a part of a path or an address", "path:2021-07 or url:example.org")),
    "quality": ("a number", "quality:60, quality>=60, quality:40..60 or quality:unknown"),
    "heat": ("a number", "heat:60, heat>=60, heat:40..60 or heat:unknown"),
    **dict.fromkeys(("date", "after", "before"), _DATES),
    "is": ("a state", ", ".join(f"is:{state}" for state in STATES)),
    "has": ("a thing", ", ".join(f"has:{thing}" for thing in THINGS)),
    "sort": ("an order", "sort:quality, sort:heat, sort:date, sort:-date or sort:relevance"),
    "limit": (f"a whole number from 1 to {MAX_LIMIT:,}", "limit:50"),
}
"""Field -> a description of its value, and examples."""
_QUOTE_IT = "Put it in quotes to search for the words."
_LONGEST_SHOWN = 40
"""Maximum cells of the query that an error message quotes."""


def parse_condition(token: QueryToken, text: str) -> Leaf:
    """Return the condition of a term of ``text``. Raises QueryError if it is invalid."""
    value, field = _value(token, text), token.field
    if not field:
        return WordsCondition("any", value, prefix=not token.quoted)
    if field in _TEXT:
        return WordsCondition(_TEXT[field], value, prefix=not token.quoted)
    if field in _VALUE:
        return ValueCondition(_VALUE[field], value)
    if field in _PART:
        return SubstringCondition(_PART[field], value)
    plain = value.lower()
    if field in _FIGURES:
        return _number(_FIGURES[field], token, text, plain)
    if field == "is" and plain in _STATES:
        return IsCondition(_STATES[plain])
    if field == "has" and plain in _THINGS:
        return HasCondition(_THINGS[plain])
    if field in {"is", "has"}:
        raise _refused(token, text)
    return _date(token, text, plain)


def parse_sort(token: QueryToken, text: str) -> QueryOrder:
    """Return the sort order of a ``sort:`` term. Raises QueryError if it is invalid."""
    value = _value(token, text).lower()
    if value == "relevance":
        return "relevance"
    if value == "-relevance":
        raise _error(token, "sort:relevance cannot be reversed: the best match always comes first.")
    for key in SORT_KEYS:
        if value.removeprefix("-") == key:
            return Sort(key, reverse=value.startswith("-"))
    raise _refused(token, text)


def parse_limit(token: QueryToken, text: str) -> int:
    """Return the number of a ``limit:`` term. Raises QueryError unless it is 1 or more."""
    value = _value(token, text)
    if not _WHOLE.fullmatch(value) or not 1 <= int(value) <= MAX_LIMIT:
        raise _refused(token, text)
    return int(value)


def _value(token: QueryToken, text: str) -> str:
    """Check field, operator and quotes of a term and return its value."""
    field, head = token.field, _head(token, text)
    if field and field not in FIELDS:
        raise _unknown(token)
    if not token.closed:
        raise QueryError("A quote is not closed.", token.at, token.end, 'Write \\" for a literal quote.')
    if field and token.relation != ":" and field not in {*_FIGURES, "date"}:
        hint = f"Write {_NEEDS[field][1]}. {_QUOTE_IT}"
        raise QueryError(f"{head} is invalid: write a colon after {field}.", token.start, token.at, hint)
    if not token.value and not field:
        raise _error(token, "There is nothing between the quotes.")
    if not token.value:
        raise _error(token, f"{head} needs {_NEEDS[field][0]}.", _examples(token))
    return token.value


def _number(field: NumberField, token: QueryToken, text: str, value: str) -> Leaf:
    relation = _RELATIONS[token.relation]
    sign = next((sign for sign in ("<=", ">=", "<", ">", "=") if value.startswith(sign)), "")
    if sign and relation == "=":  # quality:>=60, as after completing the name
        relation, value = _RELATIONS[sign], value[len(sign) :]
    if value == "unknown" and relation == "=":
        return UnknownCondition(field)
    if ".." not in value:
        return NumberCondition(field, relation, _figure(value, token, text))
    low, high = _ends(value, token, text)
    if not high:
        return NumberCondition(field, ">=", _figure(low, token, text))
    if not low:
        return NumberCondition(field, "<=", _figure(high, token, text))
    between = NumberRange(field, _figure(low, token, text), _figure(high, token, text))
    if between.low > between.high:
        raise _backwards(token, text, low, high)
    return between


def _figure(written: str, token: QueryToken, text: str) -> int | float:
    if not _NUMBER.fullmatch(written):
        raise _refused(token, text)
    number = float(written) if "." in written else int(written)
    if abs(number) > MAX_NUMBER:
        raise _value_error(token, f"{_head(token, text)}{_shown(written)} is too large for {token.field}.")
    return number


def _date(token: QueryToken, text: str, value: str) -> Leaf:
    relation = _DATE_RELATIONS[token.relation]
    if token.field != "date":
        relation = ">=" if token.field == "after" else "<"
    elif value == "unknown" and relation == "in":
        return UnknownCondition("date")
    if ".." not in value:
        return DateCondition(relation, _day(value, token, text))
    first, last = _ends(value, token, text)
    if not last:
        return DateCondition(">=", _day(first, token, text))
    if not first:
        return DateCondition("<=", _day(last, token, text))
    if is_backwards(_day(first, token, text), _day(last, token, text)):
        raise _backwards(token, text, first, last)
    return DateCondition("range", first, last)


def _day(written: str, token: QueryToken, text: str) -> str:
    if wrong := date_error(written):
        raise _value_error(token, f"{_head(token, text)} “{_shown(written)}” {wrong}.")
    return written


def _ends(value: str, token: QueryToken, text: str) -> tuple[str, str]:
    """Return both ends of a range; one may be empty."""
    if token.relation not in {":", "="} or token.field in {"after", "before"}:
        message = f"{_head(token, text)} takes one {_NEEDS[token.field][0].removeprefix('a ')}, not a range."
        raise _value_error(token, message)
    low, _, high = value.partition("..")
    if not low and not high:
        raise _refused(token, text)
    return low, high


# Errors.


def _head(token: QueryToken, text: str) -> str:
    """Return name and operator of a field as written."""
    return text[token.start : token.at]


def _shown(value: str) -> str:
    return truncate(value, _LONGEST_SHOWN)


def _examples(token: QueryToken) -> str:
    return f"For example {_NEEDS[token.field][1]}."


def _error(token: QueryToken, message: str, hint: str = "") -> QueryError:
    return QueryError(message, token.start, token.end, hint)


def _value_error(token: QueryToken, message: str) -> QueryError:
    return QueryError(message, token.at, token.end, _examples(token))


def _refused(token: QueryToken, text: str) -> QueryError:
    needed = _NEEDS[token.field][0]
    return _value_error(token, f"{_head(token, text)} needs {needed}, but “{_shown(token.value)}” is not one.")


def _backwards(token: QueryToken, text: str, low: str, high: str) -> QueryError:
    turned = f"Write {_head(token, text)}{_shown(high)}..{_shown(low)}."
    message = f"{_head(token, text)}{_shown(token.value)} ends before it starts."
    return QueryError(message, token.at, token.end, turned)


def _unknown(token: QueryToken) -> QueryError:
    import difflib  # lazy: most queries are valid

    near = difflib.get_close_matches(token.field, FIELDS, 3, 0.6)
    guess = (
        f"Did you mean {' or '.join(f'{name}:' for name in near)}? " if near else f"Known are: {', '.join(FIELDS)}. "
    )
    message = f"There is no field “{_shown(token.field)}”."
    return QueryError(message, token.start, token.at, guess + _QUOTE_IT)
