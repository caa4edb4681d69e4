"""Arguments that commands share: queries, and FILE or ``-`` for standard input."""

from __future__ import annotations

import errno
import os
import sys
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from reader.core.errors import ReaderError, describe_error
from reader.core.paths import Paths
from reader.core.text import clean, show_path, truncate

if TYPE_CHECKING:
    from reader.core.ordering import Sort
    from reader.library.library import Library
    from reader.query.ast import Query

STANDARD_STREAM = "-"
"""Stands for standard input or standard output in place of a file name."""

_CONTEXT_CHARS = 20
"""Characters of a query shown around an error."""
_MAX_CHARS_SHOWN = 60
"""Characters shown of the part of a query that is wrong."""
_NOT_AN_OPTION = "\x1f"
"""Prefix that hides a word with a leading minus sign from click's option parser."""


class HelpfulGroup(click.Group):
    """A group of commands that shows its help where none of them is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Ask for the help in place of nothing."""
        return super().parse_args(ctx, args or ["--help"])


class QueryCommand(click.Command):
    """A command with a QUERY argument, in which ``-word`` belongs to the query, so options need long names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hide words such as ``-word`` from click's option parser."""
        end = args.index("--") if "--" in args else len(args)
        with_value = (each for each in self.params if isinstance(each, click.Option) and not each.is_flag)
        options = {name for each in with_value for name in each.opts}
        words = [
            _NOT_AN_OPTION + arg if _is_query_word(arg) and before not in options else arg
            for before, arg in zip(["", *args], args[:end], strict=False)
        ]
        return super().parse_args(ctx, [*words, *args[end:]])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Append a summary of the query syntax to the help."""
        from reader.query.completion import EXAMPLES

        with formatter.section("Query syntax"):
            formatter.write_dl(EXAMPLES)
        super().format_epilog(ctx, formatter)


class OptionalPath(click.Argument):
    """The argument PATH of a command that is about the news folder without it; a QUERY or WHICH alone is no PATH."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """Insert the news folder, if there is one and no PATH."""
        given, folder = opts.get("path"), Paths.from_environment().news_folder
        names = {each.name for each in ctx.command.params}
        is_query = isinstance(given, str) and "query" in names and _begins_query(given)
        has_which = "which" not in names or isinstance(opts.get("which"), str)
        is_which = isinstance(given, str) and not has_which and not os.path.isdir(given)
        if os.path.isdir(folder) and (is_query or is_which or not isinstance(given, str)):
            assert isinstance(opts, dict)
            opts["path"] = str(folder)
            if is_query:
                rest = opts.get("query")
                opts["query"] = (given, *(rest if isinstance(rest, tuple) else ()))
            elif is_which:
                opts["which"] = given
        elif not isinstance(given, str) and not ctx.resilient_parsing:
            missing = "Missing argument 'PATH'. There is no news folder yet; `newsreader add URL` makes it."
            raise click.UsageError(missing, ctx)
        return super().handle_parse_result(ctx, opts, args)


class WholeNumber(click.IntRange):
    """The type of an option that takes a whole number from 0."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: D102
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            name = param.opts[0] if param else "This option"
            shown = truncate(clean(str(value)), _MAX_CHARS_SHOWN)
            raise click.UsageError(f"{name} needs a whole number from 0, not “{shown}”.", ctx) from None


def _begins_query(word: str) -> bool:
    """Whether a word is more likely part of a query than the name of a folder."""
    return (":" in word or word.startswith((_NOT_AN_OPTION, "-", "(", '"'))) and not os.path.lexists(word)


def _is_query_word(arg: str) -> bool:
    return arg.startswith("-") and not arg.startswith("--") and arg not in {"-", "-h"}


def _parse_words(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> Query:
    """Parse the words of the argument of a :class:`QueryCommand`. Raises ReaderError that shows where the error is."""
    from reader.query.ast import QueryError
    from reader.query.parser import parse_query

    text = " ".join(word.removeprefix(_NOT_AN_OPTION) for word in words)
    try:
        return parse_query(text)
    except QueryError as error:
        start = max(0, error.start - _CONTEXT_CHARS)
        end = min(error.end, error.start + _MAX_CHARS_SHOWN) + _CONTEXT_CHARS
        excerpt = f"{'…' * bool(start)}{clean(text[start:end])}{'…' * (end < len(text))}"
        message = f"{error.message.removesuffix('.')} (character {error.start + 1} of “{excerpt}”)."
        raise ReaderError(message, error.hint) from None


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
offline_option = click.option("--offline", is_flag=True, help="Make no network requests.")
optional_path_argument = click.argument("path", cls=OptionalPath, metavar="[PATH]")
query_argument = click.argument("query", nargs=-1, callback=_parse_words)
required_query_argument = click.argument("query", nargs=-1, required=True, callback=_parse_words)


def check_query(query: Query) -> None:
    """Raise ReaderError if ``query``, for articles to change, matches all articles by accident."""
    from reader.core.tokenize import words
    from reader.query.ast import WordsCondition, leaves

    texts = [leaf.text for leaf, _ in leaves(query.where) if isinstance(leaf, WordsCondition)]
    wordless = next((text for text in texts if not words(text)), "")
    if wordless:
        problem = f"“{truncate(clean(wordless), _MAX_CHARS_SHOWN)}” contains no word, so it matches every article."
    elif query.where is None and query.limit is None:
        problem = "The query is empty, so it matches every article."
    else:
        return
    raise ReaderError(problem, "To change every article, use the query: is:read OR is:unread")


def find_rows(library: Library, query: Query, sort: Sort) -> array[int]:
    """Return the row ids of the matching articles, in order. Raises ReaderError."""
    from reader.cli.session import group_stories
    from reader.query.ast import depends_on_stories

    if sort.by == "heat" or depends_on_stories(query):
        group_stories(library)
    if query.where is None and query.sort is None and query.limit is None:
        return library.articles.order(sort).rowids
    return library.search.run(query, sort).order().rowids


def input_name(file: str) -> str:
    """Return the name of an input file for messages."""
    return "standard input" if file == STANDARD_STREAM else show_path(file)


@contextmanager
def open_input(file: str, hint: str) -> Iterator[BinaryIO]:
    """Open FILE, or standard input for ``-``, for reading. Raises ReaderError, with ``hint``, if it cannot be read."""
    name = input_name(file)
    try:
        with nullcontext(_standard_input()) if file == STANDARD_STREAM else Path(file).open("rb") as source:
            yield source
    except IsADirectoryError as error:
        raise ReaderError(f"{name} is a folder, not a file.", "Name a file in it.") from error
    except OSError as error:
        raise ReaderError(f"Cannot read {name}: {describe_error(error)}.", hint) from error


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # closed by the parent process
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdin.buffer
