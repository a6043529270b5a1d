"""German nouns, which have a capital letter as names have."""

from __future__ import annotations

import pytest

from retrieval.questions import names_and_numbers


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Wann fährt die erste kleine Fähre nach Husum?", ["Husum"]),
        ("Wer ist der neue Bürgermeister von Kiel?", ["Kiel"]),
        ("Wie viel Strom brauchte das Haus 2025?", ["2025"]),
        ("Was sagte Ursula von der Leyen in Paris?", ["Ursula", "Leyen", "Paris"]),
        ("Ab wann gilt von der Insel aus der Fahrplan?", []),
        ("Who met Anna at the Mill in 1866?", ["Anna", "Mill", "1866"]),
        ("Where does Tom van den Berg live?", ["Tom", "Berg"]),
        ("2025年青川的水位是多少？", ["2025"]),
        ("Сколько стоит проезд в Суджу?", ["Суджу"]),
        ("Wann?", []),
    ],
)
def test_nouns_are_no_names(question: str, names: list[str]) -> None:
    assert names_and_numbers(question) == names
