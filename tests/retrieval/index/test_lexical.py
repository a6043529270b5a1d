from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.index.lexical import LexicalIndex
from retrieval.languages.analysis import terms

RIVER = {
    1: "The river floods the old town in spring.",
    2: "The town hall was rebuilt after the flood.",
    3: "A bridge, a bridge, a bridge over the river!",
    4: "Nobody lives in the hills.",
}


def build(folder: Path, texts: Mapping[int, str], language: str = "en") -> LexicalIndex:
    folder.mkdir()
    index = LexicalIndex.create(folder)
    index.update([(key, language, text) for key, text in texts.items()], [])
    return index


def textbook_bm25(texts: Mapping[int, str], question: str, language: str) -> dict[int, float]:
    """Robertson & Zaragoza, The Probabilistic Relevance Framework (2009), k1 = 1.2, b = 0.75."""
    documents = {key: terms(text, language) for key, text in texts.items()}
    mean = sum(map(len, documents.values())) / len(documents)
    scores = dict.fromkeys(documents, 0.0)
    for term in set(terms(question, language)):
        df = sum(term in document for document in documents.values())
        idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
        for key, document in documents.items():
            tf, norm = document.count(term), 1 - 0.75 + 0.75 * len(document) / mean
            scores[key] += idf * tf * 2.2 / (tf + 1.2 * norm)
    return {key: score for key, score in scores.items() if score > 0}


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_textbook_bm25(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    words = [f"word{chr(ord('a') + n)}" for n in range(26)]
    # tantivy keeps the length of a text exactly up to 40 terms and then roughly.
    texts = {key: " ".join(random.choices(words, k=random.randint(1, 40))) for key in range(1, 80)}
    question = "wordb wordc wordd wordc"

    found = build(tmp_path / "lexical", texts).search(question, ["en"], 100)

    assert found == pytest.approx(textbook_bm25(texts, question, "en"), rel=1e-4)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_long_texts_score_roughly_as_in_the_textbook(tmp_path: Path) -> None:
    random = Random(1)
    words = [f"word{n}" for n in range(200)]
    texts = {key: " ".join(random.choices(words, k=random.randint(50, 300))) for key in range(60)}

    found = build(tmp_path / "lexical", texts).search("word1 word2", ["en"], 100)

    assert found == pytest.approx(textbook_bm25(texts, "word1 word2", "en"), rel=0.1)


def test_top_k_are_the_best(tmp_path: Path) -> None:
    index = build(tmp_path / "lexical", RIVER)
    everything = index.search("river town bridge flood", ["en"], 100)

    best = index.search("river town bridge flood", ["en"], 2)

    assert list(best.items()) == list(everything.items())[:2]


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Who was it, and what did they?"), ("de", "der die das und ist"), ("ru", "и в не на")],
)  # fmt: skip
def test_stop_words_are_no_terms(tmp_path: Path, language: str, text: str) -> None:
    assert terms(text, language) == []
    index = build(tmp_path / "lexical", {1: text, 2: f"{text} Bridge"}, language)
    assert index.search(text, [language], 10) == {}


def test_articles_are_searched_in_their_own_language(tmp_path: Path) -> None:
    index = LexicalIndex.create(None)
    index.update(
        [(1, "en", "old bridges"), (2, "de", "alte Brücken"), (3, "mn", "старі мости")], []
    )

    assert set(index.search("bridge", ["en", "de", "mn"], 9)) == {1}
    assert set(index.search("Brücke", ["en", "de", "mn"], 9)) == {2}
    assert set(index.search("мости", ["en", "de", "mn"], 9)) == {3}
    assert set(index.search("мости", ["en", "de"], 9)) == set()
    # Two languages without an analysis of their own share one field.
    assert set(index.search("мости", ["ky"], 9)) == {3}


@pytest.mark.parametrize(
    "question",
    ['bridge AND NOT "river', "title:bridge", "bridge^9", "(bridge", "bridge*", "+bridge -river",
     "en:*", "bridge OR [a TO z]", "\\bridge", "bridge~2", "bri\0dge bridge", "{bridge}"],
)  # fmt: skip
def test_query_syntax_is_data(tmp_path: Path, question: str) -> None:
    index = build(tmp_path / "lexical", RIVER)

    found = index.search(question, ["en"], 10)

    wanted = set(terms(question, "en"))
    assert set(found) == {key for key, text in RIVER.items() if wanted & set(terms(text, "en"))}


@given(question=st.text(max_size=200))
def test_any_question_is_answered(river: LexicalIndex, question: str) -> None:
    found = river.search(question, ["en", "uk"], 10)

    wanted = set(terms(question, "en"))
    assert set(found) == {key for key, text in RIVER.items() if wanted & set(terms(text, "en"))}


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return build(tmp_path_factory.mktemp("river") / "lexical", RIVER)


