"""Words in scripts without blanks, with marks, and from right to left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index import LexicalIndex
from retrieval.languages import (
    columns,
    joined,
    language_of_article,
    language_of_question,
    split_compounds,
    split_words,
    terms,
    words,
)
from retrieval.languages.folding import folded
from retrieval.languages.segmentation import segments, spaced

# A paragraph, a question that it answers, and a paragraph of another subject with other words.
FOUND = {
    "zh": (
        "渡轮每天早上从老码头开往红石岛。",
        "去红石岛的船几点开？",
        "市立图书馆周一闭馆，新楼有屋顶花园。",
    ),
    "ja": (
        "フェリーは毎朝旧港を出て赤石島へ向かう。",
        "赤石島行きの船はいつ出ますか",
        "市立図書館は月曜日が休館です。",
    ),
    "th": (
        "เรือข้ามฟากออกจากท่าเรือเก่าทุกวัน",
        "เรือออกกี่โมง",
        "ห้องสมุดปิดทุกวันจันทร์",
    ),
    "lo": (
        "ເຮືອອອກຈາກທ່າເຮືອທຸກມື້",
        "ທ່າເຮືອຢູ່ໃສ",
        "ຫໍສະໝຸດປິດວັນຈັນ",
    ),
    "km": (
        "កប៉ាល់ចេញពីកំពង់ផែរាល់ព្រឹក",
        "កំពង់ផែនៅឯណា",
        "បណ្ណាល័យបិទថ្ងៃច័ន្ទ",
    ),
    "my": (
        "သင်္ဘောသည် ဆိပ်ကမ်းမှ ထွက်ခွာသည်",
        "ဆိပ်ကမ်းကဘယ်မှာလဲ",
        "စာကြည့်တိုက် ပိတ်သည်",
    ),
    "ar": (
        "أُغلِقت المكتبةُ العامّة يوم الاثنين.",
        "متى تغلق المكتبه العامه؟",
        "تغادر العبّارة الميناء.",
    ),
    "he": (
        "הַסְּפִינָה יוצאת מן הנמל",
        "מתי הספינה יוצאת?",
        "הספרייה סגורה ביום שני",
    ),
    "hi": (
        "नाव हर सुबह पुराने बंदरगाह से द्वीप जाती है।",
        "द्वीप की नाव कब जाती है?",
        "पुस्तकालय सोमवार को बंद रहता है।",
    ),
    "ko": (
        "여객선은 매일 아침 항구를 떠나 섬으로 간다.",
        "항구에서 떠나는 배는?",
        "도서관은 월요일에 문을 닫는다.",
    ),
    "bn": (
        "লঞ্চ রোজ সকালে দ্বীপে যায়।",
        "দ্বীপে কোন লঞ্চ যায়?",
        "গ্রন্থাগার সোমবার বন্ধ।",
    ),
    "fa": (
        "کتابخانه روز دوشنبه بسته است.",
        "كتابخانه کی بسته است؟",
        "کشتی از بندر می‌رود.",
    ),
}
SAME = {
    "vowels": ("ar", "مَدْرَسَةٌ", "مدرسة"),
    "a lengthened line": ("ar", "مدرســـة", "مدرسة"),
    "hamza, yeh and teh": ("ar", "إلى الأحمدية في مستشفى", "الى الاحمديه فى مستشفي"),
    "articles": ("ar", "القاهرة بالقاهرة للقاهرة", "قاهرة قاهرة قاهرة"),
    "and": ("ar", "وأوكرانيا", "أوكرانيا"),
    "shapes": ("ar", "\ufee3\ufeaa\ufead\ufeb3\ufe94", "مدرسة"),
    "Arabic digits": ("ar", "عام ٢٠٢٥", "عام 2025"),
    "Persian letters": ("fa", "كتابي", "کتابی"),
    "Persian digits": ("fa", "۱۴۰۴", "1404"),
    "a joiner": ("fa", "می‌خواهم", "میخواهم"),
    "points": ("he", "שָׁלוֹם", "שלום"),
    "an abbreviation": ("he", "צה״ל", 'צה"ל'),
    "Devanagari digits": ("hi", "२०२५", "2025"),
    "dots and moons": ("hi", "फ़रवरी चाँद", "फरवरी चांद"),
    "an Armenian ligature": ("hy", "Երևան", "Երեւան"),
    "Greek capitals": ("el", "ΑΘΗΝΑ Αθηνα", "Αθήνα Αθήνα"),
    "no tones": ("vi", "Đà Nẵng", "Da Nang"),
    "width": ("zh", "２０２５年ＡＢＣ公司", "2025年ABC公司"),
    "half width": ("ja", "ｶﾞﾗｽ", "ガラス"),
    "a keycap": ("en", "1\ufe0f\u20e3", "1"),
    "bold letters": ("en", "𝗙𝗲𝗿𝗿𝘆 𝟮𝟬𝟮𝟱", "Ferry 2025"),
    "marks of direction": ("en", "\u200eferry\u200f", "ferry"),
}


@pytest.mark.parametrize(("language", "texts"), FOUND.items())
def test_a_question_finds_its_words_in_any_script(
    language: str, texts: tuple[str, str, str]
) -> None:
    index = LexicalIndex.create(None)
    passages = [(1, language, texts[2]), (2, language, texts[0])]
    index.update(passages, [])
    assert next(iter(index.search(texts[1], [language], 2)), None) == 2
    assert all(index.has(*passage) for passage in passages)


@pytest.mark.parametrize(("language", "written", "typed"), SAME.values(), ids=list(SAME))
def test_what_reads_the_same_has_the_same_terms(language: str, written: str, typed: str) -> None:
    assert terms(written, language) == terms(typed, language) != []


def test_a_ministers_word_keeps_its_first_letter() -> None:
    assert terms("وزير", "ar") == terms("الوزير", "ar") == ["وزير"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("cafe\u0301 и\u0306од", ["cafe\u0301", "и\u0306од"]),
        ("தமிழ்நாடு", ["தமிழ்நாடு"]),
        ("我们在北京的大学学习。", ["我们", "在", "北京", "的", "大学", "学习"]),
        ("2025年のiPhone", ["2025", "年", "の", "iPhone"]),
        ("ประเทศไทยมีเมือง", ["ประเทศไทย", "มี", "เมือง"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("snake_case, it's", ["snake_case", "it", "s"]),
        ("", []),
    ],
)
def test_words_are_split_with_their_marks(text: str, expected: list[str]) -> None:
    assert split_words(text) == expected


def test_compounds_stay_in_one_piece_and_are_joined_as_their_script_asks() -> None:
    text = "it's an F-16 of the U.S in 2025年的北京"
    found = split_compounds(text)
    assert found == ["it's", "an", "F-16", "of", "the", "U.S", "in", "2025", "年", "的", "北京"]
    assert joined(found[-5:]) == "in 2025 年的北京"
    assert joined([]) == ""


def test_a_wide_character_takes_two_columns() -> None:
    assert [columns(text) for text in ("ferry", "渡轮。", "フェリー", "배", "เรือ", "")] == [
        5, 6, 8, 2, 4, 0,
    ]  # fmt: skip


def test_korean_words_are_searched_without_particles_and_by_pairs_of_syllables() -> None:
    assert terms("도서관은 문을", "ko") == ["도서관", "도서", "서관", "문을"]
    assert terms("도서관에서", "ko") == terms("도서관의", "ko") == ["도서관", "도서", "서관"]
    assert terms("Seoul 2025", "ko") == ["seoul", "2025"]


def test_chinese_words_are_searched_with_their_characters_but_not_stop_words() -> None:
    assert terms("在北京的大学", "zh") == ["北京", "北", "京", "大学", "大", "学"]
    assert words("在北京的大学", "zh") == ["北京", "大学"]


@given(st.text())
def test_any_text_is_parted_and_nothing_of_it_lost(text: str) -> None:
    ends = [end for span in segments(text) for end in span]
    assert ends == sorted(ends)
    assert spaced(text).replace(" ", "") == text.replace(" ", "")
    assert "".join(split_words(text)).isascii() or not text.isascii()


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("渡轮几点开？", "zh"),
        ("渡輪幾點開？", "zh"),
        ("船はいつ出ますか", "ja"),
        ("ﾌｪﾘｰ?", "ja"),
        ("เรือออกกี่โมง", "th"),
        ("ທ່າເຮືອຢູ່ໃສ", "lo"),
        ("កំពង់ផែនៅឯណា", "km"),
        ("ဆိပ်ကမ်းကဘယ်မှာလဲ", "my"),
        ("متى تغلق المكتبة؟", "ar"),
        ("کتابخانه کی باز است؟", "fa"),
        ("پل کجاست", "fa"),
        ("کشتی ڈوبا", "ur"),
        ("מתי הספינה יוצאת?", "he"),
        ("नाव कब जाती है?", "hi"),
        ("দ্বীপ", "bn"),
        ("በየትኛው ቀን", "am"),
        ("Ե՞րբ է բացվում", "hy"),
        ("도서관은 언제 엽니까?", "ko"),
        ("Who is 王毅?", "en"),
        ("Starlink ターミナル", None),
    ],
)
def test_a_short_questions_language_is_told(question: str, language: str) -> None:
    assert language_of_question(question, frozenset({"en"})) == language


@pytest.mark.parametrize(
    ("question", "likely", "language"),
    [
        ("довжина мосту", {"uk"}, "uk"),
        ("довжина мосту", {"ru", "uk"}, "ru"),
        ("довжина мосту", {"en"}, "ru"),
        ("крыша моста", {"uk"}, "ru"),
        ("висота вежі", {"ru"}, "uk"),
    ],
)
def test_what_may_be_ukrainian_or_russian_is_the_likely_one(
    question: str, likely: set[str], language: str
) -> None:
    assert language_of_question(question, frozenset(likely)) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("नाव रद्द", "hi"),
        ("東京都庁発表", "zh"),
        ("ターミナル閉鎖", "ja"),
        ("Паром їде", "uk"),
        ("Паром", None),
        ("Шахматы | Руководитель: Олег Бурлаков\n\nТанцы | Руководитель: Нина Завьялова", "ru"),
        ("FPV дрон", None),
    ],
)
def test_a_few_words_of_an_article_are_told_by_their_script(
    text: str, language: str | None
) -> None:
    assert language_of_article(text) == language
