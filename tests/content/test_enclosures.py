"""The files that a document names, in words and as names of files."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.content.enclosures import Enclosure, enclosures_of, is_text

URL = "https://a.example/e5.mp3"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ENCLOSURES = st.fixed_dictionaries(
    {}, optional={"url": st.just(URL) | JSON, "type": JSON, "length": JSON, "durationSeconds": JSON, "title": JSON}
)


@pytest.mark.parametrize(
    ("enclosure", "words"),
    [
        (
            Enclosure(URL, "audio/mpeg", 42_345_678, 3123, "Episode 5"),
            "Episode 5 · MP3 audio · 52 min · 42.3 MB",
        ),
        (Enclosure(URL), "e5.mp3 · MP3 audio · length unknown · size unknown"),
        (Enclosure("https://a.example/"), "a.example · type unknown · length unknown · size unknown"),
        (Enclosure("https://a.example/a%20b.pdf", length=1_200_000_000), "a b.pdf · PDF · 1.2 GB"),
        (
            Enclosure("https://www.youtube.com/v/0A1o?version=3", "application/x-shockwave-flash"),
            "0A1o · video · length unknown · size unknown",
        ),
        (Enclosure(URL, "video/webm", 900, 5000), "e5.mp3 · video/webm · 1 h 23 min · 900 bytes"),
    ],
)
def test_facts_are_in_words_and_unknown_ones_are_said(enclosure: Enclosure, words: str) -> None:
    assert " · ".join(enclosure.facts) == words


def test_what_a_document_lists() -> None:
    fields = {"url": URL, "type": "Audio/MPEG", "length": 5, "durationSeconds": 61.4, "title": "E"}
    found = enclosures_of({"enclosures": [fields, {**fields, "title": "again"}, {"url": "file:///etc/passwd"}, 3]})
    assert found == (Enclosure(URL, "audio/mpeg", 5, 61, "E"),)
    assert enclosures_of({"enclosures": URL}) == enclosures_of({"enclosures": [URL]}) == (Enclosure(URL),)
    assert enclosures_of({}) == ()


@given(st.lists(ENCLOSURES | JSON, max_size=3) | JSON)
def test_any_front_matter_gives_safe_text_and_addresses(listed: object) -> None:
    for each in enclosures_of({"enclosures": listed}):  # type: ignore[dict-item]
        assert each.url.startswith(("http://", "https://"))
        assert "\n" not in " ".join(each.facts) and "\x1b" not in " ".join(each.facts)
        assert each.length is None or each.length >= 1


@given(
    st.from_regex(r"https://a\.example/[ -~]{0,20}", fullmatch=True), st.sampled_from(["", "audio/mpeg", "x/../../y"])
)
def test_names_of_files_are_safe_and_one_for_each_url(url: str, media_type: str) -> None:
    name = Enclosure(url, media_type).file_name("2026-11-30-title")
    assert re.fullmatch(r"2026-11-30-title-[0-9a-f]{8}(\.[a-z0-9]{1,5})?", name)
    assert name != Enclosure(url + "x", media_type).file_name("2026-11-30-title")
    assert Enclosure(url).file_name("").startswith("file-")


def test_the_ending_is_that_of_the_url_or_the_type() -> None:
    assert Enclosure("https://a.example/x.M4A?y=1.exe").file_name("a").endswith(".m4a")
    assert Enclosure("https://a.example/x", "audio/mpeg").file_name("a").endswith(".mp3")
    assert "." not in Enclosure("https://a.example/x").file_name("a")


PLAYLISTS = (
    Enclosure("https://a.example/x.m3u"), Enclosure("https://a.example/x.PLS", "audio/mpeg"),
    *(Enclosure(URL, f"a/{kind}") for kind in ("vnd.apple.mpegurl", "x-mpegurl", "x-scpls", "xspf+xml", "x-ms-wax")),
)  # fmt: skip


def test_a_playlist_is_known_by_its_name_or_type_and_is_not_played() -> None:
    assert all(each.is_playlist and not each.is_playable and "playlist" in each.facts for each in PLAYLISTS)
    others = Enclosure(f"{URL}?a=b.m3u"), Enclosure("https://a.example/x"), Enclosure(URL, "video/x-ms-asf")
    assert all(each.is_playable and not each.is_playlist and "playlist" not in each.facts for each in others)


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (b"#EXTM3U\nfile:///x\n", True), ("[playlist]\r\nFile1=é".encode("latin-1"), True), (b"# mpv EDL v0\n", True),
        ("#EXTM3U".encode("utf-16"), True), (b"", True), (b"ID3\x04\x00\x00", False), (b"OggS\x00", False),
        (b"fLaC\x00", False), (b"\x00\x00\x00\x20ftyp", False), (b"\x1a\x45\xdf\xa3", False),
    ],
)  # fmt: skip
def test_a_playlist_is_known_by_its_content(start: bytes, text: bool) -> None:
    assert is_text(start) == text
