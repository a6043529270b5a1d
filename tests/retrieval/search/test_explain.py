from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.chunking import passage
from retrieval.questions.spelling import Correction
from retrieval.search.excerpts import Window, best_excerpts
from retrieval.search.explain import Explanation, TermPlace, absent_words, explain_excerpt
from retrieval.search.late import chunk_tokens, similarity
from retrieval.search.ranking import Ranking
from retrieval.search.searcher import Searcher
from retrieval.search.word_spans import token_word_spans, word_spans
from retrieval.types import Encoder as RetrievalEncoder
from retrieval.types import FloatArray, Stage
from tests.fakes import HashEncoder
from tests.retrieval.library import Library

QUESTIONS = st.lists(
    st.sampled_from(
        ["river", "mill's", "mill", "bridge", "the", "of", "flood", "ferry", "?", ",", "-", "Zebra"]
    ),
    min_size=1,
    max_size=9,
).map(" ".join)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    library = Library(tmp_path_factory.mktemp("why"))
    library.write(
        mill="The mill\n\nThe river drives the mill. The miller's house burned. He fled.\n\n"
        "A flood took the bridge in 1910.",
        ferry="Ferries of the lake\n\nTwo boats cross at noon. A bridge was never built.",
    )
    library.refresh()
    return library.searcher()


def windows(ranking: Ranking, count: int = 3) -> list[Window]:
    return [window for _, window in best_excerpts(ranking.hits, count, 350)]


def explained(searcher: Searcher, question: str) -> Explanation:
    """Explain the first excerpt."""
    ranking = searcher.search(question)
    return explain_excerpt(ranking, windows(ranking)[0])


def anew(ranking: Ranking, window: Window, encoder: RetrievalEncoder) -> FloatArray:
    """Return how the question meets the window's chunk, encoded once more."""
    chunk = window.hit.chunk
    text = passage(window.hit.source.title, chunk.text)
    (encoding,) = encoder.encode_passages([text])
    tokens = chunk_tokens(encoding, len(text) - len(chunk.text), chunk.text)
    return similarity(encoder.encode_query(ranking.question).tokens, tokens.codes)


def check(ranking: Ranking, window: Window, matrix: FloatArray) -> None:
    """Compare an explanation with what it explains.

    Args:
        ranking, window: Explained.
        matrix: How the tokens of question and passage meet.
    """
    found = explain_excerpt(ranking, window)
    hit = window.hit
    text = hit.chunk.text[window.start - hit.chunk.start : window.end - hit.chunk.start]
    for pair in found.pairs:
        assert ranking.question[pair.at :].startswith(pair.word)
        assert text[pair.match_at :].startswith(pair.match)
        assert pair.word.strip() == pair.word != ""
        assert pair.match.strip() == pair.match != ""
    places = sorted((pair.at, pair.at + len(pair.word)) for pair in found.pairs)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    assert [pair.similarity for pair in found.pairs] == sorted(
        (pair.similarity for pair in found.pairs), reverse=True
    )
    own = (hit.starts >= window.start - hit.chunk.start) & (
        hit.starts < window.end - hit.chunk.start
    )
    oracle = matrix[:, own].max(axis=1) @ hit.weights
    assert sum(pair.share for pair in found.pairs) == pytest.approx(oracle, abs=1e-5)
    assert found.excerpt == window.late == pytest.approx(oracle, abs=1e-5)
    assert (found.dense, found.lexical, found.late) == (hit.dense, hit.lexical, hit.late)
    assert found.fused == Stage(hit.rank, hit.score)


