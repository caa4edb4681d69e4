"""Reads the settings file: TOML -> a frozen :class:`Config`.

An error costs the setting it is in, not the whole file: :attr:`Config.problems` says what is wrong, and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from reader.config.declarations import BY_PATH, FIELDS, OWN_THEME, SETTINGS, TABLES, Setting, command_words, label
from reader.config.names import did_you_mean, nearest, shown_name
from reader.config.settings import DEFAULT_PRESET, Config, ConfigNote, FetchSettings, Program, TerminalSettings
from reader.config.toml_lines import FIX_LINE, Names, lines_of, syntax_error
from reader.core.errors import describe_error
from reader.core.text import show_path

if TYPE_CHECKING:
    from reader.config.own_actions import Problem

T = TypeVar("T")
_MAX_BYTES = 200_000
_OWN_TABLES = ("keys", "themes", "programs", "macros")
"""Tables whose names are not those of settings."""
_COMMANDS = ("browser", "pager", "editor", "player")
_THEME_NAME = re.compile(r"[A-Za-z0-9_-]+")


class KeysCheck(NamedTuple):
    """What the app makes of ``[keys]``; problems and notes are by action: sentence and advice."""

    keymap: dict[str, str]
    problems: list[tuple[str, str, str]]
    notes: list[tuple[str, str, str]]


class AppChecks(NamedTuple):
    """How to check the settings of which only the app knows the valid values."""

    keys: Callable[[Mapping[str, Any], str, Collection[str]], KeysCheck]
    """Takes the table ``[keys]``, the name of the preset, and the names of the user's own actions."""
    actions: Collection[str]
    """The names of all other actions."""
    themes: Callable[[], Iterable[str]]


def load_config(path: Path, checks: AppChecks | None = None, before: Config | None = None) -> Config:
    """Return the settings in the file ``path``, or the defaults if there is no such file.

    Where the file is not valid, what was set ``before`` stays in force. Without ``checks``, for callers that need
    neither keys nor theme, these are not checked.
    """
    text, unreadable = read_text(path)
    values: dict[str, Any] = {}
    if text:
        import tomllib  # lazy: most users have no settings file

        try:
            values = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            line, reason = syntax_error(text, str(error))
            unreadable = ConfigNote(line, f"not valid TOML: {reason}.", FIX_LINE)
    if unreadable is not None:
        if before is not None:
            return replace(before, problems=(unreadable,), notes=())
        return Config(path=path, problems=(unreadable,), fetch=FetchSettings(is_uncertain=True))
    return _Loading(path, text, values, checks, before).config()


def read_text(path: Path) -> tuple[str, ConfigNote | None]:
    """Return the text of the settings file, empty if there is none, and what is wrong if it cannot be read."""
    try:
        if path.exists() and not path.is_file():  # opening a pipe would block
            return "", ConfigNote(0, "this is not a regular file.", "Settings are stored there: move it away.")
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            return "", ConfigNote(0, f"the file is longer than {_MAX_BYTES:,} bytes.", "Shorten it.")
        return data.decode("utf-8-sig").replace("\r\n", "\n"), None
    except FileNotFoundError:
        return "", None
    except OSError as error:
        return "", ConfigNote(0, f"the file cannot be read: {describe_error(error)}.")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", ConfigNote(line, "not valid TOML: the text is not UTF-8.", "Save the file as UTF-8.")


