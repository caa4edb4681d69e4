"""A bulk fetch for one command: opens everything it needs and closes it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from reader.fetching.bulk import BulkFetch
from reader.fetching.context import EXTRACTOR_PROCESSES, MEGABYTE, FetchContext, LibraryThread, client_options
from reader.fetching.fetch_article import ArticleFetcher
from reader.workers.sandbox import SandboxPool

if TYPE_CHECKING:
    from reader.config.settings import FetchSettings
    from reader.core.events import BulkProgress, FetchResult
    from reader.library.library import Library


async def fetch_all(
    library: Library,
    settings: FetchSettings,
    ids: Iterable[str],
    on_progress: Callable[[BulkProgress], None],
    on_result: Callable[[FetchResult], None],
    *,
    force: bool = False,
) -> BulkProgress:
    """Fetch these articles and return the final progress; ``force`` also fetches articles that have a page.

    Canceling ends it; pages stored by then stay. Raises ReaderError.
    """
    from reader.web.client import WebClient
    from reader.web.robots import Robots
    from reader.web.wayback import newest_capture

    pages = library.pages
    pages.limit = settings.cache_mb * MEGABYTE
    library_thread, extractor = LibraryThread(), SandboxPool(min(EXTRACTOR_PROCESSES, os.cpu_count() or 1))
    try:
        async with WebClient(client_options(settings)) as client:
            context = FetchContext(client, extractor, pages, library_thread, partial(newest_capture, client))
            fetcher = ArticleFetcher(context, archive=settings.archive)
            bulk = BulkFetch(fetcher, library, Robots(client), on_progress, on_result=on_result, force=force)
            await bulk.add(ids)
            return await bulk.run()
    finally:
        extractor.close()
        library_thread.close()