@given(QUESTIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pairs_stand_where_they_say_and_make_up_the_score(
    searcher: Searcher, question: str
) -> None:
    ranking = searcher.search(question)
    for window in windows(ranking):
        check(ranking, window, anew(ranking, window, HashEncoder()))


@pytest.mark.parametrize(
    "question",
    [
        "Where is Artem Kariakin's home?",
        "Starlink Starlink starlink, Starlink?",
        "How are minefields breached, and by whom?",
        "\u0414\u0435 Luhansk? 首都はどこ 😀",
        "the of and",
    ],
)
def test_the_real_encoders_pieces_are_grouped_into_words(seeds: Searcher, question: str) -> None:
    ranking = seeds.search(question)
    found = windows(ranking)
    assert found
    for window in found:
        check(ranking, window, window.hit.similarity)
        # Encoded with other passages, a token may differ by a bit.
        assert np.abs(anew(ranking, window, seeds.encoder) - window.hit.similarity).mean() < 0.01


def test_ranks_are_those_among_all_hits(seeds: Searcher) -> None:
    ranking = seeds.search("Why did communications fail?")
    found = [explain_excerpt(ranking, Window(hit, 0, 0, hit.chunk.sentences[0].start,
             hit.chunk.sentences[0].end, 0.0)) for hit in ranking.hits]  # fmt: skip
    for stages in ([one.late for one in found], [one.fused for one in found]):
        assert sorted(stage.rank for stage in stages) == list(range(1, len(found) + 1))
    for stages in (
        [one.late for one in found],
        [one.fused for one in found],
        [one.dense for one in found if one.dense],
        [one.lexical for one in found if one.lexical],
    ):
        by_rank = sorted(stages, key=lambda stage: stage.rank)
        assert [one.score for one in by_rank] == sorted(
            (one.score for one in by_rank), reverse=True
        )


def test_a_word_of_the_question_meets_the_word_of_the_excerpt(seeds: Searcher) -> None:
    found = explained(seeds, "Where is Artem Kariakin's home?")
    assert [(pair.word, pair.match) for pair in found.closest()] == [
        ("home", "home"),
        ("Artem", "Artem"),
        ("Kariakin's", "Kariakin's"),
    ]
    assert {pair.word for pair in found.pairs if not pair.telling} == {"Where", "is", "?"}
    assert all(0 < pair.similarity <= 1 for pair in found.pairs)


def test_terms_tell_where_they_were_found_the_rarest_first(searcher: Searcher) -> None:
    ranking = searcher.search("Which flood took the bridge in 1910, on the mill's river, Zebra?")
    (flood,) = (
        window
        for excerpt, window in best_excerpts(ranking.hits, 9, 350)
        if excerpt.text.startswith("A flood")
    )
    found = explain_excerpt(ranking, flood)
    places = {term.word: term.place for term in found.terms}
    assert places == {
        "Zebra": None,
        "flood": TermPlace.EXCERPT,
        "1910": TermPlace.EXCERPT,
        "took": TermPlace.EXCERPT,
        "bridge": TermPlace.EXCERPT,
        "mill's": TermPlace.TITLE,
        "river": TermPlace.PASSAGE,
    }
    weights = [term.weight for term in found.terms]
    assert weights == sorted(weights, reverse=True)
    assert {term.word: term.weight for term in found.terms}["bridge"] < 1


def test_a_match_in_the_title_alone_has_no_pair(searcher: Searcher) -> None:
    found = explained(searcher, "lake ferries")
    assert [(term.word, term.place) for term in found.terms] == [
        ("lake", TermPlace.TITLE),
        ("ferries", TermPlace.TITLE),
    ]
    assert not {"lake", "Ferries"} & {pair.match for pair in found.pairs}


def test_a_pair_that_has_nothing_in_common_is_not_among_the_closest(searcher: Searcher) -> None:
    found = explained(searcher, "river mill")
    first, *rest = found.pairs
    far = replace(found, pairs=(replace(first, similarity=0.0), *rest))
    assert far.closest() == found.closest()[1:]


def test_a_word_that_is_repeated_is_one_term_but_each_has_its_pair(searcher: Searcher) -> None:
    found = explained(searcher, "flood Flood floods flood")
    assert [term.word for term in found.terms] == ["flood"]
    assert sorted(pair.at for pair in found.pairs) == [0, 6, 12, 19]
    assert [pair.word for pair in found.closest()] == ["flood", "floods"]


def test_a_question_of_punctuation_has_no_terms(searcher: Searcher) -> None:
    ranking = searcher.search("?!")
    for window in windows(ranking):
        found = explain_excerpt(ranking, window)
        assert found.terms == ()
        assert found.closest() == ()
        assert {pair.word for pair in found.pairs} == {"?", "!"}


def test_without_tokens_there_are_no_pairs(searcher: Searcher) -> None:
    ranking = searcher.search("river")
    (window, *_) = windows(ranking)
    no_token = replace(window.hit, similarity=np.zeros((0, 3), np.float32))
    found = explain_excerpt(ranking, replace(window, hit=no_token, late=0.0))
    assert found.pairs == ()
    assert [term.word for term in found.terms] == ["river"]


def test_a_misspelt_word_is_named_as_it_was_asked(searcher: Searcher) -> None:
    ranking = replace(
        searcher.search("the miller's bridge"), corrections=(Correction("miler", "miller"),)
    )
    (window, *_) = windows(ranking)
    by_word = {term.word: term for term in explain_excerpt(ranking, window).terms}
    assert by_word.keys() == {"miler's", "bridge"}
    assert by_word["miler's"].searched == "miller's"
    assert by_word["bridge"].searched == "bridge"


def test_words_that_no_article_has_are_named_as_they_were_asked(searcher: Searcher) -> None:
    assert absent_words(
        searcher.search("Who rows the Zebras' ferries, the zebra's, and in 1911?")
    ) == (
        "rows",
        "Zebras",
        "1911",
    )
    assert absent_words(searcher.search("bridges of the rivers")) == ()
    assert absent_words(searcher.search("the of and")) == ()
    assert absent_words(searcher.search("?")) == ()


def test_a_word_is_absent_only_if_no_language_has_it(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(english="Crows\n\nCrows remember faces.")
    (library.articles / "katze.md").write_text(
        "---\ntitle: Katzen\nlanguage: de\n---\n\nDie Katzen schlafen am Tag.", encoding="utf-8"
    )
    library.refresh()
    ranking = library.searcher().search("Die Katze remembers Wellen")
    # "Die" is a stop word of one of the languages, and nobody misses it.
    assert absent_words(ranking) == ("Wellen",)


def test_any_question_can_be_explained(searcher: Searcher) -> None:
    @given(st.text(max_size=40))
    def explains(question: str) -> None:
        ranking = searcher.search(question)
        absent_words(ranking)
        for window in windows(ranking):
            explain_excerpt(ranking, window)

    explains()


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is Artem's home?", ["Where", "is", "Artem's", "home", "?"]),
        ("rock’n’roll, 'quoted'", ["rock’n’roll", ",", "'", "quoted", "'"]),
        ("café cafe\u0301 naïve", ["café", "cafe\u0301", "naïve"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("Де зброя?", ["Де", "зброя", "?"]),
        ("3.5 F-16 5. snake_case", ["3.5", "F-16", "5", ".", "snake", "_", "case"]),
        ("首都はどこ river", ["首都", "は", "どこ", "river"]),
        ("2025年的iPhone", ["2025", "年", "的", "iPhone"]),
        ("\u3000\n ", []),
        ("", []),
    ],
)
def test_words_are_what_people_see(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@given(st.text())
def test_words_cover_all_but_white_space_and_do_not_overlap(text: str) -> None:
    found = word_spans(text)
    covered = [at for start, end in found for at in range(start, end)]
    assert covered == [at for at, char in enumerate(text) if not char.isspace()]


def test_tokens_belong_to_the_word_they_begin_in_or_before() -> None:
    text = "un seen rivers"
    spans = token_word_spans(text, [0, 3, 6, 7, 11, 14])
    assert [text[start:end] for start, end in spans] == [
        "un", "seen", "seen", "rivers", "rivers", "rivers",
    ]  # fmt: skip
    assert token_word_spans("  ", [0]) == [(0, 2)]
    assert token_word_spans("", []) == []
