"""Dates with month names in other languages than English. Pure, but for the local time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from reader.core.dates.partial import NO_DATE, DateOrder, PartialDate, start_of
from reader.core.model import Precision

_WORD = re.compile(r"[^\W\d_]{3}")
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_SMALL_NUMBER = re.compile(r"(?<![\w:.])\d{1,2}(?![\d:h])")
_ISO_DAY = re.compile(r"\d{4}[-/.]\d")
_LANGUAGES = [
    *("de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "bg", "ru", "uk", "sr"),
    *("hr", "sl", "el", "tr", "ar", "he", "fa", "hi", "id", "vi", "th", "ja", "zh", "ko", "ca", "et", "lv", "lt"),
]
"""Those that dates in feeds come in. With all of dateparser's, the first date takes ten seconds.
Not English, of which ``parse_date`` has patterns: dateparser takes "about 3 in 2020" for a month."""
_FIRST_BUDDHIST_YEAR = 2400
"""Later years in Thai are of the calendar that is 543 years ahead."""
_NUMBERED_MONTHS = "vi"
"""The language whose month names are numbers."""


def parse_in_other_language(text: str, order: DateOrder) -> PartialDate:
    """Return a date with a month name in another language than English. Raises ValueError as ``parse_date`` does."""
    if not _WORD.search(text) or not _YEAR.search(text) or _ISO_DAY.match(text):
        raise ValueError(NO_DATE)
    parser = _language_parser(order)
    found = parser.get_date_data(text)
    if found.date_obj is None:
        raise ValueError(NO_DATE)
    moment: datetime = found.date_obj
    if found.locale != _NUMBERED_MONTHS:
        # A month that comes from a number is a guess; one that comes from a name stays if the numbers change.
        other = parser.get_date_data(_SMALL_NUMBER.sub("2" if moment.month == 1 else "1", text)).date_obj
        if other is None or other.month != moment.month:
            raise ValueError(NO_DATE)
    if found.locale == "th" and moment.year > _FIRST_BUDDHIST_YEAR:
        moment = moment.replace(year=moment.year - 543)
    if found.period == "time":
        return PartialDate(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    precision: Precision = "month" if found.period == "month" else "day"
    day = 1 if precision == "month" else moment.day
    return start_of(moment.replace(day=day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None), precision)


@cache
def _language_parser(order: DateOrder) -> Any:
    from dateparser.date import DateDataParser  # type: ignore[import-untyped]  # lazy: 0.2 s, for few documents

    settings = {"REQUIRE_PARTS": ["month", "year"], "PARSERS": ["absolute-time"], "RETURN_TIME_AS_PERIOD": True}
    if order:
        settings["DATE_ORDER"] = order.upper()
    return DateDataParser(languages=_LANGUAGES, settings=settings)
