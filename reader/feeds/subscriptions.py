"""The feeds that you read: feeds.toml, which both you and newsreader edit.

Parsing, editing and merging are pure. A table that is not valid is reported, left out and never changed; a file that is
no TOML is not changed at all.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from reader.config.feed_settings import BY_NAME, date_of, format_minutes, minutes_of
from reader.config.names import did_you_mean, nearest, shown_name
from reader.config.toml_tables import Layout, Table, edit_tables, format_value, lines_of_tables, read_tables
from reader.core.errors import ReaderError
from reader.core.hashing import hash_bytes
from reader.core.text import clean, format_count, format_list
from reader.core.urls import canonical_url, display_host, safe_url
from reader.storage.edited_file import EditedFile

SOURCES = ("url", "exec", "file")
"""The settings of which a feed has one."""
_LAYOUT = Layout(
    "feed",
    tuple(BY_NAME),
    "# Feeds of newsreader. You may edit them at any time; docs/feeds.md describes the settings.\n",
    naming=SOURCES,
)
_MAX_FEEDS = 20_000
_NOTHING_LOST = "Nothing is lost; until this is corrected, no feed is fetched or changed."


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed and your settings for it, named as in feeds.toml."""

    url: str = ""
    exec: tuple[str, ...] = ()
    file: str = ""
    title: str = ""
    group: str = ""
    topics: tuple[str, ...] = ()
    interval: int = 0
    """Minutes; 0 adapts to how often the feed changes."""
    fetch: str = BY_NAME["fetch"].default
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    user_agent: str = ""
    proxy: str = ""
    enclosures: str = BY_NAME["enclosures"].default
    keep_days: int = 0
    keep_count: int = 0
    mute_until: dt.date | None = None
    paused: bool = False
    folder: str = ""
    """A folder as the file names it; empty for the news folder."""

    @property
    def key(self) -> str:
        """What tells the feed apart from others, also in documents: its canonical URL, program or file.

        Queries and programs are hashed: they may contain a password or token, and you may share your documents.
        """
        if self.url:
            return _key_of(self.url)
        return f"exec:{_digest(format_value(self.exec))}" if self.exec else f"file:{self.file}"

    @property
    def address(self) -> str:
        """Where the feed comes from, to be shown."""
        return self.url or (f"exec: {' '.join(self.exec)}" if self.exec else self.file)

    @property
    def name(self) -> str:
        """What the feed is called: its title, else its host, program or file."""
        if self.title:
            return self.title
        return display_host(self.url) if self.url else Path(self.exec[0] if self.exec else self.file).stem


@lru_cache  # every document names the key
def _key_of(url: str) -> str:
    address, mark, query = canonical_url(url).partition("?")
    return f"{address}?{_digest(query)}" if mark else address


def _digest(text: str) -> str:
    return hash_bytes(text.encode(), 8).hex()


_DEFAULTS = Subscription()
_NAMES = tuple(each.name for each in fields(Subscription))


class FeedFile(NamedTuple):
    """What the file says."""

    feeds: list[Subscription]
    problems: list[str]
    """What is wrong with the tables that are left out: the file, the line and a remedy."""


class _Wrong(NamedTuple):
    """A table that is no feed."""

    number: int
    table: Mapping[str, Any]
    problem: str


def parse_subscriptions(text: str, shown: str) -> FeedFile:
    """Return the feeds in ``text``, in their order. ``shown`` is the name of the file in messages.

    Raises ReaderError that names the file, the line and a remedy if ``text`` is no TOML or has anything but feeds.
    """
    found = _read(text, shown)
    return FeedFile(_feeds(found), [each.problem for each in _wrong(found)])


def _read(text: str, shown: str) -> list[Subscription | _Wrong]:
    """Return what each table says."""
    try:
        tables = read_tables(text, "feed", shown)
    except ReaderError as error:
        raise ReaderError(error.message, f"{error.hint} {_NOTHING_LOST}".lstrip()) from None
    if len(tables) > _MAX_FEEDS:
        raise ReaderError(f"{shown} has more than {_MAX_FEEDS:,} feeds.", "Remove some.")
    found: list[Subscription | _Wrong] = []
    keys: set[str] = set()
    lines: dict[int, int] = {}
    for number, table in enumerate(tables):
        try:
            subscription = _subscription(table, keys)
            keys.add(subscription.key)
            found.append(subscription)
        except ReaderError as error:
            lines = lines or dict(enumerate(lines_of_tables(text, _LAYOUT)))
            line = f", line {lines[number]}" if len(lines) == len(tables) else ""
            title = next((table[key] for key in ("title", "url", "file") if isinstance(table.get(key), str)), "")
            what = f"the feed “{shown_name(title)}”" if title else f"feed number {number + 1}"
            found.append(_Wrong(number, table, f"{shown}{line}: {what} is left out. {error}"))
    return found


def _feeds(found: Iterable[Subscription | _Wrong]) -> list[Subscription]:
    return [each for each in found if isinstance(each, Subscription)]


def _wrong(found: Iterable[Subscription | _Wrong]) -> list[_Wrong]:
    return [each for each in found if isinstance(each, _Wrong)]


