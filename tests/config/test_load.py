from __future__ import annotations

import os
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.config.load import AppChecks, load_config, problem_lines
from reader.config.settings import Config, FetchSettings
from reader.config.toml_lines import lines_of
from reader.tui.keys import bindings
from reader.tui.keys.keymap import check_keys

_CHECKS = AppChecks(check_keys, bindings.NAMES, lambda: ["nord", "gruvbox"])
_STATEMENTS = [
    "a = 1", "bb.c = 2", "bb.d = [\n1,\n2,\n]", "[t]", "[t.u]", "[[v]]", "# [w]", "", "'x y' = \"\"\"\n[z]\n\"\"\"",
    "inl = { m = 1, n = [\n] }",
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_a_missing_file_means_the_defaults(path: Path) -> None:
    assert load_config(path, _CHECKS) == Config()


@pytest.mark.parametrize(
    ("text", "theme", "keys"),
    [
        ("", "", {}),
        ('theme = "nord"', "nord", {}),
        ('[keys]\nopen = "x"\n"sort.heat" = "ctrl+t,f2"', "", {"open": "x", "sort.heat": "ctrl+t,f2"}),
    ],
)
def test_settings_are_read(path: Path, text: str, theme: str, keys: dict[str, str]) -> None:
    path.write_text(text)
    config = load_config(path, _CHECKS)
    assert (config.theme, dict(config.keys)) == (theme, keys)


def test_own_themes_are_read(path: Path) -> None:
    path.write_text(
        'theme = "sea"\n[themes.sea]\nbase = "nord"\naccent = "#0af"\n'
        '[themes]\nplain = { muted = "#A0A0A0" }\nempty = {}\n'
    )
    config = load_config(path, _CHECKS)
    assert (config.theme, config.problems) == ("sea", ())
    assert config.themes == {
        "sea": {"base": "nord", "accent": "#0af"},
        "plain": {"muted": "#A0A0A0"},
        "empty": {},
    }


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[themes.sea]\nacent = "#0af"', 2, "[themes.sea] has no setting “acent”. Did you mean “accent”?"),
        ('[themes.sea]\naccent = "blue"', 2, '[themes.sea] accent must be a color in quotes, such as "#7db4ff".'),
        ("[themes.sea]\n\nmuted = 1", 3, '[themes.sea] muted must be a color in quotes, such as "#7db4ff".'),
        ('[themes.sea]\nbase = "nrod"', 2, "there is no theme “nrod”. Did you mean “nord”?"),
        (
            '[themes.sea]\nbase = "sea"',
            2,
            "[themes.sea] base is “sea”, a theme of your own. A theme can only be based on one that newsreader has; "
            "Ctrl+p, Theme lists them.",
        ),
        ('theme = "seas"\n[themes.sea]', 1, "there is no theme “seas”. Did you mean “sea”?"),
        ("\n[themes.nord]", 2, "there is a theme “nord” already. Choose another name."),
        ('[themes."a b"]', 1, "the name of a theme has letters, digits, - and _ only."),
        ("[themes]\nsea = 1", 2, "a theme must be a table: [themes.sea]."),
        ("themes = 1", 1, "themes must be a table: [themes]."),
        ('accent = "#0af"', 1, "unknown setting “accent”. It belongs under [themes.NAME]."),
    ],
)
def test_a_mistake_in_a_theme_names_its_line_and_the_nearest_name(
    path: Path, text: str, line: int, message: str
) -> None:
    path.write_text(text)
    config = load_config(path, _CHECKS)
    assert [problem.text("x") for problem in config.problems] == [f"x:{line}: {message}"]
    assert config.theme == ""
    assert not config.fetch.is_uncertain


def test_a_mistake_in_a_color_leaves_the_one_before_in_force(path: Path) -> None:
    path.write_text('[themes.sea]\naccent = "#0af"\nmuted = "#aaa"')
    before = load_config(path, _CHECKS)
    path.write_text('[themes.sea]\naccent = "#0afx"')
    assert load_config(path, _CHECKS, before).themes == {"sea": {"accent": "#0af"}}


