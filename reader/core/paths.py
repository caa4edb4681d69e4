"""Where files of ours live. The only module that names a directory.

Each directory can be moved by an environment variable, which tests, portable
set-ups and people with opinions use: ``NEWSREADER_CACHE_DIR``,
``NEWSREADER_DATA_DIR``, ``NEWSREADER_CONFIG_DIR``. Nothing is created here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_APP = "newsreader"


@dataclass(frozen=True, slots=True)
class Paths:
    """The directories of one person on one machine."""

    cache: Path
    """May vanish at any time."""
    data: Path
    """Must never be lost."""
    config: Path
    """Written by the person."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """Return the directories for this environment; the platform's own unless moved."""
        return cls(*(_place(environ, kind) for kind in ("cache", "data", "config")))

    def index_file(self, folder: Path) -> Path:
        """Return the index file of ``folder``, which must be absolute."""
        import hashlib  # imported late, as above: it brings a library of cryptography with it

        name = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
        return self.cache / f"index-{name}.db"

    @property
    def pages_file(self) -> Path:
        """The file of fetched pages, of all folders: an article is the same in each of them."""
        return self.cache / "pages.db"

    @property
    def state_file(self) -> Path:
        """The file that holds marks."""
        return self.data / "state.db"

    @property
    def config_file(self) -> Path:
        """The file a person may write settings in."""
        return self.config / "config.toml"

    @property
    def views_file(self) -> Path:
        """The file of saved views, which a person may write in and newsreader does too."""
        return self.config / "views.toml"

    @property
    def log_file(self) -> Path:
        """The file that tracebacks go to."""
        return self.cache / "newsreader.log"


def _place(environ: Mapping[str, str], kind: str) -> Path:
    named = environ.get(f"NEWSREADER_{kind.upper()}_DIR", "")
    if named:
        return Path(os.path.expanduser(named))  # which leaves "~nobody" as it is
    import platformdirs  # imported late: whoever has moved all three does not wait for it

    find = {
        "cache": platformdirs.user_cache_dir, "data": platformdirs.user_data_dir, "config": platformdirs.user_config_dir
    }[kind]  # fmt: skip
    return Path(find(_APP, appauthor=False))
