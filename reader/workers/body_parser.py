"""Parse document bodies into blocks: short ones in this process, long ones and whole web pages in a sandbox."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from reader.content.blocks import Block, Paragraph, Span, TextStyle
from reader.content.body import is_whole_page, parse_body
from reader.core.errors import ReaderError
from reader.core.model import BodyFormat

if TYPE_CHECKING:
    from reader.workers.sandbox import SandboxLimits, SandboxPool

MAX_INLINE = 20_000
"""Maximum characters of a body that is parsed in this process, which takes milliseconds for any content."""


class BodyParser:
    """Parses bodies. Any thread may use it; close it at the end."""

    def __init__(
        self,
        max_inline: int = MAX_INLINE,
        *,
        limits: SandboxLimits | None = None,
        tasks: str = "reader.workers.extract_tasks",
    ) -> None:
        self._max_inline = max_inline
        self._limits = limits
        self._tasks = tasks
        self._guard = threading.Lock()
        self._closed = False
        self._pool: SandboxPool | None = None
        self.in_sandbox: list[str] = []
        """The bodies that the sandbox is parsing; it has a time limit."""

    def parse_body(self, body: str, body_format: BodyFormat, url: str = "") -> tuple[Block, ...]:
        """Return the blocks of a body; of a whole web page, those of its article.

        ``url`` is the base of relative URLs. A body that exceeds a limit becomes a paragraph with the reason.
        """
        is_page = body_format == "html" and is_whole_page(body)
        if len(body) <= self._max_inline and not is_page:
            return parse_body(body, body_format, url)
        from reader.content.blocks import from_values  # lazy: few documents are this long

        self.in_sandbox.append(body)
        try:
            return from_values(self._sandbox().call("blocks", body, body_format, url))
        except ReaderError as error:
            return (Paragraph((Span(f"The text of this document cannot be shown. {error}", TextStyle.MUTED),)),)
        finally:
            self.in_sandbox.remove(body)

    def _sandbox(self) -> SandboxPool:
        from reader.workers.sandbox import SandboxPool

        with self._guard:
            if self._pool is None:
                self._pool = SandboxPool(limits=self._limits, tasks=self._tasks)
                if self._closed:
                    self._pool.close()
            return self._pool

    def close(self) -> None:
        """End the sandbox; pending calls return a paragraph that says so."""
        with self._guard:
            self._closed = True
            if self._pool is not None:
                self._pool.close()
