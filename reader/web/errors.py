"""Failures of the connection, TLS and HTTP as FetchErrors. They quote no text from a server and no URL."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

import httpcore

from reader.core.errors import describe_error
from reader.core.text import clean, format_size
from reader.web.responses import FetchError

_LATER = "Try again later."
BROWSER = "It may work in the browser."
OPEN = "The browser can open it."
_TEMPORARY = frozenset({408, 425, 500, 502, 503, 504, 507})
"""Statuses that another request may not get; those from 512 on are of content delivery networks."""


def error_from_exception(error: BaseException, host: str) -> FetchError:
    """Return the FetchError for an exception of the connection, TLS or HTTP."""
    chain = list(_causes(error))
    if tls := next((each for each in chain if isinstance(each, ssl.SSLError)), None):
        return _tls_error(tls, host)
    if isinstance(error, httpcore.ProxyError):
        hint = "See [fetch] proxy in the settings, or HTTPS_PROXY and HTTP_PROXY."
        return FetchError("unreachable", "it was rejected by the proxy", host, hint=hint)
    if isinstance(error, httpcore.ProtocolError):
        return _protocol_error(error, chain, host)
    if isinstance(error, httpcore.NetworkError | OSError):
        return _network_error(error, chain, host)
    return FetchError("protocol", f"the request failed ({type(error).__name__})", host, hint=BROWSER)


def describe_status(status: int) -> str:
    """Return a status with its standard name, such as ``404 Not Found``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def error_from_status(status: int, host: str) -> FetchError:
    """Return the FetchError for an HTTP status that comes without a page."""
    hints = {
        401: "It requires a login; the browser may be logged in.",
        402: "It requires payment.",
        403: "It rejects programs like this one; it may work in the browser.",
        404: "",
        410: "",
        451: "It is withheld for legal reasons.",
    }
    hint = hints.get(status, _LATER if status in _TEMPORARY or status >= 512 else BROWSER)
    return FetchError("status", describe_status(status), host, hint=hint, status=status)


def error_of_size(limit: int, host: str, hint: str = OPEN) -> FetchError:
    """Return the FetchError for a body of more than ``limit`` bytes."""
    return FetchError("too_large", f"more than {format_size(limit)}", host, hint=hint)


def _tls_error(error: ssl.SSLError, host: str) -> FetchError:
    if isinstance(error, ssl.SSLCertVerificationError):
        # OpenSSL's message is short and fixed, and contains the host at most. Errors that Python raises lack it.
        reason = clean(getattr(error, "verify_message", None) or "")[:120].rstrip(".")
        return FetchError("tls", f"its certificate is not trusted ({reason})", host, hint="No request was sent.")
    reason = clean(getattr(error, "reason", None) or "")[:60].replace("_", " ").lower()
    why = f"it offers no secure connection ({reason})" if reason else "it offers no secure connection"
    return FetchError("tls", why, host, hint=BROWSER)


def _protocol_error(error: httpcore.ProtocolError, chain: list[BaseException], host: str) -> FetchError:
    # h11 names the status that a server would answer with: 431, header fields too large.
    if any(getattr(each, "error_status_hint", None) == 431 for each in chain):
        return FetchError("too_large", "its response headers are too large", host, hint=BROWSER)
    message = str(error)
    if "without sending a response" in message:
        return FetchError("unreachable", "it closed the connection without a response", host, hint=_LATER)
    if "without sending complete" in message or "incomplete" in message:
        return FetchError("protocol", "its response is incomplete", host, hint=BROWSER)
    return FetchError("protocol", "its response violates HTTP", host, hint=BROWSER)


def _network_error(error: BaseException, chain: list[BaseException], host: str) -> FetchError:
    deepest = next((each for each in reversed(chain) if isinstance(each, OSError) and each.strerror), None)
    if isinstance(deepest, socket.gaierror):
        # Without a connection, names cannot be looked up.
        why = "its name cannot be looked up" if deepest.errno == socket.EAI_AGAIN else "unknown host"
        return FetchError("unreachable", why, host, hint="Check the internet connection.")
    if isinstance(deepest, ConnectionError):
        why = "it refuses connections" if isinstance(deepest, ConnectionRefusedError) else "it dropped the connection"
    elif deepest is not None:
        why = f"it cannot be reached ({describe_error(deepest)})"
    elif isinstance(error, httpcore.ConnectError | OSError):
        why = "it cannot be reached"
    else:
        why = "it dropped the connection"
    return FetchError("unreachable", why, host, hint=_LATER)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and its causes and contexts, the outermost first."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        waiting += [each.__cause__, each.__context__]
