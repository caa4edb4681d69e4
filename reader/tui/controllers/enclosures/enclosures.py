"""Plays the enclosures of articles in the user's player, and downloads them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from reader.core.errors import ReaderError, describe_error
from reader.core.events import DownloadProgress
from reader.core.text import show_path, truncate
from reader.tui.run_program import run_program
from reader.tui.session import Session

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    from reader.desktop.programs import Command
    from reader.fetching.enclosure_files import EnclosureFile
    from reader.tui.widgets.article_pane.content import ArticleContent

    class Downloader(Protocol):
        """Downloads files; their progress is published by the session."""

        def download(self, url: str, path: Path, *, accepts_pages: bool) -> None:
            """Download a file, or go on with it."""

        def cancel_download(self, path: Path) -> None:
            """Cancel a download."""


_NAME_CELLS = 40
_START = 1024
"""Bytes of a file that tell whether it is a text."""
_PLAYLISTS = "Playlists are not played: they may name any file of yours."
_NO_PLAYER = "Set player in config.toml, such as to mpv, to play it."
_HINT = "Set player in config.toml to a program that is installed, such as mpv."


class EnclosuresController:
    """Lets one of the enclosures of an article be chosen; plays, downloads or cancels it."""

    def __init__(
        self,
        session: Session,
        source: Callable[[], ArticleContent | int | None],
        downloader: Downloader,
        open_url: Callable[[str, str], object],
    ) -> None:
        """``source`` returns what is selected or open, ``open_url`` opens a URL in the browser and also says why."""
        self._session = session
        self._source = source
        self._downloader = downloader
        self._open_url = open_url
        self._running: dict[str, tuple[EnclosureFile, DownloadProgress]] = {}
        """The running downloads by path."""
        session.download_progressed.subscribe(self._follow)

    def open(self) -> None:
        """Open an enclosure of the article in the player: its file if it was downloaded, else its URL."""
        self._choose("Play", self._play)

    def download(self) -> None:
        """Download an enclosure of the article, or cancel its download."""
        self._choose("Download", self._download)

    # Which one.

    def _choose(self, verb: str, then: Callable[[EnclosureFile], Awaitable[None]]) -> None:
        source = self._source()
        if source is None:
            self._session.show_message("There is no article here.", transient=True)
            return
        self._session.gate.hold(for_input=True)
        self._start(partial(self._choose_of, source, verb, then))

    def _start(self, job: Callable[[], Awaitable[None]]) -> None:
        """Start a job that ends with a program, a message or a dialog; keys wait for it."""

        async def release_at_the_end() -> None:
            try:
                await job()
            finally:
                self._session.gate.release(to_input=True)

        self._session.background.start(release_at_the_end, "enclosures", exclusive=False)

    async def _choose_of(
        self, source: ArticleContent | int, verb: str, then: Callable[[EnclosureFile], Awaitable[None]]
    ) -> None:
        from reader.tui.loaders.enclosures import load_enclosures

        session = self._session
        found = await session.background.run(load_enclosures, session.library, source, session.config.fetch)
        if not found:
            session.show_message("This article has no enclosure, such as an episode.", transient=True)
        elif len(found) == 1:
            await then(found[0])
        elif not session.gate.is_closed:
            from reader.tui.screens.choices import Choice, ChoiceScreen

            def chosen(index: int) -> None:
                session.gate.hold()
                self._start(lambda: then(found[index]))

            title = f"{verb} which of the {len(found)} enclosures?"
            choices = [Choice(self._in_words(each)) for each in found]
            session.app.push_screen(ChoiceScreen(title, "enclosure", choices, session.config.keys, chosen))

    def _in_words(self, file: EnclosureFile) -> str:
        running = (("downloading",) if str(file.path) in self._running else ()) + ("downloaded",) * file.is_downloaded
        return " · ".join((*file.enclosure.facts, *running))

    # Playing.

    async def _play(self, file: EnclosureFile) -> None:
        session, player = self._session, self._session.config.player
        if player and file.enclosure.is_playable:
            title = player[0].rpartition("/")[2]
            prepare = partial(_player_command, player, title, file)
            await run_program(session, prepare, title, terminal=session.config.player_terminal)
            return
        why = _NO_PLAYER if file.enclosure.is_playable else _PLAYLISTS if file.enclosure.is_playlist else ""
        if file.is_downloaded:  # what a stranger sent is opened by a program of the user's choice only
            session.show_message(f"Already downloaded: {show_path(file.path)}. {why}".rstrip())
        else:
            self._open_url(file.enclosure.url, why)

    # Downloading.

    async def _download(self, file: EnclosureFile) -> None:
        session, path = self._session, str(file.path)
        if path in self._running:
            self._downloader.cancel_download(file.path)
        elif file.is_downloaded:
            session.show_message(f"Already downloaded: {show_path(file.path)}.", transient=True)
        elif refusal := session.config.fetch.refusal:
            session.show_message(refusal, warning=True)
        else:
            self._running[path] = file, DownloadProgress(path)
            self._publish()
            self._downloader.download(file.enclosure.url, file.path, accepts_pages=file.enclosure.is_page)

    def _follow(self, progress: DownloadProgress) -> None:
        session = self._session
        if progress.path not in self._running:
            return
        file, _ = self._running[progress.path]
        if not progress.finished:
            self._running[progress.path] = file, progress
        else:
            del self._running[progress.path]
            key, name = session.key("enclosure.download"), truncate(file.enclosure.name, _NAME_CELLS)
            if progress.cancelled:
                session.show_message(f"The download was canceled; {key} resumes it.")
            elif progress.error:
                session.show_message(f"“{name}” was not downloaded. {progress.error}", warning=True)
            else:
                plays = f" {session.key('enclosure.open')} plays it." if session.config.player else f" {_NO_PLAYER}"
                session.show_message(f"Downloaded “{name}”.{plays if file.enclosure.is_playable else ''}")
        self._publish()

    def _publish(self) -> None:
        self._session.downloads_changed.publish([progress for _, progress in self._running.values()])


def _player_command(player: tuple[str, ...], title: str, file: EnclosureFile) -> Command:
    """Return the command that plays a URL or file. Raises ReaderError if it cannot, or must not."""
    from reader.content.enclosures import is_text
    from reader.desktop.programs import Command, find_program, with_target

    target = file.enclosure.url
    if file.is_downloaded:
        target = str(file.path)
        try:
            with file.path.open("rb") as opened:
                start = opened.read(_START)
        except OSError as error:
            raise ReaderError(f"{show_path(file.path)} cannot be read: {describe_error(error)}.") from error
        if is_text(start):
            raise ReaderError(f"{show_path(file.path)} is a text, perhaps a playlist.", _PLAYLISTS)
    return Command(with_target(find_program(player, "player in config.toml", _HINT), target), title, None)
