"""The commands ``newsreader rules ...``: what happens to articles that match a query when they arrive."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reader.cli.arguments import HelpfulGroup, json_option, offline_option, optional_path_argument
from reader.cli.output import out, print_json, print_json_array
from reader.cli.session import group_stories, on_library
from reader.core.errors import ReaderError
from reader.core.paths import Paths
from reader.core.text import clean, format_count
from reader.exit import print_notice

if TYPE_CHECKING:
    from reader.core.model import Json
    from reader.library.library import Library
    from reader.library.rules.rules_file import ArrivalRule, RulesFile


@click.group(cls=HelpfulGroup)
def rules() -> None:
    """Say what happens to articles when they arrive: read, star, tag, hide or fetch them.

    Each rule is a query and what to do with the articles that match. The rules are in
    rules.toml, which you may edit as well. They run in order, once on each new article;
    those that ask for stories, such as is:duplicate, run when it has been grouped.
    """


@rules.command("list", short_help="List the rules.")
@json_option
def list_(as_json: bool) -> None:
    """List the rules, in the order in which they run."""
    found = _file().load()
    if as_json:
        print_json_array(map(_record, found))
        return
    for rule in found:
        state = "" if rule.enabled else "\tdisabled"
        out(f"{rule.name}\t{rule.query}\t{_actions(rule)}{state}\n")
    if not found:
        print_notice("There are no rules. `newsreader rules add NAME QUERY --do hide` adds one.")


@rules.command("add", short_help="Add a rule, or replace the one of that name.")
@click.argument("name")
@click.argument("query")
@click.option("--do", "do", multiple=True, metavar="ACTION", help="read, star, hide, fetch or stop; may be repeated.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag to give to the articles; may be repeated.")
def add(name: str, query: str, do: tuple[str, ...], tags: tuple[str, ...]) -> None:
    """Add the rule NAME for the articles that match QUERY, or replace the rule of that name.

    Actions: read marks them read, star stars them, hide leaves them out of all lists (is:hidden finds them), fetch
    fetches their originals, and stop keeps the rules after this one away from them.
    """
    from reader.library.rules.rules_file import new_rule

    rule, file = new_rule(name, query, do, tags), _file()
    done = "Changed" if file.put(rule) else "Added"
    print_notice(f"{done} the rule “{rule.name}” in {file.shown}. It is for articles that arrive from now on;")
    print_notice("`newsreader rules apply` runs it on those that are there.")


@rules.command("remove", short_help="Remove a rule.")
@click.argument("name")
def remove(name: str) -> None:
    """Remove the rule NAME. What it has done stays."""
    file, name = _file(), clean(name)  # as the file names its rules
    file.remove(name)
    print_notice(f"Removed the rule “{name}” from {file.shown}.")


@rules.command("apply", short_help="Run the rules on all articles in PATH.")
@optional_path_argument
@click.option("--dry-run", is_flag=True, help="Only say what each rule would take.")
@offline_option
@json_option
@on_library
def apply(library: Library, *, dry_run: bool, offline: bool, as_json: bool) -> None:
    """Run the rules on all articles in PATH, also on those that you have marked. The app undoes it in one step.

    Without PATH, on those of your feeds.
    """
    from reader.storage.sqlite.index import bitmap

    runner = library.rules
    if runner is None:
        raise ReaderError(f"{library.name} is a single document.", "Rules run on the articles of a folder.")
    if runner.need_stories:
        group_stories(library, patient=True)
    outcome = runner.run()
    for rule, count in outcome.counts:
        if not as_json:
            out(f"{count:,}\t{rule.name}\t{_actions(rule)}\n")
    changed = "" if dry_run else runner.apply(outcome)
    if as_json:
        records: list[Json] = [{**_record(rule), "articles": count} for rule, count in outcome.counts]
        print_json({"rules": records, "changed": changed, "dryRun": dry_run}, indent=None)
    if not outcome.counts:
        print_notice("There are no rules to run.")
    elif dry_run:
        print_notice("Nothing was changed.")
    else:
        print_notice(f"{changed or 'Nothing had to be changed'}.")
        wanted = library.pages.missing(library.index.ids_of(bitmap.to_rows(outcome.fetched)))
        if wanted and not offline and not _fetch(library, wanted):
            sys.exit(1)


def _fetch(library: Library, ids: list[str]) -> bool:
    """Fetch the originals of articles; return whether all are there."""
    from reader.cli.pages.fetch import fetch_pages
    from reader.config.load import load_config

    print_notice(f"{format_count(len(ids), 'original')} to fetch.")
    return fetch_pages(library, load_config(Paths.from_environment().config_file).fetch, ids, force=False)


def _file() -> RulesFile:
    from reader.library.rules.rules_file import RulesFile

    return RulesFile(Paths.from_environment().rules_file)


def _record(rule: ArrivalRule) -> dict[str, Json]:
    return {
        "name": rule.name, "query": rule.query, "do": list(rule.do), "tags": list(rule.tags), "enabled": rule.enabled,
    }  # fmt: skip


def _actions(rule: ArrivalRule) -> str:
    return ", ".join((*rule.do, *(f"tag {tag}" for tag in rule.tags)))
