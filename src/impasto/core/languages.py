"""Letter frequencies of the languages whose encodings `core.encodings` tells apart.

Made by hand: for each language its common letters in groups, with each group's share of all
letters. Position is evidence too, where a letter has a special form at the end of a word.
"""

import math
from functools import cache

Weights = tuple[tuple[str, float], ...]
"""Letters, and their joint share of a language's text."""

UNKNOWN, BROKEN = -14.0, -30.0
"""Log-probabilities of a character that a language hardly uses, and of invalid bytes."""

_RARE, _SELDOM = -6.0, -2.5
"""Log-probabilities of a rare encoding, and of a less rare one."""

LAST = frozenset("ςםןךףץىة")
"""Letters that occur only at the end of a word."""

NOT_LAST = frozenset("σเแโใไ")
"""Letters that never end a word: they have a final form, or join the next letter."""

NOT_FIRST = frozenset("ςะาำฯๆ")
"""Letters that never begin a word."""

_HANGUL = (
    "이다의는에가을로고하를은한서지도자기사리스인시나어아그대라제해정부수일여성마장전유오보트원구동상"
    "세주요조용신공미무비우화모경안소들으면있있과연해적선국산방문중민강김박최윤임한별밤꽃그림풍경화집"
    "초상바다새나무달봄여름가을겨울사진작품홍길씨름수련해돋이네흐세잔느르누아르와바람집길물빛산수도작"
)
_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发"
    "后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开"
    "但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并"
    "物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先"
    "海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才"
    "结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书"
    "非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领"
    "共确传师观清今切院让识候带导争运画莫奈梵高星睡莲塞尚雷诺阿齐石徐悲鸿奔虾印派抽风景油静肖像静夜"
    "花鸟鱼虫荷竹兰菊梅松云雨雪春夏秋冬红绿蓝黑黄青墨溪旅图范宽唐寅仕八秀拍照片集卷册扇帖林达芬奇"
    "素描版雕塑摄影草稿毕索利苹果江乡居壁工笔写术馆油彩绘展览建夹副本未命名桌"
)
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發"
    "後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開"
    "但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並"
    "物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先"
    "海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才"
    "結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書"
    "非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領"
    "共確傳師觀清今切院讓識候帶導爭運畫莫內梵谷星睡蓮塞尚雷諾瓦齊石徐悲鴻奔蝦印派抽風景油靜肖像靜夜"
    "花鳥魚蟲荷竹蘭菊梅松雲雨雪春夏秋冬紅綠藍黑黃青墨溪旅圖范寬唐寅仕八秀拍照片集卷冊扇帖林達芬奇功"
    "素描版雕塑攝影草稿畢索利蘋果江鄉居壁工筆寫術館彩繪展覽夾料副本未命名桌陳波"
)
_KANJI = (
    "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百"
    "書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨分事者自社会発同地業方場員立開"
    "手力問代明動京目通言理体田主題意不作用度強公持野以思家世多正安院心界教文元重近考画海売知道集別"
    "物使品計死特私始朝運終台広住無真有口少町料工建空急止送切転研足究楽起着店病質待試族銀早映親験英"
    "医仕去味写字答夜音注帰古歌絵図浮表紙春夏秋冬花鳥風景人物静梅桜松竹雪富嶽十六橋岡北斎葛飾重横山観"
    "印象派睡蓮油水彩墨版画作品展覧屏障襖能面湖畔黒清輝狩永徳雪舟尾形光琳若冲藤嗣治棟方志功能予定蔵美"
)
_KANA = "".join(map(chr, [*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)])) + "ー・々"
_HALF_KANA = "".join(map(chr, range(0xFF66, 0xFFA0)))
_OFTEN_HALF = "ﾝｲｽﾙﾄﾗﾘｰｸｱｯﾞ"
_CYRILLIC = (
    ("оеаинтсрвлкм", 0.75),
    ("дпуяыьгзбчйхжш", 0.22),
    ("юцщэфъёіїєґ", 0.03),
    ("“”‘’–—…«»№", 0.1),
)
_GREEK = (
    ("αοιετνς", 0.46),
    ("σρηκπμλυ", 0.30),
    ("ίάόέήγδθχ", 0.18),
    ("ύώφωβ", 0.05),
    ("ξζψϊϋΐΰ", 0.01),
    ("“”‘’–—…«»΄", 0.05),
)
_HEBREW = (
    ("יוהלאר", 0.52),
    ("תבשמנםד", 0.29),
    ("חקעפטכגסזןצ", 0.18),
    ("ךףץ", 0.01),
    ("“”‘’–—…«»׳״־", 0.03),
)
_ARABIC = (
    ("الي", 0.35),
    ("مورنتبةد", 0.36),
    ("عسحفهقكجشطأ", 0.24),
    ("صخضىإذثءغزظئآؤ", 0.06),
    ("پچژگکی،؛؟“”‘’–—…«»", 0.01),
)
_THAI = (
    ("านรอกเง่", 0.44),
    ("มลวย้ัตีทสด", 0.31),
    ("ิะหคปไบขพ์แชจุูื็โ", 0.21),
    ("ถใำึณผศธภฟซญฝษฉฐฮฤๆฯ", 0.04),
    ("ฆฎฏฑฒฬฌ“”‘’–—…๑๒๓๔๕๖๗๘๙๐", 0.003),
)
_TURKISH = (
    ("ışü", 0.42),
    ("ğöç", 0.23),
    ("İŞÇÖÜ", 0.16),
    ("âîû“”‘’–—…", 0.02),
)
_LATIN: tuple[tuple[Weights, bool], ...] = (
    ((("éèàê", 0.75), ("çôîûëïâùœÉÀ", 0.2)), False),
    ((("üäö", 0.8), ("ßÜÄÖ", 0.15)), False),
    ((("óíáéñ", 0.85), ("úüÁÉÍÑ¿¡", 0.1)), False),
    ((("ãçáéíó", 0.8), ("âêôõúàÁÉ", 0.15)), False),
    ((("åäö", 0.6), ("øæÅÄÖØÆéð", 0.35)), False),
    ((("àèòìùé", 0.95),), False),
    ((("éüöäèßñçóáíà", 0.75), ("úâêîôëïåøæãõòœ", 0.2)), False),
    ((("łęóążś", 0.83), ("ćńźŁŚŻ", 0.15)), True),
    ((("áíéěřžčšý", 0.85), ("ůúťďňóľĺŕôäŠČŘŽ", 0.13)), True),
    ((("áéöóőí", 0.85), ("üúűÁÉÖŐ", 0.13)), True),
    ((("ăîâșțşţ", 0.85), ("ĂÎÂȘȚ", 0.1)), True),
    ((("šžčćđ", 0.8), ("ŠŽČĆĐ", 0.15)), True),
    ((("áéíóöüäčšžřěłęążśćńőűýů", 0.95),), True),
)
"""Accented letters of a language, and whether it needs a Central European encoding; one row covers
many languages."""

