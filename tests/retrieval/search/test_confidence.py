from __future__ import annotations

import datetime as dt
import re
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.calibrations import SHIPPED, Scale
from retrieval.languages import terms
from retrieval.search.across import lead
from retrieval.search.confidence import (
    Features,
    adjust_by_reader,
    best_cosine,
    confidence_of,
    features,
)
from retrieval.search.excerpts import Window
from retrieval.search.ranking import Ranking
from retrieval.search.word_spans import word_spans
from retrieval.types import Chunk, Hit, Sentence, Source, Stage
from tests.fakes import HashEncoder
from tests.retrieval.library import Read, hit_of

SHARES = st.floats(0, 1)


def ranking(hits: tuple[Hit, ...], terms: dict[str, dict[str, float]]) -> Ranking:
    return Ranking("", hits, terms, 1, HashEncoder().encode_query(""))


def window(of: Hit, late: float = 0.4) -> Window:
    return Window(of, 0, 0, 0, len(of.chunk.text), late)


FEATURES = st.builds(Features, *[SHARES] * 7)
AGAINST = ("missing", "unmet", "denied", "strange", "unsaid", "unlike")
IN_ONE_LANGUAGE = [
    field.name for field in fields(Features) if field.name not in ("across", "met", "ahead")
]
MULTILINGUAL = "intfloat/multilingual-e5-small"
ENCODERS = st.sampled_from(["", MULTILINGUAL])


@given(FEATURES, SHARES, st.sampled_from(IN_ONE_LANGUAGE), ENCODERS)
def test_confidence_grows_with_each_feature_but_what_is_lacking(
    found: Features, more: float, name: str, encoder: str
) -> None:
    other = replace(found, **{name: max(getattr(found, name), more)})
    low, high = (other, found) if name in AGAINST else (found, other)

    least, most = (confidence_of(one, encoder=encoder) for one in (low, high))
    assert 0 <= least <= most <= 1


@pytest.mark.parametrize("name", IN_ONE_LANGUAGE)
def test_every_feature_counts(name: str) -> None:
    middle = Features(0.4, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, strange=0.5, unsaid=0.5, unlike=0.5)
    # An encoder of many languages tells by each word what one for English tells by some.
    encoder = MULTILINGUAL if name == "unlike" else ""
    before, more = (
        confidence_of(one, encoder=encoder) for one in (middle, replace(middle, **{name: 0.6}))
    )

    assert more < before if name in AGAINST else more > before


def test_across_languages_names_and_numbers_that_meet_count_and_words_in_common_do_not() -> None:
    middle = Features(0.4, 0.4, 0, 0, 0, 0, 0, across=1)

    assert confidence_of(replace(middle, met=0.5)) > confidence_of(middle)
    assert confidence_of(replace(middle, ahead=0.5)) > confidence_of(middle)
    assert confidence_of(replace(middle, coverage=1, nearness=1)) == confidence_of(middle)


def late_hits(**scores: float) -> list[Hit]:
    return [
        replace(
            hit_of("It rains.", rank, language=name[:2]),
            source=Source(f"{name}.txt", "Title", language=name[:2]),
            late=Stage(rank, score),
        )
        for rank, (name, score) in enumerate(scores.items(), start=1)
    ]


def test_an_article_is_ahead_where_the_others_in_its_language_are_far_behind() -> None:
    near = lead(late_hits(en1=0.5, en2=0.48, en3=0.47), "en", 0.05)
    far = lead(late_hits(en1=0.5, en2=0.40, en3=0.30), "en", 0.05)
    assert 0 < near < far < 1
    assert lead(late_hits(en1=0.5, en2=0.40, en3=0.30, uk1=0.6), "en", 0.05) == far
    others = {f"en{n}": 0.1 for n in range(2, 7)}
    assert lead(late_hits(en1=0.9, **others), "en", 0.05) == 1
    # One article or two may have nothing to do with the question by chance.
    few = [lead(late_hits(en1=0.9, **dict([*others.items()][:n])), "en", 0.05) for n in range(5)]
    assert few == sorted(few)
    assert far < few[2] < 1
    # Nothing is known of the only one.
    assert near < lead(late_hits(en1=0.5), "en", 0.05) < far


