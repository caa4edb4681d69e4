"""Marks of articles (read, starred, tags) and the rule that decides which of two changes wins. Pure.

A mark is one statement about one article: it is read, it is starred, or it has a certain tag. Each mark carries the
time of its last change, whether that set or cleared it; of two changes of the same mark the later one wins. Marks of
several machines can therefore be merged in any order and any number of times.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from reader.core.errors import ReaderError
from reader.core.model import Row
from reader.core.text import change_until_stable, clean, format_count, truncate

READ = "read"
STARRED = "starred"
TAG = "#"
"""Prefix of the mark name of a tag; the key of the tag follows."""
HIDDEN = "hidden"
"""The tag of articles that lists leave out unless a query asks for them."""
LATEST = 253_402_300_799_999
"""The latest time of a change: the last millisecond of the year 9999."""
_MAX_TAG_LENGTH = 100


class MarkChange(NamedTuple):
    """A change to apply to articles; None and empty values change nothing."""

    read: bool | None = None
    starred: bool | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()

    def applied_to(self, row: Row) -> Row:
        """Return ``row`` after the change; new tags are spelled as given until the row is read again."""
        replaced = {tag.casefold() for tag in (*self.remove_tags, *self.add_tags)}
        tags = [tag for tag in row.tags if tag.casefold() not in replaced]
        return replace(
            row,
            read=row.read if self.read is None else self.read,
            starred=row.starred if self.starred is None else self.starred,
            tags=tuple(sorted((*tags, *self.add_tags), key=str.casefold)),
        )


class Mark(NamedTuple):
    """One mark, set or cleared. The greater of two wins."""

    at: int
    """Time of the change, in milliseconds since 1970 (UTC)."""
    value: bool


class TagSpelling(NamedTuple):
    """How a tag was first written. The smaller of two wins."""

    at: int
    """Time in milliseconds since 1970 (UTC)."""
    shown: str


class NamedItem(NamedTuple):
    """A named value, such as a saved view. The greater of two wins."""

    at: int
    """Time of the change, in milliseconds since 1970 (UTC)."""
    value: str
    """JSON; empty for a deleted item."""


def id_to_int(article_id: str) -> int:
    """Return an article id as the signed 64-bit integer that the tables store."""
    return int.from_bytes(bytes.fromhex(article_id), "big", signed=True)


def int_to_id(value: int) -> str:
    """Return the article id that :func:`id_to_int` turned into ``value``."""
    return value.to_bytes(8, "big", signed=True).hex()


MarkKey: TypeAlias = tuple[int, str]
"""Article id as an integer (see :func:`id_to_int`) and mark name: READ, STARRED, or TAG plus the key of a tag."""

MarkEntry: TypeAlias = tuple[str, TagSpelling] | tuple[int, str, Mark] | tuple[str, str, int, str]
"""One row of a whole marks file, distinguished by length: tag key and spelling; article id, mark name and mark;
kind, name, time and value of a named item.
"""


@dataclass(frozen=True, slots=True)
class MarkSet:
    """All marks, spellings and items of a file, to be merged into another."""

    marks: Mapping[MarkKey, Mark] = field(default_factory=dict)
    spellings: Mapping[str, TagSpelling] = field(default_factory=dict)
    """By tag key."""
    items: Mapping[tuple[str, str], NamedItem] = field(default_factory=dict)
    """By kind and name."""

    def merged(self, other: MarkSet) -> MarkSet:
        """Return the union: the later change of each mark, the earliest spelling of each tag."""
        marks, spellings, items = dict(self.marks), dict(self.spellings), dict(self.items)
        for key, mark in other.marks.items():
            marks[key] = max(mark, marks.get(key, mark))
        for tag_key_, spelling in other.spellings.items():
            spellings[tag_key_] = min(spelling, spellings.get(tag_key_, spelling))
        for name, item in other.items.items():
            items[name] = max(item, items.get(name, item))
        return MarkSet(marks, spellings, items)


def normalize_tag(text: str) -> str:
    """Return a tag in its displayed form: one clean line in NFC (Unicode UAX #15).

    Raises ReaderError if the result is empty, is longer than 100 characters, or contains a comma or a double quote,
    which separate and enclose tags.
    """
    shown = _clean_nfc(text)
    if not shown:
        raise ReaderError("A tag needs a name.", "It may have up to 100 characters.")
    if len(shown) > _MAX_TAG_LENGTH or len(tag_key(shown)) > _MAX_TAG_LENGTH:
        raise ReaderError(f"The tag “{truncate(shown, 40)}” is longer than 100 characters.", "Make it shorter.")
    if "," in shown or '"' in shown:
        raise ReaderError(f"The tag “{shown}” contains a comma or a double quote.", "Leave them out.")
    return shown


def tag_error(text: str) -> str:
    """Return the sentence that says why ``text`` is not a valid tag, or an empty string."""
    try:
        normalize_tag(text)
    except ReaderError as error:
        return str(error)
    return ""


def tag_key(shown: str) -> str:
    """Return the key that tags share if they differ only in case (canonical caseless matching, Unicode D145)."""
    return change_until_stable(shown, lambda key: _clean_nfc(unicodedata.normalize("NFD", key).casefold()))


def _clean_nfc(text: str) -> str:
    """Return ``text`` clean and in NFC; repeated, because each step can undo the other."""
    return change_until_stable(text, lambda each: unicodedata.normalize("NFC", clean(each)))


def is_valid_mark_name(name: str) -> bool:
    """Return whether ``name`` is a mark name as this version writes it."""
    if name in {READ, STARRED}:
        return True
    if not name.startswith(TAG):
        return False
    try:
        return tag_key(normalize_tag(name[1:])) == name[1:]
    except ReaderError:
        return False


def describe_marks(changes: Iterable[tuple[str, bool, int]], spellings: Mapping[str, str]) -> str:
    """Return a change in words, given (mark name, value, number of articles) and the spellings of tags by key."""
    parts: list[str] = []
    for name, value, number in changes:
        articles = format_count(number, "article")
        if name == READ:
            parts.append(f"marked {articles} {'read' if value else 'unread'}")
        elif name == STARRED:
            parts.append(f"starred {articles}" if value else f"unstarred {articles}")
        elif name == TAG + HIDDEN:
            parts.append(f"hid {articles}" if value else f"showed {articles} again")
        else:
            tag = f"“{spellings.get(name[1:], name[1:])}”"
            parts.append(f"tagged {articles} {tag}" if value else f"removed the tag {tag} from {articles}")
    words = ", ".join(parts[:3]) + (f" and {len(parts) - 3} more" if len(parts) > 3 else "")
    return words[:1].upper() + words[1:]
