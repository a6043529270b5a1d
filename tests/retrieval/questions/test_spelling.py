from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings import Encoder
from retrieval.index.lexical import LexicalIndex
from retrieval.questions.spelling import Correction, SpelledQuestion, readings
from retrieval.questions.vocabulary import Vocabulary

GARDEN = {
    1: "Magnolias\nThe magnolia flowers before its leaves. Minefields are far from here.",
    2: "Minefields\nMinefields were cleared by sappers in the autumn.",
    3: "Water\nThe reservoir of Nemishayeve supplies the greenhouses.",
    4: "Tax\nThe levy on greenhouses was raised. A Newcomer paid it.",
    5: "Warden\nThe gardener pruned the wisteria, and the warden saw the committee.",
    6: "Bolesław\nBolesław planted a hornbeam; its inauguration was delayed.",
}

Corrector = Callable[[str], tuple[str, tuple[Correction, ...]]]


def correct_spelling(question: str, vocabulary: Vocabulary) -> SpelledQuestion:
    """Return a question with all that may be meant otherwise."""
    return readings(question, vocabulary)[-1]


def no_word(words: Sequence[str]) -> list[int]:
    """Count tokens as an encoder that knows no word would."""
    return [2] * len(words)


def vocabulary(
    folder: Path,
    texts: Mapping[int, str],
    languages: Sequence[str] = ("en",),
    count_tokens: Callable[[Sequence[str]], list[int]] = no_word,
) -> Vocabulary:
    folder.mkdir()
    lexical = LexicalIndex.create(folder)
    lexical.update([(key, languages[0], text) for key, text in texts.items()], [])

    def read(ids: Sequence[int]) -> Iterable[str]:
        return [texts[key] for key in ids]

    return Vocabulary(lexical, languages, read, count_tokens)


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Corrector:
    """The garden's articles and the real encoder's knowledge of words."""
    folder = tmp_path_factory.mktemp("garden") / "lexical"
    words = vocabulary(folder, GARDEN, count_tokens=encoder.count_tokens)
    return lambda question: correct_spelling(question, words)


def test_tokens_are_counted_only_for_words_that_no_article_has(tmp_path: Path) -> None:
    counted: list[Sequence[str]] = []

    def count(words: Sequence[str]) -> list[int]:
        counted.append(words)
        return no_word(words)

    words = vocabulary(tmp_path / "lexical", GARDEN, count_tokens=count)

    assert correct_spelling("Who cleared the minefields?", words) == (
        "Who cleared the minefields?",
        (),
    )
    assert not counted
    assert correct_spelling("Who saw the hornbeamm?", words)[0] == "Who saw the hornbeam?"
    assert counted[0] == ["hornbeamm"]


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("minefeilds", "minefields"),
        ("minefilds", "minefields"),
        ("mineffields", "minefields"),
        ("minafields", "minefields"),
        ("imnefields", "minefields"),
        ("resevoir", "reservoir"),
        ("wistteria", "wisteria"),
        ("hornbeamm", "hornbeam"),
        ("bagnolia", "magnolia"),
        # Two edits in a long word, where a letter more or less is among them.
        ("inaugaraton", "inauguration"),
        # Not "commit" with an ending.
        ("commitee", "committee"),
    ],
)
def test_a_typing_error_is_corrected(garden: Corrector, written: str, searched: str) -> None:
    assert garden(f"Who saw the {written}?") == (
        f"Who saw the {searched}?",
        (Correction(written, searched),),
    )


def test_the_case_of_the_letters_is_kept(garden: Corrector) -> None:
    assert garden("Minefeilds?")[0] == "Minefields?"
    assert garden("MINEFEILDS?")[0] == "MINEFIELDS?"
    assert garden("Where is Nemishayve?")[0] == "Where is Nemishayeve?"
    assert garden("where is nemishayve?")[0] == "where is nemishayeve?"


def test_a_name_without_its_accents_is_given_them(garden: Corrector) -> None:
    assert garden("Who was Boleslaw?")[0] == "Who was Bolesław?"


def test_a_question_word_is_known_as_it_is_often_typed(garden: Corrector, tmp_path: Path) -> None:
    assert garden("wher is the warden") == ("where is the warden", ())
    assert garden("Wich magnolia?") == ("Which magnolia?", ())
    assert garden("скока стоит билет")[0] == "сколько стоит билет"

    wat = vocabulary(tmp_path / "lexical", {1: "The Wat is a temple."})
    assert correct_spelling("where is the wat", wat)[0] == "where is the wat"


