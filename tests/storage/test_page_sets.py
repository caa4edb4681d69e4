"""Queries about fetched pages: has:page and text:."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.ordering import Sort
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library
from reader.query.parser import parse_query
from tests.conftest import MakeFolder

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def library(make_folder: MakeFolder, tmp_path: Path) -> Library:
    files = {
        f"{name}.md": f"---\ntitle: {name}\noriginalUrl: https://{name}.example/\n---\nThe body of {name}."
        for name in ("one", "two", "three")
    }
    opened = Library.open(make_folder(files), Paths.from_environment())
    for _ in refresh(opened):
        pass
    return opened


def keep(library: Library, title: str, markdown: str, age: int = 0) -> None:
    (row,) = (row for row in library.articles.rows(library.articles.order(Sort()).rowids) if row.title == title)
    when = NOW - timedelta(days=age)
    page = Page(row.id, "original", row.links.best, row.links.best, Extract(parse_markdown(markdown), 5), when, when)
    library.pages.put(page, b"<html>")


def found(library: Library, query: str) -> set[str]:
    rowids = library.search.run(parse_query(query), Sort()).order().rowids
    return {row.title for row in library.articles.rows(rowids)}


def test_has_page_finds_articles_with_a_page(library: Library) -> None:
    assert found(library, "has:page") == set()
    keep(library, "one", "Some words.")
    assert found(library, "has:page") == {"one"}
    assert found(library, "-has:page") == {"two", "three"}
    library.pages.clear(starred=True)
    assert found(library, "has:page") == set()


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("text:glacier", {"one"}),
        ("text:glac", {"one"}),
        ('text:"glac"', set()),
        ('text:"melting glacier"', {"one"}),
        ('text:"glacier melting"', set()),
        ("text:GLACIER text:body", set()),
        ("text:body", {"one", "two", "three"}),
        ("text:识别", {"two"}),
        ("text:elsewhere", set()),  # the URL of a link
        ("text:link", {"one"}),
        ("body:glacier", set()),
        ("glacier", {"one"}),
        ("title:glacier", set()),
    ],
)
def test_text_condition_searches_the_text_of_pages(library: Library, query: str, titles: set[str]) -> None:
    keep(library, "one", "A melting **glacier**, and [a link](https://elsewhere.example/path).")
    keep(library, "two", "人脸识别技术")
    if query == "text:GLACIER text:body":
        titles = {"one"}  # one word in the page, the other in the document
    assert found(library, query) == titles


def test_replaced_page_is_found_by_its_new_words_only(library: Library) -> None:
    keep(library, "one", "Former words.")
    assert found(library, "text:former") == {"one"}
    keep(library, "one", "Present words.")
    assert found(library, "text:former") == set()
    assert found(library, "text:present") == {"one"}


def test_page_stored_by_another_instance_is_found(library: Library) -> None:
    assert found(library, "has:page") == set()
    other = Library.open(library.target, Paths.from_environment())
    keep(other, "two", "Words of another.")
    other.close()
    assert found(library, "has:page text:another") == {"two"}


def test_replaced_database_file_is_read_again(library: Library) -> None:
    keep(library, "one", "Some words.")
    assert found(library, "has:page") == {"one"}
    assert library.pages.info().path is not None
    for each in Paths.from_environment().pages_file.parent.glob("pages.db*"):
        each.unlink()
    keep(library, "two", "Other words.")  # the same version number as the deleted file
    assert found(library, "has:page") == {"two"}


def test_remaining_pages_are_found_after_pruning(library: Library) -> None:
    for age in (9, 8, 7, 6):
        keep(library, "one", f"Words of {age} days ago, glacier.", age)
    keep(library, "two", "Words of now, glacier.")
    library.pages.prune(library.pages.info().size - 1)
    assert found(library, "text:glacier") == {"two"}
    path = library.pages.info().path
    assert path is not None
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM slots").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM words_docsize").fetchone() == (1,)
    library.pages.clear(starred=True)
    assert found(library, "text:glacier") == set()
    keep(library, "three", "A glacier again.")
    assert found(library, "text:glacier") == {"three"}
