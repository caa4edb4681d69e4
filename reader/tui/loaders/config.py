"""Reads config.toml as the app understands it, and says what came of it."""

from __future__ import annotations

from pathlib import Path

from reader.config.declarations import SETTINGS, label
from reader.config.load import AppChecks, load_config
from reader.config.settings import Config
from reader.tui.keys import bindings, keymap
from reader.tui.theme import themes


def load_app_config(path: Path, before: Config | None = None) -> Config:
    """Return the settings in a file, keys and theme checked; see :func:`reader.config.load.load_config`."""
    return load_config(path, AppChecks(keymap.check_keys, bindings.NAMES, themes.names), before)


def start_message(config: Config) -> str:
    """Return what is wrong in the settings, for the start of the app; empty if nothing is."""
    if config.fetch.is_uncertain:
        return _problems(config, "Fetching is off until this is corrected; all other valid settings are in force.")
    return _problems(config, "All other settings are in force.")


def change_message(config: Config, before: Config) -> str:
    """Return what came of a change of the file."""
    if config.fetch.is_uncertain:
        return _problems(config, "Fetching is off until this is corrected; what was set before stays in force.")
    if config.problems:
        return _problems(config, "What was set before stays in force.")
    later = [
        label(setting.path)
        for setting in SETTINGS
        if setting.needs_restart and config.values.get(setting.path) != before.values.get(setting.path)
    ]
    if not later:
        return "config.toml was read again; its changes are in force."
    take = "takes effect" if len(later) == 1 else "take effect"
    return f"config.toml was read again; {', '.join(later)} {take} when newsreader starts next."


def notes_message(config: Config) -> str:
    """Return what is worth knowing about the settings; empty if nothing is."""
    if not config.notes:
        return ""
    first, *more = config.notes
    return f"{first.text('config.toml')}{_more(len(more))}"


def _problems(config: Config, consequence: str) -> str:
    if not config.problems:
        return ""
    first, *more = config.problems
    return f"{first.text('config.toml')}{_more(len(more))} {consequence}"


def _more(number: int) -> str:
    return f" (and {number} more; `newsreader config check` lists them)" if number else ""
