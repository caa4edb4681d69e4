"""The CPU time of `newsreader sync`, beside newsboat's and newsraft's reload of the same feeds if they are installed.

    python benchmarks/feed_sync.py [--feeds N] [--entries N]

Debian has newsboat (`apt install newsboat`). It does not have newsraft: get the source from
https://codeberg.org/newsraft/newsraft, run `make newsraft`, and put the program on the PATH. Version 0.28 or later is
needed, for `download-max-host-connections`.

A server on this machine has feeds that are always the same, with validators. Each program fetches them twice: the first
time all is new, the second time nothing has changed. CPU is user and system time of all processes of a program.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[1]


class Used(NamedTuple):
    cpu: float
    wall: float


def feed(number: int, entries: int) -> bytes:
    words = "Some words of the text. " * 20
    text = f"&lt;p&gt;{words}&lt;/p&gt;&lt;p&gt;&lt;a href='/more'&gt;More&lt;/a&gt; {words}&lt;/p&gt;"
    items = "".join(
        f"<item><title>Feed {number} and its news number {each}</title><link>https://{number}.example/{each}</link>"
        f"<guid>{number}-{each}</guid><pubDate>Fri, {1 + each % 27:02} Nov 2026 10:{each % 60:02}:00 +0100</pubDate>"
        f"<description>{text}</description></item>"
        for each in range(entries)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>".encode()


@contextlib.contextmanager
def serving(bodies: dict[str, bytes]) -> Iterator[str]:
    """Serve the bodies by path, with an ETag, from a thread; yield the URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            is_known = self.headers.get("If-None-Match") == '"same"'
            body = b"" if is_known else bodies[self.path]
            self.send_response(304 if is_known else 200)
            self.send_header("ETag", '"same"')
            self.send_header("Last-Modified", "Fri, 27 Nov 2026 10:00:00 GMT")
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def measure(command: list[str], environment: dict[str, str]) -> Used:
    """Run a command and return what it took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        command,
        env={**os.environ, **environment},
        cwd=TOP,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Used(cpu, time.perf_counter() - start)


def newsreader(folder: Path, urls: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command and its environment."""
    (folder / "config").mkdir()
    (folder / "config/config.toml").write_text('[fetch]\nallow_hosts = ["127.0.0.1"]\n')
    tables = (f'[[feed]]\nurl = "{url}"\ntitle = "Feed {number}"\n' for number, url in enumerate(urls))
    (folder / "config/feeds.toml").write_text("\n".join(tables))
    places = {f"NEWSREADER_{name.upper()}_DIR": str(folder / name) for name in ("config", "data", "cache")}
    return [sys.executable, "-m", "reader", "sync", "--force"], places


def newsboat(folder: Path, urls: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command and its environment."""
    (folder / "urls").write_text("\n".join(urls) + "\n")
    (folder / "config").write_text("reload-threads 8\n")
    command = ["newsboat", "-u", f"{folder}/urls", "-C", f"{folder}/config", "-c", f"{folder}/cache.db", "-x", "reload"]
    return command, {"HOME": str(folder)}


def newsraft(folder: Path, urls: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command and its environment."""
    (folder / "feeds").write_text("\n".join(urls) + "\n")
    # As many connections as newsboat has threads; the time a feed waits for one of them counts for its timeout.
    (folder / "config").write_text("set download-max-host-connections 8\nset download-timeout 3600\n")
    command = ["newsraft", "-f", f"{folder}/feeds", "-c", f"{folder}/config", "-d", f"{folder}/db", "-e", "reload-all"]
    return command, {"HOME": str(folder)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--entries", type=int, default=50)
    options = parser.parse_args()
    programs = {"newsreader": newsreader}
    for name, prepare in {"newsboat": newsboat, "newsraft": newsraft}.items():
        if shutil.which(name):
            programs[name] = prepare
        else:
            print(f"{name} is not on the PATH and is not measured: see --help.", file=sys.stderr)
    print("| program | sync | CPU in s | CPU a feed in ms | wall in s |\n|---|---|--:|--:|--:|")
    with serving({f"/{each}": feed(each, options.entries) for each in range(options.feeds)}) as top:
        urls = [f"{top}/{each}" for each in range(options.feeds)]
        for name, prepare in programs.items():
            with tempfile.TemporaryDirectory() as folder:
                command, environment = prepare(Path(folder), urls)
                for sync in ("first", "nothing has changed"):
                    used = measure(command, environment)
                    each = 1000 * used.cpu / options.feeds
                    print(f"| {name} | {sync} | {used.cpu:.1f} | {each:.1f} | {used.wall:.1f} |", flush=True)


if __name__ == "__main__":
    main()
