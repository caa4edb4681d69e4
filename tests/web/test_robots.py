from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from reader.web import robots as module
from reader.web.client import Fetcher
from reader.web.options import ClientOptions
from reader.web.robots import LIMIT, LONGEST_DELAY, Robots
from reader.web.transport.ip_policy import Address
from tests.web.server import Server, onward, reply, serving

RULES = b"""
User-agent: *
Disallow: /private/
Allow: /private/open
Disallow: /*.pdf$
Crawl-delay: 3

User-agent: other
Disallow: /
"""


@pytest.fixture
def robots(fetcher: Fetcher) -> Robots:
    return Robots(fetcher)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private/a", False),
        ("/private/open/a", True),
        ("/a.pdf", False),
        ("/a.pdf?x", True),
        ("/private/a?utm_source=x#y", False),
    ],
)
async def test_the_rules_of_a_site(server: Server, robots: Robots, path: str, allowed: bool) -> None:
    server.on("/robots.txt", reply(RULES, kind="text/plain"))
    assert await robots.allows(server.url(path)) is allowed
    assert await robots.delay(server.url(path)) == 3.0


async def test_a_site_that_speaks_to_us(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", reply(b"User-agent: Newsreader\nDisallow: /\nUser-agent: *\nAllow: /"))
    assert not await robots.allows(server.url("/a"))


async def test_it_is_asked_once_however_many_pages_wait_for_it(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", reply(RULES))
    await asyncio.gather(*(robots.allows(server.url(f"/{number}")) for number in range(50)))
    assert server.targets == ["/robots.txt"]


@pytest.mark.parametrize("status", ["401 x", "403 x", "404 x", "410 x"])
async def test_no_robots_txt_allows_everything(server: Server, robots: Robots, status: str) -> None:
    server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /", status))
    assert await robots.allows(server.url("/a"))


@pytest.mark.parametrize(
    "content",
    [
        reply(b"", "500 x"),
        reply(b"", "503 x", retry_after="99"),
        reply(b"", "429 x", retry_after="99"),
        b"rubbish",
        b"",
    ],
    ids=["500", "503", "429", "rubbish", "nothing"],
)
async def test_a_site_that_cannot_say_allows_nothing_for_now(server: Server, robots: Robots, content: bytes) -> None:
    server.on("/robots.txt", content, then_close=True)
    assert not await robots.allows(server.url("/a"))
    assert await robots.delay(server.url("/a")) == 0.0


async def test_a_site_that_is_not_there_allows_nothing_for_now(robots: Robots) -> None:
    async with serving() as gone:
        url = gone.url("/a")
    assert not await robots.allows(url)


async def test_redirects_are_followed_and_too_many_are_no_file(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", onward("/other.txt"))
    server.on("/other.txt", reply(RULES))
    assert not await robots.allows(server.url("/private/a"))
    async with serving("127.0.0.1") as round_and_round:
        round_and_round.on("/robots.txt", onward("/a.txt"))
        round_and_round.on("/a.txt", onward("/robots.txt"))
        assert await robots.allows(round_and_round.url("/private/a"))


async def test_a_file_that_is_too_long_is_read_as_far_as_it_goes(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", reply(RULES + b"# more\n" * LIMIT, kind="text/plain"))
    assert not await robots.allows(server.url("/private/a"))


@pytest.mark.parametrize("delay", ["1e9", "999999", "-1", "soon", "nan", "inf"])
async def test_a_delay_is_bounded(server: Server, robots: Robots, delay: str) -> None:
    server.on("/robots.txt", reply(f"User-agent: *\nCrawl-delay: {delay}".encode()))
    assert 0 <= await robots.delay(server.url("/a")) <= LONGEST_DELAY


@pytest.mark.parametrize(
    "body", [b"\x00\xff" * 500, b"Disallow: " + b"*" * 5_000 + b"$", b"User-agent: *\nDisallow: /" + b"*a" * 2_000]
)
async def test_a_hostile_robots_txt(server: Server, body: bytes) -> None:
    rules = ClientOptions(allow_hosts=frozenset({"127.0.0.1"}))
    server.on("/robots.txt", reply(body))
    async with Fetcher(rules) as fetcher, asyncio.timeout(5):
        assert isinstance(await Robots(fetcher).allows(server.url("/" + "a" * 2_000)), bool)


async def test_each_host_and_scheme_has_its_own(robots: Robots) -> None:
    async with serving() as one, serving() as other:
        one.on("/robots.txt", reply(b"User-agent: *\nDisallow: /"))
        assert [await robots.allows(each.url("/a")) for each in (one, other)] == [False, True]


@pytest.mark.parametrize("url", ["javascript:x", "", "http://joe:geheim@127.0.0.1/"])
async def test_what_is_no_address_is_not_allowed(robots: Robots, url: str) -> None:
    assert not await robots.allows(url)


async def test_why_a_page_is_not_fetched_is_told_as_it_is(server: Server, robots: Robots) -> None:
    async def why(url: str) -> str:
        objection = await robots.objection(url)
        return objection.why if objection is not None else ""

    server.on("/robots.txt", reply(RULES, kind="text/plain"))
    assert await why(server.url("/a")) == ""
    assert await why(server.url("/private/a")) == "its robots.txt asks programs to stay away"
    refused = await robots.objection("http://10.0.0.1/")
    assert refused is not None
    assert refused.why == "not fetched, because it is an address of a private network"
    assert 'allow_hosts = ["10.0.0.1"]' in refused.hint
    assert await why("http://127.0.0.1:9/") == "its robots.txt cannot be had: it takes no connections"


async def test_a_robots_txt_that_leads_into_a_private_network_is_one_that_cannot_be_had(
    server: Server, robots: Robots
) -> None:
    server.on("/robots.txt", onward("http://10.0.0.1/"))
    objection = await robots.objection(server.url("/a"))
    assert objection is not None
    assert objection.why.startswith("its robots.txt cannot be had: not fetched, because it is")
    assert objection.hint == ""


async def test_it_remembers_so_many_sites_and_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SITES", 3)

    async def to_loopback(host: str, port: int) -> list[Address]:
        return [ip_address("127.0.0.1")]

    hosts = [f"{n}.example" for n in range(6)]
    server.on("/robots.txt", reply(RULES, kind="text/plain"))
    async with Fetcher(ClientOptions(allow_hosts=frozenset(hosts)), resolve=to_loopback) as fetcher:
        robots = Robots(fetcher)
        for host in hosts:
            assert await robots.allows(server.url("/a", host))
        assert len(robots._known) == 3
        assert not robots._locks and not robots._waiting
        await robots.allows(server.url("/a", hosts[-1]))
        assert len(server.requests) == 6, "the latest is remembered,"
        await robots.allows(server.url("/a", hosts[0]))
        assert len(server.requests) == 7, "and the first is not"
        monkeypatch.setattr(module, "MOST_CHARACTERS", 2 * len(RULES))
        await robots.allows(server.url("/a", hosts[1]))
        assert len(robots._known) == 2
        assert robots._size == 2 * len(RULES)
