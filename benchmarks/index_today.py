"""Build or refresh an index as `newsreader index FOLDER --json` will: stands in until there is that command."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from reader.jobs.indexing import refresh
from reader.library.library import Library
from reader.paths import Paths


def main() -> None:
    library = Library.open(Path(sys.argv[1]), Paths.of())
    begin = time.perf_counter()
    changed = 0
    for progress in refresh(library):
        changed = progress.changed
    seconds = time.perf_counter() - begin
    counts = library.counts()
    library.close()
    json.dump({"articles": counts.articles, "changed": changed, "seconds": seconds}, sys.stdout)


if __name__ == "__main__":
    main()
