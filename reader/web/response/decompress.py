"""Decompress a body up to a limit.

It may have one coding, gzip or deflate, and is decompressed in pieces: two kilobytes of nested gzip can hold a
gigabyte, which must never be in memory at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from reader.content.html.encodings import codec_for_label
from reader.core.text import clean
from reader.web.errors import BROWSER, error_of_size
from reader.web.responses import FetchError

PIECE = 65_536
"""Bytes that are decompressed at a time."""

_PAGE_END = b"</html"
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class BodyDecoder:
    """Collects a body, up to ``limit`` bytes both compressed and decompressed. Raises FetchError.

    ``codings`` is the value of Content-Encoding (RFC 9110, 8.4), perhaps several separated by commas; only one of
    gzip, x-gzip, deflate is accepted. Names that mean none do not count, nor do charsets, which some servers put there.
    """

    def __init__(self, codings: str, limit: int, host: str) -> None:
        named = (part.strip().lower() for part in codings.split(","))
        names = [name for name in named if name not in {"", "identity", "none"} and not codec_for_label(name)]
        if len(names) > 1 or not set(names) <= {"gzip", "x-gzip", "deflate"}:
            coding = clean(", ".join(names))[:60]
            raise FetchError("protocol", f"its response has an unsupported compression ({coding})", host)
        self._coding = names[0] if names else ""
        self._limit = limit
        self._host = host
        self._received = 0
        self._content = bytearray()
        self.has_page_end = False
        """Whether the content so far has the end tag of a page."""
        self._inflate = zlib.decompressobj(_ZLIB if self._coding == "deflate" else _GZIP) if self._coding else None

    def feed(self, data: bytes) -> None:
        """Add compressed bytes."""
        # Empty deflate blocks have no content, so the compressed size is limited too.
        self._received += len(data)
        if self._received > self._limit:
            raise error_of_size(self._limit, self._host)
        for piece in self._decompressed(data):
            self._content += piece[: self._limit - len(self._content) + 1]
            last = self._content[-len(piece) - len(_PAGE_END) :]
            self.has_page_end = self.has_page_end or _PAGE_END in last.lower()
            if len(self._content) > self._limit:
                del self._content[self._limit :]
                raise error_of_size(self._limit, self._host)

    def end(self) -> bytes:
        """Return the whole content."""
        if self._inflate is not None and self._received and not self._inflate.eof:
            raise self._damaged()
        return bytes(self._content)

    def _damaged(self) -> FetchError:
        return FetchError("protocol", "its response is damaged", self._host, hint=BROWSER)

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
        while data:
            if self._inflate.eof:
                # Only another member of gzip is content (RFC 1952, 2.2). Anything else is ignored, as browsers do.
                if self._coding == "deflate" or not data.startswith(b"\x1f\x8b"):
                    return
                self._inflate = zlib.decompressobj(_GZIP)
            try:
                piece = self._inflate.decompress(data, PIECE)
                yield piece
                # After a full piece more may be buffered inside, although all input is consumed.
                while len(piece) == PIECE and not self._inflate.unconsumed_tail and not self._inflate.eof:
                    piece = self._inflate.decompress(b"", PIECE)
                    yield piece
            except zlib.error:
                raise self._damaged() from None
            data = self._inflate.unused_data or self._inflate.unconsumed_tail


def _is_zlib(data: bytes) -> bool:
    """Whether ``data`` begins like RFC 1950, 2.2; the first byte decides if there is no second."""
    if data[0] & 0x0F != 8:
        return False
    return len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0
