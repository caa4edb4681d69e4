"""What workers tell the main screen: one small message each; the screen's handlers own every change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reader.core.errors import ReaderError
    from reader.core.events import FetchEvent, Progress
    from reader.core.model import Counts, Problem, Row
    from reader.core.ordering import ArticleOrder, Sort
    from reader.images.model import RenderedImage
    from reader.library.saved_views.toml_file import SavedView
    from reader.query.ast import Query, ValueField
    from reader.tui.addresses import Outcome
    from reader.tui.pictures_desk import Face
    from reader.tui.widgets.article_pane.content import ArticleContent
    from reader.tui.widgets.article_pane.lines import PaneLayout
    from reader.tui.widgets.reader.lines import ReaderLayout, ReaderText
    from reader.tui.widgets.sidebar.selection import EntryKind
    from reader.tui.widgets.sidebar.tree import SidebarEntry

# Plain classes: each dataclass would cost every start half a millisecond.


class KeysFree(Message):
    """What keys were held back for has the focus now, or has not come in time."""

    def __init__(self, hold: int) -> None:
        super().__init__()
        self.hold = hold
        """The how manieth time it was that keys were held back."""


class Begun(Message):
    """The first frame is on the screen."""


class ViewLoaded(Message):
    """A view, with the rows to draw at once, and the counts, so that it is one frame."""

    def __init__(
        self,
        view: ArticleOrder,
        rows: list[Row],
        counts: Counts,
        *,
        keep: int,
        at: int | None,
        back: int | None,
        types: bool,
        marks: int,
        sort: Sort,
        query: Query | None = None,
        fallen: frozenset[int] = frozenset(),
        name: str = "",
        place: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.view = view
        self.rows = rows
        self.counts = counts
        self.keep = keep
        """The article that was selected when it was asked for, or -1, and its place."""
        self.at = at
        self.back = back
        """Where an article is that was lost, if it is there again."""
        self.types = types
        self.marks = marks
        """How many marks had been made when the rows were read."""
        self.sort = sort
        """What was asked for; the view may have an order that the query names."""
        self.query = query
        self.fallen = fallen
        """Articles of the view that do not match any more, and stay until one moves on."""
        self.name = name
        """What the view is called where places are kept."""
        self.place = place
        """The article at which it was left, and on which line of the list that was; None when it was at its top."""


class ValuesCounted(Message):
    """What the fields of articles hold, the most frequent first, by the name of the field."""

    def __init__(self, values: Mapping[ValueField, list[str]]) -> None:
        super().__init__()
        self.values = values


class FormerQueries(Message):
    """What was asked before, the latest last."""

    def __init__(self, queries: list[str]) -> None:
        super().__init__()
        self.queries = queries


class SavedViews(Message):
    """The saved views there are now."""

    def __init__(self, views: list[SavedView]) -> None:
        super().__init__()
        self.views = views


class ViewsCounted(Message):
    """What one can choose, with how many articles each has; kinds that are not named are as they were."""

    def __init__(self, entries: dict[EntryKind, list[SidebarEntry]]) -> None:
        super().__init__()
        self.entries = entries


class RowsLoaded(Message):
    """Rows that the list asked for."""

    def __init__(self, rows: list[Row], marks: int) -> None:
        super().__init__()
        self.rows = rows
        self.marks = marks
        """How many marks had been made when they were read."""


class SubjectLoaded(Message):
    """What the pane is to show, laid out for a width."""

    def __init__(
        self,
        subject: ArticleContent,
        around: PaneLayout,
        y: int = 0,
        *,
        selected: int = -1,
        again: bool = False,
        place: int | None = None,
    ) -> None:
        super().__init__()
        self.subject = subject
        self.around = around
        self.y = y
        self.selected = selected
        self.again = again
        """Whether it was shown before, so that the person's place in it holds."""
        self.place = place
        """Where it was left, where that is asked for instead of ``y``."""


class SubjectFailed(Message):
    """Why the pane cannot show a document."""

    def __init__(self, error: ReaderError) -> None:
        super().__init__()
        self.error = error


class SubjectRefitted(Message):
    """The lines of the same subject for another width."""

    def __init__(self, subject: ArticleContent, around: PaneLayout) -> None:
        super().__init__()
        self.subject = subject
        self.around = around


