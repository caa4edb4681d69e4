"""The registry of actions: the one place that names an action, its keys and what it does.

Bindings, the key bar, the command palette, the help screen and docs/keys.md are made from it.
This module is data; :mod:`reader.tui.keys.bindings` works on it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Scope = Literal["app", "browse", "panes", "list", "article", "text", "views", "entry", "listing", "heat"]
KeyContext = Literal[
    "empty", "list", "chosen", "story", "in_story", "article", "related", "folded", "unfolded", "text", "linked", "link",
    "entries", "views", "feed", "entry",
]  # fmt: skip
Group = Literal[
    "Move", "Read", "Reader", "Search", "Sidebar", "Mark", "Links", "List", "Stories", "Folder", "Prompt", "App"
]
GROUPS: tuple[Group, ...] = get_args(Group)


class Action(NamedTuple):
    """Something you can do with a key, the mouse or the command palette."""

    name: str
    """A stable name; `[keys]` in config.toml uses it."""
    keys: str
    """The default keys, as Textual names them, separated by commas."""
    method: str
    """Textual's name of the action: the method without `action_`, with arguments in parentheses."""
    group: Group
    """The heading under which the help lists it."""
    scopes: tuple[Scope, ...]
    """Where the keys apply."""
    title: str
    """A few words for the palette and the help."""
    help: str
    """One sentence that says what the action does."""
    palette: bool = True
    """Whether the command palette lists it."""


def own_action(name: str, title: str = "", text: str = "") -> Action:
    """Return an action of the user's own, which applies to the article in the list, its pane or the reader."""
    return Action(name, "", f"run_own('{name}')", "App", ("browse", "text"), title, text)


_APP: tuple[Scope, ...] = ("app",)
_BROWSE: tuple[Scope, ...] = ("browse",)
_LIST: tuple[Scope, ...] = ("list",)
_ALL_PANES: tuple[Scope, ...] = ("panes",)
_PANES: tuple[Scope, ...] = ("list", "article")
_TEXT: tuple[Scope, ...] = ("text",)
_SCROLLING: tuple[Scope, ...] = (*_PANES, *_TEXT)
_VIEWS: tuple[Scope, ...] = ("views",)
_LISTING: tuple[Scope, ...] = ("listing",)
_MOVING: tuple[Scope, ...] = (*_SCROLLING, *_VIEWS, *_LISTING)
_PROMPT: tuple[Scope, ...] = ("entry",)
_HEAT: tuple[Scope, ...] = ("heat",)

