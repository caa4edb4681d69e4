"""Articles, rows and problems as plain records for JSON, under the names that documents use. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reader.model import Article, Image, Links, Problem, Provider, Related, Row
from reader.text import show_path
from reader.times import iso

if TYPE_CHECKING:
    from reader.jobs.progress import Progress
    from reader.library.library import Census

Record = dict[str, Any]


def row_record(row: Row) -> Record:
    """Return what ``list --json`` gives for an article."""
    return {
        "id": row.id,
        "path": row.path,
        "title": row.title,
        "excerpt": row.excerpt,
        "publishedDateTime": _time(row.published_at),
        "originalUrl": row.links.original or None,
        "webUrl": row.links.web or None,
        "type": row.type or None,
        "quality": row.quality,
        "heat": row.heat,
        "provider": {"name": row.provider_name or None, "domain": row.provider_domain or None},
        "topics": list(row.topics),
        **_marks(row.read, row.starred, row.tags),
    }


def article_record(
    article: Article, id_: str, *, read: bool = False, starred: bool = False, tags: Sequence[str] = ()
) -> Record:
    """Return what ``show --json`` gives: every field of the document, and the person's marks."""
    return {
        "id": id_,
        "path": article.path,
        "category": article.category or None,
        "title": article.title,
        "excerpt": article.excerpt,
        "publishedDateTime": _time(article.published_at),
        **_links(article.links),
        "type": article.type or None,
        "quality": article.quality,
        "heat": article.heat,
        "published": article.published,
        "provider": _provider(article.provider),
        "topics": list(article.topics),
        **_marks(read, starred, tags),
        "images": [_image(image) for image in article.images],
        "related": [_related(related) for related in article.related],
        "body": article.body,
        "bodyFormat": article.body_format,
        "secured": article.secured.text if article.secured else None,
        "extra": dict(article.extra),
    }


def problem_record(problem: Problem) -> Record:
    """Return what ``check --json`` gives for a problem."""
    return {"file": problem.path, "line": problem.line, "field": problem.field or None, "message": problem.message}


def index_record(folder: Path, progress: Progress, census: Census) -> Record:
    """Return what ``index --json`` gives: what there is now, and what this refresh found."""
    return {
        "folder": show_path(folder),
        "articles": census.articles,
        "documents": census.documents,
        "changed": progress.changed,
        "removed": progress.removed,
        "moved": progress.moved,
        "problems": census.problems,
        "troubled": census.troubled,
        "seconds": round(progress.seconds, 3),
    }


def json_array(records: Iterable[Mapping[str, Any]], *, ascii_only: bool = False) -> Iterator[str]:
    """Yield the pieces of one JSON array, a record at a time, so that a million need not fit in memory."""
    import json

    separator = "[\n"
    for record in records:
        yield separator + json.dumps(record, ensure_ascii=ascii_only)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _marks(read: bool, starred: bool, tags: Sequence[str]) -> Record:
    return {"read": read, "starred": starred, "tags": list(tags)}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _links(links: Links) -> Record:
    return {
        "originalUrl": links.original or None,
        "webUrl": links.web or None,
        "ampWebUrl": links.amp or None,
        "cdnAmpWebUrl": links.cdn_amp or None,
    }


def _image(image: Image) -> Record:
    record: Record = {"url": image.url, "width": image.width, "height": image.height, "isCached": image.is_cached}
    if image.title:
        record["title"] = image.title
    if image.attribution:
        record["attribution"] = image.attribution
    return record


def _provider(provider: Provider) -> Record:
    return {
        "name": provider.name or None,
        "domain": provider.domain or None,
        "images": [_image(image) for image in provider.images],
        "authors": [{"name": name} for name in provider.authors],
    }


def _related(related: Related) -> Record:
    return {
        "title": related.title,
        "excerpt": related.excerpt,
        "publishedDateTime": _time(related.published_at),
        **_links(related.links),
        "type": related.type or None,
        "provider": _provider(related.provider),
        "quality": related.quality,
        "heat": related.heat,
        "images": [_image(image) for image in related.images],
        "extra": dict(related.extra),
    }
