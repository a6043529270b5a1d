"""Questions about the cells of tables, each table an article alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers import Answerer
from config import Settings
from tests.libraries import library_of

TABLES = {
    "en": """# The cable car of Hornberg

| Passenger | Up | Both ways |
|---|---|---|
| Adult | 6 crowns | 10 crowns |
| Child | 3 crowns | 5 crowns |
| Dog | 2 crowns | 3 crowns |

Who | Telephone | Desk
---|---|---
Manager: Ada Lindqvist | 555 0170 12 | 4
Mechanic: Tom Okafor | 555 0170 19 | 7
""",
    "uk": """# Човнова станція

| Човен | Година | Увесь день |
|---|---|---|
| Байдарка | 150 гривень | 600 гривень |
| Каное | 180 гривень | 700 гривень |
| Катамаран | 250 гривень | 900 гривень |
""",
    "ru": """# Столовая у вокзала

| Блюдо | Вес | Цена |
|---|---|---|
| Солянка | 300 г | 210 рублей |
| Блины со сметаной | 180 г | 130 рублей |
| Кисель | 200 г | 45 рублей |
""",
    "de": """# Bootsverleih am See

| Boot | Stunde | Ganzer Tag |
|---|---|---|
| Ruderboot | 8 Euro | 35 Euro |
| Tretboot | 12 Euro | 50 Euro |
| Kajak | 9 Euro | 40 Euro |
""",
}


TABLES["list"] = """# Tennis club Ashford

The club has six courts by the river.

## Opening hours

- Monday to Thursday: 8 am to 9 pm
- Friday: 8 am to 11 pm
- Sunday: closed

## Fees

- Adults: 120 pounds a year
- Students: 60 pounds a year

## Who is who

- President: Laura Whitcombe
- Coach: Dmitri Alenov, Tuesdays
"""


def answerer_of(language: str, model: str, folder: Path) -> Answerer:
    (folder / "articles").mkdir()
    (folder / "articles" / "table.md").write_text(TABLES[language], encoding="utf-8")
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": folder / "index"},
        "encoder": {"model": model},
    }
    return library_of(Settings.load(overrides=overrides)).answerer


def check(answerer: Answerer, cells: list[tuple[str, str]], others: list[str]) -> None:
    for question, cell in cells:
        answer = answerer.answer(question)
        assert answer.answered, (question, answer.confidence)
        assert cell in answer.excerpts[0].text
    for question in others:
        answer = answerer.answer(question)
        assert not answer.answered, (question, answer.confidence)


@pytest.mark.usefixtures("encoder")
def test_a_row_that_has_the_cell_answers_and_another_does_not(tmp_path: Path) -> None:
    check(
        answerer_of("en", "english", tmp_path),
        [
            ("How much does a child pay for both ways?", "5 crowns"),
            ("What does a dog cost?", "2 crowns"),
            ("How much for an adult both ways?", "10 crowns"),
            ("What is the mechanic's telephone number?", "555 0170 19"),
        ],
        [
            "How much does a horse pay for both ways?",
            "What does a bicycle cost?",
            "How old is the mechanic?",
            "Who founded Hornberg?",
            "What is the telephone number of the doctor?",
            "What is the capital of Mongolia?",
        ],
    )


@pytest.mark.usefixtures("encoder")
def test_an_item_of_a_list_is_a_row_with_a_label(tmp_path: Path) -> None:
    check(
        answerer_of("list", "english", tmp_path),
        [
            ("When is the club open on Friday?", "8 am to 11 pm"),
            ("Is the club open on Sunday?", "Sunday: closed"),
            ("How much do students pay?", "60 pounds"),
            ("Who is the president of the tennis club?", "Laura Whitcombe"),
        ],
        [
            "When is the club open on Christmas?",
            "How much do pensioners pay?",
            "Who is the treasurer?",
            "How old is the coach?",
            "When was the club founded?",
        ],
    )


@pytest.mark.usefixtures("multilingual")
@pytest.mark.parametrize(
    ("language", "cells", "others"),
    [
        (
            "uk",
            [
                ("Скільки коштує каное на годину?", "180 гривень"),
                ("Яка ціна байдарки на увесь день?", "600 гривень"),
            ],
            ["Скільки коштує літак на годину?", "Хто винайшов катамаран?", "Яка столиця Монголії?"],
        ),
        (
            "ru",
            [("Сколько стоит солянка?", "210 рублей"), ("Какой вес у киселя?", "200 г")],
            ["Сколько стоит пицца?", "Кто повар в столовой?", "Какая столица у Монголии?"],
        ),
        (
            "de",
            [
                ("Was kostet ein Kajak pro Stunde?", "9 Euro"),
                ("Wie viel zahlt man für ein Tretboot am Tag?", "50 Euro"),
            ],
            ["Was kostet ein Fahrrad pro Stunde?", "Wer erfand das Tretboot?"],
        ),
    ],
)
def test_tables_in_other_languages(
    tmp_path: Path, language: str, cells: list[tuple[str, str]], others: list[str]
) -> None:
    check(answerer_of(language, "multilingual", tmp_path), cells, others)