class MarksChanged(Message):
    """Marks were changed, of more articles than are at hand, or by another instance; ``told`` says how."""

    def __init__(self, told: str = "") -> None:
        super().__init__()
        self.told = told


class Away(Message):
    """The folder cannot be read, or can be again."""

    def __init__(self, *, gone: bool) -> None:
        super().__init__()
        self.gone = gone


class Counted(Message):
    """How many there are now."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self.counts = counts


class ListsChanged(Message):
    """Another instance has changed the index, or there is another index."""


class Refreshed(Message):
    """The comparison of folder and index has come so far."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress


class Marked(Message):
    """The marks of some articles are on disk."""

    def __init__(self, rows: list[Row], told: str, marks: int) -> None:
        super().__init__()
        self.rows = rows
        self.told = told
        self.marks = marks
        """How many changes have been made by now, this one included."""


class UnreadFound(Message):
    """Where in ``view`` the next unread article is, if there is one."""

    def __init__(self, view: ArticleOrder, at: int | None, step: int) -> None:
        super().__init__()
        self.view = view
        self.at = at
        self.step = step


class TagsLoaded(Message):
    """Every tag there is, for the line in which tags are edited."""

    def __init__(self, tags: list[str]) -> None:
        super().__init__()
        self.tags = tags


class ProblemsLoaded(Message):
    """Everything that is wrong with the documents."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


class Recalled(Message):
    """What was kept between runs under a name; empty when nothing was."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__()
        self.name = name
        self.value = value


class PictureMade(Message):
    """A picture that was asked for, or why it is not shown."""

    def __init__(self, face: Face, turn: int, url: str, answer: RenderedImage | str) -> None:
        super().__init__()
        self.face: Face = face
        self.turn = turn
        self.url = url
        self.answer = answer


class PicturesMissing(Message):
    """Pictures that were asked for and are not kept."""

    def __init__(self, face: Face, turn: int, urls: Sequence[str]) -> None:
        super().__init__()
        self.face: Face = face
        self.turn = turn
        self.urls = urls


class TextLoaded(Message):
    """A text to read, laid out."""

    def __init__(self, text: ReaderText, laid: ReaderLayout, turn: int, *, place: int | None, again: bool) -> None:
        super().__init__()
        self.turn = turn
        """Which question this is the answer to."""
        self.text = text
        self.laid = laid
        self.place = place
        """Where it was left, if it was."""
        self.again = again
        """Whether it takes the place of what is shown of the same article."""


class TextRefitted(Message):
    """The text that is shown, for another width or with other notices."""

    def __init__(self, text: ReaderText, laid: ReaderLayout) -> None:
        super().__init__()
        self.text = text
        self.laid = laid


class TextFailed(Message):
    """There is no text to show: the document is gone, or cannot be read any more."""

    def __init__(self, error: ReaderError, turn: int) -> None:
        super().__init__()
        self.turn = turn
        self.error = error


class Fetching(Message):
    """Something that the fetching of originals has to tell."""

    def __init__(self, news: FetchEvent) -> None:
        super().__init__()
        self.news = news


class Gathering(Message):
    """Many originals are about to be fetched: so many; so many others are kept already."""

    def __init__(self, missing: int, kept: int) -> None:
        super().__init__()
        self.missing = missing
        self.kept = kept


class Opened(Message):
    """What came of opening an address."""

    def __init__(self, url: str, outcome: Outcome, rowid: int) -> None:
        super().__init__()
        self.url = url
        self.outcome = outcome
        self.rowid = rowid
        """The document whose address it is, or -1."""


class Failed(Message):
    """What a worker of ``group`` was asked for could not be done."""

    def __init__(self, group: str, error: Exception) -> None:
        super().__init__()
        self.group = group
        self.error = error


class Said(Message):
    """A worker has something to tell the person."""

    def __init__(self, text: str, warning: bool = False, transient: bool = False) -> None:
        super().__init__()
        self.text = text
        self.warning = warning
        self.transient = transient
        """See :meth:`reader.tui.widgets.bars.bars.KeyBar.show_message`."""
