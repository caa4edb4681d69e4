"""Parses a single term of a query to a condition or setting, or reports what is wrong with it. Pure."""

from __future__ import annotations

import re

from reader.core.ordering import SORT_KEYS, Sort
from reader.core.text import truncate
from reader.query import ast
from reader.query.dates import date_error, is_backwards
from reader.query.lexer import QueryToken

_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?", re.ASCII)  # bounded, as int() rejects more than 4,300 digits
_ID = re.compile(r"[0-9a-f]{16}")
_WHOLE = re.compile(r"\d{1,10}", re.ASCII)
_RELATIONS: dict[str, ast.Relation] = {":": "=", "=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DATE_RELATIONS: dict[str, ast.DateRelation] = {":": "in", "=": "in", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DATES = ("a date", "date:today, date:2021-07, after:3d, date>=2021-07-28 or date:2021-07-28..2021-08-05")
_NEEDS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(ast.TEXT_FIELDS, ("a word or a phrase", 'title:election or title:"climate change"')),
    **dict.fromkeys(ast.VALUE_FIELDS, ("a value", 'source:Reuters or topic:"climate change"')),
    **dict.fromkeys(ast.PART_FIELDS, ("a part of a path or a URL", "path:2021-07 or url:example.org")),
    "quality": ("a number", "quality:60, quality>=60, quality:40..60 or quality:unknown"),
    **{field: ("an id of 16 digits from 0 to f", f"{field}:c169d8fb5ce3b63e") for field in ast.STORY_FIELDS},
    "heat~": ("a number", "heat~:60, heat~>=60 or heat~:40..60"),
    "sources": ("a number", "sources:1, sources>=3 or sources:2..5"),
    "heat": ("a number", "heat:60, heat>=60, heat:40..60 or heat:unknown"),
    **dict.fromkeys(("date", "after", "before"), _DATES),
    "is": ("a state", ", ".join(f"is:{state}" for state in ast.STATES)),
    "has": ("a known value", ", ".join(f"has:{thing}" for thing in ast.THINGS)),
    "sort": ("an order", "sort:quality, sort:heat, sort:date, sort:-date or sort:relevance"),
    "limit": (f"a whole number from 1 to {ast.MAX_LIMIT:,}", "limit:50"),
}
"""Field -> a description of its value, and examples."""
_QUOTE_IT = "Put it in quotes to search for the words."
_LONGEST_SHOWN = 40
"""Maximum cells of the query that an error message quotes."""


def parse_condition(token: QueryToken) -> ast.Leaf:
    """Return the condition of a term. Raises QueryError if it is invalid."""
    value = _value(token)
    if not token.field:
        return ast.WordsCondition("any", value, prefix=not token.quoted)
    if text_field := ast.find_name(token.field, ast.TEXT_FIELDS):
        return ast.WordsCondition(text_field, value, prefix=not token.quoted)
    if value_field := ast.find_name(token.field, ast.VALUE_FIELDS):
        return ast.ValueCondition(value_field, value)
    if part_field := ast.find_name(token.field, ast.PART_FIELDS):
        return ast.SubstringCondition(part_field, value)
    value = value.lower()
    if number_field := ast.find_name(token.field, ast.NUMBER_FIELDS):
        return _number(number_field, token, value)
    if story_field := ast.find_name(token.field, ast.STORY_FIELDS):
        if not _ID.fullmatch(value):
            raise _invalid_value(token)
        return ast.StoryCondition(story_field, value)
    if token.field == "is" and (state := ast.find_name(value, ast.STATES)):
        return ast.IsCondition(state)
    if token.field == "has" and (thing := ast.find_name(value, ast.THINGS)):
        return ast.HasCondition(thing)
    if token.field in {"is", "has"}:
        raise _invalid_value(token)
    return _date(token, value)


def parse_sort(token: QueryToken) -> ast.QueryOrder:
    """Return the sort order of a ``sort:`` term. Raises QueryError if it is invalid."""
    value = _value(token).lower()
    if value == "relevance":
        return "relevance"
    if value == "-relevance":
        raise token.error("sort:relevance cannot be reversed: the best match always comes first.")
    if key := ast.find_name(value.removeprefix("-"), SORT_KEYS):
        return Sort(key, reverse=value.startswith("-"))
    raise _invalid_value(token)


def parse_limit(token: QueryToken) -> int:
    """Return the number of a ``limit:`` term. Raises QueryError unless it is 1 or more."""
    value = _value(token)
    if not _WHOLE.fullmatch(value) or not 1 <= int(value) <= ast.MAX_LIMIT:
        raise _invalid_value(token)
    return int(value)


