from __future__ import annotations

import pytest

from retrieval.questions import Asked, Kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("ferry launch year", Kind.TIME),
        ("year of the launch", Kind.TIME),
        ("Fähre Baujahr", Kind.TIME),
        ("what happened in the year of the flood", None),
        ("whose number is 555-0100?", None),
        ("чей это номер 555-0100?", None),
        ("Wem gehört die Nummer 555-0100?", None),
        ("whose boat is it?", Kind.PERSON),
        ("Come si chiama la presidente?", Kind.PERSON),
        ("Comment s'appelle le maire ?", Kind.PERSON),
        ("Kim jest nowy wójt?", Kind.PERSON),
        ("What time does the ferry leave?", Kind.TIME),
        ("О котрій відпливає паром?", Kind.TIME),
        ("Во сколько отходит паром?", Kind.TIME),
        ("Um wie viel Uhr fährt die Fähre?", Kind.TIME),
        ("Ile czasu płynie prom?", Kind.TIME),
        ("Kolik času zabere plavba?", Kind.TIME),
        ("Kolik stojí plavba?", Kind.NUMBER),
        ("In welcher Straße ist die Kasse?", Kind.PLACE),
        ("На яких вулицях немає світла?", Kind.PLACE),
        ("Na jakiej ulicy jest kasa?", Kind.PLACE),
    ],
)
def test_the_kind_is_told_by_a_question_word_or_a_noun(question: str, kind: Kind | None) -> None:
    assert Asked.of(question).kind is kind


@pytest.mark.parametrize(
    ("question", "attribute"),
    [
        ("mayor of Luhansk", "mayor"),
        ("The old name of the town?", "name"),
        ("Kariakin's rank", "rank"),
        ("the mill's first owner", "owner"),
        ("Wirt des Gasthofs", "Wirt"),
        ("Alter von Kariakin", "Alter"),
        ("довжина мосту", "довжина"),
        ("возраст старого капитана", "возраст"),
        ("Who is the mayor of Luhansk?", "mayor"),
        ("who was the first owner of the old mill", "owner"),
        ("Who is Ukraine's president?", "president"),
        ("Wer ist der Trainer des Vereins?", "Trainer"),
        ("Хто тренер клубу «Чайка»?", "тренер"),
        ("кто был капитан ледокола", "капитан"),
        ("Хто переміг на перегонах?", None),
        ("кто построил паром", None),
        ("Who is Artem Kariakin?", None),
        ("Who built the mill of Luhansk?", None),
        ("What is Kariakin's rank?", None),
        ("The mayor of Luhansk and those of all the other towns of the region", None),
        ("the function of the mill is", None),
        ("расскажи о мосте", None),
        ("старый мост", None),
        ("mayor", None),
        ("", None),
    ],
)
def test_a_few_words_ask_for_an_attribute(question: str, attribute: str | None) -> None:
    found = Asked.of(question).attribute

    assert (question[slice(*found)] if found else None) == attribute


