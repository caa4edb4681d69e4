"""The styles that widgets draw their lines with, computed from the variables of the theme.

Textual's component classes would do the same, but match the stylesheet for every style of every
widget before the first frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.strip import Strip
from textual.widget import Widget

_TRANSPARENT = Color(0, 0, 0, 0)
_DEFAULT = Style(color="default", bgcolor="default")
"""The terminal's own colors."""


class _StyleSpec(NamedTuple):
    """A color of the theme with attributes; ``background`` is another color of the theme."""

    color: str
    bold: bool = False
    underline: bool = False
    background: str = ""


STYLES = {
    "text": _StyleSpec("foreground"),
    "strong": _StyleSpec("foreground", bold=True),
    "title": _StyleSpec("foreground", bold=True),
    "quiet": _StyleSpec("foreground-muted"),
    "accent": _StyleSpec("accent"),
    "name": _StyleSpec("accent", bold=True),
    "heading": _StyleSpec("accent", bold=True),
    "link": _StyleSpec("accent", underline=True),
    "code": _StyleSpec("success"),
    "score": _StyleSpec("success"),
    "warning": _StyleSpec("warning"),
    "found": _StyleSpec("accent", underline=True),
    "found-there": _StyleSpec("accent", bold=True, background="panel"),
    "found-here": _StyleSpec("background", bold=True, background="accent"),
    "hint": _StyleSpec("background", bold=True, background="warning"),
    "track": _StyleSpec("panel"),
    "footer-key": _StyleSpec("footer-key-foreground", bold=True),
    "footer": _StyleSpec("footer-description-foreground"),
    "selected": _StyleSpec("foreground", background="panel"),
    "selected-title": _StyleSpec("foreground", bold=True, background="panel"),
    "selected-quiet": _StyleSpec("foreground-muted", background="panel"),
    "selected-score": _StyleSpec("success", background="panel"),
}
"""The styles by name."""


def theme_style(widget: Widget, name: str, background: str = "") -> Style:
    """Return the style ``name`` on the background of ``widget``, or on ``background``, a color of the theme.

    It changes with the theme: a widget that caches it drops it in ``notify_style_update``.
    """
    _, base = widget.background_colors
    return style_on(widget.app.theme_variables, name, base, background)


def style_on(variables: Mapping[str, str], name: str, base: Color, background: str = "") -> Style:
    """Return the style ``name`` in a theme with these variables, on ``base`` or, if given, on ``background``."""
    spec = STYLES[name]
    fill = background or spec.background
    bold, underline = spec.bold or None, spec.underline or None
    if base.ansi is not None:
        return Style(bold=bold, underline=underline) + _palette_style(variables, spec.color, fill)
    base = base + _theme_color(variables, fill)[0]
    color = base + _theme_color(variables, spec.color)[0]
    return Style(color=color.rich_color, bgcolor=base.rich_color, bold=bold, underline=underline)


def _palette_style(variables: Mapping[str, str], name: str, fill: str) -> Style:
    """Return a color of the terminal's palette.

    Only the terminal knows these colors, and which of them are legible on each other. So all are on its own background,
    what has another one is reversed instead, and what would be blended with the background is dim.
    """
    if fill == "panel":
        return _DEFAULT + Style(reverse=True)
    is_reversed = name == "background"
    color, is_blended = _theme_color(variables, fill if is_reversed else name)
    return _DEFAULT + Style(
        color=color.rich_color if color.ansi is not None else None, reverse=is_reversed or None, dim=is_blended
    )


def draw_line(widget: Widget, pieces: Sequence[tuple[str, str]], blank: str = "quiet") -> Strip:
    """Return texts, each with the name of its style, as a line of ``widget``."""
    styles = {name: theme_style(widget, name) for name in {blank, *(name for _, name in pieces)}}
    segments = [Segment(text, styles[name]) for text, name in pieces]
    return Strip(segments).adjust_cell_length(widget.size.width, styles[blank])


def _theme_color(variables: Mapping[str, str], name: str) -> tuple[Color, bool]:
    """Return a color of the theme, a transparent one if the variable is not a color, and whether it is translucent."""
    value, _, share = variables.get(name, "").partition(" ")  # such as "ansi_default 50%"
    if not value:  # the parser would search for similar names
        return _TRANSPARENT, True
    try:
        part = float(share.rstrip("%") or 100) / 100
        color = Color.parse(value).multiply_alpha(part)
    except (ColorParseError, ValueError):
        return _TRANSPARENT, True
    return color, min(part, color.a) < 1


def blended(low: Style, high: Style, share: float) -> Style:
    """Return a style between two on one background: 0 is ``low``, 1 is ``high``.

    Colors of the terminal's own palette cannot be blended: it is the nearer one.
    """
    before, after = low.color, high.color
    if before is None or after is None or before.triplet is None or after.triplet is None:
        return low if share < 0.5 else high
    color = Color.from_rich_color(before).blend(Color.from_rich_color(after), share)
    return high + Style(color=color.rich_color)
