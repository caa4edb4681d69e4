"""Pages with what libraries lose inside articles, one kind of content each, and their text as Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from reader.extraction.extract import extract

PAGES = sorted((Path(__file__).parent.parent / "data" / "extraction" / "kinds").glob("*.html"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_kind_of_content_stays(path: Path) -> None:
    found = extract(path.read_bytes(), "https://www.example.org/news/1")
    assert found is not None
    assert found.markdown == path.with_suffix(".md").read_text("utf-8")


def test_there_are_pages() -> None:
    assert len(PAGES) >= 32
