"""However the program ends, the next run starts where the last one was left."""

from __future__ import annotations

import re
import signal
from itertools import cycle
from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.e2e.terminal import PATIENCE, Terminal


def _leave(terminal: Terminal) -> None:
    terminal.press("q", "q")


def _hang_up(terminal: Terminal) -> None:
    terminal.hang_up()


def _terminate(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGTERM)


def _say_hangup(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGHUP)


@pytest.fixture
def forty(make_folder: MakeFolder) -> Path:
    def text(article: int) -> str:
        # One line each, whatever the width, and in other words than the rest, which would be the same story.
        words = (" ".join(f"{each}{article}x{n}" for each in "ab") for n in range(60))
        return "\n\n".join(f"Paragraph {n:02}: {line}" for n, line in enumerate(words))

    head = "title: Article {n:02}\nquality: {quality}\npublishedDateTime: {year}-01-01"
    return make_folder(
        {f"{n:02}.md": f"---\n{head.format(n=n, quality=90 - n, year=2020 - 3 * n)}\n---\n{text(n)}" for n in range(40)}
    )


def _selected(terminal: Terminal) -> str:
    """Return the number of the selected article."""
    found = re.search(r"^▌.*Article (\d\d)", terminal.text, re.MULTILINE)
    return found[1] if found else ""


def _first(terminal: Terminal) -> str:
    """Return the number of the first paragraph on the screen."""
    found = re.search(r"Paragraph (\d\d)", terminal.text)
    return found[1] if found else ""


def test_the_next_run_opens_the_same_article_at_the_same_line(forty: Path) -> None:
    article, first = "00", "00"
    sizes = cycle([(120, 36), (90, 40)])
    ends = ((_leave, 0), (_hang_up, 129), (_terminate, 143), (_say_hangup, 129), (_leave, 0))
    for end, status in ends:
        columns, lines = next(sizes)
        with Terminal(forty, columns=columns, lines=lines) as terminal:
            terminal.wait(lambda: (_selected(terminal), _first(terminal)) == (article, first))  # noqa: B023
            terminal.press(*["j"] * 5)
            article, first = f"{int(article) + 5:02}", "00"
            terminal.wait(lambda: (_selected(terminal), _first(terminal)) == (article, first))  # noqa: B023
            terminal.press("l")
            for _ in range(2):
                terminal.press("space")
                terminal.wait(lambda: _first(terminal) > first)  # noqa: B023
                first = _first(terminal)
            end(terminal)
            if end is _hang_up:
                terminal.process.wait(PATIENCE)
            else:
                assert terminal.end() == status
                terminal.assert_restored()
