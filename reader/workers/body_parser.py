"""Parse document bodies into blocks: short ones in this process, long ones and whole web pages in a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader.content.blocks import Block, Mark, Paragraph, Span
from reader.content.body import parse_body
from reader.content.markdown.parser import parse_markdown
from reader.content.whole_page import is_whole_page
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
        return self._parse_in_sandbox("document", "blocks", body, body_format, url)

    def parse_page(self, markdown: str, url: str) -> tuple[Block, ...]:
        """Return the blocks of a fetched page; ``url`` is the address it came from."""
        if len(markdown) <= self._max_inline:
            return parse_markdown(markdown, url)
        return self._parse_in_sandbox("page", "markdown", markdown, url)

    def _parse_in_sandbox(self, what: str, task: str, *values: str) -> tuple[Block, ...]:
        from reader.content.serialize import from_plain  # lazy: few documents are this long

        try:
            return from_plain(self.sandbox.call(task, *values))
        except ReaderError as error:
            return (Paragraph((Span(f"The text of this {what} cannot be shown. {error}", Mark.QUIET),)),)

    def close(self) -> None:
        """End the sandbox; pending calls return a paragraph that says so."""
        self.sandbox.close()
