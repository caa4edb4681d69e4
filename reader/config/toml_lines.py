"""The lines of a TOML file: where each table and key begins, and where the file is wrong. Pure.

The parser of the standard library reports no lines, so it is given one statement at a time. This takes far longer than
parsing: call these functions only if there is something to report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from reader.core.text import clean

Names: TypeAlias = tuple[str, ...]
FIX_LINE = "Fix that line."
_MAX_PARSED = 20_000
"""Lines that are parsed, which takes less than half a second."""
_OPEN_QUOTES = (r"Illegal character '\n'", "Unterminated string", "Expected \"'", "Unescaped '\\' in a string, but")
"""What the parser says of a quote that is not closed."""
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)")


def syntax_error(text: str, error: str) -> tuple[int, str]:
    """Return the line in which ``text`` is not TOML, and the reason, of which the parser says ``error``."""
    found = _AT_LINE.search(error)
    line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
    reason = _AT_LINE.sub("", error).replace(" (at end of document)", ", but the file ends here")
    if reason.startswith(_OPEN_QUOTES):
        reason = "a quote is not closed"
        if not found:  # it may have been opened far above
            line = next((start + 1 for start, parsed in _statements(text.split("\n")) if parsed is None), line)
    return line, clean(reason).rstrip(".")


def lines_of(text: str) -> dict[Names, int]:
    """Return the line of each table and each key in valid TOML, by the names that lead there, three at most.

    In an absurd file not all are found.
    """
    lines = text.split("\n")
    found: dict[Names, int] = {}
    table: Names = ()
    for start, parsed in _statements(lines):
        if parsed is None:
            break
        if lines[start].lstrip().startswith("["):
            table = _names(parsed)
            statement: dict[Names, int] = {table: start + 1}
        else:
            statement = {(*table, *names): start + 1 for names in _inner_names(parsed)}
        for names, line in statement.items():
            for length in range(1, min(len(names), 3) + 1):
                found.setdefault(names[:length], line)
    return found


def _statements(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield the index of the first line of each statement, and what it says: None for one that never ends, the last."""
    import tomllib

    start = parsed_lines = 0
    while start < len(lines):
        parsed = None
        for end in range(start + 1, len(lines) + 1):
            if (parsed_lines := parsed_lines + end - start) > _MAX_PARSED:
                return
            try:
                parsed = tomllib.loads("\n".join([*lines[start:end], ""]))  # a line may end with “\r”
                break
            except ValueError:  # the statement goes on
                continue
        yield start, parsed
        start = end


def _names(header: Any) -> Names:
    """Return the names in the header of a table, ``[a.b]`` or ``[[a.b]]``."""
    names: Names = ()
    while header := (header[0] if isinstance(header, list) else header):
        ((name, header),) = header.items()
        names = (*names, name)
    return names


def _inner_names(parsed: dict[str, Any]) -> Iterable[Names]:
    for name, value in parsed.items():
        yield (name,)
        if isinstance(value, dict):
            yield from ((name, inner) for inner in value)
