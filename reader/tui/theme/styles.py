"""The inks that our widgets draw their lines with, each made of the theme's own variables.

Textual's component classes would do the same, and cost each widget a pass over the
stylesheet for each of its inks, before the first frame.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.widget import Widget

_NOTHING = Color(0, 0, 0, 0)


class _Ink(NamedTuple):
    """A colour of the theme, and how it is written; ``ground`` is a colour of the theme to write on."""

    colour: str
    bold: bool = False
    underline: bool = False
    ground: str = ""


_INKS = {
    "text": _Ink("foreground"),
    "normal": _Ink("foreground"),
    "strong": _Ink("foreground", bold=True),
    "title": _Ink("foreground", bold=True),
    "quiet": _Ink("foreground-muted"),
    "accent": _Ink("accent"),
    "name": _Ink("accent", bold=True),
    "fact": _Ink("accent"),
    "key": _Ink("accent"),
    "heading": _Ink("accent", bold=True),
    "link": _Ink("accent", underline=True),
    "code": _Ink("success"),
    "score": _Ink("success"),
    "warning": _Ink("warning"),
    "found": _Ink("accent", underline=True),
    "found-there": _Ink("accent", bold=True, ground="panel"),
    "found-here": _Ink("background", bold=True, ground="accent"),
    "hint": _Ink("background", bold=True, ground="warning"),
    "track": _Ink("panel"),
    "footer-key": _Ink("footer-key-foreground", bold=True),
    "footer": _Ink("footer-description-foreground"),
    "selected": _Ink("foreground", ground="panel"),
    "selected-title": _Ink("foreground", bold=True, ground="panel"),
    "selected-quiet": _Ink("foreground-muted", ground="panel"),
    "selected-score": _Ink("success", ground="panel"),
}


def theme_style(widget: Widget, name: str, ground: str = "") -> Style:
    """Return the style of the ink ``name`` on the ground of ``widget``, or on a colour of the theme.

    A widget that keeps it forgets it in ``notify_style_update``: it changes with the theme.
    """
    made = _INKS[name]
    variables = widget.app.theme_variables
    _, paper = widget.background_colors
    paper = paper + _colour(variables, ground or made.ground)
    style = Style.from_color((paper + _colour(variables, made.colour)).rich_color, paper.rich_color)
    if made.bold or made.underline:
        style += Style(bold=made.bold or None, underline=made.underline or None)
    return style


def _colour(variables: dict[str, str], name: str) -> Color:
    """Return a colour of the theme; nothing, which leaves what is below it, for one that is no colour of its own."""
    value, _, share = variables.get(name, "").partition(" ")  # such as "ansi_default 50%"
    if not value:  # not left to the parser, which would look for what might have been meant
        return _NOTHING
    try:
        return Color.parse(value).multiply_alpha(float(share.rstrip("%") or 100) / 100)
    except (ColorParseError, ValueError):
        return _NOTHING


def dimmed(style: Style, strength: float) -> Style:
    """Return the colour of ``style`` blended towards its ground: 1 is the colour itself, 0 the ground.

    Where the terminal's own palette is used there is nothing to blend, and the style stays.
    """
    if strength >= 1 or style.color is None or style.bgcolor is None:
        return Style()
    if style.color.triplet is None or style.bgcolor.triplet is None:
        return Style()
    ground, colour = Color.from_rich_color(style.bgcolor), Color.from_rich_color(style.color)
    return Style(color=ground.blend(colour, strength).rich_color)
