from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reader.tui.keys.sequences import MAX_COUNT, KeySequence, KeyTable, Typed, following, overlap

SEQUENCES = {("g", "g"): "top", ("g", "r"): "refresh", ("space", "a", "b"): "deep", ("ctrl+x", "q"): "odd"}
BOUND = frozenset({"j", "q", "ctrl+q", "1", "escape", "d"})
TABLE = KeyTable(SEQUENCES, BOUND, frozenset({"q", "ctrl+q"}))
KEYS = st.sampled_from(["g", "r", "space", "a", "b", "j", "q", "ctrl+q", "ctrl+x", "escape", "z", *"0123456789"])


def typed(*keys: str) -> list[Typed]:
    """What each of the keys means after those before it."""
    sequence = KeySequence()
    return [sequence.press(key, TABLE) for key in keys]


def test_a_sequence_waits_and_then_runs_its_action() -> None:
    assert [each.kind for each in typed("g", "g", "j")] == ["wait", "run", "pass"]
    assert typed("space", "a", "b")[-1] == Typed("run", ("space", "a", "b"), 0, "deep")
    assert [keys for keys, _ in following(("g",), TABLE)] == [("g",), ("r",)]


def test_escape_and_an_unbound_key_end_a_sequence() -> None:
    assert [each.kind for each in typed("g", "escape", "escape")] == ["wait", "cancel", "pass"]
    assert [each.kind for each in typed("g", "z", "g", "r")] == ["wait", "unknown", "wait", "run"]


def test_keys_that_quit_always_work_but_may_continue_a_sequence() -> None:
    assert [each.kind for each in typed("g", "q", "5", "q")] == ["wait", "pass", "wait", "pass"]
    assert typed("ctrl+x", "q")[-1].action == "odd"


def test_a_count_begins_with_a_digit_that_has_no_meaning() -> None:
    assert typed("1")[0] == Typed("pass", ("1",)), "it has an action"
    assert typed("0")[0] == Typed("pass", ("0",))
    assert typed("4", "1", "0", "j")[-1] == Typed("pass", ("j",), 410)
    assert typed("4", "g", "g")[-1] == Typed("run", ("g", "g"), 4, "top")
    assert typed("4", "escape", "j")[-1].times == 0
    assert typed(*"9999", "j")[-1].times == MAX_COUNT


@given(st.lists(KEYS))
def test_every_key_is_used_once_and_in_order(keys: list[str]) -> None:
    """What was typed is, in order, what ran, what was passed on, and what was reported."""
    sequence, used, waiting = KeySequence(), [], []
    for key in keys:
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
    if sequence.press(leave, TABLE).kind != "pass":
        assert leave == "q"
        assert sequence.press(leave, TABLE).kind == "pass"


@given(st.lists(KEYS, min_size=1).map(tuple), st.lists(KEYS, min_size=1).map(tuple))
def test_sequences_overlap_if_one_begins_with_the_other(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert overlap(one, one + other)
    assert overlap(one, other) == overlap(other, one)
    assert not overlap(("a", *one), ("b", *other))
