"""What the commands print: tables, plain lines, JSON, articles."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from reader.core.text import stable_width
from reader.core.times import format_iso, to_local

if TYPE_CHECKING:
    from datetime import datetime

    from reader.content.page import Page
    from reader.core.model import Article, Row

said: list[bool] = []
"""Whether anything was printed: what was cannot be taken back, and so not be begun anew."""


def out(text: str) -> None:
    """Write to stdout."""
    said.append(True)
    sys.stdout.write(text)


def print_json(records: Iterator[dict[str, Any]]) -> None:
    """Write one array of JSON objects."""
    from reader.export.records import json_array

    for piece in json_array(records, ascii_only=ascii_only()):
        out(piece)


def ascii_only() -> bool:
    """Whether stdout cannot take every character; JSON then spells them out."""
    return (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"


def plain_cells(row: Row) -> tuple[str, ...]:
    """Return what is known of a row, for a program: numbers, date in UTC, source, title and path."""
    when = format_iso(row.published_at) if row.published_at else "-"
    return _score(row.quality), _score(row.heat), when, row.source or "-", row.title, row.path


def _score(value: float | None) -> str:
    return "-" if value is None else str(value)


def _full_date(moment: datetime | None) -> str:
    if moment is None:
        return ""
    day = to_local(moment)
    return f"{day.date().isoformat()} {day:%H:%M} {day.tzname() or ''}".rstrip()


def print_table(rows: Iterator[Row]) -> None:
    """Write a table as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Expanded, so that the title gets what the others leave; without it Rich takes cells from the numbers.
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("Qual", justify="right", no_wrap=True, min_width=4)
    table.add_column("Heat", justify="right", no_wrap=True, min_width=4, style="dim")
    table.add_column("Date", no_wrap=True, min_width=10, style="dim")
    table.add_column("Source", no_wrap=True, overflow="ellipsis", min_width=8, max_width=20)
    table.add_column("Title", ratio=1, overflow="ellipsis", no_wrap=True)
    for row in rows:
        when = to_local(row.published_at).date().isoformat() if row.published_at else "–"
        cells = (_score(row.quality), _score(row.heat), when, row.source, row.title)
        # Text, not str: a title in brackets is no markup.
        table.add_row(
            *(Text(stable_width(cell).replace("-", "–") if cell == "-" else stable_width(cell)) for cell in cells)
        )
    Console().print(table)


def print_article(article: Article) -> None:
    """Write an article as text."""
    import json

    from reader.content.markdown.parser import to_markdown
    from reader.workers.body_parser import BodyParser

    when = _full_date(article.published_at)
    facts = [
        ("Source", article.source),
        ("Date", when),
        ("Type", article.type),
        ("Quality", "" if article.quality is None else _score(article.quality)),
        ("Heat", "" if article.heat is None else _score(article.heat)),
        ("Topics", ", ".join(article.topics)),
        ("Link", article.links.best),
        ("AMP", article.links.amp_copy),
    ]
    parts = [article.title, "\n".join(f"{name}: {value}" for name, value in facts if value), article.excerpt]
    if article.body:
        with closing(BodyParser()) as bodies:
            parts.append(to_markdown(bodies.parse_body(article.body, article.body_format, article.links.best)).strip())
    if article.related:
        related = [
            f"{_score(r.quality):>4}  {': '.join(filter(None, [r.provider.name or r.provider.domain, r.title]))}\n"
            f"      {r.links.best}".rstrip()
            for r in article.related
        ]
        parts.append("\n".join([f"Related ({len(article.related)})", *related]))
    more = [
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=ascii_only())}"
        for name, value in article.extra.items()
    ]
    if article.secured:
        more.append(f"secured payload, {article.secured.size:,} bytes")
    parts.append("\n".join(more))
    out("\n\n".join(filter(None, parts)) + "\n")


def print_page(page: Page) -> None:
    """Write a fetched original as text."""
    extract = page.extract
    published = "" if extract.published_at is None else _full_date(extract.published_at)
    facts = [
        ("By", extract.byline),
        ("Site", extract.site),
        ("Date", published),
        ("From", page.final_url),
        ("Fetched", _full_date(page.fetched_at)),
        ("Words", f"{extract.words:,}"),
    ]
    parts = [extract.title, "\n".join(f"{name}: {value}" for name, value in facts if value), extract.markdown.strip()]
    out("\n\n".join(filter(None, parts)) + "\n")
