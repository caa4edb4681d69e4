"""What identifies an article without a URL: the folder that it belongs to, and its path there.

So two folders with an ``index.md`` each do not share marks, and a subfolder that is opened by itself keeps those made
from its parent. A folder belongs to the nearest folder at or above it that is known. If none is known, the one that is
opened becomes known, or the Git repository around it. Its identity is the URL of the repository, else its name: both
are the same on another machine. A number is added where another known folder has the same name; if that one is gone,
the folder was moved and keeps its identity.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

SETTING = "folders"
"""The setting that has the known folders: a JSON object of identities by quoted path."""
Roots = tuple[tuple[bytes, bytes], ...]
"""Start of a path in the open folder -> what replaces it in the identity, the longest start first."""
_ORIGIN = re.compile(r'^\[remote "origin"\][ \t]*\n(?:(?!\[).*\n)*?[ \t]*url[ \t]*=[ \t]*(.+)$', re.MULTILINE)
_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)")
_URL = re.compile(r"[a-z+]+://(?:[^@/]*@)?([^/:]+)(?::\d+)?/(.+)", re.IGNORECASE)
_MAX_CONFIG = 100_000


def add_folder(stored: str | None, root: Path) -> str | None:
    """Return the value of the setting once ``root`` is known, given the value ``stored``."""
    known = _load(stored)
    path = os.fsencode(root)
    if any(_is_in(path, folder) for folder in known):
        return stored
    repository = _repository(root)
    if repository:
        folder, identity = os.fsencode(repository[0]), f"git:{repository[1]}"
    elif moved := _moved(path, known):
        for each in [each for each in known if _is_in(each, moved)]:
            known[path + each[len(moved) :]] = known.pop(each)
        folder, identity = path, known[path]
    else:
        folder, identity = path, _unique(os.path.basename(path) or b"/", known)
    known[folder] = identity
    return json.dumps({quote_from_bytes(each): known[each] for each in sorted(known)})


def roots_of(stored: str | None, root: Path) -> Roots:
    """Return which known folders the documents of the open folder ``root`` belong to."""
    known, path = _load(stored), os.fsencode(root)
    roots = []
    above = max((folder for folder in known if _is_in(path, folder)), key=len, default=None)
    if above is not None:
        relative = path[len(above) :].lstrip(b"/")
        roots.append((b"", known[above].encode() + b"\0" + (relative + b"/" if relative else b"")))
    below = [folder for folder in known if folder != path and _is_in(folder, path)]
    roots += [(folder[len(path) :].lstrip(b"/") + b"/", known[folder].encode() + b"\0") for folder in below]
    return tuple(sorted(roots, key=lambda root: len(root[0]), reverse=True))


def _load(stored: str | None) -> dict[bytes, str]:
    try:
        folders = json.loads(stored or "{}")
    except (ValueError, RecursionError):
        folders = {}
    if not isinstance(folders, dict):
        return {}
    return {unquote_to_bytes(path): str(identity) for path, identity in folders.items()}


def _is_in(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def _moved(path: bytes, known: Mapping[bytes, str]) -> bytes | None:
    """Return the known folder that was moved to ``path``: one of this name that is gone, but not with its disk."""
    name = os.path.basename(path)
    gone = (
        each
        for each in known
        if os.path.basename(each) == name and not os.path.isdir(each) and os.path.isdir(os.path.dirname(each))
    )
    return min(gone, key=lambda each: len(known[each]), default=None)


def _unique(name: bytes, known: Mapping[bytes, str]) -> str:
    text = quote_from_bytes(name)
    taken = set(known.values())
    numbered = (f"{text}-{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([text], numbered) if each not in taken)


def _repository(root: Path) -> tuple[Path, str] | None:
    """Return the Git repository that ``root`` is in and its remote, as host and path."""
    for folder in (root, *root.parents):
        git = folder / ".git"
        # In a worktree or a submodule, .git is a file that names the real folder, which names that of the repository.
        if named := _read(git).removeprefix("gitdir:").strip():
            git = folder / named
            git /= _read(git / "commondir").strip()
        if config := _read(git / "config"):
            found = _ORIGIN.search(config)
            return (folder, _normal(found[1].strip())) if found else None
    return None


def _read(path: Path) -> str:
    """Return the start of a file, or "" if it is none: a pipe would block."""
    try:
        if not path.is_file():
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_CONFIG)
    except (OSError, ValueError):
        return ""


def _normal(remote: str) -> str:
    """Return a remote without what differs between machines: scheme, user, port, ``.git``."""
    found = _URL.fullmatch(remote) or _SCP.fullmatch(remote)
    whole = f"{found[1].lower()}/{found[2]}" if found else remote
    return whole.rstrip("/").removesuffix(".git").rstrip("/")
