"""Realistic pages: some stand in for an article, others are articles that sound like them."""

from __future__ import annotations

ERROR, ROBOT, CONSENT = "is an error page", "asks you to prove that you are not a robot", "asks for consent to cookies"
PAYWALL, SIGN_IN, SCRIPT = (
    "requires a subscription or an account",
    "asks you to sign in",
    "needs JavaScript",
)
DOWN, ELSEWHERE, GONE = (
    "is down for maintenance",
    "is not available in your country",
    "belongs to a site that no longer exists",
)

OTHERS = [
    ("404 Not Found | Harbour Gazette", "The requested URL /news/12 was not found on this server.", ERROR),
    (
        "Page not found",
        "Sorry, the page you were looking for has moved. Try the search, or go back to the home page.",
        ERROR,
    ),
    (
        "Oops! Something went wrong",
        "Please reload the page or come back a little later, we are looking into it.",
        ERROR,
    ),
    (
        "Error 500 - Internal Server Error",
        "The server met a condition that it did not expect. Please try again.",
        ERROR,
    ),
    ("503 Service Unavailable", "No server is available to handle this request at the moment, we are sorry.", ERROR),
    ("This article is no longer available", "It was taken down after our licence for agency texts had ended.", ERROR),
    ("Harbour Gazette", "The page you are looking for does not exist. Check the address for mistakes.", ERROR),
    ("Seite nicht gefunden | Tagesbote", "Die gesuchte Seite wurde verschoben oder gelöscht. Zur Startseite.", ERROR),
    ("Fehler 404", "Diese Seite existiert nicht (mehr). Vielleicht hilft Ihnen unsere Suche weiter.", ERROR),
    (
        "Page introuvable - Le Quotidien",
        "La page que vous recherchez n’existe plus ou a été déplacée par nos soins.",
        ERROR,
    ),
    ("Página no encontrada", "Lo sentimos, la página que buscas no existe o ha cambiado de dirección.", ERROR),
    ("Pagina non trovata", "La pagina che stai cercando non esiste più. Torna alla pagina principale del sito.", ERROR),
    (
        "Página não encontrada – Diário",
        "O endereço que você digitou está errado ou a notícia foi retirada do ar.",
        ERROR,
    ),
    ("Pagina niet gevonden", "De pagina die u zoekt bestaat niet of is verplaatst, onze excuses hiervoor.", ERROR),
    ("Siden ble ikke funnet", "Beklager, siden du leter etter finnes ikke eller er flyttet til en ny adresse.", ERROR),
    (
        "Sivua ei löytynyt",
        "Etsimääsi sivua ei ole olemassa tai se on siirretty. Palaa etusivulle tästä linkistä.",
        ERROR,
    ),
    ("Nie znaleziono strony", "Strona, której szukasz, nie istnieje. Wróć na stronę główną serwisu i spróbuj.", ERROR),
    ("Stránka nebyla nalezena", "Stránka, kterou hledáte, neexistuje nebo byla přesunuta na jinou adresu webu.", ERROR),
    ("Страница не найдена", "Запрашиваемая страница не существует или была удалена. Вернуться на главную.", ERROR),
    ("Sayfa bulunamadı", "Aradığınız sayfa kaldırılmış ya da adresi değişmiş olabilir, lütfen yeniden deneyin.", ERROR),
    ("页面不存在", "抱歉，您访问的页面不存在或已被删除，请返回首页。", ERROR),
    ("ページが見つかりません", "お探しのページは移動または削除された可能性があります。トップページへ戻る。", ERROR),
    ("페이지를 찾을 수 없습니다", "요청하신 페이지가 삭제되었거나 주소가 변경되었습니다. 홈으로 돌아가기.", ERROR),
    ("الصفحة غير موجودة", "عذرا، الصفحة التي تبحث عنها غير موجودة أو تم نقلها إلى عنوان آخر.", ERROR),
    ("पेज नहीं मिला", "आप जिस पेज को खोज रहे हैं वह मौजूद नहीं है या हटा दिया गया है।", ERROR),
    ("Just a moment...", "Checking if the site connection is secure. The site needs to review your connection.", ROBOT),
    (
        "Attention Required! | Cloudflare",
        "Please complete the security check to go on to the site you asked for.",
        ROBOT,
    ),
    ("Robot or human?", "Activate and hold the button to confirm that you’re human. Thank you very much.", ROBOT),
    ("Einen Moment bitte", "Bitte bestätigen Sie, dass Sie kein Roboter sind, um zur Seite zu gelangen.", ROBOT),
    ("安全验证", "为了保证您的访问安全，请完成以下验证后继续访问本网站。", ROBOT),
    ("Before you continue", "We and our partners use cookies and process data with your consent. Accept all.", CONSENT),
    (
        "Wir brauchen Ihre Zustimmung",
        "Wir und unsere Partner verwenden Cookies, um Daten auf dem Gerät zu lesen.",
        CONSENT,
    ),
    (
        "Votre vie privée",
        "Nous et nos 812 partenaires utilisons des cookies. Vous pouvez tout accepter ou refuser.",
        CONSENT,
    ),
    ("App", "You need to enable JavaScript to run this app in your browser.", SCRIPT),
    (
        "We’ll be back soon",
        "The site is closed for some hours while we move to new machines, thank you for waiting.",
        DOWN,
    ),
    ("Wartungsarbeiten", "Unsere Seiten werden derzeit gewartet und sind in Kürze wieder für Sie erreichbar.", DOWN),
    (
        "メンテナンス中です",
        "ただいまシステムの点検作業のためサービスを停止しております。しばらくお待ちください。",
        DOWN,
    ),
    (
        "Log in | Harbour Gazette",
        "Enter your e-mail and your password in order to go on. Forgot your password?",
        SIGN_IN,
    ),
    ("Iniciar sesión", "Escriba su correo y su contraseña para ver esta página. ¿Olvidó su contraseña?", SIGN_IN),
    (
        "451: Unavailable for legal reasons",
        "You are visiting this website from a country in the European Economic Area.",
        ELSEWHERE,
    ),
    ("harbour-gazette.example", "This domain is for sale. Make an offer or buy it now from its registrar today.", GONE),
]
"""Title, text, and what the page is."""

