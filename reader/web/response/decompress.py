"""Decompress a body up to a limit.

It may have one coding, gzip or deflate, and is decompressed in pieces: two kilobytes of nested gzip can hold a
gigabyte, which must never be in memory at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PIECE = 65_536
"""Bytes that are decompressed at a time."""

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class TooLargeError(Exception):
    """The body exceeds the limit."""


class CorruptBodyError(Exception):
    """The body is not in its coding, or incomplete."""


class UnknownCodingError(Exception):
    """The body has a coding that was not requested; the argument names it."""


class BodyDecoder:
    """Collects a body, up to ``limit`` bytes both compressed and decompressed.

    ``codings`` is the value of Content-Encoding (RFC 9110, 8.4), perhaps several separated by commas. Raises
    UnknownCodingError for anything but one of gzip, x-gzip, deflate, identity.
    """

    def __init__(self, codings: str, limit: int) -> None:
        names = [name for part in codings.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
        if len(names) > 1 or not set(names) <= {"gzip", "x-gzip", "deflate"}:
            raise UnknownCodingError(", ".join(names))
        self._coding = names[0] if names else ""
        self._limit = limit
        self._received = 0
        self._content = bytearray()
        self._inflate = zlib.decompressobj(_ZLIB if self._coding == "deflate" else _GZIP) if self._coding else None
        self._has_ended = False

    def feed(self, data: bytes) -> None:
        """Add compressed bytes. Raises TooLargeError, CorruptBodyError."""
        # Empty deflate blocks have no content, so the compressed size is limited too.
        self._received += len(data)
        if self._received > self._limit:
            raise TooLargeError
        for piece in self._decompressed(data):
            self._content += piece[: self._limit - len(self._content) + 1]
            if len(self._content) > self._limit:
                del self._content[self._limit :]
                raise TooLargeError

    def end(self) -> bytes:
        """Return the whole content. Raises CorruptBodyError if it is incomplete."""
        if self._inflate is not None and self._received and not self._has_ended:
            raise CorruptBodyError
        return bytes(self._content)

    @property
    def content(self) -> bytes:
        """The content so far."""
        return bytes(self._content)

    def _decompressed(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield data
            return
        if self._received == len(data) and self._coding == "deflate" and not _is_zlib(data):
            # Some servers send deflate without the zlib wrapping that the name means (RFC 9110, 8.4.1.2).
            self._inflate = zlib.decompressobj(_RAW)
        while data and self._continues_with(data):
            try:
                piece = self._inflate.decompress(data, PIECE)
                yield piece
                # After a full piece more may be buffered inside, although all input is consumed.
                while len(piece) == PIECE and not self._inflate.unconsumed_tail and not self._inflate.eof:
                    piece = self._inflate.decompress(b"", PIECE)
                    yield piece
            except zlib.error as error:
                raise CorruptBodyError from error
            self._has_ended = self._inflate.eof
            data = self._inflate.unused_data if self._has_ended else self._inflate.unconsumed_tail

    def _continues_with(self, data: bytes) -> bool:
        """Whether ``data`` is content: after the end only another member of gzip is (RFC 1952, 2.2).

        Anything else is ignored, as browsers do.
        """
        if self._has_ended and self._coding != "deflate" and data.startswith(b"\x1f\x8b"):
            self._inflate = zlib.decompressobj(_GZIP)
            self._has_ended = False
        return not self._has_ended


def _is_zlib(data: bytes) -> bool:
    """Whether ``data`` begins like RFC 1950, 2.2; the first byte decides if there is no second."""
    if data[0] & 0x0F != 8:
        return False
    return len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0
