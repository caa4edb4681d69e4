"""Originals in a real terminal, from a real server: fetched, read, cached, and read again offline."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import MakeFolder
from tests.e2e.terminal import Terminal, program
from tests.fetching.linked_pages import html


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/gone"):
            self.send_error(404)
            return
        if self.path.startswith("/slow"):
            self.server.waits.wait(30)  # type: ignore[attr-defined]
        body = html(f"Page {self.path.strip('/')}", 40)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Site:
    """A site on loopback, which the settings allow."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
        self.server.waits = threading.Event()  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def end(self) -> None:
        self.server.waits.set()  # type: ignore[attr-defined]
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    config = Path(os.environ["NEWSREADER_CONFIG_DIR"])
    config.mkdir(parents=True, exist_ok=True)
    (config / "config.toml").write_text('[fetch]\nallow_hosts = ["127.0.0.1"]\n')
    yield made
    made.end()


def folder_of(make_folder: MakeFolder, site: Site, *paths: str) -> Path:
    def document(at: int, path: str) -> str:
        fields = f"title: Article {at}\nexcerpt: Excerpt {at}.\nquality: {90 - at}\noriginalUrl: {site.url}{path}"
        return f"---\n{fields}\n---\n"

    return make_folder({f"{at}.md": document(at, path) for at, path in enumerate(paths)})


def test_a_fetched_page_is_read_again_offline(make_folder: MakeFolder, site: Site) -> None:
    folder = folder_of(make_folder, site, "/one")
    with Terminal(folder, columns=80, lines=24) as terminal:
        terminal.wait("1 article")
        terminal.press("f")
        terminal.wait("Sentence 0 of Page one")
        assert "The original at 127.0.0.1, fetched just now" in terminal.text
        terminal.press("space", "q", "q")
        assert terminal.end() == 0
    site.end()
    with Terminal("--offline", folder, columns=80, lines=24) as terminal:
        terminal.wait("Page saved, ")
        begun = time.monotonic()
        terminal.press("f")
        terminal.wait("of Page one tells")
        assert "Sentence 0 of" not in terminal.text  # it was left further down
        assert time.monotonic() - begun < 10
        terminal.press("q", "q")
        assert terminal.end() == 0


def test_a_slow_fetch_can_be_canceled_and_delays_neither_others_nor_quitting(
    make_folder: MakeFolder, site: Site
) -> None:
    folder = folder_of(make_folder, site, "/slow", "/two", "/gone")
    with Terminal(folder) as terminal:
        terminal.wait("3 articles")
        terminal.press("f")
        terminal.wait("fetching from 127.0.0.1")
        terminal.press("X")
        terminal.wait("Fetching was stopped.")
        terminal.press("f")
        terminal.wait("fetching from 127.0.0.1")
        terminal.press("h", "j", "f")  # another one meanwhile
        terminal.wait("Sentence 0 of Page two")
        terminal.press("h", "j", "enter")
        terminal.wait("f fetches the original.")
        terminal.press("f")
        terminal.wait("404 Not Found")
        terminal.wait("o opens it in the browser")
        terminal.press("q", "q")
        assert terminal.end() == 0


def test_a_bulk_fetch_runs_while_the_user_reads(make_folder: MakeFolder, site: Site) -> None:
    folder = folder_of(make_folder, site, *(f"/{name}" for name in ("a", "b", "c", "gone", "d")))
    with Terminal(folder) as terminal:
        terminal.wait("5 articles")
        terminal.press("F", "j")
        terminal.wait("4 pages fetched, 1 failed.")
        assert any(line.startswith("▌") and "Article 1" in line for line in terminal.lines)
        terminal.press("/", *"has:page", "enter")
        terminal.wait("4 of 5 articles")
        terminal.press("q")
        assert terminal.end() == 0


_TEXT = "---\ntitle: A title\noriginalUrl: https://a.example/\n---\n" + "Words of a text that goes on. " * 200


def test_a_failing_pager_or_text_browser_returns_to_the_same_screen(make_folder: MakeFolder, tmp_path: Path) -> None:
    pager, browser = program(tmp_path / "viewer", "exit 3"), program(tmp_path / "w3m", "exit 1")
    environ = {"PAGER": str(pager), "BROWSER": str(browser)}
    with Terminal(make_folder({"a.md": _TEXT}), columns=80, lines=24, environ=environ) as terminal:

        def returned(key: str, message: str) -> None:
            terminal.press(key)
            terminal.wait(message)
            assert terminal.raw.rindex(b"\x1b[?1049h") > terminal.raw.find(b"\x1b[?1049l")
            terminal.press("G")
            terminal.wait("100%")
            terminal.press("g")
            terminal.wait(lambda: "100%" not in terminal.text)

        terminal.wait("1 article")
        terminal.press("o")
        terminal.wait("w3m failed")
        terminal.press("enter")
        terminal.wait("of a text")
        returned("e", "viewer failed (exit status 3).")
        program(pager, "kill -9 $$")
        returned("e", "viewer failed (exit status -9).")
        pager.unlink()
        returned("e", "PAGER names")
        terminal.press("q", "q")
        assert terminal.end() == 0


@pytest.mark.parametrize(
    ("script", "hangs_up"),
    [
        ("stty raw -echo; echo IT-IS-READ; exec sleep 100", False),
        ("trap '' TERM HUP; echo IT-IS-READ; sleep 100", False),
        ("trap '' TERM HUP; echo IT-IS-READ; sleep 100", True),
    ],
)
def test_the_file_for_the_pager_is_deleted_at_the_end(
    make_folder: MakeFolder, tmp_path: Path, script: str, hangs_up: bool
) -> None:
    files = tmp_path / "cache"
    environ = {"NEWSREADER_CACHE_DIR": str(files), "PAGER": str(program(tmp_path / "viewer", script))}
    with Terminal(make_folder({"a.md": _TEXT}), columns=80, lines=24, environ=environ) as terminal:
        terminal.wait("1 article")
        terminal.press("enter")
        terminal.wait("of a text")
        terminal.press("e")
        terminal.wait("IT-IS-READ")
        assert [each.name for each in files.rglob("*.txt")] == ["A-title.txt"]
        if hangs_up:
            terminal.hang_up()
        else:
            terminal.process.send_signal(signal.SIGTERM)
        status = terminal.process.wait(30) if hangs_up else terminal.end()
        assert status == 128 + (signal.SIGHUP if hangs_up else signal.SIGTERM)
        if not hangs_up:  # in an orderly way or, on a slow machine, by force; then the pager's text stays
            assert terminal.attributes == terminal.before
            assert terminal.raw.rfind(b"\x1b[?1049l") > terminal.raw.rfind(b"\x1b[?1049h") >= 0
        assert not [*files.glob("private-*")]
