"""A task that reads pages and falls over each."""

from __future__ import annotations

import os


def _fall(*_: object) -> None:
    os.abort()


TASKS = {"page": _fall}
