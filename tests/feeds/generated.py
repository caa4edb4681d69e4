"""Generated feeds: the elements that feeds use, in any order, number and nesting, with text of every kind."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr  # noqa: TID251 – a test may take the memory

from hypothesis import strategies as st

NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "atom": "http://www.w3.org/2005/Atom",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "georss": "http://www.georss.org/georss",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "own": "http://example.org/own",
}

TEXTS = st.sampled_from([
    "", " ", "Plain words", "  padded\n lines ", "Tom & Jerry", "Tom &amp; Jerry", "a < b", "<b>Bold</b> text",
    "<p>One</p><p>Two <a href='/x'>link</a></p>", "&lt;i&gt;twice&lt;/i&gt;", "Ünï&eacute;code — 日本", "caf\u00c3\u00a9",
    "\u0093quoted\u0094", "5 &lt; 6 &unknown; &copy;", "<custom>tag</custom>", "<script>alert(1)</script>x", "&#8217;s",
    "]]", "x" * 700, "<img src='a.png'/>", "ann@example.org (Ann Lee)", "Ann Lee <ann@example.org>", "Ann, Bob",
    "one, two,, three", "0:31:02", "1234",
]) | st.text("ab <>&;é\u2028", max_size=8)  # fmt: skip
DATES = st.sampled_from([
    "Mon, 25 May 2020 04:45:26 +0000", "2020-05-25T04:45:26Z", "2020-05-25T04:45:26.5+02:00", "2020-05-25", "",
    "Mon, May 25 2020 04:45:26 EST", "Mo, 25 Mai 2020 04:45:26 +0200", "not a date", "25 May 20", "2004-02-30T10:00:00",
])  # fmt: skip
ADDRESSES = st.sampled_from([
    "https://example.org/a", "http://Example.org/a?b=1&c=2", "/relative", "page.html", "//host.example/x", "", "#top",
    "mailto:ann@example.org", "https://example.org/ü x", "tag:example.org,2020:1", "urn:uuid:1", "id 7", "javascript:x",
    "https://example.org/?a=1&amp;b=2", "https:///example.org/three",
])  # fmt: skip
TYPES = st.sampled_from(
    ["text", "html", "xhtml", "text/html", "text/plain", "TEXT/HTML", "image/png", "audio/mpeg", "video/mp4"]
)
NUMBERS = st.sampled_from(["1", "300", "0", "x", "1,024", "-1", ""])


def element(
    name: str, content: st.SearchStrategy[str] = TEXTS, **attributes: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    """Generate an element with text, as characters or CDATA, and some of the attributes."""
    chosen = st.fixed_dictionaries(
        {}, optional={key.replace("__", ":").rstrip("_"): value for key, value in attributes.items()}
    )

    def build(parts: tuple[dict[str, str], str, bool]) -> str:
        given, text, is_cdata = parts
        written = "".join(f" {key}={quoteattr(value)}" for key, value in given.items())
        inner = f"<![CDATA[{text}]]>" if is_cdata and "]]>" not in text else escape(text)
        return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"

    return st.tuples(chosen, content, st.booleans()).map(build)


def around(name: str, *inner: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    """Generate an element with other elements in it, in any order."""
    return st.lists(st.one_of(*inner), max_size=most).map(lambda parts: f"<{name}>\n{' '.join(parts)}\n</{name}>")


PERSON = (element("name"), element("email"), element("uri", ADDRESSES))
ATOM_PERSON = tuple(element(f"atom:{each}") for each in ("name", "email", "uri"))
MEDIA = (
    element("media:content", st.just(""), url=ADDRESSES, type=TYPES, medium=st.sampled_from(["image", "video"]),
            width=NUMBERS, height=NUMBERS, fileSize=NUMBERS, duration=NUMBERS),
    element("media:thumbnail", st.just(""), url=ADDRESSES, width=NUMBERS),
    element("media:title", type=TYPES),
    element("media:description", type=TYPES),
    element("media:credit", role=TEXTS),
    element("media:keywords"),
    element("media:category", scheme=ADDRESSES, label=TEXTS),
    element("media:rating"),
    element("media:player", st.just(""), url=ADDRESSES),
)  # fmt: skip
SHARED = (
    *MEDIA,
    around("media:group", *MEDIA, around("media:content", *MEDIA)),
    element("dc:creator"), element("dc:date", DATES), element("dc:subject"), element("dc:title"), element("dc:language"),
    element("dc:description"), element("dc:publisher"), element("dc:rights"), element("dcterms:modified", DATES),
    element("dcterms:issued", DATES), element("itunes:author"), element("itunes:summary"), element("itunes:subtitle"),
    element("itunes:duration"), element("itunes:explicit"), element("itunes:keywords"),
    element("itunes:image", st.just(""), href=ADDRESSES), element("itunes:title"), element("itunes:episode", NUMBERS),
    element("slash:comments", NUMBERS), element("wfw:commentRss", ADDRESSES), element("thr:total", NUMBERS),
    element("georss:point"), element("feedburner:origLink", ADDRESSES), element("own:thing", size=NUMBERS),
    element("creativeCommons:license", ADDRESSES), element("podcast:transcript", url=ADDRESSES),
    around("own:group", element("own:inner"), element("title")), element("unknown"), element("comments", ADDRESSES),
    element("podcast:person", role=TEXTS), st.just("<!-- a comment -->"), st.just("<?target data?>"),
    element("title"), element("title", type=TYPES), element("rights"), element("site"),
    st.just('<site xmlns="com-wordpress:feed-additions:1">123</site>'),
)  # fmt: skip
LINKS = (
    element("link", st.just(""), href=ADDRESSES, type=TYPES, title=TEXTS, length=NUMBERS,
            rel=st.sampled_from(["alternate", "self", "enclosure", "related", "via", "edit"])),
    element("category", st.just(""), term=TEXTS, label=TEXTS, scheme=ADDRESSES),
)  # fmt: skip
RSS_ITEM = (
    *SHARED,
    element("link", ADDRESSES), element("guid", ADDRESSES, isPermaLink=st.sampled_from(["true", "false"])),
    element("pubDate", DATES), element("description"), element("content:encoded"), element("author"),
    element("category", domain=ADDRESSES), element("enclosure", st.just(""), url=ADDRESSES, type=TYPES, length=NUMBERS),
    element("source", url=ADDRESSES), around("atom:author", *ATOM_PERSON), element("atom:updated", DATES),
    element("atom:link", st.just(""), href=ADDRESSES, rel=st.sampled_from(["self", "related"])), element("image", ADDRESSES),
    around("image", element("url", ADDRESSES), element("title")), st.just("<description>some <b>markup</b></description>"),
)  # fmt: skip
CHANNEL = (
    *SHARED,
    element("link", ADDRESSES), element("description"), element("language"), element("ttl", NUMBERS),
    element("pubDate", DATES), element("lastBuildDate", DATES), element("managingEditor"), element("webMaster"),
    element("generator"), element("category", domain=ADDRESSES), element("sy:updatePeriod"), element("copyright"),
    around("image", element("url", ADDRESSES), element("title"), element("link", ADDRESSES), element("width", NUMBERS),
           element("description")),
    around("textInput", element("title"), element("name"), element("link", ADDRESSES)),
    around("itunes:owner", element("itunes:name"), element("itunes:email")),
    element("atom:link", st.just(""), href=ADDRESSES, rel=st.sampled_from(["self", "hub", "alternate"]), type=TYPES),
    around("itunes:category", element("itunes:category", st.just(""), text=TEXTS)),
    element("itunes:category", st.just(""), text=TEXTS), element("itunes:new-feed-url", ADDRESSES),
    around("skipHours", element("hour", NUMBERS)), around("skipDays", element("day", st.sampled_from(["Monday", "x"]))),
    element("cloud", st.just(""), domain=TEXTS),
)  # fmt: skip
XHTML = st.sampled_from([
    '<div xmlns="http://www.w3.org/1999/xhtml"><p>One &amp; <b>two</b><br/></p> tail</div>',
    '<x:div xmlns:x="http://www.w3.org/1999/xhtml"><x:a href="a?b&amp;c" title="&quot;it&#39;s">l</x:a></x:div>',
    '<div xmlns="http://www.w3.org/1999/xhtml">a</div><div xmlns="http://www.w3.org/1999/xhtml">b</div>',
    '<p xmlns="http://www.w3.org/1999/xhtml">no div</p>', "only text &lt;b&gt;", "<div>without a namespace</div>",
    '<div xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"><title>t</title></svg></div>',
    '\n <div xmlns="http://www.w3.org/1999/xhtml" class="c">\n<pre> kept </pre>\n</div>\n',
])  # fmt: skip
ATOM_SHARED = (
    *SHARED, *LINKS,
    element("id", ADDRESSES), element("updated", DATES), element("subtitle", type=TYPES),
    around("author", *PERSON, element("own:image", st.just(""), rel=TEXTS)), around("contributor", *PERSON),
    element("link", st.just(""), href=ADDRESSES),
)  # fmt: skip
ATOM_ENTRY = (
    *ATOM_SHARED,
    element("published", DATES), element("summary", type=TYPES), element("content", type=TYPES, src=ADDRESSES),
    element("content", type=TYPES, xml__base=ADDRESSES, xml__lang=st.sampled_from(["de", "en_GB", ""])),
    XHTML.map(lambda inner: f'<content type="xhtml">{inner}</content>'),
    XHTML.map(lambda inner: f'<title type="xhtml">{inner}</title>'),
    XHTML.map(lambda inner: f'<summary type="xhtml">{inner}</summary>'),
    around("source", element("title"), element("id", ADDRESSES), *LINKS, element("updated", DATES), around("author", *PERSON)),
)  # fmt: skip
ATOM_FEED = (*ATOM_SHARED, element("icon", ADDRESSES), element("logo", ADDRESSES), element("generator", uri=ADDRESSES))


def _many(inner: tuple[st.SearchStrategy[str], ...], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(*inner), max_size=most).map("".join)


def _namespaces(*default: str) -> str:
    return "".join([*default, *(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())])


def _parts(
    feed: tuple[st.SearchStrategy[str], ...], entry: tuple[st.SearchStrategy[str], ...]
) -> st.SearchStrategy[tuple[str, list[str], str]]:
    return st.tuples(_many(feed, 6), st.lists(_many(entry, 10), max_size=3), _many(feed, 2))


RSS = _parts(CHANNEL, RSS_ITEM).map(
    lambda parts: (
        f'<?xml version="1.0"?>\n<rss version="2.0"{_namespaces()}><channel>{parts[0]}'
        f"{''.join(f'<item>{each}</item>' for each in parts[1])}{parts[2]}</channel></rss>"
    )
)
ROOT_ATTRIBUTES = st.sampled_from(["", ' xml:lang="en_US"', ' xml:base="https://example.net/base/"', ' lang="fr"'])
ENTRY_ATTRIBUTES = st.sampled_from(["", "", ' xml:lang="de"', ' xml:base="sub/"'])
ATOM = st.tuples(ROOT_ATTRIBUTES, ENTRY_ATTRIBUTES, _parts(ATOM_FEED, ATOM_ENTRY)).map(
    lambda parts: (
        f'<feed xmlns="http://www.w3.org/2005/Atom"{_namespaces()}{parts[0]}>{parts[2][0]}'
        f"{''.join(f'<entry{parts[1]}>{each}</entry>' for each in parts[2][1])}{parts[2][2]}</feed>"
    )
)
RDF = _parts(CHANNEL, RSS_ITEM).map(
    lambda parts: (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        f"{_namespaces()}><channel rdf:about='x'>{parts[0]}<image rdf:resource='i'/><items><rdf:Seq><rdf:li "
        f"rdf:resource='r'/></rdf:Seq></items></channel><image><url>https://example.org/i.png</url></image>"
        f"{''.join(f'<item rdf:about={chr(34)}https://example.org/{n}{chr(34)}>{each}</item>' for n, each in enumerate(parts[1]))}"
        "</rdf:RDF>"
    )
)
