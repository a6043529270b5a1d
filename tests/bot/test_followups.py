"""Follow-ups: what is taken over of the question before, and when a question is left alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.followups import FollowUp, Rule, understand_follow_up

COMMON = {"begin", "happened", "people", "population", "russia", "ukraine"}
OFFENSIVE = "When did the Kursk offensive begin in August?"
FAILURE = "Why did communications fail?"
POPULATION = "What is the population of Luhansk?"


def rarity(word: str) -> float:
    """Make names rarer than other words, and some words common."""
    return 0.1 if word.lower() in COMMON else 0.9 if word[0].isupper() else 0.5


def lean(question: str, *earlier: str, languages: tuple[str, ...] = ("en",)) -> FollowUp | None:
    return understand_follow_up(question, earlier, languages, rarity)


def text(question: str, *earlier: str) -> str | None:
    found = lean(question, *earlier)
    return found.text if found else None


@pytest.mark.parametrize(
    ("before", "question", "meant"),
    [
        (POPULATION, "What about Donetsk?", "What is the population of Donetsk?"),
        (POPULATION, "And in 2014?", "What is the population of Luhansk in 2014?"),
        ("what is the population of luhansk", "and donetsk", "What is the population of donetsk?"),
        ("Who held Sudzha in 2024?", "And in 2025?", "Who held Sudzha in 2025?"),
        ("Who lived in Sudzha?", "And in Belgorod?", "Who lived in Belgorod?"),
        ("When did Russia take Luhansk?", "And Sumy?", "When did Russia take Sumy?"),
        ("What does an FPV drone cost?", "And a big drone?", "What does a big drone cost?"),
        ("How do soldiers stop drones?", "and tanks?", "How do soldiers stop tanks?"),
        ("What does type 42 cost?", "And 43?", "What does type 43 cost?"),
        ("WHAT DOES TYPE 42 COST?", "AND 43?", "WHAT DOES TYPE 43 COST?"),
        ("How far is Kursk?", "I mean Sudzha", "How far is Sudzha?"),
        ("What is an FPV drone?", "And the price?", "The price, an FPV drone?"),
        ("Яке населення Луганська?", "А Донецька?", "Яке населення Донецька?"),
        ("Скільки людей жило в Суджі?", "А в Курську?", "Скільки людей жило в Курську?"),
        ("Когда основали Луганск?", "А Суджу?", "Когда основали Суджу?"),
        ("Кто жил в Судже?", "А в Курске?", "Кто жил в Курске?"),
        ("Wann wurde Luhansk gegründet?", "Und Donezk?", "Wann wurde Donezk gegründet?"),
        ("Wer lebte in Luhansk?", "Was ist mit Donezk?", "Wer lebte in Donezk?"),
    ],
)
def test_what_was_asked_is_asked_of_something_else(before: str, question: str, meant: str) -> None:
    assert text(question, before) == meant


POOL = {
    "fr": "Quand ouvre la piscine ?",
    "es": "¿Cuánto cuesta la entrada del museo?",
    "it": "Quando apre la piscina?",
    "pt": "Quando abre a piscina?",
    "pl": "Ile kosztuje bilet do muzeum?",
    "cs": "Kdy otevírá bazén?",
    "uk": "Коли відкриється басейн?",
    "de": "Wann öffnet das Hallenbad?",
}


@pytest.mark.parametrize(
    ("language", "question", "meant"),
    [
        ("fr", "Et le dimanche ?", "Quand ouvre la piscine le dimanche?"),
        ("fr", "Combien coûte-t-elle ?", "Combien coûte-t-elle, la piscine?"),
        ("fr", "et s'il pleut ?", "S'il pleut, la piscine?"),
        ("es", "¿Y para niños?", "¿Cuánto cuesta la entrada del museo para niños?"),
        ("es", "¿dónde está?", "¿dónde está la entrada del museo?"),
        ("it", "E la domenica?", "Quando apre la piscina la domenica?"),
        ("it", "quanto costa?", "Quanto costa la piscina?"),
        ("it", "dov'è?", "Dov'è la piscina?"),
        ("it", "Perché è chiusa?", "Perché è chiusa la piscina?"),
        ("it", "Da quando?", "Da quando apre la piscina?"),
        ("pt", "E se chover?", "Se chover, a piscina?"),
        ("pt", "onde fica?", "Onde fica a piscina?"),
        ("pl", "a w niedzielę?", "Ile kosztuje bilet do muzeum w niedzielę?"),
        ("pl", "Kto je założył?", "Kto je założył, bilet?"),
        ("cs", "A pro děti?", "Kdy otevírá bazén pro děti?"),
        ("cs", "proč je zavřený?", "Proč je zavřený bazén?"),
        ("uk", "а неділя?", "Коли відкриється басейн неділя?"),
        ("uk", "з якого числа?", "З якого числа відкриється басейн?"),
        ("de", "und Sonntag?", "Wann öffnet das Hallenbad Sonntag?"),
    ],
)
def test_questions_lean_in_many_languages(language: str, question: str, meant: str) -> None:
    found = lean(question, POOL[language], languages=(language,))
    assert found is not None
    assert found.rule in (Rule.ALWAYS, Rule.UNLESS_WORSE)
    assert found.text == meant


def test_behind_who_did_it_a_verb_without_a_subject_is_asked_of_that_person() -> None:
    found = lean("a kdy umřel?", "Kdo založil klub?", languages=("cs",))
    assert found is not None
    assert found.text == "Kdy umřel, založil klub?"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("fr", "Quelle est la capitale du Japon ?"),
        ("es", "¿Qué es una gotera?"),
        ("it", "Che cos'è un sifone?"),
        ("pl", "Co to jest odpis?"),
        ("cs", "Kde je nádraží Praha?"),
    ],
)
def test_what_has_a_subject_is_left_alone_in_many_languages(language: str, question: str) -> None:
    assert lean(question, POOL[language], languages=(language,)) is None


@pytest.mark.parametrize(
    ("before", "question", "meant"),
    [
        (FAILURE, "When?", "When did communications fail?"),
        (FAILURE, "And when was that?", "When did communications fail?"),
        (OFFENSIVE, "Why?", "Why did the Kursk offensive begin in August?"),
        ("Did Ukraine hold Sudzha?", "Since when?", "Since when did Ukraine hold Sudzha?"),
        (POPULATION, "Who?", "Who: What is the population of Luhansk?"),
        (OFFENSIVE, "By whom?", "By whom did the Kursk offensive begin in August?"),
        ("Who held it in Sudzha?", "Who?", "Who held it in Sudzha?"),
        ("Why: Who held Sudzha?", "When?", "When: Who held Sudzha?"),
        (FAILURE, "Are you sure?", "Are you sure: Why did communications fail?"),
        ("Коли почалася операція?", "А чому?", "Чому почалася операція?"),
        ("Когда началась операция?", "Почему?", "Почему началась операция?"),
        ("Wann begann die Offensive?", "Und warum?", "Warum begann die Offensive?"),
    ],
)
def test_another_time_or_reason_is_asked_for(before: str, question: str, meant: str) -> None:
    found = lean(question, before)
    assert found == FollowUp(meant, Rule.ALWAYS)


@pytest.mark.parametrize(
    ("before", "question", "meant"),
    [
        (OFFENSIVE, "Who ordered it?", "Who ordered the Kursk offensive?"),
        (OFFENSIVE, "Who won there?", "Who won there, the Kursk offensive?"),
        (OFFENSIVE, "What was its purpose?", "What was the Kursk offensive's purpose?"),
        (FAILURE, "When did they fail first?", "When did communications fail first?"),
        ("Where is Artem's home?", "How old is he?", "How old is Artem?"),
        ("Is tin toxic?", "Who discovered it?", "Who discovered tin?"),
        ("Who was Harvard's first head?", "How big is its hall?", "How big is Harvard's hall?"),
        ("Коли відкрили міст у Львові?", "Хто ним керував?", "Хто ним керував, міст?"),
        ("Скільки коштував міст?", "А скільки він тривав?", "Скільки він тривав, міст?"),
        ("Сколько стоил мост?", "Кто его строил?", "Кто его строил, мост?"),
        ("Коли відкриється музей?", "Хто ним керує?", "Хто ним керує, музей?"),
        ("Where is Artem's home?", "Who lives there?", "Who lives there, Artem's home?"),
        ("Who held Sudzha in 2024?", "Who lives there?", "Who lives there, Sudzha?"),
        ("Who lived there, Sudzha?", "What was made there?", "What was made there, Sudzha?"),
        ("Which is better, nets and cages?", "Who built them?", "Who built nets and cages?"),
        ("Who lived in Sudzha?", "What was made there?", "What was made in Sudzha?"),
        ("What is an account?", "How can I make one?", "How can I make an account?"),
        (POPULATION, "When was it founded?", "When was Luhansk founded?"),
        ("How do Ann and Bo differ?", "Which is better?", "Which is better, Ann and Bo?"),
        (OFFENSIVE, "Who won?", "Who won, the Kursk offensive?"),
        ("Коли почалася Курська операція?", "Хто її наказав?", "Хто її наказав, Курська операція?"),
        ("Кто жил в Судже?", "Что там делали?", "Что там делали, в Судже?"),
        ("Wann begann die Offensive?", "Wer befahl sie?", "Wer befahl sie, die Offensive?"),
    ],
)
def test_the_subject_or_the_place_is_taken_over(before: str, question: str, meant: str) -> None:
    assert text(question, before) == meant


COMPLETE = """
    How are minefields breached?|And how are minefields breached?|What is a minefield?
    Which vehicles breach deep minefields?|Is there a bridge that soldiers crossed?
    Why did Artem leave before he lost his home?|How did soldiers lose their way?
    If mines are laid, how are they found?|What is the capital of Mongolia?|And where is Sudzha?
    And the mayor of Belgorod?|Які машини розміновують поля?|Що таке Старлінк?
    Какие машины разминируют поля?|Welche Fahrzeuge gibt es für tiefe Minenfelder?
    Wie woont er in deze stad?|Var ligger staden?|Butterpreise in Kiew
