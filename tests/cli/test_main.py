"""The commands, in this process for speed; what needs a separate process is in test_process.py."""

from __future__ import annotations

import json
import os
import pty
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from reader import __version__
from reader.cli.main import cli
from reader.core.paths import Paths

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]

_JURIST, _CGTN, _STAR, _BIG, _CAIXIN = (
    "002_b2645a5efb6e71c2.txt",
    "004_1b5e87571e7017b2.txt",
    "003_b015dcdd5efe684a.txt",
    "001_58d2bf108613964b.txt",
    "000_439b3d3d7c838329.txt",
)


_FURTHER = (
    "category published excerptIsFromBody updatedDateTime ampWebUrl cdnAmpWebUrl images related body bodyFormat "
    "secured extra"
)


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def _json(*arguments: str | Path) -> Any:
    result = _run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("by", "order", "reversed_"),
    [
        ("quality", [_JURIST, _CGTN, _STAR, _BIG, _CAIXIN], [_CAIXIN, _CGTN, _STAR, _BIG, _JURIST]),
        ("heat", [_CGTN, _JURIST, _STAR, _CAIXIN, _BIG], [_CGTN, _JURIST, _STAR, _CAIXIN, _BIG]),
        ("date", [_CGTN, _JURIST, _STAR, _CAIXIN, _BIG], [_BIG, _CAIXIN, _STAR, _JURIST, _CGTN]),
    ],
)
def test_the_seeds_are_listed_in_every_order(seeds: Path, by: str, order: list[str], reversed_: list[str]) -> None:
    assert [each["path"] for each in _json("list", seeds, "--sort", by)] == order
    assert [each["path"] for each in _json("list", seeds, "--sort", by, "--reverse")] == reversed_


@pytest.mark.parametrize(
    ("settings", "wrong", "advice"),
    [
        ('[fields]\nwhen = ["date"]', "[fields] has no field “when”", "The fields are: title, date, "),
        ('[fields]\ndate = "when"', "[fields] date must be a list", 'such as ["when"]'),
        ('[dates]\norder = "ymd"', "[dates] order must be", '"dmy" or "mdy"'),
        ("[fields", "not valid TOML", "Fix that line"),
    ],
)
@pytest.mark.parametrize("command", ["list", "count", "check", "index"])
def test_wrong_settings_are_reported_and_documents_are_read_with_the_others(
    make_folder: MakeFolder, command: str, settings: str, wrong: str, advice: str
) -> None:
    folder = make_folder({"a.md": "---\ntitle: T\n---\n"})
    file = Paths.from_environment().config_file
    file.parent.mkdir(parents=True)
    file.write_text(settings)
    result = _run(command, folder)
    notice, *others = result.stderr.splitlines()
    assert (result.exit_code, bool(result.stdout)) == (0, command != "check")
    assert notice.startswith(f"newsreader: {file}:{settings.count(chr(10)) + 1}: ")
    assert wrong in notice
    assert advice in notice
    assert len(others) == (command == "check")


def test_the_default_order_is_quality(seeds: Path) -> None:
    assert _json("list", seeds) == _json("list", seeds, "--sort", "quality")


@pytest.mark.parametrize(("limit", "count"), [("0", 0), ("2", 2), ("99", 5)])
def test_a_list_can_be_limited(seeds: Path, limit: str, count: int) -> None:
    assert len(_json("list", seeds, "--limit", limit)) == count
    assert len(_run("list", seeds, "--limit", limit).stdout.splitlines()) == count


def test_a_listed_article_has_exactly_the_promised_fields(seeds: Path) -> None:
    best = _json("list", seeds, "--limit", "1")[0]
    assert best == {
        "id": best["id"],
        "path": _JURIST,
        "title": "China Supreme Court issues regulations against misuse of facial recognition technology",
        "excerpt": best["excerpt"],
        "publishedDateTime": "2021-08-01T03:08:00Z",
        "originalUrl": "https://www.jurist.org/news/2021/08/china-supreme-court-issues-regulations-against-misuse-of-facial-recognition-technology/",
        "webUrl": best["webUrl"],
        "type": "article",
        "quality": 46,
        "heat": None,
        "qualityEstimate": None,
        "heatEstimate": best["heatEstimate"],
        "story": best["story"],
        "provider": {"name": "Jurist", "domain": "jurist.org"},
        "topics": best["topics"],
        "authors": [],
        "read": False,
        "starred": False,
        "tags": [],
        "hasPage": False,
    }
    assert "facial recognition" in best["excerpt"]
    assert len(best["id"]) == 16


