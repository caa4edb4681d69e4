"""Downloads: a file of any size, written piece by piece, from where an earlier download of it ended (RFC 9110, 14).

A part is continued only if the server says by ETag or Last-Modified, and by its size, that it still has the same file.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from reader.web import errors
from reader.web.response import content_type, header_fields
from reader.web.responses import FetchError

ACCEPT = {"Accept-Encoding": "identity"}
"""A part of a compressed body would be of no use."""
_LIMIT = "download_mb under [fetch] in config.toml sets the limit."
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class FileVersion:
    """What a server says about a file, by which it is recognized again."""

    url: str = ""
    """The URL that said so; a redirect may lead to another one the next time."""
    etag: str = ""
    last_modified: str = ""
    size: int = 0
    """The size of the whole file; 0 if the server does not say."""

    @property
    def validator(self) -> str:
        """What a range may depend on: a strong ETag, else the date; empty for none (RFC 9110, 13.1.5)."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified

    def is_same(self, other: FileVersion) -> bool:
        """Whether both are the same file; two of unknown size are not."""
        return bool(self.validator) and self.validator == other.validator and 0 < self.size == other.size


class Sink(Protocol):
    """Where a download is written."""

    limit: int
    """The most bytes that the file may have."""
    accepts_pages: bool
    """Whether the file may be a web page; otherwise one is what a server sends in place of the file."""
    version: FileVersion
    """The version that the bytes are of."""

    @property
    def size(self) -> int:
        """The bytes that are there."""

    async def begin(self, version: FileVersion) -> None:
        """Remove all bytes; those of another version follow."""

    async def write(self, data: bytes) -> None:
        """Append bytes."""


class ChangedError(Exception):
    """The server no longer has the file that the part is of, or sends another range."""


def request_headers(sink: Sink, url: str) -> dict[str, str]:
    """Return the headers of a request for what is missing; only the URL that gave a validator gets it back."""
    version = sink.version
    if not sink.size or not version.validator or not version.size:
        return {**ACCEPT}
    condition = {"If-Range": version.validator} if url == version.url else {}
    return {**ACCEPT, "Range": f"bytes={sink.size}-", **condition}


async def receive(
    sink: Sink, status: int, headers: Mapping[str, str], chunks: AsyncIterator[bytes], *, url: str, host: str,
    patience: float,
) -> None:  # fmt: skip
    """Write the body of a response of status 200, 203, 206 or 416; it may pause for ``patience`` seconds.

    Raises FetchError if it is not acceptable, and ChangedError if the download has to begin again.
    """
    if status == 416:
        raise ChangedError
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise FetchError("protocol", "it compresses the file, which was not asked for", host, hint=errors.BROWSER)
    media_type = content_type.media_type(headers.get("content-type", ""))[0]
    if media_type in content_type.MARKUP and not sink.accepts_pages:
        raise FetchError("not_a_page", "it sends a web page instead of the file", host, hint=errors.OPEN)
    start, total = 0, int(headers.get("content-length", 0))
    if status == 206:
        found = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if found is None or found[3] == "*":
            raise ChangedError
        start, total = int(found[1]), int(found[3])
    version = FileVersion(
        url, header_fields.etag(headers.get("etag", "")),
        header_fields.last_modified(headers.get("last-modified", "")), total,
    )  # fmt: skip
    if status == 206 and not (start == sink.size and version.is_same(sink.version)):
        raise ChangedError
    if total > sink.limit:
        raise errors.error_of_size(sink.limit, host, _LIMIT)
    if status != 206:
        await sink.begin(version)
    await _write_all(sink, chunks, host, patience)
    if total and sink.size != total:
        raise FetchError("protocol", "its response is incomplete", host, hint="Try again later.")
    if not sink.size:  # as a file, it would count as downloaded
        raise FetchError("protocol", "it sends an empty file", host, hint="Try again later.")


async def _write_all(sink: Sink, chunks: AsyncIterator[bytes], host: str, patience: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience) as pause:
            async for chunk in chunks:
                if sink.size + len(chunk) > sink.limit:
                    await sink.begin(FileVersion())  # it would never be complete
                    raise errors.error_of_size(sink.limit, host, _LIMIT)
                pause.reschedule(None)  # the disk may be slow
                await sink.write(chunk)
                pause.reschedule(loop.time() + patience)
    except TimeoutError:
        if not pause.expired():
            raise
        why = f"it has sent nothing for {patience:g} s"
        raise FetchError("timeout", why, host, hint="Try again later.") from None
