from __future__ import annotations

import gc
import os
import shlex
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.core import urls
from reader.core.errors import ReaderError
from reader.desktop.browser import Browser, command, find_browser, open_url, run_in_terminal

URL = "https://example.com/a?b=1&c=2"
X = {"DISPLAY": ":0"}


def installed(*programs: str) -> Callable[[str], str | None]:
    return lambda name: f"/bin/{name}" if name in programs else None


def all_installed(name: str) -> str:
    return name if "/" in name else f"/bin/{name}"


def found(environ: dict[str, str], *programs: str, platform: str = "linux") -> tuple[str, ...] | None:
    browser = find_browser(environ, platform, installed(*programs))
    return browser.argv if browser else None


@pytest.mark.parametrize("words", [("mine", "--new", "%s"), ("my browser",)])
def test_the_configured_browser_comes_first(words: tuple[str, ...]) -> None:
    browser = find_browser({"BROWSER": "firefox"} | X, "linux", all_installed, words)
    assert browser is not None
    assert browser.argv == (f"/bin/{words[0]}", *words[1:])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("gone",), "browser in config.toml names 'gone', which is not on the PATH."),
        (("sh", "-c", "x"), "browser in config.toml is set to 'sh -c x', which runs a string as code"),
    ],
)
def test_an_unusable_configured_browser_is_not_replaced(words: tuple[str, ...], problem: str) -> None:
    which = installed("firefox", "sh")
    with pytest.raises(ReaderError) as caught:
        find_browser({"BROWSER": "firefox"} | X, "linux", which, words)
    assert caught.value.message.startswith(problem)
    assert "browser in config.toml" in caught.value.hint


# --- which program ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", None),
        ({"DISPLAY": ""}, "linux", None),
        (X, "linux", ("/bin/xdg-open",)),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "freebsd14", ("/bin/xdg-open",)),
        ({"SSH_CONNECTION": "a"}, "linux", None),
        ({"SSH_CONNECTION": "a"} | X, "linux", ("/bin/xdg-open",)),
        ({"BROWSER": " : & ", **X}, "linux", ("/bin/xdg-open",)),
        ({}, "darwin", ("/bin/open",)),
        ({"SSH_TTY": "/dev/ttys001"}, "darwin", None),
        ({"SSH_TTY": "/dev/ttys001"} | X, "darwin", None),
        ({}, "win32", ("/bin/rundll32", "url.dll,FileProtocolHandler")),
        ({}, "cygwin", ("/bin/rundll32", "url.dll,FileProtocolHandler")),
        ({"SSH_CONNECTION": "a"}, "win32", None),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", ("/bin/rundll32.exe", "url.dll,FileProtocolHandler")),
        ({"WSL_DISTRO_NAME": "Debian", "SSH_TTY": "a"}, "linux", None),
        ({"TERMUX_VERSION": "0.118"}, "linux", ("/bin/termux-open-url",)),
        ({"TERMUX_VERSION": "0.118"}, "android", ("/bin/termux-open-url",)),
    ],
)
def test_default_by_platform(environ: dict[str, str], platform: str, expected: tuple[str, ...] | None) -> None:
    browser = find_browser(environ, platform, all_installed)
    assert (browser.argv if browser else None) == expected


def test_missing_programs_are_skipped() -> None:
    assert found(X) is None
    assert found(X, "gio", "firefox") == ("/bin/gio", "open")
    assert found(X, "chromium", "firefox") == ("/bin/firefox",)
    assert found(X, "w3m", "lynx") is None
    assert found({"WSL_DISTRO_NAME": "Debian"}, "wslview", "xdg-open") == ("/bin/wslview",)
    assert found({"WSL_DISTRO_NAME": "Debian"} | X, "xdg-open") == ("/bin/xdg-open",)
    assert found({"TERMUX_VERSION": "1"} | X, "firefox") == ("/bin/firefox",)
    assert found({}, platform="darwin") is None


