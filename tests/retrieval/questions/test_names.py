from __future__ import annotations

import pytest

from retrieval.index import LexicalIndex
from retrieval.questions.names import is_name
from retrieval.questions.vocabulary import Vocabulary

TEXTS = {
    1: "Bridges of Sumy\nSumy has a bridge. The bridge of Sumy was built by Polish masons.",
    2: "THE OLD MILL BURNT\nPeople polish the bell. Kraków, Lviv and Łódź sent bells.",
    3: "Millers\nMillers came. They said: Come, the U.S. and NATO met in Warsaw-Praga.",
}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    lexical = LexicalIndex.create(None)
    lexical.update([(key, "en", text) for key, text in TEXTS.items()], [])
    return Vocabulary(lexical, ["en"], lambda ids: [TEXTS[key] for key in ids], lambda _: [])


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("sumy", True),
        ("lviv", True),
        ("łódź", True),
        ("nato", True),
        ("praga", True),
        # Written both ways, never with a capital, and only where every word has one.
        ("polish", False),
        ("bridge", False),
        ("millers", None),
        ("mill", None),
        # Not in the articles, or no word.
        ("kharkiv", None),
        ("", None),
        ("a.*", None),
    ],
)
def test_a_name_has_a_capital_within_a_sentence(
    vocabulary: Vocabulary, word: str, found: bool | None
) -> None:
    assert is_name(word, vocabulary) is found
