"""Ukrainian and Russian questions in Latin letters, and others that only look like them."""

from __future__ import annotations

import pytest

from embeddings import Encoder
from retrieval.index.lexical import LexicalIndex
from retrieval.questions import Vocabulary, in_cyrillic

TEXTS = {1: "Starlink came to Sudzha in spring.", 2: "The ferry stopped at the mill."}


@pytest.fixture(scope="module")
def vocabulary(encoder: Encoder) -> Vocabulary:
    lexical = LexicalIndex.create(None)
    lexical.update([(key, "en", text) for key, text in TEXTS.items()], [])
    return Vocabulary(
        lexical, ["en"], lambda ids: [TEXTS[key] for key in ids], encoder.count_tokens
    )


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("skilky koshtuye kvytok", "скільки коштує квиток"),
        ("Chomu zupynyvsia parom?", "чому зупинився паром?"),
        ("de znakhodytsia sudzha", "де знаходиться sudzha"),
        ("shcho take Starlink?", "що таке Starlink?"),
        ("yakyi zavtra den", "який завтра ден"),
        ("yak dovho tryvala viina v Ukraini", "як довго тривала війна в Україні"),
        ("gde nahoditsya melnitsa", "где находится мелница"),
        ("kto takoy Karyakin", "кто такой Карякин"),
        ("skolko stoit bilet", "сколько стоит билет"),
        ("pochemu ne rabotal parom v kurskoy oblasti", "почему не работал паром в курской области"),
        ("kogda pustili starlinka v sudzhe", "когда пустили Starlink в Sudzha"),
    ],
)
def test_a_question_in_latin_letters_is_written_in_cyrillic(
    typed: str, read: str, vocabulary: Vocabulary
) -> None:
    assert in_cyrillic(typed, vocabulary) == read


@pytest.mark.parametrize(
    "question",
    [
        "What is Starlink?",
        "who ordered the withdrawal",
        "do you know koli",
        "e coli outbreak",
        "kim jong un",
        "what did kim do",
        "kto jest prezydentem",
        "kdo je prezident",
        "jak se jmenuje",
        "gdje je sudzha",
        "donde esta sudzha",
        "wo ist sudzha",
        "hoe heet de hond",
        "de la soul",
        "price of bread",
        "sudzha",
        "где находится суджа",
        "gde суджа",
        "",
        "?",
        "gde " * 400,
    ],
)
def test_another_question_stands(question: str, vocabulary: Vocabulary) -> None:
    assert in_cyrillic(question, vocabulary) is None
