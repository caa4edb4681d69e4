"""What workers tell the main screen: one small message each; the screen's handlers own every change."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from reader.errors import ReaderError
from reader.jobs.indexing import Progress
from reader.library.library import Counts
from reader.library.view import View
from reader.model import Problem, Row
from reader.ui.opening import Outcome
from reader.ui.page import Fixed
from reader.ui.subject import Subject


@dataclass
class ViewLoaded(Message):
    """A view, with the rows to draw at once."""

    view: View
    rows: list[Row]
    keep: int
    """The article that was selected when it was asked for, or -1, and its place."""
    at: int | None
    types: bool
    marks: int
    """How many marks had been made when the rows were read."""


@dataclass
class RowsLoaded(Message):
    """Rows that the list asked for."""

    rows: list[Row]
    marks: int
    """How many marks had been made when they were read."""


@dataclass
class SubjectLoaded(Message):
    """What the pane is to show, laid out for a width."""

    subject: Subject
    around: Fixed
    y: int = 0
    selected: int = -1
    again: bool = False
    """Whether it was shown before, so that the person's place in it holds."""


@dataclass
class SubjectFailed(Message):
    """Why the pane cannot show a document."""

    error: ReaderError


@dataclass
class SubjectRefitted(Message):
    """The lines of the same subject for another width."""

    subject: Subject
    around: Fixed


@dataclass
class Counted(Message):
    """How many there are now."""

    counts: Counts


@dataclass
class Refreshed(Message):
    """The comparison of folder and index has come so far."""

    progress: Progress


@dataclass
class Marked(Message):
    """An article's marks are on disk."""

    row: Row
    told: str
    marks: int
    """How many marks have been made by now, this one included."""


@dataclass
class ProblemsLoaded(Message):
    """Everything that is wrong with the documents."""

    problems: list[Problem]


@dataclass
class Opened(Message):
    """What came of opening an address."""

    url: str
    outcome: Outcome


@dataclass
class Said(Message):
    """A worker has something to tell the person."""

    text: str
    warning: bool = False
