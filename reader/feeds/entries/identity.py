"""Which entry of a feed is which known one. Pure.

An entry is known by its link, then by its guid; both are remembered, so that either may change later. A link or guid
that several entries share tells nothing. Where neither helps, as after a move to other software, an entry is known by
its title and date. Nothing that is known may become unread again, and nothing new may be taken for known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias

from reader.core.errors import ReaderError
from reader.core.text import clean
from reader.core.urls import canonical_url
from reader.feeds.entries.to_documents import title_of
from reader.feeds.model import FeedEntry

Key: TypeAlias = str
"""``u:`` and a canonical URL, ``g:`` and a guid, or ``t:`` and date and text of an entry that has neither."""
_MOST_CHARS = 300
_CACHED = 4096
"""Links and titles whose keys are remembered: each is asked for several times while a feed is read."""
_MOVED_SHARE = 0.5
"""If more of the entries than this are known only by their titles, the whole feed has moved."""


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """An entry that the feed had before, or a document that was made of it."""

    number: int
    keys: frozenset[Key]
    title: str
    """In the form of :func:`fold_title`."""
    published: datetime | None
    """As the feed said."""


def keys_of(entry: FeedEntry) -> frozenset[Key]:
    """Return the keys of an entry: its link and its guid, which may be a URL as well, else its text."""
    keys = frozenset(each for each in (link_key(entry.url), guid_key(entry.id)) if each)
    return keys or frozenset([f"t:{entry.published_text}:{title_key(entry)[:_MOST_CHARS]}"])


@lru_cache(_CACHED)
def link_key(url: str) -> Key:
    """Return the key of a link, the same for http and https and whatever the tracking parameters; may be empty.

    A home page is no key: feeds link to it in place of a page of the entry.
    """
    try:
        canonical = canonical_url(url) if url else ""
    except ReaderError:
        return ""
    is_home = canonical.count("/") == 3 and canonical.endswith("/")
    return "" if is_home or not canonical else f"u:{canonical}"


def guid_key(guid: str) -> Key:
    """Return the key of a guid; that of a link if it is a URL, as feeds exchange the two. May be empty."""
    word = clean(guid)
    return link_key(word) or (f"g:{word}" if word else "")


def title_key(entry: FeedEntry) -> str:
    """Return the title of an entry for comparisons."""
    return fold_title(title_of(entry))


@lru_cache(_CACHED)
def fold_title(title: str) -> str:
    """Return a title for comparisons."""
    return clean(title).casefold()


def match_entries(entries: Sequence[FeedEntry], known: Sequence[KnownEntry]) -> list[int | None]:
    """Return for each of the ``entries`` of a feed, newest first, the number of the known one that it is, or None.

    No two entries get the same number, except those that the feed repeats.
    """
    shared = _shared_keys(entries)
    by_key: defaultdict[Key, list[KnownEntry]] = defaultdict(list)
    for each in known:
        for key in each.keys:
            by_key[key].append(each)
    found: list[KnownEntry | None] = [_by_keys(entry, by_key, shared) for entry in entries]
    _match_titles(entries, known, found)
    return [None if each is None else each.number for each in found]


def same_in_feed(entries: Sequence[FeedEntry]) -> list[int]:
    """Return for each entry the index of the first one that is the same, usually its own."""
    shared = _shared_keys(entries)
    first: dict[object, int] = {}
    result = []
    for index, entry in enumerate(entries):
        names: list[object] = [*(keys_of(entry) - shared)]
        names = names or [(title_key(entry), entry.published, entry.url, entry.id)]
        same = next((first[name] for name in names if name in first), index)
        for name in names:
            first.setdefault(name, same)
        result.append(same)
    return result


def _shared_keys(entries: Iterable[FeedEntry]) -> frozenset[Key]:
    """Return the links that entries with different guids share, and likewise guids: they tell nothing."""
    others: defaultdict[Key, set[object]] = defaultdict(set)
    for entry in entries:
        link, guid = link_key(entry.url), guid_key(entry.id)
        for key, other in ((link, guid), (guid, link)):
            if key:
                others[key].add(other or (title_key(entry), entry.published))
    return frozenset(key for key, different in others.items() if len(different) > 1)


def _by_keys(entry: FeedEntry, by_key: Mapping[Key, list[KnownEntry]], shared: frozenset[Key]) -> KnownEntry | None:
    """Return the known entry with the link, else the guid, of ``entry``."""
    link, guid = link_key(entry.url), guid_key(entry.id)
    title = title_key(entry)
    if not (link or guid):
        (text,) = keys_of(entry)
        return next(iter(by_key.get(text, ())), None)
    for key, other in ((link, guid), (guid, link)):
        candidates = by_key.get(key, []) if key else []
        pair = [each for each in candidates if other != key and other in each.keys]
        if len(pair) == 1 and not {key, other} <= shared:
            return pair[0]
        if key in shared or len(candidates) > 1:
            near = [each for each in candidates if (each.title, each.published) == (title, entry.published)]
            if near:
                return near[0]
        elif candidates:
            (each,) = candidates
            # If the other key differs from all that it had, not everything else may.
            differs = other and other not in each.keys and each.keys - {key}
            if not differs or title == each.title or entry.published == each.published:
                return each
    return None


def _match_titles(entries: Sequence[FeedEntry], known: Sequence[KnownEntry], found: list[KnownEntry | None]) -> None:
    """Find the other entries by title and date; by title alone if most of an undated feed has new keys."""
    taken = {each.number for each in found if each is not None}
    left = [index for index, each in enumerate(found) if each is None]
    others = [each for each in known if each.number not in taken]
    if not left or not others:
        return
    for dated in (True, False):
        names = {index: _title_name(title_key(entries[index]), entries[index].published, dated) for index in left}
        theirs: defaultdict[object, list[KnownEntry]] = defaultdict(list)
        for each in others:
            theirs[_title_name(each.title, each.published, dated)].append(each)
        counts = Counter(names.values())
        matched = {
            index: theirs[name][0]
            for index, name in names.items()
            if name is not None and counts[name] == 1 and len(theirs.get(name, ())) == 1
        }
        if not dated and len(matched) <= max(1, len(entries) * _MOVED_SHARE):
            return
        for index, each in matched.items():
            found[index] = each
        left = [index for index in left if index not in matched]
        gone = {each.number for each in matched.values()}
        others = [each for each in others if each.number not in gone]


def _title_name(title: str, published: datetime | None, dated: bool) -> object:
    if not title or (dated and published is None):
        return None
    return (title, published) if dated else title