def test_names_of_fields_and_the_order_of_dates_are_read(path: Path) -> None:
    path.write_text('[fields]\ndate = ["when"]\nurl = ["home", "web"]\n[dates]\norder = "mdy"\n')
    config = load_config(path)
    assert dict(config.fields) == {"publishedDateTime": ("when",), "originalUrl": ("home", "web")}
    assert config.date_order == "mdy"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[fields]\nheat = ["x"]', 2, "[fields] has no field “heat”. The fields are: title, date, updated, topics, "),
        ("[fields]\ndate = 'when'", 2, '[fields] date must be a list of names, such as ["when"].'),
        ("\nfields = 1", 2, "fields must be a table: [fields]."),
        ('[dates]\norder = "ymd"', 2, '[dates] order must be "dmy" or "mdy".'),
        ("[dates]\nzone = 1", 2, "[dates] has no setting “zone”. The settings are: order."),
        (
            'colour = "x"',
            1,
            "unknown setting “colour”. The settings are: theme, density, date_separators, mark_read",
        ),
        (
            'key_preset = "Emac"',
            1,
            'key_preset must be one of "vim", "newsboat", "emacs", "less". Did you mean “emacs”?',
        ),
        ('density = "compackt"', 1, 'density must be one of "auto", "comfortable", "compact". Did you mean “compact”?'),
        ('[fetch]\nimages = "aks"', 2, '[fetch] images must be "ask", true or false. Did you mean “ask”?'),
        ('[themes.a]\nbase = "b"\n[themes.b]', 2, "[themes.a] base is “b”, a theme of your own. A theme can only be"),
        ('mark_read = "sometimes"', 1, 'mark_read must be one of "open", "rest", "never".'),
        ("mark_read_after = 0", 1, "mark_read_after must be a number of seconds, at most 3,600."),
        ('thme = "x"', 1, "unknown setting “thme”. Did you mean “theme”?"),
        ("[fetsh]\nproxy = 1", 1, "unknown setting “fetsh”. Did you mean “[fetch]”?"),
        ("images = true", 1, "unknown setting “images”. It belongs under [fetch]."),
        ("[fetch]\ntheme = 1", 2, "[fetch] has no setting “theme”. It belongs above the first table."),
        ('"\\u001b]52;c;x\\u0007" = 1', 1, "unknown setting “]52;c;x”."),
        ("theme = 3", 1, "theme must be the name of a theme, in quotes."),
        ('theme = "nrod"', 1, "there is no theme “nrod”. Did you mean “nord”?"),
        ("keys = 3", 1, "keys must be a table: [keys]."),
        ("fetch = 1", 1, "fetch must be a table: [fetch]."),
        ("browser = 1", 1, "browser must be a command, such as"),
        ('browser = "firefox \'"', 1, "browser must be a command, such as"),
        ('pager = [""]', 1, "pager must be a command"),
        ('editor = "  "', 1, "editor must be a command"),
        ('editor = ["vi", 1]', 1, "editor must be a command"),
        ("[fetch]\n\nenable = true", 3, "[fetch] has no setting “enable”. Did you mean “enabled”?"),
        ("[fetch]\nzzz = 1", 2, "[fetch] has no setting “zzz”. The settings are: enabled, allow_hosts, proxy,"),
        ("[fetch]\nenabled = 1", 2, "[fetch] enabled must be true or false."),
        ('[fetch]\nallow_hosts = "localhost"', 2, "[fetch] allow_hosts must be a list of hosts"),
        ('[fetch]\nallow_hosts = ["http://localhost"]', 2, "[fetch] allow_hosts must be a list of hosts"),
        ('[fetch]\nallow_hosts = ["127.0.0.1:8080"]', 2, "[fetch] allow_hosts must be a list of hosts without scheme"),
        ('[fetch]\nallow_hosts = ["a.b:80"]', 2, "[fetch] allow_hosts must be a list of hosts without scheme and port"),
        ('[fetch]\nallow_hosts = [\n"::1", "1:2"]', 2, "[fetch] allow_hosts must be a list of hosts without scheme"),
        ('[fetch]\nproxy = "proxy.example:3128"', 2, "[fetch] proxy must be the URL of a proxy"),
        ("[fetch]\nimages = 1", 2, '[fetch] images must be "ask", true or false.'),
        (
            '[fetch]\ngraphics = "ascii"',
            2,
            '[fetch] graphics must be one of "auto", "kitty", "sixel", "blocks", "none".',
        ),
        ("[fetch]\ngraphics = true", 2, "[fetch] graphics must be one of"),
        ('[fetch]\nproxy = "http://a b"', 2, "[fetch] proxy must be the URL of a proxy"),
        ('[fetch]\nproxy = "http://a:99999"', 2, "[fetch] proxy must be the URL of a proxy"),
        ('[fetch]\nproxy = "http://:"', 2, "[fetch] proxy must be the URL of a proxy"),
        ('[fetch]\nuser_agent = "a\\nb"', 2, "[fetch] user_agent must be one line"),
        ('[fetch]\nuser_agent = " "', 2, "[fetch] user_agent must be one line"),
        ("[fetch]\ncache_mb = 0", 2, "[fetch] cache_mb must be a whole number of megabytes"),
        ("[fetch]\ncache_mb = true", 2, "[fetch] cache_mb must be a whole number of megabytes"),
        ("[fetch]\ncache_mb = 1.5", 2, "[fetch] cache_mb must be a whole number of megabytes"),
        ('[fetch]\narchive = "ask"', 2, "[fetch] archive must be true or false."),
        ("[fetch]\nimages = 0", 2, '[fetch] images must be "ask", true or false.'),
        (f"{'x' * 1000} = 1", 1, f"unknown setting “{'x' * 59}…”."),
        ("\ntheme = ", 2, "not valid TOML: Invalid value, but the file ends here. Fix that line."),
        *(
            (text, 2, "not valid TOML: a quote is not closed. Fix that line.")
            for text in (
                '\ntheme = "nord',
                "\ntheme = 'nord\nx = 1\n",
                '\ntheme = """nord\n\nx = 1\n',
                "\nx = '''a\n\n",
            )
        ),
        ('theme = "nord\n[keys]\n', 1, "not valid TOML: a quote is not closed. Fix that line."),
        ("a = 1\na = 2\nb = 3", 2, "not valid TOML: Cannot overwrite a value. Fix that line."),
        (b'# x\ntheme = "\xff"', 2, "not valid TOML: the text is not UTF-8."),
        (b" " * 200_001, 0, "the file is longer than 200,000 bytes."),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_the_rest_is_in_force(
    path: Path, text: str | bytes, line: int, message: str
) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = load_config(path, _CHECKS)
    assert len(found.problems) == 1
    assert found.problems[0].line == line
    (shown,) = problem_lines(found)
    assert shown.startswith(f"{path}:{line}: {message}" if line else f"{path}: {message}")
    assert shown.isprintable()
    if "TOML" not in message and "longer" not in message:
        path.write_text(f"pager = 'less'\n{text}\n" if "pager" not in message else f"browser = 'less'\n{text}\n")
        rest = load_config(path, _CHECKS)
        assert "less" in {*rest.pager, *rest.browser}
        assert [each.line for each in rest.problems] == [line + 1]


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_not_a_file_is_reported(path: Path, kind: str) -> None:
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    (problem,) = load_config(path).problems
    assert "not a regular file" in problem.message


