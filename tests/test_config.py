from __future__ import annotations

from pathlib import Path

import pytest

from reader.config import Config, load
from reader.errors import ReaderError

_ACTIONS = frozenset({"open", "sort.heat"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_a_file_all_is_as_usual(path: Path) -> None:
    assert load(path, _ACTIONS) == Config()


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
    config = load(path, _ACTIONS)
    assert (config.theme, dict(config.keys)) == (theme, keys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('colour = "x"', "there is no setting “colour”. Known are: theme, [keys]."),
        ('"\\u001b]52;c;x\\u0007" = 1', "there is no setting “]52;c;x”."),
        ("theme = 3", "theme must be the name of a theme, in quotes."),
        ("keys = 3", "keys must be a table: [keys]."),
        ('[keys]\nopne = "x"', "[keys] names no action “opne”. Known are: open, sort.heat."),
        ("[keys]\nopen = 3", '[keys] open must be a key such as "x" or "ctrl+x", in quotes.'),
        ('[keys]\nopen = " "', "[keys] open must be a key"),
        ("theme = ", "is not valid TOML: Invalid value (at end of document)."),
        ("a = 1\na = 2\nb = 3", "at line 2"),
    ],
)
def test_what_cannot_be_used_is_told_with_file_and_key(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(ReaderError) as caught:
        load(path, _ACTIONS)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


def test_bytes_that_are_no_text_are_told_too(path: Path) -> None:
    path.write_bytes(b'theme = "\xff"')
    with pytest.raises(ReaderError, match=r"is not valid TOML: .*utf-8"):
        load(path, _ACTIONS)


def test_a_folder_in_the_place_of_the_file_is_told_too(path: Path) -> None:
    path.mkdir()
    with pytest.raises(ReaderError, match="cannot be read: is a directory"):
        load(path, _ACTIONS)