def test_a_pipe_gets_plain_text_with_one_line_per_article(seeds: Path) -> None:
    result = _run("list", seeds, "--limit", "1")
    assert result.stderr == ""
    assert result.stdout == (
        "46\t-\t2021-08-01T03:08:00Z\tJurist\tChina Supreme Court issues regulations against misuse of facial "
        f"recognition technology\t{_JURIST}\n"
    )


def test_unknown_values_are_dashes(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {"a.md": "---\ntitle: T\nheat: -1\n---\n", "b.md": "---\ntitle: U\nquality: 2.50\nheat: 7\n---\n"}
    )
    assert _run("list", folder).stdout == "2.5\t7\t-\t-\tU\tb.md\n-\t-\t-\t-\tT\ta.md\n"


@pytest.mark.parametrize("which", [_CAIXIN, "000_439b3d3d7c838329"])
def test_an_article_is_shown_with_every_field(seeds: Path, which: str) -> None:
    shown = _json("show", seeds, which)
    assert set(shown) == set(_json("list", seeds)[0]) | set(_FURTHER.split())
    assert shown["secured"].endswith(";OvPMJtU3rLp9E9n1pFEyrg==")
    assert [each["title"] for each in shown["related"]] == [
        "Remark AI Finishes in Top 5 in Recent NIST Computer Vision Test"
    ]
    assert _json("show", seeds, shown["id"]) == shown
    of_the_folder = {name: shown[name] for name in ("id", "heatEstimate", "story")}
    assert _json("show", seeds / _CAIXIN, which) | of_the_folder == shown


def test_every_seed_can_be_shown_by_path_name_and_id(seeds: Path) -> None:
    for listed in _json("list", seeds):
        shown = _json("show", seeds, listed["path"])
        assert {name: shown[name] for name in listed if name != "provider"} == {
            name: value for name, value in listed.items() if name != "provider"
        }
        assert _run("show", seeds, listed["id"]).stdout == _run("show", seeds, listed["path"]).stdout


def test_an_article_is_printed_as_text(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "a.md": "---\ntitle: The Title\nexcerpt: In short.\npublishedDateTime: 2021-07-28\ntype: video\n"
            "quality: 39\nheat: 2.5\ntopics: [AI, News]\nprovider: {name: P}\nwebUrl: http://a.example/\n"
            "ampWebUrl: http://amp.example/\nsecured: AAAA;AAAAAAAAAAAAAAAAAAAAAA==\nrelated:\n"
            "- {title: R, quality: 64, webUrl: http://r.example/, provider: Q}\n"
            "- {title: S}\nlength: 12\nname: Jane\nlevels: [日本, 2]\n---\n\nA *body*.\n"
        }
    )
    shown = _run("show", folder, "a.md").stdout
    head, facts, excerpt, body, related, more = shown.strip().split("\n\n")
    assert (head, excerpt) == ("The Title", "In short.")
    assert body == "A *body*."
    names = [line.partition(": ")[0] for line in facts.splitlines()]
    assert names == ["Source", "Date", "Type", "Quality", "Heat", "Topics", "Link", "AMP"]
    assert more.splitlines() == ["length: 12", "name: Jane", 'levels: ["日本", 2]', "secured: 3 bytes, encrypted"]
    assert "AAAA" not in shown
    assert related.splitlines() == ["Related (2)", "  64  Q: R", "      http://r.example/", "   -  S"]


def test_an_empty_article_is_printed(make_folder: MakeFolder) -> None:
    assert _run("show", make_folder({"a.md": "---\ntitle: T\n---\n"}), "a").stdout == "T\n"