@pytest.mark.parametrize(
    ("text", "is_uncertain"),
    [
        ("[fetch]\nenabled = 1", True),
        ("[fetch]\nenable = false", True),
        ("[fetch]\nporxy = 'http://a'", True),
        ("[fetch]\nproxy = 'socks5://a'", True),
        ("enabled = false", True),
        ("[fetsh]\nenabled = false", True),
        ("fetch = false", True),
        ("[fetch", True),
        ("[fetch]\ncache_mb = 0", True),
        ("[fetch]\narchive = 0\nzzz = 1", False),
        ("zzz = 1\n[keys]\nzzz = 1", False),
        ("", False),
    ],
)
def test_nothing_is_fetched_while_a_mistake_may_be_meant_to_protect_the_user(
    path: Path, text: str, is_uncertain: bool
) -> None:
    path.write_text(text)
    assert bool(load_config(path, _CHECKS).fetch.refusal) == is_uncertain


@pytest.mark.parametrize("edited", ["themes = 1", "[themes]\nmine = 1", "[themes.mine]\naccent = 1"])
def test_a_theme_stays_through_a_mistake_in_it(path: Path, edited: str) -> None:
    path.write_text('theme = "mine"\n[themes.mine]\naccent = "#ff0000"')
    config = load_config(path, _CHECKS)
    for _ in range(2):
        path.write_text(f'theme = "mine"\n{edited}')
        config = load_config(path, _CHECKS, config)
        assert len(config.problems) == 1
        assert (config.theme, config.themes) == ("mine", {"mine": {"accent": "#ff0000"}})


