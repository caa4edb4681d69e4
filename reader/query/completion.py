"""Help for whoever writes a query, and for whoever shows what it found: completion, words to highlight. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple, TypeAlias

from reader.core.ordering import SORT_KEYS
from reader.query.ast import (
    FIELDS,
    MAX_CHARS,
    NUMBER_FIELDS,
    STATES,
    THINGS,
    VALUE_FIELDS,
    And,
    HasCondition,
    IsCondition,
    Node,
    Not,
    Or,
    TextField,
    ValueCondition,
    ValueField,
    WordsCondition,
)
from reader.query.dates import SPANS, WORDS
from reader.query.lexer import QueryToken, split_query

CompletionKind: TypeAlias = Literal["field", "fixed", "none"] | ValueField

_FIXED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("date", "after", "before"), (*WORDS, *SPANS)),
    "is": STATES,
    "has": THINGS,
    "sort": (*SORT_KEYS, *(f"-{key}" for key in SORT_KEYS), "relevance"),
}
"""Field -> every value that it can have, or for dates examples."""
_OPEN: dict[str, ValueField] = {field: field for field in VALUE_FIELDS}


EXAMPLES = (
    ("climate", "articles with a word that begins so: in title, excerpt, source, topics, tags or body"),
    ('"climate change"', "these words, whole and in a row; accents and capitals never matter"),
    ("solar OR wind -coal", "either word, and not the third; side by side, all must be true"),
    ("title:court", "only there; so do excerpt: body: and text:, which is the body or the fetched page"),
    ('source:"The Star"', "this value, whole; so do topic: tag: type: category: lang: and domain:"),
    ("path:2021/08", "a part of the path; url: a part of an address"),
    ("quality>=40 heat:10..60", "numbers: : = < <= > >= and ranges; heat:unknown is what has none"),
    ("date:2021-07", "dates: today, yesterday, last-week, 3d 2w 1m 1y, 2021, 2021-07-28..2021-08-05"),
    ("after:1w before:today", "after and before a date"),
    ("is:unread", "also is:read is:starred is:published is:duplicate"),
    ("has:related", "also has:images has:body has:page has:tags has:problems"),
    ("sort:-date limit:50", "the order, - turns it round; sort:relevance has the best match first"),
    ("(a OR b) -(c d)", "parentheses; NOT is the same as the minus"),
)
"""Queries, each with what it finds, for whoever wants to know the language; docs/queries.md has all of it."""


class QueryCompletion(NamedTuple):
    """What may take the place of a query's text from ``start`` to ``end``, in characters."""

    start: int
    end: int
    kind: CompletionKind
    """``field``: the name of a field; ``fixed``: one of a field's few values; ``none``: nothing can be proposed.

    Else the field whose values are the articles' own: ask the library for those that begin with
    ``prefix``, and write the one that was chosen as :func:`reader.query.parser.quote_value` does.
    """
    prefix: str
    """What stands there up to the cursor, without quotes and escapes."""
    candidates: tuple[str, ...] = ()
    """What can be proposed, ready to be written, in its usual order; names end with their colon."""


def complete_query(text: str, at: int) -> QueryCompletion:
    """Return what stands at the cursor, ``at`` characters into ``text``, and what it may become."""
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
        return nothing  # a colon in front of the sign would make no sense
    return _names(token.start, end + text.startswith(":", end), written)


def query_words(
    where: Node | None, fields: Collection[TextField] = ("any", "title", "excerpt")
) -> tuple[WordsCondition, ...]:
    """Return the words and phrases in ``fields`` that articles are found by, each once, in their order.

    Those under NOT are left out, as no article that is found has them; under two they are in again.
    """
    return tuple(dict.fromkeys(words for words in _wanted(where, wanted=True) if words.field in fields))


def without_field(text: str, field: str) -> str:
    """Return a query as it is written, but for the conditions of one field."""
    kept: list[str] = []
    end = 0
    for token in split_query(text):
        if token.field == field:
            kept.append(text[end : token.start].rstrip())
            end = token.end
    return f"{''.join(kept)}{text[end:]}".strip()


def depends_on_marks(node: Node | None) -> bool:
    """Return whether a mark of the person's can change what ``node`` finds."""
    if isinstance(node, Not):
        return depends_on_marks(node.part)
    if isinstance(node, And | Or):
        return any(map(depends_on_marks, node.parts))
    if isinstance(node, IsCondition):
        return node.state in {"read", "unread", "starred"}
    if isinstance(node, WordsCondition):
        return node.field == "any"  # the words of tags are among them
    return (isinstance(node, ValueCondition) and node.field == "tag") or (
        isinstance(node, HasCondition) and node.thing == "tags"
    )


def depends_on_pages(node: Node | None) -> bool:
    """Return whether a page that is fetched can change what ``node`` finds."""
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
    """Return what the value of a field may become, or the end of a range that the cursor is in."""
    # A quote that is not closed holds the rest of the query, which must not be lost.
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
