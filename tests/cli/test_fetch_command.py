"""`newsreader fetch`, `show --page`, `list --json` and `cache`: the real command against a real server."""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from click.testing import CliRunner

from reader.cli.main import cli
from reader.core.errors import ReaderError
from reader.core.marks import MarkChange
from reader.core.paths import Paths
from reader.core.text import format_count
from tests.conftest import MakeFolder, OpenLibrary
from tests.e2e.terminal import Terminal
from tests.fetching.linked_pages import body_of, document, html, ids_of
from tests.web.server import Request, Server, reply, serving

_TOP = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("shared_sandboxes")  # for what runs in this process


class Run(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest_asyncio.fixture
async def server(own_directories: Paths) -> AsyncIterator[Server]:
    configure('allow_hosts = ["127.0.0.1"]')
    async with serving() as one:
        yield one


def configure(*lines: str) -> None:
    file = Paths.from_environment().config_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["[fetch]", *lines]))


async def start(*arguments: str | Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "reader", *map(str, arguments),
        cwd=_TOP, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def run(*arguments: str | Path) -> Run:
    """Run the command in a thread of this process, as no test here interrupts it."""
    return await asyncio.to_thread(_run, [*map(str, arguments)])


def _run(arguments: list[str]) -> Run:
    result = CliRunner().invoke(cli, arguments)
    status, err = result.exit_code, result.stderr
    if isinstance(result.exception, ReaderError):  # like reader.exit
        status, err = 2, f"{err}newsreader: {result.exception}\n"
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Run(status, result.stdout, err)


def site(server: Server, number: int) -> dict[str, str | bytes]:
    return {
        f"{n}.md": document(server.on(f"/{n}", reply(html(f"Title {n}"))), title=f"Title {n}") for n in range(number)
    }


class Gated:
    """Articles that the server answers once the gate is open; the last ones are gone."""

    def __init__(self, server: Server, number: int, gone: int = 0) -> None:
        self.documents = site(server, number)
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self._there = number - gone
        self._news = asyncio.Event()
        for n in range(number):
            server.on(f"/{n}", self._answer)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request.target)
        self._news.set()
        await self.gate.wait()
        is_there = int(request.target[1:]) < self._there
        writer.write(reply(html(f"Title {request.target}")) if is_there else reply(b"", "404 Not Found"))
        await writer.drain()

    async def until_asked(self, number: int) -> None:
        """Wait until that many articles were requested."""
        async with asyncio.timeout(60):
            while len(self.asked) < number:
                self._news.clear()
                await self._news.wait()


async def test_two_commands_share_the_work(server: Server, make_folder: MakeFolder) -> None:
    articles = Gated(server, 20, gone=4)
    folder = make_folder(articles.documents)
    await run("index", folder)
    one = await start("fetch", folder, "--json")
    await articles.until_asked(2)
    other = await start("fetch", folder, "--json")
    await articles.until_asked(4)
    articles.gate.set()
    answers = [json.loads((await asyncio.wait_for(each.communicate(), 60))[0]) for each in (one, other)]
    assert sorted(articles.asked) == sorted(f"/{n}" for n in range(20)), "each is requested once"
    status = [{each["id"]: each["status"] for each in answer} for answer in answers]
    assert status[0].keys() == status[1].keys()
    for id_ in status[0]:
        assert sorted((status[0][id_], status[1][id_])) in (["cached", "fetched"], ["failed", "failed"])
    assert sum(each == "failed" for each in status[0].values()) == 4
    assert all(each["error"] for answer in answers for each in answer if each["status"] == "failed")


async def test_another_command_fetches_what_a_killed_one_had_claimed(server: Server, make_folder: MakeFolder) -> None:
    articles = Gated(server, 6)
    folder = make_folder(articles.documents)
    await run("index", folder)
    one = await start("fetch", folder, "--json")
    await articles.until_asked(2)
    other = await start("fetch", folder, "--json")
    await articles.until_asked(4)
    one.kill()
    await one.wait()
    articles.gate.set()
    answer = json.loads((await asyncio.wait_for(other.communicate(), 60))[0])
    assert [each["status"] for each in answer] == ["fetched"] * 6