@pytest.mark.parametrize(
    ("value", "platform", "expected"),
    [
        ("firefox", "linux", ("/bin/firefox",)),
        ("absent:firefox:lynx", "linux", ("/bin/firefox",)),
        ("firefox &", "linux", ("/bin/firefox",)),
        ("firefox&:lynx", "linux", ("/bin/firefox",)),
        ("firefox --new-tab %s", "linux", ("/bin/firefox", "--new-tab", "%s")),
        ("'firefox' '--title=two words'", "linux", ("/bin/firefox", "--title=two words")),
        ("firefox 'unclosed:lynx", "linux", ("/bin/lynx",)),
        ("sh -c 'firefox %s':lynx", "linux", ("/bin/lynx",)),
        ("bash", "linux", ("/bin/bash",)),
        ("python3 -m webbrowser -t", "linux", ("/bin/python3", "-m", "webbrowser", "-t")),
        ("xterm -e lynx", "linux", ("/bin/xterm", "-e", "lynx")),
        ("open -a Safari", "darwin", ("/bin/open", "-a", "Safari")),
        (r'"firefox" -x C:\a;lynx', "win32", ("/bin/firefox", "-x", r"C:\a")),
        ("absent;lynx", "win32", ("/bin/lynx",)),
    ],
)
def test_browser_variable(value: str, platform: str, expected: tuple[str, ...]) -> None:
    programs = ("firefox", "lynx", "sh", "bash", "python3", "xterm", "open", "xdg-open")
    assert found({"BROWSER": value, "SSH_TTY": "a"}, *programs, platform=platform) == expected


@pytest.mark.parametrize(
    "value",
    [
        "sh -c 'x %s'",
        "/bin/sh -c x",
        "bash -lc 'x %s'",
        "zsh -ic x",
        "fish --command x",
        "env sh -c x",
        "/usr/bin/env -i A=1 dash -c x",
        "env -S 'sh -c x'",
        "env -iS 'sh -c x'",
        "env --split-string='sh -c x'",
        "nohup busybox sh -c x",
        "xterm -e sh -c 'lynx %s'",
        "python3.12 -c 'import os'",
        "python -Ic x",
        "pypy3 -c x",
        "perl -e x",
        "perl -ne'x'",
        "perl -E x",
        "perl '-ex\n%s'",
        "ruby -e x",
        "node --eval=x",
        "node -p x",
        "php -r x",
        "osascript -e x",
        "pwsh -Command x",
        "powershell.exe -EncodedCommand x",
        "cmd /c start",
        "cmd.exe /s/c start",
        "deno run",
    ],
)
def test_code_for_a_shell_or_interpreter_is_refused(value: str) -> None:
    with pytest.raises(ReaderError, match="runs a string as code in a shell or interpreter"):
        find_browser({"BROWSER": value}, "linux", all_installed)


def test_batch_files_are_refused_on_windows_only() -> None:
    def which(_name: str) -> str:
        return r"C:\Tools\FIREFOX.CMD"

    with pytest.raises(ReaderError, match="batch file"):
        find_browser({"BROWSER": "firefox"}, "win32", which)
    assert find_browser({"BROWSER": "firefox"}, "linux", which)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("foo", "BROWSER names 'foo', which is not on the PATH."),
        ("foo:bar --x", "BROWSER names 'foo', which is not on the PATH."),
        ("/opt/foo %s", "BROWSER names '/opt/foo', which is not an executable program."),
        ("%s", "BROWSER names '%s', which is not on the PATH."),
        ("''", "BROWSER names '', which is not on the PATH."),
        ("'firefox", "BROWSER is set to ''firefox', which has an unclosed quote."),
        ("\x1b[31mfoo", "BROWSER names '[31mfoo', which is not on the PATH."),
    ],
)
def test_unusable_browser_variable(value: str, message: str) -> None:
    with pytest.raises(ReaderError) as caught:
        find_browser({"BROWSER": value} | X, "linux", installed("xdg-open"))
    assert caught.value.message == message
    assert "Set BROWSER" in caught.value.hint


@given(st.text(), st.sampled_from(["linux", "darwin", "win32"]))
def test_any_browser_variable_gives_a_browser_or_a_reader_error(value: str, platform: str) -> None:
    try:
        browser = find_browser({"BROWSER": value}, platform, all_installed)
    except ReaderError:
        return
    assert browser is None or browser.argv


@pytest.mark.parametrize(
    ("value", "name", "in_terminal"),
    [
        ("w3m", "w3m", True),
        ("/usr/local/bin/lynx -nocolor", "lynx", True),
        ("cha", "cha", True),
        ("firefox", "firefox", False),
        ("Chrome.exe", "chrome", False),
        ("xterm -e w3m", "xterm", False),
    ],
)
def test_text_browsers_need_the_terminal(value: str, name: str, in_terminal: bool) -> None:
    browser = find_browser({"BROWSER": value}, "linux", all_installed)
    assert browser is not None
    assert (browser.name, browser.in_terminal) == (name, in_terminal)


