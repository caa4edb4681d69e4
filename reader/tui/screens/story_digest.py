"""The digest of a story: what its sources say, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reader.core.text import truncate
from reader.stories.model import Digest
from reader.tui.screens.listings import NOTHING, ListingScreen
from reader.tui.widgets.stories.digest_lines import digest_heading, digest_lines
from reader.tui.widgets.text.lines import Line

_LONGEST_HEADING = 200


class DigestScreen(ListingScreen):
    """The excerpts of a story by source."""

    def __init__(self, digest: Digest, keymap: Mapping[str, str]) -> None:
        super().__init__(truncate(digest_heading(digest), _LONGEST_HEADING), keymap)
        self._digest = digest

    def lines_for(self, words: Sequence[str], width: int) -> tuple[Line, ...]:
        """Return what most sources say, then what each says."""
        return digest_lines(self._digest, words, width) or NOTHING