def test_after_a_mistake_in_an_edit_what_was_set_before_stays(path: Path) -> None:
    path.write_text('theme = "nord"\n[keys]\nopen = "x"\n[fetch]\nproxy = "http://a"\ncache_mb = 7')
    before = load_config(path, _CHECKS)
    path.write_text('theme = "nrod"\n[keys]\nopen = ""\n[fetch]\nproxy = "b"\ncache_mb = 8')
    after = load_config(path, _CHECKS, before)
    assert [each.line for each in after.problems] == [1, 3, 5]
    assert (after.theme, after.keys["open"]) == ("nord", "x")
    assert (after.fetch.proxy, after.fetch.cache_mb) == ("http://a", 8)
    path.write_text("theme =")
    broken = load_config(path, _CHECKS, after)
    assert broken == after
    assert [each.line for each in broken.problems] == [1]


def test_the_line_of_every_key_is_found() -> None:
    text = """\
# comment
a = 1
b.c = "x"  # [no]
'q.r' = \'\'\'
[not.a.table]
d = 2
\'\'\'

[t]   # comment
k = [
  "[x]",  # a = 1
]
"u.v" = { w = 1 }
[t.sub]
deep = 1
[[many]]
one = 1
[[many]]
one = 2
"""
    assert lines_of(text) == lines_of(text.replace("\n", "\r\n")) == {
        ("a",): 2, ("b",): 3, ("b", "c"): 3, ("q.r",): 4, ("t",): 9, ("t", "k"): 10, ("t", "u.v"): 13,
        ("t", "u.v", "w"): 13, ("t", "sub"): 14, ("t", "sub", "deep"): 15, ("many",): 16, ("many", "one"): 17,
    }  # fmt: skip


def test_an_absurd_file_takes_no_time() -> None:
    lines = ["a = 1", "b = [", *["1,"] * 50_000, "]", "c = 1"]
    began = time.process_time()
    assert lines_of("\n".join(lines)) == {("a",): 1}
    assert time.process_time() - began < 5


@given(st.lists(st.sampled_from(_STATEMENTS), max_size=12))
def test_every_key_that_the_parser_finds_has_a_line(statements: list[str]) -> None:
    text = "\n".join(statements)
    try:
        values = tomllib.loads(text)
    except ValueError:
        return
    lines = lines_of(text)
    assert set(lines) >= {(name,) for name in values}
    for names, line in lines.items():
        assert names[-1] in text.split("\n")[line - 1]


def test_fetch_settings_are_read(path: Path) -> None:
    path.write_text(
        "[fetch]\n"
        "enabled = false\n"
        'allow_hosts = ["127.0.0.1", "Intranet.Example", "::1"]\n'
        'proxy = "http://me:secret@proxy.example:3128"\n'
        'user_agent = "my reader (me@example.org)"\n'
        "cache_mb = 2000\n"
        "archive = true\n"
        "images = false\n"
    )
    assert load_config(path, _CHECKS).fetch == FetchSettings(
        enabled=False,
        allow_hosts=("127.0.0.1", "intranet.example", "::1"),
        proxy="http://me:secret@proxy.example:3128",
        user_agent="my reader (me@example.org)",
        cache_mb=2000,
        archive=True,
        images=False,
    )


def test_the_password_of_a_proxy_is_never_shown(path: Path) -> None:
    path.write_text('[fetch]\nproxy = "socks5://me:secret@proxy.example"')
    (problem,) = problem_lines(load_config(path, _CHECKS))
    assert "proxy must be" in problem
    assert "secret" not in problem


def test_programs_are_commands_or_lists_of_words(path: Path) -> None:
    path.write_text("browser = \"firefox --new-window '%s'\"\npager = ['less', '-R x']\neditor = ''")
    config = load_config(path)
    assert (config.browser, config.pager, config.editor) == (("firefox", "--new-window", "%s"), ("less", "-R x"), ())


def test_without_known_actions_keys_are_not_checked(path: Path) -> None:
    path.write_text('[keys]\nopne = "x"\n[fetch]\nenabled = false')
    assert not load_config(path).fetch.enabled


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (FetchSettings(), ""),
        (FetchSettings(enabled=False), "enabled = false under [fetch]"),
        (FetchSettings(offline=True), "--offline"),
        (FetchSettings(enabled=False, offline=True), "--offline"),
    ],
)
def test_the_refusal_to_fetch_is_one_sentence(settings: FetchSettings, words: str) -> None:
    assert words in settings.refusal
    assert bool(settings.refusal) == bool(words)
