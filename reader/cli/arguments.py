"""Arguments that commands share: queries, and FILE or ``-`` for standard input."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from reader.core.errors import ReaderError, describe_error
from reader.core.text import clean, show_path, truncate

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.library.library import Library
    from reader.query.ast import Node, Query

STANDARD_STREAM = "-"
"""Stands for standard input or standard output in place of a file name."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
offline_option = click.option("--offline", is_flag=True, help="Make no network requests.")

_CONTEXT_CHARS = 20
"""Characters of a query shown around an error."""
_MAX_CHARS_SHOWN = 60
"""Characters shown of the part of a query that is wrong."""
_NOT_AN_OPTION = "\x1f"
"""Prefix that hides a word with a leading minus sign from click's option parser."""


class QueryCommand(click.Command):
    """A command with a QUERY argument, in which ``-word`` belongs to the query, so options need long names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hide words such as ``-word`` from click's option parser."""
        end = args.index("--") if "--" in args else len(args)
        words = [_NOT_AN_OPTION + arg if _is_query_word(arg) else arg for arg in args[:end]]
        return super().parse_args(ctx, [*words, *args[end:]])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Append a summary of the query syntax to the help."""
        from reader.query.completion import EXAMPLES

        with formatter.section("Query syntax"):
            formatter.write_dl(EXAMPLES)
        super().format_epilog(ctx, formatter)


def _is_query_word(arg: str) -> bool:
    return arg.startswith("-") and not arg.startswith("--") and arg not in {"-", "-h"}


def restore_query_words(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words as the user wrote them: the callback of the argument of a :class:`QueryCommand`."""
    return tuple(word.removeprefix(_NOT_AN_OPTION) for word in value)


def parse_words(words: tuple[str, ...]) -> Query:
    """Parse the words of a QUERY argument. Raises ReaderError that shows where the error is."""
    from reader.query.ast import QueryError
    from reader.query.parser import parse_query

    text = " ".join(words)
    try:
        return parse_query(text)
    except QueryError as error:
        start = max(0, error.start - _CONTEXT_CHARS)
        end = min(error.end, error.start + _MAX_CHARS_SHOWN) + _CONTEXT_CHARS
        excerpt = f"{'…' * bool(start)}{clean(text[start:end])}{'…' * (end < len(text))}"
        place = f"In the query, at character {error.start + 1}: {excerpt}"
        raise ReaderError(f"{error.message} {place}", error.hint) from None


def require_query(words: tuple[str, ...]) -> Query:
    """Parse a QUERY for articles to change. Raises ReaderError also if it matches all articles by accident."""
    query = parse_words(words)
    wordless = _first_wordless_text(query.where)
    if wordless:
        problem = f"“{truncate(clean(wordless), _MAX_CHARS_SHOWN)}” contains no word, so it matches every article."
    elif query.where is None and query.limit is None:
        problem = "The query is empty, so it matches every article."
    else:
        return query
    raise ReaderError(problem, "To change every article, use the query: is:read OR is:unread")


def _first_wordless_text(where: Node | None) -> str:
    """Return the first text of a query without a word in it, which matches everything; empty if there is none."""
    from reader.core.tokenize import words
    from reader.query.ast import And, Not, Or, WordsCondition

    if isinstance(where, WordsCondition):
        return "" if words(where.text) else where.text
    if isinstance(where, Not):
        return _first_wordless_text(where.part)
    if isinstance(where, And | Or):
        return next(filter(None, map(_first_wordless_text, where.parts)), "")
    return ""


def find_rows(library: Library, query: Query, sort: Sort) -> array[int]:
    """Return the row ids of the matching articles, in order. Raises ReaderError."""
    if query.where is None and query.sort is None and query.limit is None:
        return library.articles.order(sort).rowids
    return library.search.run(query, sort).order().rowids


def input_name(file: str) -> str:
    """Return the name of an input file for messages."""
    return "standard input" if file == STANDARD_STREAM else show_path(file)


@contextlib.contextmanager
def open_input(file: str, hint: str) -> Iterator[BinaryIO]:
    """Open FILE, or standard input for ``-``, for reading. Raises ReaderError, with ``hint``, if it cannot be read."""
    name = input_name(file)
    try:
        if file != STANDARD_STREAM:
            with Path(file).open("rb") as source:
                yield source
        else:
            yield _standard_input()
    except IsADirectoryError as error:
        raise ReaderError(f"{name} is a directory, not a file.", "Name a file in it.") from error
    except OSError as error:
        raise ReaderError(f"Cannot read {name}: {describe_error(error)}.", hint) from error


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # closed by the parent process
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdin.buffer
