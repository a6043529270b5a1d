from __future__ import annotations

import pytest

from embeddings import Encoder
from retrieval.search.searcher import Searcher
from tests.retrieval.library import Library


@pytest.fixture(scope="module")
def allotment(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    library = Library(tmp_path_factory.mktemp("allotment"), encoder=encoder)
    library.write(
        juan="Juan Ruiz dug the well in 1931. A chain hangs in it, and Juan paid for the chain.",
        rust="Rust is an infection of the leaves. Gardeners wait for dry weather and cut them.",
        path="The path was paved by Elliott. Creating it took a month, and puppets watched.",
        guide="The oncology ward sends patients to the livable greenhouse, with a crate of apples.",
    )
    library.refresh()
    return library.searcher()


@pytest.mark.parametrize(
    "question",
    [
        "When did the Yuan emperors lose the north?",
        "What is a myocardial infarction?",
        "Which novel did Eliot publish first?",
        "What does moral ontology mean?",
    ],
)
def test_a_right_word_of_another_subject_is_left_alone(allotment: Searcher, question: str) -> None:
    assert allotment.search(question).corrections == ()


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("When did Juann dig the well?", "When did Juan dig the well?"),
        ("What is an infetcion of the leaves?", "What is an infection of the leaves?"),
        ("Who paved the path, Elliot?", "Who paved the path, Elliott?"),
        ("Who watched, the pupets?", "Who watched, the puppets?"),
        ("Where do oncologgy patients go?", "Where do oncology patients go?"),
        ("Who cut the keaves?", "Who cut the leaves?"),
    ],
)
def test_an_error_is_repaired_where_the_question_finds_more(
    allotment: Searcher, question: str, searched: str
) -> None:
    assert allotment.search(question).question == searched


@pytest.fixture(scope="module")
def council(multilingual: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    library = Library(tmp_path_factory.mktemp("council"), encoder=multilingual)
    library.write(
        war="Війська припинили наступ, бо настала зима. Про деталі не йшлося.",
        river="The river Seine passes the City of Paris.",
        house="Тут засідав парламент. Уряд підвищив податки на воду.",
        mill="Мельница сгорела в засуху, и жители построили её заново.",
    )
    library.refresh()
    return library.searcher()


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("коли засідав парламнт", "коли засідав парламент"),
        ("хто підвищив подтаки на воду", "хто підвищив податки на воду"),
        ("когда сгорела мельнца", "когда сгорела мельница"),
        # Words of one language are near to those of another.
        ("коли призупинили змагання", None),
        ("який спорт дедалі популярніший", None),
        ("кого взяли в жену", None),
        ("как выглядит сеть", None),
    ],
)
def test_words_of_many_languages_are_repaired_where_the_question_finds_more(
    council: Searcher, question: str, searched: str | None
) -> None:
    assert council.search(question).question == (searched or question)