def test_confidence_spans_from_surely_not_to_surely() -> None:
    assert confidence_of(Features(0, 0, 0, 0, 0, 0, 0)) == 0
    assert confidence_of(Features(0, 1, 1, 1, 0, 0, 0)) == 0
    assert confidence_of(Features(0.1, 0.1, 0, 0, 0, 0, 0)) < 0.01
    assert confidence_of(Features(0.9, 0.8, 1, 1, 0, 0, 0)) > 0.99


@given(FEATURES, st.floats(0.3, 0.6), st.floats(0.1, 2), st.floats(0, 0.5))
def test_an_encoder_whose_scores_lie_elsewhere_gets_the_same_confidence_on_its_own_scale(
    found: Features, late: float, factor: float, shift: float
) -> None:
    def moved(value: float) -> float:
        return factor * value + shift

    scale = Scale(
        moved(SHIPPED.late),
        factor * SHIPPED.late_spread,
        moved(SHIPPED.dense),
        factor * SHIPPED.dense_spread,
    )
    found = replace(found, late=late)
    elsewhere = replace(found, late=moved(found.late), dense=moved(found.dense))

    assert confidence_of(elsewhere, scale) == pytest.approx(confidence_of(found))


def test_nothing_found_has_no_confidence() -> None:
    found = features(ranking((), {"en": {"river": 1.0}}), [])

    assert found == Features(0, 0, 0, 0, 0, 0, 0)
    assert confidence_of(found) == 0


def test_scores_are_the_best_of_all_and_terms_those_of_the_first() -> None:
    low, high = hit_of("A mill.", dense=0.3), hit_of("A river.", dense=0.7)
    given = ranking((low, high), {"en": {"river": 1.0, "mill": 0.5}})

    found = features(given, [window(low, late=0.6), window(high, late=0.2)])

    assert (found.late, found.dense) == (0.6, 0.7)
    assert found.coverage == pytest.approx(0.5 / 1.5)


def test_features_are_never_negative() -> None:
    away = hit_of("A mill.", dense=-0.2)

    found = features(ranking((away,), {}), [window(away, late=-0.1)])

    assert found == Features(0, SHIPPED.dense, 0, 0, 0, 0, 0)
    assert best_cosine(ranking((away,), {})) == 0


@pytest.mark.parametrize(("passages", "dense"), [(9, SHIPPED.dense), (10, 0.1)])
def test_of_few_passages_none_is_far_from_a_question(passages: int, dense: float) -> None:
    hits = tuple(hit_of("A mill.", rank, dense=0.1) for rank in range(1, passages + 1))

    assert features(ranking(hits, {}), [window(hits[0])]).dense == dense


def test_with_an_encoder_of_many_languages_few_passages_may_be_far_from_a_question() -> None:
    hit = hit_of("A mill.", dense=0.1)
    asked = replace(ranking((hit,), {}), multilingual=True)

    assert features(asked, [window(hit)]).dense == 0.1


@pytest.mark.parametrize(
    ("question", "meant", "language", "unlike"),
    [
        ("Who leads the museum?", "", "en", 0.5),
        ("Hello, please, who leads the museum?", "", "en", 0.5),
        ("Who leads the museum?", "opens", "en", 0.0),
        ("Does the museum open?", "", "en", 0.0),
        ("Does the museum have openings?", "", "en", 0.0),
        ("Whom did the mayor of Berlin marry?", "", "en", 1.0),
        ("Привіт, хто очолює museum?", "", "uk", 0.5),
    ],
)
def test_with_an_encoder_of_many_languages_every_word_is_to_have_its_like(
    question: str, meant: str, language: str, unlike: float
) -> None:
    found = compared(question, "The museum opens at nine.", meant, language, multilingual=True)

    assert found.unlike == unlike
    assert compared(question, "The museum opens at nine.", meant, language).unlike == 0


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("When did Anna build the mill?", 0.0),
        ("When did Boris build the mill?", 1.0),
        ("When did Anna and Boris build the mill?", 0.5),
        ("Which Rivers had floods in 1866 and 1901?", 1 / 3),
        ("When did Anne build the mill?", 1.0),
        ("When did Anna Selenskij build the mill of Lvov?", 0.0),
        ("Boris?", 0.0),
        ("who built it", 0.0),
    ],
)
def test_missing_counts_names_and_numbers_that_no_window_shows(
    question: str, missing: float
) -> None:
    found = hit_of("Anna Zelensky built the mill in 1866.", title="The river of Lviv")
    given = replace(ranking((found,), {}), question=question)

    assert features(given, [window(found)]).missing == pytest.approx(missing)


