"""The bytes of a connection, with response heads made readable.

h11 refuses a whole response for one malformed header line. Browsers ignore the line, and so do we: it is removed before
h11 sees it.
"""

from __future__ import annotations

import re
import ssl
from typing import Any

import httpcore

MAX_HEAD = 100_000
"""Bytes of a head; a longer one is passed on as it is, and h11 refuses it."""
_END = re.compile(rb"\r?\n\r?\n")
_INTERIM = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d\b")
"""The status line of a response that another one follows (RFC 9110, 15.2)."""
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*(:[^\0\v\f\r]*)")


def repair_head(head: bytes) -> bytes:
    """Return a response head without the lines that are no header fields, and without blanks before colons."""
    first, *lines = (line.removesuffix(b"\r") for line in head.split(b"\n"))
    kept, is_kept = [first], False
    for line in lines:
        if line[:1] in (b" ", b"\t"):  # the line before goes on (RFC 9112, 5.2)
            found = line if is_kept else None
        else:
            match = _FIELD.fullmatch(line)
            found = match and match[1] + match[2]
            is_kept = match is not None
        if found is not None:
            kept.append(found)
    return b"\r\n".join(kept)


class HttpStream(httpcore.AsyncNetworkStream):
    """A stream whose response heads are repaired, and which is closed if its TLS handshake is canceled."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._awaits_head = False
        self._received = b""
        """The beginning of a head."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes, whole heads repaired."""
        while self._awaits_head:
            data = await self._inner.read(max_bytes, timeout)
            self._received += data
            found = self._take_heads()
            if not data or len(self._received) > MAX_HEAD:
                self._awaits_head = False
                found, self._received = found + self._received, b""
            if found or not data:
                return found
        return await self._inner.read(max_bytes, timeout)

    def _take_heads(self) -> bytes:
        """Return the whole heads received so far, and what follows the last one."""
        taken = b""
        while self._awaits_head and (end := _END.search(self._received)):
            head, rest = self._received[: end.start()], self._received[end.end() :]
            taken += repair_head(head) + b"\r\n\r\n"
            self._awaits_head = _INTERIM.match(head) is not None
            self._received = rest
        if not self._awaits_head:
            taken, self._received = taken + self._received, b""
        return taken

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes; a head answers them."""
        self._awaits_head = self._awaits_head or bool(buffer)
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> HttpStream:
        """Return the stream inside TLS. If this is canceled, the connection is closed; httpcore would leave it open."""
        try:
            return HttpStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            await self._inner.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        """Return what the stream below knows."""
        return self._inner.get_extra_info(info)
