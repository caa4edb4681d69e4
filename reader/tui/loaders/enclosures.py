"""The enclosures of an article. For worker threads."""

from __future__ import annotations

from reader.config.settings import FetchSettings
from reader.core.paths import Paths
from reader.fetching.enclosure_files import EnclosureFile, files_of
from reader.library.library import Library
from reader.tui.widgets.article_pane.content import ArticleContent


def load_enclosures(library: Library, source: ArticleContent | int, settings: FetchSettings) -> list[EnclosureFile]:
    """Return the enclosures of a document or of a related item that is none.

    Raises ReaderError if the document cannot be read.
    """
    article = source.article if not isinstance(source, int) else library.articles.load(source)
    return files_of(article, settings, library.paths or Paths.from_environment())