def _subscription(table: Mapping[str, Any], others: Collection[str]) -> Subscription:
    """Return the feed in a table; ``others`` has the keys of those before it. Raises ReaderError."""
    for key, value in table.items():
        if key not in BY_NAME:
            hint = did_you_mean(nearest(key, BY_NAME)) or f"The settings are: {', '.join(BY_NAME)}."
            raise ReaderError(f"There is no setting “{shown_name(key)}”.", hint)
        if problem := setting_problem(key, value):
            raise ReaderError(*problem)
    given = [key for key in SOURCES if key in table]
    if len(given) != 1:
        have = f"It has {format_list(given)}" if given else "It has no address"
        raise ReaderError(f"{have}.", "A feed has one of url, exec and file.")
    found = Subscription(**{key: stored_value(key, value) for key, value in table.items()})
    if found.key in others:
        raise ReaderError("There is another one with this address.", "Remove one of them.")
    return found


def setting_problem(name: str, value: Any) -> tuple[str, str] | None:
    """Return what is wrong with a value of a setting, a sentence and advice; None if it is valid."""
    setting = BY_NAME[name]
    # The value is never quoted, since headers and proxies may contain a password.
    return None if setting.is_valid(value) else (f"{name} must be {setting.must_be}.", setting.advice(value))


def stored_value(key: str, value: Any) -> Any:
    """Return a valid value as :class:`Subscription` has it. Raises ReaderError for an unusable URL."""
    match key:
        case "url":
            canonical_url(value)
            return safe_url(value)
        case "exec":
            return tuple(value)
        case "topics":
            return tuple(dict.fromkeys(filter(None, map(clean, value))))
        case "interval":
            return minutes_of(value) or 0
        case "mute_until":
            return date_of(value)
        case "title" | "group":
            return clean(value)
    return value


