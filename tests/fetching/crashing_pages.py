"""A sandbox task that crashes for every page."""

from __future__ import annotations

import os


def _fall(*_: object) -> None:
    os.abort()


TASKS = {"page": _fall}
