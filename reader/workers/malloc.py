"""Memory that the C library keeps after it was freed."""

from __future__ import annotations

import contextlib

_SETTINGS = {-8: 2, -3: 256 << 10, -1: 256 << 10}
"""M_ARENA_MAX: each thread's arena would retain what it once needed; M_MMAP_THRESHOLD and M_TRIM_THRESHOLD: they would
grow to twice the size of the largest frame, and so much be retained in each arena."""


def limit_malloc() -> None:
    """Have the GNU C library return freed memory at the end of its heaps; does nothing with others.

    Call it before the first thread starts: the arenas that exist stay.
    """
    for setting, value in _SETTINGS.items():
        _call("mallopt", setting, value)


def trim_malloc() -> None:
    """Have it return what is free inside its heaps too, which takes less than a millisecond."""
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    """Call a function of the C library, if it has it.

    Private: :mod:`_ctypes`, since :mod:`ctypes` takes 2 ms more to import, before the first frame.
    """
    # As on Windows, with another C library, or with a Python whose private module is another.
    with contextlib.suppress(ImportError, AttributeError, OSError, TypeError):
        import _ctypes

        function = _ctypes.dlsym(_ctypes.dlopen(None, 0), name)  # type: ignore[arg-type] # None is this program
        _ctypes.call_function(function, numbers)
