"""The commands about stories, in this process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from click.testing import CliRunner, Result

from reader.cli.main import cli
from reader.core.paths import Paths
from reader.indexing.refresh import refresh
from reader.library.library import Library

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]

_ID = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_TIME = {"type": ["string", "null"], "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"}
_NUMBER = {"type": ["number", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_STORY = {
    "id": _ID, "title": _TEXT, "first": _TIME, "last": _TIME, "sources": {"type": "integer", "minimum": 1},
    "heat": _NUMBER, "heatEstimate": _NUMBER, "articles": {**_array(_ID), "minItems": 1},
}  # fmt: skip
_SENTENCE = _object(text=_TEXT, kind={"enum": ["common", "only", None]})
_PART = _object(
    id=_ID, source={"type": ["string", "null"]}, publishedDateTime=_TIME, title=_TEXT, sentences=_array(_SENTENCE)
)
_BARS = _array(
    _object(
        label=_TEXT,
        query=_TEXT,
        articles={"type": "integer", "minimum": 0},
        heat=_NUMBER,
        heatIsEstimate={"type": "boolean"},
    )
)
_SCHEMAS = {
    "stories": _array(_object(**_STORY)),
    "related": _array(
        _object(
            kind={"enum": ["related", "cited by", "shared", "duplicate", "story"]},
            id=_ID, path=_TEXT, title=_TEXT, score={"type": "number", "minimum": 0, "maximum": 1}, reason=_TEXT,
        )
    ),
    "digest": _array(_object(**_STORY, common=_array(_TEXT), parts=_array(_PART))),
    "stats": _object(
        articles={"type": "integer"}, period={"enum": ["hour", "day", "month", "year"]}, byTime=_BARS, byTopic=_BARS,
        bySource=_BARS,
    ),
}  # fmt: skip


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def _json(command: str, *arguments: str | Path) -> Any:
    result = _run(command, *arguments, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    if command in _SCHEMAS:
        fastjsonschema.compile(_SCHEMAS[command])(found)
    return found


def _document(title: str, excerpt: str, *, url: str = "", more: str = "") -> str:
    link = f"originalUrl: {url}\n" if url else ""
    return f"---\ntitle: {title}\nexcerpt: {excerpt}\n{link}{more}---\n"


_FLOOD = {
    "a.md": _document(
        "Dam bursts above Velmora", "The Orsk dam burst above Velmora. Nine people are missing.",
        url="https://a.example/1", more="publishedDateTime: 2024-05-06T08:00:00Z\nprovider: A\nheat: 80\n",
    ),
    "b.md": _document(
        "Nine missing after dam bursts above Velmora",
        "The Orsk dam burst above Velmora. The operator Hydrosk had skipped an inspection.", url="https://b.example/2",
        more="publishedDateTime: 2024-05-06T09:30:00Z\nprovider: B\n"
        "related:\n  - title: Dam bursts\n    webUrl: https://a.example/1?utm_source=x\n",
    ),
    "other.md": _document("A new museum of clocks opens in Tarn", "The museum of clocks shows 300 watches."),
}  # fmt: skip


def test_the_seeds_are_one_story(seeds: Path) -> None:
    (story,) = _json("stories", seeds)
    assert (story["sources"], len(story["articles"]), story["heat"]) == (5, 5, None)
    assert (story["first"], story["last"]) == ("2021-07-28T02:44:00Z", "2021-08-05T03:17:00Z")
    listed = _json("list", seeds)
    assert {each["story"] for each in listed} == {story["id"]}
    assert {each["heatEstimate"] for each in listed} == {story["heatEstimate"]}
    assert {each["heat"] for each in listed} == {None}
    assert _run("stories", seeds).stdout.split("\t")[1:3] == ["5", "5"]


def test_stories_of_one_article_are_listed_on_request_and_all_are_the_hottest_first(make_folder: MakeFolder) -> None:
    folder = make_folder(_FLOOD)
    (story,) = _json("stories", folder)
    assert (story["heat"], story["sources"], len(story["articles"])) == (80, 2, 2)
    flood, museum = _json("stories", folder, "--all")
    assert flood == story
    assert (museum["title"], len(museum["articles"])) == ("A new museum of clocks opens in Tarn", 1)
    assert _json("stories", folder, "museum") == []
    assert _json("stories", folder, "museum", "--all") == [museum]
    assert _json("stories", folder, f"story:{story['id']}") == [story]
    assert "No story in" in _run("stories", folder, "museum").stderr
    assert "No story in" in _run("digest", folder, "museum").stderr


def test_every_link_of_an_article_has_its_kind_and_reason(make_folder: MakeFolder) -> None:
    copy = _FLOOD["a.md"].replace("https://a.example/1", "https://copy.example/9").replace("provider: A", "provider: C")
    folder = make_folder({**_FLOOD, "copy.md": copy})
    kinds = {(each["kind"], each["path"]) for each in _json("related", folder, "a.md")}
    assert kinds == {("cited by", "b.md"), ("story", "b.md"), ("duplicate", "copy.md"), ("story", "copy.md")}
    assert {(each["kind"], each["path"]) for each in _json("related", folder, "b.md")} == {
        ("related", "a.md"), ("story", "a.md"), ("story", "copy.md"),
    }  # fmt: skip
    assert "among its related items" in _run("related", folder, "b.md").stdout
    assert _run("related", folder, "other.md").stderr == "newsreader: It is linked with no other article.\n"


def test_a_digest_marks_what_is_common_and_what_one_source_says(make_folder: MakeFolder) -> None:
    folder = make_folder(_FLOOD)
    (digest,) = _json("digest", folder)
    assert digest["common"] == ["The Orsk dam burst above Velmora.", "Nine people are missing."]
    marked = {sentence["text"]: sentence["kind"] for part in digest["parts"] for sentence in part["sentences"]}
    assert marked["The operator Hydrosk had skipped an inspection."] == "only"
    assert marked["The Orsk dam burst above Velmora."] == "common"
    printed = _run("digest", folder).stdout
    assert "\n  + The operator Hydrosk had skipped an inspection.\n" in printed
    assert "Most sources say:\n  = The Orsk dam burst above Velmora.\n  = Nine people" in printed


def test_statistics_count_by_time_topic_and_source(make_folder: MakeFolder) -> None:
    folder = make_folder(_FLOOD)
    found = _json("stats", folder, "--by", "hour")
    assert found["articles"] == 3
    assert [bar["articles"] for bar in found["byTime"]] == [1, 1]
    assert {bar["label"] for bar in found["bySource"]} == {"A", "B"}
    assert [_json("list", folder, bar["query"])[0]["path"] for bar in found["bySource"]] == ["a.md", "b.md"]
    assert _json("stats", folder, "museum")["articles"] == 1
    assert _run("stats", folder).stdout.startswith("3 articles\n")


def test_a_date_in_the_year_1_does_not_fill_the_statistics_with_years_without_articles(make_folder: MakeFolder) -> None:
    ancient = _document("A scroll", "Of Rome.", more="publishedDateTime: 0001-06-01T00:00:00Z\n")
    folder = make_folder({**_FLOOD, "ancient.md": ancient})
    result = _run("stats", folder, "--by", "hour")
    assert [line.split()[0] for line in result.stdout.splitlines()[3:6]] == ["0001", "...", "2024"]
    assert result.stderr == "newsreader: The articles are too far apart to count them by hour.\n"
    assert len(_json("stats", folder)["byTime"]) == 2024


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is:first", {"a.md", "other.md"}),
        ("sources>=2", {"a.md", "b.md"}),
        ("sources:1", {"other.md"}),
        ("heat:unknown", {"b.md", "other.md"}),
        ("heat~>=80", {"a.md"}),
        ("heat~>=20", {"a.md", "b.md"}),
        ("heat~:unknown", set()),
        ("is:duplicate", set()),
    ],
)
def test_queries_know_stories(make_folder: MakeFolder, query: str, found: set[str]) -> None:
    assert {each["path"] for each in _json("list", make_folder(_FLOOD), query)} == found


def test_a_neighborhood_is_a_query(make_folder: MakeFolder) -> None:
    bread = _document("How to bake rye bread", "A sourdough starter.", more=_RELATED_DAM)
    folder = make_folder({**_FLOOD, "c.md": bread})
    ids = {each["path"]: each["id"] for each in _json("list", folder)}
    assert {each["path"] for each in _json("list", folder, f"near:{ids['a.md']}")} == {"a.md", "b.md", "c.md"}
    assert {each["path"] for each in _json("list", folder, f"story:{ids['b.md']}")} == {"a.md", "b.md"}
    assert {each["path"] for each in _json("list", folder, f"near:{ids['c.md']}")} == {"a.md", "c.md"}


_RELATED_DAM = "related:\n  - title: A\n    ampWebUrl: https://a.example/1\n"


def test_a_command_about_stories_waits_for_another_newsreader_that_is_grouping(make_folder: MakeFolder) -> None:
    folder = make_folder(_FLOOD)
    with closing(Library.open(folder, Paths.from_environment())) as library:
        for _ in refresh(library):
            pass
        with library.index.writer():  # as if grouping
            arguments = [sys.executable, "-m", "reader", "stories", folder, "--json"]
            command = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert command.stderr is not None
            while "grouping" not in (notice := command.stderr.readline()):
                assert notice
    assert notice == f"newsreader: Waiting for another newsreader that is grouping {folder.name}.\n"
    out, err = command.communicate(timeout=20)
    assert (len(json.loads(out)), err) == (1, "")
