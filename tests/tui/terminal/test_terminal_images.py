"""How images reach the terminal; fails with the name of a private part that a new Textual has changed."""

from __future__ import annotations

import inspect
from pathlib import Path

from textual.app import App
from textual.driver import Driver

from reader.tui.terminal.images import write_raw


def test_the_driver_can_still_be_written_to() -> None:
    assert "_driver" in inspect.getsource(App.__init__), "Textual renamed App._driver"
    assert callable(Driver.write), "Textual removed Driver.write"
    assert callable(Driver.flush), "Textual removed Driver.flush"


def test_nothing_is_written_to_a_terminal_that_is_not_there() -> None:
    class Silent(App[None]):
        @property
        def is_headless(self) -> bool:
            return True

    write_raw(Silent(), "\x1b[0m")


def test_no_other_module_uses_private_parts() -> None:
    package = Path(inspect.getfile(write_raw)).parents[1]
    names = ("._driver", "._start_widget", "._vertical_scrollbar")
    users = {path.stem for path in package.rglob("*.py") if any(name in path.read_text("utf-8") for name in names)}
    assert users == {"images"}
