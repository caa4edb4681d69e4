"""The lines of the sidebar: sections that fold. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from reader.core.tokenize import fold_case
from reader.tui.widgets.sidebar.selection import BUILT_IN_VIEWS, KINDS, EntryKind, SidebarChoice

INITIAL_ENTRIES = 7
"""How many entries of a section are shown at first."""
_TITLES: Mapping[EntryKind, str] = {
    "view": "Saved views",
    "topic": "Topics",
    "source": "Sources",
    "author": "Authors",
    "type": "Types",
    "tag": "Tags",
    "folder": "Folders",
}


class SidebarLine(NamedTuple):
    """A line of the sidebar."""

    what: Literal["entry", "head", "more", "note", "gap"]
    kind: EntryKind
    text: str = ""
    articles: int | None = None
    """The number of articles of an entry, or of entries in a section; None if it is not known."""
    unread: int | None = None
    """How many of the articles are unread; None if that is not known."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Identifies the line, whatever its numbers are."""
        return self.what, self.kind, "" if self.what in {"head", "more"} else self.text

    @property
    def is_saved_view(self) -> bool:
        """Whether the line is that of a saved view, which can be renamed, deleted and moved."""
        return self.what == "entry" and self.kind == "view"

    @property
    def choice(self) -> SidebarChoice | None:
        """The choice that the line offers, if any."""
        return SidebarChoice(self.kind, self.text) if self.what == "entry" else None


class SidebarTree:
    """Creates the lines of the sidebar from its entries."""

    def __init__(self, *, save_key: str = "w") -> None:
        self.lines: list[SidebarLine] = []
        self.filter = ""
        """The text that filters the entries, or empty."""
        self.folded: set[EntryKind] = set()
        """The sections that are folded."""
        self._no_views = SidebarLine("note", "view", f"none yet; {save_key} saves one")
        self._entries: dict[EntryKind, Sequence[SidebarLine]] = {}
        self._unlimited: set[EntryKind] = set()
        """Sections that show all their entries."""
        self.is_spaced = False
        self._keys: dict[EntryKind, list[str]] = {}
        """The case-folded values that a filter searches, computed on first use."""
        self.set({"usual": [SidebarLine("entry", "usual", name) for name in BUILT_IN_VIEWS]})

    # Content.

    def set(self, entries: Mapping[EntryKind, Sequence[SidebarLine]]) -> None:
        """Set the entries of some sections; the others keep theirs."""
        self._entries |= entries
        for kind in entries:
            self._keys.pop(kind, None)
        self._lay_out()

    def filter_by(self, text: str) -> None:
        """Show only entries that contain ``text``, ignoring case."""
        self.filter = text
        self._lay_out()

    def can_fold(self, kind: EntryKind, *, folded: bool = True) -> bool:
        """Return whether a section can be folded or unfolded now."""
        return kind != "usual" and (kind in self.folded) != folded and not self.filter

    def fold(self, kind: EntryKind, *, folded: bool = True) -> bool:
        """Fold or unfold a section; return whether that changed anything."""
        if not self.can_fold(kind, folded=folded):
            return False
        self.folded ^= {kind}
        self._unlimited.discard(kind)
        self._lay_out()
        return True

    def show_all(self, kind: EntryKind) -> None:
        """Show all entries of a section."""
        self._unlimited.add(kind)
        self._lay_out()

    def set_spaced(self, *, spaced: bool) -> None:
        """Set whether there is a blank line between sections."""
        self.is_spaced = spaced
        self._lay_out()

    # Lookup.

    def find(self, key: tuple[str, str, str]) -> int | None:
        """Return the index of the line with this :attr:`SidebarLine.key`, or None."""
        return next((index for index, line in enumerate(self.lines) if line.key == key), None)

    def step(self, index: int, lines: int) -> int:
        """Return the index ``lines`` further on, as far as there are lines; never that of a gap."""
        last = len(self.lines) - 1
        index = max(0, min(index + lines, last))
        while 0 < index < last and self.lines[index].what == "gap":
            index += 1 if lines >= 0 else -1
        return index

    def _lay_out(self) -> None:
        self.lines = []
        for kind in KINDS:
            section = self._section(kind)
            if section and self.lines and self.is_spaced:
                self.lines.append(SidebarLine("gap", kind))
            self.lines += section
        self.lines = self.lines or [SidebarLine("note", "usual", "no matches; Esc shows all")]

    def _section(self, kind: EntryKind) -> Sequence[SidebarLine]:
        entries = self._matching(kind)
        if kind == "usual" or not (entries or (kind == "view" and not self.filter)):
            return entries
        head = SidebarLine("head", kind, _TITLES[kind], len(entries) or None)
        if not entries:
            return head, self._no_views
        if kind in self.folded and not self.filter:
            return (head,)
        # A line "1 more" would need as much space as that entry.
        if kind == "view" or kind in self._unlimited or self.filter or len(entries) <= INITIAL_ENTRIES + 1:
            return head, *entries
        more = SidebarLine("more", kind, f"… {len(entries) - INITIAL_ENTRIES:,} more")
        return head, *entries[:INITIAL_ENTRIES], more

    def _matching(self, kind: EntryKind) -> Sequence[SidebarLine]:
        entries = self._entries.get(kind, ())
        folded_filter = fold_case(self.filter)
        if not folded_filter:
            return entries
        if kind not in self._keys:
            self._keys[kind] = [fold_case(entry.text) for entry in entries]
        return [entry for entry, key in zip(entries, self._keys[kind], strict=True) if folded_filter in key]
