"""A body as it comes -> its content, never more than was allowed.

One coding at most, gzip or deflate, decoded in pieces: two kilobytes of gzip in gzip
can hold a gigabyte, and a decoder that hands out all of it at once is the bomb's fuse.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PIECE = 65_536
"""Bytes that are decoded at a time."""

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class TooLargeError(Exception):
    """There is more than was allowed."""


class CorruptBodyError(Exception):
    """The body is not what its coding says, or ends too early."""


class UnknownCodingError(Exception):
    """The body is in a coding that was not asked for; the argument names it."""


class Body:
    """Takes a body in, piece by piece, up to ``limit`` bytes, on the way as well as decoded.

    ``codings`` is the value of Content-Encoding (RFC 9110, 8.4), several joined by commas.
    Raises UnknownCodingError for anything but one of gzip, x-gzip, deflate, identity.
    """

    def __init__(self, codings: str, limit: int) -> None:
        names = [name for part in codings.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
        if len(names) > 1 or not set(names) <= {"gzip", "x-gzip", "deflate"}:
            raise UnknownCodingError(", ".join(names))
        self._coding = names[0] if names else ""
        self._limit = limit
        self._came = 0
        self._content = bytearray()
        self._inflate = zlib.decompressobj(_ZLIB if self._coding == "deflate" else _GZIP) if self._coding else None
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Take ``data`` in. Raises TooLargeError, CorruptBodyError."""
        # Empty blocks of deflate are bytes that hold none, so what comes is bounded too.
        self._came += len(data)
        if self._came > self._limit:
            raise TooLargeError
        for piece in self._decoded(data):
            self._content += piece[: self._limit - len(self._content) + 1]
            if len(self._content) > self._limit:
                del self._content[self._limit :]
                raise TooLargeError

    def end(self) -> bytes:
        """Return the whole content. Raises CorruptBodyError when the end of it has not come."""
        if self._inflate is not None and self._came and not self._ended:
            raise CorruptBodyError
        return bytes(self._content)

    @property
    def so_far(self) -> bytes:
        """What has been taken in up to now."""
        return bytes(self._content)

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield data
            return
        if self._came == len(data) and self._coding == "deflate" and not _is_zlib(data):
            # RFC 9110, 8.4.1.2 notes that some send deflate without the wrapping that the name means.
            self._inflate = zlib.decompressobj(_RAW)
        while data and self._goes_on(data):
            try:
                piece = self._inflate.decompress(data, PIECE)
                yield piece
                # A full piece may leave more inside, with no input left to show for it.
                while len(piece) == PIECE and not self._inflate.unconsumed_tail and not self._inflate.eof:
                    piece = self._inflate.decompress(b"", PIECE)
                    yield piece
            except zlib.error as error:
                raise CorruptBodyError from error
            self._ended = self._inflate.eof
            data = self._inflate.unused_data if self._ended else self._inflate.unconsumed_tail

    def _goes_on(self, data: bytes) -> bool:
        """Whether ``data`` is content: after the end only a further member of gzip is (RFC 1952, 2.2).

        Whatever else follows the end is left, as browsers leave it.
        """
        if self._ended and self._coding != "deflate" and data.startswith(b"\x1f\x8b"):
            self._inflate = zlib.decompressobj(_GZIP)
            self._ended = False
        return not self._ended


def _is_zlib(data: bytes) -> bool:
    """Whether ``data`` starts as RFC 1950, 2.2 says; the first byte alone decides when there is no second."""
    if data[0] & 0x0F != 8:
        return False
    return len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0
