"""Parse document bodies into blocks: short ones in this process, long ones and whole web pages in a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.content.blocks import Block, Paragraph, Span, TextStyle
from reader.content.body import is_whole_page, parse_body
from reader.core.errors import ReaderError
from reader.core.model import BodyFormat
from reader.workers.lazy_sandbox import LazySandbox

if TYPE_CHECKING:
    from reader.workers.sandbox import SandboxLimits

MAX_INLINE = 20_000
"""Characters of a body that is parsed in this process, which takes milliseconds whatever it contains."""


class BodyParser:
    """Parses bodies. Any thread may use it; close it in the end."""

    def __init__(
        self,
        max_inline: int = MAX_INLINE,
        *,
        limits: SandboxLimits | None = None,
        tasks: str = "reader.workers.extract_tasks",
    ) -> None:
        self._max_inline = max_inline
        self.sandbox = LazySandbox(tasks, limits)

    def parse_body(self, body: str, body_format: BodyFormat, url: str = "") -> tuple[Block, ...]:
        """Return the blocks of a body; of a whole web page, those of its article.

        ``url`` is the base of relative addresses. A body that exceeds a limit becomes a paragraph with the reason.
        """
        is_page = body_format == "html" and is_whole_page(body)
        if len(body) <= self._max_inline and not is_page:
            return parse_body(body, body_format, url)
        from reader.content.serialize import from_values  # lazy: few documents are this long

        try:
            return from_values(self.sandbox.call("blocks", body, body_format, url))
        except ReaderError as error:
            return (Paragraph((Span(f"The text of this document cannot be shown. {error}", TextStyle.MUTED),)),)

    def close(self) -> None:
        """End the sandbox; pending calls return a paragraph that says so."""
        self.sandbox.close()
