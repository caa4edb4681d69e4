"""Sandbox tasks that misbehave in every way."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import sys
import time
from pathlib import Path


def _hold() -> None:
    re.match(r"(a+)+$", "a" * 64 + "b")  # in C, without releasing the GIL


def _hold_until(path: str) -> str:
    Path(path).with_suffix(".begun").write_text(str(os.getpid()))
    while not Path(path).exists():
        time.sleep(0.01)
    return path


def _use_memory(size: int) -> int:
    eaten = [b"x" * (1 << 20) for _ in range(size >> 20)]
    return sum(map(len, eaten))


def _eat_slowly(size: int) -> int:
    eaten = []
    for _ in range(size >> 20):
        eaten.append(b"x" * (1 << 20))
        time.sleep(0.001)
    return len(eaten) << 20


def _crash() -> None:
    ctypes.string_at(0)


def _fail() -> None:
    raise RuntimeError("of its own")


def _print(text: str) -> str:
    print(text, flush=True)
    os.write(sys.stdout.fileno(), text.encode())
    return text


def _gone() -> None:
    os._exit(0)


def _blocks(body: str, body_format: str, url: str) -> None:
    _hold()


TASKS = {
    "blocks": _blocks,
    "echo": lambda *values: list(values),
    "pid": os.getpid,
    "hold": _hold,
    "hold until": _hold_until,
    "eat": _use_memory,
    "eat slowly": _eat_slowly,
    "fall": _crash,
    "fail": _fail,
    "print": _print,
    "gone": _gone,
    "much": lambda size: b"x" * size,
    "odd": object,
}

if os.environ.get("TEST_WITHOUT_MEMORY_LIMIT"):

    def _refuse(*_: object) -> None:
        raise ValueError("this system limits no address space")

    resource.setrlimit = _refuse
