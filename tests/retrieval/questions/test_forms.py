from __future__ import annotations

from pathlib import Path

import pytest

from embeddings import Encoder
from retrieval.index.lexical import LexicalIndex
from retrieval.questions.forms import other_names
from retrieval.questions.spelling import SpelledQuestion, readings
from retrieval.questions.vocabulary import Vocabulary

TEXTS = {
    1: "The mill ground 12,500 tonnes in 1998 and 1 250 in 1999. A sack cost 4.75.",
    2: "Four F-16s flew over; the MiG-29 stayed. Flight MH 17 was lost.",
    3: "The office answers at +380 44 123-45-67, the ferry at (032) 765-43-21, "
    "the pool at 09999 / 44 55 66.",
    4: "COVID-19 came to Sudzha, to Kyiv and to Zelenskyy in 2020.",
    5: "Mühlberg lies on the Elbe. Ørsted came from Rudkøbing, Gödel from Brünn.",
    7: "Der Schlüssel schließt nicht. Anti-tank ditches lie in front of Hongkong and New York.",
    8: "The weir broke on 4 March 1987 and 9.10.2001; the fair was on 12 June.",
    6: "У Суджі знімав Карякін, у Вінниці його зустрів Зеленський.",
}


def correct_spelling(question: str, vocabulary: Vocabulary) -> SpelledQuestion:
    """Return a question with all that may be meant otherwise."""
    return readings(question, vocabulary)[-1]


@pytest.fixture(scope="module")
def vocabulary(encoder: Encoder) -> Vocabulary:
    lexical = LexicalIndex.create(None)
    lexical.update([(key, "uk" if key == 6 else "en", text) for key, text in TEXTS.items()], [])
    return Vocabulary(
        lexical, ["en", "uk"], lambda ids: [TEXTS[key] for key in ids], encoder.count_tokens
    )


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("Who ground 12500 tonnes?", "Who ground 12,500 tonnes?"),
        ("Who ground 12 500 tonnes?", "Who ground 12,500 tonnes?"),
        ("When were 1250 ground?", "When were 1 250 ground?"),
        ("What cost 4,75?", "What cost 4.75?"),
        ("12500 t", "12,500 tonnes"),
        ("12 500 тонн", "12,500 tonnes"),
        ("Who ground 12500 km?", "Who ground 12,500 km?"),
        ("Where did the f16 fly?", "Where did the F-16 fly?"),
        ("Where did F 16 fly?", "Where did F-16 fly?"),
        ("Did the mig29 stay?", "Did the MiG-29 stay?"),
        ("What became of MH17?", "What became of MH 17?"),
        ("Who has 09999445566?", "Who has 09999 / 44 55 66?"),
        ("Who has 0441234567?", "Who has +380 44 123-45-67?"),
        ("Who has +380 (32) 7654321?", "Who has (032) 765-43-21?"),
        ("Whose number is 044 123-456-7?", "Whose number is +380 44 123-45-67?"),
        ("What is 032.765.43.21?", "What is (032) 765-43-21?"),
        ("Was it for 12 500 tonnes?", "Was it for 12,500 tonnes?"),
        ("What broke on 1987-03-04?", "What broke on 4 March 1987?"),
        ("What broke on March 4th, 1987?", "What broke on 4 March 1987?"),
        ("Was brach am 4. März 1987?", "Was brach am 4 March 1987?"),
        ("Що сталося 9 жовтня 2001?", "Що сталося 9.10.2001?"),
        ("What was on the 12th of June?", "What was on the 12 June?"),
        ("When did covid19 come?", "When did COVID-19 come?"),
        ("Was the summer of '98 dry?", "Was the summer of '1998 dry?"),
        ("Что было в 98 году?", "Что было в 1998 году?"),
        ("Що було 98-го року?", "Що було 1998-го року?"),
        ("What came to Sudscha in 2020?", "What came to Sudzha in 2020?"),
        ("what came to Kiev and to selenskyj?", "what came to Kyiv and to zelenskyy?"),
        ("Where is Muehlberg?", "Where is Mühlberg?"),
        ("Where did Oersted and Goedel live?", "Where did Ørsted and Gödel live?"),
        ("Wo liegt der Schluessel?", "Wo liegt der Schlüssel?"),
        ("wer schliesst den schluessel ab?", "wer schließt den schlüssel ab?"),
        ("Where are antitank ditches?", "Where are anti-tank ditches?"),
        ("what lies infront of newyork?", "what lies in front of new york?"),
        ("What lies before Hong Kong?", "What lies before Hongkong?"),
        ("What did Karyakin film?", "What did Карякін film?"),
        ("Кого зустрів Зеленский?", "Кого зустрів Зеленський?"),
    ],
)
def test_a_question_is_given_the_articles_form(
    vocabulary: Vocabulary, question: str, searched: str
) -> None:
    assert correct_spelling(question, vocabulary)[0] == searched