def test_an_owner_is_known_without_an_apostrophe_in_another_romanisation(tmp_path: Path) -> None:
    words = vocabulary(tmp_path / "lexical", {1: "The house of Artem Kariakin stands by Sudzha."})

    assert correct_spelling("where is karyakins house", words)[0] == "where is kariakin's house"
    assert correct_spelling("Where is Karyakins house?", words)[0] == "Where is Kariakin's house?"


def test_several_errors_are_corrected_in_their_order(garden: Corrector) -> None:
    question, corrections = garden("Did sapers clear the minefeilds?")

    assert question == "Did sappers clear the minefields?"
    assert corrections == (Correction("sapers", "sappers"), Correction("minefeilds", "minefields"))


def test_several_words_of_a_question_are_corrected_at_once(tmp_path: Path) -> None:
    texts = {1: "Communications fail during each withdrawal.", 2: "The Kursk road is closed."}
    words = vocabulary(tmp_path / "lexical", texts)

    assert (
        correct_spelling("why did comunications fial durng the withdrawl?", words)[0]
        == "why did communications fail during the withdrawal?"
    )
    assert correct_spelling("Is the raod to Kurks closde?", words)[0] == (
        "Is the road to Kursk closed?"
    )
    # In another language, or about something else.
    strange = "zwei faili zcommunications witdrawal ducring ktursk raods"
    assert correct_spelling(strange, words) == (strange, ())


@pytest.mark.parametrize(
    "question",
    [
        "Where is Mongolia?",
        "where is mongolia?",
        "How long is a mongolian winter?",
        # The encoder does not know it, but it is capitalised where the articles have a noun.
        "Who is Gardenner Wistaria?",
        # Words of the articles, inflected.
        "Who was clearing a minefield with greenhouse flowering?",
        "Is there a lev in it?",
        "What is the Levv?",
        "",
        "???",
        "12345 678th 2O23",
    ],
)
def test_what_may_be_right_is_left_alone(garden: Corrector, question: str) -> None:
    assert garden(question) == (question, ())


def test_what_the_encoder_knows_with_an_ending_is_a_word(tmp_path: Path) -> None:
    def count_tokens(words: Sequence[str]) -> list[int]:
        return [1 if word == "renter" else 2 for word in words]

    words = vocabulary(tmp_path / "lexical", {1: "He renders walls."}, count_tokens=count_tokens)

    assert correct_spelling("Where do renters live?", words) == ("Where do renters live?", ())
    assert correct_spelling("Where do rendrs live?", words)[0] == "Where do renders live?"


def test_a_doubled_last_letter_is_no_ending(tmp_path: Path) -> None:
    def count_tokens(words: Sequence[str]) -> list[int]:
        return [1 if word == "quarry" else 2 for word in words]

    words = vocabulary(tmp_path / "lexical", {1: "The quarry."}, count_tokens=count_tokens)

    assert correct_spelling("the quarryy", words)[0] == "the quarry"


@pytest.mark.parametrize(
    "question",
    ['Who said "minefeilds"?', "Who said «minefeilds»?", "Who said “the minefeilds”?",
     "Wer sagte „minefeilds“?", "Who cleared „minefeilds”?"],
)  # fmt: skip
def test_a_word_in_quotation_marks_is_meant_as_it_stands(garden: Corrector, question: str) -> None:
    assert garden(question) == (question, ())


def test_of_two_words_as_near_neither_is_taken(tmp_path: Path) -> None:
    words = vocabulary(tmp_path / "lexical", {1: "the harbor", 2: "the harbur"})

    assert correct_spelling("a harbir", words) == ("a harbir", ())


def test_of_two_words_as_near_the_much_more_frequent_is_taken(tmp_path: Path) -> None:
    texts = {key: f"the harbor {key}" for key in range(9)} | {9: "the harbur"}

    assert correct_spelling("a harbir", vocabulary(tmp_path / "lexical", texts))[0] == "a harbor"


def test_two_forms_of_one_word_are_not_two_words(tmp_path: Path) -> None:
    words = vocabulary(tmp_path / "lexical", {1: "old gardeners", 2: "an old gardener"})

    assert correct_spelling("which gardenerz", words)[0] == "which gardener"


