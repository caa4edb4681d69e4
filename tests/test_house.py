"""Size limits of the code, so that a newcomer can find their way around.

A limit that would bend code is raised here, with a reason, rather than worked around.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from coverage import Coverage

TOP = Path(__file__).resolve().parent.parent
PACKAGE = TOP / "reader"

OWN_CLASSES_IN_A_CHAIN = 2
"""Own classes above a framework's class, or above none."""
PUBLIC_METHODS_OF_A_CLASS = 25
MODULES_IN_A_FOLDER = 13
LINES_OF_A_MODULE = 500
CYCLOMATIC_COMPLEXITY = 12
LINES_OF_THE_PACKAGE = 60_649
"""A little more than there are, so that a change that makes the package longer has to say what for."""

DATA = {"reader/tui/keys/actions.py"}
"""Modules that are tables, whose length does not matter."""

SAME_MEANING = {
    "article_list": "the list of articles: its data, its controller, its widget",
    "article_pane": "the article pane: its controller, its widget",
    "articles": "articles found and listed",
    "browser": "the program that opens URLs",
    "columns": "columns of rows",
    "completion": "what Tab offers",
    "config": "config.toml",
    "content": "the data that a widget shows",
    "download": "a file of any size, written as it comes",
    "enclosures": "the files that a document names",
    "errors": "exceptions",
    "extract": "article text out of a page",
    "feed_list": "the feeds that you follow",
    "fetch": "the original of an article",
    "fulltext": "an FTS5 table",
    "header": "the line above a list or text",
    "images": "images in articles",
    "lines": "content laid out as lines",
    "links": "URLs in an article",
    "main": "what starts and what shows first",
    "marks": "read, starred and tags",
    "merge": "two versions into one",
    "model": "plain data types",
    "parse": "bytes to plain data types",
    "parser": "text to a syntax tree",
    "positions": "where you left a text",
    "process_client": "starts a process, sends it commands, reads its events",
    "programs": "other programs that the user runs",
    "progress": "how far something is",
    "reader": "the screen that shows a text in full",
    "recovery": "a damaged database is replaced",
    "schema": "the tables of a database",
    "service": "a loop that serves requests",
    "session": "what one run of the program shares",
    "sidebar": "saved views and facets",
    "state": "what the grouping keeps between runs",
    "store": "what reads and writes one kind of data",
    "stories": "articles grouped by the event that they report",
    "text": "text that is shown",
    "window": "the terminal's window around the app",
    "writer": "data to its stored form",
}
"""Module names that several folders share, each with its one meaning."""

# What exceeds a limit today. These tables may only get shorter.
LONG_CHAINS: dict[str, int] = {}
LARGE_CLASSES: dict[str, int] = {}
LARGE_FOLDERS: dict[str, int] = {}
LONG_MODULES: dict[str, int] = {}
COMPLEX_FUNCTIONS: dict[str, int] = {}
SHARED_CLASS_NAMES: set[str] = set()
CIRCLES: list[set[str]] = []


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of every module by path."""
    return {
        path.relative_to(TOP).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """Return every class, with the path of its module."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield path, node


def module_name(path: str) -> str:
    """Return the dotted name of the module at a path."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def check(sizes: Mapping[str, int], limit: int, exceptions: Mapping[str, int]) -> None:
    """Fail with the names of all that exceed the limit, or their own allowance."""
    too_large = {name: size for name, size in sizes.items() if size > exceptions.get(name, limit)}
    assert too_large == {}, f"the limit is {limit}"


def test_inheritance_chains_are_short() -> None:
    bases: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    for path, node in classes():
        bases[node.name] = [ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases]
        paths[node.name] = path

    def length(name: str, seen: frozenset[str] = frozenset()) -> int:
        if name not in bases or name in seen:
            return 0
        return 1 + max((length(base, seen | {name}) for base in bases[name]), default=0)

    check({f"{paths[name]}: {name}": length(name) for name in bases}, OWN_CLASSES_IN_A_CHAIN, LONG_CHAINS)


def test_classes_have_few_public_methods() -> None:
    found = {
        f"{path}: {node.name}": sum(
            isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.name.startswith("_")
            for part in node.body
        )
        for path, node in classes()
    }
    check(found, PUBLIC_METHODS_OF_A_CLASS, LARGE_CLASSES)


def test_folders_have_few_modules() -> None:
    found = Counter(path.rpartition("/")[0] for path in trees() if not path.endswith("__init__.py"))
    check(found, MODULES_IN_A_FOLDER, LARGE_FOLDERS)


def test_modules_are_short() -> None:
    found = {path: (TOP / path).read_text(encoding="utf-8").count("\n") for path in trees()}
    check({path: lines for path, lines in found.items() if path not in DATA}, LINES_OF_A_MODULE, LONG_MODULES)


def test_the_package_is_small() -> None:
    lines = sum((TOP / path).read_text(encoding="utf-8").count("\n") for path in trees())
    assert lines <= LINES_OF_THE_PACKAGE


def test_functions_are_simple() -> None:
    report = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--select", "C901", "--output-format", "json", "--exit-zero"),
            *("--config", f"lint.mccabe.max-complexity={CYCLOMATIC_COMPLEXITY}", "reader"),
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, int] = {}
    for each in json.loads(report.stdout):
        words = each["message"].replace("`", " ").replace("(", " ").split()  # "`name` is too complex (13 > 12)"
        name, complexity = words[0], next(int(word) for word in words if word.isdigit())
        found[f"{Path(each['filename']).relative_to(TOP).as_posix()}: {name}"] = complexity
    check(found, CYCLOMATIC_COMPLEXITY, COMPLEX_FUNCTIONS)


def test_the_name_of_a_public_class_is_unique() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    shared = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert {name: paths for name, paths in shared.items() if name not in SHARED_CLASS_NAMES} == {}


def test_a_module_name_has_one_meaning() -> None:
    names = Counter(Path(path).stem for path in trees() if not path.endswith(("__init__.py", "__main__.py")))
    shared = {name for name, count in names.items() if count > 1}
    assert shared - set(SAME_MEANING) == set(), "rename it, or add it to SAME_MEANING with its meaning"


def imports_of(path: str, tree: ast.Module, modules: set[str]) -> set[str]:
    """Return the modules of the package that a module imports, including for types and inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path} imports relatively"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                found.add(submodule if submodule in modules else node.module)
    return (found & modules) - {module_name(path)}


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of modules that reach each other by imports (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for after in sorted(graph[node]):
            if after not in index:
                visit(after)
                low[node] = min(low[node], low[after])
            elif after in stack:
                low[node] = min(low[node], index[after])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                groups.append(set(stack[at:]))
            del stack[at:]

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return groups


def test_no_modules_import_each_other() -> None:
    modules = {module_name(path) for path in trees()}
    found = circles({module_name(path): imports_of(path, tree, modules) for path, tree in trees().items()})
    assert [sorted(circle) for circle in found if not any(circle <= known for known in CIRCLES)] == []


def test_values_in_sql_have_no_numbers() -> None:
    # Python 3.14 takes ?1 for a name, and refuses a sequence of values.
    texts = (
        (path, node.value)
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    assert [path for path, text in texts if re.search(r"[(,= ]\?[1-9](?:[,) ]|$)", text)] == []


def test_no_lines_are_counted_in_tests_of_other_packages() -> None:
    assert Coverage.current() is None  # in workers of xdist they were, which doubled the time of the tests of the app
