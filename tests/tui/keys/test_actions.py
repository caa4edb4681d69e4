from __future__ import annotations

from itertools import combinations

import pytest
from textual.binding import Binding

from reader.core.errors import ReaderError
from reader.tui.app import NewsreaderApp
from reader.tui.keys import bindings
from reader.tui.keys.bindings import ACTIONS, GROUPS, Action
from reader.tui.screens.help import HelpScreen
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
    "entry": PromptLine, "text": ReaderView, "views": Sidebar,
}  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_scope_of_an_action_implements_it(action: Action) -> None:
    for scope in action.scopes:
        method = action.method.partition("(")[0]
        owner = ReaderScreen if method.startswith("screen.") else OWNERS[scope]
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
def test_a_scope_binds_its_actions_by_name(scope: bindings.Scope) -> None:
    made = [binding for binding in bindings.bindings(scope) if isinstance(binding, Binding)]
    assert [binding.id for binding in made] == [action.name for action in ACTIONS if scope in action.scopes]
    assert made == OWNERS[scope].BINDINGS


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
    ("keymap", "said"),
    [
        ({"quit": "nosuchkey"}, "there is no key “nosuchkey”"),
        ({"quit": ","}, "there is no key “”"),
        ({"quit": "ctrl++"}, "there is no key “ctrl\\+\\+”"),
        ({"quit": "hyper+x"}, "there is no key"),
        ({"quit": "j"}, "gives “j” to move.down and to quit"),
        ({"sort.date": "x", "open": "o, x"}, "gives “x” to"),
    ],
)
def test_invalid_keymaps_are_reported(keymap: dict[str, str], said: str) -> None:
    with pytest.raises(ReaderError, match=said):
        bindings.check_keymap(keymap)


@pytest.mark.parametrize("key", ["x", "U", "ctrl+x", "f12", "enter, ctrl+o", "question_mark", "alt+left", "é"])
def test_valid_keys_are_accepted(key: str) -> None:
    freed = {"help": "f1", "article.enter": "l", "quit": "Q"}
    bindings.check_keymap(freed | {"sort.date": key})
