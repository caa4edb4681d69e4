"""A folder for the sidebar, and its lines."""

from __future__ import annotations

import re
from pathlib import Path

from reader.tui.widgets.sidebar.sidebar import Sidebar
from tests.conftest import MakeFolder
from tests.tui.helpers import Reader, document

WIDE = (200, 50)


def twenty_articles(make_folder: MakeFolder) -> Path:
    """Make twenty articles of ten sources, three topics and two folders."""
    topics = ("AI", "Law", "Energy")
    return make_folder(
        {
            f"{'eu/uk' if n % 2 else 'us'}/{n:02}.md": document(
                f"Title {n:02}",
                f"quality: {n + 1}",
                f"topics: [{topics[n % 3]}]",
                f"provider: {{name: Source {n % 10}, domain: s{n % 10}.example}}",
            )
            for n in range(20)
        }
    )


def pane(reader: Reader) -> Sidebar:
    views = reader.sidebar
    assert views is not None
    return views


def lines(reader: Reader) -> list[str]:
    """Return the lines of the sidebar, each with its check mark, text and counts."""
    views = pane(reader)
    texts = (views.render_line(y).text for y in range(views.size.height))
    return [" ".join(line.split()) for line in texts if line.strip()]


def shown(reader: Reader) -> list[str]:
    """Return the lines of the sidebar without the numbers of unread articles."""
    return [re.sub(r"[\d,]+/(?=[\d,]+$)", "", line) for line in lines(reader)]


async def move_to(reader: Reader, text: str, kind: str = "") -> None:
    """Move to a line of the sidebar."""
    await reader.press("g")
    for _ in range(len(pane(reader).entries.lines)):
        line = pane(reader).line
        if line.text == text and kind in {"", line.kind}:
            return
        await reader.press("j")
    raise AssertionError(f"there is no {text} in {[line.text for line in pane(reader).entries.lines]}")


def query(reader: Reader) -> str:
    return reader.query
