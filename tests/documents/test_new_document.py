"""Fetched pages as new documents: what is in them, and their names."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.errors import ReaderError
from reader.core.model import Article, Image
from reader.core.text import clean
from reader.documents.files import Folder, is_document_name
from reader.documents.new_document import document_text, file_names
from reader.documents.parse import parse_document
from reader.library.new_documents import save_page

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
URL = "https://www.example.org/a?b=c"


def page(title: str = "A title", text: str = "Some *text*.", site: str = "", byline: str = "") -> Page:
    when = datetime(2026, 10, 3, 8, 30, tzinfo=UTC)
    extract = Extract(parse_markdown(text), 9, title, byline, when, site, Image("https://example.org/i.png"))
    return Page("0" * 16, "original", URL, "https://www.example.org/final", extract, NOW, NOW)


def parsed(content: str) -> Article:
    return parse_document(b"a.md", content.encode()).article


def test_a_page_becomes_a_document_with_usual_front_matter() -> None:
    assert document_text(page(site="The Example", byline="Ann Author")) == (
        '---\ntitle: "A title"\npublishedDateTime: 2026-10-03T08:30:00Z\n'
        f'originalUrl: "{URL}"\nwebUrl: "https://www.example.org/final"\ntype: "article"\n'
        'provider:\n  name: "The Example"\n  domain: "example.org"\nauthors:\n  - name: "Ann Author"\n'
        'images:\n  - url: "https://example.org/i.png"\n---\n\nSome *text*.\n'
    )


@given(*[st.text(max_size=40).map(clean)] * 3)
@example("AT&amp;T &lt;b&gt; \\", "&amp;amp;", "'\"")
def test_any_page_is_read_back_from_its_document(title: str, site: str, byline: str) -> None:
    article = parsed(document_text(page(title, site=site, byline=byline)))
    assert article.title == (title or "example.org/final")
    assert article.links.original == URL
    assert article.provider.name == (site or "example.org")
    assert article.body.strip() == "Some *text*."
    assert article.published_at == datetime(2026, 10, 3, 8, 30, tzinfo=UTC)


@given(st.text(max_size=300).map(clean))
def test_any_title_gives_names_of_documents(title: str) -> None:
    names = [*islice(file_names(page(title)), 3)]
    assert len({*names}) == 3
    for name in names:
        assert is_document_name(name.encode())
        assert name.startswith("2026-10-03-")
        assert "/" not in name and "\0" not in name and len(name.encode()) < 130


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Court rules: “no” to A/B", "2026-10-03-court-rules-no-to-a-b.md"),
        ("日本のニュース", "2026-10-03-日本のニュース.md"),
        ("…", "2026-10-03-page.md"),
        ("", "2026-10-03-example-org-final.md"),
    ],
)
def test_the_name_has_date_and_title(title: str, name: str) -> None:
    assert next(file_names(page(title))) == name


def test_a_text_that_begins_with_a_tag_stays_text() -> None:
    article = parsed(document_text(page(text="&lt;b> is a tag")))
    assert (article.body_format, article.body.strip()) == ("markdown", "\\<b> is a tag")


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "2026-10-03-a-title.md").symlink_to("nowhere")
    before = os.umask(0o022)
    try:
        names = [save_page(Folder.of(tmp_path), page()) for _ in range(3)]
    finally:
        os.umask(before)
    assert names == [f"2026-10-03-a-title-{number}.md" for number in (2, 3, 4)]
    assert {path.name for path in tmp_path.iterdir()} == {"2026-10-03-a-title.md", *names}
    assert not (tmp_path / "nowhere").exists()
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in names} == {0o644}, "as for any file of the folder"


def test_errors_are_sentences(tmp_path: Path) -> None:
    folder = Folder.of(tmp_path)
    (tmp_path / "a.md").write_text("text")
    with pytest.raises(ReaderError, match="Only one document is open"):
        save_page(Folder.of(tmp_path / "a.md"), page())
    tmp_path.rename(tmp_path.with_name("moved"))
    with pytest.raises(ReaderError, match=r"The page could not be saved in .*: no such file or directory"):
        save_page(folder, page())
