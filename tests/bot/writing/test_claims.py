from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.claims import (
    addresses_in,
    clauses_of,
    disguised_in,
    is_denied,
    is_known,
    is_negated,
    is_reversed,
    names_in,
    numbers_in,
    plain,
    words_in,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12,000 men, 12\u00a0000 men", ["12000", "12000"]),
        ("3.5 km, 1990s, 10-12", ["3.5", "1990", "10", "12"]),
        ("2025-03-05", ["2025", "3", "5"]),
        ("Twenty men and two dogs", ["20", "2"]),
        ("hundreds or a thousand", ["hundred", "thousand"]),
        ("one of them", []),
        ("the twelfth and the XIIth", ["12"]),
        ("Louis XII, MMXXIV, I and MIXED", ["12", "2024"]),
        ("zwölf Männer, dreißig Hunde", ["12", "30"]),
        ("п'ять мостів і двадцять два човни", ["5", "20", "2"]),
        ("двенадцать мостов", ["12"]),
        ("\u0663\u0665 and \u0967\u0968", ["35", "12"]),
    ],
)
def test_numbers_are_found_however_they_are_written(text: str, found: list[str]) -> None:
    assert numbers_in(text) == found


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The town lies near Kursk.", ["Kursk"]),
        ("Putin said so in March.", ["Putin", "March"]),
        ("However, Twenty men came.", []),
        ("NATO met in the town.", ["NATO"]),
        ("crows fly", []),
    ],
)
def test_names_are_words_with_a_capital(sentence: str, found: list[str]) -> None:
    assert names_in(sentence, "en") == found


@pytest.mark.parametrize(
    ("name", "word", "known"),
    [
        ("Russian", "russia", True),
        ("Ukraine", "ukrainian", True),
        ("Суджі", "суджа", True),
        ("Austria", "australia", False),
        ("Iran", "iraq", False),
        ("May", "mayor", False),
        ("March", "may", False),
    ],
)
def test_names_are_known_in_their_inflections(name: str, word: str, known: bool) -> None:
    assert is_known(name, {word, "of"}) is known
    assert is_known(word, {word})


@pytest.mark.parametrize(
    ("sentence", "language", "negated"),
    [
        ("It does not work.", "en", True),
        ("It doesn't work.", "en", True),
        ("It doesn’t work.", "en", True),
        ("It works.", "en", False),
        ("A notion, nothings", "en", False),
        ("Es geht nicht.", "de", True),
        ("Воно не працює.", "uk", True),
        ("Нет.", "ru", True),
        ("It does not work.", "fi", False),
    ],
)
def test_negations_are_words_of_the_language(sentence: str, language: str, negated: bool) -> None:
    assert is_negated(sentence, language) is negated


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See http://evil.example/a now.", ["http://evil.example/a"]),
        ("Write to a@b.org, or @somebody!", ["a@b.org", "@somebody"]),
        ("(www.evil.example).", ["www.evil.example"]),
        ("At 3.5 km. Then on.", []),
    ],
)
def test_addresses_are_found(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\u216b and \u217b, \u2164 or \u2460 or \u24ec", "12 and 12, 5 or 1 or 12"),
        ("is\u02bcnt, is\u2019nt, is`nt", "is'nt, is'nt, is'nt"),
        ("n\u200bo\u00adt", "not"),
        ("\uff2e\uff2f \U0001d427\U0001d428\U0001d42d", "NO not"),
        ("12\u00a0000, 3\u00bd", "12,000, 3 1\u20442"),
        ("plain — “text” é 日本", "plain — “text” é 日本"),
    ],
)
def test_what_only_looks_otherwise_is_read_alike(text: str, read: str) -> None:
    assert plain(text) == read


@pytest.mark.parametrize(
    ("sentence", "language", "negated"),
    [
        ("It isnt so.", "en", True),
        ("They dont, and cant.", "en", True),
        ("It hardly works.", "en", True),
        ("It is scarcely used.", "en", True),
        ("He wanted a font.", "en", False),
        ("Es geht kaum.", "de", True),
        ("Навряд чи він прийде.", "uk", True),
        ("Он едва успел.", "ru", True),
    ],
)
def test_what_nearly_says_not_is_a_negation(sentence: str, language: str, negated: bool) -> None:
    assert is_negated(sentence, language) is negated