@pytest.mark.parametrize(
    ("question", "text", "stated"),
    [
        ("550 km", "The line is 550 km long.", 1.0),
        ("550 km?", "It is 550 miles long.", 0.0),
        ("550 km", "The line is long.", 0.0),
        ("Is 550 km the whole length?", "The line is 550 km long.", 0.0),
    ],
)
def test_a_number_that_is_all_that_is_asked_is_stated_where_it_stands(
    question: str, text: str, stated: float
) -> None:
    found = hit_of(text)
    given = replace(ranking((found,), {"en": {"550": 1.0, "km": 0.5}}), question=question)

    judged = features(given, [window(found)])
    assert judged.stated == stated
    assert confidence_of(replace(judged, stated=1.0)) > confidence_of(replace(judged, stated=0.0))


def test_missing_looks_at_the_window_that_has_most_and_not_beyond_it() -> None:
    found = hit_of("Anna built it. Boris paid for it.")
    given = replace(ranking((found,), {}), question="Was it Anna or Boris?")
    first = Window(found, 0, 0, 0, 14, 0.4)

    assert features(given, [first]).missing == 0.5
    assert features(given, [first, window(found)]).missing == 0


@pytest.mark.parametrize(
    ("question", "date", "covered", "missing"),
    [
        ("the mill in October 2025", dt.date(2025, 10, 27), 1.0, 0.0),
        ("the mill in October 2025", dt.date(2025, 9, 27), 0.5, 1.0),
        ("the mill in October 2025", dt.date(2024, 9, 27), 1 / 3, 1.0),
        ("the mill in October 2025", None, 1 / 3, 1.0),
    ],
)
def test_a_year_and_a_month_that_the_articles_date_shows_are_not_missed(
    question: str, date: dt.date | None, covered: float, missing: float
) -> None:
    found = hit_of("Anna built the mill.")
    found = replace(found, source=replace(found.source, date=date))
    words = {"mill": 1.0, "octob": 1.0, "2025": 1.0}
    given = replace(ranking((found,), {"en": words}), question=question)

    judged = features(given, [window(found)])

    assert judged.coverage == pytest.approx(covered)
    assert judged.missing == missing


@pytest.mark.parametrize(
    ("text", "title", "covered"),
    [
        ("The rivers of the town.", "Title", 0.6),
        ("The rivers of the town.", "Floods", 1.0),
        ("Nothing.", "Title", 0.0),
        ("RIVER FLOODS", "Title", 1.0),
    ],
)
def test_coverage_weighs_terms_by_rarity(text: str, title: str, covered: float) -> None:
    found = hit_of(text, title=title)
    given = ranking((found,), {"en": {"river": 0.6, "flood": 0.4}})

    assert features(given, [window(found)]).coverage == pytest.approx(covered)


@given(
    st.dictionaries(st.from_regex(r"[bcd]{2,5}x", fullmatch=True), st.floats(0.01, 1), min_size=1)
)
def test_a_question_whose_terms_all_stand_there_is_covered_to_the_last_bit(
    rarities: dict[str, float],
) -> None:
    found = hit_of(" ".join(rarities), language="xx")
    given = ranking((found,), {"xx": rarities})

    assert features(given, [window(found)]).coverage == 1