class _Loading:
    """The values of a file on their way to a :class:`Config`."""

    def __init__(
        self, path: Path, text: str, tables: dict[str, Any], checks: AppChecks | None, before: Config | None
    ) -> None:
        self._path = path
        self._text = text
        self._tables = tables
        self._checks = checks
        self._before = before or Config()
        self._lines: dict[Names, int] | None = None
        self._problems: list[ConfigNote] = []
        self._is_uncertain = False
        self._values: dict[Names, Any] = {}
        self._own_names: list[str] = []
        """The names of the actions in ``[programs]`` and ``[macros]``."""
        self._built_in = tuple(checks.themes() if checks else ())
        """The names of the themes that there are without this file."""
        self._themes: dict[str, dict[str, str]] = {}
        """The themes in this file, by name."""

    def config(self) -> Config:
        """Return the settings."""
        self._take_themes()
        for name, value in self._tables.items():
            if name in _OWN_TABLES and isinstance(value, dict):
                continue
            if name in TABLES and isinstance(value, dict):
                for inner, inner_value in value.items():
                    self._take((name, inner), inner_value)
            elif name in TABLES or name == "themes":
                self._report((name,), f"{name} must be a table: [{name}].")
                self._is_uncertain |= name == "fetch"
            else:
                self._take((name,), value)
        programs, macros = self._own_actions()
        keymap, notes = self._keymap()
        top = {names[0]: value for names, value in self._values.items() if len(names) == 1 and names[0] != "key_preset"}
        top |= {name: tuple(command_words(top[name])) for name in _COMMANDS if name in top}
        fetch = self._valid("fetch")
        fetch["allow_hosts"] = tuple(host.lower() for host in fetch.get("allow_hosts", ()))
        return Config(
            **top,
            themes=self._themes,
            keys=keymap,
            programs=programs,
            macros=macros,
            fetch=FetchSettings(**fetch, is_uncertain=self._is_uncertain),
            terminal=TerminalSettings(**self._valid("terminal")),
            fields={FIELDS[name]: tuple(value) for name, value in self._valid("fields").items() if value},
            date_order=self._values.get(("dates", "order"), ""),
            path=self._path,
            values=self._values,
            problems=tuple(sorted(self._problems)),
            notes=tuple(notes),
        )

    def _valid(self, table: str) -> dict[str, Any]:
        """Return the valid values of a table by their names."""
        return {names[1]: value for names, value in self._values.items() if names[0] == table}

    def _take_themes(self) -> None:
        wrong = set() if isinstance(self._tables.get("themes", {}), dict) else {*self._before.themes}
        for name, theme in self._table("themes").items():
            if not _THEME_NAME.fullmatch(name):
                self._report(("themes", name), "the name of a theme has letters, digits, - and _ only.")
            elif name in self._built_in:
                self._report(("themes", name), f"there is a theme “{name}” already.", "Choose another name.")
            elif not isinstance(theme, dict):
                self._report(("themes", name), f"a theme must be a table: [themes.{name}].")
                wrong.add(name)
            else:
                for inner, value in theme.items():
                    self._take(("themes", name, inner), value)
                self._themes[name] = {
                    path[2]: value for path, value in self._values.items() if path[:2] == ("themes", name)
                }
        for name in wrong & self._before.themes.keys():
            self._themes[name] = {**self._before.themes[name]}
            self._values |= {("themes", name, inner): value for inner, value in self._themes[name].items()}

    def _take(self, names: Names, value: Any) -> None:
        setting = BY_PATH.get(_declared(names))
        if setting is None:
            self._report_unknown(names)
            return
        # The value is never quoted, since the URL of a proxy may contain a password.
        wrong = "" if setting.is_valid(value) else f"{label(names)} must be {setting.must_be}."
        hint = setting.advice(value) if wrong else ""
        if not wrong and value and names[-1] in ("theme", "base") and self._checks is not None:
            known = [*self._built_in, *(self._themes if names == ("theme",) else ())]
            if value not in known and names[-1] == "base" and value in self._table("themes"):
                wrong = f"{label(names)} is “{shown_name(value)}”, a theme of your own."
                hint = "A theme can only be based on one that newsreader has; Ctrl+p, Theme lists them."
            elif value not in known:
                wrong = f"there is no theme “{shown_name(value)}”."
                hint = did_you_mean(nearest(value, known)) or "Ctrl+p, Theme lists them."
        if wrong:
            self._report(names, wrong, hint)
            self._is_uncertain |= setting.is_protective
            if names in self._before.values:
                self._values[names] = self._before.values[names]
        else:
            self._values[names] = value

    def _report_unknown(self, names: Names) -> None:
        *table, name = _declared(names)
        here = [each for each in SETTINGS if [*each.path[:-1]] == table]
        near = nearest(name, [each.name for each in here] + ([] if table else [*TABLES]))
        meant: Setting | None = next((each for each in here if each.name == near), None)
        if meant is None and (meant := next((each for each in SETTINGS if each.name == name), None)) is not None:
            hint = f"It belongs under [{meant.table}]." if meant.table else "It belongs above the first table."
        elif near:
            hint = did_you_mean(f"[{near}]" if meant is None else near)
        else:
            hint = f"The {'fields' if table == ['fields'] else 'settings'} are: {', '.join(_known(here, table))}."
        self._is_uncertain |= near == "fetch" or (meant is not None and meant.is_protective)
        kind = "field" if table == ["fields"] else "setting"
        what = f"[{'.'.join(names[:-1])}] has no {kind}" if table else "unknown setting"
        self._report(names, f"{what} “{shown_name(name)}”.", hint)

    def _table(self, name: str) -> dict[str, Any]:
        table = self._tables.get(name, {})
        return table if isinstance(table, dict) else {}

    def _own_actions(self) -> tuple[dict[str, Program], dict[str, tuple[str, ...]]]:
        tables = self._table("programs"), self._table("macros")
        if self._checks is None or not {"programs", "macros"} & self._tables.keys():
            return {}, {}
        from reader.config.own_actions import own_names, read_macros, read_programs  # lazy: few users have any

        problems: list[Problem] = []
        programs = read_programs(tables[0], problems) | self._kept("programs", self._before.programs, problems)
        actions = {*self._checks.actions, *own_names(programs, {})}
        macros = read_macros(tables[1], actions, problems)
        kept = self._kept("macros", self._before.macros, problems)
        macros |= {name: steps for name, steps in kept.items() if actions.issuperset(steps)}
        self._own_names = own_names({**tables[0], **programs}, {**tables[1], **macros})
        for names, message, hint in problems:
            self._report(names, message, hint)
        return programs, macros

    def _kept(self, table: str, before: Mapping[str, T], problems: Iterable[Problem] = ()) -> dict[str, T]:
        """Return what stays in force of ``before``: what is wrong in the table now, or all if it is not a table."""
        wrong = {names[-1] for names, *_ in problems if names[0] == table}
        is_table = isinstance(self._tables.get(table, {}), dict)
        return {name: value for name, value in before.items() if not is_table or name in wrong}

    def _keymap(self) -> tuple[Mapping[str, str], list[ConfigNote]]:
        table = self._table("keys")
        if self._checks is None or not isinstance(self._tables.get("keys", {}), dict):
            return (self._before.keys if self._checks else {}), []
        preset = self._values.get(("key_preset",), DEFAULT_PRESET)
        found = self._checks.keys(table, preset, self._own_names)
        for action, message, hint in found.problems:
            self._report(("keys", action), message, hint)
        wrong = {("keys", action) for action, *_ in found.problems}
        if stay := {names[1]: value for names, value in self._before.values.items() if names in wrong}:
            found = self._checks.keys({**table, **stay}, preset, self._own_names)
        self._values |= {("keys", action): keys for action, keys in found.keymap.items() if action in table}
        return found.keymap, [
            ConfigNote(self._line(("keys", action)), message, hint) for action, message, hint in found.notes
        ]

    def _report(self, names: Names, message: str, hint: str = "") -> None:
        self._problems.append(ConfigNote(self._line(names), message, hint))

    def _line(self, names: Names) -> int:
        if self._lines is None:
            self._lines = lines_of(self._text)
        return next((self._lines[names[:end]] for end in (3, 2, 1) if names[:end] in self._lines), 0)


def _declared(names: Names) -> Names:
    """Return the path under which a setting is declared."""
    return (OWN_THEME, names[2]) if len(names) > 2 else names


def _known(here: Iterable[Setting], table: list[str]) -> list[str]:
    return [each.name for each in here] + ([] if table else [f"[{name}]" for name in TABLES])


def problem_lines(config: Config) -> list[str]:
    """Return each problem as a line that names the file."""
    return [each.text(show_path(config.path)) for each in config.problems] if config.path is not None else []
