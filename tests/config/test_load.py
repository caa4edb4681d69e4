from __future__ import annotations

from pathlib import Path

import pytest

from reader.config.load import load_config
from reader.config.settings import Config, FetchSettings
from reader.core.errors import ReaderError

_ACTIONS = frozenset({"open", "sort.heat"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_a_missing_file_means_the_defaults(path: Path) -> None:
    assert load_config(path, _ACTIONS) == Config()


@pytest.mark.parametrize(
    ("text", "theme", "keys"),
    [
        ("", "", {}),
        ('theme = "nord"', "nord", {}),
        ('[keys]\nopen = "x"\n"sort.heat" = "ctrl+h,h"', "", {"open": "x", "sort.heat": "ctrl+h,h"}),
    ],
)
def test_settings_are_read(path: Path, text: str, theme: str, keys: dict[str, str]) -> None:
    path.write_text(text)
    config = load_config(path, _ACTIONS)
    assert (config.theme, dict(config.keys)) == (theme, keys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('colour = "x"', "unknown setting “colour”. The settings are: theme, [keys], [fetch]."),
        ('"\\u001b]52;c;x\\u0007" = 1', "unknown setting “]52;c;x”."),
        ("theme = 3", "theme must be the name of a theme, in quotes."),
        ("keys = 3", "keys must be a table: [keys]."),
        ('[keys]\nopne = "x"', "[keys] has no action “opne”. The actions are: open, sort.heat."),
        ("[keys]\nopen = 3", '[keys] open must be a key in quotes, such as "x" or "ctrl+x".'),
        ('[keys]\nopen = " "', "[keys] open must be a key"),
        ("fetch = 1", "fetch must be a table: [fetch]."),
        ("[fetch]\nenable = true", "[fetch] has no setting “enable”. The settings are: enabled, allow_hosts, proxy,"),
        ("[fetch]\nenabled = 1", "[fetch] enabled must be true or false."),
        ('[fetch]\nallow_hosts = "localhost"', "[fetch] allow_hosts must be a list of hosts"),
        ('[fetch]\nallow_hosts = ["http://localhost"]', "[fetch] allow_hosts must be a list of hosts"),
        ('[fetch]\nallow_hosts = ["127.0.0.1:8080"]', "[fetch] allow_hosts must be a list of hosts without scheme and"),
        ('[fetch]\nallow_hosts = ["a.b:80"]', "[fetch] allow_hosts must be a list of hosts without scheme and port"),
        (
            '[fetch]\nallow_hosts = ["::1", "1:2"]',
            "[fetch] allow_hosts must be a list of hosts without scheme and port",
        ),
        ('[fetch]\nproxy = "proxy.example:3128"', "[fetch] proxy must be the URL of a proxy"),
        ("[fetch]\nimages = 1", "[fetch] images must be true or false."),
        ('[fetch]\ngraphics = "ascii"', '[fetch] graphics must be one of "auto", "kitty", "sixel", "blocks", "none".'),
        ("[fetch]\ngraphics = true", "[fetch] graphics must be one of"),
        ('[fetch]\nproxy = "http://a b"', "[fetch] proxy must be the URL of a proxy"),
        ('[fetch]\nproxy = "http://a:99999"', "[fetch] proxy must be the URL of a proxy"),
        ('[fetch]\nproxy = "http://:"', "[fetch] proxy must be the URL of a proxy"),
        ('[fetch]\nuser_agent = "a\\nb"', "[fetch] user_agent must be one line"),
        ('[fetch]\nuser_agent = " "', "[fetch] user_agent must be one line"),
        ("[fetch]\ncache_mb = 0", "[fetch] cache_mb must be a whole number of megabytes"),
        ("[fetch]\ncache_mb = true", "[fetch] cache_mb must be a whole number of megabytes"),
        ("[fetch]\ncache_mb = 1.5", "[fetch] cache_mb must be a whole number of megabytes"),
        ('[fetch]\narchive = "ask"', "[fetch] archive must be true or false."),
        ("[fetch]\nimages = 0", "[fetch] images must be true or false."),
        ("theme = ", "is not valid TOML: Invalid value (at end of document)."),
        ("a = 1\na = 2\nb = 3", "at line 2"),
    ],
)
def test_an_invalid_setting_names_file_and_key(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(ReaderError) as caught:
        load_config(path, _ACTIONS)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_file_that_is_not_utf_8_is_an_error(path: Path) -> None:
    path.write_bytes(b'theme = "\xff"')
    with pytest.raises(ReaderError, match=r"is not valid TOML: .*utf-8"):
        load_config(path, _ACTIONS)


def test_a_folder_instead_of_the_file_is_an_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ReaderError, match=": is a directory"):
        load_config(path, _ACTIONS)


def test_fetch_settings_are_read(path: Path) -> None:
    path.write_text(
        "[fetch]\n"
        "enabled = false\n"
        'allow_hosts = ["127.0.0.1", "Intranet.Example", "::1"]\n'
        'proxy = "http://me:secret@proxy.example:3128"\n'
        'user_agent = "my reader (me@example.org)"\n'
        "cache_mb = 2000\n"
        "archive = true\n"
        "images = false\n"
    )
    assert load_config(path, _ACTIONS).fetch == FetchSettings(
        enabled=False,
        allow_hosts=("127.0.0.1", "intranet.example", "::1"),
        proxy="http://me:secret@proxy.example:3128",
        user_agent="my reader (me@example.org)",
        cache_mb=2000,
        archive=True,
        images=False,
    )


def test_the_password_of_a_proxy_is_never_shown(path: Path) -> None:
    path.write_text('[fetch]\nproxy = "socks5://me:secret@proxy.example"')
    with pytest.raises(ReaderError) as caught:
        load_config(path, _ACTIONS)
    assert "secret" not in str(caught.value)


def test_without_known_actions_keys_are_not_checked(path: Path) -> None:
    path.write_text('[keys]\nopne = "x"\n[fetch]\nenabled = false')
    assert not load_config(path).fetch.enabled


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (FetchSettings(), ""),
        (FetchSettings(enabled=False), "enabled = false under [fetch]"),
        (FetchSettings(offline=True), "--offline"),
        (FetchSettings(enabled=False, offline=True), "--offline"),
    ],
)
def test_the_refusal_to_fetch_is_one_sentence(settings: FetchSettings, words: str) -> None:
    assert words in settings.refusal
    assert bool(settings.refusal) == bool(words)
