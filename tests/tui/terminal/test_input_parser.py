"""Pastes and replies in the terminal's input: with any sequence in them, whole, in parts, late, or without an end."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.drivers import linux_driver
from textual.message import Message

from reader.tui.terminal.input_parser import InputParser, TerminalBackground

START, END = "\x1b[200~", "\x1b[201~"
COLOR = "\x1b]11;rgb:ffff/ffff/ffff\x07"
SEQUENCES = ("\x1b", "\x1b[I", "\x1b[A", "\x1bq", "\x1b]0;x\x07", START, "\x1b[20", "\0", "q", "é" * 40, "\r\n")


def test_textual_still_reads_with_the_parser_that_ours_replaces() -> None:
    assert "XTermParser(" in inspect.getsource(linux_driver.LinuxDriver.run_input_thread)


def described(messages: Iterable[Message]) -> list[str]:
    """Keys by name, pastes with their text in quotes, the background in brackets."""
    found = []
    for message in messages:
        match message:
            case events.Key():
                found.append(message.key)
            case events.Paste():
                found.append(f"“{message.text}”")
            case TerminalBackground():
                found.append("[dark]" if message.is_dark else "[light]")
    return found


def read(*parts: str) -> list[str]:
    parser = InputParser()
    return [event for part in parts for event in described([*parser.feed(part), *parser.tick()])]


@given(pasted=st.lists(st.sampled_from((*SEQUENCES, COLOR))).map("".join), cuts=st.sets(st.integers(4, 80)))
def test_a_paste_is_text_whatever_it_contains_and_however_it_arrives(pasted: str, cuts: set[int]) -> None:
    everything = f"a{START}{pasted}{END}b"
    ends = [0, *sorted(cuts), len(everything) + 80]
    parts = [everything[start:end] for start, end in itertools.pairwise(ends)]
    text = pasted.replace("\0", "")
    assert read(*filter(None, parts)) == ["a", f"“{text}”", "b"]


@pytest.mark.parametrize("begun", [f"{START}text", START, f"{START}text\x1b[20"])
def test_keys_act_again_after_a_paste_without_an_end(begun: str) -> None:
    parser = InputParser()
    assert described([*parser.feed(begun), *parser.tick()]) == []
    parser.paste_timeout = -1.0
    list(parser.tick())
    assert described(parser.feed("q"))[-1:] == ["q"]


def test_a_long_paste_is_cut_and_ends() -> None:
    parts = [START, *["x" * 4096] * 100, "\x1b[20", "1~", "q"]
    paste, key = read(*parts)
    assert (len(paste) > 10_000, key) == (True, "q")
    assert len(paste) < 20_100


@pytest.mark.parametrize("sequence", ["\x1b[A", "\x1b[24~", "\x1b", "\x1b[1;5C"])
def test_other_sequences_reach_textual_unchanged(sequence: str) -> None:
    assert read(sequence, "q") == read(f"{sequence}q")


COLORS = {
    "rgb:0000/0000/0000": ["[dark]"],
    "rgb:fbfb/fafa/f6f6": ["[light]"],
    "rgb:1e/1e/2e": ["[dark]"],
    "rgba:ffff/ffff/ffff/8000": ["[light]"],
    "rgb:12": [],
    "#ffffff": [],
    "": [],
}


@given(
    color=st.sampled_from(sorted(COLORS)),
    end=st.sampled_from(["\x07", "\x1b\\"]),
    around=st.tuples(st.sampled_from(["", "a", "\x1b[A"]), st.sampled_from(["", "]", "1", "\x1b[A", f"{START}x{END}"])),
    cuts=st.sets(st.integers(0, 40)),
    late=st.sets(st.integers(0, 6)),
)
def test_no_part_of_a_reply_is_a_key_however_late_it_is(
    color: str, end: str, around: tuple[str, str], cuts: set[int], late: set[int]
) -> None:
    before, after = around
    parser = InputParser()
    parser.key_timeout = -1.0  # all the time that an Esc may take has passed
    reply = f"\x1b]11;{color}{end}"
    first = len(before) + len("\x1b]11;")  # from here on it can be nothing else
    everything = before + reply + after
    ends = [0, *sorted(cut for cut in cuts if first <= cut < len(before + reply)), len(everything)]
    found: list[str] = []
    for number, (start, stop) in enumerate(itertools.pairwise(ends)):
        found += described(parser.feed(everything[start:stop]))
        if number in late:
            found += described(parser.tick())
    found += described(parser.tick())
    assert found == [*read(before), *COLORS[color], *read(after)]


def read_slowly(*parts: str) -> list[str]:
    """Like read, with so much time between parts that an Esc is a key."""
    parser = InputParser()
    parser.key_timeout = -1.0
    return [event for part in parts for event in described([*parser.feed(part), *parser.tick()])]


def test_a_reply_whose_esc_came_long_before_the_rest_is_no_key() -> None:
    assert read_slowly("\x1b", "]11;rgb:ffff/ffff/ffff\x07", "q") == ["escape", "[light]", "q"]
    assert read_slowly("\x1b", "]11;rgb:ff", "ff/ffff/ffff\x1b", "\\", "q") == ["escape", "[light]", "q"]


def test_a_reply_that_is_cut_off_costs_no_key() -> None:
    assert read("\x1b]11;rgb:00", "j") == ["j"]
    assert read("\x1b]11;rgb:00", "\x1b[A") == ["up"]
    parser = InputParser()
    assert described([*parser.feed("\x1b]11;rgb:00"), *parser.tick()]) == []
    parser.reply_timeout = -1.0
    assert described([*parser.tick(), *parser.feed("1")]) == ["1"]


def test_an_esc_alone_is_a_key_and_so_is_what_follows_it() -> None:
    parser = InputParser()
    assert described([*parser.feed("\x1b"), *parser.tick()]) == []
    parser.key_timeout = -1.0
    assert described(parser.tick()) == ["escape"]
    assert described([*parser.tick(), *parser.tick()]) == []
    assert described([*parser.feed("]"), *parser.tick()]) == ["right_square_bracket"]
    assert read_slowly("\x1b", "\x1b", "1", "q") == ["escape", "escape", "1", "q"]


def test_a_color_in_a_paste_is_text() -> None:
    assert read(f"{START}{COLOR}{END}") == [f"“{COLOR}”"]
    assert read(f"q{START}a{COLOR}", f"b{END}{COLOR}") == ["q", f"“a{COLOR}b”", "[light]"]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b/x", ["alt+slash", "x"]),
        ("\x1b1", ["alt+1"]),
        ("\x1b<", ["alt+less_than_sign"]),
        ("\x1b=", ["alt+equals_sign"]),
        ("\x1b ", ["alt+space"]),
        ("\x1b[A", ["up"]),
        ("\x1bj", ["alt+j"]),
        ("¡", ["inverted_exclamation_mark"]),
    ],
)
def test_no_key_after_esc_loses_it(sent: str, keys: list[str]) -> None:
    parser = InputParser()
    assert described([*parser.feed(sent), *parser.feed("")]) == keys
