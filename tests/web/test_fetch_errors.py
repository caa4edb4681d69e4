from __future__ import annotations

import errno
import os
import socket
import ssl

import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.web.errors import describe_status, error_from_exception, error_from_status
from reader.web.responses import name_host


def _from(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def _certificate() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired\x1b[31m."
    return error


@pytest.mark.parametrize(
    ("error", "kind", "why"),
    [
        (
            _from(httpcore.ConnectError("x"), _certificate()),
            "tls",
            "its certificate is not trusted (certificate has expired[31m)",
        ),
        (_from(httpcore.ConnectError("x"), ssl.SSLError(1, "x")), "tls", "it offers no secure connection"),
        (httpcore.ProxyError("403 evil"), "unreachable", "it was rejected by the proxy"),
        (
            _from(httpcore.ConnectError("x"), ConnectionRefusedError(errno.ECONNREFUSED, "evil")),
            "unreachable",
            "it refuses connections",
        ),
        (
            _from(httpcore.ReadError("x"), ConnectionResetError(errno.ECONNRESET, "evil")),
            "unreachable",
            "it dropped the connection",
        ),
        (
            _from(httpcore.ConnectError("x"), OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))),
            "unreachable",
            "it cannot be reached (no route to host)",
        ),
        (httpcore.ReadError(""), "unreachable", "it dropped the connection"),
        (httpcore.ConnectError(""), "unreachable", "it cannot be reached"),
        (OSError("it has no address"), "unreachable", "it cannot be reached"),
        (socket.gaierror(socket.EAI_NONAME, "evil"), "unreachable", "unknown host"),
        (socket.gaierror(socket.EAI_AGAIN, "evil"), "unreachable", "its name cannot be looked up"),
        (httpcore.RemoteProtocolError("evil"), "protocol", "its response violates HTTP"),
        (httpx.InvalidURL("http://joe:geheim@"), "protocol", "the request failed (InvalidURL)"),
    ],
)
def test_exceptions_are_described(error: BaseException, kind: str, why: str) -> None:
    found = error_from_exception(error, "news.example")
    assert (found.kind, found.why, found.host) == (kind, why, "news.example")
    assert "news.example" in found.message


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("it refuses connections", "a.org refuses connections"),
        ("its certificate is not trusted", "a.org’s certificate is not trusted"),
        ("the page requires a subscription", "the page at a.org requires a subscription"),
        ("404 Not Found", "404 Not Found at a.org"),
        ("unknown host", "unknown host a.org"),
    ],
)
def test_the_host_stands_in_the_sentence(why: str, sentence: str) -> None:
    assert name_host(why, "a.org") == sentence
    assert name_host(why, "") == why


def test_circular_causes_terminate() -> None:
    one, other = OSError(errno.EPIPE, "x"), httpcore.WriteError("y")
    one.__cause__, other.__cause__ = other, ExceptionGroup("several", [one])
    assert error_from_exception(other, "h").why == "it dropped the connection"


@given(st.integers(100, 999))
def test_every_status_is_described(status: int) -> None:
    assert str(status) in describe_status(status)
    error = error_from_status(status, "news.example")
    assert error.message.startswith(describe_status(status)[:1].upper())
    assert error.message.endswith(" at news.example.")
