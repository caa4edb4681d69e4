from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core.errors import ReaderError
from reader.desktop.programs import Command, fill_in


def test_fields_are_replaced_within_their_words() -> None:
    values = {"url": "https://a.example/b", "title": "One; two $(three) {url}"}
    assert fill_in(["mpv", "--title={title}", "{url}", "{other}"], values) == [
        "mpv", "--title=One; two $(three) {url}", "https://a.example/b", "{other}",
    ]  # fmt: skip


@given(
    st.lists(st.sampled_from(["{title}", "-x", "--t={title}", "a {title}", "{title}{title}"])),
    st.text(max_size=20) | st.text("-+@ \0", min_size=1),
)
def test_a_value_is_never_an_option_or_another_word(words: list[str], title: str) -> None:
    filled = fill_in(["program", *words], {"title": title})
    assert len(filled) == len(words) + 1
    for word, new in zip(words, filled[1:], strict=True):
        assert new[:1] == word[:1] or new[:1] not in {"-", "+", "@"}
        assert "\0" not in new


def python(tmp_path: Path, code: str) -> Path:
    script = tmp_path / "program"
    script.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    script.chmod(0o700)
    return script


def test_a_program_gets_arguments_and_input(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = python(tmp_path, "open(sys.argv[1], 'w').write(repr(sys.argv[2:]) + sys.stdin.read())")
    command = Command.of([str(script), str(out), "{title}"], "Test", {"title": "A 'b' c"}, b'{"a": 1}\n')
    command.start()
    command.wait()
    assert out.read_text() == '["A \'b\' c"]{"a": 1}\n'


def test_a_failure_says_the_last_line_of_the_program(tmp_path: Path) -> None:
    script = python(tmp_path, "print('first\\nERROR: no \\x1b[1mvideo', file=sys.stderr); sys.exit(3)")
    command = Command.of([str(script)], "Play", {}, None)
    command.start()
    with pytest.raises(ReaderError, match=r"^“Play” failed \(exit status 3\): ERROR: no video$"):
        command.wait()


def test_a_program_that_writes_much_fills_no_disk(tmp_path: Path) -> None:
    code = """
import os, time
sys.stderr.write("x" * 5_000_000)
sys.stderr.flush()
until = time.monotonic() + 20
while os.lseek(2, 0, os.SEEK_CUR) and time.monotonic() < until:
    time.sleep(0.02)
sys.exit("over" if not os.lseek(2, 0, os.SEEK_CUR) else "full")
"""
    command = Command.of([str(python(tmp_path, code))], "Play", {}, None)
    command.start()
    with pytest.raises(ReaderError, match=r"over$"):
        command.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the file")
def test_a_program_that_nobody_watches_fills_no_disk(tmp_path: Path) -> None:
    code = """
import os
try:
    while True:
        os.write(2, b"x" * 1_000_000)
except PermissionError:
    open(sys.argv[1], "w").write(str(os.fstat(2).st_size))
"""
    size = tmp_path / "size"
    os.mkfifo(size)
    Command.of([str(python(tmp_path, code)), str(size)], "Play", {}, None).start()
    assert int(size.read_text()) <= 1 << 24


def test_a_program_that_needs_a_shell_or_is_missing_is_refused() -> None:
    with pytest.raises(ReaderError, match="“Play” names 'no-such-program', which is not on the PATH"):
        Command.of(["no-such-program"], "Play", {}, None)
    with pytest.raises(ReaderError, match="runs a string as code"):
        Command.of(["sh", "-c", "echo {title}"], "Play", {}, None)


def test_a_program_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    script = tmp_path / "program"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o700)
    command = Command.of([str(script)], "Play", {}, None)
    with pytest.raises(ReaderError, match="“Play” could not be started"):
        command.start()
