"""What pages put around and between an article's text, told by names of boxes and by lines. Pure.

Each pattern has to match a whole line (or a whole part of a name), in small letters, so
that a sentence that merely mentions a newsletter stays. What is here was seen on news
sites, blogs and shops of their themes; the order is of no importance.
"""

from __future__ import annotations

import re
from functools import lru_cache

from reader.core.text import clean

MAX_LINE = 400
"""Characters; a longer line is somebody's text."""


def _any(*patterns: str) -> str:
    return "(?:" + "|".join(patterns) + ")"


# --- names of boxes -----------------------------------------------------------------------------

_BOXES = (
    # consent
    r"cookies?(?:-(?:banner|bar|box|consent|law|layer|message|modal|notice|notification|overlay|policy|popup|wall))?",
    *("gdpr", "ccpa", "consent", "cmp", "onetrust", "didomi", "usercentrics", "cookiebot", "truste", "fc-consent"),
    # sharing, letters
    *("social", "share", "sharing", "addthis", "addtoany", "sharedaddy", "newsletter", "subscribe", "subscription"),
    *("signup", "sign-up", "mailing-?list", "opt-?in"),
    # other articles
    *(
        "related",
        "recommended",
        r"recommendations?",
        r"recirc\w*",
        "read-?more",
        "(?:also-?read|read-also)",
        "see-also-box",
    ),
    *("more-?(?:stories|from|news|articles)", "most-?(?:read|popular|viewed)", "trending", "popular-posts", "up-next"),
    *("you-?may-?(?:also-?)?like", "(?:next|prev|previous)-?(?:article|post|story)", "post-?navigation", "outbrain"),
    *("taboola", "zergnet", "yarpp", "jp-relatedposts", "teaser-?(?:list|box)"),
    # what readers say
    *("comments?", "commentlist", "comments?-?(?:list|area|section|form)", r"disqus\w*", "respond", "livefyre"),
    # the site
    *("breadcrumbs?", "pagination", "pager", "skip-?link", "toolbar", "tooltip", "print-?only", "noprint"),
    *("screen-reader-text", "sr-only", "visually-?hidden", "site-?(?:header|footer|nav)", "masthead", "page-?footer"),
    *("colophon", "copyright", "table-of-contents", "toc", "ez-toc-container", "feedback", "rating-?(?:box|widget)"),
    *(
        "was-this-helpful",
        "paywall",
        "regwall",
        "meter-banner",
        "foot(?:er)?",
        "nav(?:bar|igation)?",
        "menu",
        "side-?bar",
    ),
    *(
        "top-?bar",
        "bottom-?(?:bar|links)",
        "mw-editsection",
        "jump-(?:link|to-nav)",
        "reflist",
        "references",
        "catlinks",
    ),
    # advertisements
    *(r"advert\w*", "ads?", "ad-?(?:slot|unit|container|wrapper|banner|label)", "adsbygoogle", "sponsor(?:ed|ship)?"),
    *("promo(?:tion|box|ted)?", "dfp", "call-to-action", "pop-?up", "subscription-widget"),
    # what stands with a title
    *(
        "author-?(?:bio|box|info|card|profile|description)",
        "about-?(?:the-?)?author",
        "byline",
        "credits?",
        "bio",
        "(?:post|entry|article)-?meta",
    ),
    *("publish(?:ed)?-?date", "timestamp", "read(?:ing)?-?time", "tags", "tag-?(?:list|cloud|links)"),
    *("links-block", "topic-list", "headerlink", "(?:post|entry)-?tags", "cat-links", "topics-list"),
)
_COMMENT_BOXES = (
    *("comments?-?(?:list|area|section|thread|wrapper|container|block|box)?", "commentlist", r"disqus\w*", "respond"),
    *("reader-?comments", "article-?comments", "post-?comments", "livefyre"),
)
_OVERLAYS = (
    *("cookies?-?(?:banner|bar|box|consent|law|layer|message|modal|notice|overlay|popup|wall)", r"gdpr(?:-\w+)*"),
    *(
        r"consent(?:-\w+)*",
        r"cmp(?:-\w+)*",
        r"onetrust(?:-\w+)*",
        r"didomi(?:-\w+)*",
        r"usercentrics(?:-\w+)*",
        "fc-consent",
    ),
)
_STANDFIRSTS = (
    "standfirst",
    "dek",
    "deck",
    "lede",
    "chapeau",
    "sapo",
    "strapline",
    "sub-?head(?:line|ing)?",
    "sub-?title",
    "vorspann",
)
_STANDFIRST = re.compile(rf"(?:^|[ -]){_any(*_STANDFIRSTS)}(?:$| )")
_UNSEEN = re.compile(r"(?:^|[ -])(?:screen-reader-text|sr-only|visually-?hidden|print-?only)(?:$|[ -])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTING = re.compile(r"[-_:]+")
_NAME = re.compile(rf"(?:^|[ -]){_any(*_BOXES)}(?:$|[ -]|\d)")
_LARGE = re.compile(rf"(?:^| ){_any(*_COMMENT_BOXES, *_OVERLAYS)}(?: |$)")


@lru_cache(maxsize=4096)
def is_boilerplate_name(names: str) -> bool:
    """Whether a class or id is that of a box that is no part of an article."""
    return bool(_NAME.search(_plain(names)))


@lru_cache(maxsize=4096)
def is_screen_reader_only(names: str) -> bool:
    """Whether a class is that of text which is not shown, but read aloud."""
    return bool(_UNSEEN.search(_plain(names)))


@lru_cache(maxsize=4096)
def is_large_boilerplate_name(names: str) -> bool:
    """Whether a class or id is that of a box that may well be longer than the article: comments, walls of consent."""
    return bool(_LARGE.search(_plain(names)))


@lru_cache(maxsize=4096)
def is_standfirst_name(names: str) -> bool:
    """Whether a class is that of what stands between a heading and the text, and belongs to the text."""
    return bool(_STANDFIRST.search(_plain(names)))


def _plain(names: str) -> str:
    """Return names in one spelling: small letters, parts joined by hyphens, blanks between."""
    return " ".join(_PARTING.sub("-", _CAMEL.sub("-", names[:1_000])).lower().split())


# --- lines --------------------------------------------------------------------------------------

_SITES = (
    *("facebook", "twitter", "x", "whatsapp", "linkedin", "reddit", "pinterest", "telegram", "flipboard", "pocket"),
    *("instagram", "youtube", "tiktok", "mastodon", "bluesky", "threads", "wechat", "weibo"),
)
_BUTTONS = (
    *("share", "tweet", "print", "e-?mail", "save", "bookmark", "copy link", "link copied!?", "comments?", "like"),
    *("follow", "subscribe", "sign up", "log in", "sign in", "menu", "search", "listen", "close", "reply", "report"),
    *("permalink", "top", "back to top", "teilen", "drucken", "merken", "kommentieren", "partager", "imprimer"),
    *("compartir", "imprimir", "поделиться", "分享", "シェア", "ツイート", "شارك", "साझा करें"),
)
_LINES = (
    # advertisements
    *("advertise?ments?", "advertorial", "anzeige", "werbung", "publicité", "publicidad", "реклама", "广告", "廣告"),
    *(
        "広告",
        "إعلان",
        "विज्ञापन",
        r"sponsored(?: (?:content|by\b.*))?",
        r"(?:story|article) continues (?:below|after).*",
    ),
    *("continue reading(?: below)?.*", "scroll to continue.*", "skip (?:to|past) .*"),
    # buttons
    *(
        f"(?:please )?{_any(*_BUTTONS)}",
        r"(?:share|tweet|print|e-?mail|save|pin|post)(?: (?:this|on|via|to|it)\b.{0,60})",
    ),
    rf"(?:{_any('share', 'tweet', 'print', 'e-?mail', 'pin', 'save', 'copy link', *_SITES)}[\s,|/·•+\d]*)+",
    # other articles
    r"(?:read|see|watch|listen|learn) (?:more|also|next)(?:\s*(?:[:：»>→…|].{0,180}|here\b.{0,40}|))",
    r"(?:read|see|watch|listen|learn) (?:more|also) (?:about|on|from|in|at) .{0,100}(?<!\.)",
    r"(?:also|must) (?:read|see|watch)\s*[:：»>→|-].{0,180}",
    r"(?:related|recommended|more on this|more stories|see also|further reading)\s*[:：].{0,200}",
    r"(?:lesen sie auch|mehr zum thema|(?:à )?lire aussi|lea también|leer más)\s*[:：»>→].{0,180}",
    r"(?:leggi anche|lees ook|leia (?:também|mais))\s*[:：»>→].{0,180}",
    r"(?:читайте также|相关阅读|延伸阅读|推荐阅读|相關新聞|関連記事)\s*[:：»>→].{0,180}",
    r"(?:あわせて読みたい|اقرأ أيضا|यह भी पढ़ें)\s*[:：»>→].{0,180}",
    # letters, accounts, other places
    r"(?:sign up|subscribe|register)\b.{0,60}\b(?:newsletters?|mailing list|e-?mail alerts?|inbox|briefing)\b.{0,120}",
    r"(?:sign up|subscribe|register)\b.{0,60}\b(?:free trial|to (?:continue|read))\b.{0,120}",
    r"(?:get|receive|join)\b.{0,80}\b(?:newsletters?|(?:to|in) your inbox|straight to your)\b.{0,120}",
    rf"(?:follow|find|like|join) (?:us|me|him|her|them|@\w+)\b.{{0,120}}\b{_any(*_SITES)}\b.{{0,60}}",
    r"(?:download|get) (?:our|the) (?:free )?app\b.{0,100}",
    # consent
    r"(?:we|this (?:web)?site) uses? cookies\b.{0,300}",
    "(?:accept|reject|manage) (?:all )?(?:cookies|preferences)",
    # comments, tags
    r"(?:\d+|no|leave a|add a|post a|write a|view|show|see all) (?:comments?|reply|replies)",
    r"join the (?:conversation|discussion)",
    r"(?:filed under|tags?|topics?|categories|category|posted in|schlagwörter|теги|标签|タグ)\s*[:：].{0,200}",
    # rights
    *(r"(?:©|\(c\)|copyright)\s.{0,160}", "all rights reserved.{0,80}", "alle rechte vorbehalten.{0,80}"),
    # who else was at it
    r"(?:责任编辑|责编|编辑|編輯|責任編輯|来源|來源|출처|편집)\s*[:：].{0,40}",
    # waiting, programs
    *(r"loading\s*(?:\.\.\.|…)?", r"please wait\s*(?:\.\.\.|…)?", r"this video (?:is not|cannot|can't)\b.{0,120}"),
    r"(?:please enable|enable) javascript\b.{0,100}",
    # pictures
    r"(?:photo(?:graph)?|image|picture|foto|bild)s?(?: (?:credit|by|courtesy(?: of)?))?\s*[:：]\s*\S.{0,80}",
    # turning pages
    r"(?:was this (?:article|page|story) helpful|did you find this).{0,60}",
    r"(?:previous|next)(?: (?:article|post|story|page))(?:\s*[:：»›→«‹←].{0,100})?",
    *(r"(?:click|tap) here (?:to|for)\b.{0,120}", r"\d+ of \d+", r"\d+\s*/\s*\d+"),
    # how long it takes
    r"\d+\s*(?:-\s*)?min(?:ute)?s?\.?\s*(?:read|lesezeit|de lecture|de lectura)",
    r"(?:reading time|lesezeit)\b.{0,24}",
)
_LINE = re.compile(_any(*_LINES), re.IGNORECASE)

_HEADINGS = (
    r"related(?: (?:articles?|stories|posts?|news|content|links?|topics?|reading|coverage|videos?|products?))?",
    "recommended(?: (?:for you|stories|articles|reading|posts))?",
    r"more (?:from|stories|news|articles|on this|like this|to read|posts)\b.{0,60}",
    "you (?:may|might) (?:also )?(?:like|enjoy|be interested).{0,30}",
    *("read (?:next|more|also)", "up next", "what to read next", "most (?:read|popular|viewed|shared|commented)"),
    *(
        "popular(?: (?:posts|stories|now))?",
        "trending(?: now)?",
        "latest (?:news|stories|posts|articles)",
        "top stories",
    ),
    *("editor.?s picks?", "don.?t miss", r"share(?: (?:this|on|article|story|post|via)\b.{0,40})?"),
    *(r"comments?(?: \(?\d+\)?)?", r"\d+ (?:comments?|responses?|replies|thoughts)\b.{0,80}"),
    *("leave a (?:reply|comment|response)", "join the (?:conversation|discussion)", "post navigation"),
    *("about the authors?", "tags?", "newsletters?", "subscribe.{0,60}", r"sign up\b.{0,60}", "follow us.{0,40}"),
    *("mehr zum thema", "weitere (?:artikel|meldungen|themen)", "verwandte (?:artikel|themen)", "kommentare?"),
    *("das könnte (?:sie|dich) (?:auch )?interessieren", "sur le même (?:sujet|thème)", "(?:à )?lire aussi"),
    *("articles (?:liés|similaires)", "commentaires?", "noticias relacionadas", "artículos relacionados"),
    *("te puede interesar", "comentarios", "lea también", "leggi anche", "lees ook", "leia (?:também|mais)"),
    *("lesen sie auch", "читайте также", "похожие (?:статьи|материалы)", "комментарии", "по теме"),
    *("相关(?:新闻|阅读|文章|推荐)", "推荐阅读", "延伸阅读", "热门(?:新闻|文章)", "评论", "相關新聞"),
    *("関連(?:記事|ニュース)", "おすすめ(?:記事)?", "コメント", "人気記事", "あわせて読みたい"),
    *("مقالات ذات صلة", "اقرأ أيضا", "التعليقات", "संबंधित (?:खबरें|समाचार)", "यह भी पढ़ें", "टिप्पणियाँ"),
)
_HEADING = re.compile(rf"{_any(*_HEADINGS)}\s*[:：]?\s*[»>→…]?", re.IGNORECASE)
_EDGES = " .*-–—|•·»›→"


def is_boilerplate_line(text: str) -> bool:
    """Whether a line is one of those that pages put between the paragraphs of an article."""
    text = clean(text).strip(_EDGES)
    return len(text) < MAX_LINE and bool(_LINE.fullmatch(text))


def is_boilerplate_heading(text: str) -> bool:
    """Whether a line announces what comes behind an article: others like it, comments, buttons."""
    text = clean(text)
    return len(text) < 120 and bool(_HEADING.fullmatch(text))


# --- names and dates ----------------------------------------------------------------------------

_MONTHS = _any(
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "märz", "mai", "okt", "dez"),
    *("janv", "févr", "avr", "juin", "juil", "août", "enero", "abril", "agosto", "diciembre", "января", "февраля"),
    *("марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
_DATE = _any(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}",
    r"\d{4}年\s*\d{1,2}月\s*\d{1,2}日",
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:de\s+)?{_MONTHS}\w*\.?,?\s+(?:de\s+)?\d{{4}}",
    rf"{_MONTHS}\w*\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}",
)
_TIME = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\s*(?:[ap]\.?m\.?|uhr|h)?(?:\s*(?:[a-z]{2,5}|[+-]\d{2}:?\d{2}))?"
_TOLD = _any(
    *("(?:first |last )?(?:published|posted|updated|modified|created)", "veröffentlicht", "aktualisiert", "stand"),
    *("publié", "mis à jour", "publicado", "actualizado", "опубликовано", "发布(?:时间|于)?", "更新日?", "公開日?"),
)
_DAY = "(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_ONLY_DATE = re.compile(
    rf"(?:{_TOLD}\s*(?:on|at|am|le|el|:|：)?\s*)?(?:{_DAY}\.?,?\s+)?{_DATE}(?:\s*(?:,|at|um|à|\||-|–|—|·|•|T)?\s*{_TIME})?",
    re.IGNORECASE,
)
_ANY_DATE = re.compile(_DATE, re.IGNORECASE)
_PART_OF_NAME = r"[^\W\d_][\w.'’-]*"
_BYLINE = re.compile(
    rf"(?:[Bb]y|BY|Von|Par|Por|Di|Door)\s+{_PART_OF_NAME}(?:\s+(?:(?:and|und|et|y|&)\s+)?{_PART_OF_NAME},?){{0,8}}"
)
_BY = re.compile(
    r"(?:(?:written |story |reported |posted |text |words )?(?:by|von|par|por|di|door)\s*:?\s+"
    r"|(?:автор|作者|文|記者|记者|लेखक|بقلم)\s*[:：]?\s*)",
    re.IGNORECASE,
)


def is_date(text: str) -> bool:
    """Whether a line is a date, with or without a time and a word such as "Published", and nothing more."""
    return len(text) < 120 and bool(_ONLY_DATE.fullmatch(clean(text).strip(_EDGES)))


def is_byline(text: str) -> bool:
    """Whether a line is "By" and some names, and nothing more."""
    text = clean(text)
    found = len(text) < 80 and _BYLINE.fullmatch(text)
    return bool(found) and all(word[:1].isupper() or len(word) < 4 for word in text.split())


def has_date(text: str) -> bool:
    """Whether a date stands somewhere in a line."""
    return bool(_ANY_DATE.search(text[:MAX_LINE]))


def without_by(text: str) -> str:
    """Return a byline without the "By" before the name."""
    text = clean(text)
    found = _BY.match(text)
    return text[found.end() :] if found else text