def _to_own_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> str:
    """Return what the command writes to a terminal of 80 columns, without styles."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", terminal)
        cli.main([str(argument) for argument in arguments], standalone_mode=False)
        written = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\x1b[1m" in written
    return re.sub(r"\x1b\[[\d;]*m", "", written)


def test_any_titles_keep_the_columns_of_a_table(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    titles = {
        "[/nope] [@click=app.quit] [red]x": "'[/nope] [@click=app.quit] [red]x'",
        "]52;c;cm0=": '"\\e]52;c;cm0=\\a"',
        "one two": '"one\\ntwo"',
        "evil": '"\\u202eevil"',
        "日本語の新聞 العربية": "日本語の新聞 العربية",
        "👩👩👧 👍 🇩🇪": "👩\u200d👩\u200d👧 👍🏽 🇩🇪",
        "x" * 400: "x" * 400,
    }
    documents = {
        f"{n}.md": f"---\ntitle: {title}\nquality: {9 - n}\npublishedDateTime: 2021-06-1{n}T12:00\n---\n"
        for n, title in enumerate(titles.values())
    }
    lines = _to_own_terminal(monkeypatch, "list", make_folder(documents)).splitlines()
    assert len(lines) == len(titles) + 1
    at = lines[0].index("Title")
    assert [line[at:].rstrip() for line in lines[1:-1]] == list(titles)[:-1]
    assert lines[-1].rstrip().endswith("x…")
    cells = [line.split()[:3] for line in lines[1:]]
    assert [cells[n][::2] for n in range(7)] == [[str(9 - n), f"2021-06-1{n}"] for n in range(7)]
    assert {each[1][0] for each in cells} == {"~"}
    assert max(map(cell_len, lines)) <= 80
    assert not {"\x1b", "\x07", "\u202e"} & set("".join(lines))


def test_unknown_values_are_estimates_or_dashes_in_a_table(
    make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch, own_directories: Paths
) -> None:
    folder = make_folder({"a.md": "---\ntitle: T\nexcerpt: E\n---\n"})
    assert _to_own_terminal(monkeypatch, "list", folder).splitlines()[1].split() == ["~1", "~1", "–", "T"]
    own_directories.config_file.parent.mkdir(parents=True, exist_ok=True)
    own_directories.config_file.write_text("estimate_quality = false\n", "utf-8")
    assert _to_own_terminal(monkeypatch, "list", folder).splitlines()[1].split() == ["–", "~3", "–", "T"]


def test_check_reports_no_problems_for_good_documents(seeds: Path) -> None:
    result = _run("check", seeds)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "newsreader: 5 documents, no problems.\n")
    assert _run("check", seeds, "--json").stdout == "[]\n"


def test_check_reports_every_problem_with_its_position(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {"a.md": "---\ntitle: T\nquality: x\nrelated:\n- heat: -9\n---\n", "b.md": "---\ntitle: a: b\n---\n"}
    )
    result = _run("check", folder)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "a.md:3: quality: expected a number, found “x”",
        "a.md:5: related[0].heat: expected 0 or more, or -1 for unknown, found -9",
        "b.md:2: title: this is not valid YAML (mapping values are not allowed in this context); it is read as text",
    ]
    assert result.stderr == "newsreader: 3 problems in 2 documents.\n"
    as_json = _run("check", folder, "--json")
    assert as_json.exit_code == 1
    assert [(each["file"], each["line"], each["field"]) for each in json.loads(as_json.stdout)] == [
        ("a.md", 3, "quality"),
        ("a.md", 5, "related[0].heat"),
        ("b.md", 2, "title"),
    ]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ({}, "There are no articles in news."),
        ({"a.pdf": "", ".b.md": ""}, "There are no articles in news."),
    ],
)
def test_a_folder_without_articles_is_reported(
    make_folder: MakeFolder, documents: dict[str, str], message: str
) -> None:
    result = _run("list", make_folder(documents))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"newsreader: {message}")


_HOSTILE = {
    "osc.md": '---\ntitle: "\\e]52;c;cm0=\\a pwned"\nquality: 9\n---\n'
    "\x1b]52;c;x\x07 \x9b2J body &#27;[2J <b>&#x9b;31m</b>\n",
    "lines.md": '---\ntitle: "one\\ntwo\\rthree\\L four\\tfive"\nquality: 8\n---\n',
    "markup.md": "---\ntitle: '[/nope] [@click=app.quit]x[/] [bold red]y'\nquality: 7\n---\n",
    "bidi.md": '---\ntitle: "\\u202eevil\\u2066"\nquality: 6\nprovider: "\\e[31mP"\ntopics: ["\\e[2J"]\n---\n',
    "esc\x1b]2;x\x07\n\u202e.md": "---\nquality: 5\nheat: '\x1b[2J'\n---\n",
}


def test_untrusted_text_is_harmless_in_every_output(make_folder: MakeFolder) -> None:
    folder = make_folder(_HOSTILE)
    listed = _run("list", folder).stdout
    assert [line.split("\t")[4] for line in listed.splitlines()] == [
        "]52;c;cm0= pwned",
        "one two three four five",
        "[/nope] [@click=app.quit]x[/] [bold red]y",
        "evil",
        "Esc]2;x",
    ]
    as_json = _run("list", folder, "--json").stdout
    ids = [each["id"] for each in json.loads(as_json)]
    outputs = [listed, as_json, _run("check", folder).output, _run("check", folder, "--json").output]
    outputs += [_run("show", folder, id_, *more).output for id_ in ids for more in ([], ["--json"])]
    assert len(outputs) == 14
    for output in outputs:
        assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2066", "\u2028"} & set(output)
        assert "\\u001b" not in output.lower()


def test_a_file_name_that_is_not_text_is_listed_and_shown_by_id(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("---\ntitle: T\n---\n")
    except OSError:
        pytest.xfail("this file system insists on UTF-8")
    (listed,) = _json("list", tmp_path)
    assert listed["path"] == "caf\ufffd.md"
    assert _json("show", tmp_path, listed["id"])["title"] == "T"
    assert _json("show", tmp_path, os.fsdecode(b"caf\xe9.md"))["title"] == "T"


def test_a_list_longer_than_one_batch_is_complete(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:04}.md": f"---\ntitle: t\nquality: {n}\n---\n" for n in range(1100)})
    assert [each["quality"] for each in _json("list", folder, "--reverse")] == list(range(1100))


def test_problems_while_opening_are_reported_and_the_list_is_printed(
    seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NEWSREADER_CACHE_DIR", str(tmp_path / "file" / "x"))
    result = _run("list", seeds)
    assert len(result.stdout.splitlines()) == 5
    assert result.stderr.startswith("newsreader: ")
    assert result.stderr.endswith("The index is kept in memory.\n")


@pytest.mark.parametrize("option", ["--version", "--help", "-h"])
def test_help_and_version(option: str) -> None:
    result = _run(option)
    assert (result.exit_code, result.stderr) == (0, "")
    expected = (
        [f"newsreader {__version__}\n"] if option == "--version" else ["Read a folder of news", "list", "show", "check"]
    )
    assert all(words in result.stdout for words in expected)


def test_a_path_alone_opens_it() -> None:
    assert "Open PATH" in _run("open", "--help").stdout
    assert "--offline" in _run("--help").stdout
    assert _run("seeds", "--help").stdout == _run("open", "--help").stdout


@pytest.mark.parametrize(
    ("line", "command", "offline"),
    [
        ("--offline news", "open", True),
        ("--offline", "open", True),
        ("open --offline news", "open", True),
        ("open news --offline", "open", True),
        ("--offline open news", "open", True),
        ("--offline fetch news", "fetch", True),
        ("fetch news --offline", "fetch", True),
        ("--offline list news", "list", None),
        ("news", "open", False),
    ],
)
def test_offline_may_precede_the_path(
    line: str, command: str, offline: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[bool | None] = []
    monkeypatch.setattr(cli.commands[command], "callback", lambda **given: called.append(given.get("offline")))
    assert CliRunner().invoke(cli, line.split(), catch_exceptions=False).exit_code == 0
    assert called == [offline]


def test_a_query_finds_signs_authors_and_what_more_shows(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "a.md": "---\ntitle: C++ news\nauthor: Ann Lee\nmood: sunny\n---\n",
            "b.md": "---\ntitle: Cats and cars\n---\nIt costs € 5.",
        }
    )
    for query in ("C++", 'author:"ann lee"', "lee", "text:sunny", "++"):
        assert [each["path"] for each in _json("list", folder, query)] == ["a.md"], query
    assert [each["path"] for each in _json("list", folder, "€")] == ["b.md"]
    assert _json("list", folder, "cats OR c", "--sort", "relevance")[0]["path"] == "b.md"


def test_a_document_is_explained_field_by_field(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "a.md": "---\nheadline: T\ndate: 2024-01-02\npubDate: 2024-02-03\nlink: /x\nmood: sunny\n"
            "cover: 7: 8\n---\nText.\n"
        }
    )
    assert _run("check", folder, "--explain", "a.md").stdout.splitlines() == [
        "title: T",
        "    from headline",
        "publishedDateTime: 2024-01-02",
        "    from date",
        "excerpt: Text.",
        "    from the first paragraph of the body",
        "images: 7: 8",
        "    from cover",
        "without a value: topics, originalUrl",
        "pubDate: not used, because publishedDateTime is from date; shown under More",
        "link: not used, because it gives no originalUrl; shown under More",
        "mood: not used; shown under More",
        "a.md:7: cover: this is not valid YAML (mapping values are not allowed in this context); it is read as text",
    ]
    explained = _json("check", folder, "--explain", "a.md")
    assert explained["fields"]["title"] == {"value": "T", "from": "headline"}
    assert (explained["unused"], explained["missing"]) == (["pubDate", "link", "mood"], ["topics", "originalUrl"])


def test_the_explanation_says_where_values_are_that_have_no_key_of_their_name(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {
            "a.md": "---\nprovider: {name: P, authors: [Ann]}\nLanguage: de\n---\n",
            "b.html": "<html lang=en><head><title>T</title><meta name=description content=D></head><p>x</p></html>",
        }
    )
    fields = _json("check", folder, "--explain", "a.md")["fields"]
    assert {name: field["from"] for name, field in fields.items()} == {
        "title": "the name of the file",
        "authors": "provider",
        "site": "provider",
        "lang": "Language",
    }
    fields = _json("check", folder, "--explain", "b.html")["fields"]
    assert {name: field["from"] for name, field in fields.items()} == dict.fromkeys(
        ("title", "excerpt", "lang"), "the head of the page"
    )
