"""What the name of a document says about it: a date and a title. Pure, but for today's date."""

from __future__ import annotations

import os
import re
from datetime import datetime

from reader.core.dates.date_parser import parse_date
from reader.core.dates.partial import DateOrder, PartialDate
from reader.core.text import clean

# 2022.1.3 is a version, 2022-1-3 is not. A time may follow eight digits, as in 202405061230 and 20240506T1230.
_DATE_IN_NAME = re.compile(
    r"(?<!\d)(?:(?=\d{4}(?:-|[_.]\d\d[_.]\d\d))\d{4}([-_.])\d{1,2}\1\d{1,2}|\d\d([-_.])\d\d\2\d{4}"
    r"|(?<![^\W_])(?:19|20)\d{6}(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?(?=T\d|[\W_]|\Z))(?!\d)"
)
_FIRST_YEAR = 1990
"""Earlier than this, eight digits are a number and no date."""
_DATE_IN_FOLDERS = re.compile(r"(?:^|/)(\d{4}/\d{2}/\d{2})(?!\d)[^/]*(?:/[^/]*)?$")
_INDEX_NAMES = frozenset({"index", "_index", "readme"})


def date_from_path(path: str, order: DateOrder = "") -> PartialDate | None:
    """Return the day in the name of a file, or else of its folder or folders (``2024/05/06/x.md``)."""
    for name in reversed(path.split("/")[-2:]):
        for found in _DATE_IN_NAME.finditer(name):
            if date := _day(found[0], order):
                return date
    folders = _DATE_IN_FOLDERS.search(path)
    return _day(folders[1], order) if folders else None


def _day(text: str, order: DateOrder) -> PartialDate | None:
    if text.isdigit():
        if not _FIRST_YEAR <= int(text[:4]) <= datetime.now().year + 1:  # noqa: DTZ005 - only the year
            return None
        text = text[:8]
    try:
        return parse_date(text.replace("_", "-"), order, any_language=False)
    except ValueError:
        return None


def title_from_path(path: str, order: DateOrder = "") -> str:
    """Return a title made of the name of a file, or of its folder if it is an index: no extension, date or dashes."""
    folder, _, name = path.rpartition("/")
    stem = os.path.splitext(name)[0]
    if stem.lower() in _INDEX_NAMES and folder:
        stem = folder.rsplit("/", 1)[-1]
    ahead = _DATE_IN_NAME.match(stem)
    if ahead and ahead.end() == len(stem) and _day(stem, order):
        return stem  # a note of that day
    if ahead and stem[ahead.end() :][:1] in {"-", "_", " ", "."} and _day(ahead[0], order):
        stem = stem[ahead.end() + 1 :] or stem
    words = re.sub(r"[-_]+", " ", stem).strip()
    return clean(words[:1].upper() + words[1:]) or "(no title)"
