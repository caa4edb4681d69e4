"""The registry of settings: the one place that names a setting, its default and what it does.

Loading, ``newsreader config`` and docs/configuration.md are made from it. The names in ``[keys]`` are those of the
actions, which only the app knows.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from reader.config.names import did_you_mean, nearest
from reader.config.settings import DEFAULT_PRESET, DENSITIES, GRAPHICS, MARK_READ, PRESETS

_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}")
_PROXY = re.compile(r"https?://[^\s/]+/?", re.IGNORECASE)
_MAX_MEGABYTES = 1_000_000
_MAX_SECONDS = 3600

FIELDS = {
    "title": "title",
    "date": "publishedDateTime",
    "updated": "updatedDateTime",
    "topics": "topics",
    "excerpt": "excerpt",
    "url": "originalUrl",
    "authors": "authors",
    "site": "site",
    "image": "images",
}
"""The names in ``[fields]``, and the fields of documents that they stand for."""


THEME_COLORS = {
    "background": "The background.",
    "surface": "The background of bars and dialogs, and of the selection without the focus.",
    "panel": "The background of the selection, and the lines between panes.",
    "foreground": "Titles and text.",
    "muted": "What matters less: sources, dates, articles that were read, hints.",
    "accent": "Headings, links, keys and marks.",
    "success": "High scores, and code.",
    "warning": "Warnings.",
}
"""The colors of a theme, and what they are for."""
OWN_THEME = "themes.NAME"
"""The table of one of the user's own themes; NAME stands for its name."""


class Setting(NamedTuple):
    """Something that you can set in config.toml."""

    table: str
    """The table it is in; empty above the first table."""
    name: str
    default: Any
    is_valid: Callable[[Any], bool]
    must_be: str
    """What follows “must be” in an error."""
    help: str
    """What it does, as a sentence."""
    needs_restart: bool = False
    """Whether a change takes effect only when newsreader starts."""
    is_protective: bool = False
    """Whether nothing may be fetched while it may be wrong: that could reveal something, or remove pages."""
    advice: Callable[[Any], str] = lambda _: ""
    """Returns what may help with an invalid value; it must not quote the value."""

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to it in the file."""
        return (self.table, self.name) if self.table else (self.name,)


def label(path: Sequence[str]) -> str:
    """Return a setting, given by the keys that lead to it, for messages."""
    *tables, name = path
    return f"[{'.'.join(tables)}] {name}" if tables else name


def is_bool(value: Any) -> bool:
    """Return whether a value is true or false."""
    return isinstance(value, bool)


def _is_host(value: Any) -> bool:
    if not isinstance(value, str) or ":" not in value:
        return isinstance(value, str) and _HOST.fullmatch(value) is not None
    from ipaddress import IPv6Address  # lazy: few users set allow_hosts

    try:
        return IPv6Address(value).scope_id is None
    except ValueError:
        return False


def _are_hosts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_host, value))


def is_proxy(value: Any) -> bool:
    """Return whether a value is the URL of a proxy, or empty."""
    if not isinstance(value, str) or (value and not _PROXY.fullmatch(value)):
        return False
    from urllib.parse import urlsplit  # lazy: few users set a proxy

    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # .port raises ValueError unless it is a port number
    except ValueError:
        return False
    return not value or bool(host and host.isascii())


def is_user_agent(value: Any) -> bool:
    """Return whether a value can be a User-Agent header, or is empty."""
    return isinstance(value, str) and value.isascii() and (not value or (value.isprintable() and bool(value.strip())))


def _is_number_of_megabytes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_MEGABYTES


def _is_folder(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value and (not value or value.startswith(("/", "~/")))


def are_names(value: Any) -> bool:
    """Return whether a value is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)


def _is_color(value: Any) -> bool:
    return isinstance(value, str) and (not value or _COLOR.fullmatch(value) is not None)


def _one_of(names: Sequence[str]) -> str:
    """Return the words for “must be” one of some names."""
    if len(names) == 2:
        return f'"{names[0]}" or "{names[1]}"'
    return "one of " + ", ".join(f'"{name}"' for name in names)


def _is_command(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(word, str) and "\0" not in word for word in value) and (not value or bool(value[0]))
    try:
        return isinstance(value, str) and "\0" not in value and bool(command_words(value)) == bool(value)
    except ValueError:  # an unclosed quote
        return False


def command_words(value: str | Sequence[str], platform: str = sys.platform) -> list[str]:
    """Return a program and its arguments. Raises ValueError if a quote is not closed."""
    if not value or not isinstance(value, str):
        return [*value]
    import shlex  # lazy: few users set programs

    # In POSIX mode, the backslashes of a Windows path would be escapes.
    words = shlex.split(value, posix=platform != "win32")
    return [word.strip("\"'") for word in words] if platform == "win32" else words


