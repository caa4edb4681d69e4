"""Dates as documents, feeds and pages write them, with the precision that they have. Pure, but for the local time zone.

A date that can be read in two ways is refused with a reason instead of guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from reader.core.dates.partial import NO_DATE, DateOrder, PartialDate, start_of
from reader.core.model import Precision
from reader.core.text import lazy_pattern

_MAX_CHARACTERS = 100

_MONTHS = {
    name: number
    for number, names in enumerate((
        "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
        "september sep sept", "october oct", "november nov", "december dec",
    ), 1)
    for name in names.split()
}  # fmt: skip
_MONTH = rf"(?P<name>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_START = "|".join(_WEEKDAYS)
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s*)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"

# ISO 8601-1: calendar (5.2.2), ordinal (5.2.3) and week dates (5.2.4), basic or extended, reduced precision allowed.
# Calendar dates may also have slashes, dots or spaces, or the signs of Chinese, Japanese and Korean.
_NUMERIC = lazy_pattern(
    r"""(?P<year>\d{4})
    (?: -?W(?P<week>\d{2}) (?:-?(?P<weekday>[1-7]))?
      | (?P<gap>[-/.年년]\s?) (?P<month>\d{1,2}) (?: (?:(?P=gap)|[月월]\s?) (?P<day>\d{1,2}) [日일.]? | [月월])?
          (?:(?<=[日일])|(?!\d))
      | (?P<month_>\d{2})(?P<day_>\d{2}) (?= (?:\d{4}|\d{6})? (?!\d))
      | -?(?P<ordinal>\d{3}) (?!\d)
    )?
    (?: \s+ (?:mon|tue|wed|thu|fri|sat|sun)[a-z]* (?![a-z]) )?""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_NAMED = (
    lazy_pattern(
        rf"{_WEEKDAY}{_DAY}[\s.-]+(?:of\s+)?{_MONTH},?[\s-]+(?P<year>\d{{4}}|\d\d)(?!\d)", re.ASCII | re.IGNORECASE
    ),
    lazy_pattern(rf"{_WEEKDAY}{_MONTH}[\s-]+{_DAY},?[\s-]+(?P<year>\d{{4}})(?!\d)", re.ASCII | re.IGNORECASE),
    lazy_pattern(rf"{_MONTH},?[\s-]+(?P<year>\d{{4}})(?!\d)", re.ASCII | re.IGNORECASE),
)
_YEAR_FIRST = lazy_pattern(
    rf"(?P<year>\d{{4}})[\s/.-]+{_MONTH}[\s/.-]+{_DAY}(?!\d)(?:\s+(?:{_WEEKDAY_START})[a-z]*(?![a-z]))?",
    re.ASCII | re.IGNORECASE,
)
_SLASHED = lazy_pattern(
    rf"(?:(?P<weekday>{_WEEKDAY_START})[a-z]*\.?,?\s*)?"
    r"(?P<first>\d{1,2})(?P<gap>[/. -])(?P<second>\d{1,2})(?P=gap)(?P<year>\d{4})(?!\d)",
    re.ASCII | re.IGNORECASE,
)
# Of C's asctime(), date(1) and Ruby: the year is last.
_YEAR_LAST = lazy_pattern(
    rf"{_WEEKDAY}({_MONTH}\s+\d{{1,2}})\s+(\d\d:\d\d:\d\d)(\s+[^\s\d]\S*|\s+[+-]\d{{4}})?\s+(\d{{4}})",
    re.ASCII | re.IGNORECASE,
)
_TIME_FIRST = lazy_pattern(
    r"((?:\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp]\.?[Mm]\b\.?)?|\d{1,2}\s?[AaPp]\.?[Mm]\b\.?)"
    r"(?:\s(?!OCT|SEPT|SAT)(?:UTC|[A-Z]{1,4}T)\b)?),?\s(?:on\s)?(.+)",
    re.ASCII,
)
_DIGIT = re.compile(r"\d")
_SHORT_MINUTE = re.compile(r":(\d)(?!\d)", re.ASCII)
_TIME = lazy_pattern(
    r"""(?: (?:[Tt_]|,?\s+(?:at\s+|@\s*|[-–—|·]\s+(?=\d{1,2}[:.h]\d))?|(?=\d{4}(?:\d\d)?$)|(?<=[日일])\s?)
        (?:(?P<half_ahead>[上下]午|午[前後]|오[전후])\s?)?
        (?P<hour>\d{1,2}) (?: (?:[:.h]|[時时点시]\s?)?(?P<minute>\d{2}) (?: (?:[:.]|[分분]\s?)?(?P<second>\d{2}) )? )?
        [時时点시分분秒초]?
        (?: [.,](?P<fraction>\d{1,18}) )?
        (?: \s*(?P<half>[ap])\.?m\b\.? )?
        (?: \s*\[?(?P<place>[A-Za-z_]+/[A-Za-z_/+\-]+)\]? | \s*(?P<zone>[A-Za-z]{1,5}) )?
        (?: \s*(?P<sign>[+\-−])(?P<off_hour>\d{1,2})(?::?(?P<off_minute>\d{2}))?
            (?: Z | \s+[A-Za-z+\-\d]{1,6} | \s*\[[\w/+\-]{1,40}\] | \s*\([^()]{1,40}\) )? )?
    )?""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_AFTERNOON = frozenset({"p", "P", "下午", "午後", "오후"})
_BRACKETED = re.compile(r"^\s*(?:<|\[\[?)([^<>\[\]]*)(?:>|\]?\])\s*$")
"""A whole date in brackets: an Org timestamp, or a link to a daily note."""
_OFFSET_IN_BRACKETS = re.compile(r"\((?:UTC|GMT) ?([+-]\d{1,2}:?\d{2})\)$", re.IGNORECASE)
"""As web clippers write it: ``2024-05-15T00:42:49 (UTC -05:00)``."""
_EPOCH = re.compile(r"\d{9,10}|\d{13}", re.ASCII)
# RFC 5322, 4.3 and, without those that stand for more than one offset, the abbreviations of the IANA database in use.
_ZONES = {
    name: timedelta(minutes=minutes)
    for minutes, names in {
        0: "Z UT UTC GMT WET", -300: "EST", -240: "EDT AST", -360: "CST MDT", -420: "MST PDT", -480: "PST AKDT",
        -660: "SST", -600: "HST", -540: "AKST HDT", -210: "NST", -180: "ADT", -150: "NDT",
        60: "BST CET MET WAT WEST", 120: "CAT CEST EET MEST SAST", 180: "EAT EEST IDT MSK", 300: "PKT", 420: "WIB",
        480: "AWST HKT WITA", 540: "JST KST WIT", 570: "ACST", 600: "AEST CHST", 630: "ACDT", 660: "AEDT", 720: "NZST",
        780: "NZDT",
    }.items()
    for name in names.split()
}  # fmt: skip
_ZONES["CDT"] = timedelta(minutes=-300)


def parse_date(text: str, order: DateOrder = "", *, any_language: bool = True) -> PartialDate:
    """Return the date that ``text`` says. A time without an offset is UTC.

    Accepts ISO 8601, YAML timestamps, mail and HTTP headers (RFC 5322, 3.3, the weekday is optional), the usual forms
    with a month name or with slashes, and seconds or milliseconds since 1970. Other languages than English take 20 ms
    and are left out unless ``any_language``. Raises ValueError, whose message says why, as the end of a sentence that
    begins with the text.
    """
    found = parse_zoned_date(text, order, any_language=any_language)
    if found.precision != "time":
        return found
    try:
        return PartialDate(found.moment.astimezone(UTC))
    except OverflowError:
        raise ValueError("is out of range") from None


def parse_zoned_date(text: str, order: DateOrder = "", *, any_language: bool = True) -> PartialDate:
    """Return the date that ``text`` says as :func:`parse_date` does, but a time in the zone of the text."""
    text = " ".join(_BRACKETED.sub(r"\1", text).split())
    if text.endswith(")"):
        text = _OFFSET_IN_BRACKETS.sub(r"\1", text)
    if not text.isascii():
        text = _DIGIT.sub(lambda digit: str(int(digit[0])), text)  # Arabic and Indian ones, of full width
    if not text or len(text) > _MAX_CHARACTERS:
        raise ValueError(NO_DATE)
    if _EPOCH.fullmatch(text):
        return PartialDate(datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC))
    if moved := _YEAR_LAST().fullmatch(text):
        text = f"{moved[1]} {moved[5]} {moved[3]}{moved[4] or ''}"
    elif ":" in text:
        text = _SHORT_MINUTE.sub(r":0\1", text)
    if text[:1].isdigit() and (moved := _TIME_FIRST().fullmatch(text)):
        text = f"{moved[2]} {moved[1]}"
    try:
        for pattern in (_NUMERIC, *_NAMED, _YEAR_FIRST, _SLASHED):
            if (date := pattern().match(text)) and (time := _TIME().fullmatch(text, date.end())):
                return _date_of(date.groupdict(), time.groupdict(), order)
        if any_language:
            from reader.core.dates.other_languages import parse_in_other_language  # lazy: few dates need it

            return parse_in_other_language(text, order)
        raise ValueError(NO_DATE)
    except OverflowError:
        raise ValueError("is out of range") from None


def _date_of(date: dict[str, str | None], time: dict[str, str | None], order: DateOrder) -> PartialDate:
    year, month, day = _calendar_date(date, order)
    precision: Precision = "day" if day else "month" if month else "year"
    try:
        start = datetime(year, month or 1, day or 1)  # noqa: DTZ001 - the zone follows
    except ValueError:
        raise ValueError("is a day that does not exist") from None
    if time["hour"] is None:
        return start_of(start, precision)
    if not day:
        raise ValueError("has a time but no day")
    return PartialDate(_moment(start, time))


def _calendar_date(part: dict[str, str | None], order: DateOrder) -> tuple[int, int, int]:
    """Return year, month and day; 0 if they are not said."""
    year = int(part["year"] or 0)
    if len(part["year"] or "") == 2:  # RFC 5322, 4.3
        year += 2000 if year < 50 else 1900
    if first := part.get("first"):
        return (year, *_month_and_day(year, int(first), int(part["second"] or 0), part["weekday"], order))
    if part.get("week"):
        try:
            monday = datetime.fromisocalendar(year, int(part["week"] or 0), int(part["weekday"] or 1))
        except ValueError:
            raise ValueError("is a week that does not exist") from None
        return monday.year, monday.month, monday.day
    if part.get("ordinal"):
        day = datetime(year, 1, 1) + timedelta(days=int(part["ordinal"] or 0) - 1)  # noqa: DTZ001
        if day.year != year:
            raise ValueError("is a day that does not exist")
        return day.year, day.month, day.day
    named = part.get("name")
    month = _MONTHS[named.lower()] if named else int(part["month"] or part["month_"] or 0)
    return year, month, int(part.get("day") or part.get("day_") or 0)


def _month_and_day(year: int, first: int, second: int, weekday: str | None, order: DateOrder) -> tuple[int, int]:
    if weekday and first <= 12 and second <= 12:
        fitting = [
            each
            for each in {(first, second), (second, first)}
            if all(each) and datetime(year, *each).weekday() == _WEEKDAYS.index(weekday.lower())  # noqa: DTZ001
        ]
        if len(fitting) == 1:
            return fitting[0]
    if first > 12 or (order == "dmy" and second <= 12):
        return second, first
    if second > 12 or order == "mdy" or first == second:
        return first, second
    raise ValueError(
        f"may be day {first} of month {second} or the other way around: set order in [dates] of config.toml"
    )


def _moment(day: datetime, part: dict[str, str | None]) -> datetime:
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if half := part["half"] or part["half_ahead"]:
        if not 1 <= hour <= 12:
            raise ValueError("has a time of day that does not exist")
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError("has a time of day that does not exist")
    # A fraction belongs to the smallest component present (ISO 8601-1, 5.3.1.4).
    unit = 1_000_000 if part["second"] else 60_000_000 if part["minute"] else 3_600_000_000
    micro = int(part["fraction"] or 0) * unit // 10 ** len(part["fraction"] or "")
    # Added rather than passed to datetime(), so that 24:00 and leap seconds are valid.
    return day.replace(tzinfo=_zone(part)) + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _zone(part: dict[str, str | None]) -> tzinfo:
    if part["place"] and not part["sign"]:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # lazy: few dates name a place

        try:
            return ZoneInfo(part["place"])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"has the unknown time zone {part['place']}") from None
    name = (part["zone"] or "").upper()
    if name and name not in _ZONES:
        raise ValueError(f"has the time zone {name}, which is unknown or stands for more than one")
    if not part["sign"]:
        return timezone(_ZONES[name]) if name else UTC
    offset = timedelta(hours=int(part["off_hour"] or 0), minutes=int(part["off_minute"] or 0))
    try:
        return timezone(-offset if part["sign"] in "-−" else offset)
    except ValueError:
        raise ValueError("has an offset that does not exist") from None
