from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings import Encoder
from retrieval.chunking import (
    CountTokens,
    chunk,
    passage,
    short_title,
    split_paragraphs,
    split_sentences,
)
from retrieval.types import Article, Chunk, Source
from tests.fakes import HashEncoder
from tests.paths import SEEDS
from tests.retrieval.library import only

COUNT = HashEncoder().count_tokens

WORDS = st.sampled_from(
    ["a", "rain", "Dr.", "z. B.", "«", "»", "“Yes.”", "No?", "river,", "3.5", "и", "г.", "河。",
     "河，", "🙂", "(", "—", "it's", "x" * 70, "end.", "\n", "\n\n", "\n \n", "  "]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(WORDS, max_size=120).map(" ".join),
    st.lists(WORDS, max_size=120).map("".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=400),
)
LANGUAGES = st.sampled_from(["en", "de", "ru", "uk", "zh", "ar", "xx"])


def article(text: str, title: str = "A title", language: str = "en") -> Article:
    return Article(Source("a.txt", title, language=language), text)


def cut_up(of: Article, budget: int, count_tokens: CountTokens) -> list[Chunk]:
    title = short_title(of.source.title, budget, count_tokens)
    return chunk(of, title, budget, count_tokens)


def texts_of(text: str, language: str = "en") -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text, language)]


def paragraphs_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_paragraphs(text)]


def solid(text: str) -> str:
    return "".join(text.split())


def assert_whole(of: Article, chunks: Sequence[Chunk]) -> None:
    sentences = [s for one in chunks for s in one.sentences]
    for before, after in pairwise(sentences):
        assert before.end <= after.start
        assert before.paragraph <= after.paragraph
    for sentence in sentences:
        text = of.text[sentence.start : sentence.end]
        assert text
        assert text == text.strip()
    covered = "".join(of.text[s.start : s.end] for s in sentences)
    assert solid(covered) == solid(of.text)
    for one in chunks:
        assert one.text == of.text[one.start : one.end]
        said = [of.text[s.start : s.end] for s in one.sentences]
        assert [one.text_of(s) for s in one.sentences] == said
        assert one.text_of(one.sentences[0], one.sentences[-1]).endswith(said[-1])


@given(TEXTS, LANGUAGES, st.integers(4, 40))
def test_chunks_hold_every_character_once_within_the_budget(
    text: str, language: str, budget: int
) -> None:
    cut = article(text, language=language)

    chunks = cut_up(cut, budget, COUNT)

    assert_whole(cut, chunks)
    passages = [passage("A", one.text) for one in chunks]
    assert all(count <= budget for count in COUNT(passages))


@settings(max_examples=40)
@given(TEXTS, LANGUAGES, st.integers(16, 200))
def test_passages_of_the_real_encoder_keep_the_budget(
    each_encoder: Encoder, text: str, language: str, budget: int
) -> None:
    cut = article(text, language=language)

    chunks = cut_up(cut, budget, each_encoder.count_tokens)

    assert_whole(cut, chunks)
    passages = [passage("A title", one.text) for one in chunks]
    assert all(count <= budget for count in each_encoder.count_tokens(passages))


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.md")), ids=lambda path: str(path.stem))
def test_seeds_fill_their_chunks(each_encoder: Encoder, path: Path) -> None:
    cut = only(path.name, path.read_bytes(), "en")

    chunks = cut_up(cut, 200, each_encoder.count_tokens)

    assert_whole(cut, chunks)
    counts = each_encoder.count_tokens([passage(cut.source.title, one.text) for one in chunks])
    assert max(counts) <= 200
    # A budget in padded tokens once made every sentence a chunk of its own.
    assert sum(counts[:-1]) / max(1, len(counts) - 1) > 140


def test_text_without_sentences_gives_no_chunks() -> None:
    assert cut_up(article(""), 200, COUNT) == []
    assert cut_up(article(" \n\n \n"), 200, COUNT) == []
    assert split_paragraphs("") == []


