"""Where the documents of feeds go."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reader.core.hashing import hash_bytes
from reader.core.text import clean
from reader.documents.writing import cut_bytes
from reader.feeds.subscriptions import Subscription

_FOLDER_BYTES = 60
_LEVELS = 4
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|node_modules)(?:\.|$)", re.IGNORECASE)
"""Names that mean devices on Windows, and one that the reader skips."""


@dataclass(frozen=True, slots=True)
class FeedFolders:
    """Where documents go."""

    news: Path
    """The folder for feeds that name none."""

    def root(self, subscription: Subscription) -> Path:
        """Return the folder of a feed, absolute."""
        named = Path(subscription.folder).expanduser() if subscription.folder else self.news
        return Path(os.path.abspath(named))


def subscribed_in(feeds: Sequence[Subscription], folders: FeedFolders, root: Path) -> list[Subscription]:
    """Return the feeds whose documents are in a folder."""
    real = os.path.realpath(root)
    return [each for each in feeds if os.path.realpath(folders.root(each)) == real]


def folders_of(subscriptions: Sequence[Subscription]) -> dict[str, str]:
    """Return the folder for the documents of each feed by its key: its group, then its name, and no two equal."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for each in subscriptions:
        levels = [name for part in each.group.split("/") if (name := folder_name(part))][:_LEVELS]
        folder = "/".join((*levels, folder_name(each.name) or "feed"))
        if folder.casefold() in taken:
            folder += "-" + hash_bytes(each.key.encode(), 4).hex()
        taken.add(folder.casefold())
        found[each.key] = folder
    return found


def folder_name(text: str) -> str:
    """Return a text as the name of a folder that every file system takes; may be empty."""
    whole = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", clean(text)))
    name = "".join(char if char.isalnum() or char in " -_.,+&'()" else " " for char in whole)
    name = cut_bytes(" ".join(name.split()).lstrip(". -_"), _FOLDER_BYTES).rstrip(". ")
    return f"{name} -" if _RESERVED.match(name) else name
