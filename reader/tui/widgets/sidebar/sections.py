"""The lines of the sidebar: sections that fold. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from reader.core.tokenize import fold_case
from reader.tui.widgets.sidebar.selection import BUILT_IN_VIEWS, KINDS, EntryKind, SidebarChoice

if TYPE_CHECKING:
    from reader.tui.keys.actions import KeyContext

INITIAL_ENTRIES = 7
"""How many entries of a section are shown at first."""
MANY_FEEDS = 20
"""If there are more feeds, their groups are folded at first, and no more lines of them are shown."""
FAILED = "!"
"""The sign of a feed that failed."""
_OPEN = "open "
"""Precedes the id of a group that was unfolded although there are many feeds."""
_TITLES: Mapping[EntryKind, str] = {
    "view": "Saved views",
    "feed": "Feeds",
    "topic": "Topics",
    "source": "Sources",
    "author": "Authors",
    "type": "Types",
    "tag": "Tags",
    "folder": "Folders",
}


LineKey: TypeAlias = tuple[str, str, str]
"""Identifies a line, whatever its numbers are."""


class SidebarLine(NamedTuple):
    """A line of the sidebar."""

    what: Literal["entry", "head", "more", "note", "gap"]
    kind: EntryKind
    text: str = ""
    articles: int | None = None
    """The number of articles of an entry, or of entries in a section; None if it is not known."""
    unread: int | None = None
    """How many of the articles are unread; None if that is not known."""
    id: str = ""
    """What tells a feed or a group of feeds apart from others, whose names it may share."""
    group: str = ""
    """The id of the group that a feed is in; that of a group is its own."""
    folders: tuple[str, ...] = ()
    """The folders of a feed or group."""
    sign: str = ""
    """Says that something is unusual about a feed; ``words`` explain it."""
    words: str = ""

    @property
    def key(self) -> LineKey:
        """What identifies the line."""
        return self.what, self.kind, "" if self.what in {"head", "more"} else self.id or self.text

    @property
    def key_context(self) -> KeyContext:
        """Which keys the key bar shows for the line."""
        if self.what != "entry":
            return "entries"
        return "feed" if self.kind == "feed" else "views" if self.kind == "view" else "entries"

    @property
    def is_group(self) -> bool:
        """Whether the line is that of a group of feeds."""
        return bool(self.group) and self.group == self.id

    @property
    def choices(self) -> tuple[SidebarChoice, ...]:
        """The choices that the line offers together, if any."""
        if self.what != "entry":
            return ()
        if self.kind == "feed":
            return tuple(SidebarChoice("folder", folder) for folder in self.folders)
        return (SidebarChoice(self.kind, self.text),)


def group_id(name: str) -> str:
    """Return the id of the line of a group of feeds; empty for feeds in no group."""
    return f"feed/{name}" if name else ""


class SidebarTree:
    """Creates the lines of the sidebar from its entries."""

    def __init__(self, *, save_key: str = "w") -> None:
        self.lines: list[SidebarLine] = []
        self.filter = ""
        """The text that filters the entries, or empty."""
        self.folded: set[str] = set()
        """The sections and groups that are folded, and the groups that are not although there are many feeds."""
        self._no_views = SidebarLine("note", "view", f"none yet; {save_key} saves one")
        self._entries: dict[EntryKind, Sequence[SidebarLine]] = {}
        self._unlimited: set[str] = set()
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

    def renamed(self, line: SidebarLine, feeds: Sequence[SidebarLine] | None) -> LineKey | None:
        """Return what the line of a feed or group is called in new ``feeds``, which do not have it; None if nothing."""
        before = {each.id: each for each in self._entries.get("feed", ())}
        now = {each.id: each for each in feeds or ()}
        if line.id not in before or line.id in now:
            return None
        if line.is_group:  # where its first feed is now
            inside = (each for each in before.values() if each.group == line.id and not each.is_group)
            new = next((now[each.id].group for each in inside if each.id in now), "")
        else:
            gone, come = before.keys() - now.keys(), now.keys() - before.keys()
            new = next(iter(come)) if len(gone) == len(come) == 1 else ""
        return ("entry", "feed", new) if new else None

    def filter_by(self, text: str) -> None:
        """Show only entries that contain ``text``, ignoring case, with their groups, or all feeds of a group."""
        self.filter = text
        self._lay_out()

    def matches(self, line: SidebarLine) -> bool:
        """Return whether an entry contains the filter itself, rather than its group or feeds."""
        return line.what == "entry" and fold_case(self.filter) in fold_case(line.text)

    def is_folded(self, part: str) -> bool:
        """Return whether a section, or a group by its id, is folded."""
        if part in self.folded or part in KINDS:
            return part in self.folded
        return len(self._entries.get("feed", ())) > MANY_FEEDS and _OPEN + part not in self.folded

    def part_of(self, line: SidebarLine, *, folded: bool) -> str:
        """Return what is folded or unfolded at a line: the group of a feed if possible, else the section."""
        return line.group if line.group and self.can_fold(line.group, folded=folded) else line.kind

    def can_fold(self, part: str, *, folded: bool = True) -> bool:
        """Return whether a section or group can be folded or unfolded now."""
        return part != "usual" and self.is_folded(part) != folded and not self.filter

    def fold(self, part: str, *, folded: bool = True) -> bool:
        """Fold or unfold a section or group; return whether that changed anything."""
        if not self.can_fold(part, folded=folded):
            return False
        self.folded -= {part, _OPEN + part}
        if folded:
            self.folded.add(part)
        elif part not in KINDS:
            self.folded.add(_OPEN + part)
        self._unlimited.discard(part)
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

    def find(self, key: LineKey) -> int | None:
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
        number, limit = len(entries), INITIAL_ENTRIES
        if kind == "feed":
            number, limit = sum(not each.is_group for each in entries), MANY_FEEDS
        head = SidebarLine("head", kind, _TITLES[kind], number or None)
        if not entries:
            return head, self._no_views
        if kind in self.folded and not self.filter:
            return (head,)
        if kind == "feed" and not self.filter:
            entries = [each for each in entries if each.is_group or not each.group or not self.is_folded(each.group)]
        # A line "1 more" would need as much space as that entry.
        if kind == "view" or kind in self._unlimited or self.filter or len(entries) <= limit + 1:
            return head, *entries
        more = SidebarLine("more", kind, f"… {len(entries) - limit:,} more")
        return head, *entries[:limit], more

    def _matching(self, kind: EntryKind) -> Sequence[SidebarLine]:
        entries = self._entries.get(kind, ())
        folded_filter = fold_case(self.filter)
        if not folded_filter:
            return entries
        if kind not in self._keys:
            self._keys[kind] = [fold_case(entry.text) for entry in entries]
        found = [entry for entry, key in zip(entries, self._keys[kind], strict=True) if folded_filter in key]
        if kind != "feed":
            return found
        inside = {entry.group for entry in found if entry.is_group}
        keys = {entry.id for entry in found} | {entry.group for entry in found}
        return [entry for entry in entries if entry.id in keys or (entry.group and entry.group in inside)]