# One action per row, however long: rows are easier to compare this way.
# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("move.down", "j,down", "move('down')", "Move", _MOVING, "Down", "Select the next article or view; in the article, scroll down a line; in the related items, select the next.", palette=False),
    Action("move.up", "k,up", "move('up')", "Move", _MOVING, "Up", "Select the previous article or view; in the article, scroll up a line; in the related items, select the previous.", palette=False),
    Action("move.top", "g,home", "move('top')", "Move", _MOVING, "Top", "Go to the first article or view, or to the top of the text.", palette=False),
    Action("move.end", "G,end", "move('end')", "Move", _MOVING, "End", "Go to the last article or view, or to the end of the text.", palette=False),
    Action("move.half_down", "ctrl+d", "move('half_down')", "Move", _MOVING, "Half a page down", "Move down half a page.", palette=False),
    Action("move.half_up", "ctrl+u", "move('half_up')", "Move", _MOVING, "Half a page up", "Move up half a page.", palette=False),
    Action("move.page_down", "pagedown,space", "move('page_down')", "Move", (*_SCROLLING, *_LISTING), "Page down", "Move down a page.", palette=False),
    Action("move.page_up", "pageup", "move('page_up')", "Move", _MOVING, "Page up", "Move up a page.", palette=False),
    Action("pane.next", "tab", "pane(1)", "Move", _ALL_PANES, "Next pane", "Go from the list to the article, to its related items, to the sidebar, and back to the list.", palette=False),
    Action("pane.previous", "shift+tab", "pane(-1)", "Move", _ALL_PANES, "Previous pane", "Go through the panes in reverse order.", palette=False),
    Action("unread.next", "n", "run('unread.next')", "Move", _BROWSE, "Next unread", "Go to the next unread article."),
    Action("unread.previous", "N", "run('unread.previous')", "Move", _BROWSE, "Previous unread", "Go to the previous unread article."),
    Action("article.enter", "enter", "enter", "Read", _PANES, "Read", "Open the text: the fetched page, else the article's own text, else its excerpt. On a folded story, unfold it; on a related item, show that item.", palette=False),
    Action("article.into", "l,right", "screen.into", "Read", _PANES, "Into the article", "Unfold the story, else go from the list into the article beside it; from there, open its text, as Enter does.", palette=False),
    Action("article.leave", "h,escape,left", "leave", "Read", _PANES, "Back to the list", "Leave the related items, then the article; in the list, fold the story, else clear the search.", palette=False),
    Action("fetch", "f", "run('fetch')", "Read", _BROWSE, "Read the original", "Fetch the original page and read it here; a fetched page opens at once, even offline."),
    Action("fetch.again", "ctrl+f", "run('fetch.again')", "Read", _BROWSE, "Fetch again", "Fetch the original again if it has changed."),
    Action("fetch.archive", "A", "run('fetch.archive')", "Read", _BROWSE, "Look in the archive", "Fetch the newest copy from the Wayback Machine if nothing else works; the archive learns what you read."),
    Action("fetch.all", "F", "run('fetch.all')", "Read", _BROWSE, "Fetch all", "Fetch the originals of all listed or selected articles; press again to pause or resume."),
    Action("fetch.stop", "X", "run('fetch.stop')", "Read", _BROWSE, "Stop fetching", "Stop fetching; fetched pages stay, and the next fetch continues from there."),
    Action("images", "i", "run('images')", "Read", _BROWSE, "Images", "Show or hide the images of the article; those that are not cached are fetched from their servers."),
    Action("images.always", "I", "run('images.always')", "Read", _BROWSE, "Images of all articles", "Always show images in this folder; press again for every folder, never, or only on request."),
    Action("related.next", "]", "related(1)", "Read", _ALL_PANES, "Next related item", "Select the next related item and show its excerpt."),
    Action("related.previous", "[", "related(-1)", "Read", _ALL_PANES, "Previous related item", "Select the previous related item."),
    Action("more", "e", "run('more')", "Read", _BROWSE, "More", "Show or hide everything else about the article: addresses, further fields, the file."),
    Action("back", "backspace", "run('back')", "Read", _BROWSE, "Go back", "Return to the article, list or text you came from, at the same position."),
    Action("text.leave", "h,escape,left", "leave", "Reader", _TEXT, "Back", "Clear the selection, end the search, or close the text.", palette=False),
    Action("text.search", "slash", "screen.search", "Reader", (*_TEXT, *_LISTING), "Search in the text", "Search the text as you type; in help and problems, show only the lines with these words.", palette=False),
    Action("text.next", "n", "match(1)", "Reader", _TEXT, "Next match", "Go to the next match; without a search, to the next unread article.", palette=False),
    Action("text.previous", "N", "match(-1)", "Reader", _TEXT, "Previous match", "Go to the previous match; without a search, to the previous unread article.", palette=False),
    Action("text.heading_next", "]", "heading(1)", "Reader", _TEXT, "Next heading", "Go to the next heading.", palette=False),
    Action("text.heading_previous", "[", "heading(-1)", "Reader", _TEXT, "Previous heading", "Go to the previous heading.", palette=False),
    Action("text.link_next", "tab", "links('next')", "Reader", _TEXT, "Next link", "Select the next link of the text; Enter reads its page here, o opens it in the browser.", palette=False),
    Action("text.link_previous", "shift+tab", "links('previous')", "Reader", _TEXT, "Previous link", "Select the previous link of the text.", palette=False),
    Action("text.link_read", "enter", "links('read')", "Reader", _TEXT, "Read the link", "Fetch the page of the selected link and read it here; without a selected link, label those on the screen.", palette=False),
    Action("text.links", "l", "links", "Reader", _TEXT, "Links", "Label the links on the screen with letters; type a label, or the number of a link, to read its page here.", palette=False),
    Action("text.save", "w", "screen.run('text.save')", "Reader", _TEXT, "Save as a document", "Save the page, reached by a link, as a new document of the folder.", palette=False),
    Action("text.choose", "v", "choose", "Reader", _TEXT, "Select lines", "Start or stop selecting lines; y copies them. The mouse works too.", palette=False),
    Action("text.wider", "plus", "wider(1)", "Reader", _TEXT, "Wider", "Widen the column; the width is remembered.", palette=False),
    Action("text.narrower", "minus", "wider(-1)", "Reader", _TEXT, "Narrower", "Narrow the column; the width is remembered.", palette=False),
    Action("text.usual_width", "equals_sign", "usual_width", "Reader", _TEXT, "Default width", "Reset the column to its default width of 72 characters.", palette=False),
    Action("text.zen", "z", "screen.zen", "Reader", _TEXT, "Zen mode", "Hide everything except the text; press again to show it.", palette=False),
    Action("text.outside", "e", "screen.pager", "Reader", _TEXT, "Read in $PAGER", "Open the text in your pager, or in your editor if none is set: `pager` and `editor` in config.toml, or $PAGER and $EDITOR.", palette=False),
    Action("search", "slash", "run('search')", "Search", _BROWSE, "Search", "Type a query; the list follows. Tab completes, Up and Down browse earlier queries, Esc cancels."),
    Action("read.hide", "a", "run('read.hide')", "Search", _BROWSE, "Hide read articles", "Hide the articles that are read, or show them again."),
    Action("views", "b", "run('views')", "Sidebar", _BROWSE, "Sidebar", "Show the sidebar and move to it; press again to hide it."),
    Action("views.save", "w", "run('views.save')", "Sidebar", _BROWSE, "Save the view", "Save the current query and order under a name, which then appears in the sidebar."),
    Action("views.choose", "enter,l", "choose", "Sidebar", _VIEWS, "Select", "Show only the articles of this entry; on a section, fold or unfold it.", palette=False),
    Action("views.combine", "space", "combine", "Sidebar", _VIEWS, "Add or remove", "Add the entry to the selection or remove it; articles must match one entry of each kind.", palette=False),
    Action("views.fold", "h,left", "fold", "Sidebar", _VIEWS, "Fold", "Fold the section.", palette=False),
    Action("views.unfold", "right", "unfold", "Sidebar", _VIEWS, "Unfold", "Unfold the section; press again to show all of its entries.", palette=False),
    Action("views.filter", "slash", "request('filter')", "Sidebar", _VIEWS, "Filter", "Show only the entries that contain what you type; Esc clears the filter.", palette=False),
    Action("views.rename", "e", "request('rename')", "Sidebar", _VIEWS, "Rename or edit", "Rename the saved view or the group; edit the settings of the feed.", palette=False),
    Action("views.delete", "d", "request('delete')", "Sidebar", _VIEWS, "Delete or remove", "Delete the saved view, or remove the feed or group; undo restores it.", palette=False),
    Action("feeds.pause", "p", "request('pause')", "Sidebar", _VIEWS, "Pause or resume", "Stop fetching the feed or all feeds of the group, or fetch them again.", palette=False),
    Action("views.move_down", "J,alt+down", "request('down')", "Sidebar", _VIEWS, "Move down", "Move the saved view down.", palette=False),
    Action("views.move_up", "K,alt+up", "request('up')", "Sidebar", _VIEWS, "Move up", "Move the saved view up.", palette=False),
    Action("views.page_down", "pagedown", "move('page_down')", "Sidebar", _VIEWS, "Page down", "Move down a page.", palette=False),
    Action("views.leave", "escape", "request('leave')", "Sidebar", _VIEWS, "Back to the list", "Clear the filter, or go back to the list.", palette=False),
    Action("mark.read", "m", "run('mark.read')", "Mark", _BROWSE, "Mark read or unread", "Mark the article, all selected ones, or all of a folded story, as read or unread."),
    Action("mark.star", "s", "run('mark.star')", "Mark", _BROWSE, "Star", "Star or unstar the article, all selected ones, or all of a folded story."),
    Action("mark.tags", "t", "run('mark.tags')", "Mark", _BROWSE, "Tags", "Edit the tags of the article, of all selected ones, or of a folded story; Tab completes."),
    Action("mark.all_read", "M", "run('mark.all_read')", "Mark", _BROWSE, "Mark all read", "Mark every article in the list as read; in the sidebar, every one of the selected view, feed or value."),
    Action("choose", "v", "choose", "Mark", _LIST, "Select several", "Start or stop selecting articles; marking keys then apply to all of them. The mouse works too."),
    Action("choose.down", "shift+down,J", "extend(1)", "Mark", _LIST, "Extend selection down", "Add the next article to the selection.", palette=False),
    Action("choose.up", "shift+up,K", "extend(-1)", "Mark", _LIST, "Extend selection up", "Add the previous article to the selection.", palette=False),
    Action("undo", "u", "run('undo')", "Mark", _BROWSE, "Undo", "Undo the last change of marks, views, feeds or rules, also from an earlier session."),
    Action("redo", "ctrl+r", "run('redo')", "Mark", _BROWSE, "Redo", "Redo the change that was undone last."),
    Action("open", "o", "run('open')", "Links", _BROWSE, "Open in the browser", "Open the original of the article or related item in your browser."),
    Action("open.amp", "O", "run('open.amp')", "Links", _BROWSE, "Open the AMP copy", "Open the AMP copy in your browser, if there is one."),
    Action("enclosure.open", "p", "run('enclosure.open')", "Links", _BROWSE, "Play the enclosure", "Open an enclosure of the article, such as an episode, in your player: the file if it was downloaded. A number chooses among several."),
    Action("enclosure.download", "P", "run('enclosure.download')", "Links", _BROWSE, "Download the enclosure", "Download an enclosure of the article; press again to cancel. It goes on later where it ended."),
    Action("copy", "y", "run('copy')", "Links", _BROWSE, "Copy the link", "Copy the URL of the article, or the selected lines of a text, through the terminal (OSC 52)."),
    Action("sort.quality", "1", "run('sort.quality')", "List", _BROWSE, "Sort by quality", "Best first; press again for worst first. Unknown quality, estimated (~) or not, is always last."),
    Action("sort.heat", "2", "run('sort.heat')", "List", _BROWSE, "Sort by heat", "Hottest first; press again for coolest first. Unknown heat is always last."),
    Action("sort.date", "3", "run('sort.date')", "List", _BROWSE, "Sort by date", "Newest first; press again for oldest first. Unknown dates are always last."),
    Action("list.density", "d", "run('list.density')", "List", _BROWSE, "One or two lines", "Show each article of the list in two lines, or in one; the choice is remembered."),
    Action("list.wider", "greater_than_sign", "run('list.wider')", "List", _BROWSE, "Larger list", "Give the list a larger share of the screen; the share is remembered."),
    Action("list.narrower", "less_than_sign", "run('list.narrower')", "List", _BROWSE, "Smaller list", "Give the list a smaller share of the screen, and the article a larger one."),
    Action("list.group", "c", "run('list.group')", "Stories", _BROWSE, "Group by story", "Show one row for each story, or every article again; each query remembers it."),
    Action("story.list", "S", "run('story.list')", "Stories", _BROWSE, "Story and links", "Show the story of the article, and all articles that are linked with it, as a list of its own."),
    Action("story.digest", "D", "run('story.digest')", "Stories", _BROWSE, "Digest of the story", "Show what the sources of the story say, side by side: first what most say; what only one says is marked."),
    Action("similar", "full_stop", "run('similar')", "Stories", _BROWSE, "More like this", "List the articles with the most similar texts below the article, with the words that they share; press again to hide them."),
    Action("heat", "H", "run('heat')", "Stories", _BROWSE, "Heat of the list", "Show when the articles of the list appeared, and how hot its topics and sources are; Enter narrows the list."),
    Action("heat.earlier", "h,left", "time(-1)", "Stories", _HEAT, "Earlier", "In the heat view, select an earlier bar of the plot.", palette=False),
    Action("heat.later", "l,right", "time(1)", "Stories", _HEAT, "Later", "In the heat view, select a later bar of the plot.", palette=False),
    Action("heat.finer", "plus", "zoom(1)", "Stories", _HEAT, "Shorter periods", "In the heat view, plot shorter periods: days instead of months, hours instead of days.", palette=False),
    Action("heat.coarser", "minus", "zoom(-1)", "Stories", _HEAT, "Longer periods", "In the heat view, plot longer periods.", palette=False),
    Action("refresh", "r,f5", "run('refresh')", "Folder", _BROWSE, "Check for changes", "Check the folder for new, changed and deleted documents."),
    Action("feeds.sync", "R", "run('feeds.sync')", "Folder", _BROWSE, "Fetch feeds", "Fetch the feeds that write to this folder, or in the sidebar the selected feed or group; new articles appear as they come."),
    Action("feeds.add", "plus", "run('feeds.add')", "Folder", _BROWSE, "Add a feed", "Type the address of a feed, or of a page that names feeds; in the sidebar, it is added to the selected group."),
    Action("feeds.export", "E", "run('feeds.export')", "Folder", _BROWSE, "Export feeds", "Write the feeds of this folder to a file in OPML, which other programs read."),
    Action("rules.add", "alt+r", "run('rules.add')", "Folder", _BROWSE, "Make a rule", "Say what happens to articles that match the query when they arrive: they are read, starred, hidden, fetched or tagged."),
    Action("problems", "!", "run('problems')", "Folder", _BROWSE, "Problems", "List what is wrong with the documents, by file, line and field."),
    Action("entry.complete", "tab", "complete(1)", "Prompt", _PROMPT, "Complete", "Insert a completion; press again for the next one.", palette=False),
    Action("entry.complete_back", "shift+tab", "complete(-1)", "Prompt", _PROMPT, "Complete backwards", "Insert the previous completion.", palette=False),
    Action("entry.earlier", "up", "past(-1)", "Prompt", _PROMPT, "Earlier", "Show the previous entry of the history.", palette=False),
    Action("entry.later", "down", "past(1)", "Prompt", _PROMPT, "Later", "Show the next entry of the history.", palette=False),
    Action("entry.leave", "escape", "screen.entry_leave", "Prompt", _PROMPT, "Cancel", "Close the prompt and restore what was there before.", palette=False),
    Action("help", "question_mark,f1", "help", "App", _APP, "Help", "Show and search every key."),
    Action("palette", "ctrl+p", "command_palette", "App", _APP, "Palette", "Find any command by name, themes included.", palette=False),
    Action("theme", "T", "toggle_theme", "App", _APP, "Light or dark", "Switch between a light and a dark theme."),
    Action("suspend", "ctrl+z", "suspend_process", "App", _APP, "Suspend", "Return to the shell; fg resumes newsreader."),
    Action("quit", "q", "back_or_quit", "App", _APP, "Back, or quit", "Leave a text, the article, the sidebar, help or problems; in the list, quit newsreader.", palette=False),
    Action("quit.now", "ctrl+q", "quit", "App", _APP, "Quit", "Quit newsreader from anywhere; everything is saved."),
)

