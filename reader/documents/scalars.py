"""Parses numbers and booleans as they are written in front matter. Pure; None means invalid."""

from __future__ import annotations

import math
import re

from reader.core.model import Number

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_NUMBER = 10**12
"""Larger scores are errors, and would not fit a 64-bit column."""
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def to_number(text: str) -> Number | None:
    """Return a decimal number, whole numbers as int."""
    text = text.strip()
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value) or abs(value) > _MAX_NUMBER:
        return None
    return int(value) if value.is_integer() else value


def to_bool(text: str) -> bool | None:
    """Return a boolean in any of YAML's spellings."""
    return _BOOLEANS.get(text.strip().lower())
