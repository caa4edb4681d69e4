"""Reads the settings file: TOML -> a frozen :class:`Config`.

An unknown setting, or one of the wrong type, is an error that names the file and the key, so that a typo cannot go
unnoticed.
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
_MAX_MEGABYTES = 1_000_000


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_host_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and _is_host(each) for each in value)


def _is_host(value: str) -> bool:
    return bool(_HOST.fullmatch(value)) or _is_ipv6(value)


def _is_ipv6(value: str) -> bool:
    if ":" not in value:
        return False
    from ipaddress import IPv6Address  # lazy: few users set allow_hosts

    try:
        return IPv6Address(value).scope_id is None
    except ValueError:
        return False


def _is_proxy(value: Any) -> bool:
    if not isinstance(value, str) or (value and not _PROXY.fullmatch(value)):
        return False
    from urllib.parse import urlsplit  # lazy: few users set a proxy

    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # .port raises ValueError unless it is a port number
    except ValueError:
        return False
    return not value or bool(host and host.isascii())


def _is_graphics(value: Any) -> bool:
    return isinstance(value, str) and value in GRAPHICS


def _is_user_agent(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and (not value or (value.isprintable() and bool(value.strip())))


def _is_megabytes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_MEGABYTES


_FETCH_SETTINGS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "enabled": (_is_bool, "true or false"),
    "allow_hosts": (_is_host_list, 'a list of hosts without scheme and port, such as ["127.0.0.1"]'),
    "proxy": (_is_proxy, 'the URL of a proxy in quotes, such as "http://proxy.example:3128"'),
    "user_agent": (_is_user_agent, "one line of ASCII in quotes"),
    "cache_mb": (_is_megabytes, f"a whole number of megabytes from 1 to {_MAX_MEGABYTES:,}"),
    "archive": (_is_bool, "true or false"),
    "images": (_is_bool, "true or false"),
    "graphics": (_is_graphics, "one of " + ", ".join(f'"{name}"' for name in GRAPHICS)),
}
"""The settings of ``[fetch]``: a check of the value, and what follows “must be” in the error."""


def load_config(path: Path, actions: frozenset[str] | None = None) -> Config:
    """Return the settings in the file ``path``, or the defaults if there is no such file.

    ``actions`` are the valid names in ``[keys]``; None skips the check, for callers that use no keys.
    Raises ReaderError that names the file and the key if a value is not valid.
    """
    file = show_path(path)
    values = _read_toml(path, file)
    for name in values:
        if name not in {"theme", "keys", "fetch"}:
            raise ReaderError(f"{file}: unknown setting “{clean(name)}”.", "The settings are: theme, [keys], [fetch].")
    theme = values.get("theme", "")
    if not isinstance(theme, str):
        raise ReaderError(f"{file}: theme must be the name of a theme, in quotes.")
    return Config(
        theme=theme,
        keys=MappingProxyType(_checked_keys(file, values.get("keys", {}), actions)),
        fetch=_checked_fetch_settings(file, values.get("fetch", {})),
    )


def _read_toml(path: Path, file: str) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
        import tomllib  # lazy: most users have no settings file

        return tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ReaderError(f"Cannot read {file}: {describe_error(error)}.") from None
    except (ValueError, RecursionError) as error:  # TOML and Unicode errors are ValueErrors
        message = f"{file} is not valid TOML: {clean(str(error))}."
        raise ReaderError(message, "Fix that line, or move the file away.") from None


def _checked_keys(file: str, table: Any, actions: frozenset[str] | None) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ReaderError(f"{file}: keys must be a table: [keys].")
    for name, value in table.items():
        if actions is not None and name not in actions:
            known = ", ".join(sorted(actions))
            raise ReaderError(
                f"{file}: [keys] has no action “{clean(name)}”.",
                f"The actions are: {known}. Put names with a dot in quotes.",
            )
        if not isinstance(value, str) or not value.strip():
            raise ReaderError(f'{file}: [keys] {name} must be a key in quotes, such as "x" or "ctrl+x".')
    return dict(table)


def _checked_fetch_settings(file: str, table: Any) -> FetchSettings:
    if not isinstance(table, dict):
        raise ReaderError(f"{file}: fetch must be a table: [fetch].")
    for name, value in table.items():
        if name not in _FETCH_SETTINGS:
            known = ", ".join(_FETCH_SETTINGS)
            raise ReaderError(f"{file}: [fetch] has no setting “{clean(name)}”.", f"The settings are: {known}.")
        is_valid, words = _FETCH_SETTINGS[name]
        if not is_valid(value):  # the value is never quoted, since a proxy URL may contain a password
            raise ReaderError(f"{file}: [fetch] {name} must be {words}.")
    hosts = tuple(host.lower() for host in table.get("allow_hosts", ()))
    return FetchSettings(**{**table, "allow_hosts": hosts})
