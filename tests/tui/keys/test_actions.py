from __future__ import annotations

from itertools import combinations

import pytest
from textual.binding import Binding

from reader.tui.app import NewsreaderApp
from reader.tui.keys import bindings
from reader.tui.keys.actions import ACTIONS, GROUPS, Action, KeyContext, Scope
from reader.tui.keys.keymap import check_keys
from reader.tui.prompts import PromptScreen
from reader.tui.screens.heat_view import HeatScreen
from reader.tui.screens.listings import HelpScreen, ListingScreen
from reader.tui.screens.main import MainScreen
from reader.tui.screens.reader import ReaderScreen
from reader.tui.widgets.article_list.article_list import ArticleList
from reader.tui.widgets.article_pane.article_pane import ArticlePane
from reader.tui.widgets.panes import Panes
from reader.tui.widgets.prompt.prompt import PromptLine
from reader.tui.widgets.reader.reader_view import ReaderView
from reader.tui.widgets.sidebar.sidebar import Sidebar

OWNERS = {
    "app": NewsreaderApp, "browse": MainScreen, "panes": Panes, "list": ArticleList, "article": ArticlePane,
    "entry": PromptLine, "text": ReaderView, "views": Sidebar, "listing": ListingScreen, "heat": HeatScreen,
}  # fmt: skip
SCREENS = {"text": ReaderScreen, "entry": PromptScreen, "list": MainScreen, "article": MainScreen}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_scope_of_an_action_implements_it(action: Action) -> None:
    for scope in action.scopes:
        method = action.method.partition("(")[0]
        owner = SCREENS.get(scope, OWNERS[scope]) if method.startswith("screen.") else OWNERS[scope]
        assert callable(getattr(owner, f"action_{method.removeprefix('screen.')}"))


def test_names_are_unique() -> None:
    names = [action.name for action in ACTIONS]
    assert sorted(set(names)) == sorted(names)
    assert frozenset(names) == bindings.NAMES


@pytest.mark.parametrize("chain", bindings.CHAINS)
def test_no_key_means_two_things_at_once(chain: tuple[str, ...]) -> None:
    for one, other in combinations([action for action in ACTIONS if set(action.scopes) & set(chain)], 2):
        assert not set(one.keys.split(",")) & set(other.keys.split(",")), (one.name, other.name)


@pytest.mark.parametrize("scope", OWNERS)
def test_a_scope_binds_its_actions_by_name(scope: Scope) -> None:
    made = [binding for binding in bindings.bindings(scope) if isinstance(binding, Binding)]
    assert [binding.id for binding in made] == [action.name for action in ACTIONS if scope in action.scopes]
    others = {"listing": {"entry.leave", "quit", "quit.now", "suspend", None}, "text": {None}}.get(scope, set())
    assert made == [each for each in OWNERS[scope].BINDINGS if each.id not in others]


def test_every_action_is_in_a_known_group() -> None:
    assert [action for _, found in bindings.groups() for action in found] == sorted(
        ACTIONS, key=lambda action: GROUPS.index(action.group)
    )


@pytest.mark.parametrize("width", [40, 76, 120])
def test_every_action_is_in_the_help_with_its_keys(width: int) -> None:
    lines = ["".join(run.text for run in line) for line in HelpScreen({}).lines_for((), width)]
    text = " ".join(" ".join(lines).split())
    for action in ACTIONS:
        assert action.title in text
        assert " ".join(bindings.key_label(action.keys).split())[:12] in text
    assert all(len(line) <= max(width, 24) for line in lines)


def test_the_help_shows_configured_keys() -> None:
    (line, *_) = HelpScreen({"quit": "ctrl+x"}).lines_for(("quit", "newsreader"), 100)[1:]
    assert line[0].text.strip() == "Ctrl+x"


@pytest.mark.parametrize(
    ("where", "heading", "key"),
    [
        ("list", "In the list", "Enter"),
        ("related", "In the related items", "Enter"),
        ("text", "Reader", "h  Esc  ←"),
        ("entry", "Prompt", "Tab"),
    ],
)
def test_the_help_opens_on_the_keys_of_where_one_is(where: KeyContext, heading: str, key: str) -> None:
    first, second, *_ = ("".join(run.text for run in line) for line in HelpScreen({}, where).lines_for((), 120))
    assert first == heading
    assert second.strip().startswith(key)
    (first, *_) = ("".join(run.text for run in line) for line in HelpScreen({}, where).lines_for(("move", "view"), 120))
    assert first != heading, "with a filter, each key is listed once"


