"""Name resolution by the operating system that never blocks the event loop or the exit of the program."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from ipaddress import ip_address

from reader.web.transport.ip_policy import IPAddress, parse_literal

Resolve = Callable[[str, int], Awaitable[list[IPAddress]]]
"""Returns the addresses of a host and port, the best first. Raises OSError if there are none."""


async def resolve(host: str, port: int) -> list[IPAddress]:
    """Return the addresses of ``host``, in the system's order (RFC 6724).

    Each lookup has a thread of its own that nothing waits for: ``getaddrinfo`` cannot be canceled, and a few dead
    name servers would occupy asyncio's few threads, delaying other names and the end of the program. There are at
    most as many lookups as connections being made.

    Raises OSError if the name is unknown or no name server responds.
    """
    if (address := parse_literal(host)) is not None:
        return [address]
    answer: Future[list[IPAddress]] = Future()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.set_result(list(dict.fromkeys(ip_address(each[4][0]) for each in found)))
        except OSError as error:
            answer.set_exception(error)
        except (UnicodeError, ValueError) as error:  # a label that IDNA rejects, or an unknown form of address
            answer.set_exception(OSError(str(error)))

    answer.set_running_or_notify_cancel()  # so that only the caller is canceled
    threading.Thread(target=look_up, name="dns", daemon=True).start()
    return await asyncio.wrap_future(answer)