@pytest.mark.parametrize(
    ("question", "text", "met"),
    [
        ("How tall is the dome?", "It cost £4,150 in 1931.", False),
        ("How tall is the dome?", "The dome is 30 m high.", True),
        ("How deep is it?", "It is two metres deep.", True),
        ("How high is the tower?", "It has 12 storeys.", True),
        ("Wie hoch ist der Turm?", "Der Turm misst 30 m.", True),
        ("Wie hoch ist der Turm?", "Er steht seit 1904.", False),
        ("How heavy is the curtain?", "Lowering it takes 28 seconds.", False),
        ("How much does the old cat weigh?", "It came in 1904.", False),
        ("How much does the old cat weigh?", "It weighs 6 kg.", True),
        ("Скільки важить кіт?", "Кіт важить 6 кілограмів.", True),
        ("How old is Anna?", "Anna left on 3 March.", False),
        ("How old is Anna?", "Anna, aged 30, left.", True),
        ("How old is Anna?", "Anna led the club for six years.", False),
        ("How old is Anna?", "Anna Berg, 41, led the club.", True),
        ("Wie alt ist Anna?", "Im vergangenen Jahr kamen 734 Kinder.", False),
        ("Wie alt ist Anna?", "Die 41-Jährige leitet den Verein.", True),
        ("Скільки років Анні?", "Анна звітувала за рік.", False),
        ("Скільки років Анні?", "Анні 41 рік.", True),
        ("¿Cuántos años tiene Ana?", "Llevaba nueve años en el cargo.", False),
        ("¿Cuántos años tiene Ana?", "Volvió después de nueve años.", False),
        ("¿Cuántos años tiene Ana?", "Ana tiene nueve años.", True),
        ("Quanti anni ha Anna?", "È qui da 30 anni.", False),
        ("Quanti anni ha Anna?", "Anna ha 30 anni.", True),
        ("Ile lat ma Anna?", "Anna ma 17 lat.", True),
        ("Kolik váží kocour?", "Kocour je 30 cm dlouhý.", False),
        ("Kolik váží kocour?", "Kocour má 6 kg.", True),
        ("Ile waży kot?", "Kot ma 9 lat.", False),
        ("¿Cuánto pesa el gato?", "El gato pesa 6 kilos.", True),
        ("Сколько лет Анне?", "Анна приехала в 1964 году.", False),
        ("Скільки років Анні?", "Анна приїхала 1964 року.", False),
        ("How old is the mill?", "It was built in 1904.", True),
        ("Сколько лет Анне?", "Анне 30 лет.", True),
        ("How long does the ride take?", "The first bus leaves at 6:20.", False),
        ("How long does the ride take?", "You are there in 40 minutes.", True),
        ("How long is the tunnel?", "It is 410 metres long.", True),
        ("Wie lange ist geöffnet?", "Bis 18:00.", True),
    ],
)
def test_what_is_measured_is_met_by_its_units(question: str, text: str, met: bool) -> None:
    assert Asked.of(question).is_met(text, "en") is met


@pytest.mark.parametrize(
    ("question", "language", "text", "met"),
    [
        ("Kto jest wójtem?", "pl", "Przyjmuje w poniedziałki.", False),
        ("Kto jest wójtem?", "pl", "Wójtem jest Anna.", True),
        ("Kolik je tam stromů?", "cs", "Stromků je přes dvě tisíce.", True),
        ("Kolik je tam stromů?", "cs", "Stromky stojí u trati.", False),
        ("¿Cuándo ensayan?", "es", "Ensayan los martes.", True),
        ("¿Cuántas voces hay?", "es", "Reúne treinta y cuatro voces.", True),
        ("¿Cuántas voces hay?", "es", "Es un coro de la ciudad.", False),
        ("Combien de chaises ?", "fr", "Il y a douze chaises.", True),
        ("Quante sedie ci sono?", "it", "Ci sono due sedie.", True),
        ("How many chairs are there?", "en", "They are due soon.", False),
        ("Quanto custa?", "pt", "A entrada é gratuita.", True),
        ("Kiedy zbudowano most?", "pl", "Most jest z drewna.", False),
        ("Як звати кота?", "uk", "У вітряку живе кіт.", False),
        ("Як звати кота?", "uk", "У вітряку оселився рудий кіт Борщик.", True),
    ],
)
def test_what_is_asked_for_is_told_in_the_language_of_the_text(
    question: str, language: str, text: str, met: bool
) -> None:
    assert Asked.of(question).is_met(text, language) is met


@pytest.mark.parametrize(
    ("question", "text", "met"),
    [
        ("How much does a ticket cost?", "The tower was built in 1904 and is 30 m high.", False),
        ("How much does a ticket cost?", "It takes 40 minutes, from 6:20 on.", False),
        ("How much does a ticket cost?", "It is £1904.", True),
        ("How much does a ticket cost?", "A ticket is 1,950 dollars.", True),
        ("How much does a ticket cost?", "Adults | 5", True),
        ("How much does a ticket cost?", "It is free.", True),
        ("How many chairs are there?", "It was built in 1904.", True),
    ],
)
def test_a_price_is_told_by_an_amount(question: str, text: str, met: bool) -> None:
    assert Asked.of(question).is_met(text, "en") is met


