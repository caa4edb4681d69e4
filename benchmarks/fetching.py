"""CPU per page of the client, and its ratio to bare httpx, against a server on loopback.

    python benchmarks/fetching.py [--pages N] [--rounds N] [--kilobytes N] [--at-once N] [--json FILE]

The server is a separate process that has every page ready, gzipped. Both clients request
the same pages over two connections, a number at once (the others wait), and
decode them to text; their rounds alternate, and so does which starts. CPU is
user and system time of the client's process.
Bare httpx is a default AsyncClient: no address checks, no size limits, no limit on
the total time.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

WORDS = "news of the day and what became of it the house water street council years people said".split()  # noqa: SIM905

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

Fetch = Callable[[str], Awaitable[int]]


def page(number: int, kilobytes: int) -> bytes:
    """Return a page of about this many kilobytes, the same every time."""
    chance = random.Random(number)
    paragraphs = [f"<!doctype html><meta charset=utf-8><title>Page {number} – a title</title>"]
    size = 0
    while size < kilobytes * 1000:
        paragraphs.append(f"<p class=text>{' '.join(chance.choices(WORDS, k=80))} “{chance.random()}”</p>")
        size += len(paragraphs[-1])
    return "\n".join(paragraphs).encode()


class _Pages(asyncio.Protocol):
    """Answers each request line with its page; requests arrive in one piece, as the clients send them so."""

    def __init__(self, pages: list[bytes]) -> None:
        self._pages = pages

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        name = data.split(b" ", 2)[1][1:]
        self._transport.write(self._pages[int(name) % len(self._pages)] if name.isdigit() else NOT_FOUND)


async def serve(kilobytes: int) -> None:
    """Serve forever; print the port first."""
    pages = []
    for number in range(50):
        body = gzip.compress(page(number, kilobytes), 6, mtime=0)
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n"
            f'ETag: "{number}"\r\nContent-Length: {len(body)}\r\n\r\n'
        )
        pages.append(head.encode() + body)
    server = await asyncio.get_running_loop().create_server(lambda: _Pages(pages), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def timed(base: str, pages: int, at_once: int, fetch: Fetch) -> tuple[float, float]:
    """Fetch pages; return the CPU and wall-clock seconds per page."""
    numbers = iter(range(pages))

    async def some() -> None:
        for number in numbers:
            if await fetch(f"{base}/{number}") < 1000:
                raise SystemExit("A page came without its text.")

    cpu, clock = time.process_time(), time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return (time.process_time() - cpu) / pages, (time.perf_counter() - clock) / pages


async def measure(base: str, pages: int, rounds: int, at_once: int) -> dict[str, list[tuple[float, float]]]:
    """Let both clients fetch in turn; return the times of each round."""
    import httpx

    from reader.web.client import WebClient
    from reader.web.options import ClientOptions

    taken: dict[str, list[tuple[float, float]]] = {"newsreader": [], "httpx": []}
    limits = httpx.Limits(max_connections=2)
    async with (
        WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}))) as fetcher,
        httpx.AsyncClient(limits=limits, timeout=None, trust_env=False) as client,
    ):

        async def ours(url: str) -> int:
            return len((await fetcher.page(url)).text)

        async def bare(url: str) -> int:
            return len((await client.get(url)).text)

        clients: dict[str, Fetch] = {"newsreader": ours, "httpx": bare}
        for fetch in clients.values():
            await timed(base, 50, at_once, fetch)  # one-time initialization
        for number in range(rounds):
            for name in sorted(clients, reverse=bool(number % 2)):
                taken[name].append(await timed(base, pages, at_once, clients[name]))
    return taken


def main() -> int:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kilobytes", type=int, default=60, help="of a page, before it is compressed")
    parser.add_argument("--at-once", type=int, default=2, help="pages that are asked for at a time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round too, as JSON")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.kilobytes))
        return 0
    command = [sys.executable, __file__, "--serve", "--kilobytes", str(arguments.kilobytes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            base = f"http://127.0.0.1:{int(server.stdout.readline())}"
            taken = asyncio.run(measure(base, arguments.pages, arguments.rounds, arguments.at_once))
        finally:
            server.terminate()
    ratios = [ours[0] / bare[0] for ours, bare in zip(taken["newsreader"], taken["httpx"], strict=True)]
    print(
        f"{arguments.pages} pages of {arguments.kilobytes} kB, {arguments.at_once} at once, "
        f"median of {arguments.rounds} rounds\n"
    )
    print("| client | CPU per page | pages per second |\n|---|---|---|")
    for name, samples in taken.items():
        cpu, clock = median(each[0] for each in samples), median(each[1] for each in samples)
        print(f"| {name} | {cpu * 1000:.2f} ms | {1 / clock:.0f} |")
    print(f"\nCPU of newsreader to bare httpx: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    if arguments.json:
        arguments.json.write_text(json.dumps(taken, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
