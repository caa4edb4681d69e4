from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.body import is_whole_page


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><body>x",
        "<html lang=en>",
        " \n<!-- made by a program -->\n<HTML>",
        "<?xml version='1.0'?><!doctype HTML>",
        "\ufeff<html>",
        "<head><title>x</title></head><body>",
        "<body class=x>",
    ],
)
def test_a_whole_page(body: str) -> None:
    assert is_whole_page(body)


@pytest.mark.parametrize("body", ["", "<p>x", "text about <html>", "<header>x</header>", "<htmlx>", "<!-- <html> -->"])
def test_a_fragment(body: str) -> None:
    assert not is_whole_page(body)


@given(st.text(), st.sampled_from(["", "<!--" * 9_000, "<?" * 9_000, " " * 30_000, "<!-- -->" * 9_000]))
def test_any_text_is_one_or_the_other(body: str, before: str) -> None:
    assert is_whole_page(before + body) in (True, False)
