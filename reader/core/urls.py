"""URLs: which ones may be opened, fetched or shown, and when two are the same.

The URLs in documents and pages were written by strangers, and end up as an argument of a program, in a request, on
the screen and in the clipboard. :func:`safe_url` is the one gate for them, as :mod:`reader.core.text` is for text. It
parses a URL by the grammar of RFC 3986 itself, not with ``urlsplit``, which silently removes tabs and line breaks,
and refuses wherever that grammar and browsers would disagree about which host is meant.

Pure: nothing here resolves a name or touches the network. In particular, an address of this machine or of the local
network is valid; the web client checks that when it connects.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from reader.core.errors import ReaderError
from reader.core.hashing import hash_bytes
from reader.core.model import without_www
from reader.core.text import ELLIPSIS

MAX_CHARS = 8192
"""Longer URLs are refused. RFC 9110, 4.1 requires support for at least 8,000."""

# RFC 3986, appendix B, for the two schemes. ASCII, because a case-insensitive "s" would also match "ſ" (U+017F).
_PARTS = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#(.*))?", re.IGNORECASE | re.ASCII)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
# RFC 5890, 2.3.1 forbids "_", and "-" at the ends of a label, but such hosts exist.
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # what IDNA takes as a dot: RFC 3490, 3.1
# ß, ẞ, ς, ZWNJ and ZWJ: IDNA 2003, all that the standard library has, replaces or drops them, whereas browsers
# keep them (UTS #46, 7). One spelling would thus open two different sites.
_DEVIATIONS = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")

# Everything except the characters of RFC 3986, 2.2 and 2.3. "#" cannot occur inside a part; "'" and "$" could end
# or expand in the quotes of a script between newsreader and the browser (wslview, for example).
_FOREIGN = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?@!&()*+,;=%\[\]]+")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
# URLs that are safe already, as most are; group 1 is everything after the host.
# Four dots at most keep a host below the 253 characters of _host().
_USUAL = re.compile(
    r"https?://[a-z0-9_-]{1,48}+(?:\.[a-z0-9_-]{1,48}+){0,4}+"
    r"((?:[/?][A-Za-z0-9\-._~:/?@!&()*+,;=\[\]]*+(?:%[0-9A-Fa-f]{2}[A-Za-z0-9\-._~:/?@!&()*+,;=\[\]]*+)*+)?+)"
)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# Controls, formats (bidi among them), surrogates, separators. Joiners shape words of Persian or Hindi slugs.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_HARMLESS = frozenset(" \u200c\u200d")

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Parameters that identify the way to a page, not the page.
_TRACKING_PREFIXES = ("utm_", "mtm_", "hsa_", "guce_", "bsft_")
_TRACKING_NAMES = (
    # Google: ads, merchant listings, analytics across domains
    "gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid srsltid _ga _gl "
    # Facebook and Instagram; Microsoft; X; TikTok; LinkedIn; Pinterest; Reddit; Snapchat; Yandex
    "fbclid fb_action_ids fb_action_types fb_source fb_ref igshid igsh msclkid ocid twclid __twitter_impression "
    "ttclid li_fat_id epik rdt_cid sccid yclid ymclid _openstat "
    # mail: Mailchimp, Marketo, HubSpot, Vero, Omeda, MailerLite, Drip, Klaviyo, ActiveCampaign
    "mc_cid mc_eid mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking vero_id vero_conv oly_anon_id "
    "oly_enc_id ml_subscriber ml_subscriber_hash __s _kx vgo_ee "
    # site statistics and campaigns: Adobe, Webtrends, AT Internet, Piwik, Alibaba, Yahoo, Branch
    "s_cid s_kwcid cmpid wt_mc wt.mc_id xtor at_medium at_campaign pk_campaign pk_kwd pk_source pk_medium "
    "piwik_campaign piwik_kwd spm guccounter _branch_match_id "
    # affiliates and recommendation boxes: Impact, Wicked Reports, Outbrain, Taboola
    "irclickid wickedid rb_clickid dicbo tblci"
)
_ROUTES = ("#/", "#!")
"""Starts of fragments that name a page, not a place in one."""
_EMPTY_ROUTES = frozenset({"#/", "#!", "#!/"})
"""Those that name the page which the URL names without them."""
_TRACKING = frozenset(_TRACKING_NAMES.split())


class _UrlParts(NamedTuple):
    """The parts of a URL in displayable form; a query begins with its ``?``, a fragment with its ``#``."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str

    def join(self) -> str:
        """Join the parts (RFC 3986, 5.3). Raises ReaderError if the result is too long."""
        port = "" if self.port is None else f":{self.port}"
        whole = f"{self.scheme}://{self.host}{port}{self.path}{self.query}{self.fragment}"
        if len(whole) > MAX_CHARS:
            raise _too_long()
        return whole


