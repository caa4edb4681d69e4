from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web import wayback
from reader.web.client import WebClient
from reader.web.responses import FetchError
from reader.web.wayback import newest_capture
from tests.web.server import Server, reply

CAPTURE = {"available": True, "status": "200", "timestamp": "20261120101112", "url": "http://web.archive.org/web/x"}
URL = "https://news.example/a?b=1&utm_source=mail#c"


async def newest_capture_of(server: Server, fetcher: WebClient, answer: object) -> str | None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    available = server.on("/available", reply(body, kind="application/json"))
    return await newest_capture(fetcher, URL, available=available, captures="https://web.archive.org/web")


async def test_the_newest_capture(server: Server, fetcher: WebClient) -> None:
    found = await newest_capture_of(server, fetcher, {"archived_snapshots": {"closest": CAPTURE}})
    assert found == "https://web.archive.org/web/20261120101112id_/https://news.example/a?b=1"
    assert server.targets == ["/available?url=https%3A%2F%2Fnews.example%2Fa%3Fb%3D1"]


@pytest.mark.parametrize(
    "snapshots",
    [{}, [], {"closest": {}}, {"closest": CAPTURE | {"status": "404"}}, {"closest": CAPTURE | {"available": False}}],
)
async def test_no_capture(server: Server, fetcher: WebClient, snapshots: object) -> None:
    assert await newest_capture_of(server, fetcher, {"archived_snapshots": snapshots}) is None


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        [],
        {},
        {"archived_snapshots": {"closest": CAPTURE | {"timestamp": "../../evil"}}},
        {"archived_snapshots": {"closest": {"available": True}}},
        b"[" * 60_000,
    ],
)
async def test_an_invalid_response(server: Server, fetcher: WebClient, answer: object) -> None:
    with pytest.raises(FetchError) as caught:
        await newest_capture_of(server, fetcher, answer)
    assert caught.value.kind == "protocol"


async def test_an_archive_error(server: Server, fetcher: WebClient) -> None:
    with pytest.raises(FetchError) as caught:
        await newest_capture(fetcher, URL, available=server.url("/gone"))
    assert caught.value.status == 404


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("20261120101112"),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["closest", "timestamp", "status"]), inner),
)


@given(_JSON)
def test_any_json_is_a_timestamp_or_none(answer: object) -> None:
    found = wayback.parse_timestamp(json.dumps({"archived_snapshots": answer}))
    assert found is None or found == "" or (len(found) == 14 and found.isdigit())
