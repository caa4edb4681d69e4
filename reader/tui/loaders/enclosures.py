"""The enclosures of an article, and where they are downloaded to. For worker threads."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from reader.content.enclosures import Enclosure, enclosures_of
from reader.core.paths import Paths
from reader.documents.writing import slug
from reader.library.library import Library
from reader.tui.widgets.article_pane.content import ArticleContent


class EnclosureFile(NamedTuple):
    """An enclosure and its file."""

    enclosure: Enclosure
    path: Path
    is_downloaded: bool


def load_enclosures(library: Library, source: ArticleContent | int, downloads: str) -> list[EnclosureFile]:
    """Return the enclosures of a document or of a related item that is none; ``downloads`` is the folder that is set.

    Raises ReaderError if the document cannot be read.
    """
    article = source.article if not isinstance(source, int) else library.articles.load(source)
    folder = Path(downloads).expanduser() if downloads else (library.paths or Paths.from_environment()).downloads_folder
    day = f"{article.published_at:%Y-%m-%d}-" if article.published_at and article.precision in {"time", "day"} else ""
    files = ((each, folder / each.file_name(f"{day}{slug(article.title)}")) for each in enclosures_of(article.extra))
    return [EnclosureFile(each, path, path.is_file()) for each, path in files]
