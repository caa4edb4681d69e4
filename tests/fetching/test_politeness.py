"""Crawl delays and backoff from busy hosts."""

from __future__ import annotations

import asyncio
import time

import pytest

from reader.fetching.politeness import LONGEST_WAIT, ROUNDS, Politeness
from reader.web.responses import FetchError

URL = "https://a.example/1"
NAME = "a.example"


class Sites:
    """Fake robots.txt rules."""

    def __init__(self, **delays: float) -> None:
        self.delays = {f"{name}.example": delay for name, delay in delays.items()}

    async def refusal(self, url: str) -> FetchError | None:
        return FetchError("refused", "no robots", NAME) if url.endswith("/private") else None

    async def delay(self, url: str) -> float:
        return self.delays.get(url.split("/")[2], 0.0)


async def test_a_disallowed_address_takes_no_turn() -> None:
    manners = Politeness(Sites(a=30.0))
    refusal = await manners.refusal("https://a.example/private")
    assert refusal is not None
    assert refusal.why == "no robots"
    assert manners.not_before(NAME) == 0.0


async def test_crawl_delay_applies_per_host() -> None:
    manners = Politeness(Sites(a=0.3))
    assert manners.parallel_limit(NAME, 2) == 2
    turns: list[tuple[str, float]] = []

    async def one(url: str) -> None:
        assert await manners.refusal(url) is None
        turns.append((url, time.monotonic()))

    begun = time.monotonic()
    await asyncio.gather(one(URL), one("https://a.example/2"), one("https://a.example/3"), one("https://b.example/"))
    assert turns[-1][0] == "https://a.example/3"
    times = [when for url, when in turns if "a.example" in url]
    assert all(when - begun >= 0.3 * n - 0.01 for n, when in enumerate(times))
    assert manners.parallel_limit(NAME, 2) == 1
    assert manners.parallel_limit("b.example", 2) == 2
    assert manners.not_before(NAME) > times[-1]


@pytest.mark.parametrize("seconds", [0.0, 0.5])
async def test_pauses_for_a_busy_host_double_until_it_is_given_up(seconds: float) -> None:
    now = [1000.0]
    manners = Politeness(Sites(), lambda: now[0])
    waits = []
    for _ in range(ROUNDS - 1):
        assert manners.record_busy(NAME, seconds)
        assert manners.record_busy(NAME, seconds), "two parallel requests count as one"
        waits.append(manners.not_before(NAME) - now[0])
        refusal = await manners.refusal(URL)
        assert refusal is not None
        assert (refusal.kind, refusal.retry_after) == ("busy", waits[-1])
        now[0] += waits[-1]
        assert await manners.refusal(URL) is None
    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert not manners.record_busy(NAME, seconds)
    refusal = await manners.refusal(URL)
    assert refusal is not None
    assert (refusal.why, refusal.retry_after) == ("it was busy 5 times in a row", None)
    manners.record_response(NAME)
    assert await manners.refusal(URL) is not None, "it was given up"
    assert await manners.refusal("https://b.example/") is None


def test_a_requested_pause_is_respected_and_a_response_resets_it() -> None:
    now = [1000.0]
    manners = Politeness(Sites(), lambda: now[0])
    assert manners.record_busy(NAME, 120.0)
    assert manners.not_before(NAME) == 1120.0
    assert not manners.record_busy(NAME, LONGEST_WAIT + 1)
    for _ in range(2 * ROUNDS):
        now[0] = manners.not_before(NAME)
        manners.record_response(NAME)
        assert manners.record_busy(NAME, 0.0)
        assert manners.not_before(NAME) == now[0] + 1.0
