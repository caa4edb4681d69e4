from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.tui.keys.sequences import MAX_COUNT, KeySequence, KeyTable, Typed, following, overlap

SEQUENCES = {
    ("g", "g"): "top",
    ("g", "r"): "refresh",
    ("g", "n"): "unread.next",
    ("space", "a", "b"): "deep",
    ("ctrl+x", "q"): "odd",
    ("3",): "program.own",
}
BOUND = {"j": "move.down", "q": "", "ctrl+q": "", "1": "quality", "2": "heat", "escape": "", "d": "density"}
TABLE = KeyTable(SEQUENCES, BOUND, frozenset({"q", "ctrl+q"}))
KEYS = st.sampled_from(["g", "r", "n", "space", "a", "b", "j", "q", "ctrl+q", "ctrl+x", "escape", "z", *"0123456789"])


def typed(*keys: str) -> list[Typed]:
    """What each of the keys means after those before it."""
    sequence = KeySequence()
    return [sequence.press(key, TABLE) for key in keys]


def test_a_sequence_waits_and_then_runs_its_action() -> None:
    assert [each.kind for each in typed("g", "g", "j")] == ["wait", "run", "pass"]
    assert typed("space", "a", "b")[-1] == Typed("run", ("space", "a", "b"), 0, "deep")
    assert [keys for keys, _ in following(("g",), TABLE)] == [("g",), ("r",), ("n",)]


def test_escape_and_an_unbound_key_end_a_sequence() -> None:
    assert [each.kind for each in typed("g", "escape", "escape")] == ["wait", "cancel", "pass"]
    assert [each.kind for each in typed("g", "z", "g", "r")] == ["wait", "unknown", "wait", "run"]


def test_keys_that_quit_always_work_but_may_continue_a_sequence() -> None:
    assert [each.kind for each in typed("g", "q", "5", "q")] == ["wait", "pass", "wait", "pass"]
    assert typed("ctrl+x", "q")[-1].action == "odd"


def test_a_number_begins_with_a_free_digit() -> None:
    assert typed("0")[0] == Typed("pass", ("0",))
    assert typed("4", "1", "0", "j")[-1] == Typed("pass", ("j",), 410, "move.down")
    assert typed("4", "g", "g")[-1] == Typed("run", ("g", "g"), 4, "top")
    assert typed("4", "escape", "j")[-1].times == 0
    assert typed(*"9999", "j")[-1].times == MAX_COUNT


@pytest.mark.parametrize(
    ("keys", "times"),
    [("17j", 17), ("10j", 10), ("2j", 2), ("12j", 12), ("3j", 3), ("2gn", 2), ("47d", 47), ("17d", 17), ("1gn", 0)],
)
def test_a_digit_that_acts_begins_a_number_if_a_free_digit_or_a_motion_follows(keys: str, times: int) -> None:
    got = typed(*keys)
    assert got[0].kind == "wait"
    assert got[-1].times == times
    assert (got[-1].kind == "digits") == (times == 0)


@pytest.mark.parametrize("keys", ["1j", "1q", "2d", "12d", "2z", "3d", "2gr", "2gz"])
def test_digits_that_act_are_no_number_before_anything_else(keys: str) -> None:
    """They come first, and the key after them means what it means alone."""
    sequence = KeySequence()
    *_, last = [sequence.press(key, TABLE) for key in keys]
    digits = tuple(filter(str.isdecimal, keys))
    assert last == Typed("digits", digits)
    assert sequence.press(keys[-1], TABLE) == typed(*keys.lstrip("123"))[-1]


def test_where_every_digit_acts_none_waits() -> None:
    table = TABLE._replace(bound=dict.fromkeys("123456789", "link"), sequences={})
    assert [KeySequence().press(digit, table).kind for digit in "019"] == ["pass"] * 3


def test_digits_are_undecided_until_a_key_decides() -> None:
    sequence = KeySequence()
    for key, undecided in (("1", "1"), ("2", "12"), ("5", ""), ("escape", ""), ("2", "2"), ("g", ""), ("escape", "")):
        sequence.press(key, TABLE)
        assert "".join(sequence.undecided) == undecided


@given(st.lists(KEYS))
def test_every_key_is_used_once_and_in_order(keys: list[str]) -> None:
    """What was typed is, in order, what ran, what was passed on, and what was reported."""
    sequence, used, waiting = KeySequence(), [], []
    for key in keys:
        got = sequence.press(key, TABLE)
        if got.kind == "digits":
            assert list(got.keys) == waiting[: len(got.keys)]
            used += got.keys
            waiting = waiting[len(got.keys) :]
            got = sequence.press(key, TABLE)
        if got.kind == "wait":
            waiting.append(key)
            assert sequence.is_pending
            assert list(got.keys) == [each for each in waiting if not each.isdecimal()]
        else:
            assert not sequence.is_pending
            assert got.keys[-1] == key
            used += [*waiting, key]
            waiting = []
        if got.kind == "run":
            assert SEQUENCES[got.keys] == got.action
    assert used + waiting == keys


@given(st.lists(KEYS), st.sampled_from(["q", "ctrl+q"]))
def test_quitting_needs_at_most_two_presses(keys: list[str], leave: str) -> None:
    sequence = KeySequence()
    for key in keys:
        sequence.press(key, TABLE)
    if (typed := sequence.press(leave, TABLE)).kind == "digits":
        typed = sequence.press(leave, TABLE)
    if typed.kind != "pass":
        assert leave == "q"
        assert sequence.press(leave, TABLE).kind == "pass"


@given(st.lists(KEYS, min_size=1).map(tuple), st.lists(KEYS, min_size=1).map(tuple))
def test_sequences_overlap_if_one_begins_with_the_other(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert overlap(one, one + other)
    assert overlap(one, other) == overlap(other, one)
    assert not overlap(("a", *one), ("b", *other))
