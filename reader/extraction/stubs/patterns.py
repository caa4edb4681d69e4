"""How pages speak that stand in an article's place, in the languages of the web. Pure.

Of each kind there are names, which are such a page's whole title or heading; names that an article may
have as well; sentences that only such a page says to its reader; and words that merely fit. How much each
counts is decided in :mod:`reader.extraction.stubs.classify`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_NEVER = re.compile("(?!)")


@dataclass(frozen=True, slots=True)
class PageKind:
    """A kind of page; patterns of names match a whole line, the others are looked for."""

    reason: str
    """The rest of a sentence that begins with “the page”."""
    names: re.Pattern[str]
    vague: re.Pattern[str]
    statements: tuple[re.Pattern[str], ...]
    hints: re.Pattern[str]
    max_words_alone: int
    """Words; of a shorter text, one sentence is enough."""
    max_words: int = 250
    """Words; a longer text is an article, whatever it is called."""


_THING = "(?:page|article|story|file|url|content|document|post|item|resource|link)"
_NUMBER = r"(?:(?:http )?(?:error|fehler|erreur|fout|fel|błąd|erro|errore|hata|ошибка|错误)?[ :#-]*\d{3}\b[ :.,!–—-]*)"

_ERROR = PageKind(
    "is an error page",
    names=_any(
        rf"{_NUMBER}",
        *(
            rf"{_NUMBER}?(?:(?:sorry|oops|ouch|uh-?oh|whoops|hmm|ups|oups)\W+)?(?:{name})"
            for name in (
                rf"(?:(?:the|this|that|your) )?(?:requested )?{_THING}(?: you(?: are|.re)? (?:requested"
                rf"|looking for))? "
                r"(?:(?:was |is |could |can)?(?:not|n.t) (?:be )?(?:found|available|exist)|does(?: not|n.t) exist"
                r"|no longer (?:exists?|available)|is no longer (?:here|available)|(?:is )?(?:missing|gone"
                r"|unavailable)"
                r"|(?:has been |was )?(?:removed|deleted|taken down)|has (?:moved|expired))",
                r"we (?:can.?t|cannot|could(?: not|n.t)) find (?:that|the|this|your) page.*",
                "(?:file |page |url )?not found(?: on this server)?|nothing (?:was )?found(?: here)?",
                "(?:something|things) (?:went|has gone) wrong|an? (?:unexpected |unknown )?error (?:has )?occurred",
                r"bad (?:gateway|request)|gateway time-?out|service (?:temporarily )?unavailable|too many requests",
                r"internal (?:server )?error|(?:server|application|unexpected) error|request (?:blocked|rejected)",
                r"access (?:to this (?:page|site|resource) )?(?:has been |is )?(?:forbidden|blocked)|410 gone",
                "unauthori[sz]ed|permission denied|this site can.t be reached",
                # German, Dutch, the North
                r"(?:die |diese[rs]? |der )?(?:\w+ )?(?:seite|artikel|beitrag|inhalt) (?:wurde |konnte "
                r"|ist )?(?:leider )?"
                r"nicht (?:mehr )?(?:gefunden(?: werden)?|verfügbar|vorhanden)"
                r"|(?:die )?seite existiert nicht(?: mehr)?",
                "(?:es ist )?ein (?:\\w+ )?fehler(?: ist)? aufgetreten|zugriff verweigert|nicht gefunden",
                r"diese seite gibt es (?:leider )?nicht(?: mehr)?|da ist etwas schief ?gelaufen",
                "(?:de |deze )?(?:pagina|artikel) (?:is |werd |kon )?niet (?:meer )?(?:gevonden"
                "|beschikbaar)(?: worden)?",
                "deze pagina bestaat niet(?: meer)?|er is (?:een fout opgetreden|iets (?:mis|fout) ?gegaan)"
                "|niet gevonden",
                r"(?:sidan|artikeln) (?:du \w+ (?:efter )?)?(?:kunde inte hittas|hittades inte|finns inte(?: längre)?"
                r"|saknas)",
                "(?:ett )?fel (?:har )?(?:uppstått|inträffat|uppstod)|något gick fel",
                "(?:siden|artikkelen|artiklen) (?:ble ikke funnet|blev ikke fundet|finnes ikke|findes ikke"
                "|eksisterer ikke"
                "|kunne ikke findes|kan ikke vises)(?: lenger| længere)?|noe gikk galt|noget gik galt",
                "sivua ei (?:löydy|löytynyt)|jokin meni pieleen|tapahtui virhe",
                # Romance
                r"(?:la |cette |l.)?(?:page|article)(?: demandée?)?(?: est)? (?:introuvable|non trouvée?|inexistante?"
                r"|indisponible|supprimée?)|(?:la |cette )?page (?:demandée )?n.(?:existe (?:pas|plus)"
                r"|a pas été trouvée)",
                "une erreur (?:est survenue|s.est produite)|accès (?:refusé|interdit)",
                "(?:la )?página (?:solicitada )?no (?:encontrada|existe|disponible|se ha encontrado|fue encontrada)",
                "(?:ha ocurrido|se ha producido|ocurrió) un error|acceso denegado|algo salió mal",
                "(?:a )?página (?:solicitada )?não (?:foi )?(?:encontrada|existe|está disponível)|ocorreu um erro",
                "algo deu errado|acesso negado",
                "(?:la )?pagina (?:richiesta )?non (?:è stata )?(?:trovata|disponibile|esiste|esistente)",
                "si è verificato un errore|accesso negato|qualcosa è andato storto",
                "pagina nu (?:a fost găsită|există|poate fi găsită)|a apărut o eroare",
                # Slavic and others
                "nie znaleziono (?:takiej )?(?:strony|artykułu)|(?:ta )?strona (?:nie istnieje|nie została znaleziona)",
                "wystąpił (?:nieoczekiwany )?błąd|coś poszło nie tak|odmowa dostępu",
                "stránka (?:nebyla nalezena|nenalezena|neexistuje)|došlo k chybě",
                "(?:такой |эта )?страниц[аы] (?:не найдена|не существует|удалена|нет)|произошла ошибка",
                "что-то пошло не так|доступ (?:запрещ[её]н|закрыт)|ничего не найдено",
                "сторінк[ау] не (?:знайдено|існує)|сталася помилка",
                "(?:az )?oldal nem található|hiba történt|η σελίδα δεν βρέθηκε|παρουσιάστηκε σφάλμα",
                "(?:aradığınız )?sayfa (?:bulunamadı|mevcut değil)|bir hata oluştu|bir şeyler ters gitti"
                "|erişim engellendi",
                # East, South
                "(?:您(?:访问|請求|请求|查找)的)?(?:页面|网页|頁面|網頁|文章|内容)(?:不存在|未找到|找不到|没有找到"
                "|已(?:被)?[删刪]除)",
                "(?:找不到|未找到)(?:该|此|您要的|您访问的)?(?:页面|网页|頁面|網頁)|(?:抱歉，?)?出错了|访问被拒绝"
                "|系统错误",
                "(?:お探しの|ご指定の)?(?:ページ|記事)[がは](?:見つかりません(?:でした)?|存在しません|削除されました)",
                "エラーが発生しました|アクセスが拒否されました",
                "(?:요청하신 )?페이지를 찾을 수 없습니다|(?:존재하지 않는|삭제된) (?:페이지|기사)(?:입니다)?"
                "|오류가 발생했습니다",
                "(?:عذر[اً]+[،, ]*)?(?:لم يتم العثور على (?:هذه )?الصفحة|الصفحة (?:المطلوبة )?غير موجودة)|حدث خطأ",
                "(?:הדף|העמוד) לא נמצא|אירעה שגיאה",
                "(?:यह )?(?:पेज|पृष्ठ) (?:नहीं मिला|उपलब्ध नहीं है|मौजूद नहीं है)|कुछ गलत हो गया",
                "ไม่พบหน้า.*|không tìm thấy trang|trang không tồn tại|đã xảy ra lỗi|halaman tidak ditemukan",
            )
        ),
    ),
    vague=_any("access denied|not available|error|oops|unavailable|forbidden|fehler|erreur|gone|removed"),
    statements=(
        _any(
            rf"\b{_THING} (?:that )?(?:you(?: are|.re| were|.ve| have)? (?:trying to|requested|looking for|clicked"
            rf"|followed))",
            r"you (?:do not|don.t) have (?:permission|access) to|you (?:may|can) ?not (?:see|view|access) this page",
            "(?:angeforderte|gesuchte|aufgerufene) (?:seite|artikel)|seite,? die (?:sie|du) (?:suchs?t?e?n?|aufruf)",
            "de pagina die (?:u|je) (?:zoekt|zocht)|sidan (?:som )?du (?:letar efter|söker)",
            "siden,? (?:som )?du (?:leter|leder|søger|ser) (?:etter|efter)|(?:etsimääsi|hakemaasi) sivua",
            "(?:page|article) que vous (?:recherchez|cherchez|avez demandée?|demandez)",
            "página que (?:busca|buscas|est[áa]s? buscando|ha solicitado|procura|você (?:procura|está procurando))",
            "pagina che (?:stai|state) cercando|pagina pe care o (?:căutați|cauți)",
            "stron[ay],? której szukasz|strán(?:ka|ku),? kterou hledáte|(?:hledaná|požadovaná) stránka|keresett oldal",
            "aradığınız sayfa|(?:запрашиваемая|запрошенная|искомая) (?:вами )?страница|страница,? которую вы",
            "您(?:要|想)?(?:访问|查找|浏览|請求|请求|寻找)的(?:页面|网页|頁面|網頁|内容|文章)",
            "お探しの(?:ページ|記事)|ご指定の(?:ページ|URL)|(?:요청하신|찾으시는|입력하신) (?:페이지|주소|기사)",
            "الصفحة التي (?:تبحث عنها|طلبتها)|(?:आप )?जिस (?:पेज|पृष्ठ)",
        ),
        _any(
            r"(?:could|can|was|is)(?: ?not|n.t) (?:be )?(?:found|located)\b.{0,30}|(?:does|do)(?: not|n.t) exist\b",
            "(?:may|might|has|have) (?:have )?been (?:moved|deleted|removed|renamed)|cannot be (?:shown|displayed)",
            "error (?:has )?occurred|problem (?:processing|loading)|temporarily unavailable|no longer available",
            "(?:existiert|gibt es) nicht|verschoben oder gelöscht|fehler ist .{0,20}aufgetreten|bestaat niet"
            "|finns inte",
            "n.existe (?:pas|plus)|a été (?:déplacée|supprimée)|no existe|não existe|non esiste|nie istnieje"
            "|neexistuje",
            "не существует|была? удалена|bulunamadı|不存在|已被删除|見つかりません|存在しません|찾을 수 없|삭제되었",
            "غير موجودة|मौजूद नहीं",
        ),
    ),
    hints=_any(
        "try again|go (?:back )?to (?:the |our )?(?:home|front|main) ?page|back to (?:the )?home|home ?page",
        "apologi[sz]e for|reference (?:id|number|#)|check the (?:url|address|spelling)",
        "startseite|page d.accueil|página (?:inicial|de inicio|principal)|startsidan|forsiden|etusivu|voorpagina",
        "stron[ya] główn|ana sayfa|на главную|首页|トップページ|홈으로|الرئيسية",
    ),
    max_words_alone=25,
)
_MAINTENANCE = PageKind(
    "is down for maintenance",
    names=_any(
        "we(?:.ll| will) be (?:right )?back(?: soon| shortly| in a .{0,12})?|back soon",
        "(?:site|website|scheduled|under|down for|server|planned|system"
        "|closed for)(?: \\w+)? maintenance(?: mode| work)?",
        "maintenance (?:mode|in progress|en cours|break)|wartungs(?:arbeiten|modus)|wir sind (?:gleich"
        "|bald) .{0,10}zurück",
        "(?:site |le site est )?en maintenance|(?:sitio |web )?en mantenimiento|(?:site )?em manutenção",
        "(?:sito )?in manutenzione|(?:de site is )?in onderhoud|(?:sidan )?underhåll(?:sarbete)?|vedlikehold"
        "|huoltokatko",
        "przerwa techniczna|prace (?:techniczne|konserwacyjne)|probíhá údržba|karbantartás|bakım(?:dayız| çalışması)",
        "(?:ведутся |проводятся )?технические работы|технічні роботи|(?:系统|网站|系統|網站)?维护中|(?:系统|网站)维护",
        "(?:ただいま)?メンテナンス中(?:です)?|(?:(?:시스템|서버|사이트) )?점검 중(?:입니다)?"
        "|(?:الموقع )?(?:تحت|قيد) الصيانة",
    ),
    vague=_any("maintenance|wartung|onderhoud|mantenimiento|manutenção|manutenzione"),
    statements=(
        _any(
            r"(?:site|website|page|service|system) (?:is|are) (?:currently |temporarily )?(?:down|undergoing"
            r"|offline|under|closed)",
            "(?:wir führen|finden) .{0,30}wartungsarbeiten|(?:wird|werden) (?:derzeit|gerade) gewartet|wegen wartung",
            "(?:site est|travaux de) .{0,20}maintenance|(?:sitio|página) .{0,12}en mantenimiento|está em manutenção",
            "trwają prace|проводятся технические|正在维护|メンテナンスを行|점검을 진행",
        ),
        _any(
            "check back|back (?:soon|shortly|online)|return shortly|for your patience|in kürze wieder|de retour",
            "vuelv[ae] (?:a intentarlo|más tarde)|volte (?:mais tarde|em breve)|зайдите позже|稍后再|しばらく",
        ),
    ),
    hints=_any("apologi[sz]e|inconvenience|unannehmlichkeiten|désolés|molestias|incómodo|неудобства"),
    max_words_alone=0,
)
_ROBOT = PageKind(
    "asks to prove that one is no robot",
    names=_any(
        r"attention required|robot or human|human verification|security check(?: required)?|pardon our interruption",
        r"(?:please )?(?:verify|confirm)(?:ing)? (?:that )?you(?: are|.re) (?:a )?(?:not a )?(?:human|robot).*",
        r"access to this page has been denied|checking your browser.*|(?:bot|browser) (?:verification|check)",
        r"ddos-?guard|cloudflare|one more step|performing security verification|please wait\W+checking.*",
        r"(?:sind sie|bist du) ein (?:mensch|roboter)|vérification de sécurité|verificación de seguridad",
        "проверка (?:браузера|безопасности)|安全验证|人机验证|セキュリティチェック|보안 확인",
    ),
    vague=_any(
        "just a moment|are you (?:a )?(?:robot|human)|captcha|(?:nur )?einen moment(?: bitte)?|un instant|un momento",
        "um momento|bir dakika lütfen|один момент|подождите|请稍候|しばらくお待ちください|잠시만 기다리(?:십시오|세요)",
        "please wait|een moment|ett ögonblick",
    ),
    statements=(
        _any(
            r"checking (?:if the site connection|your browser)|review the security of your connection",
            r"(?:verify|confirm|prove|sure)(?:ing)? (?:that )?you(?: are|.re) (?:a |not a |an actual )?(?:human"
            r"|robot|bot)",
            r"(?:unusual|suspicious|automated) (?:traffic|activity|requests) (?:from|on) your",
            r"(?:made us|we) (?:think|believe) (?:that )?you (?:were|are|might be) (?:a (?:ro)?bot|using automation)",
            "complete the (?:captcha|security check)|(?:enable|disabled) (?:javascript and cookies"
            "|cookies and javascript)",
            "bestätigen sie,? dass sie (?:kein roboter|ein mensch)|que vous (?:n.êtes pas un robot"
            "|êtes (?:un )?humain)",
            "que (?:no eres un robot|eres humano|você é humano|non sei un robot)|что вы не робот|robot olmadığınızı",
            "(?:验证|确认)您(?:是|不是)(?:真人|机器人)|(?:请)?完成(?:以下)?(?:安全)?验证|ロボットではありません"
            "|로봇이 아님",
        ),
        _any("browser made us think|automation tools to browse|ray id|protection against|ddos protection"),
    ),
    hints=_any("cloudflare|reference id|security of your|bots?\\b|captcha|five seconds"),
    max_words_alone=30,
)
_CONSENT = PageKind(
    "asks for consent to cookies",
    names=_any(
        r"before you continue(?: to \w+)?|we (?:value|respect|care about) your privacy"
        r"|your privacy (?:choices|matters).*",
        "(?:your )?cookie (?:consent|settings|preferences|notice|choices)|consent (?:required|management)"
        "|accept cookies",
        "wir (?:brauchen|benötigen) ihre (?:zustimmung|einwilligung)|ihre privatsphäre.*|bevor sie fortfahren.*",
        "(?:nous respectons )?votre vie privée.*|avant d.accéder.*|(?:tu|su) privacidad.*|antes de continuar",
        "la tua privacy.*|a sua privacidade.*|wij respecteren je privacy|jouw privacy.*|vi värnar om din integritet",
        "szanujemy (?:twoją|państwa) prywatność|gizliliğinize.*|мы ценим вашу конфиденциальность",
    ),
    vague=_any("privacy|cookies|consent|datenschutz|cookie policy|privacidad"),
    statements=(
        _any(
            "we (?:and|with) our (?:\\d+ )?partners|wir und unsere (?:\\d+ )?partner|nous et nos (?:\\d+ )?partenaires",
            "nosotros y nuestros (?:\\d+ )?socios|noi e i nostri (?:\\d+ )?partner|w?ij en onze (?:\\d+ )?partners",
            "nós e (?:os )?nossos (?:\\d+ )?parceiros|vi och våra (?:\\d+ )?partner|my i nasi partnerzy|ortaklarımız",
        ),
        _any(
            "use cookies|uses cookies|verwenden (?:wir )?cookies|setzen cookies|utilisons des cookies|(?:utiliz"
            "|us)amos cookies",
            "utilizziamo (?:i )?cookie|gebruiken cookies|använder cookies|plików cookie|çerez|файлы cookie",
        ),
        _any(
            "withdraw your consent|(?:manage|change) your (?:preferences|choices|settings)|accept all|your consent",
            "einwilligung|zustimmung|alle akzeptieren|consentement|tout accepter|consentimiento|aceptar todo",
            "consenso|accetta tutti|toestemming|consentimento|samtycke|zgod[aęy]|rıza|согласие",
        ),
    ),
    hints=_any("personal data|personali[sz]ed|personenbezogene|données personnelles|datos personales|dati personali"),
    max_words_alone=0,
    max_words=500,
)
_SCRIPT = PageKind(
    "asks for JavaScript",
    names=_any("(?:please )?(?:enable|turn on) javascript.*|javascript (?:is )?(?:required|disabled|not enabled).*"),
    vague=_NEVER,
    statements=(
        _any(
            r"\b(?:enable|turn on|activate|requires?|needs?|without) javascript\b",
            r"javascript (?:is|to be|must be|ist|est|está) (?:disabled|required|enabled|turned off|de[sz]\w+)",
            "aktivieren sie javascript|activer javascript|(?:habilit|activ)\\w+ javascript|включите javascript",
            "启用 ?javascript|javascriptを有効|javascript를 (?:활성화|사용)",
        ),
    ),
    hints=_any("browser|navigateur|navegador|браузер|浏览器|ブラウザ"),
    max_words_alone=40,
)
_SIGN_IN = PageKind(
    "asks to sign in",
    names=_any(
        "(?:please )?(?:sign|log) ?(?:in|on)(?: (?:required|to (?:continue|your account|.{1,20})))?|member login",
        "login required|(?:bitte )?(?:anmelden|anmeldung|einloggen)|connexion|se connecter|identifiez-vous",
        "inici(?:ar|a|e) sesión|accedi|accesso|iniciar sessão|fazer login|inloggen|logga in|logg inn|log ind",
        "kirjaudu(?: sisään)?|zaloguj się|logowanie|přihlá(?:šení|sit se)|bejelentkezés|autentificare"
        "|giriş yap|oturum aç",
        "войти|авторизация|вхід|登录|登入|ログイン|로그인|تسجيل الدخول|התחברות|लॉग ?इन(?: करें)?|đăng nhập|masuk",
    ),
    vague=_any("welcome back|entrar|acceder|вход|konto|account|my account"),
    statements=(
        _any(
            "(?:enter|type in) your (?:e-?mail|user ?name|password)|forg[eo]t(?:ten)? (?:your )?password"
            "|no account yet",
            "passwort vergessen|mot de passe oublié|(?:olvid|esquec)\\w+ (?:su|tu|a|la|sua)? ?(?:contraseña|senha)",
            "password dimenticata|wachtwoord vergeten|glömt (?:ditt )?lösenord|забыли пароль|忘记密码"
            "|パスワードをお忘れ",
            "şifremi unuttum|nie pamiętasz hasła|비밀번호",
        ),
    ),
    hints=_any("password|passwort|mot de passe|contraseña|senha|wachtwoord|lösenord|hasło|пароль|密码|パスワード"),
    max_words_alone=0,
)
_ELSEWHERE = PageKind(
    "is not shown in this country",
    names=_any(
        rf"{_NUMBER}?(?:unavailable (?:for|due to) legal reasons)",
        rf"(?:sorry\W+)?(?:this )?(?:{_THING}|site|website|video)? ?(?:is )?(?:not (?:currently )?available"
        rf"|unavailable|blocked) "
        r"in (?:your|this) (?:country|region|location|area)",
        "(?:dieser inhalt ist )?in (?:ihrem|deinem) land nicht verfügbar|(?:contenu )?(?:indisponible"
        "|non disponible) dans "
        "votre pays|(?:contenido )?no disponible en (?:su|tu) (?:país|región)|недоступно в вашей стране",
    ),
    vague=_any("not available|unavailable|451|access denied"),
    statements=(
        _any(
            "(?:access|visit|view)(?:ing)? (?:this|our) (?:web)?site from (?:a|an|the|within) ",
            "(?:not|un)available in (?:your|most european) (?:country|countries|region|location)",
            "not (?:currently )?available (?:to|for) (?:users|readers|visitors|people) (?:in|from)",
            "in ihrem land (?:leider )?nicht|dans votre pays|en su país|в вашей стране|您所在的(?:地区|国家)",
        ),
        _any("european economic area|\\bgdpr\\b|general data protection|legal reasons|access cannot be granted"),
    ),
    hints=_any("european union|\\beu\\b|region|country"),
    max_words_alone=0,
)
_PARKED = PageKind(
    "belongs to a site that is gone",
    names=_any(
        r"(?:this )?domain (?:name )?(?:is |may be )?(?:for sale|parked|expired|suspended)|buy this domain"
        r"|\S+ is for sale",
        "(?:this )?(?:account|website|site) (?:has been |is )?suspended|welcome to nginx|apache2? .{0,20}default page",
        "(?:diese )?domain (?:steht zum verkauf|zu verkaufen|ist geparkt)|(?:ce )?(?:nom de )?domaine est à vendre",
    ),
    vague=_any("coming soon|default web site page|index of /|it works|" + r"[\w-]+(?:\.[\w-]+)+"),
    statements=(
        _any(
            r"domain (?:name )?(?:\S+ )?(?:is|may be|could be) (?:for sale|parked|available (?:for|to))",
            "domain (?:has )?expired|buy this domain|domain steht zum verkauf|domaine est à vendre"
            "|dominio (?:está|è) (?:en|in)",
            "web server is (?:successfully )?(?:installed|working)|contact your hosting provider|домен прода",
        ),
        _any("registrar|inquire about|make an offer|sponsored listings|purchase (?:this|the) domain|buy it now"),
    ),
    hints=_any("domain|hosting"),
    max_words_alone=0,
)
KINDS = (_ROBOT, _ELSEWHERE, _PARKED, _MAINTENANCE, _SIGN_IN, _CONSENT, _ERROR, _SCRIPT)
"""In the order in which they are asked; what comes first is named where two count the same."""

# --- pay walls ----------------------------------------------------------------------------------

_DO = "(?:subscribe|register|sign up|log ?in|sign in|become a (?:subscriber|member)|create an? (?:free )?account|join)"
_WORK = "(?:article|story|content|post|page|text)"
WALLS = (
    _any(
        rf"\b{_DO}(?: now| today|,? free)?(?: to|,? and) (?:continue|keep|read (?:on|more|the|this)|unlock"
        rf"|access|view|see)\b",
        r"\bto (?:continue|keep|go on|finish) reading\b|\bcontinue reading (?:with|by|for|this)\b",
        rf"\b(?:read|unlock|access|view) (?:the )?(?:full|whole|entire|rest of (?:the|this)|this) {_WORK}\b",
        "(?:jetzt|um) weiter ?(?:zu)?lesen|weiterlesen mit|(?:ganzen|vollständigen) (?:artikel|text) (?:zu )?lesen",
        "il (?:vous )?reste .{0,24} à lire|(?:la )?suite (?:de cet? \\w+ )?est réservée|pour lire la suite"
        "|lire l.intégralité",
        "(?:para|y) (?:seguir|continuar) leyendo|(?:para|e) continuar (?:a ler|lendo|a leitura)"
        "|per continuare a leggere",
        "(?:om )?verder (?:te )?lezen|lees verder (?:met|als)|(?:för att|vill du) läsa (?:vidare|hela)|läs vidare med",
        "for å lese (?:videre|hele|saken)|læs (?:videre|resten|hele)|(?:lue|jatka) .{0,20}(?:tilaamalla|tilaajana)",
        "(?:aby|żeby|by) (?:czytać|przeczytać)|czytaj dalej (?:z|w)|devamını okumak için|okumaya devam etmek",
        "чтобы (?:читать|прочитать|продолжить|дочитать)|для продолжения чтения|щоб читати далі",
        "(?:登录|登入|订阅|訂閱|付费|注册)[后後](?:可)?(?:查看|阅读|閱讀|继续)|(?:阅读|閱讀|查看)全文(?:请|需|，请)",
        "続きを(?:読む|お読み|ご覧)|残り[:：]?\\s?[\\d０-９,]+文字|(?:계속|전체|전문).{0,8}(?:읽|보)(?:으시"
        "|시|려면|기)",
        "(?:ل|من أجل )?(?:متابعة|مواصلة|إكمال) القراءة|पूरा (?:लेख|आर्टिकल|खबर).{0,12}पढ़|आगे पढ़ने के लिए",
    ),
    _any(
        rf"\b(?:this|the) {_WORK} is (?:only |exclusively |just )?(?:for|exclusive|reserved|locked"
        rf"|available (?:only|exclusively))\b",
        r"\b(?:subscribers?|members?|premium)[- ]only\b|\bfor (?:paid |paying )?(?:subscribers|members) only\b",
        r"\bonly (?:available )?(?:for|to) (?:our )?(?:paid |paying )?(?:subscribers|members)\b|\bpaid subscribers\b",
        "(?:artikel|inhalt|text|beitrag)\\b.{0,20}(?:abonnent|vorbehalten|exklusiv|\\babo\\b)|nur für abonnent",
        "réservée? (?:aux|à nos) abonnés|(?:exclusiv[oa]s?|s[oó]lo"
        "|reservad[oa]) para (?:los )?(?:suscriptores|assinantes)",
        "para (?:suscriptores|assinantes)\\b|riservat[oa] (?:agli|ai) (?:abbonati|iscritti)",
        "(?:alleen|exclusief) (?:toegankelijk )?voor abonnees|(?:bara|endast|enbart) för (?:prenumerant"
        "|inloggad)|för prenumeranter",
        "(?:kun|forbeholdt?) (?:for )?abonnent|vain tilaajille|(?:tylko|wyłącznie) dla (?:prenumerator|subskrybent)",
        "(?:sadece|yalnızca) aboneler|abonelere özel|только (?:для )?(?:подписчик|по подписке)"
        "|доступ\\w+ (?:только )?подписчик",
        "(?:会员|會員|订阅用户|付费)(?:专享|專享|专属|可见|限定)|仅限(?:会员|订阅)|(?:有料)?会員限定|有料(?:記事|会員)",
        "구독자 전용|(?:유료|회원) ?전용|للمشتركين فقط|حصر[يا]ة? للمشتركين|(?:केवल|सिर्फ) (?:सब्सक्राइबर|सदस्य|ग्राहक)",
    ),
    _any(
        r"\byou(?:'ve|’ve| have) (?:reached|read|used|hit) (?:your|all|the|\d+)\b.{0,50}\b(?:free|limit|articles?)\b",
        r"\b(?:free|remaining) articles? (?:left|remaining|this month)\b|\bmonthly limit\b",
        "(?:kostenlos|gratis)\\w* artikel .{0,30}(?:gelesen|bereits)|(?:artículos|artigos) gratuitos|articles gratuits",
    ),
)
"""What a wall says, each in another way."""
OFFERS = _any(
    r"\balready (?:a )?(?:subscriber|subscribed|member|registered|have an account)\b|\bsubscribe (?:now|today)\b",
    r"\b(?:start|begin) (?:your|a) (?:free )?trial\b|\bcancel any ?time\b|\bunlimited (?:digital )?access\b",
    r"(?:bereits|schon) (?:abonnent|ein abo)|jetzt abonnieren|probe(?:abo|monat)|déjà abonné|abonnez-vous|je m.abonne",
    "¿?ya (?:eres|es) suscriptor|suscríbete|suscríbase|já é assinante|assine (?:já|agora)|sei già abbonato|abbonati\\b",
    "al abonnee|word abonnee|redan prenumerant|bli prenumerant|allerede abonnent|bli abonnent|tilaa (?:nyt|digi)",
    "masz już (?:konto|subskrypcję)|wykup|zaten abone|abone ol|уже подписан|оформи(?:те|ть) подписку",
    "立即订阅|开通会员|会员登录|会員登録|ログイン|구독하기|로그인|اشترك الآن|सब्सक्राइब",
)
"""What stands beside a wall, and in many a page's head and foot as well."""
WALL_BOX = re.compile(
    r"(?:^|[\s_-])(?:\w*(?:pay|reg|abo)-?wall|meter(?:ed|ing)?-?(?:wall|banner|modal)?|piano|tp-modal"
    r"|gate(?:d|way)?-content"
    r"|premium-?(?:box|wall|content)|subscri(?:be|ber|ption)-?(?:wall|prompt|gate|only))",
    re.IGNORECASE,
)
"""Classes and ids of what stands before the rest of a text."""
