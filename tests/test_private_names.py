"""Tests see what a user or a caller sees: they reach no private name of the code, and replace none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
INSIDE = {
    # They fail between two steps.
    *(f"storage/test_{name}.py" for name in ("lost_files", "mark_recovery", "page_recovery")),
    # They lower thresholds, so that a few articles take the path of a million.
    *(f"storage/test_{name}.py" for name in ("moved_files", "search", "sort_orders", "stories", "substrings")),
}
"""Files that look inside, each with its reason. There should be fewer."""
PUBLIC = {"_asdict", "_fields", "_field_defaults", "_make", "_replace"}
"""The methods of named tuples, whose underscore keeps them apart from the fields."""
OWN = {"self", "cls"}
ALLOWED = {
    "workers/hostile_tasks.py": {"os._exit"},  # documented: it ends a process at once
    "tui/helpers.py": {
        "asyncio.get_running_loop()._ready",  # an event loop without calls is idle; asyncio has no public word for it
        "self.app.screen._compositor",  # the lines that the terminal gets; in public, Textual draws only a picture
        *("self.app._driver", "driver._size"),  # in public, Pilot waits for an idle processor after each resize
    },
    "tui/app/test_leaks.py": {"textual._styles_cache"},  # it keeps what draws the last thousand widgets
    "tui/controllers/test_sidebar.py": {  # so that Textual computes regions on demand, as after a scroll
        "reader.main_screen._compositor",
        "reader.main_screen._compositor._full_map_invalidated",
    },
    "tui/terminal/test_overlay.py": {  # names the parts that the overlay uses, when a new Textual changes them
        "textual._compositor",
        "Screen._compositor_refresh",
    },
}
"""Private parts of other packages, by file, each with its reason."""


def is_private(name: str) -> bool:
    """Return whether a name, dotted or not, has a private part."""
    parts = name.split(".")
    return any(part.startswith("_") and not part.endswith("__") and part not in PUBLIC for part in parts)


def private_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what a module uses of another's private names: attributes, imports, and names that it patches."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner)) if owner in OWN:
                pass
            case ast.Attribute(attr=name) if is_private(name):
                yield node.lineno, ast.unparse(node)
            case ast.Import(names=names):
                yield from ((node.lineno, each.name) for each in names if is_private(each.name))
            case ast.ImportFrom(module=str(module), names=names):
                if is_private(module):
                    yield node.lineno, module
                yield from ((node.lineno, f"{module}.{each.name}") for each in names if is_private(each.name))
            case ast.Call(
                func=ast.Attribute(attr="setattr" | "delattr") | ast.Name(id="getattr" | "setattr" | "delattr")
            ):
                for argument in node.args[:2]:
                    if isinstance(argument, ast.Constant) and is_private(str(argument.value)):
                        yield node.lineno, ast.unparse(node)


def test_tests_use_no_private_names() -> None:
    found = []
    for path in sorted(TESTS.rglob("*.py")):
        name = path.relative_to(TESTS).as_posix()
        allowed = ALLOWED.get(name, set())
        uses = private_names(ast.parse(path.read_text(encoding="utf-8")))
        if name not in INSIDE:
            found += [f"tests/{name}:{line}: {use}" for line, use in uses if use not in allowed]
        elif not list(uses):
            found.append(f"tests/{name} has none and can leave the list")
    assert found == [], "observe what a user sees, give the class a public name, or pass what has to differ"


def test_every_exception_is_still_used() -> None:
    used = {name: {use for _, use in private_names(ast.parse((TESTS / name).read_text()))} for name in ALLOWED}
    assert {name: allowed - used[name] for name, allowed in ALLOWED.items() if allowed - used[name]} == {}