def test_stop_words_alone_answer_nothing_however_well_they_are_met() -> None:
    found = hit_of("What it was and what it is.")
    given = ranking((found,), {"en": {}, "de": {"what": 1.0}})

    judged = features(given, [window(found, late=0.9)])

    assert judged.late == 0
    assert confidence_of(judged) == 0


@pytest.mark.parametrize(
    ("question", "text", "language", "covered"),
    [
        ("a communications failure", "Communications failed at dawn.", "en", True),
        (
            "the withdrawal of the army",
            "The army withdrew, and the army had to withdraw.",
            "en",
            True,
        ),
        ("die Gründung der Brauerei", "Die Brauerei wurde 1873 gegründet.", "de", True),
        ("die Schuhe", "Jeder braucht Turnschuhe.", "de", True),
        ("die Turnschuhe", "Jeder braucht Schuhe.", "de", False),
        ("основание завода", "Завод основали в 1873 году.", "ru", True),
        ("the port", "A portrait of the portable town.", "en", False),
        ("the cartography", "The cart of the town.", "en", False),
    ],
)
def test_a_term_is_met_by_what_it_is_derived_from(
    question: str, text: str, language: str, covered: bool
) -> None:
    assert (judged(question, text, language).coverage == 1) is covered


@pytest.mark.parametrize(
    ("question", "text", "language"),
    [
        ("How often is there a ferry?", "Twice a day: the ferry of the lake.", "en"),
        ("О котрій паром?", "Паром ходить з 7:00.", "uk"),
        ("Как часто ходит паром?", "Паром ходит дважды в день.", "ru"),
        ("Kann man jetzt mit der Fähre kommen?", "Die Fähre ist voll.", "de"),
        ("numer do promu", "Prom, 555 01 42.", "pl"),
        ("číslo na přívoz", "Přívoz má 555 01 42.", "cs"),
        ("¿A qué hora va el barco?", "El barco sale a las 7.", "es"),
        ("À quelle heure va le bateau ?", "Le bateau part à 7 heures.", "fr"),
        ("A che ora va il battello?", "Il battello salpa alle 7.", "it"),
        ("A que horas vai o barco?", "O barco parte às 7.", "pt"),
    ],
)
def test_words_that_only_ask_need_not_stand_there(question: str, text: str, language: str) -> None:
    assert judged(question, text, language).coverage == 1


def test_a_noun_that_is_all_that_is_asked_is_met() -> None:
    assert judged("Telephone number?", "Telephone 555 01 42.").coverage == 1
    assert judged("Telephone number?", "Write to miller@mill.example.").coverage == 0


def test_headings_above_are_covered_with_what_stands_under_them() -> None:
    text = "Fares\n\nFor a lorry it is 31 crowns.\n\nCrew\n\nIt has a cook."
    places = [(0, 5), (7, 35), (37, 41), (43, 57)]
    sentences = [Sentence(*span, n, heading=n in (1, 3)) for n, span in enumerate(places, 1)]
    found = replace(hit_of(text), chunk=Chunk(text, tuple(sentences)))
    asked = dict.fromkeys(terms("the fares of a lorry", "en"), 0.5)
    given = replace(ranking((found,), {"en": asked}), question="the fares of a lorry")

    under = [Window(found, n, n, *places[n], late=0.4) for n in (1, 3)]

    assert [features(given, [one]).coverage for one in under] == [1, 0]


def test_coverage_is_taken_in_the_articles_language() -> None:
    german = hit_of("Die alten Brücken.", language="de")
    given = ranking((german,), {"en": {"brücke": 1.0}, "de": {"bruck": 1.0}})

    assert features(given, [window(german)]).coverage == 1
    assert features(replace(given, terms={"en": {"river": 1.0}}), [window(german)]).coverage == 0


def judged(question: str, text: str, language: str = "en") -> Features:
    found = hit_of(text, language=language)
    asked = dict.fromkeys(terms(question, language), 0.5)
    return features(
        replace(ranking((found,), {language: asked}), question=question), [window(found)]
    )


