from __future__ import annotations

import asyncio
import gc
from ipaddress import ip_address

import pytest

from reader.web.client import WebClient
from reader.web.options import ClientOptions
from reader.web.robots import MAX_BYTES, MAX_DELAY, Robots
from reader.web.transport.ip_policy import IPAddress
from tests.web.server import Server, redirect, reply, serving

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
def robots(fetcher: WebClient) -> Robots:
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
    assert (await robots.refusal(server.url(path)) is None) is allowed
    assert await robots.delay(server.url(path)) == 3.0


async def test_rules_for_this_program(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", reply(b"User-agent: Newsreader\nDisallow: /\nUser-agent: *\nAllow: /"))
    assert await robots.refusal(server.url("/a")) is not None


async def test_robots_txt_is_fetched_once(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", reply(RULES))
    await asyncio.gather(*(robots.refusal(server.url(f"/{number}")) for number in range(50)))
    assert server.targets == ["/robots.txt"]


@pytest.mark.parametrize("status", ["401 x", "403 x", "404 x", "410 x"])
async def test_a_missing_robots_txt_allows_everything(server: Server, robots: Robots, status: str) -> None:
    server.on("/robots.txt", reply(b"User-agent: *\nDisallow: /", status))
    assert await robots.refusal(server.url("/a")) is None


@pytest.mark.parametrize(
    "content",
    [
        reply(b"", "500 x"),
        reply(b"", "503 x", retry_after="99"),
        reply(b"", "429 x", retry_after="99"),
        b"garbage",
        b"",
    ],
    ids=["500", "503", "429", "garbage", "nothing"],
)
async def test_a_server_error_allows_nothing_for_now(server: Server, robots: Robots, content: bytes) -> None:
    server.on("/robots.txt", content, then_close=True)
    assert await robots.refusal(server.url("/a")) is not None
    assert await robots.delay(server.url("/a")) == 0.0


async def test_an_unreachable_site_allows_nothing_for_now(robots: Robots) -> None:
    async with serving() as gone:
        url = gone.url("/a")
    assert await robots.refusal(url) is not None


async def test_redirects_are_followed_and_too_many_count_as_missing(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", redirect("/other.txt"))
    server.on("/other.txt", reply(RULES))
    assert await robots.refusal(server.url("/private/a")) is not None
    async with serving("127.0.0.1") as round_and_round:
        round_and_round.on("/robots.txt", redirect("/a.txt"))
        round_and_round.on("/a.txt", redirect("/robots.txt"))
        assert await robots.refusal(round_and_round.url("/private/a")) is None


async def test_a_long_robots_txt_is_truncated(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", reply(RULES + b"# more\n" * MAX_BYTES, kind="text/plain"))
    assert await robots.refusal(server.url("/private/a")) is not None


@pytest.mark.parametrize("delay", ["1e9", "999999", "-1", "soon", "nan", "inf"])
async def test_a_delay_is_bounded(server: Server, robots: Robots, delay: str) -> None:
    server.on("/robots.txt", reply(f"User-agent: *\nCrawl-delay: {delay}".encode()))
    assert 0 <= await robots.delay(server.url("/a")) <= MAX_DELAY


@pytest.mark.parametrize(
    "body", [b"\x00\xff" * 500, b"Disallow: " + b"*" * 5_000 + b"$", b"User-agent: *\nDisallow: /" + b"*a" * 2_000]
)
async def test_a_hostile_robots_txt(server: Server, body: bytes) -> None:
    rules = ClientOptions(allow_hosts=frozenset({"127.0.0.1"}))
    server.on("/robots.txt", reply(body))
    async with WebClient(rules) as fetcher, asyncio.timeout(5):
        await Robots(fetcher).refusal(server.url("/" + "a" * 2_000))


async def test_each_host_and_scheme_has_its_own(robots: Robots) -> None:
    async with serving() as one, serving() as other:
        one.on("/robots.txt", reply(b"User-agent: *\nDisallow: /"))
        assert [await robots.refusal(each.url("/a")) is None for each in (one, other)] == [False, True]


@pytest.mark.parametrize("url", ["javascript:x", "", "http://joe:geheim@127.0.0.1/"])
async def test_an_invalid_address_is_not_allowed(robots: Robots, url: str) -> None:
    assert await robots.refusal(url) is not None


async def test_refusals_are_described(server: Server, robots: Robots) -> None:
    async def refusal_of(url: str) -> str:
        refusal = await robots.refusal(url)
        return refusal.why if refusal is not None else ""

    server.on("/robots.txt", reply(RULES, kind="text/plain"))
    assert await refusal_of(server.url("/a")) == ""
    assert await refusal_of(server.url("/private/a")) == "its robots.txt does not allow bulk fetches"
    refused = await robots.refusal("http://10.0.0.1/")
    assert refused is not None
    assert refused.why == "it is an address of a private network and is not fetched"
    assert 'allow_hosts = ["10.0.0.1"]' in refused.hint
    assert await refusal_of("http://127.0.0.1:9/") == "it refuses connections"


async def test_a_robots_txt_that_redirects_to_a_private_address(server: Server, robots: Robots) -> None:
    server.on("/robots.txt", redirect("http://10.0.0.1/"))
    refusal = await robots.refusal(server.url("/a"))
    assert refusal is not None
    assert refusal.why.startswith("its robots.txt cannot be fetched (10.0.0.1 is ")
    assert refusal.hint == ""


def living_locks() -> int:
    """Return the number of locks in memory."""
    gc.collect()
    return sum(isinstance(each, asyncio.Lock) for each in gc.get_objects())


async def test_the_cache_is_limited(server: Server) -> None:

    async def to_loopback(host: str, port: int) -> list[IPAddress]:
        return [ip_address("127.0.0.1")]

    hosts = [f"{n}.example" for n in range(6)]
    server.on("/robots.txt", reply(RULES, kind="text/plain"))
    async with WebClient(ClientOptions(allow_hosts=frozenset(hosts)), resolve=to_loopback) as fetcher:
        robots, locks = Robots(fetcher, max_sites=3, max_characters=10 * len(RULES)), living_locks()
        for host in hosts:
            assert await robots.refusal(server.url("/a", host)) is None
        assert living_locks() <= locks
        for host in hosts[-3:]:
            await robots.refusal(server.url("/a", host))
        assert len(server.requests) == 6, "the latest are cached"
        await robots.refusal(server.url("/a", hosts[0]))
        assert len(server.requests) == 7, "the first is not"
        robots = Robots(fetcher, max_sites=3, max_characters=2 * len(RULES))
        for host in hosts[:3]:
            await robots.refusal(server.url("/a", host))
        assert len(server.requests) == 10
        for host in hosts[1:3]:
            await robots.refusal(server.url("/a", host))
        assert len(server.requests) == 10, "there is space for two"
        await robots.refusal(server.url("/a", hosts[0]))
        assert len(server.requests) == 11
