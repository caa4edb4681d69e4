"""Smaller caches of Textual; fails when a new Textual changes what they are made of."""

from __future__ import annotations

import inspect
import platform
import re
import subprocess
import sys

import pytest
from rich import cells
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual import content, widget
from textual.color import Color
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip

import reader.tui.app  # noqa: F401 – it makes them small

TEXT = "one two"


def test_textual_still_gives_strips_the_attributes_that_ours_have() -> None:
    source = inspect.getsource(inspect.getmodule(Strip) or Strip)
    begun = source[
        source.index("def __init__(\n        self, segments") : source.index("def __rich_repr__(self)", 3_000)
    ]
    caches = dict(re.findall(r"self\.(_\w+)[^=]*= FIFOCache\((\d+)\)", begun))
    others = set(re.findall(r"self\.(_\w+)(?:: [\w\[\] |]+)? = ", begun)) - set(caches)
    assert others == {"_segments", "_cell_length", "_render_cache", "_link_ids", "_cell_count"}
    strip = Strip([Segment(TEXT)])
    assert {*others, *caches} == set(Strip.__slots__)
    assert caches.pop("_filter_cache")  # ours keeps one result
    for name, size in caches.items():
        assert f"maxsize={size} " in repr(getattr(strip, name)), f"Textual changed {name}"


def test_strips_work_as_before() -> None:
    strip = Strip([Segment(TEXT, Style(bold=True))])
    to_rgb, black = ANSIToTruecolor(DEFAULT_TERMINAL_THEME), Color(0, 0, 0)
    assert (strip.text, strip.cell_length, strip.link_ids) == (TEXT, 7, {""})
    for _ in range(2):  # from a cache the second time
        assert [each.text for each in strip.divide([3, 7])] == ["one", " two"]
        assert strip.divide([7, 9]) == [strip]
        assert strip.divide([9]) == []
        long = Strip([Segment("one"), Segment("-" * 300, Style(bold=True))], 303)
        assert [each.text for each in long.divide([2, 5, 303, 400])] == ["on", "e--", "-" * 298]
        assert [each.cell_length for each in long.divide([2, 5, 303])] == [2, 3, 298]
        assert strip.crop(4).text == "two"
        assert strip.crop_extend(4, 9, None).text == "two  "
        assert strip.adjust_cell_length(9).text == "one two  "
        assert strip.apply_style(Style(italic=True)).cell_length == 7
        assert strip.apply_offsets(0, 0).text == TEXT
        assert strip.apply_filter(to_rgb, black) is strip
        (red,) = Strip([Segment(TEXT, Style(color="red"))], 7).apply_filter(to_rgb, black)
        assert (red.text, str(red.style)) == (TEXT, "#800000")
    assert not hasattr(strip, "missing")


def test_few_results_are_cached() -> None:
    limits = {Strip.render_ansi: 1024, Strip.blank: 128, Region.union: 256, content.cell_len: 1024}
    assert {cached: cached.cache_info().maxsize for cached in limits} == limits
    assert (content.cell_len("漢字"), cells.cached_cell_len) == (4, content.cell_len)
    assert Region(1, 2, 3, 4).union(Region(0, 0, 1, 1)) == Region(0, 0, 4, 6)
    assert Strip.blank(3).text == "   "
    assert "maxsize=4 " in repr(vars(widget)["LRUCache"](16))
    before, after = Segment("one two").split_cells(3)
    assert (before.text, after.text) == ("one", " two")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_share_what_the_c_library_retains() -> None:
    program = """
import sys, threading
from reader.workers.malloc import limit_malloc
limit_malloc()
together = threading.Barrier(9)
def work():
    held = [bytes(10_000) for _ in range(20)]
    together.wait(20)
    together.wait(20)
for _ in range(8):
    threading.Thread(target=work).start()
together.wait(20)
with open("/proc/self/maps") as maps:  # an arena begins at a multiple of 64 MiB
    print(sum(int(line.partition("-")[0], 16) % (64 << 20) == 0 and line.split()[4] == "0" for line in maps))
together.wait(20)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert int(found.stdout) <= 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can trim")
def test_what_is_free_between_blocks_in_use_goes_back_to_the_system() -> None:
    program = """
from reader.workers.malloc import limit_malloc, trim_malloc
limit_malloc()
def held():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096
blocks = [bytes(10_000) for _ in range(2_000)]
blocks[:-1] = []
before = held()
trim_malloc()
print(before - held())
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert int(found.stdout) > 15_000_000
