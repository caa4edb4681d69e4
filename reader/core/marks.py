"""What a person says of articles, and which of two changes of it holds. Pure.

A mark is one statement about one article: that it is read, that it is starred, or that
it has a certain tag. Each has its own time of change, and so has its taking back; of
two changes of one mark the later holds. So marks of several machines can be merged in
any order, and as often as one likes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from reader.core.errors import ReaderError
from reader.core.text import clean, format_count, truncate

READ = "read"
STARRED = "starred"
TAG = "#"
"""What the name of a tag's mark begins with; its key follows."""
LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999, the latest time of a change."""
_LONGEST_TAG = 100
_ROUNDS = 8


class Mark(NamedTuple):
    """A statement, or that it was taken back. The greater of two is the one that holds."""

    at: int
    """When that was said, in milliseconds since 1970 (UTC)."""
    value: bool


class Spelling(NamedTuple):
    """How a tag was first written. The smaller of two is the one that holds."""

    at: int
    """When, in milliseconds since 1970 (UTC)."""
    shown: str


class Thing(NamedTuple):
    """A thing with a name. The greater of two is the one that holds."""

    at: int
    """When it became so, in milliseconds since 1970 (UTC)."""
    value: str
    """As JSON; empty when it was deleted."""


def number(article_id: str) -> int:
    """Return an article's identity as the signed 64-bit number that the tables hold."""
    return int.from_bytes(bytes.fromhex(article_id), "big", signed=True)


def identity(number: int) -> str:
    """Return the identity of which this is the number."""
    return number.to_bytes(8, "big", signed=True).hex()


Place: TypeAlias = tuple[int, str]
"""Which mark: the article's number (see :func:`number`), and READ, STARRED, or TAG with a key."""


Entry: TypeAlias = tuple[str, Spelling] | tuple[int, str, Mark] | tuple[str, str, int, str]
"""A tag's key and spelling; an article's number, the name of a mark and the mark; or kind, name, time and value of a
thing (one with four parts, as that is how types of entries are told apart)."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks as they go from one file to another."""

    marks: Mapping[Place, Mark] = field(default_factory=dict)
    spellings: Mapping[str, Spelling] = field(default_factory=dict)
    """By the key of the tag."""
    things: Mapping[tuple[str, str], Thing] = field(default_factory=dict)
    """By kind and name."""

    def merged(self, other: Marks) -> Marks:
        """Return the marks of both: of each the later change, of each spelling the first."""
        marks, spellings, things = dict(self.marks), dict(self.spellings), dict(self.things)
        for place, mark in other.marks.items():
            marks[place] = max(mark, marks.get(place, mark))
        for key, spelling in other.spellings.items():
            spellings[key] = min(spelling, spellings.get(key, spelling))
        for name, thing in other.things.items():
            things[name] = max(thing, things.get(name, thing))
        return Marks(marks, spellings, things)


def tag(text: str) -> str:
    """Return a tag as it is shown: one clean line in the normal form NFC (Unicode UAX #15).

    Raises ReaderError when nothing is left of it, when it is longer than 100 characters,
    or when it has a comma or a double quote in it, which stand between and around tags.
    """
    shown = _settled(text)
    if not shown:
        raise ReaderError("A tag needs a name.", "It may have up to 100 characters.")
    if len(shown) > _LONGEST_TAG or len(tag_key(shown)) > _LONGEST_TAG:
        raise ReaderError(f"The tag “{truncate(shown, 40)}” is longer than 100 characters.", "Make it shorter.")
    if "," in shown or '"' in shown:
        raise ReaderError(f"The tag “{shown}” has a comma or a double quote in it.", "Leave them out.")
    return shown


def tag_key(shown: str) -> str:
    """Return what two tags have in common that differ in case alone (canonical caseless matching, Unicode D145)."""
    key = shown
    for _ in range(_ROUNDS):
        former = key
        key = _settled(unicodedata.normalize("NFD", key).casefold())
        if key == former:
            break
    return key


def _settled(text: str) -> str:
    """Return ``text`` clean and in NFC; each can give the other something to do."""
    for _ in range(_ROUNDS):
        former = text
        text = unicodedata.normalize("NFC", clean(text))
        if text == former:
            break
    return text


def valid_name(what: str) -> bool:
    """Return whether ``what`` names a mark as this version writes it."""
    if what in {READ, STARRED}:
        return True
    if not what.startswith(TAG):
        return False
    try:
        return tag_key(tag(what[1:])) == what[1:]
    except ReaderError:
        return False


def told_of(changes: Iterable[tuple[str, bool, int]], shown: Mapping[str, str]) -> str:
    """Return in words what was changed: which mark, set or not, of how many articles; tags as ``shown`` by key."""
    parts: list[str] = []
    for what, value, number in changes:
        articles = format_count(number, "article")
        if what == READ:
            parts.append(f"marked {articles} {'read' if value else 'unread'}")
        elif what == STARRED:
            parts.append(f"starred {articles}" if value else f"took the star from {articles}")
        else:
            name = f"“{shown.get(what[1:], what[1:])}”"
            parts.append(f"tagged {articles} {name}" if value else f"took the tag {name} from {articles}")
    words = ", ".join(parts[:3]) + (f" and {len(parts) - 3} more" if len(parts) > 3 else "")
    return words[:1].upper() + words[1:]