def test_whole_sentences_are_packed_until_the_budget_is_full() -> None:
    text = "One two three. Four five six. Seven eight nine."

    # 2 tokens of the title, 4 of each sentence.
    assert [c.text for c in cut_up(article(text), 11, COUNT)] == [
        "One two three. Four five six.",
        "Seven eight nine.",
    ]


def test_a_question_stays_with_what_follows_it() -> None:
    text = "One two three. Four five six?\n\nSeven eight nine."

    # 2 tokens of the title, 4 of each sentence.
    assert [c.text for c in cut_up(article(text), 11, COUNT)] == [
        "One two three.",
        "Four five six?\n\nSeven eight nine.",
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One two, three four; five.", ["One two,", "three four; five."]),
        ("one two three four five six seven eight", ["one two three four", "five six seven eight"]),
        ("a,b,c,d,e,f,g,h", ["a,b,c,d", ",e,f,g,h"]),
        ("我们，走到，河边，看见，大桥", ["我们，走到，", "河边，看见，大桥"]),
    ],
    ids=["clauses", "words", "anywhere", "clauses without spaces"],
)  # fmt: skip
def test_a_sentence_over_the_budget_is_split(text: str, pieces: list[str]) -> None:
    counts = COUNT(pieces)

    # The title has 2 tokens.
    cut = cut_up(article(text), max(counts) + 2, COUNT)

    assert [c.text for c in cut] == pieces


def test_a_far_off_clause_is_no_place_to_halve_a_sentence() -> None:
    text = "Well, one two three four five six seven eight nine ten eleven"

    first, second = (c.text for c in cut_up(article(text), 12, COUNT))

    assert first == "Well, one two three four five"
    assert second == "six seven eight nine ten eleven"


def test_a_word_without_end_is_no_chunk_without_end(encoder: Encoder) -> None:
    # WordPiece counts one [UNK] for it.
    cut = article("A start. " + "x" * 100_000 + " An end.")
    assert encoder.count_tokens([cut.text])[0] < 10

    chunks = cut_up(cut, 200, encoder.count_tokens)

    assert_whole(cut, chunks)
    assert max(len(one.text) for one in chunks) <= 200 * 12 + 11


def test_halves_of_a_word_are_not_joined_again(encoder: Encoder) -> None:
    word = "zootwelfthtwelfthtwelfthknightlynx"
    whole, left, right = encoder.count_tokens([word, word[:17], word[17:]])
    assert left + right <= 14 < whole

    chunks = cut_up(article(word), 16, encoder.count_tokens)

    assert [one.text for one in chunks] == [word[:17], word[17:]]


def test_a_sentence_without_end_is_counted_a_few_times_and_in_parts() -> None:
    counted: list[int] = []

    def count(texts: Sequence[str]) -> list[int]:
        counted.append(sum(map(len, texts)))
        return [len(text) for text in texts]

    text = '"' * 1_000_000
    chunks = chunk(article(text), "", 200, count)

    assert "".join(one.text for one in chunks) == text
    assert sum(counted) <= 3 * len(text)
    assert max(counted) <= 300_000


@pytest.mark.parametrize("mark", ['"', "“", "«", "'", "(", "“a. ", '" a. ', "«Да. "])
def test_unbalanced_quotation_marks_stay_bounded(mark: str) -> None:
    cut = article(mark * 30_000)

    assert_whole(cut, cut_up(cut, 200, COUNT))


