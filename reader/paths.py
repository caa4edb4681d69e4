"""Where files of ours live. The only module that names a directory.

Each directory can be moved by an environment variable, which tests, portable
set-ups and people with opinions use: ``NEWSREADER_CACHE_DIR``,
``NEWSREADER_DATA_DIR``, ``NEWSREADER_CONFIG_DIR``. Nothing is created here.
"""

from __future__ import annotations

import hashlib
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
    def of(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """Return the directories for this environment; the platform's own unless moved."""
        import platformdirs  # imported late: importing this module should cost nothing

        def moved(name: str, usual: str) -> Path:
            named = environ.get(name, "")
            return Path(os.path.expanduser(named)) if named else Path(usual)  # which leaves "~nobody" as it is

        return cls(
            cache=moved("NEWSREADER_CACHE_DIR", platformdirs.user_cache_dir(_APP, appauthor=False)),
            data=moved("NEWSREADER_DATA_DIR", platformdirs.user_data_dir(_APP, appauthor=False)),
            config=moved("NEWSREADER_CONFIG_DIR", platformdirs.user_config_dir(_APP, appauthor=False)),
        )

    def index(self, folder: Path) -> Path:
        """Return the index file of ``folder``, which must be absolute."""
        name = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
        return self.cache / f"index-{name}.db"

    @property
    def state(self) -> Path:
        """The file that holds marks."""
        return self.data / "state.db"

    @property
    def config_file(self) -> Path:
        """The file a person may write settings in."""
        return self.config / "config.toml"

    @property
    def log(self) -> Path:
        """The file that tracebacks go to."""
        return self.cache / "newsreader.log"
