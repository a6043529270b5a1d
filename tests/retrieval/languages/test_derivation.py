from __future__ import annotations

import pytest

from retrieval.languages import derived, terms


@pytest.mark.parametrize(
    ("asked", "told", "language"),
    [
        ("failure", "The pump failed.", "en"),
        ("foundation", "They found it.", "en"),
        ("kündigen", "Gekündigt wird schriftlich.", "de"),
        ("gesperrt", "Während der Sperrung ruht der Betrieb.", "de"),
        ("Anmeldung", "Wer angemeldet ist, kommt.", "de"),
        ("Schuhe", "Mit Turnschuhen tanzt niemand.", "de"),
        ("Ringwanderweg", "Der Wanderweg führt im Ring.", "de"),
        ("zapłacić", "Kto płaci, ten wybiera.", "pl"),
        ("zarezerwować", "Rezerwacje są możliwe.", "pl"),
        ("zaplatit", "Platí se hotově.", "cs"),
        ("nejstarší", "Starší je jen kaple.", "cs"),
        ("пофарбували", "Паркан фарбують.", "uk"),
        ("отремонтировали", "Крышу ремонтируют.", "ru"),
    ],
)
def test_a_word_meets_what_is_made_of_its_root(asked: str, told: str, language: str) -> None:
    wanted = terms(asked, language)
    found = dict(derived(wanted, terms(told, language), language))

    assert list(found) == wanted
    assert set(found.values()) <= set(terms(told, language))


@pytest.mark.parametrize(
    ("asked", "told", "language"),
    [
        ("port", "A portrait.", "en"),
        ("Turnschuhe", "Die Schuhe.", "de"),
        ("Zeit", "Die Mahlzeit ist vorbei.", "en"),
        # Two prefixes may tell the opposite.
        ("закрили", "Відкрили.", "uk"),
        ("спорт", "Порт.", "uk"),
        ("zapłacić", "Płaci.", "de"),
        ("wykupić", "Zakupić.", "pl"),
    ],
)
def test_what_only_looks_alike_does_not_meet(asked: str, told: str, language: str) -> None:
    assert not dict(derived(terms(asked, language), terms(told, language), language))


def test_nothing_is_derived_of_nothing() -> None:
    assert not list(derived([], ["fail"], "en"))
    assert not list(derived(["failur"], [], "en"))
