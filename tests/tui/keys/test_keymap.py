from __future__ import annotations

from itertools import combinations

import pytest

from reader.config.settings import PRESETS
from reader.tui.keys import bindings, presets
from reader.tui.keys.actions import ACTIONS, COUNTED
from reader.tui.keys.keymap import check_keys, clashes
from reader.tui.keys.sequences import overlap


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_valid_and_gives_no_key_two_meanings(preset: str) -> None:
    keymap = presets.KEYS[preset]
    assert check_keys(keymap).problems == [], "as if the user had written it"
    assert check_keys({}, preset) == ({**keymap}, [], [])
    every = {action: bindings.keys_of(action, keymap).split(",") for action in ACTIONS}
    for one, other in combinations(ACTIONS, 2):
        if clashes(one, other):
            for keys in every[one]:
                for others in every[other]:
                    assert not overlap(bindings.sequence_of(keys), bindings.sequence_of(others)), (one.name, other.name)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_leaves_no_action_without_a_key(preset: str) -> None:
    assert all(bindings.keys_of(action, presets.KEYS[preset]) for action in ACTIONS)
    for name, keys in presets.KEYS[preset].items():
        assert bindings.BY_NAME[name].keys != keys, name


def test_counted_actions_exist() -> None:
    assert COUNTED <= bindings.NAMES


def test_a_sequence_takes_its_first_key_from_the_defaults() -> None:
    found = check_keys({"refresh": "g r"})
    assert found.keymap == {"refresh": "g r", "move.top": "g g,home"}
    assert [message for _, message, _ in found.notes] == [
        "[keys] gives “g r” to refresh, so move.top has g g, Home only."
    ]
    assert check_keys({"refresh": "g g"}).keymap == {"refresh": "g g", "move.top": "home"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"refresh": "g", "problems": "g p"}, "gives “g” to refresh and “g p” to problems; problems does not get it."),
        ({"refresh": "g p", "problems": "g p"}, "gives “g p” to refresh and to problems; problems does not get it."),
        ({"refresh": "g, g p"}, "gives “g” to refresh and “g p” to refresh; refresh does not get it."),
        ({"entry.later": "g g"}, "“g g” is more than one key."),
        ({"refresh": "g nosuch"}, "there is no key “nosuch”."),
        ({"refresh": "g  entr"}, "there is no key “entr”."),
        ({"refresh": "\x1b"}, "there is no key “”."),
        ({"refresh": "alt+\u202e"}, "there is no key “alt+”."),
    ],
)
def test_mistakes_in_sequences_are_reported(table: dict[str, str], said: str) -> None:
    ((_, message, _),) = check_keys(table).problems
    assert said in message


def test_keys_of_the_user_change_a_preset() -> None:
    found = check_keys({"fetch": "g f"}, "newsboat")
    assert (found.keymap["fetch"], found.keymap["sort.date"]) == ("g f", "g d")
    assert found.notes == []
    assert check_keys({"fetch": "l"}, "newsboat").keymap["read.hide"] == ""


def test_a_sequence_is_bound_by_a_name_that_no_key_has() -> None:
    keymap = {"move.top": "g g,home", "help": "", "open": "alt+<,?"}
    assert bindings.textual_keymap(keymap) == {
        "move.top": "home,<move.top>", "help": "<help>", "open": "alt+less_than_sign,question_mark",
    }  # fmt: skip
    assert bindings.textual_keymap({}, ["open"]) == {"open": "o,<open>"}, "for a macro"
    assert bindings.sequences(keymap) == {"move.top": [("g", "g")]}
    assert bindings.key_label("g g,ctrl+x space") == "g g  Ctrl+x Space"
