from __future__ import annotations

import codecs
import contextlib
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from reader.content.html import encodings
from reader.web.client import WebClient
from tests.web.server import Server, reply

GERMAN = "Grüße aus Köln – „schön“, 5 €"
RUSSIAN = "Новости дня и погода на завтра"
CHINESE = "今天的新闻和明天的天气"
JAPANESE = "今日のニュースと明日の天気"


def meta(label: str) -> str:
    return f'<!doctype html><meta charset="{label}"><p>'


@pytest.mark.parametrize(
    ("told", "body", "text"),
    [
        # a declared encoding is used
        ("utf-8", GERMAN.encode(), GERMAN),
        ("windows-1252", GERMAN.encode("cp1252"), GERMAN),
        ("koi8-r", RUSSIAN.encode("koi8-r"), RUSSIAN),
        ("shift_jis", JAPANESE.encode("cp932"), JAPANESE),
        ("euc-jp", JAPANESE.encode("euc_jp"), JAPANESE),
        ("big5", "新聞與天氣".encode("big5"), "新聞與天氣"),
        ("euc-kr", "오늘의 뉴스".encode("cp949"), "오늘의 뉴스"),
        # labels that mean more than they say
        ("iso-8859-1", GERMAN.encode("cp1252"), GERMAN),
        ("us-ascii", GERMAN.encode("cp1252"), GERMAN),
        ("gb2312", "朱镕基 囍 €".encode("gb18030"), "朱镕基 囍 €"),
        ("iso-8859-9", "İstanbul – €".encode("cp1254"), "İstanbul – €"),
        # a byte order mark overrides any label
        ("iso-8859-1", codecs.BOM_UTF8 + GERMAN.encode(), GERMAN),
        ("utf-8", codecs.BOM_UTF16_LE + RUSSIAN.encode("utf-16-le"), RUSSIAN),
        ("", codecs.BOM_UTF16_BE + RUSSIAN.encode("utf-16-be"), RUSSIAN),
        # the server overrides the page
        ("windows-1251", (meta("koi8-r") + RUSSIAN).encode("cp1251"), RUSSIAN),
        # the page's label, if the server gives none or an unknown one
        ("", (meta("windows-1251") + RUSSIAN).encode("cp1251"), RUSSIAN),
        ("none-such", (meta("windows-1251") + RUSSIAN).encode("cp1251"), RUSSIAN),
        ("utf-7", (meta("windows-1251") + RUSSIAN).encode("cp1251"), RUSSIAN),
        ("", ('<meta http-equiv=content-type content="text/html; charset=gbk">' + CHINESE).encode("gbk"), CHINESE),
        ("", (f"<?xml version='1.0' encoding='koi8-r'?><p>{RUSSIAN}").encode("koi8-r"), RUSSIAN),
        ("", (" " * 3000 + meta("windows-1251") + RUSSIAN).encode("cp1251"), RUSSIAN),
        ("", (f"<!-- {meta('koi8-r')} -->{meta('windows-1251')}{RUSSIAN}").encode("cp1251"), RUSSIAN),
        ("", (meta("utf-16") + GERMAN).encode(), GERMAN),
        # errors
        ("utf-8", GERMAN.encode("cp1252"), GERMAN),
        ("utf-8", (meta("windows-1251") + RUSSIAN).encode("cp1251"), RUSSIAN),
        ("iso-8859-1", GERMAN.encode(), GERMAN),
        ("windows-1251", RUSSIAN.encode(), RUSSIAN),
        ("", GERMAN.encode(), GERMAN),
        ("", GERMAN.encode("cp1252"), GERMAN),
        ("utf-8", (RUSSIAN * 9).encode()[:-1], RUSSIAN),  # cut inside a character
        ("utf-8", RUSSIAN.encode() + b" \xff " + (RUSSIAN * 3).encode(), RUSSIAN),  # one wrong byte
    ],
)
async def test_wrong_charsets(server: Server, fetcher: WebClient, told: str, body: bytes, text: str) -> None:
    kind = f"text/html; charset={told}" if told else "text/html"
    answer = await fetcher.page(server.on("/", reply(body, kind=kind)))
    assert text in answer.text
    assert not answer.text.startswith("\ufeff")


