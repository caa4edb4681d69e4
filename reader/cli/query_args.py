"""A query on the command line: its words, minus signs included, and what they ask for."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import click

from reader.core.errors import ReaderError
from reader.core.text import clean, truncate

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.library.library import Library
    from reader.query.ast import Node, Query

_AROUND = 20
"""Characters of a query that are shown around a mistake."""
_SHOWN = 60
"""Characters of the mistake itself."""
_NO_OPTION = "\x1f"
"""Stands before a word that begins with a minus sign and is no option."""


def words_of_query(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words as they were written: the callback of an argument of a :class:`QueryCommand`."""
    return tuple(word.removeprefix(_NO_OPTION) for word in value)


class QueryCommand(click.Command):
    """A command with a query, in which ``-word`` is a part of the query; its options have long names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep click from taking ``-word`` for options."""
        end = args.index("--") if "--" in args else len(args)
        words = [_NO_OPTION + arg if _is_word(arg) else arg for arg in args[:end]]
        return super().parse_args(ctx, [*words, *args[end:]])


def _is_word(arg: str) -> bool:
    return arg.startswith("-") and not arg.startswith("--") and arg not in {"-", "-h"}


def parsed(words: tuple[str, ...]) -> Query:
    """Return what the words of a command line ask for. Raises ReaderError, which shows the place of a mistake."""
    from reader.query.ast import QueryError
    from reader.query.parser import parse_query

    text = " ".join(words)
    try:
        return parse_query(text)
    except QueryError as error:
        start, end = max(0, error.start - _AROUND), min(error.end, error.start + _SHOWN) + _AROUND
        shown = f"{'…' * bool(start)}{clean(text[start:end])}{'…' * (end < len(text))}"
        place = f"In the query, at character {error.start + 1}: {shown}"
        raise ReaderError(f"{error.message} {place}", error.hint) from None


def chosen(words: tuple[str, ...]) -> Query:
    """Return what articles to change. Raises ReaderError also for a query that would mean all of them by mistake."""
    query = parsed(words)
    empty = _empty(query.where)
    if (query.where is None and query.limit is None) or empty:
        what = f"“{truncate(clean(empty), _SHOWN)}” asks for no word" if empty else "The query is empty"
        raise ReaderError(f"{what}: it would mean every article.", "Who means that writes is:read OR is:unread.")
    return query


def _empty(where: Node | None) -> str:
    """Return the first text in a query that has no word in it, and so finds everything; empty when there is none."""
    from reader.core.tokenize import words
    from reader.query.ast import And, Not, Or, WordsCondition

    if isinstance(where, WordsCondition):
        return "" if words(where.text) else where.text
    if isinstance(where, Not):
        return _empty(where.part)
    if isinstance(where, And | Or):
        return next(filter(None, map(_empty, where.parts)), "")
    return ""


def found(library: Library, query: Query, sort: Sort) -> array[int]:
    """Return the articles that match, in their order. Raises ReaderError."""
    if query.where is None and query.sort is None and query.limit is None:
        return library.articles.order(sort).rowids
    return library.search.run(query, sort).order().rowids
