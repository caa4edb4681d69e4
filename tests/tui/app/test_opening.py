"""Opening URLs in the browser, or copying them, with a real program as the browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.tui.conftest import Browser
from tests.tui.helpers import document, lines_of, open_app

JURIST = (
    "https://www.jurist.org/news/2021/08/"
    "china-supreme-court-issues-regulations-against-misuse-of-facial-recognition-technology/"
)


async def test_o_opens_the_original_in_the_browser(seeds: Path, browser: Browser) -> None:
    async with open_app(seeds) as reader:
        await reader.press("o")
        assert browser.calls == [[JURIST]]
        assert reader.message == "Opened jurist.org with lantern."
        assert "scribble" not in reader.text


async def test_opening_the_original_marks_the_article_read(seeds: Path, browser: Browser) -> None:
    async with open_app(seeds) as reader:
        await reader.press("j", "]", "o")
        assert browser.calls
        assert [row.read for row in reader.rows] == [False, True, False, False, False]  # its related items are entered
        await reader.press("h", "h", "j", "o")
        assert [row.read for row in reader.rows] == [False, True, True, False, False]
        await reader.press("u")
        assert reader.message == "There is nothing to undo."


async def test_o_opens_the_selected_related_item(seeds: Path, browser: Browser) -> None:
    async with open_app(seeds) as reader:
        await reader.press("]", "o")
        item = reader.article_pane.related_item
        assert item is not None
        assert browser.calls == [[item.described.links.best]]


async def test_capital_o_opens_the_amp_version(seeds: Path, browser: Browser) -> None:
    async with open_app(seeds) as reader:
        await reader.press("O")
        assert browser.calls == []
        assert "There is no AMP copy of this." in reader.message
        await reader.press("j", "j", "j", "]", "O")
        assert browser.calls == [
            ["https://technode.com/2021/07/29/chinas-supreme-court-sets-limits-on-facial-recognition/"]
        ]


async def test_without_a_browser_the_link_is_copied(seeds: Path) -> None:
    async with open_app(seeds) as reader:
        await reader.press("o")
        assert reader.message == "No browser is available here; the link was copied instead."
        assert reader.app.clipboard == JURIST
        assert not reader.row.read


@pytest.mark.parametrize("name", ["/nowhere/browser", "sh -c 'x %s'"])
async def test_an_unusable_browser_is_named_and_the_link_copied(
    seeds: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("BROWSER", name)
    async with open_app(seeds) as reader:
        await reader.press("o")
        assert reader.message.startswith("BROWSER ")
        assert reader.message.endswith("The link was copied instead.")
        assert reader.app.clipboard == JURIST


async def test_a_failing_browser_is_reported(seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", str(Browser(tmp_path / "bad", status=3).path))
    async with open_app(seeds) as reader:
        await reader.press("o")
        assert "lantern failed (exit status 3)" in reader.message
        assert reader.app.clipboard == JURIST


async def test_a_text_browser_without_a_terminal_is_reported(
    seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Browser(tmp_path / "bin")
    w3m = made.path.rename(made.path.with_name("w3m"))
    monkeypatch.setenv("BROWSER", str(w3m))
    async with open_app(seeds) as reader:
        await reader.press("o")  # Textual's headless driver cannot be suspended
        assert reader.app.is_running
        assert made.calls == []
        assert reader.message


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "--version",
        "/etc/passwd",
        "https://",
        "h\x1bttp:x",
    ],
)
async def test_only_web_addresses_reach_the_browser(make_folder: MakeFolder, browser: Browser, url: str) -> None:
    text = document("A", f"originalUrl: {url!r}", f"ampWebUrl: {url!r}", body=f"[a link]({url})")
    async with open_app(make_folder({"a.md": text})) as reader:
        for key in ("o", "O", "y"):
            await reader.press(key)
            assert "no AMP copy" in reader.message or "no URL to" in reader.message
        assert browser.calls == []
        assert reader.app.clipboard == ""
        assert not any(run.href.strip() for line in lines_of(reader.article_pane) for run in line)


async def test_an_address_is_a_single_argument(make_folder: MakeFolder, browser: Browser) -> None:
    text = document("A", 'originalUrl: "https://a.org/x?a=1&b=\'; touch x; $(id) `id` %s --new"')
    async with open_app(make_folder({"a.md": text})) as reader:
        await reader.press("o")
        ((argument,),) = browser.calls
        assert argument.startswith("https://a.org/x?a=1&b=")
        assert not set(argument) & set(' `"\x1b')