TEASERS = [
    ("en", "Subscribe to continue reading", "Already a subscriber? Log in"),
    ("en", "You have reached your limit of free articles this month.", "Start your free trial"),
    ("en", "This post is for paid subscribers", "Already a paid subscriber? Sign in"),
    ("de", "Jetzt weiterlesen mit Tagesbote Plus", "Sie haben bereits ein Abo? Anmelden"),
    ("de", "Dieser Artikel ist nur für Abonnenten lesbar.", "Jetzt abonnieren"),
    ("fr", "Il vous reste 82 % de cet article à lire. La suite est réservée aux abonnés.", "Déjà abonné ?"),
    ("es", "Suscríbete para seguir leyendo", "¿Ya eres suscriptor?"),
    ("it", "Per continuare a leggere questo articolo abbonati", "Sei già abbonato?"),
    ("pt", "Conteúdo exclusivo para assinantes", "Já é assinante? Entre"),
    ("nl", "Om verder te lezen heeft u een abonnement nodig", "Al abonnee? Log in"),
    ("sv", "Den här artikeln är för prenumeranter", "Redan prenumerant? Logga in"),
    ("pl", "Artykuł dostępny tylko dla prenumeratorów", "Masz już konto? Zaloguj się"),
    ("tr", "Devamını okumak için abone olun", "Zaten abone misiniz?"),
    ("ru", "Чтобы прочитать материал целиком, оформите подписку", "Уже подписаны? Войти"),
    ("zh", "登录后阅读全文", "开通会员"),
    ("ja", "この記事は会員限定です。残り1432文字", "ログイン"),
    ("ko", "이 기사는 유료 회원 전용입니다", "로그인"),
    ("ar", "هذا المحتوى للمشتركين فقط", "اشترك الآن"),
    ("hi", "पूरा लेख पढ़ने के लिए सदस्य बनें", "सब्सक्राइब"),
]
"""Language, and what follows the start of an article: a heading and a line below it."""

SENTENCES = {
    "en": "The council voted on Monday to close the bridge for repairs until the end of March, and "
    "traffic will be led "
    "over the old road, said the mayor, who had asked for more money. ",
    "de": "Der Rat beschloss am Montag, die Brücke bis Ende März für Reparaturen zu sperren, und der "
    "Verkehr wird über "
    "die alte Straße geführt, sagte die Bürgermeisterin. ",
    "fr": "Le conseil a décidé lundi de fermer le pont pour des travaux jusqu’à la fin du mois de mars, et la "
    "circulation passera par la vieille route, a dit le maire. ",
    "es": "El concejo decidió el lunes cerrar el puente por obras hasta finales de marzo, y el tráfico irá por la "
    "carretera vieja, dijo la alcaldesa, que había pedido más dinero. ",
    "it": "Il consiglio ha deciso lunedì di chiudere il ponte per lavori fino alla fine di marzo, e "
    "il traffico passerà "
    "per la vecchia strada, ha detto la sindaca. ",
    "pt": "A câmara decidiu na segunda-feira fechar a ponte para obras até o fim de março, e o trânsito passará pela "
    "estrada velha, disse a prefeita. ",
    "nl": "De raad besloot maandag de brug tot eind maart te sluiten voor herstel, en het verkeer "
    "gaat over de oude weg, "
    "zei de burgemeester, die om meer geld had gevraagd. ",
    "sv": "Fullmäktige beslutade på måndagen att stänga bron för reparation till slutet av mars, och "
    "trafiken leds över "
    "den gamla vägen, sade kommunalrådet. ",
    "pl": "Rada postanowiła w poniedziałek zamknąć most do końca marca z powodu remontu, a ruch pójdzie starą drogą, "
    "powiedziała burmistrz, która prosiła o więcej pieniędzy. ",
    "tr": "Meclis pazartesi günü köprünün onarım için mart sonuna kadar kapatılmasına karar verdi ve "
    "trafik eski yoldan "
    "verilecek, dedi belediye başkanı. ",
    "ru": "Совет решил в понедельник закрыть мост на ремонт до конца марта, и движение пойдёт по "
    "старой дороге, сказала "
    "глава города, которая просила больше денег. ",
    "zh": "市议会周一决定将大桥关闭维修至三月底，车辆将改走老路，市长说，她曾经要求更多的资金。",
    "ja": "市議会は月曜日、橋を三月末まで修理のため閉鎖することを決め、車は旧道を通ることになると市長は述べた。",
    "ko": "시의회는 월요일 다리를 삼월 말까지 수리를 위해 폐쇄하기로 결정했으며 차량은 옛 도로로 "
    "우회한다고 시장이 말했다. ",
    "ar": "قرر المجلس يوم الاثنين إغلاق الجسر للإصلاح حتى نهاية مارس وستمر السيارات عبر الطريق "
    "القديم كما قالت رئيسة البلدية. ",
    "hi": "परिषद ने सोमवार को मार्च के अंत तक मरम्मत के लिए पुल बंद करने का फैसला किया और यातायात "
    "पुरानी सड़क से जाएगा, महापौर ने कहा। ",
}

