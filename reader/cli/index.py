"""The commands ``index`` and ``check``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from reader.cli.arguments import json_option, optional_path_argument
from reader.cli.output import out, print_json, print_json_array, report_problems
from reader.cli.session import (
    group_stories,
    open_library,
    progress_display,
    refresh_library,
    run_or_rebuild,
    wait_policy,
    with_library,
)
from reader.core.errors import ReaderError
from reader.core.text import format_count
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.core.events import Progress
    from reader.library.library import Library

_EXIT_PROBLEMS = 1


@click.command(short_help="List problems in the documents in PATH.")
@click.argument("path", required=False)
@click.option("--explain", metavar="FILE", help="Print where each field of this document comes from.")
@json_option
@click.pass_context
def check(context: click.Context, path: str | None, explain: str | None, as_json: bool) -> None:
    """List problems in the documents in PATH, one per line. The exit status is 1 if there are any.

    A line is FILE:LINE: FIELD: MESSAGE, where FIELD is "document" if the problem concerns the whole document. With
    --explain, PATH may be left out; otherwise FILE is relative to it.
    """
    if path is None:
        if explain is None:
            raise click.UsageError("Missing argument 'PATH'.", context)
        path, explain = explain, os.path.basename(explain)
    with_library(path, lambda library: _check(library, explain, as_json=as_json))


def _check(library: Library, explain: str | None, *, as_json: bool) -> None:
    if explain is not None:
        _explain(library, explain, as_json=as_json)
        return
    problems = library.index.problems()
    if as_json:
        from reader.export.records import problem_record

        print_json_array(map(problem_record, problems))
    else:
        for problem in problems:
            out(f"{problem.path}:{problem.line}: {problem.field or 'document'}: {problem.message}\n")
    counts = library.counts()
    if problems:
        files = format_count(counts.with_problems, "file" if counts.unlisted else "document")
        print_notice(f"{format_count(len(problems), 'problem')} in {files}.")
        sys.exit(_EXIT_PROBLEMS)
    print_notice(f"{format_count(counts.articles, 'document')}, no problems.")


def _explain(library: Library, file: str, *, as_json: bool) -> None:
    """Print which key of ``file`` gave which field, and what gave none."""
    from reader.export.records import explain_record

    parsed = library.articles.parse(os.fsencode(file))
    record = explain_record(parsed)
    if as_json:
        print_json(record)
        return
    fields = record["fields"]
    for field, found in fields.items():
        out(f"{field}: {' '.join(str(found['value']).split())[:200]}\n    from {found['from']}\n")
    if record["missing"]:
        out(f"without a value: {', '.join(record['missing'])}\n")
    for key in record["unused"]:
        field = library.reading.names.field_of(key)
        why = f"{field} is from {fields[field]['from']}" if field in fields else f"it gives no {field}"
        out(f"{key}: not used{f', because {why}' if field else ''}; shown under More\n")
    for problem in parsed.problems:
        out(f"{file}:{problem.line}: {problem.field or 'document'}: {problem.message}\n")


@click.command(short_help="Update the index of PATH without opening the app.")
@optional_path_argument
@click.option("--rebuild", is_flag=True, help="Read every document again, changed or not.")
@click.option("--strict", is_flag=True, help="Exit with status 1 if documents have problems.")
@json_option
def index(path: str, rebuild: bool, strict: bool, as_json: bool) -> None:
    """Update the index of the folder PATH, so that the app opens it without delay. Without PATH, of your feeds.

    This includes grouping its articles into stories. Progress goes to stderr, totals go to
    stdout. If interrupted, the next run continues.
    """
    from reader.core.events import describe_outcome

    with open_library(path) as library:
        _require_index_file(library)
        progress = _refresh(library, rebuild=rebuild)
        run_or_rebuild(library, lambda: group_stories(library), wait_policy())
        totals, files = run_or_rebuild(
            library, lambda: (library.index.totals(), library.index.documents()), wait_policy()
        )
        if as_json:
            from reader.export.records import index_record

            print_json(index_record(library.target, progress, totals, files), indent=None)
        else:
            counted = ((totals.articles, "article"), (files, "document"), (totals.problems, "problem"))
            articles, documents, problems = (format_count(number, noun) for number, noun in counted)
            outcome = describe_outcome(progress)
            out(f"{articles} in {documents}, {problems}; {outcome}, in {progress.seconds:.1f} s.\n")
        report_problems(library)
    if strict and totals.problems:
        sys.exit(_EXIT_PROBLEMS)


def _require_index_file(library: Library) -> None:
    """Raise ReaderError if the index of ``library`` cannot be a file."""
    if not library.index.in_memory:
        return
    if library.folder.only is not None:
        raise ReaderError(f"{library.name} is a single document, which has no index.", "Name its folder.")
    raise ReaderError(
        f"The index of {library.name} cannot be saved.",
        "Make the cache directory writable, or set NEWSREADER_CACHE_DIR to another one.",
    )


def _refresh(library: Library, *, rebuild: bool) -> Progress:
    """Bring the index up to date, showing progress, and return the final progress."""
    from reader.core.events import Progress, progress_facts

    progress = Progress()
    try:
        with progress_display("Reading") as show:
            for progress in refresh_library(library, wait_policy(), rebuild=rebuild):
                total = progress.total or (1 if progress.finished else None)
                done = progress.done if progress.total else total or 0
                facts = ", ".join(progress_facts(progress)) if progress.total else ""
                show(done + progress.before, total and total + progress.before, facts, False)
    except KeyboardInterrupt:
        print_notice("Interrupted. What has been read is saved; the next run continues from there.")
        raise
    return progress


COMMANDS = (index, check)
