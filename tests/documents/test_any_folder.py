"""Folders of documents from elsewhere, through the commands: one example of each kind, with its right answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reader.cli.main import cli

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]
Files = Mapping[str, str]


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def _dated(text: str) -> str:
    return f"---\ntitle: T\npublishedDateTime: {text}\n---\n\nBody.\n"


def _titled(line: str) -> str:
    return f"---\n{line}\npublishedDateTime: 2023-05-06T08:30:00Z\n---\n\nBody.\n"


_LISTED: dict[str, tuple[Files, dict[str, dict[str, Any]], list[str]]] = {
    "keys of Jekyll": (
        {
            "2019-02-03-eels.md": "---\ntitle: Eels\ndate: 2019-02-03 08:15:00 +0200\ncategories: [rivers]\n"
            "tags: fish, mud\ndescription: They come at night.\nauthor: Ida\n"
            "canonical_url: https://eels.example/night\n---\n\nText.\n"
        },
        {
            "2019-02-03-eels.md": {
                "title": "Eels",
                "publishedDateTime": "2019-02-03T06:15:00Z",
                "topics": ["rivers", "fish", "mud"],
                "excerpt": "They come at night.",
                "originalUrl": "https://eels.example/night",
                "authors": ["Ida"],
            }
        },
        [],
    ),
    "a clipping of Obsidian": (
        {
            "clip.md": '---\ntitle: "Low water"\nsource: "https://news.example/low"\nauthor:\n  - "[[Ida Moor]]"\n'
            'published: 2024-11-30\ncreated: 2024-12-24\ndescription: "Ships wait."\ntags:\n  - "clippings"\n---\n'
        },
        {
            "clip.md": {
                "publishedDateTime": "2024-11-30",
                "originalUrl": "https://news.example/low",
                "excerpt": "Ships wait.",
                "topics": ["clippings"],
                "authors": ["Ida Moor"],
            }
        },
        [],
    ),
    "TOML of Zola": (
        {
            "sluice.md": '+++\npath = "2022/02/03/sluice"\ntitle = "Sluice"\ndate = 2022-02-03\nauthors = ["Crew"]\n\n'
            '[taxonomies]\ntags = ["locks"]\n+++\n\nText.\n'
        },
        {"sluice.md": {"publishedDateTime": "2022-02-03", "topics": ["locks"], "authors": ["Crew"]}},
        [],
    ),
    "a date in the name": (
        {"2023-07-08-ferry.md": "---\ntitle: Ferry\n---\n\nText.\n"},
        {"2023-07-08-ferry.md": {"title": "Ferry", "publishedDateTime": "2023-07-08"}},
        [],
    ),
    "PM": (
        {"a.md": _dated('"March 6, 2023 4:05 PM"')},
        {"a.md": {"publishedDateTime": "2023-03-06T16:05:00Z"}},
        [],
    ),
    "the name of a zone": (
        {"a.md": _dated('"Thu, 3 Aug 2023 09:30:00 CEST"')},
        {"a.md": {"publishedDateTime": "2023-08-03T07:30:00Z"}},
        [],
    ),
    "mail without a weekday": (
        {"a.md": _dated('"24 Nov 2019 07:46:33 +0000"')},
        {"a.md": {"publishedDateTime": "2019-11-24T07:46:33Z"}},
        [],
    ),
    "dates of programs": (
        {
            "0.md": _dated('"2021/5/17"'),
            "1.md": _dated('"2021/05/17 19:35:14"'),
            "2.md": _dated('"Jun 09 2021"'),
            "3.md": _dated('"June 9, 2021"'),
            "4.md": _dated('"9 June 2021"'),
            "5.md": _dated('"2012.06.02"'),
            "6.md": _dated('"2023-02-17 19:33:47 -0500 EST"'),
            "7.md": _dated('"1600000000"'),
        },
        {
            f"{number}.md": {"publishedDateTime": date}
            for number, date in enumerate(
                [
                    *("2021-05-17", "2021-05-17T19:35:14Z", "2021-06-09", "2021-06-09", "2021-06-09", "2012-06-02"),
                    *("2023-02-18T00:33:47Z", "2020-09-13T12:26:40Z"),
                ]
            )
        },
        [],
    ),
    "a colon in a title": (
        {"a.md": _titled("title: Sink or Swim: Lessons")},
        {"a.md": {"title": "Sink or Swim: Lessons", "publishedDateTime": "2023-05-06T08:30:00Z", "excerpt": "Body."}},
        ["a.md:2: title"],
    ),
    "a bracket before a title": (
        {"a.md": _titled("title: [Draft] The pier")},
        {"a.md": {"title": "[Draft] The pier", "publishedDateTime": "2023-05-06T08:30:00Z"}},
        ["a.md:2: title"],
    ),
    "a quote in front of a title": (
        {"a.md": _titled('title: "Ahoy" and goodbye')},
        {"a.md": {"title": '"Ahoy" and goodbye', "publishedDateTime": "2023-05-06T08:30:00Z"}},
        ["a.md:2: title"],
    ),
    "a tab": (
        {"a.md": "---\ntitle: Tar\ntopics:\n\t- ropes\n---\n\nBody.\n"},
        {"a.md": {"title": "Tar", "topics": ["ropes"]}},
        ["a.md:4: topics"],
    ),
    "a header of JSON": (
        {"a.md": '{\n  "title": "Jetty",\n  "date": "2011-03-05"\n}\n\nBody.\n'},
        {"a.md": {"title": "Jetty", "publishedDateTime": "2011-03-05", "excerpt": "Body."}},
        [],
    ),
    "no header, or none between lines": (
        {
            "heading.md": "# Harbour lights\n\nOnly text.\n",
            "dashes.md": '---json\n{"title":"Dunes"}\n---\nBody.\n',
            "hexo.md": "title: Hull\ndate: 2019-10-28 20:02:00\n---\n\nBody.\n",
            "pelican.md": "Title: Pelicans\nDate: 2018-09-11 09:00\n\nBody.\n",
        },
        {
            "heading.md": {"title": "Harbour lights", "excerpt": "Only text."},
            "dashes.md": {"title": "Dunes", "excerpt": "Body."},
            "hexo.md": {"title": "Hull", "publishedDateTime": "2019-10-28T20:02:00Z"},
            "pelican.md": {"title": "Pelicans", "publishedDateTime": "2018-09-11T09:00:00Z"},
        },
        [],
    ),
    "topics with commas": (
        {"a.md": "---\ntitle: T\ntopics: tar, ropes, knots\n---\n"},
        {"a.md": {"topics": ["tar", "ropes", "knots"]}},
        [],
    ),
}


@pytest.mark.parametrize("kind", _LISTED)
def test_each_document_is_listed_with_its_fields(make_folder: MakeFolder, kind: str) -> None:
    files, expected, problems = _LISTED[kind]
    folder = make_folder(files)
    listed = {article["path"]: article for article in json.loads(_run("list", folder, "--json").stdout)}
    found = {path: {name: listed[path][name] for name in fields} for path, fields in expected.items()}
    assert (found, listed.keys()) == (expected, files.keys())
    lines = _run("check", folder).stdout.splitlines()
    assert [":".join(line.split(":")[:3]) for line in lines] == problems


def _page(url: str) -> str:
    return f"---\ntitle: Chart\noriginalUrl: {url}\n---\n"


_COUNTED: dict[str, tuple[Files, tuple[str, ...], str, str, int]] = {
    "two vaults do not share marks": (
        {"A/index.md": "---\ntitle: Ours\n---\n", "B/index.md": "---\ntitle: Theirs\n---\nOther text.\n"},
        ("A", "title:ours", "--star"),
        "B",
        "is:starred",
        0,
    ),
    "a subfolder has the marks made from its parent": (
        {"deep/a.md": "---\ntitle: Memo\n---\n"},
        (".", "title:memo", "--star"),
        "deep",
        "is:starred",
        1,
    ),
    "a fragment may name a page": (
        {
            "a.md": "---\ntitle: One\noriginalUrl: https://app.example/#/log/1\n---\n",
            "b.md": _page("https://app.example/#/log/2"),
        },
        (".", "title:one", "--read"),
        ".",
        "is:read",
        1,
    ),
    "signs count in names": (
        {"a.md": "---\ntitle: Crabs and cod\n---\n", "b.md": "---\ntitle: C++ tips\n---\n"},
        (),
        ".",
        "C++",
        1,
    ),
    "other fields are found": (
        {"a.md": "---\ntitle: T\ndescription: dredged sand\nskipper: Jonas\n---\n"},
        (),
        ".",
        "dredged jonas",
        1,
    ),
    "http is https": (
        {"a.md": _page("http://quay.example/c?n=2"), "b.md": _page("https://quay.example/c?n=2")},
        (),
        ".",
        "is:duplicate",
        1,
    ),
}


@pytest.mark.parametrize("kind", _COUNTED)
def test_queries_and_marks(make_folder: MakeFolder, kind: str) -> None:
    files, (*marked,), below, query, count = _COUNTED[kind]
    folder = make_folder(files)
    if marked:
        where, *change = marked
        assert "1 article" in _run("mark", folder / where, *change).stderr
    assert _run("count", folder / below, query).stdout == f"{count}\n"


def test_a_day_is_the_same_in_every_zone(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder({"a.md": _dated("2023-02-01")})
    try:
        for zone in ("America/New_York", "Pacific/Auckland"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert "Date: 2023-02-01\n" in _run("show", folder, "a.md").stdout
            assert _run("count", folder, "date:2023-02-01").stdout == "1\n"
    finally:
        monkeypatch.undo()
        time.tzset()
