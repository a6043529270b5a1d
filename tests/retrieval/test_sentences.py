"""Sentences and excerpts in all scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking import is_question, is_terminated, split_sentences

# Sentences behind each other, the second a question.
SENTENCES = {
    "zh": ["渡轮每天早上开往红石岛。", "几点开？", "成人票价3.5元！"],
    "ja": ["フェリーは毎朝出る。", "いつ戻りますか。", "「九時だ。」"],
    "ar": ["تغادر العبّارة كل صباح.", "متى تعود؟", "قال د. أحمد إن السعر ١٢٫٥؛ والأطفال مجاناً."],
    "ur": ["کشتی روز صبح جاتی ہے۔", "کب واپس آتی ہے؟", "نو بجے۔"],
    "he": ["הספינה יוצאת כל בוקר.", "מתי היא חוזרת?", 'המחיר 12.5 ש"ח.', 'ד"ר כהן אמר זאת.'],
    "hi": ["नाव हर सुबह जाती है।", "कब लौटती है?", "डॉ. शर्मा ने कहा कि किराया १२ रुपये है॥"],
    "bn": ["লঞ্চ রোজ সকালে যায়।", "কখন ফেরে?", "ভাড়া ১২ টাকা।"],
    "hy": ["Լաստանավը մեկնում է ամեն առավոտ։", "Ե՞րբ է վերադառնում։", "Ժամը իննին։"],
    "am": ["ጀልባው በየጠዋቱ ይሄዳል።", "መቼ ይመለሳል፧", "በዘጠኝ ሰዓት።"],
    "km": ["កប៉ាល់ចេញរាល់ព្រឹក។", "តើវាត្រឡប់មកវិញនៅពេលណា?", "តម្លៃ ១២ ដុល្លារ៕"],
    "my": ["သင်္ဘောသည် နံနက်တိုင်း ထွက်သည်။", "When?", "ညကိုးနာရီတွင်ဖြစ်သည်။"],
    "ko": ["배는 매일 아침 떠납니다.", "언제 돌아옵니까?", "요금은 1.5만 원입니다."],
    "el": ["Το πλοίο φεύγει κάθε πρωί.", "Πότε επιστρέφει;", "Στις εννέα."],
    "bo": ["གྲུ་གཟིངས་ཞོགས་པ་འགྲོ།", "When?", "དགོང་དྲོ་ཆུ་ཚོད་དགུ་པར།"],
}  # fmt: skip


def split(text: str, language: str) -> list[str]:
    return [text[one.start : one.end] for one in split_sentences(text, language)]


@pytest.mark.parametrize(("language", "sentences"), SENTENCES.items())
def test_sentences_are_found_in_every_script(language: str, sentences: list[str]) -> None:
    blank = "" if language in ("zh", "ja") else " "
    assert split(blank.join(sentences), language) == sentences
    assert all(map(is_terminated, sentences))
    assert [is_question(one) for one in sentences[:3]] == [False, True, False]


def test_clauses_are_sentences_where_a_language_has_no_full_stops() -> None:
    clauses = [
        "เรือข้ามฟากออกจากท่าเรือเก่าทุกวันเวลาหกโมงครึ่ง",
        "เที่ยวสุดท้ายกลับสามทุ่ม",
        "ค่าโดยสารผู้ใหญ่เที่ยวละ 12 บาท",
        "เด็ก ๆ อายุต่ำกว่าหกขวบไม่เสียค่าใช้จ่าย",
    ]
    sentences = split(" ".join(clauses), "th")
    assert sentences == [" ".join(clauses[:2]), " ".join(clauses[2:])]
    assert all(map(is_terminated, sentences))
    assert not is_terminated("เรือข้ามฟาก")


@pytest.mark.parametrize("text", ["“好。”", "「はい。」", "（是的。）", "«Ja.»", "إنه هنا!)"])
def test_a_sentence_may_end_behind_its_stop(text: str) -> None:
    assert is_terminated(text)


@pytest.mark.parametrize("text", ["渡轮时刻表", "Ferry times", "جدول العبّارة", "नाव का समय"])
def test_a_heading_is_no_sentence(text: str) -> None:
    assert not is_terminated(text)


@given(
    st.text(st.sampled_from('ก ๆขa.。។།"אבד.डॉ\n?')),
    st.sampled_from(["th", "he", "hi", "ar", "km", "en"]),
)
def test_no_character_is_lost(text: str, language: str) -> None:
    assert "".join("".join(split(text, language)).split()) == "".join(text.split())
