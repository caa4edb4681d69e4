"""The benchmark: what it sees on a screen, when it sees it, and that one command measures everything."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

SCRIPTS = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(SCRIPTS))  # they are scripts that import each other by name

import keys  # noqa: E402
import report  # noqa: E402
import run as benchmark  # noqa: E402
import search  # noqa: E402
import sight  # noqa: E402
from bench import Figure, MeasureError, run  # noqa: E402
from memory import held, tree  # noqa: E402
from percentiles import percentile  # noqa: E402
from screen import COLUMNS, Emulator, NotShownError, Terminal  # noqa: E402

ANSWERS = """
import sys, termios, time, tty
tty.setraw(0)
print("\\x1b[2J\\x1b[Hready", end="", flush=True)
while (key := sys.stdin.read(1)) != "q":
    print(f"\\x1b[2;1Hfirst half of {key}", end="", flush=True)
    time.sleep(0.02)
    before = time.perf_counter()
    print(f"\\x1b[3;1H{before} \\x1b[4;1Hdone {key}", end="", flush=True)
"""
SCREEN = [
    " newsreader  news                                        1,234 articles  7 unread ",
    "  1 Qual ↓ 2 Heat   3 Date    Source       Title         ▏ A headline",
    " •140 ━━━━   –      11 Oct 25 The Ministe… Forest bridg… ▏ ",
    "▌  39 ━━    153 ━━━  4 May 24 The Court P… 顔 認 識 ▅▏ 20 of 30 ",
    " •  –        –       –        The Island…  Rules forest… ▏ ",
    " Enter read ] related o open y copy q quit ? help ",
]

FIGURES: dict[str, list[str]] = {
    "index": [
        "PyYAML's C safe loader, yaml.load alone: CPU",
        "PyYAML's C safe loader, reading included: CPU",
        "bare read of all documents: wall",
        "cold index, CPU",
        "cold index, CPU",
        "cold index, wall",
        "cold index, wall",
        "cold index, documents",
    ],
    "refresh": [
        "bare walk and stat",
        "bare walk and stat, whole process",
        "refresh, nothing changed",
        "refresh, nothing changed, whole process",
    ],
    "size": ["documents", "index on disk"],
    "start": [
        "empty Textual app: start to its text",
        "warm start to the first rows",
        "warm start to the complete, sorted list",
        "cold start (no index) to the first rows",
    ],
    "keys": [
        "key to screen, step (j), p95",
        "key to screen, page (space), p95",
        "key to screen, top (g), p95",
        "key to screen, end (G), p95",
        "key to screen, step held, 30 a second, p95",
    ],
    "building": [
        "key to screen while building, step (j), p95",
        "key to screen while building, page (space), p95",
        "key to screen while building, top (g), p95",
        "key to screen while building, end (G), p95",
    ],
    "sort": [
        "change of sort: another order, p95",
        "change of sort: another direction, p95",
        "change of sort or direction, p95",
    ],
    "search": [
        "search, count and first 200 rows, p95 of all",
        "search, the whole list, p95 of all",
        *(f"search, {query}: count and first rows" for query in (*search.QUERIES, *search.SLOW)),
        *(f"values of {kind} with counts" for kind in ("source", "topic", "type", "folder")),
    ],
    "typing": [
        "search, key to list, p95",
        "search, key to list, first letters, p95",
        "search, key to list, more, p95",
    ],
    "marks": ["all articles marked in one step", "all of that undone"],
    "memory": [
        "empty Textual app, RSS",
        "memory, warm, RSS",
        "memory, warm, USS",
        "memory, warm, PSS",
        "memory, warm, with its child processes, PSS",
        "peak while building, PSS",
        "peak while building, with its child processes, PSS",
    ],
    "changes": [
        "refresh by key to “Nothing has changed.”",
        "a new document while open, to the screen",
        "20 documents changed at once, to the screen",
    ],
}
"""What each part of the benchmark measures."""


@pytest.fixture
def answering() -> Iterator[Terminal]:
    with Terminal([sys.executable, "-c", ANSWERS], os.environ) as terminal:
        terminal.until(lambda screen: screen[0].startswith("ready"))
        yield terminal


# --- the terminal --------------------------------------------------------------------------


def test_a_screen_is_timed_by_the_output_that_completed_it(answering: Terminal) -> None:
    pressed = answering.press("x")
    shown = answering.until(lambda screen: screen[3].startswith("done x"))
    answered = float(answering.screen[2].split()[0])
    assert pressed < answered < shown < time.perf_counter()


def test_earlier_screens_keep_their_own_time(answering: Terminal) -> None:
    answering.press("x")
    assert answering.came()
    answering.until(lambda screen: screen[1].startswith("first half of x"))
    answering.press("y")
    answering.until(lambda screen: screen[3].startswith("done y"))
    moments = [piece.moment for piece in answering.pieces]
    assert moments == sorted(moments)
    assert answering.frames() == []


def test_frames_are_the_screens_after_each_piece_of_output(answering: Terminal) -> None:
    answering.press("x")
    assert answering.came()
    answering.press("y")  # what it answers is in a later piece, however busy the machine is
    while not answering.pieces[-1].data.endswith(b"done y"):
        answering.rest(0.005)
    screens = [screen for _, screen in answering.frames()]
    assert not screens[0][3].startswith("done y")
    assert screens[-1][3].startswith("done y")
    assert all(len(line) == COLUMNS for line in screens[-1])


def test_a_timeout_reports_the_current_screen(answering: Terminal) -> None:
    with pytest.raises(NotShownError, match="ready"):
        answering.until(lambda _: False, patience=0.05)


def test_a_program_that_has_ended_is_reported(answering: Terminal) -> None:
    assert answering.end("q") == 0
    with pytest.raises(NotShownError, match="ended"):
        answering.until(lambda _: False)


@given(st.lists(st.integers(0, 200), max_size=12))
def test_output_may_be_split_anywhere(cuts: list[int]) -> None:
    unknown = "\x1b[>4;2m\x1b[?2026$p\x1bP+q544e\x1b\\"
    data = f"\x1b[2J\x1b[H{unknown}é 顔認\x1b[1;31mred\x1b[0m\x1b[5;5Hthere\x1b[<u\n!".encode()
    whole, parts = Emulator(), Emulator()
    whole.feed(data)
    last = 0
    for cut in sorted(cuts):
        parts.feed(data[last:cut])
        last = max(last, min(cut, len(data)))
    parts.feed(data[last:])
    assert parts.display == whole.display
    assert whole.display[0].startswith("é 顔 認 red ")
    assert whole.display[4].startswith("    there")


# --- what is seen --------------------------------------------------------------------------


def test_a_screen_is_parsed() -> None:
    assert sight.articles(SCREEN) == 1234
    assert sight.order(SCREEN) == "1↓"
    assert len(sight.rows(SCREEN)) == 3
    assert sight.marked(SCREEN) == 1
    assert sight.selected(SCREEN).split()[:2] == ["39", "━━"]
    assert sight.is_full(SCREEN, 1234)
    assert sight.is_complete(SCREEN, 1234)
    assert not sight.is_complete(SCREEN, 1235)
    assert not sight.is_building(SCREEN)  # what the article says is not the index's progress


def test_text_after_a_character_of_unclear_width_is_ignored() -> None:
    rows = [SCREEN[0], SCREEN[1], f"{SCREEN[2][:40]}नए left over", f"{SCREEN[2][:40]}नए", SCREEN[5]]
    assert sight.titles(rows)[0] == sight.titles(rows)[1] == SCREEN[2][2:40]


def test_a_missing_row_is_noticed() -> None:
    blank = [*SCREEN[:3], " " * 56 + "▏", *SCREEN[4:]]
    assert len(sight.filled(blank)) == 1
    assert not sight.is_full(blank, 1234)
    assert sight.is_full(blank, 1)


def test_a_list_in_the_wrong_order_is_noticed() -> None:
    for other in ([*SCREEN[:2], SCREEN[3], SCREEN[2], *SCREEN[4:]], [*SCREEN[:2], SCREEN[4], *SCREEN[2:4], SCREEN[5]]):
        assert sight.is_full(other, 1234)
        assert not sight.is_sorted(other)
        assert not sight.is_complete(other, 1234)


def test_the_progress_bar_is_not_a_row() -> None:
    building = [*SCREEN[:4], " Reading  ━━━━━━━━━━━━━━━━━━  1,176 of 2,000  1 s left  900 a second ", SCREEN[5]]
    assert sight.built(building) == 1176
    assert len(sight.rows(building)) == 2
    assert sight.is_full(building, 1234)


def test_a_screen_without_a_list_has_no_rows() -> None:
    assert sight.rows(["", "", "", ""]) == []
    assert not sight.is_complete(["", "", "", ""], 0)
    assert sight.marked(["", "", "", ""]) == -1


@given(st.integers(1, 30), st.integers(1, 80), st.integers(0, 60))
def test_each_key_is_pressed_often_enough_and_always_moves(samples: int, steps: int, pages: int) -> None:
    plan = list(keys.plan(samples, steps, pages))
    pressed = {name: plan.count(name) for name in keys.KEYS}
    assert pressed[keys.STEP] == pressed[keys.END] == samples
    assert pressed[keys.PAGE] == (samples if pages else 0)
    assert pressed[keys.TOP] >= samples
    at = 0
    for name in plan:
        before = at
        at = {keys.STEP: at + 1, keys.PAGE: at + 100, keys.END: 10_000, keys.TOP: 0}[name]
        assert at != before
        assert at <= max(steps, pages * 100) or name == keys.END


# --- figures -------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_of_the_sample(values: list[float], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


def test_a_target_applies_to_the_ratio_if_there_is_a_baseline() -> None:
    assert Figure("a", 5.0, "s", "b", 1.2, 1.4).met is True
    assert Figure("a", 0.1, "s", "b", 1.5, 1.4).met is False
    assert Figure("a", 15.0, "ms", target=16.0).met is True
    assert Figure("a", None, "ms", target=16.0).met is None
    assert Figure("a", 15.0, "ms").met is None


def test_the_table_shows_met_missed_and_missing_targets() -> None:
    lines = report.table(
        [
            Figure("start", 0.25, "s", "empty app", 1.25, 1.4),
            Figure("key", 20.0, "ms", target=16.0, note="n 3"),
            Figure("other", None, "ms", target=16.0, note="over too soon"),
        ]
    ).splitlines()
    assert lines[2:] == [
        "| start | 0.250 s | empty app | 1.25 | ≤ 1.4 | met |  |",
        "| key | 20.0 ms |  |  | ≤ 16 ms | **not met** | n 3 |",
        "| other | – |  |  | ≤ 16 ms | no figure | over too soon |",
    ]


def test_a_failing_command_is_reported_with_its_output() -> None:
    with pytest.raises(MeasureError, match="no such luck"):
        run([sys.executable, "-c", "raise SystemExit('no such luck')"], dict(os.environ))


def test_cpu_time_includes_child_processes() -> None:
    busy = "sum(range(3_000_000))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    alone, around = (run([sys.executable, "-c", code], dict(os.environ)) for code in ("", child))
    assert around.cpu > alone.cpu


def test_memory_includes_child_processes() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = tree(process.pid)
        assert len(found) == 2
        for pid in found:
            assert 0 < held(pid)["uss"] <= held(pid)["pss"] <= held(pid)["rss"]
        process.communicate(b"\n")
    assert held(process.pid)["rss"] == 0


# --- all of it -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder in the benchmark's format; every part only reads it."""
    folder = tmp_path_factory.mktemp("benchmark") / "corpus"
    subprocess.run([sys.executable, str(SCRIPTS / "corpus.py"), str(folder), "--count", "80"], check=True)
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# In three runs, so that no test takes a minute while others wait for it.
@pytest.mark.parametrize(
    "parts",
    [
        ("index", "refresh", "size", "search", "marks", "changes"),
        ("start", "keys", "sort"),
        ("building", "typing", "memory"),
    ],
)
def test_each_part_measures_all_its_figures(corpus: Path, tmp_path: Path, parts: tuple[str, ...]) -> None:
    report_file = tmp_path / "figures.json"
    before = contents(corpus)
    few = ["--runs", "1", "--samples", "2", "--burst", "20", "--only", ",".join(parts), "--json", str(report_file)]
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "run.py"), str(corpus), *few], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(report_file.read_text("utf-8"))["figures"]
    assert [figure["name"] for figure in figures] == [
        name for part in FIGURES if part in parts for name in FIGURES[part]
    ]
    for figure in figures:
        assert f"| {figure['name']} |" in done.stdout
        if figure["name"].startswith("key to screen while building"):
            assert figure["value"] is None  # with so few documents they are all read before a key can be pressed
        elif figure["value"] is None:
            assert "too short" in figure["note"]
        else:
            assert figure["value"] > 0
    assert contents(corpus) == before
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


