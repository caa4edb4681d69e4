"""Make the screenshots in this folder from the seeds: run `python screenshots/make.py` at the top of a checkout.

Each shows the real app, driven by real keys, in a terminal of a given size. It is saved as SVG
and, if rsvg-convert (part of librsvg) is installed, as PNG too. The demo is one SVG that shows
several screenshots in turn.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from reader.config.settings import Config, FetchSettings  # noqa: E402
from reader.content.markdown.parser import parse_markdown  # noqa: E402
from reader.content.page import Extract, Page  # noqa: E402
from reader.core.ordering import Sort  # noqa: E402
from reader.core.paths import Paths  # noqa: E402
from reader.indexing.process_client import UpdaterHandle  # noqa: E402
from reader.indexing.refresh import refresh  # noqa: E402
from reader.indexing.stories import update_stories  # noqa: E402
from reader.library.library import Library  # noqa: E402
from reader.startup import load_first_frame  # noqa: E402
from reader.tui.app import NewsreaderApp  # noqa: E402
from reader.tui.timings import Timings  # noqa: E402
from reader.tui.widgets.article_pane.article_pane import ArticlePane  # noqa: E402

OFFLINE = FetchSettings(offline=True, images=False)
"""Offline, so that the screenshots are the same everywhere."""
TIMINGS = Timings(least_message=0.0, number=0.01)
"""Messages end with the next key: these keys are pressed faster than anyone could read."""


@dataclass(frozen=True)
class Screenshot:
    """One screenshot: its file name, size in cells, theme, and the keys to press first."""

    name: str
    size: tuple[int, int]
    theme: str
    keys: tuple[str, ...] = ()
    text: bool = False
    """Whether the article of the best quality has a fetched page."""


SCREENSHOTS = (
    Screenshot("wide", (120, 36), "newsreader-dark", ("j", "j", "j", "right_square_bracket")),
    Screenshot("light", (120, 36), "newsreader-light"),
    Screenshot("narrow", (80, 24), "newsreader-dark", ("j", "l", "right_square_bracket")),
    Screenshot("very-wide", (200, 50), "newsreader-dark", ("j", "j", "j")),
    Screenshot("single", (50, 24), "newsreader-dark"),
    Screenshot("search", (120, 36), "newsreader-dark", ("slash", *"facial regul")),
    Screenshot("story", (120, 36), "newsreader-dark", ("c", "enter", "j")),
    Screenshot("digest", (120, 36), "newsreader-dark", ("D",)),
    Screenshot("heat", (120, 36), "newsreader-light", ("H", "h", "h")),
    Screenshot("help", (120, 36), "newsreader-dark", ("question_mark",)),
    Screenshot("text", (120, 36), "newsreader-dark", ("f",), text=True),
    Screenshot(
        "text-links", (80, 24), "newsreader-dark", ("f", "slash", *"court", "enter", "right_square_bracket", "l"), True
    ),
)
DEMO = Screenshot("demo", (100, 30), "newsreader-dark", text=True)
STEPS: tuple[tuple[tuple[str, ...], str, float], ...] = (
    ((), "newsreader seeds/", 2.5),
    (("j",), "j  the next article", 1.2),
    (("j",), "j", 1.2),
    (("3",), "3  by date", 1.8),
    (("1",), "1  by quality", 1.5),
    (("s",), "s  star it", 1.5),
    (("g", "right_square_bracket"), "]  related articles", 2.2),
    (("h", "slash", *"fac"), "/  search while you type", 1.2),
    ((*"ial",), "/facial", 1.8),
    (("enter", "enter"), "Enter  read the text, offline too", 2.8),
    (("space",), "Space  the next page", 2.2),
    (("l",), "l  links by letter", 2.2),
    (("escape", "q", "question_mark"), "?  every key", 2.5),
)
"""The keys of the demo, with a caption and the seconds that each step is shown."""
# Textual's SVG loads its font from the web; a local monospace font serves as well.
_FONT_FACE = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_FONTS = "'DejaVu Sans Mono', 'Noto Sans Mono', 'Noto Sans Mono CJK SC', monospace"
_CELL = 12.2
_VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_TEXT = re.compile(r'x="([\d.]+)" (y="[\d.]+") textLength="([\d.]+)"([^>]*)>((?:&#160;)+)')


def _without_leading_spaces(match: re.Match[str]) -> str:
    """Start a text at its first visible character, as some renderers drop leading spaces."""
    spaces = match[5].count(";")
    x, length = float(match[1]) + spaces * _CELL, float(match[3]) - spaces * _CELL
    return f'x="{x:g}" {match[2]} textLength="{max(0.0, length):g}"{match[4]}>'


def store_page(library: Library) -> None:
    """Store a page for the article of the best quality, with the text of text.md, as nothing is fetched here."""
    (row,) = library.articles.rows(library.articles.order(Sort("quality")).rowids[:1])
    text = (HERE / "text.md").read_text("utf-8")
    when = datetime.now(UTC) - timedelta(hours=3)
    extract = Extract(parse_markdown(text), len(text.split()))
    library.pages.put(Page(row.id, "original", row.links.best, row.links.best, extract, when, when), b"")


async def frames(shot: Screenshot, folder: Path, steps: Sequence[tuple[str, ...]]) -> AsyncIterator[str]:
    """Press the keys of each step in one run of the app, and yield what it shows then as SVG."""
    with tempfile.TemporaryDirectory() as scratch:
        paths = Paths(Path(scratch, "cache"), Path(scratch, "data"), Path(scratch, "config"))
        library = Library.open(folder, paths)
        for _ in (*refresh(library), *update_stories(library.index, quality=True)):
            pass
        if shot.text:
            store_page(library)
        first = load_first_frame(library, updater=UpdaterHandle(library, in_thread=True, watching=False))
        app = NewsreaderApp(first, Config(theme=shot.theme, fetch=OFFLINE), timings=TIMINGS)
        async with app.run_test(size=shot.size) as pilot:
            pane = app.screen.query_one(ArticlePane)
            while pane.content is None:
                await pilot.pause(0.01)
            for keys in steps:
                for key in keys:
                    await pilot.press(key)
                    while app.session.keys.is_undecided:
                        await pilot.pause(0.01)
                    await app.workers.wait_for_complete()
                    await pilot.pause()
                svg = _TEXT.sub(_without_leading_spaces, _FONT_FACE.sub("", app.export_screenshot(title="newsreader")))
                yield re.sub(r"font-family: ?[^;]*;", f"font-family: {_FONTS};", svg)
        library.close()


async def screenshot(shot: Screenshot, folder: Path) -> str:
    """Return one screenshot as SVG."""
    (svg,) = [frame async for frame in frames(shot, folder, [shot.keys])]
    return svg


async def demo(folder: Path) -> str:
    """Return an SVG that shows the steps of the demo in turn, for ever."""
    shown = [frame async for frame in frames(DEMO, folder, [keys for keys, _, _ in STEPS])]
    width, height = (float(number) for number in _VIEW_BOX.findall(shown[0])[0])
    total, start, style, body = sum(seconds for _, _, seconds in STEPS), 0.0, "", ""
    for number, (frame, (_, caption, seconds)) in enumerate(zip(shown, STEPS, strict=True)):
        begin, end = (100 * at / total for at in (start, start + seconds))
        # With step-end, what is said of a moment holds until the next one.
        style += (
            f"@keyframes step{number}{{0%{{visibility:hidden}}{begin:.2f}%{{visibility:visible}}"
            f"{end:.2f}%{{visibility:hidden}}}}#step{number}{{animation:step{number} {total:g}s step-end infinite}}"
        )
        hidden = ' visibility="hidden"' if number else ""
        sized = frame.replace("<svg ", f'<svg width="{width:g}" height="{height:g}" ', 1)
        label = f'<text x="24" y="{height + 24:g}">{escape(caption)}</text>'
        body += f'<g id="step{number}"{hidden}>{sized}{label}</g>\n'
        start += seconds
    style += f"#demo>g>text{{font:bold 20px {_FONTS};fill:#c5c8c6}}"
    return (
        f'<svg id="demo" viewBox="0 0 {width:g} {height + 36:g}" xmlns="http://www.w3.org/2000/svg"><style>{style}</style>'
        f'<rect width="100%" height="100%" rx="8" fill="#1b1b1b"/>\n{body}</svg>\n'
    )


def main() -> None:
    """Make all screenshots, or those named on the command line."""
    os.environ["TZ"] = "UTC"
    wanted = set(sys.argv[1:])
    converter = shutil.which("rsvg-convert")
    for shot in SCREENSHOTS:
        if wanted and shot.name not in wanted:
            continue
        target = HERE / f"{shot.name}.svg"
        target.write_text(asyncio.run(screenshot(shot, HERE.parent / "seeds")), "utf-8")
        if converter:
            subprocess.run([converter, "--zoom", "1", "-o", target.with_suffix(".png"), target], check=True)
        print(target.name)
    if not wanted or DEMO.name in wanted:
        target = HERE / f"{DEMO.name}.svg"
        target.write_text(asyncio.run(demo(HERE.parent / "seeds")), "utf-8")
        print(target.name)


if __name__ == "__main__":
    main()
