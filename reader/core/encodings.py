"""Which character encoding a page is in (pure).

Asked in this order: byte order mark, the server, the page itself, then whether it is
UTF-8, and at last cp1252, which is what unmarked pages are in browsers. Labels mean
what the Encoding Standard of the WHATWG says, not what Python's codecs of that name do:
a page that says ``iso-8859-1`` is in cp1252. Only encodings of that standard count, so
no label leads to a codec such as ``utf-7`` or ``unicode_escape``.
"""

from __future__ import annotations

import re

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HEAD = 4096
"""Bytes in which a page may say its encoding; the HTML standard asks for 1,024, and many need more."""
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/][^>]{0,1024}?charset\s*=\s*[\"']?\s*([^\s\"'/>;]{1,64})", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]{0,256}?encoding\s*=\s*[\"']([^\"']{1,64})", re.IGNORECASE)

# Encoding Standard, 4.2: labels whose encoding Python names otherwise, or takes for another one.
_LABELS = {
    label: codec
    for codec, labels in {
        "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
        "utf-16-le": "utf-16 utf-16le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff",
        "utf-16-be": "utf-16be unicodefffe",
        "cp1252": (
            "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
            "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252"
        ),
        "cp1254": (
            "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
            "windows-1254 x-cp1254"
        ),
        "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
        "iso8859_8": (
            "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 "
            "iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical"
        ),
        "iso8859_6": (
            "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i "
            "iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"
        ),
        "iso8859_7": (
            "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
            "iso_8859-7:1987 sun_eu_greek"
        ),
        "iso8859_5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
        "iso8859_2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
        "iso8859_3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
        "iso8859_4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
        "iso8859_10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
        "iso8859_13": "iso-8859-13 iso8859-13 iso885913",
        "iso8859_14": "iso-8859-14 iso8859-14 iso885914",
        "iso8859_15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
        "iso8859_16": "iso-8859-16",
        "koi8_r": "cskoi8r koi koi8 koi8-r koi8_r",
        "koi8_u": "koi8-ru koi8-u",
        "cp866": "866 cp866 csibm866 ibm866",
        "cp1250": "cp1250 windows-1250 x-cp1250",
        "cp1251": "cp1251 windows-1251 x-cp1251",
        "cp1253": "cp1253 windows-1253 x-cp1253",
        "cp1255": "cp1255 windows-1255 x-cp1255",
        "cp1256": "cp1256 windows-1256 x-cp1256",
        "cp1257": "cp1257 windows-1257 x-cp1257",
        "cp1258": "cp1258 windows-1258 x-cp1258",
        "mac_roman": "csmacintosh mac macintosh x-mac-roman",
        "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
        "gb18030": (
            "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030"  # one superset
        ),
        "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
        "euc_jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
        "iso2022_jp": "csiso2022jp iso-2022-jp",
        "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
        "cp949": (
            "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"
        ),
    }.items()
    for label in (codec, *labels.split())  # its own name too: what is found here comes back as a label
}
_ONE_BYTE = ("cp125", "iso8859", "cp874", "cp866", "mac_", "koi8")


def codec_for_label(label: str) -> str:
    """Return the name of Python's codec for a label of the web; empty for one that the standard does not have."""
    return _LABELS.get(label.strip("\t\n\f\r ").lower(), "")


def detect_encoding(body: bytes, told: str = "", *, markup: bool = True) -> str:
    """Return the codec to decode ``body`` with, never failing.

    ``told`` is the label of the server; ``markup`` says whether the body may name one
    itself. A label that cannot be right, because the bytes cannot be so decoded, gives
    way to the next.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name
    labels = [codec_for_label(told), _own(body) if markup else ""]
    unicode = _decodes(body, "utf-8")
    for name in filter(None, labels):
        # Text that is not ASCII and yet valid UTF-8 is hardly ever anything else, whatever its server believes.
        if unicode and name.startswith(_ONE_BYTE) and not body.isascii():
            return "utf-8"
        if unicode if name == "utf-8" else _decodes(body, name):
            return name
    if unicode:
        return "utf-8"
    # Nothing fits. A page cut within a letter, or with a few bytes gone wrong, is still what it says it is.
    return next((name for name in filter(None, labels) if _nearly(body, name)), "") or (
        "utf-8" if _nearly(body, "utf-8") else "cp1252"
    )


def _own(body: bytes) -> str:
    """Return the codec that a page names itself (HTML standard, 13.2.3.2), or empty."""
    head = body[:_HEAD]
    found = _XML.match(head) or _META.search(_COMMENT.sub(b"", head))
    name = codec_for_label(found[1].decode("ascii", "replace")) if found else ""
    # Were it UTF-16, this could not have been read.
    return "utf-8" if name.startswith("utf-16") else name


def _decodes(body: bytes, name: str) -> bool:
    try:
        body.decode(name)
    except UnicodeError:
        return False
    return True


def _nearly(body: bytes, name: str) -> bool:
    """Whether at most one in twenty of the bytes beyond ASCII are wrong in ``name``."""
    beyond = sum(len(run) for run in re.findall(rb"[\x80-\xff]+", body))
    wrong = body.decode(name, "replace").count("\ufffd")
    return wrong * 20 <= beyond + 19