async def test_originals_are_fetched_once(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(site(server, 5))
    assert await run("fetch", folder) == Run(0, "", "newsreader: 5 pages fetched.\n")
    asked = len(server.requests)
    assert await run("fetch", folder) == Run(0, "", "newsreader: 0 pages fetched, 5 already there.\n")
    assert len(server.requests) == asked, "cached pages are not requested"
    assert (await run("fetch", folder, "--force")).err == "newsreader: 5 pages fetched.\n"


async def test_a_query_selects_what_to_fetch(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(site(server, 5))
    assert (await run("fetch", folder, "title:3")).err == "newsreader: 1 page fetched.\n"
    assert "/3" in server.targets
    nothing = "newsreader: No article in news matches.\n"
    assert await run("fetch", folder, "nothing at all") == Run(0, "", nothing)
    found = await run("fetch", folder, "nothing at all", "--json")
    assert (found.status, found.json, found.err) == (0, [], nothing)
    assert (await run("list", folder, "nothing at all")).err == nothing, "the same message everywhere"


async def test_failures_are_printed_and_set_the_exit_status(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(
        {**site(server, 1), "gone.md": document(server.url("/gone")), "none.md": document(title="Without")}
    )
    found = await run("fetch", folder)
    assert found.status == 1
    assert sorted(found.out.splitlines()) == [
        "gone.md: 404 Not Found at 127.0.0.1.",
        "none.md: The document has no URL.",
    ]
    assert found.err == "newsreader: 1 page fetched, 1 failed, 1 without a URL.\n"


async def test_as_json_each_article_has_its_record(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder({**site(server, 2), "gone.md": document(server.url("/gone"))})
    await run("fetch", folder, "title:0")
    found = await run("fetch", folder, "--json")
    assert found.status == 1
    records = {record["url"]: record for record in found.json}
    assert all(list(r) == ["id", "url", "status", "words", "error", "seconds"] for r in found.json)
    assert records[server.url("/0")]["status"] == "cached"
    assert records[server.url("/1")]["status"] == "fetched"
    assert records[server.url("/1")]["words"] == records[server.url("/0")]["words"] > 100
    assert records[server.url("/1")]["seconds"] > 0
    failed = records[server.url("/gone")]
    assert (failed["status"], failed["words"], failed["error"]) == ("failed", 0, "404 Not Found at 127.0.0.1.")
    listed = (await run("list", folder, "--json")).json
    assert {record["id"] for record in found.json} == {record["id"] for record in listed}
    assert {record["path"]: record["hasPage"] for record in listed} == {"0.md": True, "1.md": True, "gone.md": False}


@pytest.mark.parametrize("as_json", [True, False])
async def test_ctrl_c_keeps_fetched_pages_and_says_so(
    as_json: bool, server: Server, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    documents = site(server, 3)
    asked = asyncio.Event()

    async def silent(_: Request, __: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    folder = make_folder({**documents, "never.md": document(server.on("/never", silent), title="Zzz")})
    await run("fetch", folder, "title:Title")
    process = await start("fetch", folder, *(["--json"] if as_json else []))
    await asyncio.wait_for(asked.wait(), 60)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert err.decode().startswith("newsreader: Interrupted. ")
    assert "the next run continues from there" in err.decode()
    assert "Traceback" not in err.decode()
    if as_json:
        assert [record["status"] for record in json.loads(out)] == ["cached"] * 3
    opened = library(folder)
    assert len(opened.pages.ids_with_page()) == 3
    server.on("/never", reply(html("At last")))
    assert (await run("fetch", folder)).err == "newsreader: 1 page fetched, 3 already there.\n"


def _seen(server: Server, number: int) -> asyncio.Event:
    """Return a condition: more than ``number`` different URLs were requested and answered."""
    seen = asyncio.Event()

    async def noted(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(html(f"Title {request.target[1:]}")))
        await writer.drain()
        if len(set(server.targets)) > number:
            seen.set()

    for n in range(40):
        server.on(f"/{n}", noted)
    return seen


async def test_a_killed_command_leaves_complete_pages(
    server: Server, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    folder = make_folder(site(server, 40))
    for wanted in (5, 15, 25):
        process = await start("fetch", folder)
        seen = _seen(server, wanted)
        await asyncio.wait_for(seen.wait(), 60)
        process.kill()
        await process.wait()
        opened = library(folder)
        having = opened.pages.ids_with_page()
        for row in opened.articles.rows(opened.index.rowids_of(having)):
            page = opened.pages.page(row.id)
            assert page is not None
            assert page.extract.title == row.title
            assert body_of(opened.pages, row.id) == (html(row.title), "utf-8")
    stored = len(library(folder).pages.ids_with_page())
    assert stored > 0
    there = f", {stored} already there" if stored < 40 else ""
    assert (await run("fetch", folder)).err == f"newsreader: {format_count(40 - stored, 'page')} fetched{there}.\n"


async def test_pages_that_could_not_be_checked_are_reported(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(site(server, 3))
    await run("fetch", folder)
    for n in range(2):
        server.on(f"/{n}", reply(b"", "404 Not Found"))
    server.on("/2", reply(html("Title 2"), etag='"2"'))
    found = await run("fetch", folder, "--force")
    assert (found.status, found.err) == (1, "newsreader: 1 page fetched, 2 could not be checked again.\n")
    why = "It could not be checked again: 404 Not Found at 127.0.0.1."
    assert sorted(found.out.splitlines()) == [f"{n}.md: {why}" for n in range(2)]
    server.on("/2", reply(b"", "304 Not Modified"))
    found = await run("fetch", folder, "--force", "--json")
    assert (found.status, found.err) == (
        1, "newsreader: 0 pages fetched, 1 already there, 2 could not be checked again.\n"
    )  # fmt: skip
    assert [each["error"] for each in found.json if each["error"]] == [why, why]


async def test_a_full_cache_ends_the_run_with_a_message(server: Server, make_folder: MakeFolder) -> None:
    configure('allow_hosts = ["127.0.0.1"]', "cache_mb = 1")
    noise = random.Random(1)
    documents = {}
    vocabulary = [bytes(noise.choices(range(97, 123), k=9)).decode() for _ in range(15_000)]
    for n in range(20):
        words = noise.sample(vocabulary, len(vocabulary))  # each page is compressed by itself
        text = "".join(f"<p>{' '.join(words[at : at + 100])}</p>" for at in range(0, len(words), 100))
        documents[f"{n}.md"] = document(server.on(f"/{n}", reply(html(f"Title {n}", 1, text))), title=f"Title {n}")
    folder = make_folder(documents)
    for _ in range(2):
        asked = len(server.requests)
        found = await run("fetch", folder)
        assert found.status == 2
        assert "There is no room for more pages in 1 MB: " in found.err
        assert "cache_mb" in found.err
        assert "`newsreader cache clear`" in found.err
    stored = (await run("cache", "info", "--json")).json["pages"]
    assert 1 <= stored < 20
    assert len(server.requests) - asked <= 2 * 6, "pages of this run are not evicted and fetched again"


async def test_after_dropping_a_page_the_next_fetch_stores_any_page(make_folder: MakeFolder, server: Server) -> None:
    configure('allow_hosts = ["127.0.0.1"]')
    folder = make_folder(site(server, 2))
    assert (await run("fetch", folder)).status == 0
    assert (await run("mark", folder, "title 0", "--star")).status == 0
    server.on("/0", reply(html("Of something else", 3)))
    refused = await run("fetch", folder, "--force")
    assert refused.status == 1
    assert "the stored page has 168 words" in refused.out
    dropped = await run("cache", "drop", folder, "0.md")
    assert (dropped.status, dropped.out, dropped.err) == (0, "", "newsreader: Removed the cached page of 0.md.\n")
    again = await run("cache", "drop", folder, "0.md")
    assert (again.status, again.err) == (2, "newsreader: 0.md has no cached page.\n")
    assert (await run("cache", "info", "--json")).json["pages"] == 1
    assert (await run("fetch", folder)).status == 0
    assert "Of something else" in (await run("show", folder, "0.md", "--page")).out


async def test_two_concurrent_commands_leave_an_intact_cache(
    server: Server, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    folder = make_folder(site(server, 20))
    first, second = await asyncio.gather(run("fetch", folder), run("fetch", folder))
    assert (first.status, second.status) == (0, 0)
    assert len(library(folder).pages.ids_with_page()) == 20


@pytest.mark.parametrize("how", ["--offline", "enabled = false"])
async def test_disabled_fetching_is_explained_in_one_sentence(
    how: str, server: Server, make_folder: MakeFolder
) -> None:
    folder = make_folder(site(server, 1))
    if how != "--offline":
        configure(how)
    found = await run("fetch", folder, *([how] if how == "--offline" else []))
    assert (found.status, found.out) == (2, "")
    assert len(found.err.splitlines()) == 1
    assert "offline" in found.err or "enabled = false" in found.err
    assert server.connections == 0
    found = await run("--offline", "fetch", folder)
    assert found.status == 2
    assert server.connections == 0


async def test_an_invalid_setting_is_reported_and_the_others_are_in_force(
    server: Server, make_folder: MakeFolder
) -> None:
    folder = make_folder(site(server, 1))
    configure('allow_hosts = ["127.0.0.1"]', "user_agent = 0")
    found = await run("fetch", folder)
    assert found.status == 0
    assert found.err.count("config.toml:3: [fetch] user_agent must be") == 1
    configure('allow_hosts = ["127.0.0.1"]', "porxy = 'http://127.0.0.1:9'")
    connections = server.connections
    found = await run("fetch", folder, "--force")
    assert found.status == 2
    assert "config.toml:3: [fetch] has no setting “porxy”. Did you mean “proxy”?" in found.err
    assert "Fetching is off until config.toml is corrected" in found.err
    assert server.connections == connections
    configure("cache_mb = 0")
    found = await run("cache", "prune")
    assert found.status == 2
    assert "Nothing was removed, as cache_mb may be wrong. Correct config.toml, or use --limit." in found.err
    assert "config.toml:2: [fetch] cache_mb must be" in found.err
    assert (await run("cache", "prune", "--limit", "9")).status == 0


async def test_nothing_is_fetched_if_pages_cannot_be_saved(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(site(server, 1))
    Paths.from_environment().cache.parent.mkdir(parents=True, exist_ok=True)
    Paths.from_environment().cache.write_text("a file in the place of the folder")
    found = await run("fetch", folder)
    assert found.status == 2
    assert "Nothing was fetched because pages cannot be saved." in found.err
    assert server.connections == 0


async def test_a_single_document_can_be_fetched(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(site(server, 2))
    assert (await run("fetch", folder / "1.md")).err == "newsreader: 1 page fetched.\n"
    assert "Title 1" in (await run("show", folder / "1.md", "1.md", "--page")).out


async def test_a_cached_page_is_shown(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(site(server, 1))
    found = await run("show", folder, "0.md", "--page")
    assert found.status == 2
    assert "0.md has no cached page." in found.err
    await run("fetch", folder)
    server.handlers.clear()
    found = await run("show", folder, "0.md", "--page")
    assert found.status == 0
    assert found.out.startswith("Title 0\n\n")
    assert f"From: {server.url('/0')}\n" in found.out
    assert re.search(r"^Fetched: \d{4}-\d\d-\d\d \d\d:\d\d", found.out, re.MULTILINE)
    assert "Sentence 3 of Title 0 tells" in found.out
    record = (await run("show", folder, "0.md", "--page", "--json")).json
    assert (record["title"], record["way"], record["url"]) == ("Title 0", "original", server.url("/0"))
    assert "Sentence 3 of Title 0 tells" in record["markdown"]


async def test_without_an_address_no_useless_hint_is_given(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "---\ntitle: A\n---\nIts own words.\n"})
    for fetches in (False, True):
        if fetches:
            await run("fetch", folder)
        found = await run("show", folder, "a.md", "--page")
        assert found.status == 2
        assert "a.md has no cached page. The document has no URL." in found.err
        assert "newsreader fetch" not in found.err


async def test_the_reason_for_a_missing_page_is_stored(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder({"gone.md": document(server.url("/gone"))})
    await run("fetch", folder)
    assert "404 Not Found at 127.0.0.1." in (await run("show", folder, "gone.md", "--page")).err


async def test_the_cache_is_described_and_cleared(
    server: Server, make_folder: MakeFolder, library: OpenLibrary
) -> None:
    empty = await run("cache", "info")
    assert empty.status == 0
    assert empty.out.splitlines()[0] == "0 pages, 0 images"
    folder = make_folder(site(server, 4))
    await run("fetch", folder)
    opened = library(folder)
    ids = ids_of(opened)
    opened.marks.apply(ids[:1], MarkChange(starred=True))
    found = await run("cache", "info")
    assert found.out.splitlines()[0] == "4 pages (1 of starred articles), 0 images"
    assert f"of at most 500.0 MB, in {Paths.from_environment().pages_file}" in found.out
    record = (await run("cache", "info", "--json")).json
    assert (record["pages"], record["starredPages"], record["limitBytes"]) == (4, 1, 500_000_000)
    assert record["oldest"] <= record["newest"]
    found = await run("cache", "prune")
    assert "Removed 0 pages and 0 images" in found.err
    found = await run("cache", "prune", "--limit", "0")
    assert "Removed 3 pages and 0 images" in found.err
    assert "pages of starred articles are not removed" in found.err
    found = await run("cache", "clear")
    assert "Removed 0 pages" in found.err
    assert "Kept 1 page of starred articles" in found.err
    found = await run("cache", "clear", "--starred")
    assert "Removed 1 page and" in found.err
    assert opened.pages.ids_with_page() == set()


async def test_a_damaged_cache_only_causes_a_notice(server: Server, make_folder: MakeFolder) -> None:
    folder = make_folder(site(server, 2))
    pages = Paths.from_environment().pages_file
    pages.parent.mkdir(parents=True, exist_ok=True)
    pages.write_bytes(b"\xa5" * 20_000)
    found = await run("fetch", folder)
    assert found.status == 0
    assert "was damaged, and is set aside" in found.err
    assert "2 pages fetched" in found.err
    assert [record["hasPage"] for record in (await run("list", folder, "--json")).json] == [True, True]


async def test_hostile_text_in_a_page_is_harmless(server: Server, make_folder: MakeFolder) -> None:
    body = html("T\x1b]0;x\x07itle", 12, "<p>a&#27;]52;c;eA==&#7;b \u202e\u2066 \x9b31m</p>")
    folder = make_folder({"a.md": document(server.on("/a", reply(body)))})
    await run("fetch", folder)
    for options in ([], ["--json"]):
        out = (await run("show", folder, "a.md", "--page", *options)).out
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)


async def test_unreadable_marks_protect_every_page(
    server: Server, make_folder: MakeFolder, own_directories: Paths
) -> None:
    folder = make_folder(site(server, 2))
    await run("fetch", folder)
    state = own_directories.state_file
    with sqlite3.connect(state) as db:
        db.execute("PRAGMA user_version=999")
    db.close()
    found = await run("cache", "clear")
    assert found.status == 2
    with closing(sqlite3.connect(own_directories.pages_file)) as db:
        assert db.execute("SELECT count(*) FROM pages").fetchone() == (2,)


async def test_a_terminal_shows_a_progress_bar_and_ctrl_c_stops(server: Server, make_folder: MakeFolder) -> None:
    documents = site(server, 12)
    asked = asyncio.Event()

    async def silent(_: Request, __: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    folder = make_folder({**documents, "never.md": document(server.on("/never", silent), title="Zzz")})

    def drive() -> tuple[str, int]:
        with Terminal("fetch", folder) as terminal:
            terminal.wait("12 fetched, 1 left")
            shown = terminal.text
            terminal.press("ctrl+c")
            return shown, terminal.end()

    shown, status = await asyncio.to_thread(drive)
    assert asked.is_set()
    assert "Fetching" in shown
    assert "━" in shown
    assert status == 130


async def test_failures_go_to_stdout_even_with_a_progress_bar(
    server: Server, make_folder: MakeFolder, tmp_path: Path
) -> None:
    folder = make_folder({**site(server, 3), "gone.md": document(server.url("/gone"))})
    into_file = "import subprocess, sys; out = open(sys.argv[1], 'w'); args = sys.argv[2:]; "
    into_file += "sys.exit(subprocess.run([sys.executable, '-m', 'reader', *args], stdout=out).returncode)"

    def drive() -> tuple[str, int]:
        with Terminal(tmp_path / "out", "fetch", folder, program=("-c", into_file)) as terminal:
            status = terminal.end()
            return terminal.text, status

    shown, status = await asyncio.to_thread(drive)
    assert status == 1
    assert "Fetching" in shown
    assert "3 pages fetched, 1 failed." in shown
    assert "gone.md" not in shown
    assert (tmp_path / "out").read_text() == "gone.md: 404 Not Found at 127.0.0.1.\n"


async def test_without_a_terminal_progress_is_printed_as_lines(
    server: Server, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader.cli.session.SECONDS_BETWEEN_LINES", 0.0)
    found = await run("fetch", make_folder(site(server, 12)))
    *between, last = found.err.splitlines()
    assert last == "newsreader: 12 pages fetched."
    assert between
    assert all(re.fullmatch(r"newsreader: \d+ fetched(, \d+ left)?(, [\d.]+/s)?\.", line) for line in between)
