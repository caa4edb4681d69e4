"""The C library's memory is limited where that is possible; elsewhere nothing happens."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from reader.workers.malloc import limit_malloc, trim_malloc


def no_function(handle: int, name: str) -> int:
    raise OSError(f"undefined symbol: {name}")


def open_itself(name: str | None, flags: int) -> int:
    return 1


@pytest.mark.parametrize(
    "private",
    [
        None,
        SimpleNamespace(),
        SimpleNamespace(dlopen=open_itself, dlsym=no_function),
        SimpleNamespace(dlopen=lambda name: 1),
    ],
    ids=["no module", "as on Windows", "another C library", "another Python"],
)
def test_without_the_gnu_c_library_nothing_fails(monkeypatch: pytest.MonkeyPatch, private: object) -> None:
    monkeypatch.setitem(sys.modules, "_ctypes", private)
    limit_malloc()
    trim_malloc()
