"""With default settings nothing goes out until a key asks for it: no process opens a socket but Unix ones."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reader.core.paths import Paths
from tests.conftest import MakeFolder
from tests.e2e.terminal import TOP, Terminal

_STRACE = """
import os, sys
strace = "strace --quiet=all --follow-forks --seccomp-bpf --trace=socket,connect,sendto --output".split()
os.execvp("strace", [*strace, os.environ["SOCKETS"], sys.executable, "-m", "reader", *sys.argv[1:]])
"""
_HOOK = """
import os, sys
log = os.open(os.environ["SOCKETS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def hook(event, values):
    if event == "socket.__new__":
        os.write(log, f"socket({getattr(values[1], 'name', values[1])}\\n".encode())
    elif event.startswith(("socket.getaddrinfo", "socket.gethost", "socket.getname")):
        os.write(log, f"socket({event}\\n".encode())
sys.addaudithook(hook)
"""
"""Written to ``sitecustomize.py``, which every Python process imports: for systems without strace."""
_WORDS = "This is what the court has said about it today, and it goes on for a while. " * 30
_PICTURE = "http://127.0.0.1:9/lead.png"
_BODY = (
    f"<p>{_WORDS}</p><p><img src='http://127.0.0.1:9/in.png'></p><link rel='preload' href='http://127.0.0.1:9/a.css'>"
)


def _can_trace() -> bool:
    strace = shutil.which("strace") or ""
    return bool(strace) and not subprocess.run([strace, "-f", "true"], capture_output=True, check=False).returncode


@pytest.fixture
def folder(make_folder: MakeFolder) -> Path:
    """The seeds and documents like those of the hub, with texts and images."""
    seeds = {path.name: path.read_bytes() for path in sorted((TOP / "seeds").iterdir())}

    def document(number: int) -> str:
        fields = f"title: Court {number}\nquality: {99 - number}\noriginalUrl: http://127.0.0.1:9/{number}"
        images = f"images:\n  - url: {_PICTURE}\nprovider:\n  images:\n    - url: {_PICTURE}"
        return f"---\n{fields}\n{images}\n---\n{_BODY * (1 + 9 * (number == 1))}"

    return make_folder({**seeds, **{f"hub/{number}.html": document(number) for number in range(4)}})


@contextmanager
def _watched(folder: Path, tmp_path: Path) -> Iterator[tuple[Terminal, Callable[[], set[str]]]]:
    """Yield the app on a folder, and a function that returns the families of all sockets but Unix ones so far."""
    log, strace = tmp_path / "sockets", _can_trace()
    environ = {"SOCKETS": str(log), "SSH_CONNECTION": ""}
    if not strace:
        (tmp_path / "sitecustomize.py").write_text(_HOOK)
        environ["PYTHONPATH"] = f"{tmp_path}:{TOP}"
    config = Paths.from_environment().config
    config.mkdir(parents=True, exist_ok=True)
    # The defaults but for this: otherwise the key at the end of a test would be refused without a socket.
    (config / "config.toml").write_text('[fetch]\nallow_hosts = ["127.0.0.1"]\n')
    program = ("-c", _STRACE) if strace else ("-m", "reader")

    def families() -> set[str]:
        return set(re.findall(r"socket\(([\w.]+)", log.read_text() if log.exists() else "")) - {"AF_UNIX", "1"}

    with Terminal(folder, environ=environ, program=program, lines=40) as terminal:
        yield terminal, families


def test_nothing_goes_out_until_a_key_asks_for_it(folder: Path, tmp_path: Path) -> None:
    with _watched(folder, tmp_path) as (terminal, families):
        terminal.wait("This is what the court has said")
        for keys in ("jjjk", "123", "smu", "]]", "h", "Gg", "nN", "T", "b"):
            terminal.press(*keys)
        terminal.wait("Unread")
        terminal.press("b", "/", *"folder:hub", "enter")
        terminal.wait("4 of 9")
        terminal.press("g", "j", "l", "space", "enter")
        terminal.wait("From the document")
        terminal.press("space", "G", "/", *"today", "enter", "n", "esc", "h", "h")
        terminal.press("g", "enter")
        terminal.wait("i shows 2 images.")
        time.sleep(1)  # longer than an article has to be selected until its image is requested
        assert families() == set()
        terminal.press("i")
        terminal.wait(families)  # so the audit would have noticed


def test_an_article_with_only_an_excerpt_is_fetched_when_its_text_is_opened(
    make_folder: MakeFolder, tmp_path: Path
) -> None:
    local = {
        path.name: re.sub(r"https?://[^/\"]+", "http://127.0.0.1:9", path.read_text("utf-8"))
        for path in (TOP / "seeds").iterdir()
    }
    with _watched(make_folder(local), tmp_path) as (terminal, families):
        terminal.wait("5 articles")
        terminal.press(*"jjkGg", "enter")
        terminal.wait("i shows the image.")
        time.sleep(1)  # as above
        assert families() == set()
        terminal.press("f")
        terminal.wait("The original could not be fetched: 127.0.0.1 refuses connections.")
        assert families()
