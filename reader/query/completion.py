"""Completion of queries, the words to highlight in results, and what a query depends on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple, TypeAlias

from reader.core.ordering import SORT_KEYS
from reader.query.ast import MAX_CHARS, And, HasCondition, IsCondition, Node, Not, Or, ValueCondition, WordsCondition
from reader.query.dates import SPANS, WORDS
from reader.query.fields import FIELDS, NUMBER_FIELDS, STATES, THINGS, VALUE_FIELDS, TextField, ValueField
from reader.query.lexer import QueryToken, split_query

CompletionKind: TypeAlias = Literal["field", "fixed", "none"] | ValueField

_FIXED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("date", "after", "before"), (*WORDS, *SPANS)),
    "is": STATES,
    "has": THINGS,
    "sort": (*SORT_KEYS, *(f"-{key}" for key in SORT_KEYS), "relevance"),
}
"""Field -> all of its values, or examples for dates."""
_OPEN: dict[str, ValueField] = {field: field for field in VALUE_FIELDS}


EXAMPLES = (
    ("climate", "articles with a word that starts like this, in title, excerpt, source, topics, tags or body"),
    ('"climate change"', "exactly these words in this order; case and accents never matter"),
    ("solar OR wind -coal", "either word, but not the third; terms side by side must all match"),
    ("title:court", "in the title only; also excerpt: body: and text: (the body or the fetched page)"),
    ('source:"The Star"', "exactly this value; also topic: tag: type: category: lang: domain:"),
    ("path:2021/08", "part of the path; url: for part of an address"),
    ("quality>=40 heat:10..60", "numbers take : = < <= > >= and ranges; heat:unknown finds articles without one"),
    ("date:2021-07", "dates: today, yesterday, last-week, 3d 2w 1m 1y, 2021, 2021-07-28..2021-08-05"),
    ("after:1w before:today", "after and before a date"),
    ("is:unread", "also is:read is:starred is:published is:duplicate"),
    ("has:related", "also has:images has:body has:page has:tags has:problems"),
    ("sort:-date limit:50", "the sort order, - reverses it; sort:relevance puts the best match first"),
    ("(a OR b) -(c d)", "parentheses group; NOT is the same as -"),
)
"""Example queries with explanations, for the help screen."""


class QueryCompletion(NamedTuple):
    """What may replace the text of a query from ``start`` to ``end``, in characters."""

    start: int
    end: int
    kind: CompletionKind
    """``field``: a field name; ``fixed``: one of a field's few values; ``none``: there are no candidates.

    Otherwise a field whose values come from the articles: ask the library for those that start with ``prefix``, and
    insert the selected one with :func:`reader.query.parser.quote_value`.
    """
    prefix: str
    """The text up to the cursor, without quotes and escapes."""
    candidates: tuple[str, ...] = ()
    """The candidates in display order, ready to insert; field names end with a colon."""


def complete_query(text: str, at: int) -> QueryCompletion:
    """Return what can be completed at the cursor, ``at`` characters into ``text``."""
    at = max(0, min(at, len(text)))
    nothing = QueryCompletion(at, at, "none", "")
    if len(text) > MAX_CHARS:
        return nothing
    token = next((token for token in split_query(text) if token.start < at <= token.end), None)
    if token is None or token.kind in {"open", "minus"} or text[token.start : token.end] == "-":
        return _names(at, at, "")
    if token.kind == "close" or (token.quoted and token.closed and at == token.end):
        return nothing
    if token.field and at >= token.at:
        return _values(text, token, at) if token.field in FIELDS else nothing
    written = text[token.start : at]
    if (token.quoted and not token.field) or "\\" in written:
        return nothing
    end = at
    while end < token.end and (text[end].isalpha() or text[end] in "_-"):
        end += 1
    if text.startswith(("<", ">", "="), end):
        return nothing  # a colon before the operator would be wrong
    return _names(token.start, end + text.startswith(":", end), written)


def query_words(
    where: Node | None, fields: Collection[TextField] = ("any", "title", "excerpt")
) -> tuple[WordsCondition, ...]:
    """Return the distinct words and phrases in ``fields`` that results contain, in query order.

    Negated ones are left out, as no result contains them; doubly negated ones are included.
    """
    return tuple(dict.fromkeys(words for words in _wanted(where, wanted=True) if words.field in fields))


def without_field(text: str, field: str) -> str:
    """Return the text of a query without the conditions of one field."""
    kept: list[str] = []
    end = 0
    for token in split_query(text):
        if token.field == field:
            kept.append(text[end : token.start].rstrip())
            end = token.end
    return f"{''.join(kept)}{text[end:]}".strip()


def depends_on_marks(node: Node | None) -> bool:
    """Return whether changing a mark can change the results of ``node``."""
    if isinstance(node, Not):
        return depends_on_marks(node.part)
    if isinstance(node, And | Or):
        return any(map(depends_on_marks, node.parts))
    if isinstance(node, IsCondition):
        return node.state in {"read", "unread", "starred"}
    if isinstance(node, WordsCondition):
        return node.field == "any"  # includes the words of tags
    return (isinstance(node, ValueCondition) and node.field == "tag") or (
        isinstance(node, HasCondition) and node.thing == "tags"
    )


def depends_on_pages(node: Node | None) -> bool:
    """Return whether fetching a page can change the results of ``node``."""
    if isinstance(node, Not):
        return depends_on_pages(node.part)
    if isinstance(node, And | Or):
        return any(map(depends_on_pages, node.parts))
    if isinstance(node, WordsCondition):
        return node.field in {"any", "text"}
    return isinstance(node, HasCondition) and node.thing == "page"


def _wanted(node: Node | None, *, wanted: bool) -> Iterator[WordsCondition]:
    if isinstance(node, WordsCondition):
        if wanted:
            yield node
    elif isinstance(node, Not):
        yield from _wanted(node.part, wanted=not wanted)
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _wanted(part, wanted=wanted)


def _names(start: int, end: int, written: str) -> QueryCompletion:
    prefix = written.lower()
    names = tuple(f"{name}:" for name in FIELDS if name.startswith(prefix))
    return QueryCompletion(start, end, "field" if names else "none", written, names)


def _values(text: str, token: QueryToken, at: int) -> QueryCompletion:
    """Complete the value of a field, or the end of a range that contains the cursor."""
    # An unclosed quote contains the rest of the query, which must not be lost.
    start, end = token.at, token.end if token.closed else at
    prefix = split_query(text[:at])[-1].value
    if token.field in _OPEN:
        return QueryCompletion(start, end, _OPEN[token.field], prefix)
    values = _FIXED.get(token.field, ())
    if ".." in prefix and token.field == "date" and not token.quoted:
        start = text.rindex("..", start, at) + 2
        prefix = text[start:at]
    elif token.relation in {":", "="} and token.field in {*NUMBER_FIELDS, "date"}:
        values = (*values, "unknown")
    candidates = tuple(value for value in values if value.startswith(prefix.lower()))
    return QueryCompletion(start, end, "fixed" if candidates else "none", prefix, candidates)