@pytest.mark.parametrize(
    ("question", "text", "language", "unmet"),
    [
        ("Who built the mill?", "The mill was built in spring by Anna Berg.", "en", False),
        ("Who built the mill?", "Builders say that the mill is old.", "en", True),
        ("Who built Anna's mill?", "Builders say that the mill of Anna is old.", "en", True),
        ("When was it built?", "They built it in 1866.", "en", False),
        ("When was it built?", "They built it in March.", "en", False),
        ("When was the mill of 1866 built?", "The mill of 1866 was built of stone.", "en", True),
        ("How many mills are there?", "There are seven mills.", "en", False),
        ("How many mills are there?", "There are mills on the river.", "en", True),
        ("Where is the mill?", "The mill is far away.", "en", False),
        ("Хто збудував млин?", "Млин збудувала Ганна Берг.", "uk", False),
        ("Хто збудував млин?", "Цей млин дуже старий.", "uk", True),
        ("Сколько мельниц на реке?", "На реке стоят мельницы.", "ru", True),
        ("Wann wurde die Mühle gebaut?", "Die Mühle ist aus Stein gebaut.", "de", True),
        ("Wer baute die Mühle?", "Die Mühle ist aus Stein gebaut.", "de", False),
        ("What is the mill?", "Builders say that the mill is old.", "en", False),
        ("What is the phone number of the mill?", "The mill of 1866: 0999 555 01.", "en", False),
        ("e-mail of the mill", "Write to miller@mill.example.", "en", False),
        ("What is the phone number of the mill?", "The mill of 1866 has phones.", "en", True),
        ("What is the phone number of the mill?", "It cost 162 584 in 1991 - 2000.", "en", True),
        ("What is the phone number of the mill?", "It was sold on 31.08.2009.", "en", True),
        ("Numero di telefono del mulino?", "Il mulino risponde al 555 032 118.", "it", False),
        ("Numero di telefono del mulino?", "Il mulino vale 555 032 000 lire.", "it", True),
        ("Який телефон млина?", "Млин працює щодня, телефон є.", "uk", True),
        ("Какой номер телефона у мельницы?", "Звоните: 8 (000) 555-01-42.", "ru", False),
        ("Wie ist die Telefonnummer der Mühle?", "Die Mühle ist zu.", "de", True),
        ("Who keeps the mill?", "Mill | Keeper: none | Flour: yes", "en", True),
        ("Who keeps the mill?", "Mill | Keeper: Anna Berg | Flour: yes", "en", False),
    ],
)
def test_an_excerpt_is_to_have_what_the_question_asks_for(
    question: str, text: str, language: str, unmet: bool
) -> None:
    assert judged(question, text, language).unmet == unmet


@pytest.mark.parametrize(
    ("question", "text", "language", "unmet"),
    [
        ("Who is the miller?", "The miller is old. The lake is near Bergen.", "en", False),
        ("Who is the miller?", "The miller is old. It rains. Few come from Bergen.", "en", True),
        ("Who runs the mill?", "Since May the mill is run by Anna Berg.", "en", False),
        ("Хто голова ради?", "Голова ради звітував. Сніг тане. Завтра їде Ганна Берг.", "uk", True),
        ("Хто голова ради?", "Голова ради Ганна Берг звітувала.", "uk", False),
        ("Как зовут кота?", "В музее живёт кот. Его зовут Мурзик.", "ru", False),
        ("Как зовут кота?", "У озера Светлого тихо. В музее живёт кот.", "ru", True),
        ("Kto jest sołtysem?", "Sołtys czeka. Pada śnieg. W Łąkach jest zimno.", "pl", True),
        ("Jak se jmenuje kocour?", "Kocour spí. Stojí 20 Kč za den.", "cs", True),
        ("Jak se jmenuje kocour?", "Kocour spí. Říká se mu Mour.", "cs", False),
        ("¿Cómo se llama la directora?", "En Loma Alta llueve. La directora canta.", "es", True),
        ("Wie heißt die Wirtin?", "Seit Montag hat die Wirtin geschlossen.", "de", True),
        ("Wie heißt die Wirtin?", "Älteste Frau am Tisch war die Wirtin.", "de", True),
        ("Wie heißt die Wirtin?", "Die Wirtin Anna Berg hat geschlossen.", "de", False),
        ("Wie heißt die Wirtin?", "Die Wirtin, Frau Berg, hat geschlossen.", "de", False),
        ("Wer leitet das Gasthaus?", "Das Gasthaus ist am Montag zu.", "de", True),
        ("name of the miller", "The miller is old.", "en", True),
    ],
)
def test_a_name_is_to_stand_beside_whom_it_names(
    question: str, text: str, language: str, unmet: bool
) -> None:
    ends = [match.end() for match in re.finditer(r"\.\s*", text)]
    sentences = tuple(Sentence(begin, end, 1) for begin, end in pairwise([0, *ends]))
    found = replace(hit_of(text, language=language), chunk=Chunk(text, sentences))
    asked = dict.fromkeys(terms(question, language), 0.5)
    given = replace(ranking((found,), {language: asked}), question=question)
    whole = replace(window(found), last=len(sentences) - 1)

    assert features(given, [whole]).unmet == (1.5 if unmet else 0)


