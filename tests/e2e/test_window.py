"""The terminal's window: its title, its cursor, and a notification; in a real terminal."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.e2e.terminal import Terminal, program
from tests.e2e.test_fetch import Site, folder_of
from tests.e2e.test_signals import wait_until_stopped

TITLE = re.compile(rb"\x1b\]2;([^\x1b]*)\x1b\\")
SAVE, RESTORE = b"\x1b[22;2t", b"\x1b]2;\x1b\\\x1b[23;2t"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.end()


def title(terminal: Terminal) -> str:
    """Return the title that the app has set last; empty once the terminal has its own again."""
    raw = terminal.raw
    assert 0 <= raw.count(SAVE) - raw.count(RESTORE) <= 1, "each title that is saved is restored once"
    return TITLE.findall(raw)[-1].decode() if TITLE.search(raw) else ""


def test_title_cursor_and_notification(make_folder: MakeFolder, site: Site, tmp_path: Path) -> None:
    folder = folder_of(make_folder, site, "/one", "/slow")
    viewer = program(tmp_path / "viewer", "echo IT-IS-READ; read line")
    settings = Path(os.environ["NEWSREADER_CONFIG_DIR"]) / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[fetch]\nallow_hosts = ["127.0.0.1"]\n')
    with Terminal(folder, environ={"PAGER": str(viewer)}) as terminal:
        terminal.wait(lambda: title(terminal) == f"{folder.name} (2 unread) – newsreader")
        terminal.press("/", "Article 1", "enter")
        terminal.wait(lambda: title(terminal) == "Article 1 (1 unread) – newsreader")
        terminal.press("esc")
        terminal.wait(lambda: title(terminal) == f"{folder.name} (2 unread) – newsreader")
        before = terminal.screen.cursor.y
        terminal.press("j")
        terminal.wait(lambda: terminal.screen.cursor.y > before)
        assert "Article" in terminal.lines[terminal.screen.cursor.y]
        assert terminal.screen.cursor.hidden

        terminal.press("\x1a")
        wait_until_stopped(terminal)
        terminal.read()
        assert terminal.raw.rindex(RESTORE) < terminal.raw.rindex(b"\x1b[?1049l"), "to the shell it is the shell's"
        assert title(terminal) == ""
        os.kill(terminal.process.pid, signal.SIGCONT)
        terminal.wait(lambda: title(terminal) == f"{folder.name} (2 unread) – newsreader")
        terminal.press("enter")
        terminal.wait(lambda: title(terminal) == f"{folder.name} (1 unread) – newsreader")
        terminal.press("e")
        terminal.wait("IT-IS-READ")
        assert title(terminal) == ""
        terminal.press("enter")
        terminal.wait("Back from viewer.")
        assert title(terminal) == f"{folder.name} (1 unread) – newsreader"

        terminal.press("q", "F")
        terminal.wait("1 left")
        terminal.send("\x1b[O")  # another window is in front
        site.server.waits.set()  # type: ignore[attr-defined]
        terminal.wait(lambda: b"\x1b]9;newsreader: 2 pages fetched.\x1b\\" in terminal.raw)
        terminal.send("\x1b[I")

        settings.write_text("[terminal]\ntitle = false\ncursor = true\n")
        terminal.wait(lambda: title(terminal) == "" and not terminal.screen.cursor.hidden)
        settings.write_text("[terminal]\ntitle = true\n")
        terminal.wait(lambda: title(terminal) and terminal.screen.cursor.hidden)
        terminal.press("q")
        assert terminal.end() == 0
        assert title(terminal) == ""
        terminal.assert_restored()


def test_a_console_is_sent_nothing_that_it_would_print(seeds: Path) -> None:
    with Terminal(seeds, environ={"TERM": "linux"}) as terminal:
        terminal.wait("5 unread")
        terminal.press("m")
        terminal.wait("4 unread")
        terminal.send("\x11")
        assert terminal.end() == 0
    assert b"\x1b]" not in terminal.raw