def parse_setting(text: str) -> tuple[str, Any]:
    """Return name and value of a setting that was given as text. Raises ReaderError."""
    name, equals, given = text.partition("=")
    name = name.strip()
    if name not in BY_NAME:
        hint = did_you_mean(nearest(name, BY_NAME)) or f"The settings are: {', '.join(BY_NAME)}."
        raise ReaderError(f"There is no setting “{shown_name(name)}”.", hint)
    if not equals:
        raise ReaderError(f"{name} needs a value: {name}=VALUE.", f"{name}= sets the default.")
    default = BY_NAME[name].default
    value: Any = given.strip()
    if not value:
        value = default
    elif name in {"folder", "file"}:
        value = stored_place(value)
    elif isinstance(default, bool):
        value = {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
    elif isinstance(default, int):
        value = int(value) if value.isascii() and value.isdigit() else value
    elif isinstance(default, list):
        value = [word.strip() for word in value.split(",") if word.strip()]
    elif isinstance(default, dict):
        raise ReaderError("Headers may be secrets, which others see here.", "Edit feeds.toml.")
    if value != default and (problem := setting_problem(name, value)):
        raise ReaderError(*problem)
    return name, stored_value(name, value)


def stored_place(path: str | None) -> str:
    """Return a folder or file as feeds.toml names it: absolute; empty for none."""
    return os.path.abspath(os.path.expanduser(path)) if path else ""


def _table(item: Subscription | _Wrong) -> Table:
    """Return a feed as the values in its table; what is as by default is left out."""
    if isinstance(item, _Wrong):
        return {SOURCES[0]: f"#{item.number}"}  # no value of TOML: it only tells the table apart
    return {
        name: format_value(format_minutes(value) if name == "interval" else value)
        for name in _NAMES
        if (value := getattr(item, name)) != getattr(_DEFAULTS, name)
    }


def edit_subscriptions(text: str, wanted: Sequence[Subscription], shown: str) -> str:
    """Return ``text`` edited so that it contains the ``wanted`` feeds in this order; everything else stays.

    Raises ReaderError if the layout of the file cannot be edited.
    """
    current = _read(text, shown)
    if _feeds(current) == [*wanted]:
        return text
    if any(sum(bool(getattr(each, name)) for name in SOURCES) != 1 for each in wanted):
        raise ReaderError("A feed has one of url, exec and file.", "Edit feeds.toml to replace one by another.")
    result = edit_tables(text, _LAYOUT, [*map(_table, current)], [*map(_table, _with_wrong(current, wanted))], {})
    try:
        if result is not None:
            edited = _read(result, shown)
            # In any order: they move with the feeds that they follow.
            before, after = (sorted(repr(each.table) for each in _wrong(found)) for found in (current, edited))
            if _feeds(edited) == [*wanted] and before == after:
                return result
    except ReaderError:
        pass
    hint = "Make the change in an editor, or write each feed as a table: [[feed]]."
    raise ReaderError(f"{shown} has a layout that newsreader cannot edit.", hint)


def _with_wrong(
    current: Sequence[Subscription | _Wrong], wanted: Sequence[Subscription]
) -> list[Subscription | _Wrong]:
    """Return the ``wanted`` feeds and the wrong tables, each after the feed that it follows and that is still there."""
    keys = {each.key for each in wanted}
    after: defaultdict[str, list[_Wrong]] = defaultdict(list)
    last = ""
    for each in current:
        if isinstance(each, _Wrong):
            after[last].append(each)
        elif each.key in keys:
            last = each.key
    found: list[Subscription | _Wrong] = [*after[""]]
    for feed in wanted:
        found += [feed, *after[feed.key]]
    return found


_NOT_IMPORTED = {
    "folder": "it says where files are written",
    "proxy": "it says who sees your requests",
}
_NOT_FOR_KNOWN = dict.fromkeys(("keep_days", "keep_count"), "it deletes documents that you have")
"""Settings that an import does not make, of any feed and of those that you have, and why."""


def importable(theirs: Sequence[Subscription], known: Collection[str]) -> tuple[list[Subscription], list[str]]:
    """Return what an import may add or change, and sentences about the rest. ``known`` has the keys of your feeds."""
    left_out: Counter[str] = Counter()
    found = []
    for each in theirs:
        if not each.url:
            left_out["source"] += 1
            continue
        names = [*_NOT_IMPORTED, *(_NOT_FOR_KNOWN if each.key in known else ())]
        left_out.update(name for name in names if getattr(each, name) != getattr(_DEFAULTS, name))
        found.append(replace(each, **{name: getattr(_DEFAULTS, name) for name in names}))
    sources = left_out.pop("source", 0)
    sentences = [f"{format_count(sources, 'feed')} skipped: only you may add programs and files."] if sources else []
    reasons = _NOT_IMPORTED | _NOT_FOR_KNOWN
    sentences += [
        f"{name} of {format_count(count, 'feed')} is not taken from the file, as {reasons[name]}."
        for name, count in left_out.items()
    ]
    return found, sentences


def merge_subscriptions(mine: Sequence[Subscription], theirs: Sequence[Subscription]) -> list[Subscription]:
    """Return the feeds of two machines, merged setting by setting; where both set one, ``mine`` wins."""
    other = {each.key: each for each in theirs}
    return [*(_merged(each, other.pop(each.key, each)) for each in mine), *other.values()]


def _merged(mine: Subscription, theirs: Subscription) -> Subscription:
    unset = (name for name in _NAMES if name not in SOURCES and getattr(mine, name) == getattr(_DEFAULTS, name))
    return replace(mine, **{name: getattr(theirs, name) for name in unset})


class Subscriptions:
    """The feeds in a file. Thread-safe; methods may block and raise ReaderError."""

    def __init__(self, path: Path) -> None:
        self._file = EditedFile(path, "Feeds")

    @property
    def shown(self) -> str:
        """The path of the file for messages."""
        return self._file.shown

    def load(self) -> list[Subscription]:
        """Return the feeds."""
        return self.read().feeds

    def read(self) -> FeedFile:
        """Return the feeds, and what is wrong with others."""
        return parse_subscriptions(self._file.read()[1], self.shown)

    def change(self, act: Callable[[list[Subscription]], Iterable[Subscription]]) -> list[Subscription]:
        """Replace the feeds by what ``act`` makes of the present ones, and return them."""
        return parse_subscriptions(self.edit(act)[1], self.shown).feeds

    def edit(self, act: Callable[[list[Subscription]], Iterable[Subscription]]) -> tuple[str, str]:
        """Replace the feeds by what ``act`` makes of the present ones; return the text before and after that."""

        def edited(text: str) -> str:
            return edit_subscriptions(text, [*act(parse_subscriptions(text, self.shown).feeds)], self.shown)

        return self.edit_text(edited)

    def edit_text(self, edit: Callable[[str], str]) -> tuple[str, str]:
        """Replace the text of the file by what ``edit`` makes of it; return both."""
        with self._file.exclusive():
            while True:
                signature, text = self._file.read()
                edited = edit(text)
                if self._file.signature() != signature:
                    continue  # an editor has written the file in the meantime
                if edited != text:
                    self._file.write(edited)
                return text, edited

    def update(self, key: str, **changes: Any) -> None:
        """Change settings of the feed with ``key``, if it is still there."""
        self.change(lambda feeds: [replace(each, **changes) if each.key == key else each for each in feeds])


def find_subscriptions(feeds: Sequence[Subscription], name: str) -> list[Subscription]:
    """Return the feeds that ``name`` means: a URL, key or title, or a group with those in it. Raises ReaderError."""
    word = clean(name).casefold().strip("/")
    try:
        key = Subscription(name).key
    except ReaderError:
        key = name
    found = [each for each in feeds if key == each.key or name in (each.key, each.url, each.file)]
    found = found or [each for each in feeds if word == each.name.casefold()]
    found = found or [each for each in feeds if f"{each.group.casefold()}/".startswith(f"{word}/") and each.group]
    if not found:
        names = dict.fromkeys([*(each.group for each in feeds if each.group), *(each.name for each in feeds)])
        hint = did_you_mean(nearest(clean(name), names)) or "`newsreader feeds list` shows all."
        raise ReaderError(f"There is no feed or group “{shown_name(name)}”.", hint)
    return found
