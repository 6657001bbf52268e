"""Names and tables whose encoding nobody wrote down are read as what they most likely are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.core.encodings import decode, likely

NAMES = {
    "cp932": [
        "葛飾北斎/富嶽三十六景.jpg",
        "表/能面.png",
        "モネ/睡蓮.jpg",
        "ｾｻﾞﾝﾇ/ﾘﾝｺﾞ.jpg",
        "絵画/1.png",
    ],
    "gbk": ["齐白石/虾.jpg", "莫奈/睡莲.jpg", "梵高/星空.jpg", "油画/1.png", "新建文件夹/a.png"],
    "big5": ["許功蓋/餐廳.jpg", "莫內/睡蓮.jpg", "國畫/功.png", "油畫/1.png", "新資料夾/a.png"],
    "euc_kr": ["김홍도/씨름.jpg", "모네/수련.jpg", "그림/1.png", "새 폴더/a.png"],
    "cp1251": ["Левитан/Март.jpg", "картины/1.png", "РЕПИН/БУРЛАКИ.jpg", "Ёлка/1.png"],
    "cp866": ["Левитан/Март.jpg", "картины/1.png", "РЕПИН/БУРЛАКИ.jpg"],
    "cp437": ["Cézanne/pommes.jpg", "Dürer/Hase.jpg", "Miró/azul.jpg", "español/niño.png"],
    "cp850": ["São/João.jpg"],
    "koi8_r": ["Левитан/Золотая осень.jpg", "Моне/Кувшинки.jpg", "картины/1.png"],
    "mac_cyrillic": ["Шишкин/Утро в сосновом лесу.jpg", "рисунки/эскиз 3.png"],
    "iso8859_7": ["Γύζης/Η ψυχομάνα.jpg", "Μονέ/Νούφαρα.jpg", "πίνακες/τοπίο.png"],
    "cp1253": ["Άγιος/Θεόφιλος.jpg", "θάλασσα/κύμα.jpg"],
    "cp737": ["Λύτρας/Τα κάλαντα.jpg", "Νέος φάκελος/1.jpg"],
    "cp1255": ["ראובן רובין/זיתים.jpg", "תמונות/נוף.png", "תיקיה חדשה/1.jpg"],
    "cp862": ["ירושלים/חומה.jpg", "ציורים/דיוקן.jpg"],
    "cp1256": ["محمود سعيد/بنات بحري.jpg", "لوحات/امرأة.jpg", "مجلد جديد/1.jpg"],
    "cp720": ["القاهرة/مسجد.jpg", "البحر/الأمواج.jpg"],
    "cp874": ["ถวัลย์ ดัชนี/ช้าง.jpg", "ภาพวาด/ทิวทัศน์.png", "โฟลเดอร์ใหม่/1.jpg"],
    "cp1254": ["İbrahim Çallı/Manolyalar.jpg", "Hoca Ali Rıza/Ayışığı.jpg", "resimler/kırmızı.png"],
    "mac_roman": ["Cézanne/Les joueurs.jpg", "Géricault/La Méduse.jpg", "été/forêt.jpg"],
    "cp1250": ["Chełmoński/Błędne koło.jpg", "květiny/růže.jpg"],
    "cp1252": ["Cézanne/pommes.jpg", "Künstler/Größe.png", "Miró/azul.jpg"],
}


@pytest.mark.parametrize(
    ("codec", "name"), [(codec, name) for codec, names in NAMES.items() for name in names]
)
def test_a_single_name_tells_its_encoding(codec, name):
    content = name.encode(codec)
    assert content.decode(likely([content])) == name


SETS = {
    "mac_roman": ["Böcklin/Die Toteninsel.jpg", "Müller/Straße im Regen.jpg", "Miró/El jardín.jpg"],
    "cp857": ["İzmir/sabah.jpg", "Eşref Üren/Çankaya.jpg", "Şeker Ahmed Paşa/Karaca.jpg"],
    "iso8859_6": ["فاتح المدرس/كفر جنة.jpg", "حصان/فارس.jpg", "بغداد/نهر دجلة.jpg"],
    "euc_jp": ["黒田清輝/湖畔.jpg", "モネ/睡蓮.jpg", "岸田劉生/麗子像.jpg"],
    "cp1253": ["ΕΙΚΟΝΕΣ/ΒΟΥΝΟ.jpg", "Μόραλης/Επιτύμβιο.jpg"],
}


@pytest.mark.parametrize("codec", SETS)
def test_a_few_names_tell_what_one_may_not(codec):
    contents = [name.encode(codec) for name in SETS[codec]]
    assert [each.decode(likely(contents)) for each in contents] == SETS[codec]


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_a_table_of_a_spreadsheet_is_text_again(codec):
    text = "file;verdict\r\nCézanne/1.png;keep\r\n"
    assert decode(text.encode(codec)) == text


def test_utf_8_with_one_torn_letter_stays_utf_8():
    content = "睡蓮.png,keep\n齐白石.png,keep\nréject".encode()
    assert decode(content[:-7] + "é".encode()[:1]).startswith("睡蓮.png,keep\n齐白石.png,keep\n")


@given(st.binary(max_size=300))
def test_nothing_is_too_strange_to_be_text(content):
    assert isinstance(decode(content), str)
    assert content.decode(likely([content]), "replace") is not None
