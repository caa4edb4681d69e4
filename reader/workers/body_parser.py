"""BodyParser of documents -> blocks: short ones at once, long ones and whole web pages in a worker process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from reader.content.blocks import Block, Paragraph, Span, TextStyle
from reader.content.body import is_whole_page, parse_body
from reader.core.errors import ReaderError
from reader.core.model import BodyFormat

if TYPE_CHECKING:
    from reader.workers.sandbox import SandboxPool

SHORT = 20_000
"""Characters of a body that is parsed where it is wanted: milliseconds, whatever is in it."""


class BodyParser:
    """Parses bodies for as many threads as ask; close it when all is done."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._extractor: SandboxPool | None = None
        self._closed = False

    def parse_body(self, body: str, body_format: BodyFormat, url: str = "") -> tuple[Block, ...]:
        """Return what a body consists of; of a whole web page, its article.

        A body that takes too much time or memory is a paragraph that says so. ``url`` is what relative
        addresses are resolved against.
        """
        is_page = body_format == "html" and is_whole_page(body)
        if len(body) <= SHORT and not is_page:
            return parse_body(body, body_format, url)
        return self._by_worker(body, body_format, url)

    def _by_worker(self, *values: str) -> tuple[Block, ...]:
        from reader.content.serialize import from_values  # imported late: few documents are so long

        try:
            return from_values(self._worker().call("blocks", *values))
        except ReaderError as error:
            return (Paragraph((Span(f"The text of this document cannot be shown. {error}", TextStyle.MUTED),)),)

    def _worker(self) -> SandboxPool:
        from reader.workers.sandbox import SandboxPool

        with self._guard:
            if self._extractor is None:
                self._extractor = SandboxPool()
                if self._closed:
                    self._extractor.close()
            return self._extractor

    def close(self) -> None:
        """End the worker, if there is one; whoever waits for it gets what says so."""
        with self._guard:
            self._closed = True
            if self._extractor is not None:
                self._extractor.close()