@pytest.mark.parametrize(
    "question",
    [
        "Who ground 12,500 tonnes in 1998?",
        "Who ground 12.5 tonnes, 13500 or 500?",
        'Who wrote "12500 tonnes" and "Sudscha"?',
        "What happened in 2021, on 5 May and at 16?",
        "What broke on 4 March 1986, 5 March 1987 and 31.02.1987?",
        "What broke on 4 March 1987 and 12 June 1987?",
        "Where did the F-15 fly?",
        "Who has 0441234568?",
        "Where are Kerch, Sumy and Berlin?",
        "What is the elbow (5 points)?",
    ],
)
def test_what_the_articles_do_not_write_otherwise_is_left_alone(
    vocabulary: Vocabulary, question: str
) -> None:
    assert correct_spelling(question, vocabulary) == (question, ())


def test_a_question_of_a_hundred_names_and_numbers_is_looked_up_in_part(
    vocabulary: Vocabulary,
) -> None:
    question = " ".join(f"Sudscha{letter} 12500" for letter in "abcdefgh" * 12)
    assert correct_spelling(question, vocabulary)[0].count("12,500") == 5


def test_names_are_found_by_their_sound_in_an_index_on_disk(tmp_path: Path) -> None:
    LexicalIndex.create(tmp_path).update([(1, "en", "To Sudzha."), (2, "en", "To Sumy.")], [])
    lexical = LexicalIndex.open(tmp_path)
    assert lexical.with_names_like(["SUDS"], "", 5) == [1]
    assert lexical.has(1, "en", "To Sudzha.")
    assert not lexical.has(1, "en", "To Sumy.")


TOWNS = {
    1: ("en", "Kiev had trams in 1892, and so did Lvov."),
    2: ("en", "In the park of Kyiv a tram stands. Petrenka drives it to Kharkiv."),
    3: ("uk", "У Києві ходив трамвай, а Петренко їздив у Львів."),
    4: ("ru", "В Киеве ездил трамвай. Иванов ждал."),
    5: ("de", "In Kiew fuhr die Bahn, in Charkiw Pferde. Iwanowa wartete."),
}


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("Which trams has Kiev?", {"Kyiv", "Kiew", "Києві", "Киеве"}),
        ("Wann fuhr die Bahn in Kiew?", {"Kyiv", "Kiev", "Києві", "Киеве"}),
        ("Коли у Києві ходив трамвай?", {"Kyiv", "Kiev", "Kiew", "Киеве"}),
        ("Когда в Киеве ездил трамвай?", {"Kyiv", "Kiev", "Kiew", "Києві"}),
        ("Who drives to Kharkov?", {"Kharkiv", "Charkiw"}),
        # Another one's name.
        ("Who is Ivanov?", {"Иванов"}),
        ("Where is Novgorod, and who is Dornbeck?", set()),
    ],
)
def test_a_name_is_looked_for_in_all_its_forms(question: str, others: set[str]) -> None:
    lexical = LexicalIndex.create(None)
    lexical.update([(key, *one) for key, one in TOWNS.items()], [])
    vocabulary = Vocabulary(
        lexical,
        ["de", "en", "ru", "uk"],
        lambda ids: [TOWNS[key][1] for key in ids],
        lambda words: [1] * len(words),
    )

    found = other_names(question, vocabulary)

    assert len(found) == min(3, len(others))
    assert set(found) <= others
    assert all(weight <= 0.5 for weight in found.values())


def test_where_the_articles_have_no_language_no_name_is_like_another() -> None:
    vocabulary = Vocabulary(LexicalIndex.create(None), [], lambda _: [], lambda _: [])
    assert vocabulary.rarity("Kyiv") == 1
    assert other_names("Who left Kyiv for Sumy?", vocabulary) == {}


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("WHAT CAME TO SUDZHA AND KYIV", "what came to Sudzha and Kyiv"),
        ("ХТО ЗНІМАВ У СУДЖІ", "хто знімав у Суджі"),
        ("NATO F-16", "NATO F-16"),
        ("WHERE DID THE U.S. F-16S FLY", "where did the U.S. F-16s fly"),
        ("whats in Mühlberg?", "what's in Mühlberg?"),
        ("didnt the mill stop", "didn't the mill stop"),
        ("Карякін — хто це такий?", "хто це Карякін?"),
        ("Gödel, wer ist das?", "wer ist Gödel?"),
        ("Zelenskyy - who is he", "who is Zelenskyy?"),
    ],
)
def test_a_question_is_read_as_if_it_were_put_with_care(
    question: str, searched: str, vocabulary: Vocabulary
) -> None:
    assert readings(question, vocabulary)[0].question == searched
