"""What all tests of the screen share."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count no lines here: they take twice as long for it, and what is below the screen has tests of its own."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show times in UTC, wherever the tests run."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test open anything on the screen of whoever runs it."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "TERMUX_VERSION", "WSL_DISTRO_NAME", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")


class Browser:
    """A real program in the place of a browser; it writes down what it was called with."""

    def __init__(self, folder: Path, status: int = 0) -> None:
        folder.mkdir()
        self.path = folder / "lantern"
        self._record = folder / "calls"
        self.path.write_text(
            f"#!{sys.executable}\n"
            "import os, sys\n"
            "print('scribble on stdout', flush=True)\n"
            "print('scribble on stderr', file=sys.stderr, flush=True)\n"
            f"part = {str(self._record)!r}\n"
            "with open(part, 'a') as record: record.write(repr(sys.argv[1:]) + '\\n')\n"
            f"sys.exit({status})\n"
        )
        self.path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call so far."""
        import ast

        if not self._record.exists():
            return []
        return [ast.literal_eval(line) for line in self._record.read_text().splitlines()]


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_browser: None) -> Browser:
    """A browser that opens whatever it is given, named by $BROWSER."""
    made = Browser(tmp_path / "bin")
    monkeypatch.setenv("BROWSER", str(made.path))
    return made
