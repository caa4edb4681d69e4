from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from reader.web.client import WebClient
from reader.web.options import ClientOptions
from tests.web.server import Server, serving


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the proxies of the environment from the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


@pytest_asyncio.fixture
async def fetcher() -> AsyncIterator[WebClient]:
    """A client that may connect to 127.0.0.1 only, with a short time limit."""
    async with WebClient(ClientOptions(allow_hosts=frozenset({"127.0.0.1"}), seconds=5.0)) as one:
        yield one