def test_a_relative_program_is_still_found_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    browser = find_browser({"BROWSER": "./mine"}, "linux", all_installed)
    assert browser is not None
    assert browser.argv == (str(tmp_path / "mine"),)


# --- its arguments ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("b",), ["b", URL]),
        (("b", "--tab"), ["b", "--tab", URL]),
        (("b", "%s", "--tab"), ["b", URL, "--tab"]),
        (("b", "--url=%s", "%s"), ["b", f"--url={URL}", URL]),
        (("/odd/%s", "x"), ["/odd/%s", "x", URL]),
    ],
)
def test_command(argv: tuple[str, ...], expected: list[str]) -> None:
    assert command(Browser(argv, "b", in_terminal=False), URL) == expected


@pytest.mark.parametrize("url", ["", "--version", "file:///etc/passwd", "javascript:1", "/etc/passwd", "http://a:b@c/"])
def test_unsafe_addresses_start_nothing(url: str, tmp_path: Path) -> None:
    started = tmp_path / "started"
    browser = script(tmp_path, f"touch {started}")
    for start in (open_url, run_in_terminal):
        with pytest.raises(ReaderError):
            start(browser, url)
    assert not started.exists()


# --- real programs ---------------------------------------------------------------------------

LIMIT = 20.0
"""Seconds that a test program may take on a busy machine."""


def script(folder: Path, body: str, *arguments: str, interpreter: str = "/bin/sh") -> Browser:
    """Create a program with ``body`` and return it as the browser of $BROWSER."""
    path = folder / "browser"
    path.write_text(f"#!{interpreter}\n{body}\n")
    path.chmod(0o755)
    browser = find_browser({"BROWSER": shlex.join([str(path), *arguments])})
    assert browser is not None
    return browser


def python(folder: Path, body: str) -> Browser:
    return script(folder, body, interpreter=sys.executable)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "the program did not run in time"
        time.sleep(0.01)


def lines(path: Path) -> list[str]:
    """Wait for a file that a program creates, and return its lines."""
    until(path.exists)
    return path.read_text().splitlines()


def recording(path: Path) -> str:
    """Return shell code that writes its arguments into ``path`` atomically."""
    return f'printf "%s\\n" "$@" > {path}.part && mv {path}.part {path}'


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("start", [open_url, run_in_terminal])
@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://example.com/;id&&id|id>x<y$(id)`id`'\"\\*?[a]~!#{a,b} ${IFS}%s%n",
        "https://example.com/-c/--help;touch${IFS}x",
        "https://bücher.de/日本?q=é",
    ],
)
def test_the_address_arrives_as_one_argument(start: Callable[[Browser, str], None], url: str, tmp_path: Path) -> None:
    record = tmp_path / "record"
    start(script(tmp_path, recording(record), "--tab", "--url=%s", "--end"), url)
    assert lines(record) == ["--tab", f"--url={urls.safe_url(url)}", "--end"]


def test_an_immediate_failure_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ReaderError) as caught:
        open_url(script(tmp_path, "exit 3"), URL, patience=LIMIT)
    assert caught.value.message == "browser failed (exit status 3)."
    assert caught.value.hint


def test_death_by_a_signal_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"browser failed \(ended by signal 9\)"):
        open_url(script(tmp_path, "kill -KILL $$"), URL, patience=LIMIT)


def test_the_exit_status_of_explorer_is_ignored(tmp_path: Path) -> None:
    argv = script(tmp_path, "exit 1").argv
    open_url(Browser(argv, "explorer", in_terminal=False), URL, patience=LIMIT)


@pytest.mark.parametrize("start", [open_url, run_in_terminal])
def test_a_browser_that_cannot_be_started_is_reported(start: Callable[[Browser, str], None], tmp_path: Path) -> None:
    browser = script(tmp_path, "exit 0")
    Path(browser.argv[0]).write_bytes(b"\x00 no program")
    with pytest.raises(ReaderError, match=r"^browser could not be started: \w"):
        start(browser, URL)
    Path(browser.argv[0]).unlink()
    with pytest.raises(ReaderError, match=r"^browser could not be started: No such file or directory\."):
        start(browser, URL)


