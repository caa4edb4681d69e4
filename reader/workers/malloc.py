"""Memory that the C library keeps after it was freed."""

from __future__ import annotations

import contextlib

_SETTINGS = {-8: 2, -3: 256 << 10, -1: 256 << 10}
"""M_ARENA_MAX: each thread's arena would retain what it once needed; M_MMAP_THRESHOLD and M_TRIM_THRESHOLD: they would
grow to twice the size of the largest frame, and so much be retained in each arena."""


def limit_malloc() -> None:
    """Have the GNU C library return freed memory at the end of its heaps; does nothing with others."""
    import ctypes  # lazy: not before the first frame

    with contextlib.suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for setting, value in _SETTINGS.items():
            mallopt(setting, value)


def trim_malloc() -> None:
    """Have it return what is free inside its heaps too, which takes less than a millisecond."""
    import ctypes

    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