def test_a_word_is_found_behind_many_chunks_of_its_neighbours(tmp_path: Path) -> None:
    texts = dict.fromkeys(range(20), "a castle") | {20: "a cattle"}

    question, _ = correct_spelling("the cattlle", vocabulary(tmp_path / "lexical", texts))

    assert question == "the cattle"


def test_a_question_of_unknown_words_is_left_alone(garden: Corrector) -> None:
    question = "minefeilds sapers resevoir wistteria hornbaem"

    assert garden(question) == (question, ())


def test_words_of_other_scripts_are_corrected(tmp_path: Path) -> None:
    texts = {1: "Сапери розмінували поля біля Ізюма.", 2: "Водосховище обміліло."}
    words = vocabulary(tmp_path / "lexical", texts, ["uk"])

    assert correct_spelling("Хто бачив водосховщие?", words)[0] == "Хто бачив водосховище?"


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("uk", "Кров можна здати в амбулаторії.", "Як звати лікаря амбулаторії?"),
        ("pl", "Przychodnia wyzywa na badania.", "Jak się nazywa lekarz przychodni?"),
    ],
)
def test_what_questions_say_is_no_error_for_what_the_articles_say(
    tmp_path: Path, language: str, text: str, question: str
) -> None:
    words = vocabulary(tmp_path / "lexical", {1: text}, [language])

    assert correct_spelling(question, words) == (question, ())


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("zh", "渡轮\n渡轮每天早上从老码头开往红石岛。", "渡輪每天早上從老馬頭開往紅石島吗"),
        (
            "ja",
            "フェリー\nフェリーは毎朝旧港を出て赤石島へ向かう。",
            "フェリは毎朝旧港を出で赤石島へ向かう",
        ),
        ("th", "เรือ\nเรือข้ามฟากออกจากท่าเรือเก่า", "เรือข้ามฝากออกจากท่าเรื่อเก่า"),
    ],
)
def test_where_a_script_has_no_blanks_nothing_is_corrected(
    tmp_path: Path, language: str, text: str, question: str
) -> None:
    words = vocabulary(tmp_path / "index", {1: text}, [language])
    assert correct_spelling(question, words) == (question, ())


def test_a_word_of_hindi_is_corrected_as_a_whole(tmp_path: Path) -> None:
    words = vocabulary(tmp_path / "index", {1: "पुस्तकालय\nपुस्तकालय सोमवार को बंद रहता है।"}, ["hi"])
    _, corrections = correct_spelling("पुस्तकालाय कब खुलता है?", words)
    assert corrections == (Correction("पुस्तकालाय", "पुस्तकालय"),)


def test_without_articles_nothing_is_corrected(tmp_path: Path) -> None:
    words = vocabulary(tmp_path / "lexical", {}, ["en"])

    assert correct_spelling("Who cleared the minefeilds?", words)[1] == ()


@given(question=st.text(max_size=60) | st.lists(st.sampled_from(
    ["minefeilds", '"', "«", "sapers", " ", "İ", "ß", "Q", "x" * 61, "\u0301", "hornbaem"]
), max_size=12).map("".join))  # fmt: skip
@example(question="AAAAAAAAAAAA")
def test_only_what_is_named_changes(garden: Corrector, question: str) -> None:
    searched, corrections = garden(question)

    rest = question
    for one in corrections:
        assert one.written in rest
        rest = rest.replace(one.written, one.searched, 1)
    # One that is in capitals altogether is searched in small letters.
    assert bool(corrections) == (searched.casefold() != question.casefold())
    assert garden(searched)[1] == () or corrections


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("when did the goverment meet", "when did the government meet"),
        ("коли засідав парламнт", "коли засідав парламент"),
        ("что сказал Карякин", "что сказал Kariakin"),
    ],
)
def test_errors_and_names_are_known_among_words_of_many_languages(
    tmp_path: Path, multilingual: Encoder, question: str, searched: str
) -> None:
    texts = {1: "The government met.", 2: "Тут засідав парламент.", 3: "A man, Kariakin, spoke."}
    words = vocabulary(tmp_path / "lexical", texts, count_tokens=multilingual.count_tokens)

    assert correct_spelling(question, replace(words, whole_words=False))[0] == searched
