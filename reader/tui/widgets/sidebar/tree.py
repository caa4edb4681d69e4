"""The lines of the sidebar: sections that fold, with lines created on demand. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from reader.core.tokenize import fold_case
from reader.tui.widgets.sidebar.selection import BUILT_IN_VIEWS, VALUE_KINDS, EntryKind, SidebarChoice

INITIAL_ENTRIES = 7
"""How many entries of a section are shown at first."""
_TITLES: Mapping[EntryKind, str] = {
    "view": "Saved views",
    "topic": "Topics",
    "source": "Sources",
    "type": "Types",
    "tag": "Tags",
    "folder": "Folders",
}
_NOTHING = "no matches; Esc shows all"
_NO_VIEWS = "none yet; {} saves one"


class SidebarEntry(NamedTuple):
    """A view or value, and how many articles it has; None if that is not known."""

    value: str
    articles: int | None


class SidebarLine(NamedTuple):
    """A line of the sidebar."""

    what: Literal["entry", "head", "more", "note", "gap"]
    kind: EntryKind
    text: str = ""
    articles: int | None = None
    """The number of articles of an entry, or of entries in a section."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Identifies the line, whatever its numbers are."""
        return self.what, self.kind, "" if self.what in {"head", "more"} else self.text

    @property
    def choice(self) -> SidebarChoice | None:
        """The choice that the line offers, if any."""
        return SidebarChoice(self.kind, self.text) if self.what == "entry" else None


class _Part(NamedTuple):
    """Consecutive lines."""

    before: tuple[SidebarLine, ...]
    entries: Sequence[SidebarEntry]
    shown: int
    """How many of the entries are shown."""
    after: tuple[SidebarLine, ...]
    kind: EntryKind

    @property
    def length(self) -> int:
        """The number of lines."""
        return len(self.before) + self.shown + len(self.after)


