"""The real command, driven through a pty, with its screen read by a terminal emulator."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from reader.core.paths import Paths
from tests.conftest import MakeFolder
from tests.e2e.terminal import TOP, Terminal

OSC_52 = re.compile(rb"\x1b\]52|\x9d52|\xc2\x9d52")
FIRST = "China Supreme Court issues regulations against"
SECOND = "China's top court issues regulations on facial"


def selected(terminal: Terminal) -> str:
    """Return the line of the list that is selected."""
    return next((line for line in terminal.lines if line.startswith("▌")), "")


def pane(terminal: Terminal) -> str:
    """Return what is right of the list, where both are side by side."""
    return "\n".join(line[68:] for line in terminal.lines)


def test_open_browse_sort_help_and_quit(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait("5 articles  5 unread")
        terminal.wait(lambda: FIRST in pane(terminal))
        rows = [line for line in terminal.lines if re.match(r"[▌ ]• ", line)]
        assert [int(line[2:5]) for line in rows] == [46, 39, 39, 39, 32]
        assert "1 Qual ↓" in terminal.lines[1]

        terminal.press("j")
        terminal.wait(lambda: SECOND in pane(terminal))
        assert "CGTN" in selected(terminal)
        terminal.press("3")
        terminal.wait("3 Date ↓")
        terminal.press("3")
        terminal.wait("3 Date ↑")
        terminal.wait(lambda: "CGTN" in terminal.lines[6] and "CGTN" in selected(terminal))

        terminal.press("enter", "]")
        terminal.wait("▌ Facial Recognition Links Pennsylvania Man")
        terminal.wait("4 unread")
        terminal.press("esc")
        terminal.wait(lambda: "▌ Facial" not in terminal.text)
        terminal.press("?")
        terminal.wait("Go to the first article or view")
        terminal.send("mark read")
        terminal.wait(lambda: "Mark read or unread" in terminal.text and "Go to the first" not in terminal.text)
        terminal.press("esc")
        terminal.wait("Go to the first article or view")
        terminal.press("esc")
        terminal.wait(lambda: "Esc closes" not in terminal.text)

        terminal.press("q")
        assert terminal.end() == 0
        assert_restored(terminal)


def assert_restored(terminal: Terminal) -> None:
    """Hold the command to leaving the terminal as it was: modes off, cursor there, keyboard in order."""
    left = terminal.raw.rfind(b"\x1b[?1049l")
    assert left > terminal.raw.rfind(b"\x1b[?1049h") >= 0
    for mode in (1000, 1002, 1003, 1004, 1006, 2004):
        on, off = (terminal.raw.rfind(b"\x1b[?%d%c" % (mode, letter)) for letter in b"hl")
        assert off > on or on == -1, mode
    assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")
    assert not terminal.screen.cursor.hidden
    after = re.sub(rb"\x1b\[[?<>=]?[0-9;]*[a-zA-Z]", b"", terminal.raw[left:])
    assert after.strip() == b"", after
    assert termios.tcgetattr(terminal._slave)[:4] == terminal.before[:4]


def test_the_layout_follows_the_terminal_size(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.press("j")
        terminal.wait(lambda: SECOND in pane(terminal))
        terminal.resize(80, 24)
        terminal.wait(lambda: "─" * 80 in terminal.text and "coming into effect" in terminal.text)
        assert "CGTN" in selected(terminal)
        terminal.resize(50, 20)
        terminal.wait(lambda: "1 Q ↓" in terminal.text and "─" * 20 not in terminal.text)
        assert selected(terminal).startswith("▌• 39")
        terminal.press("enter")
        terminal.wait("CGTN · 5 August 2021")
        terminal.resize(120, 12)
        terminal.wait("quality 39 ━━ · heat – · news article · Computer Vision, AI")
        terminal.resize(120, 36)
        terminal.wait(lambda: "CGTN" in selected(terminal) and SECOND in pane(terminal))
        terminal.press("q")
        assert terminal.end() == 0


def test_no_control_sequence_of_a_document_reaches_the_terminal(make_folder: MakeFolder) -> None:
    bad = "\\e]52;c;aGVsbG8=\\a\\x9b31m\\u202e[/nope][@click=app.quit]x[/]"
    raw = "\x1b]52;c;aGVsbG8=\x07\x9d52;c;aGVsbG8=\x9c\u202e"
    folder = make_folder(
        {
            "a.md": f'---\ntitle: "{bad}"\nexcerpt: "{bad}"\nprovider: {{name: "{bad}"}}\ntopics: ["{bad}"]\n'
            f'related: [{{title: "{bad}", excerpt: "{bad}", webUrl: "https://a.org/"}}]\nx: "{bad}"\n---\n'
            f"&#27;]52;c;aGVsbG8=&#7; {raw} [text {raw}](https://a.org/{raw})\n",
            "b\x1b]52;c;aGVsbG8=\x07\u202e.md": f"---\ntitle: [{raw}\n---\n",
        }
    )
    with Terminal(folder) as terminal:
        terminal.wait("[/nope][@click=app.quit]x[/]")
        terminal.press("]")
        terminal.wait("More")
        terminal.press("enter")
        terminal.wait("Not in this folder")
        terminal.press("backspace", "!")
        terminal.wait("problem in 1 document")
        terminal.send(f"\x1b[200~{raw}\x1b[201~")
        terminal.wait(lambda: "52;c;aGVsbG8=" in terminal.lines[5])
        terminal.press("esc")
        terminal.wait("type to filter")
        terminal.press("esc")
        terminal.wait(lambda: "Esc closes" not in terminal.text)
        terminal.press("r")
        terminal.wait("Nothing has changed.")
        terminal.press("q")
        assert terminal.end() == 0
    assert not OSC_52.search(terminal.raw)
    assert "\u202e".encode() not in terminal.raw
    assert b"\x9b" not in terminal.raw.replace(b"\xe2\x9b", b"")


def test_copying_sends_only_the_address_by_osc_52(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.press("y")
        terminal.wait("Copied jurist.org/")
        terminal.press("o")
        terminal.wait("No browser is available here; the link was copied instead.")
        terminal.press("q")
        assert terminal.end() == 0
    assert len(OSC_52.findall(terminal.raw)) == 2


def test_a_browser_cannot_write_on_the_screen(seeds: Path, tmp_path: Path) -> None:
    script = tmp_path / "lantern"
    script.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "print('SCRIBBLE', flush=True)\nprint('SCRIBBLE', file=sys.stderr, flush=True)\n"
        "try: open('/dev/tty', 'w').write('SCRIBBLE')\nexcept OSError: pass\n"
        f"open({str(tmp_path / 'called')!r}, 'w').write(repr(sys.argv[1:]))\n"
    )
    script.chmod(0o755)
    with Terminal(seeds, environ={"BROWSER": str(script)}) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.press("o")
        terminal.wait("Opened jurist.org with lantern.")
        terminal.press("j")
        terminal.wait(lambda: SECOND in pane(terminal))
        terminal.press("q")
        assert terminal.end() == 0
    assert b"SCRIBBLE" not in terminal.raw
    assert "https://www.jurist.org/" in (tmp_path / "called").read_text()


def test_a_text_browser_gets_the_terminal_and_gives_it_back(seeds: Path, tmp_path: Path) -> None:
    script = tmp_path / "w3m"
    script.write_text(f"#!{sys.executable}\nimport sys\nprint('TEXT BROWSER', sys.argv[1][:23], flush=True)\ninput()\n")
    script.chmod(0o755)
    with Terminal(seeds, environ={"BROWSER": str(script)}) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.press("o")
        terminal.wait("TEXT BROWSER https://www.jurist.org/")
        terminal.send("\n")
        terminal.wait("Back from w3m.")
        terminal.press("j")
        terminal.wait(lambda: SECOND in pane(terminal))
        terminal.press("q")
        assert terminal.end() == 0
        assert_restored(terminal)


def test_ctrl_c_does_not_end_it(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.press("ctrl+c", "j")
        terminal.wait(lambda: SECOND in pane(terminal))
        assert b"Traceback" not in terminal.raw
        terminal.press("q")
        assert terminal.end() == 0
        assert_restored(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_and_restores_the_terminal(seeds: Path, number: int) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.process.send_signal(number)
        assert terminal.end() == 0
        assert_restored(terminal)


def test_without_a_path_it_opens_the_last_folder(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait("5 articles")
        terminal.send("mTq")  # all at once: what was asked for is kept before it ends
        assert terminal.end() == 0
    with Terminal() as terminal:
        terminal.wait("5 articles  4 unread")
        terminal.press("q")
        assert terminal.end() == 0
    assert b"251;250;246" in terminal.raw  # the ground of the light theme, which was chosen the last time


def test_without_a_path_or_a_last_folder_it_explains_how_to_start() -> None:
    with Terminal() as terminal:
        assert terminal.end() == 2
        assert "Start with `newsreader FOLDER`" in " ".join(terminal.text.split())
        assert b"\x1b[?1049h" not in terminal.raw


@pytest.mark.parametrize("gone", [True, False])
def test_a_missing_folder_is_reported_without_a_traceback(tmp_path: Path, gone: bool) -> None:
    folder = tmp_path / "gone"
    if gone:
        folder.mkdir()
        with Terminal(folder) as terminal:
            terminal.wait("There are no documents in gone yet.")
            terminal.press("q")
            assert terminal.end() == 0
        folder.rmdir()
    with Terminal(*([] if gone else [folder])) as terminal:
        assert terminal.end() == 2
        assert "newsreader: " in terminal.text
        assert "gone" in terminal.text
        assert b"Traceback" not in terminal.raw


def test_an_invalid_setting_is_reported_before_the_screen_opens(seeds: Path, own_directories: Paths) -> None:
    own_directories.config.mkdir(parents=True)
    own_directories.config_file.write_text('[keys]\nqiut = "x"\n')
    with Terminal(seeds) as terminal:
        assert terminal.end() == 2
        assert "qiut" in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw


def test_configured_keys_and_theme_apply(seeds: Path, own_directories: Paths) -> None:
    own_directories.config.mkdir(parents=True)
    own_directories.config_file.write_text('theme = "newsreader-light"\n[keys]\nquit = "x"\n')
    with Terminal(seeds) as terminal:
        terminal.wait("x quit")
        terminal.press("x")
        assert terminal.end() == 0
    assert b"251;250;246" in terminal.raw


def test_without_a_terminal_it_names_the_command_to_use(seeds: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reader", str(seeds)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "newsreader list" in done.stderr


@pytest.mark.parametrize(
    ("owner", "call", "key"),
    [
        ("articles.LibraryArticles", "load", "j"),
        ("marks.LibraryMarks", "apply", "m"),
        ("articles.LibraryArticles", "rows", "G"),
    ],
)
def test_q_quits_while_the_disk_hangs(seeds: Path, owner: str, call: str, key: str) -> None:
    with Terminal(seeds) as terminal:  # with an index, the list needs no document
        terminal.wait("5 articles  5 unread")
        terminal.send("q")
        assert terminal.end() == 0
    hangs = (
        "import threading\n"
        "from reader import __main__ as start\n"
        "from reader.library import articles, marks\n"
        f"usual = {owner}.{call}\n"
        f"def {call}(*arguments, **options):\n"
        "    if threading.current_thread().name == 'opening': return usual(*arguments, **options)\n"
        "    threading.Event().wait()\n"
        f"{owner}.{call} = {call}\n"
        "start.main()\n"
    )
    with Terminal(seeds, program=("-c", hangs)) as terminal:
        terminal.wait(lambda: FIRST[:20] in selected(terminal))
        terminal.send(key)
        terminal.send("?")
        terminal.wait("Go to the first article")  # the screen itself goes on
        terminal.press("esc")
        terminal.wait(lambda: "Go to the first article" not in terminal.text)
        terminal.send("q")
        assert terminal.end() == 0
        assert termios.tcgetattr(terminal._slave)[:4] == terminal.before[:4]
