"""The bytes that reach a terminal: only those of a grammar, whatever documents, files and arguments contain.

The second net: it knows nothing of how text is cleaned, and catches what a future change forgets to clean.
"""

from __future__ import annotations

import base64
import json
import os
import re
import time
from functools import partial
from pathlib import Path

import pytest

from reader.core.text import clean
from tests.e2e.terminal import Terminal
from tests.tui.hostile_documents import SEQUENCES, everywhere, quoted

EVERYTHING = " ".join(SEQUENCES)
ARGUMENT = EVERYTHING.replace("\x00", "")
SIZE = (120, 36)
_COLOR = r"[34]8;(?:2;\d+;\d+;\d+|5;\d+)"  # progress bars have the second form
STYLE = re.compile(rf"\x1b\[(?:0|[1-479]|{_COLOR})?(?:;(?:[1-479]|{_COLOR}))*m")
MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
MODE = re.compile(r"\x1b\[(?:\?(?:25|1000|1003|1004|1006|1015|1049|2004|2048|7)[hl]|\?20(?:26|48)\$p|>\d+u|<u)")
BACKGROUND = re.compile(r"\x1b\]11;\?\x07")
POINTER = re.compile(r"\x1b\]22;(?:default|pointer|text)\x07")
PROGRESS = re.compile(r"\r?\x1b\[2K|\r?\x1b\[1A")
TITLE = re.compile(r"\x1b\[2[23];2t|\x1b\]2;(?:[ -~\xa0-\uffff]+ – newsreader)?\x1b\\")
LINK = re.compile(
    r"\x1b\]8;id=[0-9a-f]{1,8};(https?://[!-~]{1,2083})\x1b\\((?:\x1b\[[0-9;]*m|[^\x1b])*)\x1b\]8;;\x1b\\"
)
COPY = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")
"""What may not be left once the grammar's sequences are gone."""
COMMANDS = """\
import json, os, sys
import reader.cli.main, reader.cli.session, reader.content.body, reader.indexing.refresh
import reader.storage.sqlite.pages.store, reader.storage.sqlite.search.service
for arguments in json.loads(open(sys.argv[1]).read()):
    child = os.fork()
    if not child:
        sys.argv[1:] = arguments
        try:
            reader.cli.main.main()
        except SystemExit as end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(end.code or 0)
    print(f"\\nstatus {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}", flush=True)
"""
FAILING_INPUT = """\
from reader.__main__ import main
from reader.tui.terminal.input_parser import InputParser

def fail(parser, data):
    raise ValueError("no such key")

InputParser.feed = fail
main()
"""
FAILING = """\
import sys
from reader.tui.screens.main import MainScreen
from reader.__main__ import main

said = open(sys.argv.pop(2)).read()

async def fail(*arguments):
    raise ValueError(said)

MainScreen.action_run = fail
main()
"""


def assert_harmless(raw: bytes, bells: int = 0) -> None:
    """Check bytes for a terminal against the grammar; it may ring the bell that often."""
    text = raw.decode()  # no C1 controls as bytes
    assert not any("8;2;66;6;6" in style for style in STYLE.findall(text))
    for line, column in MOVE.findall(text):
        assert 1 <= int(line) <= SIZE[1], line
        assert 1 <= int(column) <= SIZE[0], column
    assert text.count("\x1b[?1049l") == text.count("\x1b[?1049h") <= 1  # so no payload with modes came through
    for copied in COPY.findall(text):
        assert re.fullmatch(r"https://[!-~]+", base64.b64decode(copied).decode()), copied
    for target, _ in LINK.findall(text):
        assert target.startswith(("https://a.org/", "https://b.org/")), target
    text = LINK.sub(r"\2", text)
    for known in (STYLE, MOVE, MODE, BACKGROUND, POINTER, TITLE, PROGRESS, COPY):
        text = known.sub("", text)
    found = FORBIDDEN.search(text.replace("\x07", "", bells))
    assert found is None, text[max(0, found.start() - 60) : found.end() + 60]