class SidebarTree:
    """The lines of the sidebar as a sequence."""

    def __init__(self, *, save_key: str = "w") -> None:
        self._save_key = save_key
        self._entries: dict[EntryKind, Sequence[SidebarEntry]] = {
            "usual": [SidebarEntry(name, None) for name in BUILT_IN_VIEWS],
            "view": [],
        }
        self._folded: set[EntryKind] = set()
        self._unlimited: set[EntryKind] = set()
        """Sections that show all their entries."""
        self._filter = ""
        self._spaced = False
        self._keys: dict[EntryKind, list[str]] = {}
        """The case-folded values that a filter searches, computed on first use."""
        self._parts: list[_Part] = []
        self._starts: list[int] = []
        self._length = 0
        self._lay_out()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: int) -> SidebarLine:
        """Return a line by index."""
        if not 0 <= at < self._length:
            raise IndexError(at)
        number = bisect_right(self._starts, at) - 1
        part, at = self._parts[number], at - self._starts[number]
        if at < len(part.before):
            return part.before[at]
        at -= len(part.before)
        if at < part.shown:
            entry = part.entries[at]
            return SidebarLine("entry", part.kind, entry.value, entry.articles)
        return part.after[at - part.shown]

    def __iter__(self) -> Iterator[SidebarLine]:
        """Yield every line; meant for tests and short trees."""
        return (self[at] for at in range(self._length))

    # Content.

    def set(self, entries: Mapping[EntryKind, Sequence[SidebarEntry]]) -> None:
        """Set the entries of some sections; the others keep theirs."""
        self._entries |= entries
        for kind in entries:
            self._keys.pop(kind, None)
        self._lay_out()

    @property
    def filter(self) -> str:
        """The text that filters the entries, or empty."""
        return self._filter

    def filter_by(self, text: str) -> None:
        """Show only entries that contain ``text``, ignoring case."""
        self._filter = text
        self._lay_out()

    @property
    def folded(self) -> frozenset[EntryKind]:
        """The sections that are folded."""
        return frozenset(self._folded)

    def fold(self, kind: EntryKind, *, folded: bool = True) -> bool:
        """Fold or unfold a section; return whether that changed anything."""
        if kind == "usual" or (kind in self._folded) == folded or self._filter:
            return False
        if folded:
            self._folded.add(kind)
            self._unlimited.discard(kind)
        else:
            self._folded.discard(kind)
        self._lay_out()
        return True

    def show_all(self, kind: EntryKind) -> None:
        """Show all entries of a section."""
        self._unlimited.add(kind)
        self._lay_out()

    def set_spaced(self, *, spaced: bool) -> None:
        """Set whether there is a blank line between sections."""
        if spaced != self._spaced:
            self._spaced = spaced
            self._lay_out()

    # Lookup.

    def find(self, key: tuple[str, str, str]) -> int | None:
        """Return the index of a line, or None."""
        what, kind, text = key
        for start, part in zip(self._starts, self._parts, strict=True):
            if part.kind != kind:
                continue
            for at, line in enumerate(part.before):
                if line.key == key:
                    return start + at
            if what == "entry":
                values = (entry.value for entry in part.entries[: part.shown])
                at = next((at for at, value in enumerate(values) if value == text), -1)
                if at != -1:
                    return start + len(part.before) + at
            for at, line in enumerate(part.after):
                if line.key == key:
                    return start + len(part.before) + part.shown + at
        return None

    def step(self, at: int, lines: int) -> int:
        """Return the index ``lines`` further on, as far as there are lines; never that of a gap."""
        at = max(0, min(at + lines, self._length - 1))
        onwards = 1 if lines >= 0 else -1
        while 0 < at < self._length - 1 and self[at].what == "gap":
            at += onwards
        return at

    def _lay_out(self) -> None:
        kinds: tuple[EntryKind, ...] = ("usual", "view", *VALUE_KINDS)
        self._parts = [part for kind in kinds if (part := self._part(kind)).length]
        if not self._parts:
            nothing = (SidebarLine("note", "usual", _NOTHING),)
            self._parts = [_Part((), (), 0, nothing, "usual")]
        if self._parts[0].before[:1] == (SidebarLine("gap", self._parts[0].kind),):
            self._parts[0] = self._parts[0]._replace(before=self._parts[0].before[1:])
        self._starts, self._length = [], 0
        for part in self._parts:
            self._starts.append(self._length)
            self._length += part.length

    def _part(self, kind: EntryKind) -> _Part:
        entries = self._matching(kind)
        nothing = _Part((), (), 0, (), kind)
        if kind == "usual":
            return _Part((), entries, len(entries), (), kind)
        if not entries and (self._filter or kind != "view"):
            return nothing
        before: tuple[SidebarLine, ...] = (SidebarLine("head", kind, _TITLES[kind], len(entries) or None),)
        if self._spaced:
            before = (SidebarLine("gap", kind), *before)
        if not entries:
            return _Part(before, (), 0, (SidebarLine("note", kind, _NO_VIEWS.format(self._save_key)),), kind)
        if kind in self._folded and not self._filter:
            return _Part(before, (), 0, (), kind)
        # A line "1 more" would need as much space as that entry.
        if kind == "view" or kind in self._unlimited or self._filter or len(entries) <= INITIAL_ENTRIES + 1:
            return _Part(before, entries, len(entries), (), kind)
        more = SidebarLine("more", kind, f"… {len(entries) - INITIAL_ENTRIES:,} more")
        return _Part(before, entries, INITIAL_ENTRIES, (more,), kind)

    def _matching(self, kind: EntryKind) -> Sequence[SidebarEntry]:
        entries = self._entries.get(kind, ())
        folded_filter = fold_case(self._filter)
        if not folded_filter:
            return entries
        if kind not in self._keys:
            self._keys[kind] = [fold_case(entry.value) for entry in entries]
        return [entry for entry, key in zip(entries, self._keys[kind], strict=True) if folded_filter in key]