def safe_url(url: str) -> str:
    """Return the form of ``url`` that may be stored, shown, copied, opened and fetched.

    It starts with ``http://`` or ``https://``, has a host (lower case, ASCII by RFC 3490) and no user name or password,
    and contains only the ASCII characters of RFC 3986 without ``'`` and ``$``; all else is percent-encoded as UTF-8
    (RFC 3986, 2.1), while existing escapes stay. At most ``MAX_CHARS`` characters. White space around ``url`` is
    dropped. Idempotent.

    Raises ReaderError, which never quotes the URL: it may contain a password.
    """
    if _USUAL.fullmatch(url) and len(url) <= MAX_CHARS:
        return url
    return _parse(url).join()


def openable_url(url: str) -> str:
    """Return :func:`safe_url` of ``url``; "" if that refuses it."""
    try:
        return safe_url(url)
    except ReaderError:
        return ""


def canonical_url(url: str) -> str:
    """Return the form of ``url`` for comparing URLs; do not open it.

    As :func:`safe_url`, and: https instead of http; no default port, tracking parameter or dot at the host's end; no
    fragment, except one that routes (``#/…``, ``#!…``); ``/`` for an empty path; escapes in upper case, and none for
    unreserved characters (RFC 3986, 6.2.2 and 6.2.3). Other parameters keep order and spelling, and dot segments stay.
    Idempotent.

    Raises ReaderError as :func:`safe_url` does.
    """
    return _canonical(url, _USUAL.fullmatch(url))


def _canonical(url: str, usual: re.Match[str] | None) -> str:
    """Return the canonical form of ``url``; ``usual`` is its match with :data:`_USUAL`."""
    after_host = usual[1] if usual else ""
    if after_host.startswith("/") and "%" not in after_host and len(url) <= MAX_CHARS:
        if "?" in after_host:
            before, mark, after = url.partition("?")
            url = before + _without_tracking(mark + after)
        if url.startswith("https:"):
            return url
        if len(url) == MAX_CHARS:
            raise _too_long()
        return f"https{url[4:]}"
    parts = _parse(url)
    return parts._replace(
        scheme="https",
        host=parts.host.removesuffix("."),
        port=None if parts.port in {_DEFAULT_PORTS[parts.scheme], 443} else parts.port,
        path=_unescape(parts.path) or "/",
        query=_without_tracking(_unescape(parts.query)),
        fragment=_route(_unescape(parts.fragment)),
    ).join()


def _route(fragment: str) -> str:
    """Return a fragment that names a page, without one of text in it, or ""."""
    page = fragment.partition(":~:")[0]
    return page if page.startswith(_ROUTES) and page not in _EMPTY_ROUTES else ""


def request_url(url: str) -> str:
    """Return the form of ``url`` for a request.

    As :func:`safe_url`, but without fragment, which no request carries (RFC 9110, 7.1), and without tracking
    parameters; unlike :func:`canonical_url` it changes nothing that a server could treat as another page. Idempotent.

    Raises ReaderError as :func:`safe_url` does.
    """
    whole = safe_url(url).partition("#")[0]
    before, mark, after = whole.partition("?")
    return before + (_without_tracking(mark + after) if after else mark)


def article_id(url: str, place: bytes) -> str:
    """Return an article's id, 16 hexadecimal digits: from its URL, otherwise from its place.

    ``place`` (:meth:`reader.documents.resolve.ReadingOptions.place`) is used if ``url`` is empty or has no canonical
    form. Marks are stored under this id, so the result for a URL must never change.
    """
    return (_fingerprint(url) or hash_bytes(b"path:" + place, 8)).hex()


def article_key(url: str, place: bytes) -> int:
    """Return :func:`article_id` as a signed 64-bit number, for an INTEGER column of SQLite."""
    return int.from_bytes(_fingerprint(url) or hash_bytes(b"path:" + place, 8), "big", signed=True)


def previous_id(url: str, path: bytes) -> str:
    """Return the id that an article had in version 0.1: http was not https, and no fragment or folder counted."""
    try:
        scheme = _parse(url).scheme
        digest = hash_bytes((scheme + canonical_url(url).partition("#")[0][len("https") :]).encode("ascii"), 8)
    except ReaderError:
        digest = hash_bytes(b"path:" + path, 8)
    return digest.hex()


def url_key(url: str) -> int | None:
    """Return a signed 64-bit number for the canonical form of ``url``, or None if there is none.

    For an INTEGER column of SQLite, which is signed; the same bits as in :func:`article_id`.
    """
    return _key(url, _USUAL.fullmatch(url))


def safe_url_and_key(url: str) -> tuple[str, int | None]:
    """Return :func:`safe_url` of ``url`` and the :func:`url_key` of that. Raises ReaderError."""
    usual = _USUAL.fullmatch(url)
    if usual and len(url) <= MAX_CHARS:
        return url, _key(url, usual)
    safe = _parse(url).join()
    return safe, url_key(safe)


def _key(url: str, usual: re.Match[str] | None) -> int | None:
    try:
        canonical = _canonical(url, usual)
    except ReaderError:
        return None
    return int.from_bytes(hash_bytes(canonical.encode("ascii"), 8), "big", signed=True)