@pytest.mark.parametrize(
    ("question", "text", "language", "denied"),
    [
        ("Which line does not run?", "Line 5 runs daily.", "en", False),
        ("Which line does not run?", "Line 5 never runs.", "en", True),
        ("Which line does not run?", "Line 5 is suspended.", "en", True),
        ("Który autobus nie jeździ?", "Autobus jeździ codziennie.", "eo", True),
        ("When will there be no water?", "The taps will be dry on Monday.", "en", True),
        ("Why don't they open it?", "It will be open in May.", "en", True),
        ("Can I swim without a cap?", "Caps must be worn.", "en", True),
    ],
)
def test_a_denial_is_missed_where_its_words_are_known(
    question: str, text: str, language: str, denied: bool
) -> None:
    assert Asked.of(question).is_denied(text, language) is denied


@pytest.mark.parametrize(
    ("question", "text", "met"),
    [
        ("Who ordered the retreat?", "Anna said that the retreat was ordered on Monday.", False),
        ("who ordered it", "They left when it was finally ordered, Anna said.", False),
        ("Who ordered the retreat?", "The retreat was ordered by Anna.", True),
        (
            "Who ordered the retreat?",
            "It was ordered late. In the end Anna ordered it again.",
            True,
        ),
        ("Who ordered the retreat?", "The order to retreat came too late, Anna said.", False),
        ("Who ordered the retreat?", "They retreated by the order of Anna.", True),
        ("Who ordered the retreat?", "Late came Anna's order to retreat.", True),
        ("Who led the retreat?", "Anna said that the retreat was ordered on Monday.", True),
    ],
)
def test_what_was_done_by_nobody_tells_no_person(question: str, text: str, met: bool) -> None:
    assert Asked.of(question).is_met(text, "en") is met


@pytest.mark.parametrize(
    ("question", "language", "text", "met"),
    [
        ("Хто відкрив міст?", "uk", "Міст відкрили торік. Наступного дня їхала Ганна.", False),
        ("Хто відкрив міст?", "uk", "Міст відкрито. Наступного дня їхала Ганна.", False),
        ("Хто відкрив міст?", "uk", "Торік міст відкрила Ганна.", True),
        ("Хто відкрив міст?", "uk", "Торік міст відкрили Ганна й Орест.", True),
        ("Хто відкрив міст?", "uk", "Міст новий. Першою їхала Ганна.", True),
        ("Кто построил мост?", "ru", "Мост построили быстро. Первой ехала Анна.", False),
        ("Кто построил мост?", "ru", "Быстро построил его сын Анны. Построили хорошо.", True),
        ("Kto zbudował most?", "pl", "Most zbudowano szybko. Jechała nim Anna.", False),
        ("Kdo postavil most?", "cs", "Most postavili rychle. Jela po něm Anna.", False),
        ("Kdo postavil most?", "cs", "Most postavila rychle Anna.", True),
    ],
)
def test_what_somebody_did_who_is_not_named_tells_no_person(
    question: str, language: str, text: str, met: bool
) -> None:
    assert Asked.of(question).is_met(text, language) is met


@pytest.mark.parametrize(
    ("question", "text", "language", "met"),
    [
        ("Who is the director of the pool?", "The pool is run by Anna Berg.", "en", True),
        ("Who is the director of the pool?", "At the pool we met Anna Berg.", "en", False),
        ("Who is the director of the pool?", "At the pool Anna Berg was done.", "en", False),
        ("wer ist die Chefin der Bücherei", "Die Bücherei leitet Frau Anna Berg.", "de", True),
        ("wer ist die Chefin der Bücherei", "Dort liest Frau Anna Berg vor.", "de", False),
        ("хто керівник гуртка", "Гурток очолює Анна Берг.", "uk", True),
        ("хто керівник гуртка", "До гуртка ходить Анна Берг.", "uk", False),
        ("kto je riaditeľka knižnice", "Knižnicu vedie Anna Bergová.", "sk", True),
        ("図書館の館長は誰ですか", "図書館は山田氏が率いています。", "ja", True),
        ("図書館の館長は誰ですか", "図書館は駅の前です。", "ja", False),
    ],
)
def test_who_heads_something_is_told_in_whatever_words(
    question: str, text: str, language: str, met: bool
) -> None:
    assert Asked.of(question, language).is_met(text, language) is met
