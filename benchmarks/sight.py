"""What can be seen on a screen of newsreader. Pure: lines in, answers out."""

from __future__ import annotations

import re

MARK = "▌"
_ARTICLES = re.compile(r"([\d,]+) articles?\b")
_SCORE = r"~?(-?\d+[kMG]?|–|∞)"
"""``~`` is before a heat that was computed."""
_ROW = re.compile(rf"^[▌ ].\s*{_SCORE} ")
_SCORES = re.compile(rf"{_ROW.pattern}\s*[━╸╺▁-█]*\s*{_SCORE} ")
"""A row up to heat; with two scores, quality comes first. The scores may have bars."""
_SORTED = re.compile(r"([123]) \w+ ([↓↑])")
_UNSURE = re.compile("[\u0300-\u036f\u0590-\u0dff\u200d\ufe0f\U0001f000-\U0001faff].*")
_BORDERS = "▏│┃▕"
_GAUGE = re.compile(r"(\d[\d,]*) ?(?:of|/) ?\d[\d,]*")


def header(screen: list[str]) -> int:
    """Return the line of the column header, or -1."""
    return next((at for at, line in enumerate(screen[:4]) if "Title" in line and "1 Q" in line), -1)


def width(screen: list[str]) -> int:
    """Return the width of the list, up to its scroll bar."""
    line = screen[header(screen)]
    title = line.find("Title")
    border = next((at for at in range(title, len(line)) if line[at] in _BORDERS), len(line))
    return border - 1


def rows(screen: list[str]) -> list[str]:
    """Return the lines of the list, between the column header and whatever is below the list.

    The last line of the screen is the key bar; a progress bar may be above it.
    """
    at = header(screen)
    if at < 0:
        return []
    cells = width(screen)
    bottom = next((line for line in range(at + 1, len(screen)) if screen[line].startswith("───")), len(screen) - 1)
    while bottom > at + 1 and _GAUGE.search(screen[bottom - 1]) and not _ROW.match(screen[bottom - 1]):
        bottom -= 1
    return [line[:cells] for line in screen[at + 1 : bottom]]


def filled(screen: list[str]) -> list[str]:
    """Return the lines of the list that show an article, up to the first that does not."""
    shown = []
    for row in rows(screen):
        if not _ROW.match(row):
            break
        shown.append(row)
    return shown


def is_full(screen: list[str], articles: int) -> bool:
    """Whether each line of the list shows its article, in a folder of ``articles`` articles."""
    there = len(rows(screen))
    return there > 0 and len(filled(screen)) == min(articles, there)


def articles(screen: list[str]) -> int:
    """Return the number of articles in the top line, or -1."""
    found = _ARTICLES.search(screen[0])
    return int(found[1].replace(",", "")) if found else -1


def built(screen: list[str]) -> int:
    """Return the number of documents indexed so far, as shown, or -1 if no index is being built."""
    for line in (screen[0], *screen[-3:]):
        found = _GAUGE.search(line)
        if found and not _ROW.match(line):
            return int(found[1].replace(",", ""))
    return -1


def is_building(screen: list[str]) -> bool:
    """Whether the screen shows that the index is being built."""
    return built(screen) >= 0


def is_complete(screen: list[str], count: int) -> bool:
    """Whether all of ``count`` articles are there, the list is full, and it is sorted as the header says."""
    return articles(screen) == count and is_full(screen, count) and is_sorted(screen)


def order(screen: list[str]) -> str:
    """Return the key of the sorted column and its arrow, such as ``1↓``; empty if none is shown."""
    at = header(screen)
    found = _SORTED.search(screen[at]) if at >= 0 else None
    return f"{found[1]}{found[2]}" if found else ""


def is_sorted(screen: list[str]) -> bool:
    """Whether the rows are in the order that the header shows; dates, which are words, are not checked."""
    shown_order = order(screen)
    if not shown_order:
        return False
    if shown_order[0] == "3":
        return True
    scores = [_SCORES.match(row) for row in filled(screen)]
    found = [_number(each[int(shown_order[0])]) if each else None for each in scores]
    known = [value for value in found if value is not None]
    if None in found[: len(known)]:
        return False  # unknown values come last either way
    return known == sorted(known, reverse=shown_order[1] == "↓")


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.lstrip("-").isdigit() else None


def marked(screen: list[str]) -> int:
    """Return the selected line of the list, from 0, or -1 unless there is exactly one."""
    lines = [at for at, row in enumerate(rows(screen)) if row.startswith(MARK)]
    return lines[0] if len(lines) == 1 else -1


def titles(screen: list[str]) -> list[str]:
    """Return the rows without the signs before them, which change by themselves when an article is read.

    A row ends where a script or sign begins for which terminals, the emulator too, use another
    number of cells than intended: from there on it may show older content.
    """
    return [_UNSURE.sub("", row[2:]) for row in rows(screen)]


def selected(screen: list[str]) -> str:
    """Return the selected row without the signs before it; empty if there is none."""
    at = marked(screen)
    return titles(screen)[at] if at >= 0 else ""
