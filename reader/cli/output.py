"""What commands print on stdout: tables, TSV, JSON and article text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from reader.core.model import Precision
from reader.core.text import format_count, stable_width
from reader.core.times import format_iso, format_partial, to_local
from reader.exit import print_notice

if TYPE_CHECKING:
    from datetime import datetime

    from reader.content.page import Page
    from reader.core.model import Article, Row
    from reader.library.library import Library

printed_anything = False
"""Whether the running command has printed output, so that it can no longer start over."""


def out(text: str) -> None:
    """Write to stdout."""
    global printed_anything  # noqa: PLW0603 - one command per process
    printed_anything = True
    sys.stdout.write(text)


def print_json(record: dict[str, Any], *, indent: int | None = 2) -> None:
    """Print one JSON object."""
    import json

    out(json.dumps(record, ensure_ascii=_ascii_only(), indent=indent) + "\n")


def print_json_array(records: Iterable[dict[str, Any]]) -> None:
    """Print one array of JSON objects, as they come."""
    from reader.export.records import json_array

    for piece in json_array(records, ascii_only=_ascii_only()):
        out(piece)


def _ascii_only() -> bool:
    """Whether the encoding of stdout lacks characters, so that JSON has to escape them."""
    return (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"


def report_problems(library: Library) -> None:
    """Say on stderr how many documents have problems, and how many files and folders are not read."""
    counts = library.counts()
    if number := counts.with_problems - counts.unlisted:
        have = "has" if number == 1 else "have"
        where = "`newsreader check` lists them, has:problems finds the documents"
        print_notice(f"{format_count(number, 'document')} {have} problems; {where}.")
    if number := counts.unlisted:
        what = "file or folder is" if number == 1 else "files or folders are"
        print_notice(f"{number:,} {what} not read; `newsreader check` says why.")


def tsv_cells(row: Row) -> tuple[str, ...]:
    """Return the values of a row for other programs: quality, heat, date in UTC, source, title and path."""
    when = format_iso(row.published_at, row.precision) if row.published_at else "-"
    return score(row.quality), score(row.heat), when, row.source or "-", row.title, row.path


def score(value: float | None, estimate: float | None = None) -> str:
    """Return a score for text: known, else estimated (~62), else a dash."""
    if value is None and estimate is not None:
        return f"~{estimate:.0f}"
    return "-" if value is None else str(value)


def _long_date(moment: datetime | None, precision: Precision = "time") -> str:
    if moment is None:
        return ""
    if precision != "time":
        return format_partial(moment, precision)
    day = to_local(moment)
    return f"{day.date().isoformat()} {day:%H:%M} {day.tzname() or ''}".rstrip()


def print_table(rows: Iterator[Row]) -> None:
    """Print rows as a table as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Expanded, so that the title gets the remaining width; otherwise Rich shrinks the number columns too.
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("Qual", justify="right", no_wrap=True, min_width=4)
    table.add_column("Heat", justify="right", no_wrap=True, min_width=4, style="dim")
    table.add_column("Date", no_wrap=True, min_width=10, style="dim")
    table.add_column("Source", no_wrap=True, overflow="ellipsis", min_width=8, max_width=20)
    table.add_column("Title", ratio=1, overflow="ellipsis", no_wrap=True)
    for row in rows:
        when = format_partial(row.published_at, row.precision) if row.published_at else "–"
        quality, heat = score(row.quality, row.quality_estimate), score(row.heat, row.heat_estimate)
        cells = (quality, heat, when, row.source, row.title)
        # Text, not str: brackets in a title are not markup.
        table.add_row(*(Text("–" if cell == "-" else stable_width(cell)) for cell in cells))
    Console().print(table)


def print_article(article: Article) -> None:
    """Print an article as text."""
    import json

    from reader.content.markdown.writer import to_markdown
    from reader.workers.body_parser import BodyParser

    facts = [
        ("Source", article.source),
        ("By", ", ".join(article.provider.authors)),
        ("Date", _long_date(article.published_at, article.precision)),
        ("Updated", _long_date(article.updated_at, article.updated_precision)),
        ("Type", article.type),
        ("Quality", "" if article.quality is None else score(article.quality)),
        ("Heat", "" if article.heat is None else score(article.heat)),
        ("Topics", ", ".join(article.topics)),
        ("Link", article.links.best),
        ("AMP", article.links.amp_copy),
    ]
    parts = [article.title, _fact_lines(facts), "" if article.excerpt_is_from_body else article.excerpt]
    if article.body:
        with closing(BodyParser()) as parser:
            parts.append(to_markdown(parser.parse_body(article.body, article.body_format, article.links.best)).strip())
    if article.related:
        related = [
            f"{score(r.quality):>4}  {': '.join(filter(None, [r.provider.name or r.provider.domain, r.title]))}\n"
            f"      {r.links.best}".rstrip()
            for r in article.related
        ]
        parts.append("\n".join([f"Related ({len(article.related)})", *related]))
    extra = [
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=_ascii_only())}"
        for name, value in article.extra.items()
    ]
    if article.secured:
        extra.append(f"secured: {article.secured.size:,} bytes, encrypted")
    parts.append("\n".join(extra))
    out("\n\n".join(filter(None, parts)) + "\n")


def print_page(page: Page) -> None:
    """Print a fetched page as text."""
    extract = page.extract
    facts = [
        ("By", extract.byline),
        ("Site", extract.site),
        ("Date", _long_date(extract.published_at)),
        ("From", page.final_url),
        ("Fetched", _long_date(page.fetched_at)),
        ("Words", f"{extract.words:,}"),
    ]
    parts = [extract.title, _fact_lines(facts), extract.markdown.strip()]
    out("\n\n".join(filter(None, parts)) + "\n")


def _fact_lines(facts: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in facts if value)
