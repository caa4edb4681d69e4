"""What a screen of newsreader says to the eye. Pure: lines in, answers out."""

from __future__ import annotations

import re

MARK = "▌"
_ARTICLES = re.compile(r"([\d,]+) articles?\b")
_ROW = re.compile(r"^[▌ ].\s*(-?\d+[kMG]?|–|∞) ")
_SORTED = re.compile(r"([123]) \w+ ([↓↑])")
_UNSURE = re.compile("[\u0300-\u036f\u0590-\u0dff\u200d\ufe0f\U0001f000-\U0001faff].*")
_BORDERS = "▏│┃▕"
_GAUGE = re.compile(r"(\d[\d,]*) ?(?:of|/) ?\d[\d,]*")
_COLUMN = {"1": slice(2, 5), "2": slice(11, 14)}
"""Where the number of quality and of heat stands, in cells."""


def header(screen: list[str]) -> int:
    """Return the line that has the names of the columns, or -1."""
    return next((at for at, line in enumerate(screen[:4]) if "Title" in line and "1 Q" in line), -1)


def width(screen: list[str]) -> int:
    """Return the cells of the list: up to its scrollbar."""
    line = screen[header(screen)]
    title = line.find("Title")
    border = next((at for at in range(title, len(line)) if line[at] in _BORDERS), len(line))
    return border - 1


def rows(screen: list[str]) -> list[str]:
    """Return the lines of the list, below the names of the columns and above what is below the list.

    The last line of the screen is the footer's; a line with the progress of the index may stand above it.
    """
    at = header(screen)
    if at < 0:
        return []
    cells = width(screen)
    bottom = len(screen) - 1
    while bottom > at + 1 and _GAUGE.search(screen[bottom - 1]) and not _ROW.match(screen[bottom - 1]):
        bottom -= 1
    return [line[:cells] for line in screen[at + 1 : bottom]]


def filled(screen: list[str]) -> list[str]:
    """Return the lines of the list that show an article, down to the first that shows none."""
    shown = []
    for row in rows(screen):
        if not _ROW.match(row):
            break
        shown.append(row)
    return shown


def is_full(screen: list[str], articles: int) -> bool:
    """Whether each line of the list that has an article shows it, in a folder of so many articles."""
    there = len(rows(screen))
    return there > 0 and len(filled(screen)) == min(articles, there)


def articles(screen: list[str]) -> int:
    """Return the number of articles that the top line tells, or -1."""
    found = _ARTICLES.search(screen[0])
    return int(found[1].replace(",", "")) if found else -1


def built(screen: list[str]) -> int:
    """Return how many documents are in the index that is being built, as the screen tells, or -1 when none is."""
    for line in (screen[0], *screen[-3:]):
        found = _GAUGE.search(line)
        if found and not _ROW.match(line):
            return int(found[1].replace(",", ""))
    return -1


def is_building(screen: list[str]) -> bool:
    """Whether the screen tells that the index is being built: so many of so many."""
    return built(screen) >= 0


def is_complete(screen: list[str], count: int) -> bool:
    """Whether all of ``count`` articles are there, the list is full, and it is sorted as the header says."""
    return articles(screen) == count and is_full(screen, count) and is_sorted(screen)


def order(screen: list[str]) -> str:
    """Return the key of the column that sorts and its arrow, such as ``1↓``; nothing when none is shown."""
    at = header(screen)
    found = _SORTED.search(screen[at]) if at >= 0 else None
    return f"{found[1]}{found[2]}" if found else ""


def is_sorted(screen: list[str]) -> bool:
    """Whether the rows are in the order that the header tells; of dates, which are words, nothing is said."""
    told = order(screen)
    if not told:
        return False
    place = _COLUMN.get(told[0])
    if place is None:
        return True
    found = [_number(row[place]) for row in filled(screen)]
    known = [value for value in found if value is not None]
    if None in found[: len(known)]:
        return False  # what is unknown comes last, whichever way
    return known == sorted(known, reverse=told[1] == "↓")


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.lstrip("-").isdigit() else None


def marked(screen: list[str]) -> int:
    """Return the line of the list that is selected, from 0, or -1 when there is none or more than one."""
    lines = [at for at, row in enumerate(rows(screen)) if row.startswith(MARK)]
    return lines[0] if len(lines) == 1 else -1


def titles(screen: list[str]) -> list[str]:
    """Return the rows without the marks before them, which change by themselves when an article is read.

    A row ends where a script or sign comes of which terminals, the emulator too, take another
    number of cells than was meant: from there on it may hold what stood there before.
    """
    return [_UNSURE.sub("", row[2:]) for row in rows(screen)]


def selected(screen: list[str]) -> str:
    """Return the row that is selected, without the marks before it; nothing when there is none."""
    at = marked(screen)
    return titles(screen)[at] if at >= 0 else ""
