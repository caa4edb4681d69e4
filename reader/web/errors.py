"""What goes wrong on the way to a page -> plain words. Nothing a server says gets into them, nor any address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http import HTTPStatus

import httpcore

from reader.core.errors import describe_error
from reader.core.text import clean
from reader.web.responses import FetchError

_AGAIN = "It may go better at another time."
_BROWSER = "The browser may get further."
_CONNECTION = {
    "ConnectionRefusedError": "it takes no connections",
    "ConnectionResetError": "the connection broke",
    "ConnectionAbortedError": "the connection broke",
    "BrokenPipeError": "the connection broke",
}


def error_from_exception(error: BaseException, host: str) -> FetchError:
    """Return what a failure of the connection, of TLS or of HTTP means to a person."""
    chain = list(_causes(error))
    if tls := next((each for each in chain if isinstance(each, ssl.SSLError)), None):
        return _tls(tls, host)
    if isinstance(error, httpcore.ProxyError):
        return FetchError("unreachable", "the proxy did not let the request through", host, hint=_proxy_hint())
    if isinstance(error, httpcore.ProtocolError):
        return _protocol(error, chain, host)
    if isinstance(error, httpcore.NetworkError | OSError):
        return _network(error, chain, host)
    return FetchError("protocol", f"the request failed ({type(error).__name__})", host, hint=_BROWSER)


def describe_status(status: int) -> str:
    """Return ``404 Not Found``, in the words of the standard, whatever the server calls it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def from_status(status: int, host: str) -> FetchError:
    """Return what an HTTP status that comes without a page means."""
    hints = {
        401: "It wants somebody to be logged in; the browser may be.",
        402: "It wants to be paid.",
        403: "It does not let programs like this one in; the browser may get further.",
        404: "",
        410: "",
        451: "It is withheld for legal reasons.",
    }
    hint = hints.get(status, _AGAIN if status >= 500 else _BROWSER)
    return FetchError("status", describe_status(status), host, hint=hint, status=status)


def _tls(error: ssl.SSLError, host: str) -> FetchError:
    if isinstance(error, ssl.SSLCertVerificationError):
        # OpenSSL's own words: short, fixed, and with the host's name in them at most.
        # Errors that Python raises itself lack what OpenSSL would have said.
        why = clean(getattr(error, "verify_message", None) or "")[:120].rstrip(".")
        return FetchError("tls", f"its certificate cannot be trusted ({why})", host, hint="Nothing was asked of it.")
    why = clean(getattr(error, "reason", None) or "")[:60].replace("_", " ").lower()
    shown = f"no secure connection ({why})" if why else "no secure connection"
    return FetchError("tls", shown, host, hint=_BROWSER)


def _protocol(error: httpcore.ProtocolError, chain: list[BaseException], host: str) -> FetchError:
    # h11 hints at the status that a server would answer with: 431, header fields too large.
    if any(getattr(each, "error_status_hint", None) == 431 for each in chain):
        return FetchError("too_large", "the head of its answer has no end", host, hint=_BROWSER)
    said = str(error)
    if "without sending a response" in said:
        return FetchError("unreachable", "it ended the connection without an answer", host, hint=_AGAIN)
    if "without sending complete" in said or "incomplete" in said:
        return FetchError("protocol", "its answer ended too early", host, hint=_AGAIN)
    return FetchError("protocol", "its answer breaks the rules of HTTP", host, hint=_BROWSER)


def _network(error: BaseException, chain: list[BaseException], host: str) -> FetchError:
    deepest = next((each for each in reversed(chain) if isinstance(each, OSError) and each.strerror), None)
    if type(deepest).__name__ == "gaierror":
        return FetchError("unreachable", "no such host is known", host, hint="Is there a connection to the internet?")
    if deepest is not None:
        why = _CONNECTION.get(type(deepest).__name__, f"no connection ({describe_error(deepest)})")
    elif isinstance(error, httpcore.ConnectError | OSError):
        why = "no connection"
    else:
        why = "the connection broke"
    return FetchError("unreachable", why, host, hint=_AGAIN)


def _proxy_hint() -> str:
    return "See [fetch] proxy in the settings, or HTTPS_PROXY and HTTP_PROXY."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and whatever it was raised from, the outermost first."""
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
