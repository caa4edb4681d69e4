"""Less memory for what Textual and the C library keep: hours of use on screens of any size take no more than minutes.

On a large screen, Textual's lines take more memory for their caches than for their text: a strip has seven, most of
which stay empty. Here, each is made when it is first used, and no line has a copy with all colors as RGB if they are
already. And a strip that ``Strip.divide`` does not cut would cache itself, so that every line drawn would stay until a
garbage collection.

Private: the names in ``Strip.__slots__`` and :data:`_LIMITS`, ``Style._add``, and :mod:`textual._cells`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import _cells, widget
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.cache import FIFOCache, LRUCache
from textual.color import Color
from textual.css.scalar import Scalar
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.strip import Strip

from reader.core.text import free_texts as free_own_texts

_SIZES = {"_crop_cache": 16, "_style_cache": 16} | dict.fromkeys(
    ("_divide_cache", "_line_length_cache", "_crop_extend_cache", "_offsets_cache"), 4
)
_REGIONS = ("intersection", "union", "shrink", "grow", "translate", "split", "split_vertical", "split_horizontal")
_LIMITS: tuple[tuple[type, str, int], ...] = (
    # Textual caches this for each widget, so that the lines of as many removed widgets would stay.
    (StylesCache, "get_inner_outer", 256),
    # And this for each parser: there is a new one each time that another program has had the terminal.
    (XTermParser, "_parse_extended_key", 64),
    (Segment, "_split_cells", 512),
    (Strip, "render_ansi", 1024),
    (Strip, "blank", 128),
    (Scalar, "resolve", 256),
    *((Region, name, 256) for name in (*_REGIONS, "overlaps", "contains_region", "__contains__")),
)
"""How many results of which methods of a class are cached: a screen needs a hundred or so. Textual's own limits are up
to 16,384, and use at many sizes needs hours to reach them."""
_TEXTS = 1024
"""Of how many texts, which may be long, Textual caches the width; a large screen has some hundred."""
_WIDE = 250
"""The parts into which the compositor cuts longer lines are not cached: on a screen of 500x200, these take 5 MB."""
_BOX_MODELS = 4
"""How many box models each widget caches, instead of 16: those of older layouts are hardly used again."""


def limit_textual() -> None:
    """Replace methods of Textual."""
    for owner, name, limit in _LIMITS:
        function = getattr(owner, name).__wrapped__
        if function.__code__.co_varnames[0] == "cls":  # a class method, or written like one
            setattr(owner, name, staticmethod(lru_cache(limit)(partial(function, owner))))
        else:
            setattr(owner, name, lru_cache(limit)(function))
    _limit_cell_len()
    widget.LRUCache = lambda size: LRUCache(min(size, _BOX_MODELS))  # type: ignore[attr-defined,assignment]
    divide_and_cache = Strip.divide

    def start(strip: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:
        strip._segments = list(segments)
        strip._cell_length = cell_length
        strip._render_cache = strip._link_ids = strip._cell_count = None
        strip._filter_cache = None  # type: ignore[assignment]

    def make_cache(strip: Strip, name: str) -> FIFOCache[Any, Any]:
        # Python calls this for an attribute that is not set.
        if name not in _SIZES:
            raise AttributeError(name)
        cache: FIFOCache[Any, Any] = FIFOCache(_SIZES[name])  # not FIFOCache[Any, Any](…), which takes more memory
        setattr(strip, name, cache)
        return cache

    def divide(strip: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
        within = [cut for cut in cuts if cut <= strip.cell_length]
        if within == [strip.cell_length]:
            return [strip]
        if strip.cell_length <= _WIDE:
            return divide_and_cache(strip, within)
        parts = zip(Segment.divide(strip._segments, within), [0, *within], within, strict=False)
        return [Strip(segments, cut - start) for segments, start, cut in parts]

    def apply_filter(strip: Strip, line_filter: LineFilter, background: Color) -> Strip:
        last: Any = strip._filter_cache
        if last is None or last[0] is not line_filter or last[1] != background:
            segments = line_filter.apply(strip._segments, background)
            filtered = None if segments == strip._segments else Strip(segments, strip._cell_length)
            last = strip._filter_cache = (line_filter, background, filtered)  # type: ignore[assignment]
        return last[2] or strip

    Strip.__init__ = start  # type: ignore[assignment]
    Strip.__getattr__ = make_cache  # type: ignore[attr-defined]
    Strip.divide = divide  # type: ignore[assignment]
    Strip.apply_filter = apply_filter  # type: ignore[assignment]


def free_caches() -> None:
    """Empty caches: what is in them is scattered over Python's memory, and would keep it from other uses.

    The next key takes a millisecond longer. The caches are named here, as looking for them among all objects makes
    Python fail in a thread that just makes a tuple.
    """
    free_own_texts()
    limited: list[Any] = [getattr(owner, name) for owner, name, _ in _LIMITS]
    for each in (*limited, _cells.cell_len, Style._add, ANSIToTruecolor.truecolor_style, Color.parse):
        each.cache_clear()


def _limit_cell_len() -> None:
    theirs = _cells.cell_len
    ours = lru_cache(_TEXTS)(theirs.__wrapped__)  # type: ignore[attr-defined]
    for module in list(sys.modules.values()):
        for name in ("cell_len", "cached_cell_len"):
            if getattr(module, "__dict__", {}).get(name) is theirs:
                setattr(module, name, ours)