@pytest.mark.parametrize(
    ("sentence", "language", "denied"),
    [
        ("It is false that crows sing.", "en", True),
        ("It isn't true that crows sing.", "en", True),
        ("It is a myth that crows sing.", "en", True),
        ("Crows sing, which is not the case.", "en", True),
        ("Sudzha lies near the border.", "en", False),
        ("Crows do not sing.", "en", False),
        ("Es ist falsch, dass Krähen singen.", "de", True),
        ("Es ist nicht wahr, dass Krähen singen.", "de", True),
        ("Неправда, що ворони співають.", "uk", True),
        ("Это ложь, что вороны поют.", "ru", True),
        ("Это было не так давно.", "ru", False),
    ],
)
def test_what_calls_a_claim_untrue_denies_it(sentence: str, language: str, denied: bool) -> None:
    assert is_denied(sentence, language) is denied


@pytest.mark.parametrize(
    ("sentence", "nearest", "language", "is_other"),
    [
        ("The bridge will open.", "The bridge opened.", "en", True),
        ("The bridge won't open.", "The bridge did not open.", "en", True),
        ("The bridge opened.", "The bridge will open.", "en", True),
        ("The bridge will open.", "They plan to open the bridge.", "en", False),
        ("The bridge would open.", "The bridge will open.", "en", False),
        ("Die Brücke wird morgen öffnen.", "Die Brücke öffnete.", "de", True),
        ("Die Brücke wird von Soldaten bewacht.", "Soldaten bewachen die Brücke.", "de", False),
        ("Міст відкриють, і він працюватиме.", "Міст працював.", "uk", True),
        ("Міст буде відкрито.", "Міст відкрили.", "uk", True),
        ("Мост будет открыт.", "Мост открыли.", "ru", True),
        ("It is false that it did not open.", "It did not open.", "en", True),
        ("It is untrue, he said.", "He called it false.", "en", False),
    ],
)
def test_another_time_or_another_truth_reverses(
    sentence: str, nearest: str, language: str, is_other: bool
) -> None:
    assert is_reversed(sentence, nearest, language) is is_other


@pytest.mark.parametrize(
    ("sentence", "text", "found"),
    [
        ("P\u0443tin spoke.", "Kariakin spoke.", ["P\u0443tin"]),
        ("He did n\u043et speak.", "He did speak.", ["n\u043et"]),
        ("He did \u043d\u043e\u0442 speak.", "He did speak.", ["\u043d\u043e\u0442"]),
        ("He did \u0274\u1d0f\u1d1b speak.", "He did speak.", ["\u0274\u1d0f\u1d1b"]),
        ("He did n\u0336ot speak.", "He did not speak.", ["\u0336"]),
        ("Він н\u0065 прийшов.", "Він прийшов.", ["н\u0065"]),
        ("An \u03b1-particle and a \u03bcm.", "It is an \u03b1-particle of a \u03bcm.", []),
        ("ひらがなとカタカナと漢字。", "漢字とひらがな。", []),
        ("Он купил iPhone.", "Он купил iPhone.", []),
        ("Crows fly.", "Вороны летают.", []),
        ("Zoë naïvely ate crêpes.", "Zoe ate.", []),
    ],
)
def test_words_of_mixed_alphabets_are_disguised(sentence: str, text: str, found: list[str]) -> None:
    assert disguised_in(sentence, text) == found


@pytest.mark.parametrize(
    ("sentence", "clauses"),
    [
        ("Crows fly; ravens walk.", ["Crows fly", " ravens walk."]),
        ("Crows (which fly) walk — at 10:30.", ["Crows ", "which fly", " walk ", " at 10:30."]),
        ("Crows fly.Ravens walk: all do.", ["Crows fly", "Ravens walk", " all do."]),
        ("In the U.S. 3.5 well-fed crows fly, and ravens.", None),
    ],
)
def test_clauses_are_parted_by_more_than_a_comma(sentence: str, clauses: list[str] | None) -> None:
    assert [sentence[slice(*span)] for span in clauses_of(sentence)] == (clauses or [sentence])


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    numbers_in(text), names_in(text, "en"), addresses_in(text), disguised_in(text, text[::2])
    assert not any(is_reversed(text, text, language) for language in ("en", "de", "uk", "ru"))
    assert plain(plain(text)) == plain(text)
    assert all(is_known(word, words_in(text)) for word in words_in(text))
