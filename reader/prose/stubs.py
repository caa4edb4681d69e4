"""Pages that stand in an article's place: pay walls, walls of consent, errors, checks for robots. Pure."""

from __future__ import annotations

import re

from reader.model import Extract
from reader.prose.decoding import decode
from reader.prose.tags import Token, tokens

MAX_WORDS = 250
"""A longer text is an article, whatever stands beside it."""

NO_ARTICLE = "has no article in it"
"""What is said of a page that is nothing in particular."""
_SEARCHED = 1_000_000
"""Characters of the page."""
_SHOWN = 100_000
"""Characters of what it says."""


def _compiled(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_ROBOTS = _compiled(
    *(r"just a moment\b", "attention required! *[|] *cloudflare", "are you (?:a )?(?:robot|human)", "robot or human"),
    "(?:verify|verifying|confirm|checking)(?: that)? (?:you are|you're|your browser|if the site connection)",
    *("ddos-?guard", "(?:unusual|suspicious) (?:traffic|activity)", "complete the (?:captcha|security check)"),
)
_ERRORS = _compiled(
    r"^(?:error|http)?[ :]*(?:40[0134]|410|429|451|50[0234])\b",
    r"^(?:\W|sorry|oops|error|hmm|we(?: are|.re)|\d{3})*(?:the |this |that )?(?:requested )?"
    r"(?:page|article|story|file|url)\b.{0,60}"
    r"\b(?:not (?:be )?found|gone|no longer (?:exists?|available)|does(?: not|n.t) exist)\b",
    r"^(?:not found|access denied|forbidden|bad gateway|service unavailable|internal server error|gone)\b",
    "seite (?:wurde )?nicht gefunden|page (?:introuvable|non trouvée)|página no encontrada|pagina non trovata",
    "страница не найдена|页面不存在|找不到(?:该|此)?(?:页面|網頁)|ページが見つかりません",
    "الصفحة غير موجودة|पेज नहीं मिला",
)
_SCRIPT = _compiled(
    r"\b(?:enable|turn on|requires?|needs?) javascript\b",
    r"javascript (?:is|to be) (?:disabled|required|enabled|turned off)",
)
_DO = "(?:subscribe|register|sign up|log ?in|sign in)"
_WORK = "(?:article|story|content)"
_PAY = _compiled(
    rf"\b{_DO} (?:now )?(?:to|and) (?:continue|keep|read|unlock|access|view|get unlimited)\b",
    r"\balready (?:a )?(?:subscriber|subscribed|member|have an account)\b",
    r"\b(?:subscribers?|members?|premium)[- ]only\b",
    rf"\bto (?:continue|keep) reading\b|\b(?:read|unlock|access) (?:the )?(?:full|rest of (?:the|this)|this) {_WORK}\b",
    rf"\b(?:this|the) {_WORK} is (?:for|only|exclusive|reserved|available (?:only|exclusively)|free for)\b",
    r"\b(?:start|begin) your (?:free )?trial\b",
    r"\byou(?:'ve| have) (?:reached|read|used) (?:your|all|the)\b.{0,40}\b(?:free|limit)\b",
    "artikel (?:ist|nur) (?:für|mit).{0,20}(?:abonnent|abo)|jetzt weiterlesen mit|réservé aux abonnés",
    "il vous reste .{0,12} à lire|para suscriptores|contenido exclusivo para|только для подписчиков",
    "会员专享|登录后(?:查看|阅读)|会員限定|有料会員|للمشتركين فقط",
)
_CONSENT = _compiled(
    r"\b(?:cookies?|consent|privacy|partners?|personal data|personali[sz]ed ads|datenschutz|données personnelles)\b",
)
_NOT_FREE = re.compile(r'"isAccessibleForFree"\s*:\s*"?false', re.IGNORECASE)


def stub(extract: Extract | None, source: bytes | str, charset: str = "") -> str:
    """Return what a page is that stands where the article should be, as the rest of a sentence; empty for an article.

    ``extract`` is what :func:`reader.prose.extract.extract` made of ``source``. The answer
    follows "the page": "is an error page", "asks for consent to cookies", and so on.
    """
    text = decode(source, charset)[:_SEARCHED]
    seen = _seen(text)
    if extract is None:
        return _reason("", seen, seen[:3_000], text) or NO_ARTICLE
    if extract.words > MAX_WORDS:
        return ""
    return _reason(extract.title, seen, extract.markdown, text)


def _seen(page: str) -> str:
    """Return what a page says, its title and what it has for readers without scripts included; in linear time."""
    said: list[str] = []
    length = 0
    for token in tokens(page):
        text = ""
        if token.kind == "text":
            text = token.text
        elif token.text in ("head", "noscript"):
            text = _seen_inside(token.inner)
        said.append(text)
        length += len(text)
        if length > _SHOWN:
            break
    return " ".join(" ".join(said).split())[:_SHOWN]


def _seen_inside(source: str) -> str:
    found = tokens(source[:_SHOWN])
    return " ".join(token.inner if token.text == "title" else token.text for token in found if _is_shown(token))


def _is_shown(token: Token) -> bool:
    return token.kind == "text" or token.text == "title"


def _reason(title: str, seen: str, article: str, source: str) -> str:
    """Return why a page with little text is none that was looked for."""
    begin = f"{title}\n{article[:400]}"
    if _ROBOTS.search(begin):
        return "asks to prove that one is no robot"
    if any(_ERRORS.search(line.strip(" #*")) for line in begin.split("\n")[:4]):
        return "is an error page"
    if len(_CONSENT.findall(article)) > 3:
        return "asks for consent to cookies"
    if _NOT_FREE.search(source) or _PAY.search(seen):
        return "shows no more without a subscription or an account"
    if _SCRIPT.search(article):
        return "asks for JavaScript"
    return ""