"""


@pytest.mark.parametrize("question", re.split(r"\s*[|\n]\s*", COMPLETE.strip()))
def test_a_complete_question_is_left_alone(question: str) -> None:
    assert lean(question, OFFENSIVE) is None


def test_a_long_question_is_complete() -> None:
    question = "And how many soldiers did it cost"
    assert lean(f"{question}?", OFFENSIVE) is not None
    assert lean(f"{question}{', all in all' * 20}?", OFFENSIVE) is None


def test_the_last_question_that_names_something_is_leant_on() -> None:
    assert text("Why?", OFFENSIVE, FAILURE) == "Why did communications fail?"
    assert text("When?", FAILURE, "Is it?", "Who are they?") == "When did communications fail?"
    assert lean("And why?") is None
    assert lean("And why?", "What is it about?") is None


def test_when_a_question_is_searched_with_what_it_lacks() -> None:
    rules = {
        "And when was that?": Rule.ALWAYS,
        "Who ordered it?": Rule.UNLESS_WORSE,
        "And who won?": Rule.UNLESS_WORSE,
        "Who won?": Rule.IF_BETTER,
        "What about Belgorod?": Rule.IF_ANSWERED,
        "Tanks": Rule.IF_SURER,
    }
    found = {question: lean(question, OFFENSIVE) for question in rules}
    assert {question: one and one.rule for question, one in found.items()} == rules


def test_in_a_language_without_word_lists_a_short_question_is_tried_with_the_subject() -> None:
    before = "När stänger bageriet Granviken?"
    found = lean("Vem tar över lokalen?", before, languages=("sv",))
    assert found is not None
    assert found.rule is Rule.IF_SURER
    assert found.text.startswith("Vem tar över lokalen, ")
    assert lean("Hur många datorer finns i det nya biblioteket?", before, languages=("sv",)) is None


def test_an_index_without_articles_does_not_matter() -> None:
    found = lean("And why?", FAILURE, languages=())
    assert found is not None
    assert found.text == "Why did communications fail?"


def test_an_address_is_not_taken_over() -> None:
    before = f"Is {'a' * 70} {'b-' * 35}c in Sudzha?"
    assert text("Who lives there?", before) == "Who lives in Sudzha?"


@given(st.lists(st.text(max_size=300), min_size=1, max_size=12))
def test_a_conversation_never_grows_beyond_two_questions(questions: list[str]) -> None:
    searched = questions[0]
    for question in questions[1:]:
        found = lean(question, searched[:2000], languages=("en", "uk"))
        assert found is None or len(found.text) <= len(question) + len(searched[:2000]) + 10
        searched = found.text if found else question


def test_what_something_is_stands_on_its_own() -> None:
    for question in ("What is a weir?", "що таке мінне поле?", "кто такой сапёр?", "was ist Zinn?"):
        assert lean(question, OFFENSIVE) is None


def test_what_asks_nothing_is_not_asked_of_something_else() -> None:
    assert lean("What about anti-tank ditches?", "And climate?") is None


def test_the_article_of_a_name_goes_with_it() -> None:
    assert text("What about Ohio?", "Who won in the Ukraine?") == "Who won in Ohio?"
    assert text("What about Ohio?", OFFENSIVE) == OFFENSIVE.replace("Kursk", "Ohio")


def test_a_means_or_a_span_is_asked_for_of_the_same() -> None:
    lent = "How many books may I take home?"
    found = lean("And for how many days?", lent)
    assert found == FollowUp(f"For how many days: {lent}", Rule.UNLESS_WORSE)
    assert text("In which year?", OFFENSIVE) == f"In which year{OFFENSIVE.removeprefix('When')}"


@pytest.mark.parametrize(
    ("before", "question", "found"),
    [
        ("Who won on 7 June?", "And on 12 June?", FollowUp("Who won on 12 June?", Rule.ALWAYS)),
        ("Хто переміг 7 травня?", "А 12?", FollowUp("Хто переміг 12?", Rule.ALWAYS)),
        (
            "Скільки коштує внесок для дітей?",
            "а для дорослих?",
            FollowUp("Скільки коштує внесок для дорослих?", Rule.ALWAYS),
        ),
        (
            "What does a canoe cost?",
            "And the paddle?",
            FollowUp("What does the paddle cost?", Rule.IF_ANSWERED),
        ),
        (
            "What is a Czech hedgehog?",
            "Where does the name come from?",
            FollowUp("Where does the name come from, a Czech hedgehog?", Rule.IF_SURER),
        ),
    ],
)
def test_what_means_nothing_alone_is_completed(before: str, question: str, found: FollowUp) -> None:
    assert lean(question, before) == found


@pytest.mark.parametrize(
    ("before", "question", "meant"),
    [
        ("Скільки коштує квиток?", "а дитячий?", "Скільки коштує дитячий квиток?"),
        ("сколько стоит взрослый билет", "а детский?", "Сколько стоит детский билет?"),
        ("Какая длина, ледокол?", "что с ним теперь", "Что с ним теперь, ледокол?"),
        ("Какая у него длина, ледокол?", "а кто капитан", "Кто капитан, ледокол?"),
        ("Wo kann man Boote leihen?", "Was kostet das?", "Was kostet das, Boote?"),
        ("Gibt es Parkplätze?", "und in Grünau?", "Gibt es Parkplätze in Grünau?"),
        ("Who do I call at night?", "Is the library open today?", None),
        ("What about the mill?", "what about dogs", None),
        ("Tell me about the mill", "tell me about the mill", None),
    ],
)
def test_words_of_one_thing_are_not_taken_for_another(
    before: str, question: str, meant: str | None
) -> None:
    assert text(question, before) == meant


def test_why_not_asks_for_the_contrary() -> None:
    assert text("Why not?", "Did the plan work?") == "Why not: Did the plan work?"
