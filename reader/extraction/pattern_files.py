"""Regular expressions in TOML files beside the code. Read in the sandbox only."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

_FRAGMENT = re.compile(r"\{([a-z_]+)\}")


class PatternFile:
    """A TOML file of patterns; ``{name}`` in a pattern stands for an entry of its table ``fragments``."""

    def __init__(self, package: str, name: str) -> None:
        self.data: dict[str, Any] = tomllib.loads(files(package).joinpath(name).read_text("utf-8"))
        self._fragments: dict[str, str] = {}
        for fragment, patterns in self.data["fragments"].items():
            self._fragments[fragment] = self.alternatives(patterns)

    def alternatives(self, patterns: str | Iterable[str]) -> str:
        """Return one pattern, or several as a group of alternatives, with their fragments filled in."""
        if isinstance(patterns, str):
            return _FRAGMENT.sub(lambda found: self._fragments[found[1]], patterns)
        return f"(?:{'|'.join(map(self.alternatives, patterns))})"

    def compile(self, patterns: str | Iterable[str]) -> re.Pattern[str]:
        """Return patterns, compiled to ignore case; no patterns match nothing."""
        return re.compile(self.alternatives(patterns) if patterns else "(?!)", re.IGNORECASE)
