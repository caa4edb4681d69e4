"""The commands, in this process for speed; what needs a process of its own is in test_cli_process.py."""

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

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]

_JURIST, _CGTN, _STAR, _BIG, _CAIXIN = (
    "002_b2645a5efb6e71c2.txt",
    "004_1b5e87571e7017b2.txt",
    "003_b015dcdd5efe684a.txt",
    "001_58d2bf108613964b.txt",
    "000_439b3d3d7c838329.txt",
)


_FURTHER = "category published ampWebUrl cdnAmpWebUrl images related body bodyFormat secured extra"


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
        "provider": {"name": "Jurist", "domain": "jurist.org"},
        "topics": best["topics"],
        "read": False,
        "starred": False,
        "tags": [],
        "hasPage": False,
    }
    assert "facial recognition" in best["excerpt"]
    assert len(best["id"]) == 16


def test_a_list_into_a_pipe_is_plain_and_one_line_an_article(seeds: Path) -> None:
    result = _run("list", seeds, "--limit", "1")
    assert result.stderr == ""
    assert result.stdout == (
        "46\t-\t2021-08-01T03:08:00Z\tJurist\tChina Supreme Court issues regulations against misuse of facial "
        f"recognition technology\t{_JURIST}\n"
    )


def test_what_is_unknown_is_a_dash(make_folder: MakeFolder) -> None:
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
    assert _json("show", seeds / _CAIXIN, which) | {"id": shown["id"]} == shown


def test_every_seed_can_be_shown_by_each_of_its_names(seeds: Path) -> None:
    for listed in _json("list", seeds):
        shown = _json("show", seeds, listed["path"])
        assert {name: shown[name] for name in listed if name != "provider"} == {
            name: value for name, value in listed.items() if name != "provider"
        }
        assert _run("show", seeds, listed["id"]).stdout == _run("show", seeds, listed["path"]).stdout


def test_an_article_is_shown_to_be_read(make_folder: MakeFolder) -> None:
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
    assert more.splitlines() == ["length: 12", "name: Jane", 'levels: ["日本", 2]', "secured payload, 3 bytes"]
    assert "AAAA" not in shown
    assert related.splitlines() == ["Related (2)", "  64  Q: R", "      http://r.example/", "   -  S"]


def test_an_article_without_anything_is_shown_too(make_folder: MakeFolder) -> None:
    assert _run("show", make_folder({"a.md": "---\ntitle: T\n---\n"}), "a").stdout == "T\n"


def _to_own_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> str:
    """Return what the command writes to a terminal of 80 columns, without its styles."""
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


def test_a_table_keeps_its_grid_whatever_the_titles(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    titles = {
        "[/nope] [@click=app.quit] [red]x": "'[/nope] [@click=app.quit] [red]x'",
        "]52;c;cm0=": '"\\e]52;c;cm0=\\a"',
        "one two": '"one\\ntwo"',
        "evil": '"\\u202eevil"',
        "日本語の新聞 العربية": "日本語の新聞 العربية",
        "👩 👍 🇩🇪": "👩\u200d👩\u200d👧 👍🏽 🇩🇪",
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
    assert [line.split()[:3] for line in lines[1:]] == [[str(9 - n), "–", f"2021-06-1{n}"] for n in range(7)]
    assert max(map(cell_len, lines)) <= 80
    assert not {"\x1b", "\x07", "\u202e"} & set("".join(lines))


def test_in_a_table_what_is_unknown_is_a_dash(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _to_own_terminal(monkeypatch, "list", make_folder({"a.md": "---\ntitle: T\n---\n"})).splitlines()
    assert lines[1].split() == ["–", "–", "–", "T"]


def test_check_reports_no_problems_for_good_documents(seeds: Path) -> None:
    result = _run("check", seeds)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "newsreader: 5 documents, no problems.\n")
    assert _run("check", seeds, "--json").stdout == "[]\n"


def test_check_reports_every_problem_with_its_place(make_folder: MakeFolder) -> None:
    folder = make_folder({"a.md": "---\ntitle: T\nquality: x\nrelated:\n- heat: -9\n---\n", "b.md": "plain"})
    result = _run("check", folder)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "a.md:3: quality: expected a number, found “x”",
        "a.md:5: related[0].heat: expected 0 or more, or -1 for unknown, found -9",
        "b.md:1: document: there is no front matter: the file should start with a line of three dashes",
    ]
    assert result.stderr == "newsreader: 3 problems in 2 documents.\n"
    as_json = _run("check", folder, "--json")
    assert as_json.exit_code == 1
    assert [(each["file"], each["line"], each["field"]) for each in json.loads(as_json.stdout)] == [
        ("a.md", 3, "quality"),
        ("a.md", 5, "related[0].heat"),
        ("b.md", 1, None),
    ]


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ({}, "There are no articles in news."),
        ({"a.pdf": "", ".b.md": ""}, "There are no articles in news."),
        ({"a.md": ""}, "There are no articles in news. 1 document could not be read; `newsreader check` says why."),
        ({"a.md": "", "b.md": "x"}, "There are no articles in news. 2 documents could not be read; `newsreader check`"),
    ],
)
def test_a_folder_without_articles_gets_a_sentence(
    make_folder: MakeFolder, documents: dict[str, str], said: str
) -> None:
    result = _run("list", make_folder(documents))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"newsreader: {said}")


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


def test_a_file_name_that_is_no_text_is_listed_and_shown_by_id(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("---\ntitle: T\n---\n")
    except OSError:
        pytest.xfail("this file system insists on UTF-8")
    (listed,) = _json("list", tmp_path)
    assert listed["path"] == "caf\ufffd.md"
    assert _json("show", tmp_path, listed["id"])["title"] == "T"
    assert _json("show", tmp_path, os.fsdecode(b"caf\xe9.md"))["title"] == "T"


def test_a_list_longer_than_is_read_at_once_is_whole(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n:04}.md": f"---\ntitle: t\nquality: {n}\n---\n" for n in range(1100)})
    assert [each["quality"] for each in _json("list", folder, "--reverse")] == list(range(1100))


def test_what_could_not_be_opened_as_usual_is_said_and_the_list_printed(
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


def test_a_path_alone_means_to_open_it() -> None:
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
def test_offline_may_stand_before_what_is_opened(
    line: str, command: str, offline: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[bool | None] = []
    monkeypatch.setattr(cli.commands[command], "callback", lambda **given: called.append(given.get("offline")))
    assert CliRunner().invoke(cli, line.split(), catch_exceptions=False).exit_code == 0
    assert called == [offline]
