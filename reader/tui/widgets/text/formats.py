"""Scores, dates and the origin of pages in few cells. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reader.core.model import Number, Precision, UrlKind
from reader.core.text import format_count
from reader.core.times import to_local

if TYPE_CHECKING:
    from reader.content.page import Page

UNKNOWN = "–"
QUALITY_FULL = 80
"""The quality that fills a bar; real values are between 0 and about 140."""
HEAT_FULL = 200
"""The heat that fills a bar; real values are between 30 and about 330."""
_WEEK = ("Today", "Yesterday", "", "", "", "", "")
"""The words for today and the days before it; where there are none, the weekday."""
_DAYS_IN_DAYS = 30
"""How many days ago a day still counts by itself."""
ORIGINS: dict[UrlKind, str] = {
    "original": "the original",
    "web": "the web page",
    "amp": "the AMP copy",
    "cdn_amp": "the AMP cache's copy",
    "archive": "the Wayback Machine's capture",
}
"""The kind of URL that a page was fetched from, as part of a sentence."""
_SHADES = "▁▂▃▄▅▆▇█"


def score(value: Number | None, *, estimated: bool = False) -> str:
    """Return a quality or heat in at most 4 cells, 5 if it is negative, such as 46 or 2.7k; a dash if unknown.

    An estimate has a ~ before it.
    """
    if value is None:
        return UNKNOWN
    if estimated:
        return f"~{score(value)}"
    for unit, letter in ((1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G")):
        if abs(value) < 999.5 * unit:
            return f"{value / unit:.{int(unit > 1 and abs(value) < 9.95 * unit)}f}{letter}"
    return "∞"


def bar(value: Number | None, full: int, cells: int) -> str:
    """Return a thin bar of at most ``cells`` cells, in steps of half a cell; empty if unknown."""
    if value is None or value <= 0:
        return ""
    halves = max(1, min(cells * 2, round(value * cells * 2 / full)))
    return "━" * (halves // 2) + "╸" * (halves % 2)


def shade(value: Number | None, full: Number) -> str:
    """Return one cell whose height shows the value; a blank if unknown."""
    if value is None or value <= 0:
        return " "
    return _SHADES[max(0, min(7, round(value * 8 / full) - 1))]


def strength(value: Number | None, full: int) -> float:
    """Return how strongly to color a score in quarters, from 0 for none to 1 for ``full`` and more."""
    return 0.0 if value is None or value <= 0 else round(4 * min(1.0, value / full)) / 4


def lightness(value: Number | None, full: Number) -> float:
    """Return how strongly to color a score, from 0.45 for none to 1 for ``full`` and more."""
    if value is None or value <= 0:
        return 0.45
    return 0.45 + 0.55 * min(1.0, value / full)


def short_date(moment: datetime | None, now: datetime, cells: int = 9, precision: Precision = "time") -> str:
    """Return a date in at most ``cells`` cells, 9 or 6, whose digits line up.

    Within a week it is an age, else day and month. The year is added if it is not this one; in 6 cells it replaces
    the day, with an apostrophe: “Aug 21” would be read as a day of August.
    """
    if moment is None:
        return f" {UNKNOWN}"
    day = to_local(moment)
    if precision in {"month", "year"}:
        return f"   {day.year}" if precision == "year" else f"   {day:%b}’{day.year % 100:02}"[-cells:]
    age = now - moment
    if precision == "day" and timedelta(0) <= age < timedelta(days=1):
        return "today"
    if timedelta(0) <= age < timedelta(days=7):
        if age < timedelta(hours=1):
            return f"{age // timedelta(minutes=1):>2} min"
        if age < timedelta(days=1):
            return f"{age // timedelta(hours=1):>2} h"
        return f"{age.days:>2} d"
    if day.year == to_local(now).year:
        return f"{day.day:>2} {day:%b}"
    year = f"{day.year % 100:02}"
    return f"{day.day:>2} {day:%b} {year}" if cells >= 9 else f"{day:%b}’{year}"


def period(moment: datetime | None, now: datetime, precision: Precision = "time") -> str:
    """Return the day of a date or, if it is more than a month ago, the month, in words."""
    if moment is None:
        return "No date"
    day, today = to_local(moment).date(), to_local(now).date()
    if precision == "year":
        return f"{day.year}"
    ago = (today - day).days
    year = "" if day.year == today.year else f" {day.year}"
    if precision == "month" or ago > _DAYS_IN_DAYS:
        return f"{day:%B}{year}"
    if 0 <= ago < len(_WEEK):
        return _WEEK[ago] or f"{day:%A}"
    return f"{day.day} {day:%B}{year}"


def full_date(moment: datetime | None, precision: Precision = "time", *, brief: bool = False) -> str:
    """Return a date with time and zone, if it has them, or an empty string.

    A ``brief`` one has a short month and no zone.
    """
    if moment is None:
        return ""
    day = to_local(moment)
    month = f"{day:%b}" if brief else f"{day:%B}"
    if precision != "time":
        return {"day": f"{day.day} {month} {day.year}", "month": f"{month} {day.year}"}.get(precision, str(day.year))
    zone = "" if brief else day.tzname() or ""
    return f"{day.day} {month} {day.year}, {day:%H:%M} {zone}".rstrip()


def duration(text: str) -> str:
    """Return an ISO 8601 duration such as PT1H13M34S in words; anything else unchanged."""
    if not re.fullmatch(r"PT(\d+[HMS])+", text):
        return text
    units = {"H": "h", "M": "min", "S": "s"}
    return " ".join(f"{number} {units[unit]}" for number, unit in re.findall(r"(\d+)([HMS])", text))


def confirmed(page: Page, now: datetime) -> str:
    """Return when the server last confirmed a page, such as “checked just now”, or an empty string."""
    if page.checked_at <= page.fetched_at or (when := ago(page.checked_at, now)) == ago(page.fetched_at, now):
        return ""
    return f"checked {when}"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago something was, in words."""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit:
            return f"{format_count(seconds // unit, name)} ago"
    return "just now"