def _about_quotes(value: Any) -> str:
    try:
        command_words(value if isinstance(value, str) else "")
    except ValueError:
        return "A quote in it is not closed."
    return ""


def _is_number_of_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _MAX_SECONDS


def _program(name: str, text: str) -> Setting:
    words = 'a command, such as "firefox --new-window", or a list of its words; it is never run by a shell'
    return Setting("", name, "", _is_command, words, text, advice=_about_quotes)


def choice(
    table: str, name: str, default: str, choices: Sequence[str], text: str, *, needs_restart: bool = False
) -> Setting:
    """Return a setting that is one of some words; the default may be none."""

    def advice(value: Any) -> str:
        return did_you_mean(nearest(value.lower(), choices)) if isinstance(value, str) else ""

    def is_valid(value: Any) -> bool:
        return isinstance(value, str) and value in {*choices, default}

    return Setting(table, name, default, is_valid, _one_of(choices), text, needs_restart, advice=advice)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "", "theme", "", lambda value: isinstance(value, str), "the name of a theme, in quotes",
        "The theme, such as “newsreader-light” or “high-contrast-dark”; “ansi-dark” and “ansi-light” use the "
        "terminal's own colors. Empty: the one last chosen in the app (Ctrl+p, Theme), else one as light or dark as "
        "the terminal.",
    ),
    choice(
        "", "density", "auto", DENSITIES,
        "How the list shows an article: “comfortable” in two lines, the first for its title, or “compact” in one. "
        "“auto”: as last chosen in the app (d), else comfortable where the list has fewer than 100 columns and enough "
        "lines.",
    ),
    Setting(
        "", "date_separators", False, is_bool, "true or false",
        "true: in a list sorted by date, a line at the first title of each day or month says which it is: “Today”, "
        "“Yesterday”, a weekday, a date, a month.",
    ),
    choice(
        "", "mark_read", "open", MARK_READ,
        "What marks an article read. “open”: opening its text, its related items or its original. “rest”: also "
        "selecting it for some seconds. “never”: only keys.",
    ),
    Setting(
        "", "mark_read_after", 2, _is_number_of_seconds, f"a number of seconds, at most {_MAX_SECONDS:,}",
        "For how many seconds an article has to be selected with “rest”.",
    ),
    Setting(
        "", "estimate_quality", True, is_bool, "true or false",
        "true: where a document gives no quality, one is estimated from how complete it is, and shown as ~43.",
        needs_restart=True,
    ),
    choice(
        "", "key_preset", DEFAULT_PRESET, PRESETS,
        "The default keys: those that you know from another program. [keys] changes single ones.",
    ),
    _program(
        "browser",
        "The program that opens links; %s in it stands for the URL, which otherwise comes last. Empty: $BROWSER, "
        "else what the system opens URLs with.",
    ),
    _program(
        "pager",
        "The program that shows a text outside of the app. Empty: $PAGER, else the editor, else less or more.",
    ),
    _program("editor", "Your editor; it shows texts if there is no pager. Empty: $VISUAL, else $EDITOR."),
    _program(
        "player",
        "The program that plays enclosures, such as episodes of podcasts; %s in it stands for the URL or the file, "
        "which otherwise comes last. Empty: the browser opens them.",
    ),
    Setting(
        "", "player_terminal", False, is_bool, "true or false",
        "true: the player uses the terminal, and newsreader returns when it ends; false: it runs in the background.",
    ),
    Setting(
        "fetch", "enabled", True, is_bool, "true or false", "false: no network access at all.", is_protective=True
    ),
    Setting(
        "fetch", "allow_hosts", [], _are_hosts, 'a list of hosts without scheme and port, such as ["127.0.0.1"]',
        "Hosts that may be fetched from although they are on this machine or a private network.",
    ),
    Setting(
        "fetch", "proxy", "", is_proxy, 'the URL of a proxy in quotes, such as "http://proxy.example:3128"',
        "A proxy, such as “http://proxy.example:3128”. Empty: the environment variables.",
        is_protective=True,
    ),
    Setting(
        "fetch", "user_agent", "", is_user_agent, "one line of ASCII in quotes",
        "The User-Agent header. Empty: name and version.",
    ),
    Setting(
        "fetch", "cache_mb", 500, _is_number_of_megabytes, f"a whole number of megabytes from 1 to {_MAX_MEGABYTES:,}",
        "How many megabytes fetched pages and images may take.", is_protective=True,
    ),
    Setting(
        "fetch", "downloads", "", _is_folder, 'the path of a folder in quotes, such as "~/Podcasts"',
        "The folder for enclosures that you download. Empty: `downloads` in the data directory.",
    ),
    Setting(
        "fetch", "download_mb", 2000, _is_number_of_megabytes,
        f"a whole number of megabytes from 1 to {_MAX_MEGABYTES:,}",
        "How many megabytes an enclosure may have that is downloaded.",
    ),
    Setting(
        "fetch", "archive", False, is_bool, "true or false",
        "true: ask the Wayback Machine whenever the article's own URLs fail.",
    ),
    Setting(
        "fetch", "images", "ask", lambda value: is_bool(value) or value == "ask", '"ask", true or false',
        "“ask”: a key fetches those of an article; true: fetch all; false: show none.",
        advice=lambda value: did_you_mean(nearest(str(value).lower(), ("ask", "true", "false"))),
    ),
    choice(
        "fetch", "graphics", "auto", GRAPHICS,
        "How to draw images: “kitty”, “sixel”, “blocks” or “none”; “auto” asks the environment.",
        needs_restart=True,
    ),
    Setting(
        "terminal", "links", True, is_bool, "true or false",
        "true: sources and links in an article are links of the terminal, too, which opens them its own way, such as "
        "with Ctrl+click or Shift+click.",
    ),
    Setting(
        "terminal", "title", True, is_bool, "true or false",
        "true: the window's title is the saved view, the query or the folder, with the number of unread articles.",
    ),
    Setting(
        "terminal", "notify", True, is_bool, "true or false",
        "true: the terminal notifies you when a fetch of many originals ends while another window is in front.",
    ),
    Setting(
        "terminal", "cursor", False, is_bool, "true or false",
        "true: the terminal's cursor is visible. It stands at the selection in any case, for screen readers and "
        "braille displays; some follow only a visible one.",
    ),
    *(
        Setting(
            "fields", name, [], are_names, 'a list of names, such as ["when"]',
            f"More names of {field}.", needs_restart=True,
        )
        for name, field in FIELDS.items()
    ),
    choice(
        "dates", "order", "", ("dmy", "mdy"),
        "What 03/04/2024 is: “dmy” 3 April, “mdy” 4 March. Empty: such a date is a problem.", needs_restart=True,
    ),
    Setting(
        OWN_THEME, "base", "", lambda value: isinstance(value, str), "the name of a theme, in quotes",
        "The theme that it is based on. Empty: “newsreader-dark”.",
    ),
    *(
        Setting(OWN_THEME, name, "", _is_color, 'a color in quotes, such as "#7db4ff"', use)
        for name, use in THEME_COLORS.items()
    ),
)  # fmt: skip
PROGRAM, MACRO = "program.", "macro."
"""What the names of the user's own actions begin with."""
PROGRAM_FIELDS = ("url", "title", "source", "authors", "date", "excerpt", "topics", "tags", "id", "path")
"""The fields of an article that may stand in an argument, in braces."""
PROGRAM_SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "programs", "run", "", lambda value: _is_command(value) and bool(value),
            'a command, such as "mpv {url}", or a list of its words; it is never run by a shell',
            "The program and its arguments, in which {url} and other fields of the article are replaced.",
            advice=_about_quotes,
        ),
        Setting(
            "programs", "title", "", lambda value: isinstance(value, str) and value.isprintable(),
            "a few words in quotes", "What help and palette call it. Empty: its name.",
        ),
        Setting(
            "programs", "json", False, is_bool, "true or false",
            "true: it gets the article as a line of JSON on its standard input.",
        ),
        Setting(
            "programs", "terminal", False, is_bool, "true or false",
            "true: it uses the terminal, and newsreader returns when it ends; false: it runs in the background.",
        ),
    )
}  # fmt: skip
TABLES = {
    "fetch": "Fetching originals and images.",
    "terminal": "What newsreader asks of your terminal; one that cannot do it ignores it.",
    "fields": 'More names of fields in your documents, each a list such as ["when"].',
    "dates": "Dates in your documents.",
    OWN_THEME: (
        "A theme of your own. Its name has letters, digits, - and _ only, and is also a value of “theme”. A color that "
        "is empty is that of the theme it is based on."
    ),
    "keys": (
        "The keys of actions, several separated by commas; keys to press one after the other are separated by spaces, "
        "such as “g r”. They replace the default keys; another action that has the same key by default loses it."
    ),
    "programs": (
        "Programs that get the article, each in a table of its own, such as [programs.mpv]. The action is then called "
        "program.mpv: give it a key under [keys]."
    ),
    "macros": (
        'Several actions in order, such as done = ["mark.star", "unread.next"]. The action is then called macro.done: '
        "give it a key under [keys]."
    ),
}
"""The tables, and what they are for."""
BY_PATH = {setting.path: setting for setting in SETTINGS}
