"""The index goes while the app is open: a cache may vanish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from reader.paths import Paths

from .helpers import document, opened

MakeFolder = Callable[[Mapping[str, str | bytes]], Path]


def _delete(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


async def test_an_index_that_is_deleted_is_built_anew_at_once(make_folder: MakeFolder) -> None:
    folder = make_folder({f"{n}.md": document(f"N{n}", f"quality: {n}") for n in range(300)})
    async with opened(folder) as reader:
        _delete(Paths.of().index(folder))
        (folder / "new.md").write_text(document("New", "quality: 999"))
        await reader.press("2")
        await reader.press("1")
        await reader.until(lambda: len(reader.list.view) == 301)
        await reader.press("g")
        assert reader.row.title == "New"
