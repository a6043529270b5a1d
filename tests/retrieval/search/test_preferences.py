from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings import Encoder
from retrieval.questions.dates import Period, Recency
from retrieval.questions.quotations import quoted_phrases, share_of_phrases, without_quoted
from retrieval.search.excerpts import best_excerpts
from retrieval.search.preferences import Preferences
from retrieval.search.ranking import Ranking
from retrieval.search.searcher import LATE_CANDIDATES, Searcher
from retrieval.types import Source
from tests.retrieval.library import SEARCH, Library

TODAY = dt.date(2024, 3, 14)
MAY = Period(dt.date(2023, 5, 1), dt.date(2023, 5, 31))

# Near-equal reports in an order that no date explains.
DAM = {
    "2023-05-20": "Engineers inspected the dam on Tuesday and found its gates in order.",
    "2024-02-11": "Engineers inspected the dam on Monday and found its gates in order.",
    "2022-08-03": "Engineers inspected the dam on Friday and found its gates in order.",
}


def of(date: str | None, text: str = "The dam.") -> tuple[Source, str]:
    day = dt.date.fromisoformat(date) if date else None
    return Source(path="a.md", title="Dam", date=day), text


def write(library: Library, name: str, text: str, date: str | None = None) -> None:
    line = f"date: {date}\n" if date else ""
    (library.articles / f"{name}.md").write_text(f"---\ntitle: The dam\n{line}---\n\n{text}\n")


def searcher(library: Library) -> Searcher:
    library.refresh()
    return Searcher.open(
        library.store(), library.index, library.encoder, library.search, today=lambda: TODAY
    )


@pytest.fixture(scope="module")
def dam(
    each_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Ranking]:
    library = Library(tmp_path_factory.mktemp("dam"), encoder=each_encoder)
    for date, text in DAM.items():
        write(library, date, text, date)
    write(library, "fish", "A ladder leads salmon past the turbines to their spawning grounds.")
    return searcher(library).search


def first(ranking: Ranking) -> str:
    """Return the article of the first excerpt, which is the first hit's."""
    (excerpt, window), *_ = best_excerpts(ranking.hits, 3, 350)
    assert window.hit.rank == 1
    return excerpt.source.path


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("What is the latest on the dam's inspection?", "2024-02-11"),
        ("Who inspected the dam most recently?", "2024-02-11"),
        ("Who inspected the dam in May 2023?", "2023-05-20"),
        ("Who inspected the dam last year?", "2023-05-20"),
        ("Who inspected the dam last month?", "2024-02-11"),
        ("Who inspected the dam in 2022?", "2022-08-03"),
        ("Wer hat den dam im August 2022 inspected?", "2022-08-03"),
    ],
)
def test_of_near_equal_articles_the_one_of_that_date_comes_first(
    dam: Callable[[str], Ranking], question: str, article: str
) -> None:
    assert first(dam(question)) == f"{article}.md"


def test_what_matches_clearly_better_comes_first_whatever_its_date(
    dam: Callable[[str], Ranking],
) -> None:
    assert first(dam("What is the latest on salmon in the turbines' ladder?")) == "fish.md"


@pytest.mark.parametrize(
    "question", ["What is the latest on the dam?", "Who inspected the dam in May 2023?"]
)
def test_without_dates_nothing_changes(tmp_path: Path, question: str) -> None:
    plain, dated = Library(tmp_path / "plain"), Library(tmp_path / "dated")
    for number, (date, text) in enumerate(DAM.items()):
        write(plain, str(number), text)
        write(dated, str(number), text, date)

    without = searcher(plain).search(question)

    assert [hit.boost for hit in without.hits] == [0, 0, 0]
    assert Preferences.of(question, TODAY).boosted(without.hits) == without.hits
    assert [hit.boost for hit in searcher(dated).search(question).hits] != [0, 0, 0]


def test_what_is_preferred_is_found_far_down_in_a_long_list(tmp_path: Path) -> None:
    library = Library(tmp_path, search=SEARCH.model_copy(update={"candidates": 90}))
    for number in range(80):
        write(library, f"{number:02}", "Engineers inspected the dam.", f"{1900 + number}-01-01")
    write(library, "wanted", "Engineers inspected the dam.", "2023-05-20")
    find = searcher(library).search

    assert "wanted.md" not in [hit.source.path for hit in find("Who inspected the dam?").hits]
    ranking = find("Who inspected the dam in May 2023?")
    assert ranking.hits[0].source.path == "wanted.md"
    assert len(ranking.hits) == LATE_CANDIDATES