def test_every_part_is_tested() -> None:
    assert list(FIGURES) == list(benchmark.PARTS)


def test_two_trees_are_compared_key_by_key(corpus: Path) -> None:
    tree = str(SCRIPTS.parent)
    command = [sys.executable, str(SCRIPTS / "compare.py"), str(corpus), tree, tree, "--samples", "2"]
    command += ["--densities", "compact", "comfortable"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        f"{key}, {what}" for key in ("step", "page", "end", "top") for what in ("time", "CPU")
    ]


def test_the_cold_index_of_two_trees_is_compared(corpus: Path) -> None:
    tree = str(SCRIPTS.parent)
    command = [sys.executable, str(SCRIPTS / "compare.py"), str(corpus), tree, tree, "--index", "--runs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        f"cold index {what} grouping" for what in ("without", "with")
    ]


def test_an_unknown_part_is_reported(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPTS / "run.py"), str(tmp_path), "--only", "keys,nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no nothing" in done.stderr


def test_the_cost_of_the_client_is_compared_with_plain_httpx(tmp_path: Path) -> None:
    json_file = tmp_path / "rounds.json"
    few = ["--pages", "20", "--rounds", "2", "--kilobytes", "2", "--json", str(json_file)]
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "fetching.py"), *few], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rounds = json.loads(json_file.read_text("utf-8"))
    assert {name: len(samples) for name, samples in rounds.items()} == {"newsreader": 2, "httpx": 2}
    assert all(cpu > 0 and clock > 0 for samples in rounds.values() for cpu, clock in samples)
    assert "CPU of newsreader to bare httpx: " in done.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux") or not shutil.which("cc"), reason="needs Linux and cc")
def test_operations_are_interrupted_and_checked() -> None:
    command = [sys.executable, SCRIPTS / "crash" / "run.py", "--runs", "1", "--only", "undo", "--faults", "full"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Seed 1, 1 runs: " in ran.stdout


def test_the_feeds_benchmark_compares_and_measures(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(
        "<rss><channel><title>T</title><item><title>x</title></item></channel></rss>", "utf-8"
    )
    (tmp_path / "page.html").write_text("<html></html>", "utf-8")
    for arguments in ([str(tmp_path)], ["--generated", "3"]):
        command = [sys.executable, str(SCRIPTS / "feeds.py"), *arguments, "--rounds", "1"]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "1 read by us, 0 different" in result.stdout
        assert "| newsreader |" in result.stdout
