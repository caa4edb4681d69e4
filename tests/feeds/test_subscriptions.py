"""feeds.toml: what it may say, how it is edited, and how two machines' files are merged."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.config.feed_settings import BY_NAME, format_minutes, minutes_of
from reader.core.errors import ReaderError
from reader.core.text import clean
from reader.feeds.subscriptions import (
    Subscription,
    Subscriptions,
    edit_subscriptions,
    find_subscriptions,
    importable,
    merge_subscriptions,
    parse_subscriptions,
    setting_problem,
)

LWN = Subscription("https://lwn.net/headlines/rss", title="LWN", group="Linux", interval=120)
XKCD = Subscription("https://xkcd.com/atom.xml")
MINE = """\
# What I read.

# the kernel
[[feed]]
url = "https://lwn.net/headlines/rss"   # needs no login
title = 'LWN'
group = "Linux"
interval = "2h"

[[feed]]
url = "https://xkcd.com/atom.xml"
# the end
"""
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=20).map(clean)
urls = st.integers(0, 12).map(lambda n: f"https://{n}.example/feed.xml")


@st.composite
def subscriptions(draw: st.DrawFn) -> Subscription:
    return Subscription(
        draw(urls),
        title=draw(texts),
        group=draw(texts.filter(lambda text: setting_problem("group", text) is None)),
        topics=tuple(dict.fromkeys(filter(None, draw(st.lists(texts, max_size=3))))),
        interval=draw(st.sampled_from([0, 30, 60, 90, 1440, 10_080, 525_600])),
        fetch=draw(st.sampled_from(["ask", "always"])),
        headers=draw(st.dictionaries(st.sampled_from(["X-Key", "Authorization"]), st.sampled_from(["a", 'q"q']))),
        keep_days=draw(st.integers(0, 400)),
        mute_until=draw(st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1))),
        paused=draw(st.booleans()),
    )


lists = st.lists(subscriptions(), max_size=5, unique_by=lambda each: each.key)


def test_the_settings_are_the_fields_of_a_subscription() -> None:
    assert [each.name for each in fields(Subscription)] == [*BY_NAME]
    for each in fields(Subscription):
        stored = getattr(Subscription(), each.name)
        default = BY_NAME[each.name].default
        assert (stored or "") == (default or "") or [*stored] == [*default]


def test_a_file_written_by_hand_is_parsed() -> None:
    assert parse_subscriptions(MINE, "feeds.toml") == ([LWN, XKCD], [])
    assert parse_subscriptions("", "feeds.toml") == ([], [])
    (own,) = parse_subscriptions('[[feed]]\nexec = ["prog", "a b"]\nmute_until = 2027-01-31\n', "f").feeds
    assert (own.exec, own.mute_until, own.name) == (("prog", "a b"), dt.date(2027, 1, 31), "prog")


def test_an_edit_keeps_comments_and_all_that_it_does_not_change() -> None:
    edited = edit_subscriptions(MINE, [replace(LWN, paused=True), XKCD], "feeds.toml")
    assert edited == MINE.replace('interval = "2h"\n', 'interval = "2h"\npaused = true\n')
    moved = edit_subscriptions(MINE, [replace(LWN, url="https://lwn.net/rss"), XKCD], "feeds.toml")
    assert moved == MINE.replace("https://lwn.net/headlines/rss", "https://lwn.net/rss")
    assert edit_subscriptions(MINE, [XKCD], "feeds.toml").startswith('# What I read.\n\n[[feed]]\nurl = "https://xkcd')
    assert edit_subscriptions(MINE, [LWN, XKCD], "feeds.toml") == MINE


def test_lists_over_several_lines_and_tables_are_replaced_as_a_whole() -> None:
    text = '[[feed]]\nurl = "https://a.example/"\ntopics = [\n  "x", # why ]\n  "y",\n] # both\nheaders = { K = "}" }\n'
    (feed,) = parse_subscriptions(text, "f").feeds
    edited = edit_subscriptions(text, [replace(feed, topics=("z",), headers={"K": "v", "L": "w"})], "f")
    assert edited == ('[[feed]]\nurl = "https://a.example/"\ntopics = ["z"] # both\nheaders = { K = "v", L = "w" }\n')


@given(lists, lists)
def test_any_file_can_be_edited_to_any_feeds_and_back(first: list[Subscription], second: list[Subscription]) -> None:
    text = edit_subscriptions("", first, "f")
    other = edit_subscriptions(text, second, "f")
    assert parse_subscriptions(text, "f") == (first, [])
    assert parse_subscriptions(other, "f") == (second, [])
    assert parse_subscriptions(edit_subscriptions(other, first, "f"), "f") == (first, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[feed]]\ntitle = "A"\n', "“A” is left out. It has no address. A feed has one of url, exec and file."),
        ('[[feed]]\nurl = "https://a.example/"\nfile = "/x"\n', "It has url and file."),
        ('[[feed]]\nurl = "https://a.org/"\ninterwal = "1h"\n', "no setting “interwal”. Did you mean “interval”?"),
        ('[[feed]]\nurl = "https://a.example/"\ninterval = "1m"\n', "interval must be a time such as \"30m\""),
        ('[[feed]]\nurl = "https://a.example/"\nfetch = "alway"\n', "Did you mean “always”?"),
        ('[[feed]]\nurl = "ftp://a.example/"\n', "Only URLs that start with http:// or https://"),
        ('[[feed]]\nurl = "https://a.example/"\nheaders = { User-Agent = "x" }\n', "Use user_agent for User-Agent."),
        ('[[feed]]\nexec = "rm -rf /"\n', "exec must be a list of words"),
        ('[[feed]]\nfile = "/f"\nkeep_days = 1000000\n', "keep_days must be a whole number of days, up to 100000"),
        (f'[[feed]]\nfile = "/f"\ngroup = "{"x" * 201}"\n', "group must be one line in quotes, of at most 200"),
        ('[[feed]]\nurl = "https://a.example/"\nfolder = "news"\n', "folder must be the whole path of a folder"),
        ('[[feed]]\nurl = "http://a.example/"\n[[feed]]\nurl = "https://a.example/?utm_source=x"\n', "another one"),
    ],
)  # fmt: skip
def test_a_wrong_feed_is_reported_with_its_line_and_stays_as_it_is(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text(f"# mine\n\n{text}", "utf-8")
    (*_, problem) = (found := Subscriptions(file).read()).problems
    assert message in problem
    line = 3 + text.count("\n", 0, text.rindex("[[feed]]"))
    assert problem.startswith(f"{file}, line {line}: ")
    Subscriptions(file).change(lambda feeds: [LWN, *feeds, XKCD])
    Subscriptions(file).change(lambda feeds: [replace(each, paused=True) for each in feeds if each != XKCD])
    after = Subscriptions(file).read()
    assert after.feeds == [replace(each, paused=True) for each in (LWN, *found.feeds)]
    assert len(after.problems) == 1
    wrong = text[text.rindex("[[feed]]") :]
    assert wrong in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# mine\n[[feed]\n", "feeds.toml, line 2, is not valid TOML: Expected ']]'"),
        ("\n\n[[feeds]]\n", "line 3, has an unknown key “feeds”. Each feed is a table: [[feed]]. Nothing is lost;"),
        ("\nfeed = 3", "line 2: feed must be a table in double brackets: [[feed]]. Nothing is lost; until"),
    ],
)
def test_a_file_that_has_anything_but_feeds_is_not_changed(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ReaderError, match=re.escape(message)):
        Subscriptions(file).load()
    with pytest.raises(ReaderError):
        Subscriptions(file).change(lambda feeds: [*feeds, LWN])
    assert file.read_text("utf-8") == text


WRONG = st.sampled_from(["interval = 1", 'urk = "x"', 'title = "only"  # a title', "headers = { Host = 'x' }"])


@given(lists, lists, st.lists(st.tuples(st.integers(0, 5), WRONG), max_size=4))
def test_no_edit_changes_a_wrong_feed(
    first: list[Subscription], second: list[Subscription], wrong: list[tuple[int, str]]
) -> None:
    tables = [edit_subscriptions("", [each], "f").partition("[[feed]]\n")[2] for each in first]
    for place, setting in wrong:
        tables.insert(place, f"# about it\n{setting}\n")
    text = "".join(f"[[feed]]\n{each}\n" for each in tables)
    edited = edit_subscriptions(text, second, "f")
    assert parse_subscriptions(edited, "f").feeds == second
    for _, setting in wrong:
        assert edited.count(f"# about it\n{setting}\n") == text.count(f"# about it\n{setting}\n")


def test_a_password_in_a_setting_is_never_quoted() -> None:
    for setting in ('proxy = "http://me:secret@"', 'headers = { "X Y" = "secret" }', 'url = "https://me:secret@a/"'):
        text = f'[[feed]]\ntitle = "A"\n{setting}\n'
        (problem,) = parse_subscriptions(text, "f").problems
        assert "secret" not in problem


def test_a_change_takes_up_what_an_editor_has_written_in_the_meantime(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    subscriptions = Subscriptions(file)
    subscriptions.change(lambda feeds: [*feeds, LWN])
    times = 0

    def add(feeds: list[Subscription]) -> list[Subscription]:
        nonlocal times
        times += 1
        if times == 1:
            file.write_text(edit_subscriptions(file.read_text("utf-8"), [LWN, XKCD], "f"), "utf-8")
        return [replace(each, paused=True) for each in feeds]

    assert [each.paused for each in subscriptions.change(add)] == [True, True]
    assert [each.paused for each in subscriptions.load()] == [True, True]


@given(lists, lists)
def test_a_merge_loses_nothing_that_one_machine_alone_has_set(
    mine: list[Subscription], theirs: list[Subscription]
) -> None:
    merged = {each.key: each for each in merge_subscriptions(mine, theirs)}
    own, other = ({each.key: each for each in feeds} for feeds in (mine, theirs))
    assert merged.keys() == own.keys() | other.keys()
    for key, feed in merged.items():
        default = Subscription(feed.url, feed.exec, feed.file)
        for name in (each.name for each in fields(feed)):
            values = [getattr(feeds.get(key, default), name) for feeds in (own, other)]
            assert getattr(feed, name) == next((each for each in values if each != getattr(default, name)), values[0])
    assert merge_subscriptions([*merged.values()], theirs) == [*merged.values()]


def test_an_import_adds_no_programs_and_files() -> None:
    theirs = [
        Subscription(exec=("curl", "https://evil.example/")),
        Subscription(file="/etc/passwd"),
        replace(XKCD, folder="/home/me", proxy="http://evil.example/", keep_days=9, user_agent="X"),
        replace(LWN, keep_days=9, keep_count=1),
    ]
    found, sentences = importable(theirs, {LWN.key})
    assert found == [replace(XKCD, keep_days=9, user_agent="X"), LWN]
    assert sentences == [
        "2 feeds skipped: only you may add programs and files.",
        "folder of 1 feed is not taken from the file, as it says where files are written.",
        "proxy of 1 feed is not taken from the file, as it says who sees your requests.",
        "keep_days of 1 feed is not taken from the file, as it deletes documents that you have.",
        "keep_count of 1 feed is not taken from the file, as it deletes documents that you have.",
    ]


def test_a_feed_is_found_by_url_title_and_group() -> None:
    feeds = [LWN, replace(XKCD, group="Linux/Fun"), Subscription("https://b.example/")]
    assert find_subscriptions(feeds, "http://lwn.net/headlines/rss") == [LWN]
    assert find_subscriptions(feeds, "lwn") == [LWN]
    assert find_subscriptions(feeds, "linux") == feeds[:2]
    assert find_subscriptions(feeds, "Linux/Fun/") == feeds[1:2]
    with pytest.raises(ReaderError, match="Did you mean “Linux”"):
        find_subscriptions(feeds, "Linus")


def test_a_token_in_a_url_or_program_is_not_written_to_documents() -> None:
    one, other = (Subscription(f"https://a.example/feed?token={token}") for token in ("secret", "other"))
    assert "secret" not in one.key + Subscription(exec=("prog", "secret")).key
    assert one.key != other.key
    assert find_subscriptions([one, other], "http://a.example/feed?token=secret") == [one]


@given(st.integers(30, 525_600))
def test_an_interval_is_written_as_it_is_read(minutes: int) -> None:
    text = format_minutes(minutes)
    assert minutes_of(text) == minutes if len(text) <= 6 else minutes > 99_999