_UNLABELED = {
    "gb18030": "北京市政府周三宣布，新的地铁线路将于下个月开通，全长三十二公里，共设十八个车站。",
    "big5": "台北市政府週三宣布，新的捷運路線將於下個月通車，全長三十二公里，共設十八個車站。",
    "shift_jis": "東京都は水曜日、新しい地下鉄路線を来月開業すると発表した。全長は三十二キロである。",
    "euc-jp": "東京都は水曜日、新しい地下鉄路線を来月開業すると発表した。全長は三十二キロである。",
    "cp949": "서울시는 수요일 새로운 지하철 노선이 다음 달 개통된다고 발표했다. 18개 역이 설치된다.",
    "cp1251": "Мэрия Москвы в среду объявила, что новая линия метро откроется в следующем месяце.",
    "koi8-r": "Мэрия Москвы в среду объявила, что новая линия метро откроется в следующем месяце.",
    "cp1250": "Urząd miasta ogłosił w środę, że nowa linia metra zostanie otwarta w przyszłym miesiącu.",
    "iso-8859-2": "Urząd miasta ogłosił w środę, że nowa linia metra zostanie otwarta w przyszłym miesiącu.",
    "cp1253": "Ο δήμος ανακοίνωσε την Τετάρτη ότι η νέα γραμμή του μετρό θα ανοίξει τον επόμενο μήνα.",
    "cp1254": "Belediye çarşamba günü yeni metro hattının gelecek ay açılacağını duyurdu. Başkan söyledi.",
    "cp1255": "העירייה הודיעה ביום רביעי כי קו המטרו החדש ייפתח בחודש הבא. אורכו שלושים ושניים קילומטרים.",
    "cp1256": "أعلنت البلدية يوم الأربعاء أن خط المترو الجديد سيفتتح الشهر المقبل وسيضم ثماني عشرة محطة.",
    "iso2022_jp": "東京都は水曜日、新しい地下鉄路線を来月開業すると発表した。全長は三十二キロである。",
    "cp1252": "Kommunen meddelade på onsdagen att den nya tunnelbanelinjen öppnar nästa månad.",
}


@pytest.mark.parametrize("encoding", _UNLABELED)
@pytest.mark.parametrize("label", ["", "utf-8"])
async def test_the_encoding_of_a_page_without_a_right_label_is_guessed(
    server: Server, fetcher: WebClient, encoding: str, label: str
) -> None:
    text = _UNLABELED[encoding]
    body = f"<html><head><script>var a = 'x';</script></head><body><nav>Home</nav><p>{text}</p></body></html>"
    kind = f"text/html; charset={label}" if label else "text/html"
    answer = await fetcher.page(server.on("/", reply(body.encode(encoding), kind=kind)))
    # The worker guesses, not the process that fetches.
    assert answer.charset == ("iso2022_jp" if encoding == "iso2022_jp" else "")
    assert text in answer.text


def test_vietnamese_with_its_tones_as_characters_is_recognized() -> None:
    text = "Thủ tướng Chính phủ đã ký quyết định phê duyệt quy hoạch phát triển đường sắt."
    body = b"".join(map(_windows_1258, text))
    assert unicodedata.normalize("NFC", body.decode(encodings.detect_encoding(b"<p>" + body))) == text


def _windows_1258(letter: str) -> bytes:
    """Return a letter in windows-1258, which has tones, and letters with all other marks."""
    for tone in ("", *"\u0300\u0301\u0303\u0309\u0323"):
        if not tone or tone in unicodedata.normalize("NFD", letter):
            base = (
                unicodedata.normalize("NFC", unicodedata.normalize("NFD", letter).replace(tone, "")) if tone else letter
            )
            with contextlib.suppress(UnicodeEncodeError):
                return (base + tone).encode("cp1258")
    raise AssertionError(letter)


@pytest.mark.parametrize("text", ["One café.", "It’s “the new line” – at last. £30 more.", "Ça va, élève?"])
def test_few_letters_beyond_ascii_are_western(text: str) -> None:
    body = f"<p>Some more text without any of them.<p>{text}".encode("cp1252")
    assert text in body.decode(encodings.detect_encoding(body))


@pytest.mark.parametrize("kind", ['text/html; charset="windows-1251"', "TEXT/HTML;x=y;Charset = windows-1251 ; a=b"])
async def test_a_charset_in_every_spelling(server: Server, fetcher: WebClient, kind: str) -> None:
    answer = await fetcher.page(server.on("/", reply(RUSSIAN.encode("cp1251"), kind=kind)))
    assert (answer.charset, answer.text) == ("cp1251", RUSSIAN)


@pytest.mark.parametrize(
    "label",
    ["utf-7", "unicode_escape", "rot13", "base64", "idna", "hz-gb-2312", "iso-2022-kr", "replacement", "", "x" * 99],
)
def test_unusable_labels(label: str) -> None:
    assert encodings.codec_for_label(label) == ""


_SUPPORTED = [label for label, name in LABELS.items() if name not in {"replacement", "x-user-defined"}]


def test_every_standard_label_has_a_codec() -> None:
    for label in _SUPPORTED:
        codec = encodings.codec_for_label(label.upper())
        assert b"".decode(codec) == ""  # which refuses what is no encoding of text
        assert encodings.codec_for_label(codec) == codec


@given(st.binary(), st.sampled_from([*_SUPPORTED, "", "utf-7"]), st.booleans())
@example(b"\x81\x8d\x8f\x90\x9d", "", True)
@example(b"<meta charset=" + b"\xff" * 80, "utf-8", True)
def test_any_bytes_can_be_decoded(body: bytes, told: str, markup: bool) -> None:
    body.decode(encodings.detect_encoding(body, told, markup=markup), "replace")


@given(st.text())
def test_undeclared_utf_8_is_detected(text: str) -> None:
    assert encodings.detect_encoding(text.encode("utf-8", "replace"), "", markup=False) in {
        "utf-8",
        "utf-16-le",
        "utf-16-be",
    }
