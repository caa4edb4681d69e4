"""What all tests of the app share."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import pytest
from textual.screen import Screen
from textual.widget import Widget


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use UTC, wherever the tests run."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests from opening anything on the developer's screen."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "TERMUX_VERSION", "WSL_DISTRO_NAME", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")


@pytest.fixture(autouse=True)
def sandboxes_of_the_run(shared_sandboxes: None) -> None:
    """Use the sandboxed processes of the run, which takes seconds less than starting others."""


@pytest.fixture(autouse=True)
def frequent_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw a millisecond after a change. Textual takes this from the environment, too, but once for the whole run."""
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 0.001)


@pytest.fixture(autouse=True)
def widgets_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let only the main thread ask where a widget is: Textual may lay out the screen for the answer."""
    find, threads = Screen.find_widget, set[str]()

    def find_widget(screen: Screen[object], widget: Widget) -> Any:
        threads.add(current_thread().name)
        return find(screen, widget)

    monkeypatch.setattr(Screen, "find_widget", find_widget)
    yield
    assert threads <= {main_thread().name}


class Browser:
    """A real program as the browser; it records its arguments."""

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
    """A browser that records what it is asked to open, named by $BROWSER."""
    made = Browser(tmp_path / "bin")
    monkeypatch.setenv("BROWSER", str(made.path))
    return made
