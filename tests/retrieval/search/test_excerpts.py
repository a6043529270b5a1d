from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking import chunk
from retrieval.search.excerpts import best_excerpts, highlight_reading
from retrieval.search.late import similarity, token_weights
from retrieval.types import Article, Excerpt, Hit, Source
from tests.fakes import HashEncoder
from tests.retrieval.library import Read, hit_of

ENCODER = HashEncoder(dim=256)
WORDS = st.sampled_from(["river", "mill", "bridge", "town", "flood", "hill", "spring", "ferry"])
SENTENCES = st.lists(WORDS, min_size=1, max_size=25).map(lambda words: " ".join(words) + ".")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=6).map(" ".join)
ARTICLES = st.lists(PARAGRAPHS, min_size=1, max_size=4).map("\n\n".join)


def article(name: str, text: str, *headings: str) -> Article:
    places = tuple(text.index(heading) for heading in headings)
    return Article(Source(f"{name}.txt", "Title"), text, headings=places)


def hits_of(
    question: str, *articles: Article, scores: Sequence[float] = (), budget: int = 60
) -> list[Hit]:
    """Return all chunks as hits, ranked by the score given to their article, 1 by default."""
    tokens = ENCODER.encode_query(question).tokens
    weights = token_weights(["word"] * len(tokens), lambda _: 0.0)
    hits: list[Hit] = []
    for number, one in enumerate(articles):
        for cut in chunk(one, one.source.title, budget, ENCODER.count_tokens):
            (passage,) = ENCODER.encode_passages([cut.text])
            score = scores[number] if scores else 1.0
            matrix = similarity(tokens, passage.codes)
            rank = len(hits) + 1
            hits.append(
                replace(
                    hit_of(cut.text, rank, score=score),
                    source=one.source,
                    chunk=cut,
                    similarity=matrix,
                    starts=passage.starts,
                    weights=weights,
                )
            )
    return hits


def excerpts_of(
    question: str,
    *articles: Article,
    count: int = 3,
    chars: int = 350,
    scores: Sequence[float] = (),
) -> list[Excerpt]:
    found = best_excerpts(hits_of(question, *articles, scores=scores), count, chars)
    return [excerpt for excerpt, _ in found]


@given(
    st.lists(ARTICLES, min_size=1, max_size=3),
    st.lists(WORDS, min_size=1, max_size=4).map(" ".join),
    st.integers(1, 6),
    st.integers(20, 400),
)
def test_excerpts_are_whole_sentences_apart(
    texts: list[str], question: str, count: int, chars: int
) -> None:
    articles = {f"{n}.txt": article(str(n), text) for n, text in enumerate(texts)}
    hits = hits_of(question, *articles.values())

    found = [excerpt for excerpt, _ in best_excerpts(hits, count, chars)]

    sentences = {
        (hit.source.path, s.start, s.end): s.paragraph for hit in hits for s in hit.chunk.sentences
    }
    assert 1 <= len(found) <= count
    for excerpt in found:
        path, text = excerpt.source.path, articles[excerpt.source.path].text
        assert excerpt.text == text[excerpt.start : excerpt.end]
        pieces = excerpt.text.split("\n\n")
        assert len(pieces) == (excerpt.last_paragraph or excerpt.paragraph) - excerpt.paragraph + 1
        inside = [
            (start, end)
            for (of, start, end), paragraph in sentences.items()
            if of == path and excerpt.start <= start and end <= excerpt.end
        ]
        assert inside[0][0] == excerpt.start
        assert inside[-1][1] == excerpt.end
        assert sentences[path, *inside[0]] == excerpt.paragraph
        assert len(excerpt.text) <= chars or len(inside) == 1
        ((start, end),) = excerpt.highlights
        assert (start + excerpt.start, end + excerpt.start) in inside
        assert np.isfinite(excerpt.score)
    for one, other in combinations(found, 2):
        assert one.source != other.source or one.end <= other.start or other.end <= one.start


