"""Sandbox tasks for feeds: only processes with limits on time and memory read what strangers wrote.

Arguments and results are plain values; the functions below turn them into those of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reader.core.errors import ReaderError
from reader.feeds.model import FeedError, ParsedFeed

if TYPE_CHECKING:
    from concurrent.futures import Future

    from reader.feeds.discover import FoundFeed
    from reader.workers.sandbox import SandboxPool

_SECONDS = 60.0
_MEMORY = 1 << 30


def feed_sandbox(size: int = 1) -> SandboxPool:
    """Return a pool of processes that read feeds, at most ``size``; close it at the end."""
    from reader.workers.sandbox import SandboxLimits, SandboxPool

    return SandboxPool(size, limits=SandboxLimits(_SECONDS, _MEMORY), tasks="reader.feeds.feed_tasks")


async def parse_in_worker(pool: SandboxPool, data: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
    """Return what a feed says, as :func:`reader.feeds.parse.parse_feed` does, from a process of the pool.

    Raises FeedError, also if the process exceeds a limit.
    """
    try:
        return ParsedFeed.from_values(_unpack(await pool.run("feed", data, url, content_type)))
    except FeedError:
        raise
    except ReaderError as error:
        raise FeedError(error.message, error.hint) from error


async def find_in_worker(pool: SandboxPool, page: bytes, url: str) -> list[FoundFeed]:
    """Return the feeds of a page, as :func:`reader.feeds.discover.find_feeds` does, from a process of the pool.

    Raises FeedError if the process exceeds a limit.
    """
    from reader.feeds.discover import FoundFeed

    try:
        return [FoundFeed(*each) for each in _unpack(await pool.run("links", page, url))]
    except ReaderError as error:
        raise FeedError(error.message, error.hint) from error


def result_of(future: Future[Any]) -> Any:
    """Wait for a task and return its result. Raises FeedError."""
    try:
        return _unpack(future.result())
    except FeedError:
        raise
    except ReaderError as error:
        raise FeedError(error.message, error.hint) from error


def _unpack(answer: Any) -> Any:
    """Return the result of a task. Raises FeedError if it is an error."""
    result, message, hint = answer
    if message:
        raise FeedError(message, hint)
    return result


def _packed(task: Callable[..., Any]) -> Callable[..., tuple[Any, str, str]]:
    """Return a task that answers with (result, "", "") or (None, message, hint)."""

    def run(*values: Any) -> tuple[Any, str, str]:
        try:
            return task(*values), "", ""
        except ReaderError as error:
            return None, error.message, error.hint

    return run


def _feed(data: bytes, url: str, content_type: str) -> tuple[Any, ...]:
    from reader.feeds.parse import parse_feed

    return parse_feed(data, url=url, content_type=content_type).to_values()


def _links(page: bytes, url: str) -> list[tuple[Any, ...]]:
    from dataclasses import astuple

    from reader.feeds.discover import find_feeds

    return [astuple(each) for each in find_feeds(page, url)]


def _problems(data: bytes) -> list[str]:
    from reader.feeds.check import problems_of

    return problems_of(data)


def prepare() -> None:
    """Import what the tasks need, which would otherwise count toward the limits of the first task."""
    _feed(b"<rss version='2.0'><channel><item><title>x</title></item></channel></rss>", "", "")


TASKS = {"feed": _packed(_feed), "links": _packed(_links), "problems": _packed(_problems)}