def has_ended(terminal: Terminal, commands: int) -> bool:
    return terminal.raw.count(b"\nstatus ") >= commands


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder and settings in which everything attacks the terminal."""
    folder = tmp_path / "news \x1b]0;title\x07\u202e"
    folder.mkdir()
    for number, text in enumerate(SEQUENCES):
        name = clean(text).replace("/", "-").encode() + b"\x1b]0;x\x07\x9b31m"
        for end in (b".md", b".html"):
            Path(os.fsdecode(os.fsencode(folder) + b"/%d " % number + name[-100:] + end)).write_text(everywhere(text))
        (folder / f"broken {number} \x1b[31m.md").write_text(f"---\n{text}: [\n---\n", "utf-8")
    config = Path(os.environ["NEWSREADER_CONFIG_DIR"])
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f"theme = {quoted(EVERYTHING)}\n")
    views = "".join(f"[[view]]\nname = {quoted(text)}\nquery = {quoted('tag:x ' + text)}\n" for text in SEQUENCES)
    (config / "views.toml").write_text(views)
    return folder


def test_the_app_sends_only_sequences_of_the_grammar(hostile: Path) -> None:
    with Terminal(hostile, columns=SIZE[0], lines=SIZE[1]) as terminal:
        terminal.wait(f"{3 * len(SEQUENCES)} articles")
        terminal.stop_drawing()

        def press(*keys: str) -> None:
            for key in keys:
                terminal.press(key)
                deadline = time.monotonic() + 2
                while terminal.read(0.02) and time.monotonic() < deadline:
                    pass

        for _ in SEQUENCES:
            press("l\r", "Gyhhj")
        press("j" * len(SEQUENCES))
        for key in ("?", "!", "ctrl+p"):
            press(key, "\x1b[6~", "esc", "esc")
        press("b", "G", "k", "enter", "u", "esc", "esc", "1", "F", "X", "A", "i", "o", "/")
        for text in SEQUENCES:
            press(f"\x1b[200~{text} \x1b[201~\x15")
        terminal.send("\x11")
        assert terminal.end() == 0
    assert_harmless(terminal.raw)
    for sent in (COPY, LINK, TITLE):
        assert sent.search(terminal.raw.decode())
    log = Path(os.environ["NEWSREADER_CACHE_DIR"]) / "newsreader.log"
    assert_harmless(log.read_bytes())  # names that are not UTF-8 cannot be watched


def test_commands_send_only_sequences_of_the_grammar(hostile: Path, tmp_path: Path) -> None:
    folder = str(hostile)
    marks = tmp_path / "marks\x1b]0;x\x07.jsonl"
    mark = {"id": "0" * 16, "tag": EVERYTHING, "value": True, "changed": "2026-01-01T00:00:00.000Z"}
    marks.write_text(f'{{"format":"newsreader-state","version":1}}\n{json.dumps(mark)}\n{EVERYTHING}\n', "utf-8")
    page = tmp_path / "page\x1b]0;x\x07.html"
    page.write_text(f"<title>{EVERYTHING}</title><article><h1>{EVERYTHING}</h1>{f'<p>{EVERYTHING}</p>' * 20}</article>")
    config = Path(os.environ["NEWSREADER_CONFIG_DIR"], "config.toml")
    documents = sorted(path.name for path in hostile.iterdir())
    commands = [
        *(["show", folder, name] for name in documents if not name.startswith("broken") and name.endswith("md")),
        *([*command, folder] for command in (["list"], ["count"], ["check"], ["index"], ["index", "--rebuild"])),
        *([command, folder, "--json"] for command in ("list", "check", "index")),
        *(["list", folder, text.replace("\x00", "")] for text in SEQUENCES),
        *([command, folder, ARGUMENT] for command in ("list", "count", "check", "index", "show", "fetch")),
        ["list", folder, "--sort", ARGUMENT],
        ["list", folder, f"--{ARGUMENT}"],
        ["list", folder, "--limit", ARGUMENT],
        ["mark", folder, "quality>=0", "--tag", ARGUMENT],
        ["mark", folder, ARGUMENT, "--read"],
        ["cache", "drop", folder, ARGUMENT],
        ["cache", ARGUMENT],
        ["cache", "info"],
        ["state", "import", str(marks)],
        ["state", "export", f"/nowhere/{ARGUMENT}"],
        ["state", "export", "-"],
        ["extract", str(page)],
        ["extract", str(page), "--format", "markdown"],
        ["extract", ARGUMENT],
        ["fetch", folder, "--offline"],
        *([command, ARGUMENT] for command in ("list", "check", "index")),
        [ARGUMENT, ARGUMENT],
    ]
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(commands))
    with Terminal(plan, program=("-c", COMMANDS), columns=SIZE[0], lines=SIZE[1]) as terminal:
        terminal.stop_drawing()
        for number in range(1, len(commands) + 1):  # all together take longer than a wait
            terminal.wait(partial(has_ended, terminal, number))
        terminal.end()
    assert terminal.raw.count(b"\nstatus ") == len(commands)
    assert_harmless(terminal.raw)
    config.write_text(f"{quoted(EVERYTHING)} = {quoted(EVERYTHING)}\n{EVERYTHING}")
    with Terminal("list", hostile, columns=SIZE[0], lines=SIZE[1]) as terminal:
        terminal.end()
    assert_harmless(terminal.raw)


def test_a_failure_of_the_thread_that_reads_the_keys_is_no_silent_end(hostile: Path) -> None:
    with Terminal(hostile, program=("-c", FAILING_INPUT)) as terminal:
        terminal.wait("quit")
        terminal.press("j")
        assert terminal.end() == 2
        assert "internal error" in terminal.text
    assert_harmless(terminal.raw)
    log = (Path(os.environ["NEWSREADER_CACHE_DIR"]) / "newsreader.log").read_text()
    assert_harmless(log.encode())
    assert "ValueError: no such key" in log


def test_a_failure_is_logged_on_whole_lines_without_sequences(hostile: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.write_text(EVERYTHING, "utf-8")
    with Terminal(hostile, said, program=("-c", FAILING), columns=4, lines=4) as terminal:
        terminal.wait(lambda: b"\x1b[?2004h" in terminal.raw)  # the list itself is below a message for a while
        terminal.press("m")
        assert terminal.end() == 2
    assert_harmless(terminal.raw, bells=1)
    log = (Path(os.environ["NEWSREADER_CACHE_DIR"]) / "newsreader.log").read_text()
    assert_harmless(log.encode())
    assert "ValueError: ]52;c;" in log
    assert re.search(r'^  File ".*/reader/tui/app\.py", line \d+, in run_action$', log, re.MULTILINE)
