"""``newsreader extract``: from page to article, with the real worker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reader.cli.main import cli
from reader.core.errors import ReaderError

pytestmark = pytest.mark.usefixtures("shared_sandboxes")

PAGES = Path(__file__).resolve().parents[1] / "data" / "extraction"


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["extract", *map(str, arguments)], input=stdin, catch_exceptions=False)


def test_text_is_only_the_words() -> None:
    page = PAGES / "long-read-figures.html"
    text = run(page, "--format", "text", "--url", "https://m.example/a").stdout
    assert text.startswith("In a village in the hills")
    assert "The last bell founders" not in text
    assert "in 1874 and still in use" not in text  # a caption
    assert "](" not in text


def test_markdown_has_title_captions_and_absolute_links() -> None:
    text = run(PAGES / "blog-classic.html", "--url", "https://slow.example/2024/radio").stdout
    assert text.startswith(
        "# Why I repaired my grandfather’s radio\n\n*Ilse Brandt, Slow Workshop, 2024-03-11*\n\nThe radio"
    )
    assert "[new ones](https://parts.example/elko)" in text
    assert "in 1874 and still in use" in run(PAGES / "long-read-figures.html", "--url", "https://m.example/a").stdout


def test_json_has_every_field() -> None:
    url = "https://gazette.example/n"
    record = json.loads(run(PAGES / "news-related.html", "--url", url, "--format", "json").stdout)
    assert record["title"] == "City council votes to reopen the northern canal"
    assert record["byline"] == "Priya Nair, Tom Ashdown"
    assert record["publishedDateTime"] == "2025-06-18T16:20:00Z"
    assert (record["site"], record["url"], record["stub"]) == ("Harbour Gazette", url, None)
    assert record["words"] > 200
    assert record["markdown"].startswith("After nine years of argument, boats could be back")


def test_a_page_may_come_from_a_pipe() -> None:
    result = run("-", "--format", "text", stdin=(PAGES / "news-flash.html").read_bytes())
    assert result.stdout.startswith("An earthquake of magnitude 4.6")
    command = [sys.executable, "-m", "reader", "extract", "-", "--format", "text"]
    piped = subprocess.run(
        command, input=(PAGES / "chinese.html").read_bytes(), capture_output=True, check=True, env={"PYTHONUTF8": "1"}
    )
    assert piped.stdout.decode().startswith("停业六年之后")
    assert piped.stderr == b""


def test_a_stub_is_printed_with_a_notice() -> None:
    result = run(PAGES / "paywall-teaser.html")
    assert "ate an apple" in result.stdout
    assert "the page requires a subscription or an account" in result.stderr


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html><title>Page not found</title><h1>404</h1>", "the page is an error page"),
        (b"<html><div id=root></div><noscript>Please enable JavaScript.</noscript>", "the page needs JavaScript"),
        (b"<html><ul><li><a href=/>Home</a></ul>", r"No article was found in [^:]*\. It may be"),
        (b"<html><title>A</title><p>Subscribe to continue reading", "subscription or an account. If you have a subscr"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"%PDF-1.7\n\0\0\0 some words that are no article at all, not even here", "is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "is an image"),
        (b"PK\x03\x04\0\0\0", "is an archive"),
        (bytes(range(256)), "is a binary file"),
        (b"x" * 5_000_001, "is larger than 5 MB"),
    ],
)
def test_a_page_without_an_article_is_reported(tmp_path: Path, content: bytes, why: str) -> None:
    page = tmp_path / "page\x1b[31m.html"
    page.write_bytes(content)
    with pytest.raises(ReaderError, match=why) as caught:
        run(page)
    assert "\x1b" not in str(caught.value)


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="Cannot read "):
        run(tmp_path / "nowhere.html")
    with pytest.raises(ReaderError, match="is a folder") as caught:
        run(tmp_path)
    assert "spelling" not in str(caught.value)
