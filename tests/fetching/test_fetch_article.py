"""Fetching one article: which URLs are tried, what is stored, and what is reported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.errors import ReaderError
from reader.core.events import Failure, FetchAttempted
from reader.core.model import Links
from reader.fetching.fetch_article import NO_URL, ArticleFetcher, describe_failures
from reader.fetching.fetch_target import FetchTarget, TargetUrl, fetch_target, find_target
from reader.storage.sqlite.database import StorageError
from reader.storage.sqlite.pages.recovery import open_or_recover
from reader.storage.sqlite.pages.store import PageStore
from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.robots import Robots
from reader.workers.sandbox import SandboxLimits, SandboxPool
from tests.conftest import MakeFolder, OpenLibrary
from tests.fetching.linked_pages import RULES, STUB, Captures, body_of, document, fetching, html
from tests.shared_sandboxes import SharedPool
from tests.storage.page_helpers import fill
from tests.web.server import Request, Server, redirect, reply, serving

ID = "0123456789abcdef"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[PageStore]:
    one = PageStore.open(tmp_path / "pages.db", frozenset)
    yield one
    one.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


@pytest.fixture
def captures() -> Captures:
    return Captures()


@pytest_asyncio.fixture
async def job(pages: PageStore, extractor: SharedPool, captures: Captures) -> AsyncIterator[ArticleFetcher]:
    async with fetching(pages, extractor, captures) as one:
        yield one


def stored_page(pages: PageStore) -> Page:
    page = pages.page(ID)
    assert page is not None
    return page


def age(pages: PageStore, hours: float) -> None:
    """Make the stored page older."""
    page, body = stored_page(pages), body_of(pages, ID)
    assert body is not None
    by = timedelta(hours=hours)
    pages.put(replace(page, fetched_at=page.fetched_at - by, checked_at=page.checked_at - by), *body)


# Which URL is tried.


async def test_the_first_article_wins(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    links = Links(
        server.url("/gone"),
        server.on("/empty", reply(b"<html><body></body></html>")),
        server.on("/amp", reply(html("By AMP"), etag='"1"')),
        server.on("/cdn", reply(html("By the cache"))),
    )
    attempts: list[FetchAttempted] = []
    outcome = await job.fetch(fetch_target(ID, [links]), on_attempt=attempts.append)
    got = outcome.result
    assert (got.status, got.url, got.error) == ("fetched", links.amp, "")
    assert [failure.way for failure in got.failures] == ["original", "web"]
    assert describe_failures(got.failures).startswith(
        "404 Not Found at 127.0.0.1; the page at the web URL has no article in it"
    )
    assert [each.way for each in attempts] == ["original", "web", "amp"]
    assert server.targets == ["/gone", "/empty", "/amp"]
    page = stored_page(pages)
    assert (page.way, page.url, page.etag, page.extract.title) == ("amp", links.amp, '"1"', "By AMP")
    assert got.words == page.extract.words > 100
    assert body_of(pages, ID) == (html("By AMP"), "utf-8")
    assert page.size == len(html("By AMP"))


async def test_a_page_has_the_url_after_redirects(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    there = server.on("/there", reply(html()))
    got = (await job.fetch(fetch_target(ID, [Links(server.on("/here", redirect("/there")))]))).result
    assert got.url == there
    assert (stored_page(pages).url, stored_page(pages).final_url) == (server.url("/here"), there)


async def test_a_page_without_its_end_is_stored_and_says_so(
    server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    body = html("A title") + b"</html>"
    head = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Type: text/html\r\nContent-Length: 999999\r\n\r\n'
    url = server.on("/", head + body, then_close=True)
    assert (await job.fetch(fetch_target(ID, [Links(url)]))).result.status == "fetched"
    page = stored_page(pages)
    assert page.extract.markdown.endswith(
        "The server did not send the whole page; something may be missing at the end.\n"
    )
    assert page.etag == ""


async def test_markdown_is_read_as_such(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    url = server.on("/a.md", reply(b"# A title\n\nSome *text* here.\n\n- one\n- two", kind="text/markdown"))
    assert (await job.fetch(fetch_target(ID, [Links(url)]))).result.status == "fetched"
    extract = stored_page(pages).extract
    assert (extract.title, extract.markdown) == ("A title", "Some *text* here.\n\n- one\n- two\n")


async def test_a_page_in_an_unnamed_encoding_is_stored_readable(
    server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    text = "Мэрия Москвы в среду объявила, что новая линия метро откроется в следующем месяце."
    url = server.on("/", reply(f"<title>Метро</title><article><p>{text}</article>".encode("cp1251"), kind="text/html"))
    assert (await job.fetch(fetch_target(ID, [Links(url)]))).result.status == "fetched"
    assert text in stored_page(pages).extract.markdown


async def test_equivalent_addresses_are_requested_once(server: Server, job: ArticleFetcher) -> None:
    url = server.url("/gone")
    got = (await job.fetch(fetch_target(ID, [Links(url, f"{url}?utm_source=x", f"{url}#top"), Links(url)]))).result
    assert server.targets == ["/gone"]
    assert got.status == "failed"
    assert got.error == "404 Not Found at 127.0.0.1."


async def test_every_failure_is_described(server: Server, pages: PageStore, extractor: SharedPool) -> None:
    async def never_respond(*_: object) -> None:
        await asyncio.Event().wait()

    links = Links(server.url("/gone"), "", server.on("/slow", never_respond))
    rules = ClientOptions(allow_hosts=frozenset({"127.0.0.1"}), seconds=0.5)
    async with fetching(pages, extractor, rules=rules) as job:
        got = (await job.fetch(fetch_target(ID, [links]))).result
    assert got.error == "404 Not Found at 127.0.0.1; timed out after 0.5 s at the AMP copy."
    failed = pages.failure(ID)
    assert failed is not None
    assert (failed.error, failed.failures) == (got.error, tuple(map(tuple, got.failures)))


async def test_an_article_without_an_address_fails_and_is_not_marked(job: ArticleFetcher, pages: PageStore) -> None:
    got = (await job.fetch(fetch_target(ID, [Links()]))).result
    assert (got.status, got.error, got.url) == ("failed", NO_URL, "")
    assert pages.failure(ID) is None


async def test_an_address_with_a_password_is_refused_and_not_quoted(
    server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    server.on("/a", reply(html()))
    links = Links(server.url("/a").replace("://", "://me:secret@"), server.url("/a"))
    got = (await job.fetch(fetch_target(ID, [links]))).result
    assert got.status == "fetched"
    assert [failure.way for failure in got.failures] == ["original"]
    assert "secret" not in repr(got)
    assert "secret" not in repr(pages.page(ID))


async def test_after_a_stub_the_next_address_is_tried(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    links = Links(server.on("/stub", reply(STUB)), "", server.on("/amp", reply(html())))
    got = (await job.fetch(fetch_target(ID, [links]))).result
    assert (got.status, stored_page(pages).way) == ("fetched", "amp")
    assert "requires a subscription" in got.failures[0].why


async def test_a_page_that_crashes_the_extractor_is_one_failure(server: Server, pages: PageStore) -> None:
    from tests.workers.test_sandbox import MB

    links = Links(server.on("/a", reply(html())))
    fallen = SandboxPool(limits=SandboxLimits(60, 256 * MB), tasks="tests.fetching.crashing_pages")
    async with fetching(pages, fallen) as job:
        got = (await job.fetch(fetch_target(ID, [links]))).result
    fallen.close()
    assert got.error == "the page at 127.0.0.1 crashed the process that reads pages."


# Which page is stored.


async def test_a_fresh_page_is_not_requested_again(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    what = fetch_target(ID, [Links(server.on("/a", reply(html())))])
    first = (await job.fetch(what)).result
    again = (await job.fetch(what)).result
    assert (first.status, again.status) == ("fetched", "cached")
    assert (again.words, again.url, again.failures, again.error) == (first.words, first.url, (), "")
    assert server.targets == ["/a"]


@pytest.mark.parametrize("how", ["after an hour", "forced", "a clock that was wrong"])
async def test_a_stored_page_is_checked_with_its_validators(
    how: str, server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    modified = "Sat, 21 Nov 2026 12:00:00 GMT"
    what = fetch_target(ID, [Links(server.on("/a", reply(html(), etag='"1"', last_modified=modified)))])
    await job.fetch(what)
    if how == "after an hour":
        age(pages, 1.1)
    elif how == "a clock that was wrong":
        age(pages, -5)
    before = stored_page(pages)
    server.on("/a", reply(b"", "304 Not Modified", etag='"1"'))
    begun = datetime.now(UTC)
    got = (await job.fetch(what, force=how == "forced")).result
    assert (got.status, got.error) == ("cached", "")
    headers = server.requests[-1].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"1"', modified)
    after = stored_page(pages)
    assert after.checked_at >= begun
    assert after == replace(before, checked_at=after.checked_at)


async def test_a_changed_page_replaces_the_stored_one(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    what = fetch_target(ID, [Links(server.on("/a", reply(html("Old"), etag='"1"')))])
    await job.fetch(what)
    server.on("/a", reply(html("New"), etag='"2"'))
    got = (await job.fetch(what, force=True)).result
    assert got.status == "fetched"
    assert (stored_page(pages).extract.title, stored_page(pages).etag) == ("New", '"2"')


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(b"no", "500 Internal Server Error"), "500 Internal Server Error at 127.0.0.1"),
        (reply(b"gone", "404 Not Found"), "404 Not Found at 127.0.0.1"),
        (reply(STUB), "requires a subscription"),
        (reply(b"<html><body>Nothing</body></html>"), "has no article in it"),
        (reply(html("A title", 2)), "now has only"),
        (reply(b"%PDF-1.7", kind="application/pdf"), "PDF"),
        (b"\x00\xff", "127.0.0.1’s response violates HTTP"),
    ],
)
async def test_failures_and_stubs_do_not_replace_a_page(
    answer: bytes, words: str, server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    what = fetch_target(ID, [Links(server.on("/a", reply(html("A title", 30))))])
    await job.fetch(what)
    age(pages, 48)
    before, body = stored_page(pages), body_of(pages, ID)
    server.on("/a", answer, then_close=True)
    got = (await job.fetch(what)).result
    assert got.status == "cached"
    assert got.words == before.extract.words
    assert got.error.startswith("It could not be checked again: ")
    assert words in got.error
    assert (stored_page(pages), body_of(pages, ID)) == (before, body)
    assert pages.failure(ID) is None


async def test_an_original_replaces_a_copy_and_not_vice_versa(
    server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    amp = server.on("/amp", reply(html("By AMP")))
    what = fetch_target(ID, [Links(server.url("/a"), "", amp)])
    await job.fetch(what)
    assert stored_page(pages).way == "amp"
    server.on("/a", reply(html("Original")))
    await job.fetch(what, force=True)
    assert stored_page(pages).way == "original"
    server.on("/a", reply(b"", "503 Service Unavailable"))
    asked = len(server.requests)
    got = (await job.fetch(what, force=True)).result
    assert (got.status, stored_page(pages).extract.title) == ("cached", "Original")
    assert [each.target for each in server.requests[asked:]] == ["/a"]


async def test_validators_are_sent_only_to_their_address(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    there = server.on("/there", reply(html(), etag='"1"'))
    what = fetch_target(ID, [Links(server.on("/here", redirect("/there")))])
    await job.fetch(what)
    server.on("/there", reply(b"", "304 Not Modified"))
    got = (await job.fetch(what, force=True)).result
    assert (got.status, got.url, got.error) == ("cached", there, "")
    server.on("/other", reply(b"", "304 Not Modified"))
    server.on("/here", redirect("/other"))
    age(pages, 48)
    before = stored_page(pages).checked_at
    got = (await job.fetch(what)).result
    assert "to an unconditional request" in got.error
    assert stored_page(pages).checked_at == before
    sent = [(each.target, each.headers.get("if-none-match")) for each in server.requests]
    assert sent[2:] == [("/here", None), ("/there", '"1"'), ("/here", None), ("/other", None)]


async def test_the_front_page_and_other_texts_do_not_replace_a_page(
    server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    what = fetch_target(ID, [Links(server.on("/2026/a", reply(html("A title", 30))))])
    await job.fetch(what)
    before = stored_page(pages)
    text = "".join(f"<p>Headline {n}: in town number {n} the mayor has spoken of other things.</p>" for n in range(90))
    server.on("/", reply(html("The Daily", 1, text)))
    for answer, why in (
        (redirect("/"), "now leads to the front page"),
        (reply(html("Y", 0, text[:3000])), "a different text"),
    ):
        server.on("/2026/a", answer)
        outcome = await job.fetch(what, force=True)
        assert outcome.result.status == "cached"
        assert why in outcome.result.error
        assert outcome.result.hint == "The stored page stays; the browser shows the current one."
        assert stored_page(pages) == before


async def test_a_copy_never_replaces_an_original(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    amp = server.on("/amp", reply(html("By AMP", 40)))
    server.on("/caf%c3%a9", reply(html("Original", 40)))
    await job.fetch(fetch_target(ID, [Links(server.url("/caf%c3%a9"), "", amp)]))
    server.on("/caf%C3%A9", reply(b"", "503 Service Unavailable"))
    got = (await job.fetch(fetch_target(ID, [Links(server.url("/caf%C3%A9"), "", amp)]), force=True)).result
    assert (got.status, stored_page(pages).extract.title) == ("cached", "Original")
    got = (await job.fetch(fetch_target(ID, [Links(amp=amp)]), force=True)).result
    assert (got.status, stored_page(pages).extract.title) == ("cached", "Original"), "the document has lost its URL"
    assert "/amp" not in server.targets


async def test_an_original_stored_in_the_meantime_stays(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    async def meanwhile(_: Request, writer: asyncio.StreamWriter) -> None:
        # As another program that shares the file would store it.
        now = datetime.now(UTC)
        extract = Extract(parse_markdown("An original."), 2)
        pages.put(Page(ID, "original", server.url("/a"), server.url("/a"), extract, now, now), b"")
        writer.write(reply(html("By AMP", 40)))
        await writer.drain()

    got = (await job.fetch(fetch_target(ID, [Links(server.url("/a"), "", server.on("/amp", meanwhile))]))).result
    assert (got.status, got.words, got.error) == ("cached", 2, "")
    assert stored_page(pages).extract.markdown == "An original.\n"


async def test_a_copy_stored_in_the_meantime_is_replaced(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    async def meanwhile(_: Request, writer: asyncio.StreamWriter) -> None:
        now = datetime.now(UTC)
        pages.put(
            Page(ID, "amp", "https://a.example", "https://a.example", Extract(parse_markdown("A copy."), 2), now, now),
            b"",
        )
        writer.write(reply(html("Original", 40)))
        await writer.drain()

    got = (await job.fetch(fetch_target(ID, [Links(server.on("/a", meanwhile))]))).result
    assert (got.status, stored_page(pages).way) == ("fetched", "original")


async def test_no_page_is_requested_twice_at_a_time(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    async def gated(_: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await gate.wait()
        writer.write(reply(html()))
        await writer.drain()

    what = fetch_target(ID, [Links(server.on("/a", gated))])
    persons = [asyncio.create_task(job.fetch(what, force=True)) for _ in range(2)]
    await asyncio.wait_for(asked.wait(), 60)
    gate.set()
    assert sorted([(await each).result.status for each in persons]) == ["cached", "fetched"]
    assert server.targets == ["/a"]


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_background_fetch_is_preempted_by_the_user(
    is_there: bool, server: Server, job: ArticleFetcher, pages: PageStore
) -> None:
    asked = asyncio.Event()
    connections: list[asyncio.StreamWriter] = []

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        asked.set()
        if len(connections) == 1:
            await asyncio.Event().wait()
        writer.write(reply(html()) if is_there else reply(b"", "404 Not Found"))
        await writer.drain()

    what = fetch_target(ID, [Links(server.on("/a", answer))])
    async with WebClient(RULES) as fetcher, asyncio.timeout(60):
        background = asyncio.create_task(job.fetch(what, url_check=Robots(fetcher).refusal))
        await asked.wait()
        person = (await job.fetch(what)).result
        other = (await background).result
    assert (person.status, other.status) == (("fetched", "cached") if is_there else ("failed", "failed"))
    assert other.error == person.error
    assert server.targets.count("/a") == 2, "the background fetch gets the result of the foreground fetch"


async def test_a_304_without_a_stored_page_is_a_failure(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    got = (await job.fetch(fetch_target(ID, [Links(server.on("/a", reply(b"", "304 Not Modified")))]))).result
    assert got.status == "failed"
    assert pages.page(ID) is None


async def test_a_full_disk_raises_and_loses_nothing(server: Server, extractor: SharedPool, tmp_path: Path) -> None:
    database, _ = open_or_recover(tmp_path / "pages.db")
    pages = PageStore(database, frozenset)
    async with fetching(pages, extractor) as job:
        what = fetch_target(ID, [Links(server.on("/a", reply(html("Old"))))])
        await job.fetch(what)
        await job.context.run(lambda: fill(database))
        import random

        noise = "".join(chr(random.Random(1).randrange(0x4E00, 0x9000)) for _ in range(3))
        noise = "".join(f"<p>{n} {chr(0x4E00 + n * 7 % 20000)} {noise}</p>" for n in range(20_000))
        server.on("/a", reply(html("New", 12, noise)))
        with pytest.raises(StorageError) as caught:
            await job.fetch(what, force=True)
        assert caught.value.unwritable
    assert stored_page(pages).extract.title == "Old"
    pages.close()


async def test_canceling_leaves_the_stored_page(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    reached = asyncio.Event()

    async def never_respond(*_: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(job.fetch(fetch_target(ID, [Links(server.on("/a", never_respond))])))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pages.page(ID) is None
    assert pages.failure(ID) is None


# The archive.


async def test_the_archive_is_tried_only_on_request(
    server: Server, job: ArticleFetcher, captures: Captures, pages: PageStore
) -> None:
    url = server.url("/gone")
    captures.has = {url: server.on("/2026/gone", reply(html("As it was")))}
    got = (await job.fetch(fetch_target(ID, [Links(url)]))).result
    assert (got.status, captures.asked) == ("failed", [])
    got = (await job.fetch(fetch_target(ID, [Links(url)]), archive=True)).result
    assert (got.status, captures.asked) == ("fetched", [url])
    assert (stored_page(pages).way, stored_page(pages).extract.title) == ("archive", "As it was")
    assert pages.failure(ID) is None


async def test_the_archive_is_always_tried_if_so_configured(
    server: Server, pages: PageStore, extractor: SharedPool
) -> None:
    captures = Captures()
    async with fetching(pages, extractor, captures, archive=True) as job:
        got = (await job.fetch(fetch_target(ID, [Links(server.on("/a", reply(html())))]))).result
        assert (got.status, captures.asked) == ("fetched", [])
        got = (await job.fetch(fetch_target("f" * 16, [Links(server.url("/gone"), server.url("/web"))]))).result
    assert captures.asked == [server.url("/gone"), server.url("/web")]
    assert got.error.endswith("the archive has no capture.")


# Which article is fetched.


def test_an_example_of_described_failures() -> None:
    failures = [Failure("original", "jurist.org", "404"), Failure("amp", "amp.jurist.org", "timed out after 20 s")]
    assert describe_failures(failures) == "404 at jurist.org; timed out after 20 s at the AMP copy"


_URLS = st.sampled_from(
    ["", "https://a.example/1", "https://a.example/1?utm_source=x", "https://b.example/2", "ftp://c"]
)


@given(st.lists(st.builds(Links, _URLS, _URLS, _URLS, _URLS), max_size=4))
def test_addresses_are_ordered_and_unique(links: list[Links]) -> None:
    found = fetch_target(ID, links)
    ways = [address.way for address in found.urls]
    assert ways == sorted(ways, key=["original", "web", "amp", "cdn_amp"].index)
    urls = [address.url for address in found.urls]
    assert len(urls) == len(set(urls))
    named = {url.partition("?")[0] for each in links for url in each.all_urls() if url.startswith("https")}
    assert set(urls) == named
    assert {failure.way for failure in found.unusable} <= {"original", "web", "amp", "cdn_amp"}


def test_documents_of_one_article_share_its_addresses(make_folder: MakeFolder, library: OpenLibrary) -> None:
    original = "https://a.example/1"
    opened = library(
        make_folder(
            {
                "a.md": document(original),
                "b.md": document(f"{original}?utm_source=x", amp="https://amp.a.example/1"),
                "c.md": document("https://a.example/2"),
            }
        )
    )
    row = opened.articles.rows([opened.articles.find("a.md")])[0]
    assert find_target(opened, row.id) == FetchTarget(
        row.id, (TargetUrl("original", original), TargetUrl("amp", "https://amp.a.example/1")), ()
    )
    given = Links(web="https://a.example/web", amp="https://amp.a.example/1")
    assert [*find_target(opened, row.id, given).urls] == [
        ("original", original),
        ("web", "https://a.example/web"),
        ("amp", "https://amp.a.example/1"),
    ]
    with pytest.raises(ReaderError, match="no longer has a document"):
        find_target(opened, "0" * 16)
    assert find_target(opened, "0" * 16, given) == fetch_target("0" * 16, [given])


# Background fetches.


async def test_background_fetches_respect_robots_txt(server: Server, job: ArticleFetcher, pages: PageStore) -> None:
    server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /private/\n", kind="text/plain"))
    url = server.on("/private/a", reply(html()))
    async with WebClient(RULES) as fetcher:
        robots = Robots(fetcher)
        got = (await job.fetch(fetch_target(ID, [Links(url)]), url_check=robots.refusal)).result
        assert "robots.txt does not allow" in got.error
        refused = (await job.fetch(fetch_target(ID, [Links("http://10.0.0.1/")]), url_check=robots.refusal)).result
        assert refused.error == "10.0.0.1 is an address of a private network and is not fetched."
        assert 'allow_hosts = ["10.0.0.1"]' in refused.hint
        assert "/private/a" not in server.targets
        got = (await job.fetch(fetch_target(ID, [Links(url)]))).result
    assert got.status == "fetched", "a user who opens one article is not a robot"


async def test_a_busy_host_is_reported(server: Server, job: ArticleFetcher) -> None:
    server.on("/a", reply(b"", "429 Too Many Requests", retry_after="120"))
    outcome = await job.fetch(fetch_target(ID, [Links(server.url("/a"))]))
    assert outcome.result.status == "failed"
    assert outcome.host == "127.0.0.1"
    assert outcome.retry_after is not None
    assert 100 < outcome.retry_after <= 120