COUNTED = frozenset({
    *("move.down", "move.up", "move.half_down", "move.half_up", "move.page_down", "move.page_up"),
    *("unread.next", "unread.previous", "related.next", "related.previous", "text.next", "text.previous"),
    *("text.heading_next", "text.heading_previous", "text.wider", "text.narrower", "choose.down", "choose.up"),
    *("views.page_down", "list.wider", "list.narrower", "undo", "redo", "heat.earlier", "heat.later"),
})
"""Actions that a number typed before their key repeats."""

_ON_MORE = (("article.leave", "article"), ("open", "open"), ("copy", "copy"), ("back", "back"))
FOOTERS: dict[KeyContext, tuple[tuple[str, str], ...]] = {
    "empty": (
        ("search", "search"), ("refresh", "check again"), ("feeds.sync", "fetch feeds"), ("feeds.add", "new feed"),
        ("problems", "problems"),
    ),
    "list": (
        ("article.enter", "read"), ("fetch", "original"), ("related.next", "related"), ("open", "open"),
        ("search", "search"), ("views", "sidebar"), ("mark.read", "mark"), ("mark.star", "star"),
        ("mark.tags", "tags"), ("unread.next", "next unread"), ("undo", "undo"),
    ),
    "chosen": (
        ("mark.read", "mark"), ("mark.star", "star"), ("mark.tags", "tags"), ("choose", "clear"), ("undo", "undo"),
    ),
    "story": (
        ("article.enter", "unfold"), ("list.group", "all articles"), ("fetch", "original"), ("open", "open"),
        ("search", "search"), ("mark.read", "mark"), ("mark.star", "star"), ("mark.tags", "tags"),
        ("unread.next", "next unread"), ("undo", "undo"),
    ),
    "in_story": (
        ("article.enter", "read"), ("article.leave", "fold"), ("fetch", "original"), ("related.next", "related"),
        ("open", "open"), ("search", "search"), ("mark.read", "mark"), ("mark.star", "star"), ("mark.tags", "tags"),
        ("unread.next", "next unread"), ("undo", "undo"),
    ),
    "entries": (
        ("views.choose", "select"), ("views.combine", "add"), ("views.filter", "filter"), ("views.fold", "fold"),
        ("views", "hide"), ("feeds.add", "new feed"), ("undo", "undo"),
    ),
    "views": (
        ("views.choose", "select"), ("views.combine", "add"), ("views.filter", "filter"), ("views.fold", "fold"),
        ("views.rename", "rename"), ("views.delete", "delete"), ("views", "hide"), ("undo", "undo"),
    ),
    "feed": (
        ("views.choose", "select"), ("views.combine", "add"), ("views.rename", "edit"), ("feeds.pause", "pause"),
        ("views.delete", "remove"), ("feeds.add", "new"), ("feeds.sync", "fetch"), ("views.filter", "filter"),
        ("views.fold", "fold"), ("views", "hide"), ("undo", "undo"),
    ),
    "article": (
        ("article.enter", "read"), ("fetch", "original"), ("move.page_down", "page"), ("related.next", "related"),
        ("more", "more"), ("open", "open"), ("copy", "copy"), ("back", "back"),
    ),
    "text": (
        ("move.page_down", "page"), ("text.search", "search"), ("text.links", "links"),
        ("text.heading_next", "heading"), ("fetch", "original"), ("open", "open"), ("mark.star", "star"),
        ("text.zen", "zen"), ("text.outside", "pager"),
    ),
    "linked": (
        ("move.page_down", "page"), ("back", "previous text"), ("text.links", "links"), ("text.save", "save"),
        ("text.search", "search"), ("fetch", "original"), ("open", "open"), ("text.zen", "zen"),
    ),
    "link": (
        ("text.link_read", "read the page"), ("open", "browser"), ("copy", "copy"), ("text.link_next", "next link"),
        ("text.link_previous", "previous"), ("text.leave", "clear"),
    ),
    "related": (
        ("article.enter", "show"), ("related.next", "next"), ("article.leave", "article"), ("more", "more"),
        ("open", "open"), ("copy", "copy"), ("back", "back"),
    ),
    "folded": (("article.enter", "unfold"), *_ON_MORE),
    "unfolded": (("article.enter", "fold"), *_ON_MORE),
}
# fmt: on
"""What the key bar shows in each context, before help and quit: the names of actions, each with its label."""
