"""Coverage-guided fuzzing of whatever reads text from outside.

    pip install atheris
    python benchmarks/fuzz.py TARGET [--minutes N] [--corpus FOLDER]

TARGET is one of: front-matter, query, text, html, markdown, extraction, feed, feed-list, views, import. Each calls one
function with what the fuzzer makes up and checks what it promises, not only that it does not fail. The seeds and
tests/data give the first inputs; --corpus keeps what was found for the next run. An input that fails is printed, with
the traceback, and saved as crash-… in the current directory: make it a test. The exit status is then not 0. atheris is
on PyPI (Apache-2.0).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

Target = Callable[[bytes], None]
BYTES = {"extraction": 20_000}
"""The largest input of a target; 4,096 unless named here."""


def front_matter() -> Target:
    from reader.core.text import clean, clean_block
    from reader.documents.fast_record import index_record
    from reader.documents.index_record import full_record
    from reader.documents.parse import parse_document

    def check(data: bytes) -> None:
        for path in (b"a.md", b"a.html", b"a.yaml", b"a.org", b"a.rst"):
            article = parse_document(path, data).article
            assert index_record(path, data) == full_record(path, data)
            assert article.title, "an article without a title"
            assert article.title == clean(article.title)
            assert article.excerpt in {clean(article.excerpt), clean_block(article.excerpt)}

    return check


def query() -> Target:
    from reader.query.ast import QueryError
    from reader.query.parser import format_query, parse_query

    def check(data: bytes) -> None:
        with contextlib.suppress(QueryError):
            parsed = parse_query(data.decode("utf-8", "surrogateescape"))
            assert parse_query(format_query(parsed)) == parsed

    return check


def text() -> Target:
    from reader.core.text import cell_width, clean, clean_block, truncate

    def check(data: bytes) -> None:
        source = data.decode("utf-8", "surrogateescape")
        for cleaned in (clean(source), clean_block(source)):
            assert clean_block(cleaned) == cleaned, "cleaning twice changes it"
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in cleaned if char not in "\n\t")
            cleaned.encode()
        assert not {"\n", "\t"} & set(clean(source))
        assert cell_width(truncate(clean(source), 10)) <= 10

    return check


def html() -> Target:
    from reader.content.blocks import from_values, to_values
    from reader.content.html.builder import parse_html

    def check(data: bytes) -> None:
        blocks = parse_html(data.decode("utf-8", "replace"), "https://example.org/")
        assert from_values(json.loads(json.dumps(to_values(blocks)))) == blocks

    return check


def markdown() -> Target:
    from reader.content.blocks import from_values, to_values
    from reader.content.markdown.parser import parse_markdown
    from reader.content.markdown.writer import to_markdown

    def check(data: bytes) -> None:
        blocks = parse_markdown(data.decode("utf-8", "surrogateescape"), "https://example.org/", extended=True)
        assert from_values(json.loads(json.dumps(to_values(blocks)))) == blocks
        to_markdown(blocks).encode()

    return check


def feed() -> Target:
    from reader.documents.parse import parse_document
    from reader.feeds.entries.to_documents import document_of, is_as_written, title_of
    from reader.feeds.model import FeedError
    from reader.feeds.parse import parse_feed
    from reader.feeds.subscriptions import Subscription

    now, url = datetime(2026, 11, 30, tzinfo=UTC), "https://example.org/feed"

    def check(data: bytes) -> None:
        try:
            parsed = parse_feed(data, url=url)
        except FeedError:
            return
        assert parsed == parse_feed(data, url=url, fast=False), "we read it otherwise than feedparser"
        for entry in parsed.entries:
            written = document_of(entry, parsed, Subscription(url), now, folder="news").data
            assert is_as_written(written)
            assert parse_document(b"a.md", written).article.title == title_of(entry)

    return check


def feed_list() -> Target:
    from reader.feeds.model import FeedError
    from reader.feeds.opml import read_feed_list, write_opml

    def check(data: bytes) -> None:
        with contextlib.suppress(FeedError):
            feeds = read_feed_list(data).feeds
            if feeds:
                assert set(read_feed_list(write_opml(feeds)).feeds) == set(feeds)

    return check


def extraction() -> Target:
    from reader.extraction.extract import extract

    def check(data: bytes) -> None:
        extract(data, "https://example.org/page")

    return check


def views() -> Target:
    from reader.core.errors import ReaderError
    from reader.library.saved_views.toml_file import edit_views, parse_views

    def check(data: bytes) -> None:
        source = data.decode("utf-8", "replace")
        with contextlib.suppress(ReaderError):
            found = parse_views(source, "views.toml")
            for wanted in (found, found[::-1], found[1:]):
                assert parse_views(edit_views(source, wanted, "views.toml"), "views.toml") == [*wanted]

    return check


def marks_import() -> Target:
    from reader.core.errors import ReaderError
    from reader.export.marks import parse_export

    def check(data: bytes) -> None:
        with contextlib.suppress(ReaderError):
            parse_export(io.BytesIO(b'{"format":"newsreader-state","version":1}\n' + data), "a file")

    return check


TARGETS: dict[str, Callable[[], Target]] = {
    **{"front-matter": front_matter, "query": query, "text": text, "html": html},
    **{"markdown": markdown, "extraction": extraction, "feed": feed, "feed-list": feed_list},
    **{"views": views, "import": marks_import},
}


def first_inputs(folder: Path) -> None:
    """Write the seeds, the test data and a few small texts as first inputs."""
    files = [*(ROOT / "seeds").iterdir(), *(ROOT / "tests" / "data").rglob("*.html")]
    for number, path in enumerate(files):
        if path.is_file():
            (folder / f"{number}").write_bytes(path.read_bytes()[:20_000])
    for number, small in enumerate(
        (
            'climate -is:read quality>=40 title:"a b" OR date:2021-07..2021-08 sort:-date',
            '[[view]]\nname = "AI"\nquery = "topic:AI"  # mine\nsort = "-date"\n',
            '{"id":"0123456789abcdef","tag":"ai","value":true,"changed":"2026-11-21T09:30:00.000Z"}\n',
            "# A *b* [c](d)\n\n> [!note] e\n> - [ ] f\n\n| g | h |\n|---|:-:|\n| `i` | [[j|k]]^[l] |\n",
            '<rss version="2.0"><channel><title>A</title><item><title>B</title><guid>1</guid>'
            "<link>https://a.example/</link><pubDate>Mon, 30 Nov 2026 10:00:00 GMT</pubDate>"
            "<description>&lt;p&gt;C</description></item></channel></rss>",
            '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title type="html">B</title><link href="/b"/>'
            '<updated>2026-11-30T10:00:00Z</updated><content type="xhtml"><div>C</div></content></entry></feed>',
            '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","content_html":"<p>C","title":"B"}]}',
            '<opml version="2.0"><body><outline text="G"><outline text="A" xmlUrl="https://a.example/"/></outline>'
            "</body></opml>",
        )
    ):
        (folder / f"small{number}").write_text(small, "utf-8")


def main() -> None:
    """Fuzz until the time is over or an input fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--corpus", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    try:
        import atheris
    except ImportError:
        raise SystemExit("Install atheris first: pip install atheris") from None
    # Only what the target imports from here on is observed.
    with atheris.instrument_imports(include=["reader"]):
        check = TARGETS[arguments.target]()
    with contextlib.ExitStack() as stack:
        begin = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        first_inputs(begin)
        corpus = arguments.corpus or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        corpus.mkdir(parents=True, exist_ok=True)
        limits = [f"-max_total_time={arguments.minutes * 60:.0f}", f"-max_len={BYTES.get(arguments.target, 4096)}"]
        atheris.Setup([sys.argv[0], *limits, "-timeout=10", "-print_final_stats=1", str(corpus), str(begin)], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