def test_a_phrase_is_preferred_word_for_word(encoder: Encoder, tmp_path: Path) -> None:
    library = Library(tmp_path, encoder=encoder)
    write(library, "a", "The gates of iron hold the water of the dam back, the keeper said.")
    write(library, "b", "The iron gates hold the water of the dam back, the keeper said.")
    write(library, "c", "Salmon climb a ladder.")
    find = searcher(library).search

    assert first(find('Who said "gates of  Iron"?')) == "a.md"
    assert first(find("Who said «iron gates»?")) == "b.md"
    # No other is shut out.
    assert len(find('Who said "gates of iron"?').hits) == 3


def test_boosts_are_small_and_only_for_what_meets_a_preference() -> None:
    passages = {1: of("2023-05-20"), 2: of("2023-06-01"), 3: of(None), 4: of(None, "the OLD\ndam")}

    assert Preferences((), MAY).boosts(passages) == {1: pytest.approx(0.15)}
    assert Preferences((), Recency(0.5)).boosts(passages) == {2: pytest.approx(0.075)}
    assert Preferences(("old dam", "sluice"), None).boosts(passages) == {4: pytest.approx(0.075)}
    assert Preferences((), None).boosts(passages) == {}


def test_a_question_without_preferences_has_none() -> None:
    assert not Preferences.of("Who inspected the dam?", TODAY)
    assert Preferences.of('Who said "no"?', TODAY) == Preferences(("no",), None)
    assert Preferences.of("in May 2023", TODAY) == Preferences((), MAY)


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Who said "The Old  Bridge"?', ["the old bridge"]),
        ("Who said “old bridge”, and «new bridge»?", ["old bridge", "new bridge"]),
        ("Wer sagte „Alte Brücke“ oder »neue Brücke«?", ["alte brücke", "neue brücke"]),
        ("Хто сказав „старий міст”?", ["старий міст"]),
        ("谁说“旧桥。”？ 「新しい橋」とは", ["旧桥", "新しい橋"]),
        ("《红楼梦》的作者是谁", ["红楼梦"]),
        ('מי אמר "גשר"? צה"ל', ["גשר"]),
        ('He said "stop."', ["stop"]),
        ("It's the dogs' bridge", []),
        ('An inch is 1" and this is ""', []),
        ('no end "of it', []),
        ("", []),
    ],
)
def test_phrases_stand_in_quotation_marks(question: str, phrases: list[str]) -> None:
    found = list(quoted_phrases(question))

    assert [phrase for _, phrase in found] == phrases
    for (start, end), _ in found:
        assert question[start] in '"“«„»「《'
        assert question[end - 1] in '"”»“«」》'


def test_a_phrase_counts_once_and_only_the_first_five() -> None:
    assert Preferences.of('"e" ' * 500, TODAY).phrases == ("e",)
    assert Preferences.of('Who said "No", «no» and "yes"?', TODAY).phrases == ("no", "yes")
    letters = " ".join(f'"{letter}"' for letter in "abcdefg")
    assert Preferences.of(letters, TODAY).phrases == tuple("abcde")


@given(st.text('ab "“”«»', max_size=40))
def test_what_is_quoted_is_blanked_and_the_rest_stays_in_its_place(question: str) -> None:
    blanked = without_quoted(question)

    assert len(blanked) == len(question)
    quoted = {at for span, _ in quoted_phrases(question) for at in range(*span)}
    assert all(blanked[at].isspace() for at in quoted)
    assert all(new in (old, " ") for old, new in zip(question, blanked, strict=True))


def test_case_and_white_space_do_not_count() -> None:
    assert share_of_phrases(["old bridge"], "THE OLD\nBRIDGE") == 1
    assert share_of_phrases(["old bridge", "new bridge"], "an old bridge") == 0.5
    assert share_of_phrases(["old bridge"], "the bridge is old") == 0
    assert share_of_phrases([], "the bridge") == 0


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("art", "The party departs.", 0),
        ("art", "A party of art.", 1),
        ("a", "An oar", 1),
        ("a", "The boat", 0),
        ("міст", "Старого моста й мосту", 0),
        ("паром", "До парому", 1),
        ("$5", "US$5", 1),
        ("桥", "旧桥", 1),
        ("art", "cart_art", 1),
        ("art", "cart-art", 1),
        ("art", "cartart", 0),
    ],
)
def test_a_phrase_begins_where_a_word_does(phrase: str, text: str, found: int) -> None:
    assert share_of_phrases([phrase], text) == found


@given(st.text(max_size=80))
def test_spans_are_apart_and_in_order(question: str) -> None:
    ends = [0]
    for (start, end), phrase in quoted_phrases(question):
        assert ends[-1] <= start < end <= len(question)
        assert phrase
        ends.append(end)