@pytest.mark.parametrize(
    ("question", "text", "denied"),
    [
        ("Which mill was not sold?", "The mill at the bridge was sold.", True),
        ("Which mill was not sold?", "The mill at the bridge was never sold.", False),
        ("Which mill was not sold?", "They refused to have the mill sold.", False),
        ("Which mill was sold?", "The mill at the bridge was sold.", False),
        ("Wasn't the mill sold?", "The mill at the bridge was sold.", False),
        ("The mill was sold, wasn't it?", "The mill at the bridge was sold.", False),
        ("I have not seen it. Which mill was sold?", "The mill was sold.", False),
        ("Which mill was not sold by Dr. Berg?", "The mill was sold.", True),
        ("Welche Mühle wurde nicht verkauft?", "Die Mühle wurde verkauft.", True),
        ("Какую мельницу не продали?", "Мельницу продали.", True),
        ("Який млин не продали?", "Млин продали.", True),
    ],
)
def test_what_denies_is_answered_by_what_denies(question: str, text: str, denied: bool) -> None:
    assert judged(question, text).denied == denied


def compared(
    question: str, text: str, meant: str = "", language: str = "en", *, multilingual: bool = False
) -> Features:
    """Judge a text whose words are as close to the question's as their terms, or to `meant`."""
    query = HashEncoder().encode_query(question)
    spans = word_spans(text)
    similarity = np.array(
        [
            [
                terms(question[slice(*ours)], language) == terms(text[slice(*theirs)], language)
                or text[slice(*theirs)] == meant
                for theirs in spans
            ]
            for ours in query.spans
        ],
        np.float32,
    ).reshape(len(query.spans), len(spans))
    starts = np.array([start for start, _ in spans], np.int32)
    ends = [match.end() for match in re.finditer(r"[.](?= )|$", text)]
    sentences = tuple(Sentence(begin, end, 1) for begin, end in pairwise([0, *ends]))
    found = replace(
        hit_of(text, language=language),
        chunk=Chunk(text, sentences),
        similarity=similarity,
        starts=starts,
    )
    asked = dict.fromkeys(terms(question, language), 0.5)
    given = replace(
        ranking((found,), {language: asked}),
        question=question,
        query=query,
        multilingual=multilingual,
    )
    return features(given, [Window(found, 0, len(sentences) - 1, 0, len(text), 0.4)])


