"""A host's name -> its addresses, as the system knows them, without a loop or the end of the program waiting."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from reader.web.transport.ip_policy import Address, literal

Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""Host and port -> addresses, the best first. Raises OSError when there is none."""


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of ``host``, in the system's order (RFC 6724).

    Each look-up has a thread of its own that nobody waits for: ``getaddrinfo`` cannot
    be stopped, and in the few threads that asyncio has for it, some dead name servers
    would hold up every other name, and the end of the program. There are no more at a
    time than connections are being made.

    Raises OSError when the name is not known or no name server answers.
    """
    if (address := literal(host)) is not None:
        return [address]
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Address]] = loop.create_future()

    def deliver(addresses: list[Address], error: OSError | None) -> None:
        if found.done():  # whoever asked has given up
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def look_up() -> None:
        addresses: list[Address] = []
        failure: OSError | None = None
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))
        except OSError as error:
            failure = error
        except (UnicodeError, ValueError) as error:  # a label that IDNA refuses, an address of an unknown form
            failure = OSError(str(error))
        try:
            loop.call_soon_threadsafe(deliver, addresses, failure)
        except RuntimeError:  # the loop is closed: the program has ended, or nobody waits any more
            return

    threading.Thread(target=look_up, name="look up a name", daemon=True).start()
    return await found