def test_sentences_of_a_very_long_paragraph_are_not_torn() -> None:
    sentence = "The river rose by a hand's breadth during the night of the flood."
    text = " ".join([sentence] * 1000)

    assert set(texts_of(text)) == {sentence}


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Dr. Hall met Mrs. Low at 5 p.m. on Monday.", "“Is it so?” she asked.", "Yes."]),
        ("de", ["Das gilt z. B. für Städte.", "Am 3. Mai kam Dr. Weiß.", "„Ja.“"]),
        ("ru", ["Город основан в 1795 г. в степи.", "Рядом ул. Мира.", "«Правда?»", "Да."]),
        ("uk", ["Місто засноване 1795 р. у степу.", "Поруч м. Щастя."]),
        ("zh", ["河很长。", "桥在哪里？", "在那里！"]),
        ("ar", ["أين النهر؟", "هناك."]),
    ],
)
def test_sentences_end_where_readers_say(language: str, sentences: list[str]) -> None:
    joint = "" if language == "zh" else " "

    assert texts_of(joint.join(sentences), language) == sentences


def test_blank_lines_part_paragraphs() -> None:
    assert paragraphs_of("\n One.\nStill one and\n\nTwo\n \t\n\n Three.  \n") == [
        "One.\nStill one and",
        "Two",
        "Three.",
    ]


def test_without_blank_lines_each_line_of_sentences_is_a_paragraph() -> None:
    text = "A headline without a stop\nThe first. It goes on.\nThe second?\n“The third.”\nThe last!"

    assert paragraphs_of(text) == text.split("\n")
    assert [s.paragraph for s in split_sentences(text, "en")] == [1, 2, 2, 3, 4, 5]


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    text = (
        "The river rises in the hills\nand falls into the sea. It\nis long.\n\nA town lies\nby it."
    )

    assert paragraphs_of(text) == text.split("\n\n")
    assert texts_of(text)[0] == "The river rises in the hills\nand falls into the sea."


@given(TEXTS)
def test_paragraphs_hold_every_character_once(text: str) -> None:
    spans = split_paragraphs(text)

    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert solid("".join(text[start:end] for start, end in spans)) == solid(text)
    for start, end in spans:
        assert text[start:end] == text[start:end].strip()
    for sentence in split_sentences(text, "en"):
        start, end = spans[sentence.paragraph - 1]
        assert start <= sentence.start < sentence.end <= end


def test_a_long_title_is_cut_to_its_share_at_a_word() -> None:
    title = "one two three four five six seven eight nine ten"

    assert short_title(title, 16, COUNT) == "one two three four"
    assert short_title(title, 200, COUNT) == title
    assert short_title(title, 1, COUNT) == "one"
    assert short_title("", 16, COUNT) == ""


def test_a_title_of_one_long_word_is_cut(encoder: Encoder) -> None:
    assert short_title("x" * 10_000, 40, encoder.count_tokens) in "x" * (10 * 12 + 11)
    assert encoder.count_tokens([short_title("河" * 300, 40, encoder.count_tokens)]) <= [10]


@given(st.text(max_size=300), st.integers(4, 100))
def test_a_title_leaves_three_quarters_of_the_budget(title: str, budget: int) -> None:
    (used,) = COUNT([short_title(title, budget, COUNT)])

    assert used <= max(1, budget // 4)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_each_sentence_is_on_the_page_where_it_begins(pages: list[str]) -> None:
    starts = tuple(sum(map(len, pages[:number])) for number in range(len(pages)))
    of = Article(Source("a.pdf", "A title"), "".join(pages), starts)
    for one in cut_up(of, 20, COUNT):
        for sentence in one.sentences:
            start = starts[sentence.page - 1]
            assert start <= sentence.start < start + len(pages[sentence.page - 1])


def test_an_article_without_pages_has_no_page() -> None:
    (one,) = cut_up(article("One. Two."), 40, COUNT)
    assert [sentence.page for sentence in one.sentences] == [0, 0]


def test_all_sentences_of_a_heading_belong_to_it() -> None:
    text = "Boats. And who steers them?\n\nEdda does.\n\nFares"
    of = Article(Source("a.md", "A title"), text, headings=(0, text.index("Fares")))
    (one,) = cut_up(of, 40, COUNT)
    assert [sentence.heading for sentence in one.sentences] == [True, True, False, True]