@pytest.mark.parametrize(
    ("question", "text", "language"),
    [
        ("Who betrayed Anna?", "In spring Anna came to the mill with Boris.", "en"),
        ("who betrayed anna", "In spring Anna came to the mill with Boris.", "en"),
        ("Was Anna captured?", "In spring Anna came to the mill.", "en"),
        ("How old is Anna Berg?", "In 1901 Anna Berg came to the mill.", "en"),
        ("What is the rank of Anna?", "In spring Anna came to the mill.", "en"),
        ("Why did Anna resign?", "In spring Anna came to the mill.", "en"),
        ("Who sold the old mill?", "In spring Anna came to the old mill.", "en"),
        ("Хто зрадив Ганну?", "Навесні Ганна прийшла до млина.", "uk"),
        ("Сколько лет Анне?", "Весной Анна пришла на мельницу.", "ru"),
        ("Warum trat Anna zurück?", "Im Frühling kam Anna zur Mühle.", "de"),
    ],
)
def test_a_name_is_not_enough_without_what_is_asked_of_it(
    question: str, text: str, language: str
) -> None:
    assert compared(question, text, language=language).strange == 1
    (meant,) = {"came", "прийшла", "пришла", "kam"} & set(text.split())
    assert compared(question, text, meant, language).strange == 0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who is Anna?", "Anna came to the mill."),
        ("How did Anna take part?", "Anna came to the mill."),
        ("Where is Anna located?", "Anna stays at the mill."),
        ("", "Anna came to the mill."),
    ],
)
def test_what_says_nothing_of_a_name_is_not_missed(question: str, text: str) -> None:
    assert compared(question, text).strange == 0


@pytest.mark.parametrize(
    ("question", "text", "unsaid"),
    [
        ("mayor of Sudzha", "Anna Berg is mayor of Sudzha.", 0),
        ("mayor of Sudzha", "Sudzha lies in a plain. Its mayor is Anna Berg.", 0),
        ("mayor of Sudzha", "Sudzha lies in a plain, a town with a church.", 1),
        ("mayor of Sudzha", "Kursk has a mayor. Sudzha lies in a plain.", 1),
        ("mayor of Sudzha", "In Sudzha they met Kursk's mayor.", 1),
        ("Sudzha's mayor", "In Sudzha they met Kursk's new mayor.", 1),
        ("Sudzha's mayor", "Sudzha's new mayor came.", 0),
        ("Anna's rank", "Anna saw the soldiers run, without order in their ranks.", 1),
        ("Anna's rank", "Anna won her rank in the war.", 0),
        ("Who is mayor of Sudzha?", "Sudzha lies in a plain.", 1),
        ("price of the mill", "In Sudzha the mill works.", 0),
        ("role of the mill", "In Sudzha the mill works.", 0),
        ("mayor of Sudzha", "Anna Berg | Town: Sudzha | Room: 12", 0),
    ],
)
def test_what_a_few_words_ask_of_somebody_is_to_be_said_of_nobody_else(
    question: str, text: str, unsaid: float
) -> None:
    assert compared(question, text).unsaid == unsaid


@pytest.mark.parametrize(
    ("question", "text", "language"),
    [
        ("What does a lorry cost?", "A lorry: 31 crowns.", "en"),
        ("How much does a lorry pay?", "A lorry: 31 crowns.", "en"),
        ("price of a lorry", "A lorry: 31 crowns.", "en"),
        ("What is the lorry's phone number?", "A lorry: 0999 555 01.", "en"),
        ("Скільки коштує вантажівка?", "Вантажівка: 31 крона.", "uk"),
        ("Какая цена у грузовика?", "Для грузовика: 31 крона.", "ru"),
        ("Was kostet ein Lastwagen?", "Lastwagen: 31 Kronen.", "de"),
    ],
)
def test_what_is_there_need_not_be_named(question: str, text: str, language: str) -> None:
    assert judged(question, text, language).coverage == 1


ROWS = (
    "Lorry | Single: 31 crowns | Return: 58 crowns",
    "Head teacher | Name: Anna Berg | Room: 12",
)


@pytest.mark.parametrize(
    ("question", "cell"),
    [
        ("How much is a return ticket for a lorry?", True),
        ("What does a lorry pay for a single trip?", True),
        ("What does a lorry cost?", True),
        ("Who is head teacher?", True),
        ("Which room has the teacher?", True),
        ("How much is a return ticket for a submarine?", False),
        ("What does a weekly ticket for a lorry cost?", False),
        ("When was the lorry invented?", False),
        ("How many pupils has the head teacher?", False),
    ],
)
def test_the_cell_of_a_row_is_known_by_its_row_and_its_heading(question: str, cell: bool) -> None:
    assert max(judged(question, row).cell for row in ROWS) == cell


