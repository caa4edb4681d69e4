"""Which lists have a row for each story: the choice of each query, as it is stored."""

from __future__ import annotations

import json

GROUPED = "grouped-lists"
"""Setting: a JSON object that says for each query whether its list is grouped; the empty one shows all articles."""
_MOST = 200
"""Queries that are remembered."""


def parse_choices(text: str | None) -> dict[str, bool]:
    """Return the stored choices by query; none if another version wrote them in its own way."""
    try:
        values = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if isinstance(value, bool)}


def with_choice(text: str | None, key: str, *, is_grouped: bool) -> str:
    """Return the stored choices with another one, the latest last."""
    choices = {**{other: value for other, value in parse_choices(text).items() if other != key}, key: is_grouped}
    kept = {other: choices[other] for other in [*choices][-_MOST:] if other} | {"": choices.get("", False)}
    return json.dumps(kept)