ARTICLES = [
    ("en", "404 jobs to go at steel works", ""),
    ("en", "451 people rescued from the sea", ""),
    ("en", "500 years of printing", ""),
    ("en", "Gone with the wind: the last season", ""),
    ("en", "Access denied: how tenants lose their homes", ""),
    ("en", "Forbidden fruit – a short history of apples", ""),
    ("en", "Page no longer available to readers after court order", ""),
    ("en", "Just a moment of silence for the victims", ""),
    ("en", "Are you a robot? The question that fools machines", ""),
    ("en", "Under maintenance: the bridge that is never open", ""),
    ("en", "This domain is for sale, and it costs more than your house", ""),
    ("en", "We value your privacy, they said", ""),
    ("en", "Sign in, drop out: a year with a password manager", ""),
    ("en", "Something went wrong on the night ferry", ""),
    ("en", "Not found: the plane that vanished over the sea", ""),
    ("en", "Subscribe to continue reading? Papers ask for more", ""),
    ("en", "Bridge closed", "<header><a href=/login>Already a subscriber? Log in</a></header>"),
    ("en", "Bridge closed", "<footer><p>Sign in to view your profile. Subscribe to read more.</p></footer>"),
    (
        "en",
        "Bridge closed",
        "<aside><p>Subscribe now and get unlimited digital access</p>Start your free trial</aside>",
    ),
    ("en", "Bridge closed", "<div class='site-footer'>Register to read more of our newsletters</div>"),
    (
        "en",
        "Bridge closed",
        "<div style='display:none'>You have reached your limit. Subscribe to continue reading.</div>",
    ),
    ("en", "Bridge closed", "<noscript>Please enable JavaScript.</noscript>"),
    ("en", "Bridge closed", "<form><input type=password>Forgot your password?</form>"),
    ("en", "Bridge closed", "<div class=cookie-banner>We and our partners use cookies. Accept all</div>"),
    ("de", "Fehler im System: warum Züge stehen", "<header>Bereits Abonnent? Anmelden</header>"),
    ("de", "Seite nicht gefunden – das Museum der toten Adressen öffnet", ""),
    ("fr", "Erreur d’aiguillage à la gare du Nord", "<header>Déjà abonné ? Se connecter</header>"),
    ("fr", "Accès interdit : la plage fermée aux baigneurs", ""),
    ("es", "Acceso denegado: los barrios sin internet", "<nav>Suscríbete</nav>"),
    ("it", "Un errore che costa caro", "<footer>Sei già abbonato? Accedi</footer>"),
    ("pt", "A página virada: um ano depois da cheia", "<header>Assine já</header>"),
    ("nl", "Onderhoud aan de brug duurt tot maart", "<header>Al abonnee? Log in</header>"),
    ("sv", "Sidan två: minnen från en tidning", "<header>Bli prenumerant</header>"),
    ("pl", "Błąd pilota przyczyną wypadku", "<header>Masz już konto? Zaloguj się</header>"),
    ("tr", "Bakım çalışması köprüyü kapattı", "<header>Abone ol</header>"),
    ("ru", "Ошибка, которая стоила моста", "<footer>Уже подписаны? Войти</footer>"),
    ("zh", "大桥关闭", "<header>立即订阅 会员登录</header>"),
    ("ja", "橋が閉鎖される", "<header>会員登録 ログイン</header>"),
    ("ko", "다리 폐쇄", "<header>로그인 구독하기</header>"),
    ("ar", "إغلاق الجسر", "<header>اشترك الآن</header>"),
    ("hi", "पुल बंद", "<header>सब्सक्राइब करें</header>"),
]
"""Language, title, and what the page has beside the text."""
