"""Where the enclosures of articles are downloaded to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from reader.config.settings import FetchSettings
from reader.content.enclosures import Enclosure, enclosures_of
from reader.core.model import Article
from reader.core.paths import Paths
from reader.documents.writing import slug


class EnclosureFile(NamedTuple):
    """An enclosure and its file."""

    enclosure: Enclosure
    path: Path
    is_downloaded: bool


def files_of(article: Article, settings: FetchSettings, paths: Paths) -> list[EnclosureFile]:
    """Return the enclosures of an article. Waits for the disk."""
    folder = Path(settings.downloads).expanduser() if settings.downloads else paths.downloads_folder
    day = f"{article.published_at:%Y-%m-%d}-" if article.published_at and article.precision in {"time", "day"} else ""
    files = ((each, folder / each.file_name(f"{day}{slug(article.title)}")) for each in enclosures_of(article.extra))
    return [EnclosureFile(each, path, path.is_file()) for each, path in files]
