"""Request slots: limits and priorities."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web.transport.preempt import PreemptedError
from reader.web.transport.request_slots import Priority, RequestSlots


class Holders:
    """Tasks that hold slots until released."""

    def __init__(self, slots: RequestSlots) -> None:
        self.slots = slots
        self.held: list[str] = []
        self._go: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, name: str, host: str, priority: Priority) -> None:
        self._go[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._hold(name, host, priority))
        await self.settle()

    async def _hold(self, name: str, host: str, priority: Priority) -> None:
        while not self._go[name].is_set():
            with suppress(PreemptedError):
                async with self.slots.acquire(host, priority):
                    self.held.append(name)
                    try:
                        await self._go[name].wait()
                    finally:
                        self.held.remove(name)

    async def release(self, name: str) -> None:
        self._go[name].set()
        await self.settle()

    async def end(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def settle(self) -> None:
        for _ in range(10):  # rounds of the event loop, in which every task that can continue does
            await asyncio.sleep(0)


async def test_background_requests_leave_a_slot_for_interactive_ones() -> None:
    holders = Holders(RequestSlots(2, 8))
    for n in range(6):
        await holders.begin(f"many {n}", f"{n}.example", Priority.BULK)
    for n in range(3):
        await holders.begin(f"picture {n}", f"p{n}.example", Priority.IMAGE)
    assert len(holders.held) == 7
    await holders.begin("person", "a.example", Priority.INTERACTIVE)
    assert "person" in holders.held
    await holders.release("many 0")
    assert "picture 1" in holders.held
    await holders.end()


async def test_images_leave_one_slot_of_their_host() -> None:
    holders = Holders(RequestSlots(2, 8))
    for n in range(3):
        await holders.begin(f"picture {n}", "a.example", Priority.IMAGE)
    assert holders.held == ["picture 0"]
    await holders.begin("page", "a.example", Priority.BULK)
    assert holders.held == ["picture 0", "page"]
    await holders.release("picture 0")
    assert holders.held == ["page", "picture 1"]
    await holders.end()


async def test_interactive_requests_overtake_waiting_ones() -> None:
    holders = Holders(RequestSlots(1, 8))
    for name, priority in (
        ("first", Priority.INTERACTIVE),
        ("many", Priority.BULK),
        ("pic", Priority.IMAGE),
        ("person", Priority.INTERACTIVE),
    ):
        await holders.begin(name, "a.example", priority)
    order = []
    for _ in range(4):
        order += holders.held
        await holders.release(holders.held[0])
    assert order == ["first", "person", "many", "pic"]


async def test_the_latest_background_request_is_preempted_and_restarted() -> None:
    holders = Holders(RequestSlots(2, 8))
    await holders.begin("one", "a.example", Priority.BULK)
    await holders.begin("two", "a.example", Priority.BULK)
    await holders.begin("else", "b.example", Priority.BULK)
    await holders.begin("person", "a.example", Priority.INTERACTIVE)
    assert sorted(holders.held) == ["else", "one", "person"]
    await holders.begin("another", "a.example", Priority.INTERACTIVE)
    assert sorted(holders.held) == ["another", "else", "person"]
    await holders.begin("third", "a.example", Priority.INTERACTIVE)  # no holder is left that could be preempted
    assert sorted(holders.held) == ["another", "else", "person"]
    for name in ("person", "another", "third"):
        await holders.release(name)
    assert sorted(holders.held) == ["else", "one", "two"]
    await holders.end()


async def test_images_are_preempted_before_pages() -> None:
    holders = Holders(RequestSlots(2, 8))
    await holders.begin("picture", "a.example", Priority.IMAGE)
    await holders.begin("page", "a.example", Priority.BULK)
    await holders.begin("person", "a.example", Priority.INTERACTIVE)
    assert sorted(holders.held) == ["page", "person"]
    await holders.end()


async def assert_all_free(slots: RequestSlots, *, per_host: int, in_all: int) -> None:
    """Take every slot at once, for each priority as many as it may have, and give it back."""
    for priority in Priority:
        hosts = [host for host in "abcdefgh" for _ in range(per_host - (priority is Priority.IMAGE))]
        async with AsyncExitStack() as stack, asyncio.timeout(10):
            for host in hosts[: in_all - (priority is not Priority.INTERACTIVE)]:
                await stack.enter_async_context(slots.acquire(host, priority))


async def test_a_timeout_inside_is_not_a_preemption() -> None:
    slots = RequestSlots(2, 8)
    with pytest.raises(TimeoutError):
        async with slots.acquire("a.example", Priority.BULK):
            async with asyncio.timeout(0):
                await asyncio.sleep(10)
    await assert_all_free(slots, per_host=2, in_all=8)


@pytest.mark.parametrize(("per_host", "in_all"), [(1, 1), (2, 2)])
async def test_minimal_limits_let_everything_through(per_host: int, in_all: int) -> None:
    slots = RequestSlots(per_host, in_all)

    async def one(priority: Priority) -> None:
        async with slots.acquire("a.example", priority):
            await asyncio.sleep(0)

    await asyncio.wait_for(asyncio.gather(*(one(priority) for priority in [*Priority] * 5)), 10)


_RUNS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(Priority), st.integers(0, 3), st.booleans()), max_size=40
)


@given(_RUNS)
def test_limits_hold_and_no_slot_is_lost(runs: list[tuple[str, Priority, int, bool]]) -> None:
    slots = RequestSlots(2, 4)
    hosts: Counter[str] = Counter()
    running: Counter[Priority] = Counter()

    async def one(host: str, priority: Priority, rounds: int) -> None:
        async with slots.acquire(host, priority):
            hosts[host] += 1
            running[priority] += 1
            try:
                assert hosts[host] <= 2
                assert hosts.total() <= 4
                assert running[Priority.BULK] + running[Priority.IMAGE] <= 3
                for _ in range(rounds):
                    await asyncio.sleep(0)
            finally:
                hosts[host] -= 1
                running[priority] -= 1

    async def all_of_them() -> None:
        tasks = []
        for host, priority, rounds, cancels in runs:
            tasks.append(asyncio.create_task(one(host, priority, rounds)))
            if rounds % 2:
                await asyncio.sleep(0)
            if cancels:
                tasks[len(tasks) // 2].cancel()
        outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, PreemptedError)]
        await assert_all_free(slots, per_host=2, in_all=4)

    asyncio.run(all_of_them())
