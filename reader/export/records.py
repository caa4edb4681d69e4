"""Articles, rows and problems as JSON records, with the field names that documents use. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reader.content.page import Extract, Page
from reader.core.model import Article, Image, Links, Problem, Provider, Related, Row
from reader.core.text import show_path
from reader.core.times import iso_or_none

if TYPE_CHECKING:
    from reader.core.events import FetchResult, Progress
    from reader.core.model import IndexTotals
    from reader.documents.parse import ParsedDocument

Record = dict[str, Any]


def row_record(row: Row, *, has_page: bool | None = None) -> Record:
    """Return an item of ``list --json``; ``has_page`` is None if unknown."""
    return {
        "id": row.id,
        "path": row.path,
        "title": row.title,
        "excerpt": row.excerpt,
        "publishedDateTime": iso_or_none(row.published_at, row.precision),
        "originalUrl": row.links.original or None,
        "webUrl": row.links.web or None,
        "type": row.type or None,
        "quality": row.quality,
        "heat": row.heat,
        **_estimates(row),
        "provider": {"name": row.provider_name or None, "domain": row.provider_domain or None},
        "topics": list(row.topics),
        "authors": list(row.authors),
        **_marks(row),
        "hasPage": has_page,
    }


def page_record(page: Page) -> Record:
    """Return the output of ``show --page --json``."""
    extract = page.extract
    return {
        "id": page.id,
        "way": page.way,
        "url": page.final_url,
        "askedUrl": page.url,
        "fetchedDateTime": iso_or_none(page.fetched_at),
        "checkedDateTime": iso_or_none(page.checked_at),
        "title": extract.title or None,
        "byline": extract.byline or None,
        "site": extract.site or None,
        "publishedDateTime": iso_or_none(extract.published_at),
        "image": None if extract.image is None else _image(extract.image),
        "words": extract.words,
        "markdown": extract.markdown,
    }


def fetch_record(got: FetchResult) -> Record:
    """Return an item of ``fetch --json``; without a page, ``url`` is the one requested first."""
    return {
        "id": got.id,
        "url": got.url or got.requested_url or None,
        "status": got.status,
        "words": got.words,
        "error": f"{got.error} {got.hint}".strip() or None,
        "seconds": round(got.seconds, 3),
    }


def extract_record(extract: Extract, url: str, stub: str) -> Record:
    """Return the output of ``extract --format json``; ``stub`` says what the page is instead of an article."""
    return {
        "url": url or None,
        "title": extract.title or None,
        "byline": extract.byline or None,
        "publishedDateTime": iso_or_none(extract.published_at),
        "site": extract.site or None,
        "image": None if extract.image is None else _image(extract.image),
        "words": extract.words,
        "stub": stub or None,
        "markdown": extract.markdown,
    }


def article_record(article: Article, row: Row | None, *, has_page: bool | None = None) -> Record:
    """Return the output of ``show --json``: every field of the document, and the user's marks from its ``row``.

    A related item that is not a document has no row.
    """
    return {
        "id": row.id if row else None,
        "path": article.path,
        "category": article.category or None,
        "title": article.title,
        "excerpt": article.excerpt,
        "excerptIsFromBody": article.excerpt_is_from_body,
        "publishedDateTime": iso_or_none(article.published_at, article.precision),
        "updatedDateTime": iso_or_none(article.updated_at, article.updated_precision),
        **_links(article.links),
        "type": article.type or None,
        "quality": article.quality,
        "heat": article.heat,
        **(_estimates(row) if row else {}),
        "published": article.published,
        "provider": _provider(article.provider),
        "topics": list(article.topics),
        "authors": list(article.provider.authors),
        **(_marks(row) if row else {}),
        "hasPage": has_page,
        "images": [_image(image) for image in article.images],
        "related": [_related(related) for related in article.related],
        "body": article.body,
        "bodyFormat": article.body_format,
        "secured": article.secured.text if article.secured else None,
        "extra": dict(article.extra),
    }


def problem_record(problem: Problem) -> Record:
    """Return an item of ``check --json``."""
    return {"file": problem.path, "line": problem.line, "field": problem.field or None, "message": problem.message}


def explain_record(parsed: ParsedDocument) -> Record:
    """Return the output of ``check --explain --json``: the value and the origin of each field, and what gave none."""
    from reader.documents.index_record import LANGUAGE_FIELDS, language_of  # lazy: most commands explain nothing

    article = parsed.article
    values: Record = {
        "title": article.title,
        "publishedDateTime": iso_or_none(article.published_at, article.precision),
        "updatedDateTime": iso_or_none(article.updated_at, article.updated_precision),
        "excerpt": article.excerpt,
        **_links(article.links),
        "topics": ", ".join(article.topics),
        "authors": ", ".join(article.provider.authors),
        "site": article.provider.name,
        "images": ", ".join(image.url for image in article.images),
        "lang": language_of(article),
        **{name: getattr(article, name) for name in ("type", "category", "quality", "heat", "published")},
    }
    lang = next((key for name in LANGUAGE_FIELDS for key in article.extra if key.lower() == name), "lang")
    return {
        "file": article.path,
        "fields": {
            name: {"value": value, "from": {"lang": lang, **parsed.origins}.get(name, name)}
            for name, value in values.items()
            if value not in (None, "")
        },
        "missing": [name for name in ("publishedDateTime", "topics", "excerpt", "originalUrl") if not values[name]],
        "unused": [key for key in article.extra if key != lang],
    }


def index_record(folder: Path, progress: Progress, totals: IndexTotals, documents: int) -> Record:
    """Return the output of ``index --json``: the totals, and what this refresh changed."""
    return {
        "folder": show_path(folder),
        "articles": totals.articles,
        "documents": documents,
        "changed": progress.changed,
        "removed": progress.removed,
        "moved": progress.moved,
        "problems": totals.problems,
        "troubled": totals.with_problems,
        "seconds": round(progress.seconds, 3),
    }


def json_array(records: Iterable[Mapping[str, Any]], *, ascii_only: bool = False) -> Iterator[str]:
    """Yield the pieces of a JSON array, one per record, so that a million records need not fit in memory."""
    import json

    separator = "[\n"
    for record in records:
        yield separator + json.dumps(record, ensure_ascii=ascii_only)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def _marks(row: Row) -> Record:
    return {"read": row.read, "starred": row.starred, "tags": list(row.tags)}


def _estimates(row: Row) -> Record:
    return {
        "qualityEstimate": _rounded(row.quality_estimate),
        "heatEstimate": _rounded(row.heat_estimate),
        "story": row.story or None,
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)


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
        "publishedDateTime": iso_or_none(related.published_at, related.precision),
        **_links(related.links),
        "type": related.type or None,
        "provider": _provider(related.provider),
        "quality": related.quality,
        "heat": related.heat,
        "images": [_image(image) for image in related.images],
        "extra": dict(related.extra),
    }
