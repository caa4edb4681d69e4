"""Completion of queries, the words to highlight in results, and what a query depends on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Set
from typing import NamedTuple

from reader.core.ordering import SORT_KEYS
from reader.query import ast
from reader.query.dates import SPANS, WORDS
from reader.query.lexer import QueryToken, split_query

_FIXED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("date", "after", "before"), (*WORDS, *SPANS)),
    "is": ast.STATES,
    "has": ast.THINGS,
    "sort": (*SORT_KEYS, *(f"-{key}" for key in SORT_KEYS), "relevance"),
}
"""Field -> all of its values, or examples for dates."""
_CONDITIONS_ON_MARKS: Set[ast.Leaf] = {
    ast.IsCondition("read"),
    ast.IsCondition("unread"),
    ast.IsCondition("starred"),
    ast.HasCondition("tags"),
}

EXAMPLES = (
    ("climate", "articles with a word that starts like this, anywhere: title, excerpt, source, topics, tags, body …"),
    ('"climate change"', "exactly these words in this order; case and accents never matter"),
    ("solar OR wind -coal", "either word, but not the third; terms side by side must all match"),
    ("title:court", "in the title only; also excerpt: body: and text: (the body or the fetched page)"),
    ('source:"The Star"', "exactly this value; also author: topic: tag: type: category: lang: domain:"),
    ("path:2021/08", "part of the path; url: for part of a URL, folder: for a folder and those below it"),
    ("quality>=40 heat:10..60", "numbers take : = < <= > >= and ranges; heat:unknown finds articles without a value"),
    ("date:2021-07", "dates: today, yesterday, last-week, 3d 2w 1m 1y, 2021, 2021-07-28..2021-08-05"),
    ("after:1w before:today", "after and before a date"),
    ("heat~>=50 sources>=3", "heat with its estimate where it is unknown; how many sources report the story"),
    ("story:c169d8fb5ce3b63e", "the articles of a story, by its id; near: also those linked with an article"),
    ("is:unread", "also is:read is:starred is:hidden is:published is:duplicate is:first is:new (since last time)"),
    ("has:related", "also has:images has:body has:page has:tags has:problems"),
    ("sort:-date limit:50", "the sort order, - reverses it; sort:relevance puts the best match first"),
    ("(a OR b) -(c d)", "parentheses group; NOT is the same as -"),
)
"""Example queries with explanations, for the help screen."""


class QueryCompletion(NamedTuple):
    """What may replace the text of a query from ``start`` to ``end``, in characters."""

    start: int
    end: int
    prefix: str = ""
    """The text up to the cursor, without quotes and escapes."""
    candidates: tuple[str, ...] = ()
    """The candidates in display order, ready to insert; field names end with a colon."""
    field: ast.ValueField | None = None
    """A field whose values come from the articles: ask the library for those that start with ``prefix``, and insert
    the selected one with :func:`reader.query.parser.quote_value`."""


def complete_query(text: str, at: int) -> QueryCompletion:
    """Return what can be completed at the cursor, ``at`` characters into ``text``."""
    at = max(0, min(at, len(text)))
    nothing = QueryCompletion(at, at)
    if len(text) > ast.MAX_CHARS:
        return nothing
    token = next((token for token in split_query(text) if token.start < at <= token.end), None)
    if token is None or token.kind in {"open", "minus"} or text[token.start : token.end] == "-":
        return _names(at, at, "")
    if token.kind == "close" or (token.quoted and token.closed and at == token.end):
        return nothing
    if token.field and at >= token.at:
        return _values(text, token, at) if token.field in ast.FIELDS else nothing
    written = text[token.start : at]
    if (token.quoted and not token.field) or "\\" in written:
        return nothing
    end = at
    while end < token.end and (text[end].isalpha() or text[end] in "_-"):
        end += 1
    if text.startswith(("<", ">", "="), end):
        return nothing  # a colon before the operator would be wrong
    return _names(token.start, end + text.startswith(":", end), written)


def query_words(where: ast.Node | None, fields: Collection[ast.TextField]) -> tuple[ast.WordsCondition, ...]:
    """Return the distinct words and phrases in ``fields`` that results contain, in query order.

    Negated ones are left out, as no result contains them; doubly negated ones are included.
    """
    wanted = (leaf for leaf, negated in ast.leaves(where) if isinstance(leaf, ast.WordsCondition) and not negated)
    return tuple(dict.fromkeys(words for words in wanted if words.field in fields))


def without_field(text: str, field: str) -> str:
    """Return the text of a query without the conditions of one field."""
    kept: list[str] = []
    end = 0
    for token in split_query(text):
        if token.field == field:
            kept.append(text[end : token.start].rstrip())
            end = token.end
    return f"{''.join(kept)}{text[end:]}".strip()


def depends_on_marks(where: ast.Node | None) -> bool:
    """Return whether changing a mark can change the results of ``where``."""
    return _has_any(where, _CONDITIONS_ON_MARKS, {"any", "tag"})  # "any" includes the words of tags


def depends_on_pages(where: ast.Node | None) -> bool:
    """Return whether fetching a page can change the results of ``where``."""
    return _has_any(where, {ast.HasCondition("page")}, {"any", "text"})


def _has_any(where: ast.Node | None, conditions: Set[ast.Leaf], fields: Set[str]) -> bool:
    """Return whether a tree has one of ``conditions``, or a condition of one of ``fields``."""
    return any(leaf in conditions or getattr(leaf, "field", "") in fields for leaf, _ in ast.leaves(where))


def _names(start: int, end: int, written: str) -> QueryCompletion:
    names = tuple(f"{name}:" for name in ast.FIELDS if name.startswith(written.lower()))
    return QueryCompletion(start, end, written, names)


def _values(text: str, token: QueryToken, at: int) -> QueryCompletion:
    """Complete the value of a field, or the end of a range that contains the cursor."""
    # An unclosed quote contains the rest of the query, which must not be lost.
    start, end = token.at, token.end if token.closed else at
    prefix = split_query(text[:at])[-1].value
    if field := ast.find_name(token.field, ast.VALUE_FIELDS):
        return QueryCompletion(start, end, prefix, field=field)
    values = _FIXED.get(token.field, ())
    if ".." in prefix and token.field == "date" and not token.quoted:
        start = text.rindex("..", start, at) + 2
        prefix = text[start:at]
    elif token.relation in {":", "="} and token.field in {"quality", "heat", "heat~", "date"}:
        values = (*values, "unknown")
    return QueryCompletion(start, end, prefix, tuple(value for value in values if value.startswith(prefix.lower())))