def test_a_description_that_adds_nothing_is_left_out() -> None:
    lines = ["".join(run.text for run in line) for line in HelpScreen({}).lines_for(("half",), 120)]
    assert [line.split(maxsplit=1) for line in lines] == [
        ["Move"], ["Ctrl+d", "Half a page down"], ["Ctrl+u", "Half a page up"],
    ]  # fmt: skip
    (_, line) = HelpScreen({}).lines_for(("zen",), 120)
    assert "Hide everything" in line[-1].text


def test_the_help_says_when_nothing_matches() -> None:
    ((run,),) = HelpScreen({}).lines_for(("xyzzy",), 80)
    assert run.text == "Nothing matches these words."


@pytest.mark.parametrize(
    ("keys", "words"),
    [("j,down", "j  ↓"), ("ctrl+d", "Ctrl+d"), ("question_mark,f1", "?  F1"), ("shift+tab", "Shift+Tab"), ("+", "+")],
)
def test_key_labels(keys: str, words: str) -> None:
    assert bindings.key_label(keys) == words


@pytest.mark.parametrize(
    ("keymap", "said", "in_force"),
    [
        ({"quit": "nosuchkey"}, "there is no key “nosuchkey”", {}),
        ({"quit": "ctr+x, Q"}, "there is no key “ctr+x”. Did you mean “ctrl+x”?", {"quit": "Q"}),
        ({"quit": ","}, "there is no key “”", {}),
        ({"quit": "ctrl++"}, "there is no key “ctrl++”", {}),
        ({"quit": "hyper+x"}, "there is no key", {}),
        ({"quit": 3}, 'must be a key in quotes, such as "x" or "ctrl+x".', {}),
        ({"quit": " "}, "[keys] quit must be a key", {}),
        ({"opne": "x"}, "[keys] has no action “opne”. Did you mean “open”? Actions have names", {}),
        ({"zzz": "x"}, "[keys] has no action “zzz”. Actions have names such as “open” and “mark.star”; put", {}),
        ({"entry.later": "x, f2"}, "“x” is a character that you can type.", {"entry.later": "f2"}),
        (
            {"sort.date": "x", "open": "o, x"},
            "gives “x” to sort.date and to open; open does not get it. Choose",
            {"sort.date": "x", "open": "o"},
        ),
        (
            {"sort.date": "/", "open": "slash"},
            "gives “slash” to sort.date and to open",
            {"sort.date": "/", "search": ""},
        ),
    ],
)
def test_mistakes_in_keys_are_reported_and_the_rest_is_in_force(
    keymap: dict[str, object], said: str, in_force: dict[str, str]
) -> None:
    found = check_keys(keymap)
    problems = {message.rstrip() for name, *words in found.problems if name in keymap for message in [" ".join(words)]}
    assert any(said in message for message in problems)
    assert found.keymap == in_force


@pytest.mark.parametrize(
    ("keymap", "said", "in_force"),
    [
        ({"quit": "j"}, "gives “j” to quit, so move.down has ↓ only.", {"quit": "j", "move.down": "down"}),
        (
            {"sort.date": "n"},
            "gives “n” to sort.date, so unread.next has no key.",
            {"sort.date": "n", "unread.next": ""},
        ),
        ({"open": "?"}, "gives “?” to open, so help has F1 only.", {"open": "?", "help": "f1"}),
        ({"open": "Z"}, "", {"open": "Z"}),
    ],
)
def test_a_key_of_the_user_wins_over_a_default_key(keymap: dict[str, str], said: str, in_force: dict[str, str]) -> None:
    found = check_keys(keymap)
    assert found.problems == []
    assert found.keymap == in_force
    assert [message for _, message, _ in found.notes] == ([f"[keys] {said}"] if said else [])


@pytest.mark.parametrize("key", ["x", "U", "ctrl+x", "f12", "enter, ctrl+o", "question_mark", "alt+left", "é"])
def test_valid_keys_are_accepted(key: str) -> None:
    freed = {"help": "f1", "article.enter": "l", "quit": "Q"}
    found = check_keys(freed | {"sort.date": key})
    assert found.problems == []
    assert found.keymap["sort.date"].replace(",", ", ") == key
