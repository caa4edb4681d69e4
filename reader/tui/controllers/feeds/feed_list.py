"""The feeds of the folder: followed for the sidebar, and changed from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from reader.core.text import clean, format_count, format_list, truncate
from reader.tui.background import WRITES
from reader.tui.prompts import Prompt
from reader.tui.session import Session

if TYPE_CHECKING:
    from reader.feeds.overview import ListedFeed
    from reader.feeds.subscriptions import Subscription
    from reader.storage.sqlite.marks.undo import MarkResult
    from reader.tui.loaders.feed_list import FolderFeeds
    from reader.tui.loaders.feeds import Feed
    from reader.tui.widgets.prompt.completion import Completion
    from reader.tui.widgets.prompt.prompt import PromptLine
    from reader.tui.widgets.sidebar.sections import SidebarLine
    from reader.tui.widgets.sidebar.sidebar import SidebarCommand

_SHOWN = 40
"""Characters of a title in a message."""
_GONE = "It is no longer in your list."


class FeedListController:
    """Loads, follows and changes the feeds that write to the open folder."""

    def __init__(self, session: Session, on_feeds: Callable[[list[ListedFeed], str], object]) -> None:
        """``on_feeds`` gets the feeds, again when they have changed, and the key of one to select once it is there."""
        self._session = session
        self._on_feeds = on_feeds
        self._feeds: list[ListedFeed] = []
        self._opened: FolderFeeds | None = None
        self._is_watching = False

    def begin(self) -> None:
        """Load and follow the feeds, unless that was begun already; a single document has none."""
        files = self._files
        if files is None or self._refusal or self._is_watching:
            return
        self._is_watching = True
        from reader.tui.loaders.feed_list import FeedsWatcher

        watcher = FeedsWatcher(self._session, files, self._take)
        self._session.background.start(partial(self._session.background.run, watcher.watch), "feed list")

    @property
    def _files(self) -> FolderFeeds | None:
        library = self._session.library
        if self._opened is None and library.paths is not None:
            from reader.tui.loaders.feed_list import FolderFeeds

            self._opened = FolderFeeds(library, library.paths)
        return self._opened

    def _take(self, feeds: list[ListedFeed]) -> None:
        self._feeds = feeds
        self._on_feeds(feeds, "")

    def close(self) -> None:
        """Close what is known of feeds."""
        if self._opened is not None:
            self._opened.close()

    # Commands for a line of the sidebar.

    def run_command(self, command: SidebarCommand, line: SidebarLine) -> None:
        """Run a command of the user for a feed or a group of feeds."""
        feeds, what = self._feeds_of(line)
        if not feeds:
            self._session.show_message(_GONE, warning=True)
        elif command == "pause":
            self._pause(feeds, what)
        elif command == "delete":
            self._ask_remove(feeds, what)
        elif line.is_group:
            self._ask_group(line.text)
        else:
            self._ask_settings(feeds[0], truncate(line.text, _SHOWN))

    def _feeds_of(self, line: SidebarLine) -> tuple[list[Subscription], str]:
        """Return the feed, or the feeds of the group, of a line, and what to call them."""
        group, name = line.text if line.is_group else "", truncate(line.text, _SHOWN)
        feeds = [
            each.subscription
            for each in self._feeds
            if (f"{each.subscription.group}/".startswith(f"{group}/") if group else each.subscription.key == line.id)
        ]
        return feeds, f"{format_count(len(feeds), 'feed')} of “{name}”" if group else f"the feed “{name}”"

    def selected(self, line: SidebarLine | None) -> tuple[list[str], str]:
        """Return the keys of the feeds of a line, and what to call them; none and “feeds” if it is about no feed."""
        feeds, what = self._feeds_of(line) if line is not None and line.kind == "feed" else ([], "")
        return [each.key for each in feeds], what if feeds else "feeds"

    def _pause(self, feeds: list[Subscription], what: str) -> None:
        from reader.feeds.changes import with_settings

        is_pause = not all(each.paused for each in feeds)
        act = with_settings((each.key for each in feeds), paused=is_pause)
        self._change(f"{'Paused' if is_pause else 'Resumed'} {what}", act)

    def _ask_remove(self, feeds: list[Subscription], what: str) -> None:
        def describe(line: PromptLine) -> None:
            stays = "The documents stay."
            goes = "Also deletes the documents, except those that you have changed."
            line.show_hint(goes if _is_yes(line.text) else stays)

        def rejects(line: PromptLine) -> bool:
            is_bad = clean(line.text).strip().lower() not in {"", "n", "no", "y", "yes"}
            if is_bad:
                line.hint("Type yes or no; Esc cancels.", warning=True)
            return is_bad

        def remove(text: str) -> None:
            from reader.feeds.changes import without

            deleting = feeds if _is_yes(text) else ()
            self._change(f"Removed {what}", without(each.key for each in feeds), deleting=deleting)

        prompt = Prompt(remove, describe, rejects=rejects, complete=_complete_yes_or_no)
        self._session.prompts.open(prompt, f"Remove {what}. Delete the documents, too? ")

    def _ask_group(self, group: str) -> None:
        def rename(new: str) -> None:
            from reader.feeds.changes import with_group_renamed

            new = "/".join(filter(None, (part.strip() for part in new.split("/"))))
            what = f"Renamed the group “{truncate(group, _SHOWN)}” to “{truncate(new, _SHOWN)}”"
            what = what if new else f"Dissolved the group “{truncate(group, _SHOWN)}”"
            self._change(what, with_group_renamed(group, new))

        def describe(line: PromptLine) -> None:
            line.show_hint("New articles go to the folder of this name. Empty: the feeds are in no group.")

        def rejects(line: PromptLine) -> bool:
            from reader.feeds.subscriptions import setting_problem

            if problem := setting_problem("group", clean(line.text)):
                line.hint(" ".join(problem), warning=True)
            return problem is not None

        self._session.prompts.open(Prompt(rename, describe, rejects=rejects), "Rename the group: ", group)

    def _ask_settings(self, feed: Subscription, name: str) -> None:
        from reader.feeds.changes import parse_settings_line, settings_line

        def change(text: str) -> None:
            from reader.feeds.changes import with_settings

            changes = parse_settings_line(text, feed)
            act = with_settings([feed.key], **changes)
            (changed,) = act([feed])
            renamed = None if changed.key == feed.key else (feed.key, changed.key)
            what = f"Changed {format_list(changes)} of the feed “{name}”"
            self._change(what, act, renamed=renamed)

        prompt = Prompt(change, partial(_describe_settings, feed), rejects=partial(_is_bad, feed), complete=_complete)
        self._session.prompts.open(prompt, f"{name}: ", settings_line(feed))

    # Other commands.

    def add(self, line: SidebarLine | None) -> None:
        """Ask for the address of a feed, or of a page that names feeds, and add it to the group of a selected line."""
        files = self._files
        feeds = {each.subscription.key: each.subscription for each in self._feeds}
        group = "" if line is None else line.text if line.is_group else feeds[line.id].group if line.id in feeds else ""
        if refusal := self._refusal or self._session.config.fetch.refusal:
            self._session.show_message(refusal, warning=True)
        elif files is not None:
            from reader.tui.controllers.feeds.add_feed import AddFeed

            AddFeed(self._session, group, partial(self._add, files, group)).ask()

    def _add(self, files: FolderFeeds, group: str, feed: Feed) -> None:
        from reader.feeds.subscriptions import Subscription

        new = Subscription(feed.url, title=feed.title, group=group, folder=files.folder)
        then = f"{self._session.key('feeds.sync')} fetches it; "
        to = f" to {truncate(group, _SHOWN)}" if group else ""
        newest = f"Its newest entry is “{truncate(feed.newest[0][12:], _SHOWN)}”. " if feed.newest else ""
        what = f"Added the feed “{truncate(feed.title, _SHOWN)}”{to}"
        self._on_feeds(self._feeds, new.key)
        self._change(what, lambda present: [*present, new], then=newest + then)

    def export(self) -> None:
        """Ask for a file, and write the feeds of the folder to it."""
        if refusal := self._refusal:
            self._session.show_message(refusal, transient=True)
            return

        def describe(line: PromptLine) -> None:
            line.show_hint("A new file, in OPML, which other programs read.")

        def export(text: str) -> None:
            self._session.background.start(partial(self._export, text), WRITES, exclusive=False)

        self._session.prompts.open(Prompt(export, describe), "Export the feeds to: ", "~/feeds.opml")

    async def _export(self, text: str) -> None:
        from pathlib import Path

        from reader.feeds.subscriptions import stored_place

        if (files := self._files) is not None and text:
            file = Path(stored_place(text))
            done = await self._session.background.write(files.export, file)
            self._session.set_can_undo(True)
            self._session.show_message(f"{done} {self._session.undo_hint}")

    @property
    def _refusal(self) -> str:
        is_folder = self._session.library.folder.only is None and self._files is not None
        return "" if is_folder else "This is a single document; feeds write to folders."

    def undone(self, step: MarkResult) -> str | None:
        """Do in feeds.toml what was undone or redone, and return the sentence about it; None if it was no feed.

        For worker threads.
        """
        if "feeds" not in step.kinds or (files := self._files) is None:
            return None
        sentence = files.changes().follow(step)
        self._session.background.post(self._take, files.listed())
        return sentence

    def _change(
        self,
        description: str,
        act: Callable[[list[Subscription]], list[Subscription]],
        *,
        renamed: tuple[str, str] | None = None,
        deleting: Iterable[Subscription] = (),
        then: str = "",
    ) -> None:
        """Change the list as a step that can be undone, and show the message about it."""
        files = self._files
        assert files is not None
        keys = [each.key for each in deleting]

        async def job() -> None:
            session = self._session
            changed = await session.background.write(lambda: files.changes().change(description, act, renamed, keys))
            if changed.is_done:
                session.set_can_undo(True)
                also = f", and deleted {format_count(changed.deleted, 'document')}." if keys else "."
                also = f", but not all documents were deleted: {changed.failure}" if changed.failure else also
                words = f"{description}{also} {then}{session.undo_hint}"
                session.show_message(words, warning=bool(changed.failure))
            else:
                session.show_message("Nothing changed.", transient=True)
            self._take(await session.background.run(files.listed))

        self._session.background.start(job, WRITES, exclusive=False)


def _is_yes(text: str) -> bool:
    return clean(text).strip().lower().startswith("y")


def _complete_yes_or_no(text: str, _: int) -> Completion:
    from reader.tui.widgets.prompt.completion import Completion

    return Completion(0, len(text), ("yes", "no"))


def _is_bad(feed: Subscription, line: PromptLine) -> bool:
    from reader.core.errors import ReaderError
    from reader.feeds.changes import parse_settings_line

    try:
        parse_settings_line(clean(line.text), feed)
    except ReaderError as error:
        line.hint(str(error), warning=True)
        return True
    return False


def _describe_settings(feed: Subscription, line: PromptLine) -> None:
    """Say what is wrong with the settings, or what the one at the cursor does."""
    if not _is_bad(feed, line):
        from reader.config.feed_settings import BY_NAME

        words = line.text[: line.input.cursor_position].split()
        names = [name for word in words if (name := word.partition("=")[0]) in BY_NAME and "=" in word]
        line.show_hint(f"{names[-1]}: {BY_NAME[names[-1]].help}" if names else "Settings have the form name=value.")


def _complete(text: str, cursor: int) -> Completion:
    """Complete the name of a setting."""
    from reader.config.feed_settings import BY_NAME
    from reader.feeds.changes import NOT_ON_A_LINE
    from reader.tui.widgets.prompt.completion import NO_COMPLETION, Completion, starting_with

    start = text.rfind(" ", 0, cursor) + 1
    word = text[start:cursor]
    unused = (f"{name}=" for name in BY_NAME if name not in NOT_ON_A_LINE and f"{name}=" not in text)
    return NO_COMPLETION if "=" in word else Completion(start, cursor, tuple(starting_with(word, unused)))
