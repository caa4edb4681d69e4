"""The lines of the pane of views: sections that fold, with only as many lines made as are looked at. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from reader.core.tokenize import fold_case
from reader.tui.widgets.sidebar.selection import USUAL, VALUE_KINDS, EntryKind, SidebarChoice

FIRST = 7
"""So many values of a section show at first."""
_TITLES: Mapping[EntryKind, str] = {
    "view": "Saved views",
    "topic": "Topics",
    "source": "Sources",
    "type": "Types",
    "tag": "Tags",
    "folder": "Folders",
}
_NOTHING = "nothing; Esc shows all"
_NO_VIEWS = "none yet: {} saves a query"


class SidebarEntry(NamedTuple):
    """Something that can be chosen, and how many articles it has; None when that is not known."""

    value: str
    articles: int | None


class SidebarLine(NamedTuple):
    """A line of the pane."""

    what: Literal["entry", "head", "more", "note", "gap"]
    kind: EntryKind
    text: str = ""
    articles: int | None = None
    """How many articles an entry has, or how many entries a section."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this line from others, whatever has become of its numbers."""
        return self.what, self.kind, "" if self.what in {"head", "more"} else self.text

    @property
    def choice(self) -> SidebarChoice | None:
        """What the line stands for, if that can be chosen."""
        return SidebarChoice(self.kind, self.text) if self.what == "entry" else None


class _Part(NamedTuple):
    """Lines that follow one another."""

    before: tuple[SidebarLine, ...]
    entries: Sequence[SidebarEntry]
    shown: int
    """So many of the entries."""
    after: tuple[SidebarLine, ...]
    kind: EntryKind

    @property
    def length(self) -> int:
        """How many lines they are."""
        return len(self.before) + self.shown + len(self.after)


class SidebarTree:
    """What the pane shows; a sequence of lines."""

    def __init__(self, *, save_key: str = "w") -> None:
        self._save_key = save_key
        self._entries: dict[EntryKind, Sequence[SidebarEntry]] = {
            "usual": [SidebarEntry(name, None) for name in USUAL],
            "view": [],
        }
        self._folded: set[EntryKind] = set()
        self._whole: set[EntryKind] = set()
        """Sections of which all entries show."""
        self._filter = ""
        self._airy = False
        self._keys: dict[EntryKind, list[str]] = {}
        """What a filter looks at, made when one is written."""
        self._parts: list[_Part] = []
        self._starts: list[int] = []
        self._length = 0
        self._lay_out()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: int) -> SidebarLine:
        """Return a line by its place, from 0 on."""
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
        """Yield every line; for tests, and for sections that are short."""
        return (self[at] for at in range(self._length))

    # What it shows.

    def set(self, entries: Mapping[EntryKind, Sequence[SidebarEntry]]) -> None:
        """Show these entries in their order; kinds that are not named stay as they are."""
        self._entries |= entries
        for kind in entries:
            self._keys.pop(kind, None)
        self._lay_out()

    @property
    def filter(self) -> str:
        """What entries have in them, or empty."""
        return self._filter

    def filter_by(self, text: str) -> None:
        """Show only entries with this text in them, in whatever case, of every section."""
        self._filter = text
        self._lay_out()

    @property
    def folded(self) -> frozenset[EntryKind]:
        """The sections that are folded."""
        return frozenset(self._folded)

    def fold(self, kind: EntryKind, *, folded: bool = True) -> bool:
        """Fold a section, or unfold it; return whether that changes anything."""
        if kind == "usual" or (kind in self._folded) == folded or self._filter:
            return False
        if folded:
            self._folded.add(kind)
            self._whole.discard(kind)
        else:
            self._folded.discard(kind)
        self._lay_out()
        return True

    def show_whole(self, kind: EntryKind) -> None:
        """Show all entries of a section."""
        self._whole.add(kind)
        self._lay_out()

    def set_airy(self, *, airy: bool) -> None:
        """Have an empty line between sections, or none."""
        if airy != self._airy:
            self._airy = airy
            self._lay_out()

    # Where something is.

    def find(self, key: tuple[str, str, str]) -> int | None:
        """Return the place of a line, or None."""
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
        """Return the place so many lines on from ``at``, or as far as there are any; not between sections."""
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
        if self._airy:
            before = (SidebarLine("gap", kind), *before)
        if not entries:
            return _Part(before, (), 0, (SidebarLine("note", kind, _NO_VIEWS.format(self._save_key)),), kind)
        if kind in self._folded and not self._filter:
            return _Part(before, (), 0, (), kind)
        # A line that says "1 more" would take the place of the one.
        if kind == "view" or kind in self._whole or self._filter or len(entries) <= FIRST + 1:
            return _Part(before, entries, len(entries), (), kind)
        more = SidebarLine("more", kind, f"… {len(entries) - FIRST:,} more")
        return _Part(before, entries, FIRST, (more,), kind)

    def _matching(self, kind: EntryKind) -> Sequence[SidebarEntry]:
        entries = self._entries.get(kind, ())
        wanted = fold_case(self._filter)
        if not wanted:
            return entries
        if kind not in self._keys:
            self._keys[kind] = [fold_case(entry.value) for entry in entries]
        return [entry for entry, key in zip(entries, self._keys[kind], strict=True) if wanted in key]
