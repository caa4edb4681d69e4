"""What a program of the user's gets of an article. For worker threads."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from reader.core.text import clean
from reader.core.urls import openable_url
from reader.export.records import article_record
from reader.library.library import Library
from reader.tui.widgets.article_pane.content import ArticleContent


class ProgramInput(NamedTuple):
    """An article as a program gets it."""

    values: dict[str, str]
    """The values of the fields in its arguments, by name."""
    json_line: bytes


def load_input(library: Library, source: ArticleContent | int) -> ProgramInput:
    """Return what a program gets of a document, or of a related item that is none. Raises ReaderError."""
    rowid = source if isinstance(source, int) else source.rowid
    row, path = None, ""
    if rowid is not None:
        article = library.articles.load(rowid)
        row = next(iter(library.articles.rows([rowid])), None)
        name = library.index.path(rowid)
        path = os.fsdecode(os.path.join(os.fsencode(library.folder.root.absolute()), name)) if name else ""
    else:
        assert not isinstance(source, int)
        article = source.article
    record = article_record(
        article, row, has_page=None if row is None else bool(library.pages.which_have_page([row.id]))
    )
    values = {
        "url": openable_url(article.links.best),
        "title": article.title,
        "source": article.source,
        "authors": ", ".join(article.provider.authors),
        "date": record["publishedDateTime"] or "",
        "excerpt": article.excerpt,
        "topics": ", ".join(article.topics),
        "tags": ", ".join(row.tags) if row else "",
        "id": row.id if row else "",
    }
    line = json.dumps({**record, "file": os.fsencode(path).decode("utf-8", "replace") or None}, ensure_ascii=False)
    return ProgramInput({**{name: clean(value) for name, value in values.items()}, "path": path}, line.encode() + b"\n")
