"""The settings of a feed in feeds.toml: names, defaults and what they do. docs/feeds.md is made from them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from reader.config.declarations import Setting, are_names, choice, is_bool, is_proxy, is_user_agent

FETCH = ("ask", "always")
ENCLOSURES = ("list", "none")
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080}
_INTERVAL = re.compile(r"(\d{1,5})\s*([mhdw])")
_LEAST_MINUTES, _MOST_MINUTES = 30, 525_600
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN_HEADERS = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "accept-encoding", "if-none-match",
    "if-modified-since", "user-agent", "te", "upgrade", "proxy-authorization"})  # fmt: skip
"""Headers that newsreader sends itself, or that would change how the response is read."""
_LONGEST = 2_000
_LONGEST_GROUP = 200
_MOST_DOCUMENTS = 100_000
"""And days: so many ago is a date."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def minutes_of(value: Any) -> int | None:
    """Return an interval such as ``"2h"`` in minutes; None if it is not valid."""
    found = _INTERVAL.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    minutes = int(found[1]) * _MINUTES[found[2]] if found else None
    return minutes if minutes is not None and _LEAST_MINUTES <= minutes <= _MOST_MINUTES else None


def format_minutes(minutes: int) -> str:
    """Return an interval in its largest whole unit; empty for 0."""
    unit = next(unit for unit in reversed(_MINUTES) if minutes % _MINUTES[unit] == 0)
    return f"{minutes // _MINUTES[unit]}{unit}" if minutes else ""


def date_of(value: Any) -> dt.date | None:
    """Return a day, which may be in quotes; None if it is not valid."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and not _CONTROL.search(value) and len(value) <= _LONGEST


def _is_place(value: Any) -> bool:
    return _is_line(value) and (not value or value.startswith(("/", "~/")))


def _is_group(value: Any) -> bool:
    return _is_line(value) and len(value) <= _LONGEST_GROUP and not {".", ".."} & {*map(str.strip, value.split("/"))}


def _is_argument_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_line, value)) and bool(value[0])


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_DOCUMENTS


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= 20 and all(
        _HEADER_NAME.fullmatch(name) and name.lower() not in _OWN_HEADERS
        and isinstance(text, str) and text.isascii() and text.isprintable() and len(text) <= _LONGEST
        for name, text in value.items()
    )  # fmt: skip


def _about_headers(value: Any) -> str:
    own = [name for name in value if name.lower() in _OWN_HEADERS] if isinstance(value, dict) else []
    if "user-agent" in map(str.lower, own):
        return "Use user_agent for User-Agent."
    return "newsreader sends some headers itself, such as Host and If-None-Match." if own else ""


FEED_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "feed", "url", "", lambda value: isinstance(value, str), "a URL in quotes",
        "The address of the feed.",
    ),
    Setting(
        "feed", "exec", [], _is_argument_list, 'a list of words, such as ["prog", "argument"]',
        "In place of url: a program that prints the feed. It is run without a shell, for at most 30 seconds.",
    ),
    Setting(
        "feed", "file", "", lambda value: _is_place(value) and bool(value),
        'the whole path of a file, such as "~/feed.xml"',
        "In place of url: a file that contains the feed.",
    ),
    Setting("feed", "title", "", _is_line, "one line in quotes", "What the feed is called. Empty: as it calls itself."),
    Setting(
        "feed", "group", "", _is_group, f"one line in quotes, of at most {_LONGEST_GROUP} characters, without “..”",
        "The folder in which the folder of the feed is; “/” separates levels.",
    ),
    Setting("feed", "topics", [], are_names, 'a list such as ["linux"]', "More topics for its articles."),
    Setting(
        "feed", "interval", "", lambda value: value == "" or minutes_of(value) is not None,
        'a time such as "30m", "2h", "1d" or "1w", at least 30 minutes',
        "How often it is fetched. Empty: at most hourly, and less often if it seldom changes.",
    ),
    choice(
        "feed", "fetch", FETCH[0], FETCH,
        "“always”: fetch the original page of each new article; “ask”: fetch it when you ask for it.",
    ),
    Setting(
        "feed", "headers", {}, _are_headers, 'a table such as { Authorization = "Bearer …" }',
        "Headers of its requests. They are sent to the host of url only.", advice=_about_headers,
    ),
    Setting(
        "feed", "user_agent", "", is_user_agent, "one line of ASCII in quotes",
        "Its User-Agent header. Empty: as config.toml says.",
    ),
    Setting(
        "feed", "proxy", "", is_proxy, 'the URL of a proxy in quotes, such as "http://proxy.example:3128"',
        "Its proxy. Empty: as config.toml says.",
    ),
    choice(
        "feed", "enclosures", ENCLOSURES[0], ENCLOSURES,
        "“list”: documents name files such as podcast episodes; “none”: they do not.",
    ),
    Setting(
        "feed", "keep_days", 0, _is_count, f"a whole number of days, up to {_MOST_DOCUMENTS}",
        "Documents that are older are deleted, unless they are starred or changed. 0: none are.",
    ),
    Setting(
        "feed", "keep_count", 0, _is_count, f"a whole number, up to {_MOST_DOCUMENTS}",
        "If there are more documents, the oldest are deleted, unless they are starred or changed. 0: none are.",
    ),
    Setting(
        "feed", "mute_until", "", lambda value: value == "" or date_of(value) is not None, "a day such as 2027-01-31",
        "Until then, its new articles count as read.",
    ),
    Setting("feed", "paused", False, is_bool, "true or false", "true: it is not fetched."),
    Setting(
        "feed", "folder", "", _is_place, 'the whole path of a folder, such as "~/news"',
        "The folder for its documents. Empty: the news folder.",
    ),
)  # fmt: skip
BY_NAME = {setting.name: setting for setting in FEED_SETTINGS}
