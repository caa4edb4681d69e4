"""The person's settings: one TOML file -> one frozen Config.

A setting that is not known, or not of its type, is an error that names the file and
the key: a typo that is passed over in silence costs more than one that is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reader.config.settings import GRAPHICS, Config, FetchSettings
from reader.core.errors import ReaderError, describe_error
from reader.core.text import clean, show_path

_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}")
_PROXY = re.compile(r"https?://[^\s/]+/?", re.IGNORECASE)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_hosts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and _is_host(each) for each in value)


def _is_host(value: str) -> bool:
    return bool(_HOST.fullmatch(value)) or _is_ipv6(value)


def _is_ipv6(value: str) -> bool:
    if ":" not in value:
        return False
    from ipaddress import IPv6Address  # imported late: most people name none

    try:
        return IPv6Address(value).scope_id is None
    except ValueError:
        return False


def _is_proxy(value: Any) -> bool:
    if not isinstance(value, str) or (value and not _PROXY.fullmatch(value)):
        return False
    from reader.web.transport.proxies import parse  # imported late: most people name none

    try:
        return not value or bool(parse(value))
    except ReaderError:
        return False


def _is_graphics(value: Any) -> bool:
    return isinstance(value, str) and value in GRAPHICS


def _is_agent(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and (not value or (value.isprintable() and bool(value.strip())))


def _is_megabytes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_MEGABYTES


_MOST_MEGABYTES = 1_000_000
_FETCH: dict[str, tuple[Callable[[Any], bool], str]] = {
    "enabled": (_is_bool, "true or false"),
    "allow_hosts": (_is_hosts, 'a list of hosts without scheme and port, such as ["127.0.0.1"]'),
    "proxy": (_is_proxy, 'the address of a proxy, such as "http://proxy.example:3128", in quotes'),
    "user_agent": (_is_agent, "one line of ASCII in quotes"),
    "cache_mb": (_is_megabytes, f"a whole number of megabytes from 1 to {_MOST_MEGABYTES:,}"),
    "archive": (_is_bool, "true or false"),
    "images": (_is_bool, "true or false"),
    "graphics": (_is_graphics, "one of " + ", ".join(f'"{name}"' for name in GRAPHICS)),
}
"""Each setting of ``[fetch]``: what it may be, as a test and in words that follow “must be”."""


def load_config(path: Path, actions: frozenset[str] | None = None) -> Config:
    """Return the settings in ``path``; the usual ones when there is no such file.

    ``actions`` are the names that ``[keys]`` may use; None where nobody asks for keys.
    Raises ReaderError that names the file and the key when something in it cannot be used.
    """
    shown = show_path(path)
    try:
        text = path.read_text("utf-8")
        import tomllib  # imported late: most people write no settings

        values = tomllib.loads(text)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ReaderError(f"{shown} cannot be read: {describe_error(error)}.") from None
    except (ValueError, RecursionError) as error:  # of which TOML and Unicode errors are kinds
        raise ReaderError(
            f"{shown} is not valid TOML: {clean(str(error))}.", "Mend that line, or move the file away."
        ) from None
    for name in values:
        if name not in {"theme", "keys", "fetch"}:
            raise ReaderError(f"{shown}: there is no setting “{clean(name)}”.", "Known are: theme, [keys], [fetch].")
    theme = values.get("theme", "")
    if not isinstance(theme, str):
        raise ReaderError(f"{shown}: theme must be the name of a theme, in quotes.")
    keys = values.get("keys", {})
    if not isinstance(keys, dict):
        raise ReaderError(f"{shown}: keys must be a table: [keys].")
    for name, value in keys.items():
        if actions is not None and name not in actions:
            known = ", ".join(sorted(actions))
            raise ReaderError(
                f"{shown}: [keys] names no action “{clean(name)}”.",
                f"Known are: {known}. A name with a dot stands in quotes.",
            )
        if not isinstance(value, str) or not value.strip():
            raise ReaderError(f'{shown}: [keys] {name} must be a key such as "x" or "ctrl+x", in quotes.')
    return Config(theme=theme, keys=MappingProxyType(dict(keys)), fetch=_fetch(shown, values.get("fetch", {})))


def _fetch(shown: str, table: Any) -> FetchSettings:
    if not isinstance(table, dict):
        raise ReaderError(f"{shown}: fetch must be a table: [fetch].")
    for name, value in table.items():
        if name not in _FETCH:
            known = ", ".join(_FETCH)
            raise ReaderError(f"{shown}: [fetch] has no setting “{clean(name)}”.", f"Known are: {known}.")
        is_right, words = _FETCH[name]
        if not is_right(value):  # never quoted: a proxy may have a password
            raise ReaderError(f"{shown}: [fetch] {name} must be {words}.")
    hosts = tuple(host.lower() for host in table.get("allow_hosts", ()))
    return FetchSettings(**{**table, "allow_hosts": hosts})