def test_nothing_is_found_in_nothing() -> None:
    index = LexicalIndex.create(None)

    assert index.search("bridge", ["en"], 10) == {}
    assert index.search("bridge", [], 10) == {}
    assert index.search("", ["en"], 10) == {}
    assert index.ids() == set()


def test_an_update_done_twice_does_no_harm(tmp_path: Path) -> None:
    once = build(tmp_path / "once", RIVER)
    twice = build(tmp_path / "twice", RIVER)
    twice.update([(key, "en", text) for key, text in RIVER.items()], [99])

    for question in RIVER.values():
        # Four chunks, not eight: else their terms would count as less rare.
        assert twice.search(question, ["en"], 10) == pytest.approx(
            once.search(question, ["en"], 10)
        )


def test_removed_chunks_are_gone(tmp_path: Path) -> None:
    index = build(tmp_path / "lexical", RIVER)

    index.update([(5, "en", "Another river.")], [1, 3])

    for found in (index, LexicalIndex.open(tmp_path / "lexical")):
        assert set(found.search("river bridge", ["en"], 10)) == {5}
        assert found.ids() == {2, 4, 5}


def test_a_chunk_is_told_by_its_id_and_all_its_words(tmp_path: Path) -> None:
    index = build(tmp_path / "lexical", RIVER)

    assert all(index.has(key, "en", text) for key, text in RIVER.items())
    assert not index.has(1, "en", RIVER[2])
    assert not index.has(1, "en", f"{RIVER[1]} Ferries")
    assert not index.has(1, "de", RIVER[1])
    assert not index.has(9, "en", RIVER[1])


def test_what_others_write_does_not_show(tmp_path: Path) -> None:
    build(tmp_path / "lexical", RIVER)
    reader, writer = (LexicalIndex.open(tmp_path / "lexical") for _ in range(2))
    before = reader.search("river town", ["en"], 10)
    rarity = reader.rarity("river", ["en"])

    writer.update([(9, "en", "A river town.")], [1, 2, 3])
    assert set(writer.search("river town", ["en"], 10)) == {9}
    shutil.rmtree(tmp_path / "lexical")

    assert reader.search("river town", ["en"], 10) == before
    assert reader.rarity("river", ["en"]) == rarity


def test_rarity_falls_with_the_number_of_chunks(tmp_path: Path) -> None:
    texts = {key: "common " + "half " * (key % 2) + "rare " * (key == 7) for key in range(1, 21)}
    index = build(tmp_path / "lexical", texts)

    common, half, rare, absent = (
        index.rarity(term, ["en"]) for term in ("common", "half", "rare", "absent")
    )

    assert 0 < common < half < rare == absent == 1
    assert half == pytest.approx(math.log(1 + 10.5 / 10.5) / math.log(1 + 19.5 / 1.5))


@settings(max_examples=15)
@given(st.integers(1, 12), st.integers(0, 12))
def test_rarity_lies_between_zero_and_one(
    tmp_path_factory: pytest.TempPathFactory, chunks: int, having: int
) -> None:
    folder = tmp_path_factory.mktemp("rarity") / "lexical"
    index = build(folder, {n: "word" if n < having else "other" for n in range(chunks)})

    assert 0 < index.rarity("word", ["en"]) <= 1


def test_words_that_are_few_edits_away_are_found(tmp_path: Path) -> None:
    index = build(tmp_path / "lexical", {1: "A river.", 2: "Rivers!", 3: "The riven oak", 4: "ox"})

    assert set(index.near("rivr", 1, [], 9)) == {1}
    assert set(index.near("rivre", 1, [], 9)) == {1}
    assert set(index.near("rivrs", 2, [], 9)) == {1, 2, 3}
    assert set(index.near("rivet", 1, [], 9)) == {1, 3}
    assert set(index.near("rivet", 1, ["river"], 9)) == {3}
    assert len(index.near("rivet", 1, [], 1)) == 1
    assert index.near("bridge", 2, [], 9) == []


def test_chunks_are_counted_by_a_word_as_it_stands(tmp_path: Path) -> None:
    index = build(tmp_path / "lexical", {1: "A river, a RIVER.", 2: "Rivers!", 3: "The river"})

    assert [index.chunks_with(word) for word in ("river", "rivers", "the", "rive")] == [2, 1, 1, 0]


def test_what_tantivy_keeps_for_itself_may_break(tmp_path: Path) -> None:
    index = build(tmp_path / "lexical", RIVER)
    for file in (tmp_path / "lexical").glob("*.lock"):
        file.write_bytes(b"garbage")

    index.update([(5, "en", "Another river.")], [])

    assert 5 in index.search("river", ["en"], 9)
