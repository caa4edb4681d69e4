"""Completion of tags, and the history of a prompt. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reader.core.text import clean


class Completion(NamedTuple):
    """Words that could replace a part of a text."""

    start: int
    end: int
    """The part of the text, in characters."""
    words: tuple[str, ...]


NO_COMPLETION = Completion(0, 0, ())
_MAX_HISTORY = 200
"""How many lines the history has."""


def split_tags(text: str) -> list[str]:
    """Return the tags of a comma-separated list, each once, without empty ones."""
    parts = [" ".join(part.split()) for part in text.split(",")]
    return list({part.casefold(): part for part in reversed(parts) if part.lstrip("-")}.values())[::-1]


def complete_tag(text: str, at: int, tags: Sequence[str]) -> Completion:
    """Return completions for the tag at the cursor, without tags that are in the text already."""
    start = text.rfind(",", 0, at) + 1
    end = text.find(",", at)
    end = len(text) if end == -1 else end
    while start < end and text[start] in " -":
        start += 1
    start_text = text[start:at] if at >= start else ""
    used = {tag.lstrip("-").casefold() for tag in split_tags(text[:start] + text[end:])}
    unused = (tag for tag in tags if tag.casefold() not in used)
    return Completion(start, end, tuple(starting_with(start_text, unused)))


def starting_with(start_text: str, words: Iterable[str]) -> list[str]:
    """Return the words that start with ``start_text``, ignoring case."""
    start_text = start_text.casefold()
    return [word for word in words if word.casefold().startswith(start_text)]


def parse_history(saved: str | None) -> list[str]:
    """Return the lines saved by :func:`history_with`, the latest last; empty if they cannot be read."""
    try:
        found = json.loads(saved or "[]")
    except (ValueError, RecursionError):
        return []
    return [clean(text) for text in found if isinstance(text, str)][-_MAX_HISTORY:] if isinstance(found, list) else []


def history_with(lines: Sequence[str], latest: str) -> str:
    """Return the history with a new latest line, as JSON; each line is in it once."""
    return json.dumps([*(line for line in lines if line != latest), latest][-_MAX_HISTORY:], ensure_ascii=False)