FRIENDS = (frozenset("ışğüöçİ"), frozenset("łęóążśćńź"), frozenset("áíéěřžčšýůúňťď"))
"""Accented letters that may be neighbours."""

VOWELS = frozenset("аеёиоуыэюяіїєαεηιουωάέήίόύώϊϋΐΰ")
"""Vowels of Cyrillic and Greek; every word has one."""

_WESTERN_CODECS = {"cp437": 0.0, "cp850": 0.0, "cp1252": 0.0, "mac_roman": _SELDOM}
_CENTRAL_CODECS = {"cp852": -1.0, "cp1250": -1.0, "iso8859_2": _RARE}
_PUNCTUATION = "“”‘’–—…«»°"


@cache
def _level(codec: str, rows: range) -> str:
    """The common characters of a national standard: all two-byte ones with these first bytes."""
    every = (bytes([a, b]).decode(codec, "ignore") for a in rows for b in range(0x40, 0xFF))
    return "".join(each for each in every if len(each) == 1 and not each.isascii())


@cache
def languages() -> list[tuple[str, dict[str, float]]]:
    """Encodings, with the log-probability of each character in a language that uses them.

    The empty string has the log-probability of the encoding itself.
    """
    chinese, taiwan = _level("gb2312", range(0xB0, 0xD8)), _level("big5", range(0xA4, 0xC7))
    kanji, korean = _level("cp932", range(0x88, 0x98)), _level("euc_kr", range(0xB0, 0xC9))
    japanese = ((_KANA, 0.45), (_KANJI, 0.35), (kanji, 0.18), (_HALF_KANA, 0.01))
    known: list[tuple[Weights, dict[str, float]]] = [
        (japanese, {"cp932": 0, "euc_jp": _RARE}),
        (((_OFTEN_HALF, 0.5), (_HALF_KANA, 0.5)), {"cp932": _RARE}),
        (((_SIMPLIFIED, 0.72), (chinese, 0.27)), {"gb18030": 0}),
        (((_TRADITIONAL, 0.72), (taiwan, 0.27)), {"big5hkscs": 0}),
        (((_HANGUL, 0.72), (korean, 0.27)), {"cp949": 0}),
        (_CYRILLIC, {"cp1251": 0, "cp866": 0, "koi8_r": _SELDOM, "mac_cyrillic": _SELDOM}),
        (_GREEK, {"cp1253": _SELDOM, "cp737": _SELDOM, "iso8859_7": _SELDOM}),
        (_HEBREW, {"cp1255": _SELDOM, "cp862": _SELDOM}),
        (_ARABIC, {"cp1256": _SELDOM, "cp720": _SELDOM, "iso8859_6": _SELDOM}),
        (_THAI, {"cp874": _SELDOM}),
        (_TURKISH, {"cp1254": -1.0, "cp857": -1.0}),
        *(
            ((*letters, (_PUNCTUATION, 0.05)), _CENTRAL_CODECS if central else _WESTERN_CODECS)
            for letters, central in _LATIN
        ),
    ]
    return [
        (codec, _chances(weights, own))
        for weights, codecs in known
        for codec, own in codecs.items()
    ]


def _chances(weights: Weights, own: float) -> dict[str, float]:
    chances = {"": own, "\ufffd": BROKEN, "\\": UNKNOWN}
    for letters, share in weights:
        each = math.log(share / max(1, len(set(letters))))
        for letter in letters:
            chances[letter] = max(each, chances.get(letter, UNKNOWN))
    return chances
