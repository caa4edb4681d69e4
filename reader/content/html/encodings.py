"""Detects the character encoding of a page (pure).

The order is: byte order mark, the escape sequences of ISO-2022-JP, the label in the HTTP header, the label in the page,
UTF-8 if the bytes are valid UTF-8, and last a guess by the letters of the text. Labels mean what the WHATWG Encoding
Standard says (``iso-8859-1`` is cp1252), and only encodings of that standard count, so no label selects a codec such as
``utf-7`` or ``unicode_escape``.
"""

from __future__ import annotations

import re

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HEAD_BYTES = 4096
"""Bytes in which a page may declare its encoding. The HTML standard says 1,024, but many pages need more."""
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]{0,1024}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]{1,64})", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]{0,256}?encoding\s*=\s*[\"']([^\"']{1,64})", re.IGNORECASE)
_UNSUPPORTED = frozenset({"replacement", "x-user-defined"})
_CODECS_THAT_ARE_NOT_LABELS = {
    "utf-16-le", "utf-16-be", "mac-roman", "mac-cyrillic", "cp874", "iso8859-16", "euc_jp", "iso2022_jp", "big5hkscs",
    "cp932", "cp949",
}  # fmt: skip
"""Results of this module are passed on as labels when an extractor decodes the page again."""
_ISO_2022_JP = re.compile(rb"\x1b\$[@B](?:[!-~]{2})++\x1b\([BIJ]")
_SINGLE_BYTE = ("cp125", "iso8859", "cp874", "cp866", "mac-", "koi8")


def codec_for_label(label: str) -> str:
    """Return the name of Python's codec for an encoding label, or "" if the Encoding Standard does not have it."""
    import webencodings  # lazy: 5 ms, needed only where pages are decoded

    label = label.strip("\t\n\f\r ").lower()
    if label in _CODECS_THAT_ARE_NOT_LABELS:
        return label
    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name in _UNSUPPORTED:
        return ""
    if encoding.name == "gbk":
        return "gb18030"  # a superset, as browsers decode it
    return encoding.codec_info.name


def detect_encoding(body: bytes, declared: str = "", *, markup: bool = True) -> str:
    """Return the codec to decode ``body`` with; never fails.

    ``declared`` is the label in the HTTP header; ``markup`` is whether the body may contain a label. A label that
    cannot be right, because the bytes are not valid in it, is skipped.
    """
    found = declared_encoding(body, declared, markup=markup)
    if not found:
        from reader.content.html.encoding_guess import guess_encoding  # lazy: few pages need its library

        found = guess_encoding(body)
    return found


def declared_encoding(body: bytes, declared: str = "", *, markup: bool = True) -> str:
    """Return what :func:`detect_encoding` returns, but an empty string where it would guess, which takes longer."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name
    if _ISO_2022_JP.search(body) and body.isascii():
        return "iso2022_jp"
    labels = [name for name in (codec_for_label(declared), _label_in(body) if markup else "") if name]
    is_utf8 = _decodes(body, "utf-8")
    for name in labels:
        # Text beyond ASCII that is valid UTF-8 is almost never anything else, whatever its server says.
        if is_utf8 and name.startswith(_SINGLE_BYTE) and not body.isascii():
            return "utf-8"
        if is_utf8 if name == "utf-8" else _decodes(body, name):
            return name
    if is_utf8:
        return "utf-8"
    # Nothing fits. A page cut inside a character, or with a few wrong bytes, is still in the encoding it declares.
    return next((name for name in (*labels, "utf-8") if _nearly_decodes(body, name)), "")


def _label_in(body: bytes) -> str:
    """Return the codec that a page declares itself (HTML standard, 13.2.3.2), or ""."""
    head = body[:_HEAD_BYTES]
    found = _XML.match(head) or _META.search(_COMMENT.sub(b"", head))
    name = codec_for_label(found[1].decode("ascii", "replace")) if found else ""
    # In UTF-16 the declaration would not have been readable.
    return "utf-8" if name.startswith("utf-16") else name


def _decodes(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except UnicodeError:
        return False
    return True


def _nearly_decodes(body: bytes, name: str) -> bool:
    """Whether at most one in twenty of the bytes beyond ASCII is invalid in ``name``, and not all of them."""
    beyond_ascii = sum(len(run) for run in re.findall(rb"[\x80-\xff]+", body))
    wrong = body.decode(name, "replace").count("\ufffd")
    return wrong < beyond_ascii and wrong * 20 <= beyond_ascii + 19
