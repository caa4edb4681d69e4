from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reader.content.markdown.parser import parse_markdown
from reader.content.page import Extract, Page
from reader.core.events import FetchResult
from reader.core.model import Article, Image, Links, Problem, Provider, Related, Row, Secured
from reader.export.records import article_record, fetch_record, json_array, page_record, problem_record, row_record

_WHEN = datetime(2021, 7, 28, 12, 38, tzinfo=UTC)
_LINKS = Links("http://a.example/1", "http://a.example/2", "http://a.example/3", "http://a.example/4")


_BARE = Row(7, "0" * 16, "a.md", "T", "", None, Links(), "", None, None, "", "", ())


def test_a_row_has_the_names_of_the_documents() -> None:
    row = Row(
        7, "0123456789abcdef", "a.md", "T", "E", _WHEN, _LINKS, "video", 39, 2.5, "N", "n.example", ("AI",), read=True,
        starred=True, tags=("x", "Y"),
    )  # fmt: skip
    assert row_record(row, has_page=True) == {
        "id": "0123456789abcdef",
        "path": "a.md",
        "title": "T",
        "excerpt": "E",
        "publishedDateTime": "2021-07-28T12:38:00Z",
        "originalUrl": "http://a.example/1",
        "webUrl": "http://a.example/2",
        "type": "video",
        "quality": 39,
        "heat": 2.5,
        "qualityEstimate": None,
        "heatEstimate": None,
        "story": None,
        "provider": {"name": "N", "domain": "n.example"},
        "topics": ["AI"],
        "authors": [],
        "read": True,
        "starred": True,
        "tags": ["x", "Y"],
        "hasPage": True,
    }


def test_unknown_values_are_null() -> None:
    record = row_record(_BARE)
    assert {name for name, value in record.items() if value is None} == {
        "publishedDateTime", "originalUrl", "webUrl", "type", "quality", "heat", "hasPage",
        "qualityEstimate", "heatEstimate", "story",
    }  # fmt: skip
    assert record["provider"] == {"name": None, "domain": None}
    bare = article_record(Article("a.md", "T", related=(Related("R"),)), _BARE)
    assert [bare[name] for name in ("category", "published", "ampWebUrl", "cdnAmpWebUrl", "secured")] == [None] * 5
    assert bare["related"][0]["publishedDateTime"] is None


def test_an_article_has_every_field() -> None:
    image = Image("http://a.example/i.png", 3, 4, "Caption", "by X", is_cached=True)
    provider = Provider("N", "n.example", (image,), ("A", "B"))
    article = Article(
        path="a.md", title="T", excerpt="E", category="news", type="article", published_at=_WHEN, published=False,
        links=_LINKS, quality=1, heat=0, provider=provider, topics=("AI",), images=(image, Image("/i")),
        related=(Related("R", "RE", _WHEN, _LINKS, "video", provider, 2, 3, (image,), {"k": [1]}),),
        secured=Secured("AA==;BB==", 1), body="<p>", body_format="html", extra={"name": "J"},
    )  # fmt: skip
    image_record = {
        "url": "http://a.example/i.png",
        "width": 3,
        "height": 4,
        "isCached": True,
        "title": "Caption",
        "attribution": "by X",
    }
    links = {
        name: f"http://a.example/{n}"
        for n, name in enumerate(("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl"), 1)
    }
    common = {
        "publishedDateTime": "2021-07-28T12:38:00Z",
        "provider": {
            "name": "N",
            "domain": "n.example",
            "images": [image_record],
            "authors": [{"name": "A"}, {"name": "B"}],
        },
        **links,
    }
    related = {
        "title": "R", "excerpt": "RE", "type": "video", "quality": 2, "heat": 3, **common, "images": [image_record],
        "extra": {"k": [1]},
    }  # fmt: skip
    record = article_record(
        article, replace(_BARE, starred=True, tags=("t",), heat_estimate=61.74, story="f" * 16), has_page=True
    )
    assert record == {
        "id": "0" * 16, "path": "a.md", "title": "T", "excerpt": "E", "category": "news", "type": "article",
        "published": False, "quality": 1, "heat": 0, "topics": ["AI"], "authors": ["A", "B"],
        "excerptIsFromBody": False, "updatedDateTime": None,
        "read": False, "starred": True, "tags": ["t"], "hasPage": True, **common,
        "qualityEstimate": None, "heatEstimate": 61.7, "story": "f" * 16,
        "images": [image_record, {"url": "/i", "width": None, "height": None, "isCached": None}],
        "related": [related],
        "secured": "AA==;BB==", "body": "<p>", "bodyFormat": "html", "extra": {"name": "J"},
    }  # fmt: skip
    json.dumps(record)


def test_a_problem_names_its_place() -> None:
    assert problem_record(Problem("a.md", 3, "heat", "bad")) == {
        "file": "a.md",
        "line": 3,
        "field": "heat",
        "message": "bad",
    }
    assert problem_record(Problem("a.md", 1, "", "bad"))["field"] is None


@pytest.mark.parametrize("records", [[], [{"a": "é\n"}], [{"a": 1}, {"b": None}]])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_an_array_is_written_a_record_a_line(records: list[dict[str, object]], ascii_only: bool) -> None:
    written = "".join(json_array(records, ascii_only=ascii_only))
    assert json.loads(written) == records
    assert written.count("\n") == (len(records) + 2 if records else 1)
    assert written.isascii() or not ascii_only


def test_pages_and_fetch_results_have_their_fields() -> None:
    extract = Extract(parse_markdown("Text\n"), 1, "T", "By X", _WHEN, "S", Image("http://a.example/i.png", 3, 4))
    page = Page("0" * 16, "amp", "http://a.example/1", "http://a.example/2", extract, _WHEN, _WHEN, '"1"', "", 9)
    assert page_record(page) == {
        "id": "0" * 16,
        "way": "amp",
        "url": "http://a.example/2",
        "askedUrl": "http://a.example/1",
        "fetchedDateTime": "2021-07-28T12:38:00Z",
        "checkedDateTime": "2021-07-28T12:38:00Z",
        "title": "T",
        "byline": "By X",
        "site": "S",
        "publishedDateTime": "2021-07-28T12:38:00Z",
        "image": {"url": "http://a.example/i.png", "width": 3, "height": 4, "isCached": None},
        "words": 1,
        "markdown": "Text\n",
    }
    bare = page_record(replace(page, extract=Extract(parse_markdown(""), 0)))
    assert [bare[name] for name in ("title", "byline", "site", "publishedDateTime", "image")] == [None] * 5
    got = FetchResult("0" * 16, "failed", "", 0, (), "No.", 1.23456, hint="Try.")
    assert fetch_record(got) == {
        "id": "0" * 16, "url": None, "status": "failed", "words": 0, "error": "No. Try.", "seconds": 1.235
    }  # fmt: skip
    assert fetch_record(got._replace(requested_url="http://a.example/1"))["url"] == "http://a.example/1"
    assert fetch_record(FetchResult("0" * 16, "fetched", "http://a.example/2", 5, (), "", 0.5))["error"] is None
