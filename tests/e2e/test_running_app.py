"""The real command, driven through a pty, with its screen read by a terminal emulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reader.core.paths import Paths
from tests.conftest import MakeFolder, OpenLibrary
from tests.e2e.terminal import BACKGROUND_QUERY, TOP, Terminal, program

OSC_52 = re.compile(rb"\x1b\]52|\x9d52|\xc2\x9d52")
FIRST = "China Supreme Court issues regulations against"
SECOND = "China's top court issues regulations on facial"
HELP = "Leave a text, the article, the sidebar"
"""In the help, near the top."""


def selected(terminal: Terminal) -> str:
    """Return the lines of the selected article in the list."""
    return "\n".join(line for line in terminal.lines if line.startswith("▌"))


def pane(terminal: Terminal) -> str:
    """Return what is to the right of the list, if both are side by side."""
    return "\n".join(line[68:] for line in terminal.lines)


def test_open_browse_sort_help_and_quit(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait("5 articles  5 unread")
        terminal.wait(lambda: FIRST in pane(terminal))
        scores = [re.match(r"[▌ ]  \w.* (?:Jul|Aug) 21 +(\d+) ", line[:68]) for line in terminal.lines]
        assert [int(found[1]) for found in scores if found] == [46, 39, 39, 39, 32]
        assert "1 Qual ↓" in terminal.lines[1]

        terminal.press("j")
        terminal.wait(lambda: SECOND in pane(terminal))
        assert "CGTN" in selected(terminal)
        terminal.press("3")
        terminal.wait("3 Date ↓")
        terminal.press("3")
        terminal.wait("3 Date ↑")
        terminal.wait(lambda: "CGTN" in terminal.lines[11] and "CGTN" in selected(terminal))

        terminal.press("l", "]")
        terminal.wait("▌ 39 ▄ China's top court specifies rules")
        terminal.press("]", "]", "]", "]")  # past the other articles of the story
        terminal.wait("▌ 59 ▆ Facial Recognition Links Pennsylvania Man")
        terminal.wait("4 unread")
        terminal.press("esc")
        terminal.wait(lambda: "▌ 59 ▆" not in terminal.text)
        terminal.press("?")
        terminal.wait(HELP)
        terminal.send("/mark read")
        terminal.wait(lambda: "Mark read or unread" in terminal.text and HELP not in terminal.text)
        terminal.press("esc")
        terminal.wait(HELP)
        terminal.press("esc")
        terminal.wait(lambda: "q close" not in terminal.text)

        terminal.press("q", "q")
        assert terminal.end() == 0
        terminal.assert_restored()
        assert b"Traceback" not in terminal.raw


def test_typed_and_pasted_text_arrives_in_order_even_if_it_is_not_utf8(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait("quit")
        terminal.send("?/star")  # a burst goes to what its first key opens
        terminal.wait(lambda: HELP not in terminal.text and re.search(r"\bstar ", terminal.text))
        terminal.press("esc")
        terminal.wait(HELP)
        terminal.press("esc")
        terminal.wait(lambda: "q close" not in terminal.text)
        terminal.send("\udce6\udcbcj\udcff")  # bytes: a character without its end, and one that UTF-8 never has
        terminal.press("/")
        terminal.wait("Words, topic:")
        terminal.send("b\udce9z")  # é of Latin-1
        terminal.wait("/b\ufffdz ")
        terminal.send("\x15\x1b[200~first\x1bq\x1b[201~")  # as a key, Escape would close the prompt, and q quit
        terminal.wait("/firstq ")
        terminal.send("xy\x15second\x7f\x1b[H>")  # Ctrl+u, Backspace, Home
        terminal.wait("/>secon ")
        terminal.press("esc")
        terminal.wait("q quit")
        terminal.send("\x10quit\r")
        assert terminal.end() == 0
        terminal.assert_restored()


def test_the_layout_follows_the_terminal_size(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.press("j")
        terminal.wait(lambda: SECOND in pane(terminal))
        terminal.resize(80, 24)
        terminal.wait(lambda: "─" * 80 in terminal.text and "coming into effect" in terminal.text)
        assert "5 Aug 21 China's top court issues regulations" in selected(terminal)
        terminal.resize(50, 20)
        terminal.wait(lambda: "1 Qual ↓" in terminal.text and "─" * 20 not in terminal.text)
        assert re.search(r"^▌  CGTN.* 39 ", selected(terminal), re.MULTILINE)
        terminal.press("l")
        terminal.wait("CGTN · 5 August 2021")
        terminal.resize(120, 12)
        terminal.wait("quality 39 ━━ · heat ~47 ━ · news article")
        terminal.resize(120, 36)
        terminal.wait(lambda: "CGTN" in selected(terminal) and SECOND in pane(terminal))
        terminal.press("q", "q")
        assert terminal.end() == 0


def test_no_control_sequence_of_a_document_reaches_the_terminal(make_folder: MakeFolder) -> None:
    bad = "\\e]52;c;aGVsbG8=\\a\\x9b31m\\u202e[/nope][@click=app.quit]x[/]"
    raw = "\x1b]52;c;aGVsbG8=\x07\x9d52;c;aGVsbG8=\x9c\u202e"
    folder = make_folder(
        {
            "a.md": f'---\ntitle: "{bad}"\nexcerpt: "{bad}"\nprovider: {{name: "{bad}"}}\ntopics: ["{bad}"]\n'
            f'related: [{{title: "{bad}", excerpt: "{bad}", webUrl: "https://a.org/"}}]\nx: "{bad}"\nquality: 1\n---\n'
            f"&#27;]52;c;aGVsbG8=&#7; {raw} [text {raw}](https://a.org/{raw})\n",
            "b\x1b]52;c;aGVsbG8=\x07\u202e.md": f"---\ntitle: [{raw}\n---\n",
        }
    )
    with Terminal(folder) as terminal:
        terminal.wait("[/nope][@click=app.quit]x[/]")
        terminal.wait("Same story (2 articles)")
        terminal.press("]", "]")  # past the other article of the story
        terminal.wait("More")
        terminal.press("enter")
        terminal.wait("Not in this folder")
        terminal.press("backspace", "!")
        terminal.wait("problem in 1 document")
        terminal.press("/", "zq")
        terminal.wait("Nothing matches")
        terminal.send(f"\x15\x1b[200~{raw}\x1b[201~")
        terminal.wait("zq]52;c;aGVsbG8=")
        terminal.press("esc")
        terminal.wait("/ filter")
        terminal.press("esc")
        terminal.wait(lambda: "q close" not in terminal.text)
        terminal.press("r")
        terminal.wait("Nothing has changed.")
        terminal.press("q", "q")
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


def test_an_own_program_gets_the_terminal_and_the_keys_after_it_wait(seeds: Path, tmp_path: Path) -> None:
    config = Paths.from_environment().config_file
    config.parent.mkdir(parents=True)
    script = program(tmp_path / "mailer", 'echo "MAIL $1"; read line < /dev/tty; exit 3')
    config.write_text(f"""
        [keys]
        "macro.mail" = "space m"
        [macros]
        mail = ["program.mail", "move.down"]
        [programs.mail]
        run = ["{script}", "{{title}}"]
        terminal = true
    """)
    with Terminal(seeds) as terminal:
        terminal.wait(lambda: FIRST in pane(terminal))
        terminal.press("space")
        terminal.wait("m mail")
        terminal.press("m")
        terminal.wait("MAIL China Supreme Court")
        terminal.send("\n")
        terminal.wait("“mail” failed (exit status 3).")
        terminal.wait(lambda: SECOND in pane(terminal))
        terminal.press("q")
        assert terminal.end() == 0


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
        terminal.assert_restored()


def test_without_a_path_it_opens_the_last_folder(seeds: Path) -> None:
    with Terminal(seeds) as terminal:
        terminal.wait("5 articles")
        terminal.send("mTq")  # all at once: what was requested is saved before it ends
        assert terminal.end() == 0
    with Terminal() as terminal:
        terminal.wait("5 articles  4 unread")
        terminal.press("q")
        assert terminal.end() == 0
    assert b"251;250;246" in terminal.raw  # the background of the light theme, which was chosen last time
    assert BACKGROUND_QUERY not in terminal.raw


def test_without_a_path_or_a_last_folder_it_explains_how_to_start() -> None:
    with Terminal() as terminal:
        assert terminal.end() == 2
        assert "`newsreader FOLDER` opens a folder of documents." in " ".join(terminal.text.split())
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
        assert "gone" in "".join(terminal.lines)  # it may be wrapped
        assert b"Traceback" not in terminal.raw


def test_an_invalid_setting_is_reported_and_the_others_are_in_force(seeds: Path, own_directories: Paths) -> None:
    own_directories.config.mkdir(parents=True)
    own_directories.config_file.write_text('theme = "newsreader-light"\n[keys]\nqiut = "x"\nquit = "ctrl+w"\n')
    with Terminal(seeds) as terminal:
        terminal.wait("config.toml:3: [keys] has no action “qiut”. Did you mean “quit”?")
        terminal.press("\x17")
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


def test_q_quits_while_the_disk_hangs(seeds: Path, library: OpenLibrary) -> None:
    library(seeds)  # with an index, the list needs no document
    hangs = (
        "import threading\n"
        "from reader import __main__ as start\n"
        "from reader.library import articles, marks\n"
        "def hang(owner, name):\n"
        "    usual = getattr(owner, name)\n"
        "    def call(*arguments, **options):\n"
        "        if threading.current_thread().name == 'opening': return usual(*arguments, **options)\n"
        "        threading.Event().wait()\n"
        "    setattr(owner, name, call)\n"
        "hang(articles.LibraryArticles, 'load')\n"
        "hang(articles.LibraryArticles, 'rows')\n"
        "hang(marks.LibraryMarks, 'apply')\n"
        "start.main()\n"
    )
    with Terminal(seeds, program=("-c", hangs)) as terminal:
        terminal.wait(lambda: FIRST[:20] in selected(terminal))
        for key in "jmG":
            terminal.send(key)
            terminal.send("?")
            terminal.wait(HELP)  # the screen itself keeps working
            terminal.press("esc")
            terminal.wait(lambda: HELP not in terminal.text)
        terminal.send("q")
        assert terminal.end() == 0
        assert terminal.attributes[:4] == terminal.before[:4]


def test_a_dumb_terminal_is_refused_with_a_sentence(seeds: Path) -> None:
    with Terminal(seeds, environ={"TERM": "dumb"}) as terminal:
        assert terminal.end() == 2
    assert b"This terminal (TERM=dumb) cannot move its cursor" in terminal.raw
    assert b"\x1b[" not in terminal.raw