def test_a_running_browser_is_left_alone_and_reaped_later(tmp_path: Path) -> None:
    record, stop = tmp_path / "record", tmp_path / "stop"
    body = f"echo $$ > {record}.part; mv {record}.part {record}; until [ -e {stop} ]; do sleep 0.02; done; exit 3"
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        before = time.monotonic()
        open_url(script(tmp_path, body), URL, patience=0.05)
        assert time.monotonic() - before < LIMIT / 2
        pid = int(lines(record)[0])
        assert alive(pid)
        stop.touch()
        until(lambda: not alive(pid))  # a zombie would still accept signals
        until(lambda: not any(thread.name == "reap browser" for thread in threading.enumerate()))
        gc.collect()
    assert not [str(w.message) for w in warned if issubclass(w.category, ResourceWarning)]


def test_browser_output_does_not_reach_the_screen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    record, stop = tmp_path / "record", tmp_path / "stop"
    body = (
        "echo out; echo err >&2; (echo tty > /dev/tty) 2>/dev/null\n"
        f"(until [ -e {stop} ]; do sleep 0.02; done; echo late; echo late >&2; touch {record}) &"
    )
    before = time.monotonic()
    open_url(script(tmp_path, body), URL, patience=LIMIT)
    assert time.monotonic() - before < LIMIT / 2, "it waited for a child of the browser"
    assert not record.exists()
    stop.touch()
    until(record.exists)
    assert capfd.readouterr() == ("", "")


def test_the_browser_is_detached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "record"
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    inherited = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    body = f"""
import os, sys
with open("{record}.part", "w") as f:
    print(os.getsid(0) == os.getpid(), os.getcwd(), sys.stdin.read() == "", file=f)
    try:
        print("inherited", os.readlink("/proc/self/fd/{inherited}") == "{tmp_path}", file=f)
    except OSError:
        print("inherited", False, file=f)
os.rename("{record}.part", "{record}")
"""
    try:
        open_url(python(tmp_path, body), URL, patience=LIMIT)
    finally:
        os.close(inherited)
    assert lines(record) == [f"True {tmp_path / 'home'} True", "inherited False"]


def missing_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.parametrize("home", [lambda: Path("/no/such/folder"), missing_home])
def test_without_a_home_folder_it_runs_in_the_root(
    home: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record"
    monkeypatch.setattr(Path, "home", home)
    open_url(script(tmp_path, f"pwd > {record}.part; mv {record}.part {record}"), URL)
    assert lines(record) == ["/"]


def test_a_text_browser_uses_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_in_terminal(script(tmp_path, 'echo "out $1"; echo err >&2'), URL)
    assert capfd.readouterr() == (f"out {URL}\n", "err\n")


def test_a_failing_text_browser_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"browser failed \(exit status 2\)"):
        run_in_terminal(script(tmp_path, "exit 2"), URL)


def test_a_text_browser_is_a_job_of_its_own_that_keys_can_interrupt(tmp_path: Path) -> None:
    record = tmp_path / "record"
    body = f"""
import os, signal
with open("{record}", "w") as f:
    print(os.getpgrp() == os.getpid(), signal.getsignal(signal.SIGINT) is signal.default_int_handler, file=f)
    print(*(signal.getsignal(each) is signal.SIG_DFL for each in (signal.SIGQUIT, signal.SIGTTOU)), file=f)
"""
    before = signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell lets what it starts in the background ignore it
    try:
        run_in_terminal(python(tmp_path, body), URL)
    finally:
        signal.signal(signal.SIGQUIT, before)
    assert lines(record) == ["True True", "True True"]


def test_a_text_browser_can_run_in_another_thread(tmp_path: Path) -> None:
    record = tmp_path / "record"
    thread = threading.Thread(target=run_in_terminal, args=(script(tmp_path, recording(record)), URL))
    thread.start()
    thread.join(LIMIT)
    assert lines(record) == [URL]


def test_heavy_modules_are_not_needed(tmp_path: Path) -> None:
    record = tmp_path / "record"
    body = f"""
import sys
sys.path[:] = {sys.path!r}
import reader.desktop.browser
with open("{record}", "w") as f:
    print(*sorted({{"httpx", "textual", "webbrowser", "yaml", "sqlite3"}} & set(sys.modules)), file=f)
"""
    run_in_terminal(python(tmp_path, body), URL)
    assert lines(record) == [""]
