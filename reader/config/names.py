"""Names in the settings file, for messages."""

from __future__ import annotations

from collections.abc import Iterable

from reader.core.text import clean, truncate


def shown_name(name: str) -> str:
    """Return a name in the file for a message."""
    return truncate(clean(name), 60)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the valid name that is most like ``name``; empty if none is."""
    import difflib  # lazy: most settings are valid

    return next(iter(difflib.get_close_matches(name, list(names), 1)), "")


def did_you_mean(name: str) -> str:
    """Return the question whether ``name`` was meant; empty for an empty name."""
    return f"Did you mean “{name}”?" if name else ""
