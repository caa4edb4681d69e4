"""Numbers and moments in few cells. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reader.model import Number

UNKNOWN = "–"
QUALITY_FULL = 80
"""The quality that fills a bar; real ones lie between 0 and about 140."""
HEAT_FULL = 200
"""The heat that fills a bar; real ones lie between 30 and about 330."""
_SHADES = "▁▂▃▄▅▆▇█"


def score(value: Number | None) -> str:
    """Return a quality or heat as a whole number, or a dash when it is unknown."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f}" if abs(value) < 10_000 else f"{value / 1000:.0f}k"


def bar(value: Number | None, full: int, cells: int) -> str:
    """Return a thin bar of at most ``cells`` cells, in steps of half a cell; nothing when unknown."""
    if value is None or value <= 0:
        return ""
    halves = max(1, min(cells * 2, round(value * cells * 2 / full)))
    return "━" * (halves // 2) + "╸" * (halves % 2)


def shade(value: Number | None, full: int) -> str:
    """Return one cell whose height says how much; a blank when unknown."""
    if value is None or value <= 0:
        return " "
    return _SHADES[max(0, min(7, round(value * 8 / full) - 1))]


def lightness(value: Number | None, full: int) -> float:
    """Return how strongly to colour a score, from 0.45 for none to 1 for ``full`` and more."""
    if value is None or value <= 0:
        return 0.45
    return 0.45 + 0.55 * min(1.0, value / full)


def local(moment: datetime) -> datetime:
    """Return ``moment`` in the person's own zone; in UTC where that falls off the calendar."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment.astimezone(UTC)


def short_date(moment: datetime | None, now: datetime) -> str:
    """Return a date in at most 9 cells whose digits line up: an age within a week, with its year if not this one."""
    if moment is None:
        return f" {UNKNOWN}"
    age = now - moment
    if timedelta(0) <= age < timedelta(days=7):
        if age < timedelta(hours=1):
            return f"{age // timedelta(minutes=1):>2} min"
        if age < timedelta(days=1):
            return f"{age // timedelta(hours=1):>2} h"
        return f"{age.days:>2} d"
    day = local(moment)
    if day.year == local(now).year:
        return f"{day.day:>2} {day:%b}"
    return f"{day.day:>2} {day:%b} {day.year % 100:02}"


def full_date(moment: datetime | None) -> str:
    """Return a date with its time of day and zone, or nothing."""
    if moment is None:
        return ""
    day = local(moment)
    return f"{day.day} {day:%B} {day.year}, {day:%H:%M} {day.tzname() or ''}".rstrip()


def count(number: int, thing: str) -> str:
    """Return ``1 article`` or ``5 articles``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def duration(text: str) -> str:
    """Return an ISO 8601 duration such as PT1H13M34S in words; anything else as it is."""
    rest = text.removeprefix("PT")
    if rest == text or not rest:
        return text
    words, number = [], ""
    for char in rest:
        if char.isdigit():
            number += char
        elif char in "HMS" and number:
            words.append(f"{number} {({'H': 'h', 'M': 'min', 'S': 's'})[char]}")
            number = ""
        else:
            return text
    return text if number else " ".join(words)
