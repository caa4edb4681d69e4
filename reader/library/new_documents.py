"""Saves fetched pages as documents of a folder. Nothing else writes into it."""

from __future__ import annotations

from reader.content.page import Page
from reader.core.atomic_write import create_atomically
from reader.core.errors import ReaderError, describe_error
from reader.core.text import show_path
from reader.documents.files import Folder
from reader.documents.new_document import document_text, file_names


def save_page(folder: Folder, page: Page) -> str:
    """Create a document from a page, under a name that no file has yet; return that name. Raises ReaderError."""
    if folder.only is not None:
        raise ReaderError("Only one document is open; open its folder to save others in it.")
    content = document_text(page).encode()
    for name in file_names(page):
        try:
            create_atomically(folder.root / name, content)
        except FileExistsError:
            continue
        except OSError as error:
            raise ReaderError(
                f"The page could not be saved in {show_path(folder.root)}: {describe_error(error)}."
            ) from None
        return name
    raise ReaderError("The page could not be saved: there are too many documents of its name.")
