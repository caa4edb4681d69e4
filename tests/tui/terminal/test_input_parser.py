"""Pastes in the terminal's input: text with any sequence in it, whole, in parts, or without an end."""

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

from reader.tui.terminal.input_parser import InputParser

START, END = "\x1b[200~", "\x1b[201~"
SEQUENCES = ("\x1b", "\x1b[I", "\x1b[A", "\x1bq", "\x1b]0;x\x07", START, "\x1b[20", "\0", "q", "é" * 40, "\r\n")


def test_textual_still_reads_with_the_parser_that_ours_replaces() -> None:
    assert "XTermParser(" in inspect.getsource(linux_driver.LinuxDriver.run_input_thread)


def described(messages: Iterable[Message]) -> list[str]:
    """Keys by name, pastes with their text in quotes."""
    keys = (message for message in messages if isinstance(message, events.Key | events.Paste))
    return [message.key if isinstance(message, events.Key) else f"“{message.text}”" for message in keys]


def read(*parts: str) -> list[str]:
    parser = InputParser()
    return [event for part in parts for event in described([*parser.feed(part), *parser.tick()])]


@given(pasted=st.lists(st.sampled_from(SEQUENCES)).map("".join), cuts=st.sets(st.integers(4, 80)))
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