def display_host(url: str) -> str:
    """Return the host of ``url`` to show, without ``www.``, port and final dot; "" if the URL is refused.

    International names stay in their ``xn--`` form, in which look-alike letters cannot deceive.
    """
    try:
        return without_www(_parse(url).host.removesuffix("."))
    except ReaderError:
        return ""


def shorten_url(url: str, cells: int) -> str:
    """Return ``url`` shortened to ``cells`` cells: no scheme, no ``www.``, an ellipsis in the middle if necessary.

    Empty for URLs that :func:`safe_url` refuses.
    """
    try:
        shown = without_www(safe_url(url).partition("://")[2])
    except ReaderError:
        return ""
    # Safe URLs are ASCII, and the ellipsis takes one cell: characters are cells here.
    if len(shown) <= cells:
        return shown
    if cells <= 0:
        return ""
    head = cells // 2
    tail = cells - 1 - head
    return shown[:head] + ELLIPSIS + shown[len(shown) - tail :]


def _parse(url: str) -> _UrlParts:
    url = url.strip()
    if not url:
        raise ReaderError("The URL is empty.")
    if len(url) > MAX_CHARS:
        raise _too_long()
    if not url.isprintable() and any(unicodedata.category(c) in _HIDDEN and c not in _HARMLESS for c in url):
        raise ReaderError("The URL contains control, invisible or whitespace characters.")
    match = _PARTS.fullmatch(url)
    if match is None:
        raise ReaderError("Only URLs that start with http:// or https:// can be opened.")
    scheme, authority, path, query, fragment = match.groups()
    name, port = _authority(authority)
    return _UrlParts(
        scheme=scheme.lower(),
        host=name,
        port=port,
        path=_encode(path),
        query=_encode(query or ""),
        fragment="" if fragment is None else f"#{_encode(fragment)}",
    )


def _authority(authority: str) -> tuple[str, int | None]:
    """Return host and port of an authority (RFC 3986, 3.2)."""
    if "@" in authority:
        raise ReaderError("The URL contains a user name or a password.", "newsreader does not open such URLs.")
    # Browsers treat "\" as "/" and decode "%": they would open a different host.
    if "\\" in authority or "%" in authority:
        raise _bad_host()
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise ReaderError("The host or the port of the URL is not valid.")
    name, port = match[1], match[2]
    if not name:
        raise ReaderError("The URL has no host.")
    if port and not 1 <= int(port) <= 65535:
        raise ReaderError("The port of the URL is not between 1 and 65535.")
    return (_ipv6(name) if name.startswith("[") else _host(name)), (int(port) if port else None)


def _ipv6(literal: str) -> str:
    from ipaddress import AddressValueError, IPv6Address  # lazy: IPv6 addresses are rare

    try:
        IPv6Address(literal[1:-1])
    except AddressValueError as error:
        raise _bad_host() from error
    # Not normalized: str(IPv6Address) differs between Python versions, and article ids depend on it.
    return literal.lower()


def _host(name: str) -> str:
    if len(name) > 254:  # RFC 1035, 2.3.4, and a final dot; also keeps IDNA, which is slow on long names, short
        raise _bad_host()
    labels = _DOTS.split(name)
    root = labels.pop() if len(labels) > 1 and not labels[-1] else None
    labels = [label.lower() if label.isascii() else _ascii(label) for label in labels]
    # This also rejects dots and slashes produced by compatibility characters such as "․" and "℀".
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad_host()
    whole = ".".join(labels)
    if len(whole) > 253:
        raise _bad_host()
    return whole if root is None else f"{whole}."


def _ascii(label: str) -> str:
    if _DEVIATIONS.search(label):
        raise ReaderError(
            "The host name contains characters that different programs resolve to different sites.",
            'Use its "xn--" form.',
        )
    from encodings import idna  # imported late, as above

    try:
        return idna.ToASCII(label).decode("ascii").lower()
    except UnicodeError as error:
        raise _bad_host() from error


def _encode(part: str) -> str:
    if not _FOREIGN.search(part):
        return part
    from urllib.parse import quote  # lazy: most URLs are encoded already

    return _FOREIGN.sub(lambda found: quote(found[0], safe=""), part)


def _unescape(part: str) -> str:
    return _ESCAPE.sub(_plain_or_upper, part)


def _plain_or_upper(escape: re.Match[str]) -> str:
    char = chr(int(escape[1], 16))
    return char if char in _UNRESERVED else escape[0].upper()


def _without_tracking(query: str) -> str:
    """Return a query, with its ``?``, without tracking parameters; "" if no other is left."""
    kept = "&".join(parameter for parameter in query[1:].split("&") if not _tracks(parameter))
    return f"?{kept}" if kept else ""


def _tracks(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _fingerprint(url: str) -> bytes | None:
    try:
        return hash_bytes(canonical_url(url).encode("ascii"), 8)
    except ReaderError:
        return None


def _bad_host() -> ReaderError:
    return ReaderError("The host of the URL is not valid.")


def _too_long() -> ReaderError:
    return ReaderError(f"The URL is longer than {MAX_CHARS:,} characters.")
