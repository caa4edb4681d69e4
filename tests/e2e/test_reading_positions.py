"""However the program ends, the next one begins where it was left."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.e2e.terminal import PATIENCE, Terminal


def _leave(terminal: Terminal) -> None:
    terminal.press("q")


def _hang_up(terminal: Terminal) -> None:
    terminal.hang_up()


def _terminate(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGTERM)


def _say_hangup(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGHUP)


@pytest.fixture
def forty(make_folder: MakeFolder) -> Path:
    text = "\n\n".join(f"Paragraph {n:02}: {'some words of it ' * 8}" for n in range(60))
    return make_folder({f"{n:02}.md": f"---\ntitle: Article {n:02}\nquality: {90 - n}\n---\n{text}" for n in range(40)})


@pytest.mark.parametrize("end", [_leave, _hang_up, _terminate, _say_hangup])
def test_the_next_run_opens_the_same_article_at_the_same_line(forty: Path, end: Callable[[Terminal], None]) -> None:
    with Terminal(forty) as terminal:
        terminal.wait("40 articles  40 unread")
        terminal.wait("Paragraph 00")
        terminal.press(*["j"] * 25)
        terminal.wait(lambda: any(line.startswith("▌") and "Article 25" in line for line in terminal.lines))
        terminal.press("enter", "space", "space")
        terminal.wait("Paragraph 18:")
        first = next(line.split("Paragraph ")[1][:2] for line in terminal.lines if "Paragraph " in line)
        end(terminal)
        terminal.process.wait(PATIENCE) if end is _hang_up else terminal.end()
    with Terminal(forty, columns=90, lines=40) as terminal:
        terminal.wait(lambda: any(line.startswith("▌") and "Article 25" in line for line in terminal.lines))
        terminal.wait(lambda: "Paragraph " in terminal.text)
        assert "Paragraph 00" not in terminal.text
        assert next(line.split("Paragraph ")[1][:2] for line in terminal.lines if "Paragraph " in line) == first
        terminal.press("q")
        assert terminal.end() == 0