def test_headings_alone_tell_no_row() -> None:
    row = judged("How much is a return ticket for a submarine?", ROWS[0])
    prose = judged("How much is a return ticket for a submarine?", ROWS[0].replace(" | ", "; "))

    assert row.coverage == row.nearness == 0 < prose.coverage


def test_in_a_row_all_belongs_together() -> None:
    question = "How much is a return ticket for a lorry?"

    assert judged(question, ROWS[0]).nearness == 1
    assert judged(question, ROWS[0].replace(" | ", "; ")).nearness == 0


def test_a_reason_that_is_told_need_not_be_called_so() -> None:
    question = "What was the reason for the flood?"

    assert judged(question, "There was a flood because of rain.").coverage == 1
    assert judged(question, "There was a flood of rain.").coverage == 0.5


@pytest.mark.parametrize(
    ("text", "nearness"),
    [
        ("The old mill burned.", 1.0),
        ("The mill burned that was old.", (0.875 + 1) / 2),
        ("The old stone bridge and the mill burned.", (0.75 + 1) / 2),
        ("The bridge is old. The mill burned.", 0.5),
        ("The bridge is old. The mill stands. A house burned.", 0.0),
    ],
)
def test_words_that_belong_together_are_to_stand_together(text: str, nearness: float) -> None:
    hit = hit_of(text)
    ends = [n + 1 for n, char in enumerate(text) if char == "."]
    sentences = tuple(Sentence(start, end, 1) for start, end in pairwise([0, *ends]))
    hit = replace(hit, chunk=Chunk(text, sentences))
    given = ranking((hit,), {"en": {"old": 0.5, "mill": 0.5, "burn": 0.5}})
    given = replace(given, question="Has the old mill burned?")

    found = features(given, [Window(hit, 0, len(ends) - 1, 0, len(text), 0.4)])

    assert found.nearness == pytest.approx(nearness)


margins = st.floats(-100, 100)


def test_the_likeliest_answer_counts() -> None:
    assert adjust_by_reader(0.6, [Read(0, 1, -9), None, Read(0, 1, 4)]) == adjust_by_reader(
        0.6, [Read(0, 1, 4)]
    )


def test_a_far_margin_turns_a_probable_answer_but_not_a_sure_one() -> None:
    assert adjust_by_reader(0.95, [Read(0, 1, -1000)]) == pytest.approx(0.49, abs=0.01)
    assert adjust_by_reader(0.99, [Read(0, 1, -1000)]) > 0.8


@pytest.mark.parametrize("readings", [[], [None], [None, None]])
def test_without_a_reading_the_confidence_stays(readings: list[None]) -> None:
    assert adjust_by_reader(0.6, readings) == 0.6


def test_nothing_found_stays_nothing() -> None:
    assert adjust_by_reader(0.0, [Read(0, 1, 100)]) == 0.0


@given(confidence=st.floats(0, 1), margin=margins)
def test_it_stays_a_probability(confidence: float, margin: float) -> None:
    assert 0 <= adjust_by_reader(confidence, [Read(0, 1, margin)]) <= 1


@given(confidence=st.floats(0, 1))
def test_an_even_reading_changes_nothing(confidence: float) -> None:
    assert adjust_by_reader(confidence, [Read(0, 1, 0)]) == pytest.approx(confidence, abs=1e-8)


@given(low=st.floats(0, 1), high=st.floats(0, 1), margin=margins)
def test_it_rises_with_the_confidence(low: float, high: float, margin: float) -> None:
    low, high = sorted([low, high])
    assert adjust_by_reader(low, [Read(0, 1, margin)]) <= adjust_by_reader(
        high, [Read(0, 1, margin)]
    )


@given(confidence=st.floats(0, 1), low=margins, high=margins)
def test_it_rises_with_the_margin(confidence: float, low: float, high: float) -> None:
    low, high = sorted([low, high])
    assert adjust_by_reader(confidence, [Read(0, 1, low)]) <= adjust_by_reader(
        confidence, [Read(0, 1, high)]
    )