def _value(token: QueryToken) -> str:
    """Check field, operator and quotes of a term and return its value."""
    field = token.field
    if field and field not in ast.FIELDS:
        raise _unknown_field(token)
    if not token.closed:
        raise ast.QueryError("A quote is not closed.", token.at, token.end, 'Write \\" for a literal quote.')
    if field and token.relation != ":" and field not in {*ast.NUMBER_FIELDS, "date"}:
        hint = f"Write {_NEEDS[field][1]}. {_QUOTE_IT}"
        raise ast.QueryError(f"{field} takes a colon, not “{token.relation}”.", token.start, token.at, hint)
    if not token.value and not field:
        raise token.error("There is nothing between the quotes.")
    if not token.value:
        raise token.error(f"{token.head} needs {_NEEDS[field][0]}.", _examples(token))
    return token.value


def _number(field: ast.NumberField, token: QueryToken, value: str) -> ast.Leaf:
    operator, value = _operator(token, value)
    relation = _RELATIONS[operator]
    if value == "unknown" and relation == "=" and field != "sources":
        return ast.UnknownCondition(field)
    if ".." not in value:
        return ast.NumberCondition(field, relation, _parse_number(value, token))
    low, high = _range_ends(value, token)
    if not high:
        return ast.NumberCondition(field, ">=", _parse_number(low, token))
    if not low:
        return ast.NumberCondition(field, "<=", _parse_number(high, token))
    between = ast.NumberRange(field, _parse_number(low, token), _parse_number(high, token))
    if between.low > between.high:
        raise _reversed_range(token, low, high)
    return between


def _operator(token: QueryToken, value: str) -> tuple[str, str]:
    """Return operator and value of a term, also of ``quality:>=60``, as after completing the name."""
    sign = next((sign for sign in ("<=", ">=", "<", ">", "=") if value.startswith(sign)), "")
    is_second = bool(sign) and token.relation in {":", "="} and ".." not in value
    return (sign, value[len(sign) :]) if is_second else (token.relation, value)


def _parse_number(written: str, token: QueryToken) -> int | float:
    if not _NUMBER.fullmatch(written):
        raise _invalid_value(token)
    number = float(written) if "." in written else int(written)
    if abs(number) > ast.MAX_NUMBER:
        raise _value_error(token, f"{token.head}{_shown(written)} is too large for {token.field}.")
    return number


def _date(token: QueryToken, value: str) -> ast.Leaf:
    operator, value = _operator(token, value) if token.field == "date" else (token.relation, value)
    relation = _DATE_RELATIONS[operator]
    if token.field != "date":
        relation = ">=" if token.field == "after" else "<"
    elif value == "unknown" and relation == "in":
        return ast.UnknownCondition("date")
    if ".." not in value:
        return ast.DateCondition(relation, _checked_date(value, token))
    first, last = _range_ends(value, token)
    if not last:
        return ast.DateCondition(">=", _checked_date(first, token))
    if not first:
        return ast.DateCondition("<=", _checked_date(last, token))
    if is_backwards(_checked_date(first, token), _checked_date(last, token)):
        raise _reversed_range(token, first, last)
    return ast.DateCondition("range", first, last)


def _checked_date(written: str, token: QueryToken) -> str:
    if wrong := date_error(written):
        raise _value_error(token, f"“{_shown(written)}” {wrong}.")
    return written


def _range_ends(value: str, token: QueryToken) -> tuple[str, str]:
    """Return both ends of a range; one may be empty."""
    if token.relation not in {":", "="} or token.field in {"after", "before"}:
        raise _value_error(token, f"{token.head} takes one {_NEEDS[token.field][0].removeprefix('a ')}, not a range.")
    low, _, high = value.partition("..")
    if not low and not high:
        raise _invalid_value(token)
    return low, high


# Errors.


def _shown(value: str) -> str:
    return truncate(value, _LONGEST_SHOWN)


def _examples(token: QueryToken) -> str:
    return f"For example {_NEEDS[token.field][1]}."


def _value_error(token: QueryToken, message: str) -> ast.QueryError:
    return ast.QueryError(message, token.at, token.end, _examples(token))


def _invalid_value(token: QueryToken) -> ast.QueryError:
    needed = _NEEDS[token.field][0]
    return _value_error(token, f"{token.head} needs {needed}, not “{_shown(token.value)}”.")


def _reversed_range(token: QueryToken, low: str, high: str) -> ast.QueryError:
    turned = f"Write {token.head}{_shown(high)}..{_shown(low)}."
    return ast.QueryError(f"{token.head}{_shown(token.value)} ends before it starts.", token.at, token.end, turned)


def _unknown_field(token: QueryToken) -> ast.QueryError:
    import difflib  # lazy: most queries are valid

    fields = ast.FIELDS if token.relation == ":" else (*ast.NUMBER_FIELDS, "date")
    near = [f"{name}{token.relation}" for name in difflib.get_close_matches(token.field, fields, 3, 0.6)]
    guess = f"Did you mean {' or '.join(near)}?" if near else f"The fields are: {', '.join(fields)}."
    message = f"There is no field “{_shown(token.field)}”."
    return ast.QueryError(message, token.start, token.at, f"{guess} {_QUOTE_IT}")
