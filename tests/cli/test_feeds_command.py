"""``newsreader feeds parse`` and ``feeds check``: from files to records and sentences, with the real worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reader.cli.main import cli

pytestmark = pytest.mark.usefixtures("shared_sandboxes")

FEED = """<rss version="2.0"><channel><title>Example</title><link>https://example.org/</link>
<item><title>One</title><guid>https://example.org/1</guid><pubDate>Mon, 25 May 2020 04:45:26 +0200</pubDate>
<author>ann@example.org (Ann)</author><category>a</category><description>Text</description>
<enclosure url="https://example.org/1.mp3" type="audio/mpeg" length="5"/></item></channel></rss>"""


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["feeds", *map(str, arguments)], input=stdin)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    feed, page, absent = tmp_path / "feed.xml", tmp_path / "page.html", tmp_path / "absent"
    feed.write_text(FEED, "utf-8")
    page.write_text("<!doctype html><html><body>No feed</body></html>", "utf-8")
    return feed, page, absent


def test_each_file_is_one_record(files: tuple[Path, Path, Path]) -> None:
    result = run("parse", *files, "--json")
    assert result.exit_code == 0
    feed, page, absent = json.loads(result.stdout)
    assert (feed["file"], feed["title"], feed["url"], feed["error"]) == (
        str(files[0]),
        "Example",
        "https://example.org/",
        None,
    )
    assert feed["entries"] == [
        {
            "id": "https://example.org/1",
            "title": "One",
            "url": "https://example.org/1",
            "published": "2020-05-25T02:45:26Z",
            "updated": None,
            "authors": ["Ann"],
            "topics": ["a"],
            "language": None,
            "excerpt": "Text",
            "images": [],
            "enclosures": [
                {
                    "url": "https://example.org/1.mp3",
                    "type": "audio/mpeg",
                    "length": 5,
                    "title": None,
                    "durationSeconds": None,
                }
            ],
        }
    ]
    assert page["error"].startswith("It is a web page, not a feed.")
    assert (absent["entries"], absent["error"]) == (
        [],
        f"Cannot read {files[2]}: no such file or directory. Check the spelling.",
    )


def test_without_json_the_summary_has_a_line_for_each_entry(files: tuple[Path, Path, Path]) -> None:
    result = run("parse", *files[:2])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{files[0]}: Example (RSS, 1 entry)",
        "  https://example.org/",
        "  2020-05-25  One",
        "",
        f"{files[1]}: It is a web page, not a feed. The address of its feed may be on the page.",
    ]


def test_check_says_what_is_wrong(tmp_path: Path) -> None:
    wrong = FEED.replace("Mon, 25 May 2020 04:45:26 +0200", "some day").replace("</channel></rss>", "<item>")
    result = run("check", "-", stdin=wrong)
    assert result.exit_code == 1
    lines = [line.removeprefix("standard input: ") for line in result.stdout.splitlines()]
    assert lines[0] == "The file ends before the feed does. The entries that are whole are read."
    assert lines[1].startswith("It is not well-formed XML: ")
    assert lines[2:] == ["1 entry has no date, “One”.", "“some day” is no date that can be read for certain."]
    assert run("check", "-", stdin=FEED).exit_code == 0
