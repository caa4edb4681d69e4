"""What is written in a line: tags and their completion, and what was written before. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reader.core.text import clean


class Completion(NamedTuple):
    """What could stand in the place of a part of a text."""

    start: int
    end: int
    """Places in the text, in characters."""
    words: tuple[str, ...]


NOTHING = Completion(0, 0, ())
_KEPT = 200
"""Lines that are remembered."""


def split_tags(text: str) -> list[str]:
    """Return the tags of a list with commas, each once, without what is empty."""
    parts = [" ".join(part.split()) for part in text.split(",")]
    return list({part.casefold(): part for part in reversed(parts) if part.lstrip("-")}.values())[::-1]


def complete_tag(text: str, at: int, tags: Sequence[str]) -> Completion:
    """Return what the tag at the place ``at`` could become; those that are in the text already are left out."""
    start = text.rfind(",", 0, at) + 1
    end = text.find(",", at)
    end = len(text) if end == -1 else end
    while start < end and text[start] in " -":
        start += 1
    begun = text[start:at] if at >= start else ""
    taken = {tag.lstrip("-").casefold() for tag in split_tags(text[:start] + text[end:])}
    return Completion(start, end, tuple(starting_with(begun, (tag for tag in tags if tag.casefold() not in taken))))


def starting_with(begun: str, words: Iterable[str]) -> list[str]:
    """Return those of ``words`` that begin so, in whatever case."""
    begun = begun.casefold()
    return [word for word in words if word.casefold().startswith(begun)]


def parse_history(kept: str | None) -> list[str]:
    """Return the lines that :func:`history_with` wrote, the latest last; what is no list of texts is none."""
    try:
        found = json.loads(kept or "[]")
    except (ValueError, RecursionError):
        return []
    return [clean(text) for text in found if isinstance(text, str)][-_KEPT:] if isinstance(found, list) else []


def history_with(lines: Sequence[str], latest: str) -> str:
    """Return, to be kept, the former lines and the latest, each once."""
    return json.dumps([*(line for line in lines if line != latest), latest][-_KEPT:], ensure_ascii=False)
