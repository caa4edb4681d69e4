"""The person's settings: one TOML file -> one frozen Config.

A setting that is not known, or not of its type, is an error that names the file and
the key: a typo that is passed over in silence costs more than one that is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from reader.errors import ReaderError, reason
from reader.text import clean, show_path


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting, with what holds when the person says nothing."""

    theme: str = ""
    """The name of a theme; empty for the one chosen last in the app."""
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Action name -> its keys, separated by commas, in the place of the usual ones."""


def load(path: Path, actions: frozenset[str]) -> Config:
    """Return the settings in ``path``; the usual ones when there is no such file.

    ``actions`` are the names that ``[keys]`` may use. Raises ReaderError that names
    the file and the key when something in it cannot be used.
    """
    shown = show_path(path)
    try:
        text = path.read_text("utf-8")
        import tomllib  # imported late: most people write no settings

        values = tomllib.loads(text)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ReaderError(f"{shown} cannot be read: {reason(error)}.") from None
    except (ValueError, RecursionError) as error:  # of which TOML and Unicode errors are kinds
        raise ReaderError(
            f"{shown} is not valid TOML: {clean(str(error))}.", "Mend that line, or move the file away."
        ) from None
    for name in values:
        if name not in {"theme", "keys"}:
            raise ReaderError(f"{shown}: there is no setting “{clean(name)}”.", "Known are: theme, [keys].")
    theme = values.get("theme", "")
    if not isinstance(theme, str):
        raise ReaderError(f"{shown}: theme must be the name of a theme, in quotes.")
    keys = values.get("keys", {})
    if not isinstance(keys, dict):
        raise ReaderError(f"{shown}: keys must be a table: [keys].")
    for name, value in keys.items():
        if name not in actions:
            known = ", ".join(sorted(actions))
            raise ReaderError(
                f"{shown}: [keys] names no action “{clean(name)}”.",
                f"Known are: {known}. A name with a dot stands in quotes.",
            )
        if not isinstance(value, str) or not value.strip():
            raise ReaderError(f'{shown}: [keys] {name} must be a key such as "x" or "ctrl+x", in quotes.')
    return Config(theme=theme, keys=MappingProxyType(dict(keys)))
