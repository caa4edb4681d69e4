"""Hashes that tell data apart.

Private: the module ``_blake2``; :mod:`hashlib`, which offers the same, also loads OpenSSL: 4 MB a process, and 9 ms.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # some other Python
    from hashlib import blake2b


def hash_bytes(data: bytes, size: int) -> bytes:
    """Return ``size`` bytes, at most 64, that differ for other data."""
    return blake2b(data, digest_size=size).digest()
