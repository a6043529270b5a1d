"""Answers across languages, with the encoder that knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.index import Scale
from retrieval.languages import OTHER
from retrieval.search.across import language_across
from retrieval.search.confidence import Features, confidence_of, features
from retrieval.search.excerpts import best_excerpts
from retrieval.types import Encoder
from tests.retrieval.library import SEARCH, Library

ARTICLES = {
    "bridge": "The bridge at Lerwold\n\nThe stone bridge at Lerwold was finished in 1874 by the "
    "engineer Oskar Brandt. It has nine arches and carried the post road to the coast. In 1931 a "
    "flood tore away two of its piers, and ferries crossed the river for three years.",
    "honey": "Bees of the heath\n\nBeekeepers bring their hives to the heath in August. The "
    "honey is dark and sets within a week. A hive gives about twelve kilograms in a good year.",
    "школа": "Школа в Залужжі\n\nСільську школу в Залужжі відкрили 1926 року. Першою "
    "вчителькою була Марія Гнатюк. Після війни до школи добудували бібліотеку та їдальню.",
    "маяк": "Маяк на мысе Орлов\n\nМаяк на мысе Орлов построили в 1902 году. Смотрителем "
    "сорок лет был Пётр Ладыгин. Свет маяка виден за двадцать миль.",
    "mühle": "Die Mühle von Harzig\n\nDie Mühle von Harzig mahlt seit 1688 Roggen. Der letzte "
    "Müller, Jakob Stein, übergab sie 1979 der Gemeinde. Heute ist in ihr ein Museum.",
}
ANSWERED = {
    "Хто збудував кам'яний міст у Лервольді?": "Oskar Brandt",
    "Wann wurde die Steinbrücke von Lerwold fertig?": "1874",
    "When was the village school in Zaluzhzhia opened?": "1926",
    "Кто был первой учительницей школы в Залужье?": "Марія Гнатюк",
    "Wer baute die Brücke in Lerwold?": "Oskar Brandt",
    "Хто був останнім мірошником млина в Гарцигу?": "Jakob Stein",
    "Хто був першою вчителькою школи в Залужжі?": "Марія Гнатюк",
    "Кто был смотрителем маяка на мысе Орлов?": "Ладыгин",
    "Wer war der letzte Müller der Mühle von Harzig?": "Jakob Stein",
    "Who built the stone bridge at Lerwold?": "Oskar Brandt",
}
FOREIGN = [
    "Who designed the railway bridge?",
    "Кто открыл музыкальную школу?",
    "Яка відсоткова ставка національного банку?",
    "Скільки важить дорослий африканський слон?",
    "Какой процессор стоит в новом телефоне?",
    "Когда был подписан договор о границе?",
    "Wie viele Sitze hat das Europäische Parlament?",
    "Welche Impfungen brauchen Säuglinge?",
    "Who won the tennis final in Melbourne?",
    "How do vaccines against measles work?",
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, multilingual: Encoder) -> Library:
    found = Library(tmp_path_factory.mktemp("languages"), encoder=multilingual)
    found.write(**ARTICLES)
    found.refresh()
    return found


def ask(library: Library, question: str) -> tuple[float, str]:
    ranking = library.searcher().search(question)
    windows = [window for _, window in best_excerpts(ranking.hits, 3, SEARCH.excerpt_chars)]
    confidence = confidence_of(features(ranking, windows), ranking.scale, ranking.encoder)
    return confidence, windows[0].text


def test_questions_are_answered_from_articles_in_any_language(library: Library) -> None:
    asked = {question: ask(library, question) for question in ANSWERED}
    wrong = [one for one, (_, text) in asked.items() if ANSWERED[one] not in text]
    refused = [one for one, (confidence, _) in asked.items() if confidence < SEARCH.threshold]

    assert (wrong, refused) == ([], [])


def test_questions_about_something_else_are_refused_in_any_language(library: Library) -> None:
    asked = {question: ask(library, question)[0] for question in FOREIGN}

    assert {question: sure for question, sure in asked.items() if sure >= SEARCH.threshold} == {}


@pytest.mark.parametrize("question", ["Хто збудував міст?", "Who built the bridge?"])
def test_stop_words_weigh_little_in_articles_of_every_language(
    library: Library, question: str
) -> None:
    """Where no article has "хто", it is no rare word."""
    ranking = library.searcher().search(question)

    last = ranking.query.spans[:, 0].tolist().index(question.rindex(" ") + 1)
    weights = {hit.source.language: hit.weights for hit in ranking.hits}
    assert {"en", "uk", "ru", "de"} == weights.keys()
    assert max(one[0] / one[last] for one in weights.values()) < 0.7


@pytest.mark.parametrize(
    ("question", "text", "language", "expected"),
    [
        ("Хто збудував міст?", "The bridge.", "en", "uk"),
        ("Who built the bridge?", "Міст.", "uk", "en"),
        ("Хто збудував міст?", "Міст збудували 1874 року.", "uk", None),
        ("Wer baute die Brücke?", "The bridge.", "en", "de"),
        ("bridge builder", "The bridge.", "en", None),
        ("bridge builder", "Мост.", "ru", OTHER),
        ("1874?", "Мост.", "ru", None),
    ],
)
def test_a_questions_language_is_told_from_an_articles(
    question: str, text: str, language: str, expected: str | None
) -> None:
    assert language_across(question, text, language) == expected


# Each is nearer to a Ukrainian question than anything in English, if only by its language.
MIXED = {
    "lighthouse": "The lighthouse of Skarva\n\nThe lighthouse of Skarva was lit in 1893. Its lamp "
    "burned rape oil until 1921, when the keeper Anders Holm laid a cable from the mainland.",
    "apiary": "Bees of the heath\n\nBeekeepers bring their hives to the heath in August. The honey "
    "is dark and sets within a week. A hive gives about twelve kilograms in a good year.",
    "маяк": "Маяк у Кривій Косі\n\nМаяк у Кривій Косі збудували 1902 року. Його лампу видно за "
    "двадцять миль. Доглядачем маяка тридцять років був Степан Лисенко.",
    "порт": "Порт\n\nПорт відкрили 1893 року. Кабель до нього проклали пізніше. У порту стояли "
    "вітрильники, що возили олію та зерно.",
    "олія": "Олійня\n\nОлійня в Дубовому працює з 1921 року. Ріпакову олію тут чавлять восени.",
    "пасіка": "Пасіка\n\nНа пасіці за селом сорок вуликів. Мед качають двічі за літо.",
    "світло": "Світло в селі\n\nЕлектрику до села провели 1951 року. Лампи спершу горіли ввечері.",
}
ACROSS = {
    "Хто проклав кабель до маяка Скарва?": "Anders Holm",
    "Якою олією горіла лампа маяка Скарва до 1921 року?": "rape oil",
    "Скільки меду дає вулик на вересовищі за добрий рік?": "twelve kilograms",
    "Хто був доглядачем маяка у Кривій Косі?": "Степан Лисенко",
    "When did the village get electricity?": "1951",
    "When was the lighthouse of Skarva lit?": "1893",
}


def test_answers_in_another_language_are_found_beside_articles_in_that_of_the_question(
    tmp_path: Path, multilingual: Encoder
) -> None:
    mixed = Library(tmp_path, encoder=multilingual)
    mixed.write(**MIXED)
    mixed.refresh()

    asked = {question: ask(mixed, question) for question in ACROSS}

    assert [one for one, (_, text) in asked.items() if ACROSS[one] not in text] == []


def test_scores_that_spread_wide_bring_nothing_in_another_language_near() -> None:
    """As those of a handful of articles do."""
    strange = Features(0.32, 0.795, 0, 0, 0, 0, 0, across=1)
    wide = Scale(late=0.455, late_spread=0.064, dense=0.812, dense_spread=0.031)

    assert confidence_of(strange, wide, "intfloat/multilingual-e5-small") < SEARCH.threshold
