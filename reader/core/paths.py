"""The files of newsreader. The only module that names a directory.

The environment variables ``NEWSREADER_CACHE_DIR``, ``NEWSREADER_DATA_DIR`` and ``NEWSREADER_CONFIG_DIR`` move the
directories. Nothing is created here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reader.core.hashing import hash_bytes

_APP = "newsreader"
INDEX_FORMAT = 17
"""Incremented with every change of the index's tables or of the parser's results."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The directories of one user on one machine."""

    cache: Path
    """May be deleted at any time."""
    data: Path
    """Must never be lost."""
    config: Path
    """Edited by the user."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """Return the directories for this environment, by default those of the platform."""
        return cls(*(_place(environ, kind) for kind in ("cache", "data", "config")))

    def index_file(self, folder: Path) -> Path:
        """Return the index file of ``folder``, which must be absolute.

        The format is in its name, so that two versions of newsreader do not rebuild each other's index.
        """
        return self.cache / f"index-{hash_bytes(os.fsencode(folder), 8).hex()}-{INDEX_FORMAT}.db"

    @property
    def pages_file(self) -> Path:
        """The page cache, shared by all folders."""
        return self.cache / "pages.db"

    @property
    def state_file(self) -> Path:
        """The file that holds marks."""
        return self.data / "state.db"

    @property
    def config_file(self) -> Path:
        """The file with the user's settings."""
        return self.config / "config.toml"

    @property
    def rules_file(self) -> Path:
        """The rules file, which both the user and newsreader edit."""
        return self.config / "rules.toml"

    @property
    def views_file(self) -> Path:
        """The saved views file, which both the user and newsreader edit."""
        return self.config / "views.toml"

    @property
    def feeds_file(self) -> Path:
        """The file with the feeds, which both the user and newsreader edit."""
        return self.config / "feeds.toml"

    @property
    def feed_state_file(self) -> Path:
        """What is known about the feeds and their entries."""
        return self.data / "feeds.db"

    @property
    def news_folder(self) -> Path:
        """The default folder for the documents of feeds."""
        return self.data / "news"

    @property
    def trash_folder(self) -> Path:
        """The files that newsreader has removed for the user, for some weeks."""
        return self.data / "trash"

    @property
    def downloads_folder(self) -> Path:
        """The default folder for enclosures that are downloaded."""
        return self.data / "downloads"

    @property
    def log_file(self) -> Path:
        """The log file."""
        return self.cache / "newsreader.log"


def _place(environ: Mapping[str, str], kind: str) -> Path:
    named = environ.get(f"NEWSREADER_{kind.upper()}_DIR", "")
    if named:
        return Path(os.path.expanduser(named))  # leaves unknown users such as "~nobody" alone
    import platformdirs  # lazy: not needed if all three are moved

    return Path(getattr(platformdirs, f"user_{kind}_dir")(_APP, appauthor=False))
