"""The header of a document as a tree with line numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MAX_HEADER = 64 * 1024
"""Size limit of a header in bytes."""
LIST_LIMIT = 1000
"""How many items of a list are read. The size limit of a header leaves room for more only in attacks."""
MAX_DEPTH = 32
"""How deep lists and mappings may be nested."""
TOO_DEEP = f"the front matter is nested deeper than {MAX_DEPTH} levels"
TOO_LONG = f"the front matter is longer than {MAX_HEADER // 1024} KiB"


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A single value as written."""

    text: str
    line: int
    plain: bool = True
    """Whether it has no quotes, so that it may mean a number, a boolean or null."""

    @property
    def is_null(self) -> bool:
        """Whether this means null (YAML 1.2, 10.3.2)."""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple[HeaderNode, ...]
    line: int
    source: str = ""
    """As written, if it is YAML in brackets on one line: the value in a field for text."""


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys and values; if a key appears twice, the last value."""

    entries: dict[str, HeaderNode]
    line: int
    source: str = ""
    """As of a list."""


HeaderNode = ScalarNode | SequenceNode | MappingNode


def text_of(node: HeaderNode | None) -> str | None:
    """Return the value of a field for text; None if it has none.

    To YAML, ``title: [WIP]`` is a list. To the author, it is a title.
    """
    if isinstance(node, ScalarNode):
        return None if node.is_null else node.text
    return node.source or None if node else None


class DocumentProblem(NamedTuple):
    """A problem of a document, with its line (from 1) and the path of its field."""

    line: int
    field: str
    message: str


class HeaderError(Exception):
    """A header, or a part of it, cannot be read; ``problem`` is the reason."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.problem = DocumentProblem(line, "", message)


class UnclosedQuoteError(HeaderError):
    """The header ends inside a quoted value, so its closing line may belong to that value."""


class Header(NamedTuple):
    """The fields of a header, and its problems."""

    fields: MappingNode
    problems: tuple[DocumentProblem, ...] = ()
