"""Name resolution by the operating system that never blocks the event loop or the end of the program."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
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
    loop = asyncio.get_running_loop()
    result: asyncio.Future[list[IPAddress]] = loop.create_future()

    def deliver(addresses: list[IPAddress], error: OSError | None) -> None:
        if result.done():  # canceled
            return
        if error is None:
            result.set_result(addresses)
        else:
            result.set_exception(error)

    def look_up() -> None:
        addresses: list[IPAddress] = []
        failure: OSError | None = None
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))
        except OSError as error:
            failure = error
        except (UnicodeError, ValueError) as error:  # a label that IDNA rejects, or an unknown form of address
            failure = OSError(str(error))
        try:
            loop.call_soon_threadsafe(deliver, addresses, failure)
        except RuntimeError:  # the loop is closed
            return

    threading.Thread(target=look_up, name="dns", daemon=True).start()
    return await result
