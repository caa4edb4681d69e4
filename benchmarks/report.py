"""Figures as a Markdown table, and the machine that gave them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bench import Figure

_HEAD = ("what", "figure", "against", "ratio", "target", "", "")


def machine() -> str:
    """Describe the machine in a sentence."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores ({_processor()}), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, Textual {version('textual')}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, one row each."""
    rows = [_HEAD, *(_cells(figure) for figure in figures)]
    lines = ["| " + " | ".join(cells) + " |" for cells in rows]
    lines.insert(1, "|---|--:|---|--:|--:|---|---|")
    return "\n".join(lines)


def _cells(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "met", False: "**not met**", None: ""}[figure.met]
    if figure.value is None:
        verdict = "no figure"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return (
        figure.name,
        "–" if figure.value is None else f"{number(figure.value)} {figure.unit}",
        figure.against,
        ratio,
        _target(figure),
        verdict,
        figure.note,
    )


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"≤ {figure.target:g}" if figure.against else f"≤ {figure.target:g} {figure.unit}"


def number(value: float) -> str:
    """Return a figure with three significant digits, or all digits of a larger integer."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = next((digits for limit, digits in ((10, 1), (1, 2), (0.1, 3)) if abs(value) >= limit), 4)
    return f"{value:.{digits}f}"
