"""A sandbox task that crashes for every page."""

from __future__ import annotations

import os


def _crash(*_: object) -> None:
    os.abort()


TASKS = {"page": _crash}