@given(
    st.lists(ARTICLES, min_size=2, max_size=4),
    st.lists(WORDS, min_size=1, max_size=4).map(" ".join),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_the_best_excerpt_of_many_chunks_is_the_best_of_one(
    texts: list[str], question: str, scores: list[float]
) -> None:
    hits = hits_of(
        question, *(article(str(n), text) for n, text in enumerate(texts)), scores=scores
    )

    ((found, _),) = best_excerpts(hits, 1, 350, f"What is a {question}?")

    alone = [best_excerpts([hit], 1, 350, f"What is a {question}?") for hit in hits]
    assert found.score == max(excerpt.score for ((excerpt, _),) in alone)


def test_no_hits_give_no_excerpts() -> None:
    assert best_excerpts([], 3, 350) == []


def test_a_question_without_tokens_still_gives_excerpts() -> None:
    found = excerpts_of("", article("a", "A river. A mill."))

    assert " ".join(excerpt.text for excerpt in found) == "A river. A mill."


def test_the_sentence_that_answers_is_found_and_highlighted() -> None:
    text = "The mill burnt. Ducks swim under a bridge at noon. The tower fell."

    (found,) = excerpts_of("ducks bridge noon", article("a", text), count=1)

    start, end = found.highlights[0]
    assert found.text[start:end] == "Ducks swim under a bridge at noon."


def test_a_paragraph_that_was_begun_is_finished() -> None:
    post = "Ducks swim under the bridge. Mrs Reed feeds them. Bring bread."

    (found,) = excerpts_of("ducks bridge", article("a", f"{post}\n\nThe tower fell."), count=1)

    assert found.text == post


def test_a_long_paragraph_is_not_quoted_for_its_length() -> None:
    text = "Ducks swim under the bridge. " + " ".join(
        ["Disintegrating watermills collapsed throughout."] * 20
    )

    (found,) = excerpts_of("ducks bridge", article("a", text), count=1)

    assert found.text == "Ducks swim under the bridge."


def test_an_answer_in_two_sentences_is_one_excerpt() -> None:
    text = "The mill burnt. Ducks swim here. Under the bridge at noon. The tower fell."

    (found,) = excerpts_of("ducks swim under bridge noon", article("a", text), count=1)

    assert "Ducks swim here. Under the bridge at noon." in found.text


def test_more_excerpts_than_there_are() -> None:
    found = excerpts_of("river", article("a", "A river."), article("b", "A mill."), count=9)

    assert [excerpt.text for excerpt in found] == ["A river.", "A mill."]


def test_a_sentence_longer_than_an_excerpt_stays_whole() -> None:
    text = "river " * 50 + "end."

    (found,) = excerpts_of("river", article("a", text), count=1, chars=100)

    assert found.text == text


def test_a_heading_is_no_excerpt_where_its_chunk_has_text() -> None:
    heading = "Ducks and bridges, of which there are many in all of the towns by the long river."
    text = f"{heading}\n\nSomething else happens here.\n\nAnd here."

    found = excerpts_of("ducks and bridges", article("a", text, heading))

    assert [excerpt.text for excerpt in found] == ["Something else happens here.\n\nAnd here."]


@pytest.mark.parametrize(
    "line", ["Lorry | Single: 31 crowns", "• lorries: 31 crowns", "Lorries pay 31 crowns"]
)
def test_a_short_line_without_a_full_stop_may_be_an_excerpt(line: str) -> None:
    text = f"Some ducks sit on the bridge and look at the river. {'They quack. ' * 30}\n\n{line}"
    found = excerpts_of("lorries 31 crowns lorry |", article("a", text))
    assert found[0].text == line


@pytest.mark.parametrize("text", ["Ferries", "Ferries\n\nDucks\n\nBridges"])
def test_headings_are_excerpts_where_there_is_nothing_else(text: str) -> None:
    found = excerpts_of("ferries", article("a", text, *text.split("\n\n")))
    assert found[0].text.startswith("Ferries")


def test_a_row_is_found_by_the_headings_above_it() -> None:
    text = "Clock museum\n\nDay | Hours\n\nFriday | Hours: 7\n\nThe\n\nThe clock museum is old."
    found = excerpts_of("clock museum friday", article("a", text, "Clock", "Day", "The\n"))
    assert found[0].text == "Friday | Hours: 7"


def test_short_paragraphs_are_quoted_together() -> None:
    text = "A ferry crosses the river.\n\nIt takes lorries too.\n\nThe mill"
    (found,) = excerpts_of("which lorries on the ferry", article("a", text, "The mill"))
    assert found.text == "A ferry crosses the river.\n\nIt takes lorries too."
    assert (found.paragraph, found.last_paragraph) == (1, 2)


@pytest.mark.parametrize(
    "long", ["Birds sing in the old mill near the town. " * 8, "Birds sing. Fish swim. Dogs bark."]
)
def test_a_long_paragraph_is_quoted_alone(long: str) -> None:
    text = f"A ferry crosses the river.\n\n{long.strip()}"
    found = excerpts_of("the ferry crosses", article("a", text))
    assert found[0].text == "A ferry crosses the river."
    assert found[0].last_paragraph is None


FAQ = {
    "headings": "When does the ferry leave?\n\nAt nine.\n\nWho steers it?\n\nEdda does.",
    "letters": "Q: When does the ferry leave?\nA: At nine.\n\nQ: Who steers it?\nA: Edda does.",
    "dashes": "— When does the ferry leave?\n\n— At nine.\n\n— Who steers it?\n\n— Edda does.",
    "in a line": "When does the ferry leave? At nine. Who steers it? Edda does.",
}


@pytest.mark.parametrize("headings", [(), ("When", "Who")])
@pytest.mark.parametrize("text", FAQ.values(), ids=list(FAQ))
def test_a_question_is_quoted_with_what_follows_it(text: str, headings: tuple[str, ...]) -> None:
    (first, *_) = excerpts_of("When does the ferry leave?", article("a", text, *headings))
    assert "When does the ferry leave?" in first.text
    ((start, end),) = first.highlights
    assert "At nine." in first.text[start:end]
    assert not first.text.endswith("?")


def test_a_question_that_nothing_follows_is_quoted_as_it_is() -> None:
    (first,) = excerpts_of("ducks", article("a", "Where are the ducks?"))
    assert first.text == "Where are the ducks?"


def test_where_all_lines_look_like_headings_they_are_excerpts() -> None:
    found = excerpts_of("ducks", article("a", "Monday: ducks\n\nTuesday\n\nWednesday"))

    assert found[0].text == "Monday: ducks"


def test_two_excerpts_of_an_article_at_most_if_others_are_near() -> None:
    same = "A ferry crosses the river.\n\nA ferry crosses the stream.\n\nA ferry crosses the lake."

    found = excerpts_of(
        "A ferry crosses the",
        *(article("a", same), article("b", "A ferry crosses the bay.")),
        scores=[1.0, 0.9],
    )

    assert [excerpt.source.path for excerpt in found] == ["a.txt", "a.txt", "b.txt"]


def test_a_third_excerpt_of_an_article_that_is_clearly_better_goes_first() -> None:
    same = "A ferry crosses the river.\n\nA ferry crosses the stream.\n\nA ferry crosses the lake."

    found = excerpts_of(
        "A ferry crosses the", article("a", same), article("b", "Nothing about boats.")
    )

    assert [excerpt.source.path for excerpt in found] == ["a.txt"] * 3


def test_an_article_fills_up_what_others_leave() -> None:
    same = "A ferry crosses the river.\n\nA ferry crosses the stream.\n\nA ferry crosses the lake."

    found = excerpts_of(
        "A ferry crosses the", article("a", same), article("b", "A ferry crosses the bay."), count=9
    )

    assert sorted(excerpt.source.path for excerpt in found) == ["a.txt"] * 3 + ["b.txt"]


def test_the_score_of_the_chunk_counts() -> None:
    articles = article("a", "A river here."), article("b", "The river there.")

    found = excerpts_of("river", *articles, scores=[0.2, 0.9])

    assert [excerpt.source.path for excerpt in found] == ["b.txt", "a.txt"]
    assert found[0].score > found[1].score


def test_equal_windows_stand_in_the_order_of_their_chunks() -> None:
    articles = [article(name, f"A river {name}.") for name in "cab"]

    assert [e.source.path for e in excerpts_of("river", *articles)] == ["c.txt", "a.txt", "b.txt"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_window_tells_where_it_lies(count: int) -> None:
    hits = hits_of("ducks", article("a", "One river. Two ducks. Three mills.\n\nFour hills."))

    for excerpt, window in best_excerpts(hits, count, 30):
        sentences = window.hit.chunk.sentences
        assert (window.start, window.end) == (excerpt.start, excerpt.end)
        assert sentences[window.first].start == window.start
        assert sentences[window.last].end == window.end
        inside = (hits[0].starts >= window.start) & (hits[0].starts < window.end)
        assert window.late == pytest.approx(float(hits[0].similarity[:, inside].max()), abs=1e-6)
        assert np.isfinite(window.late)


REPORT = (
    "The ferry to the island was stopped on Monday because of ice, the port said in a statement"
)


def test_what_several_articles_say_in_the_same_words_is_one_excerpt() -> None:
    articles = [
        article("a", f"{REPORT}."),
        article("b", f"{REPORT}.\n\nTickets are paid back."),
        article("c", f"{REPORT} today."),
        article("d", "Ferry tickets are sold at the port."),
    ]

    first, second, *_ = excerpts_of("ferry stopped ice", *articles)

    assert first.source.path == "a.txt"
    assert [source.path for source in first.also] == ["b.txt", "c.txt"]
    assert second.source.path == "d.txt"
    assert second.also == ()


def test_an_article_that_says_only_a_part_in_the_same_words_is_not_named() -> None:
    articles = [
        article(str(count), f"{REPORT}. Its {count} passengers waited at the harbour for a bus.")
        for count in (4, 7)
    ]
    # The second is found by its first sentence alone.
    first, *_ = best_excerpts(
        [
            hits_of("ferry stopped harbour bus", articles[0])[0],
            hits_of("ferry stopped", articles[1], scores=[0.5])[0],
        ],
        count=3,
        chars=350,
    )

    assert "Its 4 passengers" in first[0].text
    assert first[0].also == ()


def test_a_sentence_that_was_shown_is_not_shown_again_from_a_copy() -> None:
    bridge, flood = "The old bridge is closed to all cars.", "The flood has taken the road."
    articles = [article("a", f"{bridge} {REPORT}."), article("b", f"{REPORT}. {flood}")]

    first, second = excerpts_of("bridge ferry flood", *articles)

    assert (first.text, second.text) == (f"{bridge} {REPORT}.", flood)


def test_a_paragraph_that_an_article_repeats_is_one_excerpt() -> None:
    (found,) = excerpts_of("ferry", article("a", f"{REPORT}.\n\n{REPORT}."))

    assert found.also == ()


def test_what_has_no_words_is_like_nothing() -> None:
    texts = ["* * *", "- - -", "A river.", "A mill."]

    found = excerpts_of("", *(article(str(n), t) for n, t in enumerate(texts)), count=9)

    assert [excerpt.text for excerpt in found] == texts
    assert not any(excerpt.also for excerpt in found)


def test_the_same_report_with_other_figures_is_another_excerpt() -> None:
    rest = (
        "passengers waited at the harbour for a bus to the airport, which came late in the evening"
    )
    figures = [f"{REPORT}; {count} {rest}." for count in (4, 7)]

    found = excerpts_of("ferry stopped ice", *(article(str(n), t) for n, t in enumerate(figures)))

    assert [excerpt.also for excerpt in found] == [(), ()]


def test_an_excerpt_is_on_the_page_of_its_first_sentence() -> None:
    text = "the mill stands. the river floods the town. the hill is dry."
    pages = Article(
        Source("a.pdf", "Title"), text, (0, text.index("river"), text.index("the hill"))
    )
    (found,) = excerpts_of("river flood", pages, count=1, chars=30)
    assert (found.text, found.page) == ("the river floods the town.", 1)
    (found,) = excerpts_of("hill", pages, count=1, chars=30)
    assert (found.text, found.page) == ("the hill is dry.", 3)
    (found,) = excerpts_of("hill", article("a", text), count=1, chars=30)
    assert found.page is None


EXCERPT = Excerpt(Source("a.txt", "A"), 1, 10, 33, "It leaves. At seven, so", ((0, 10),), 1.0)


def test_words_that_answer_are_highlighted() -> None:
    found = highlight_reading(EXCERPT, Read(14, 19, 3.0))
    assert [found.text[start:end] for start, end in found.highlights] == ["seven"]
    assert EXCERPT.highlights == ((0, 10),)


@pytest.mark.parametrize("reading", [None, Read(14, 19, -3.0), Read(14, 19, 0.0)])
def test_the_sentence_stays_where_no_words_answer(reading: Read | None) -> None:
    assert highlight_reading(EXCERPT, reading) == EXCERPT


@pytest.mark.parametrize(("chars", "sentences"), [(88, 2), (87, 1)])
def test_wide_characters_count_twice(chars: int, sentences: int) -> None:
    text = (
        "渡轮每天早上从老码头开往对岸的红石岛，一直。最末一班船晚上九点返航，价格不变，儿童免费。"
    )
    (excerpt,) = excerpts_of(
        "渡轮每天早上从老码头开往对岸的红石岛 最末一班船晚上九点返航",
        article("zh", text),
        count=1,
        chars=chars,
    )
    assert len(text) == 44
    assert excerpt.text.count("。") == sentences


def highlighted(question: str, text: str, language: str) -> str:
    """Return what is highlighted in two sentences, the first of which is a little closer."""
    (hit, *_) = hits_of("", article("a", text), budget=200)
    second = hit.starts >= hit.chunk.sentences[1].start
    hit = replace(
        hit,
        source=replace(hit.source, language=language),
        similarity=np.where([~second, second], [[0.06], [0.04]], 0).astype(np.float32),
        weights=np.full(2, 0.5, np.float32),
    )
    ((excerpt, _),) = best_excerpts([hit], 1, 1000, question)
    ((start, end),) = excerpt.highlights
    return excerpt.text[start:end]


@pytest.mark.parametrize(
    ("question", "text", "language", "said"),
    [
        ("Who built the mill?", "They built the mill here. Anna Berg did.", "en", "Anna Berg did."),
        ("When was it built?", "It was built slowly. In 1866 they did.", "en", "In 1866 they did."),
        ("How many were built?", "Many were built. Seven stand.", "en", "Seven stand."),
        ("Хто збудував млин?", "Млин збудували тут. Це Ганна Берг.", "uk", "Це Ганна Берг."),
        ("Когда построили?", "Построили медленно. Это 1866 год.", "ru", "Это 1866 год."),
        ("Wann war der Bau?", "Der Bau war lang. Es war 1866.", "de", "Es war 1866."),
        ("What was built?", "They built the mill here. Anna Berg did.", "en", None),
    ],
)
def test_what_is_asked_for_is_highlighted_and_not_what_is_repeated(
    question: str, text: str, language: str, said: str | None
) -> None:
    first = text[: text.index(".") + 1]

    assert highlighted(question, text, language) == (said or first)


@pytest.mark.parametrize(
    ("question", "language", "introduces", "other"),
    [
        ("Who is Berg?", "en", "Anna Berg, a miller, lived here.", "It burned before Berg left."),
        ("who is anna berg", "en", "Anna Berg was a miller.", "Anna Berg left with her mill."),
        ("What is a weir?", "en", "A weir is a low dam.", "Building a weir is hard."),
        ("What is Sudbach?", "en", "Sudbach (1866) is a mill.", "Near Sudbach is a river."),
        ("Хто така Берг?", "uk", "Ганна Берг — мельничка.", "Млин належав Берг здавна."),
        ("Что такое плотина?", "ru", "Плотина — это преграда на реке.", "На реке есть плотина."),
        ("Wer war Berg?", "de", "Anna Berg war Müllerin.", "Die Mühle hatte Berg gekauft."),
        ("Кто такой Карякин?", "en", "Artem Kariakin, a smith, lived.", "Then Kariakin left."),
        ("What is Sudbach?", "en", "Sudbach is a mill.", "Sudbach was founded by millers."),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_who_or_what_is_asked_about_is_introduced_first(
    question: str, language: str, introduces: str, other: str, first: bool
) -> None:
    texts = [introduces, other] if first else [other, introduces]
    hits = [
        replace(hit_of(text, rank, language=language), starts=np.zeros(1, np.int32))
        for rank, text in enumerate(texts, start=1)
    ]

    (excerpt, _), *_ = best_excerpts(hits, 2, 350, question)
    (same, _), *_ = best_excerpts(hits, 2, 350, "Berg", question)

    assert excerpt.text == same.text == introduces
    assert best_excerpts(hits, 2, 350)[0][0].text == texts[0]
