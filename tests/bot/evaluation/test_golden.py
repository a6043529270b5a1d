"""Golden questions: no refresh may lose one that was answered rightly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.build import bring_in_line
from config import Settings, SettingsError
from embeddings import Encoder
from retrieval.errors import IndexRefused
from retrieval.index import Store

FERRY = "The ferry\n\nThe ferry to the island leaves the harbour at seven in the morning."
BEES = "Bees in winter\n\nHoney bees do not hibernate. They form a cluster around the queen."
GOLDEN = [
    {"question": "When does the ferry to the island leave?", "answers": ["at seven"]},
    {"question": "Do honey bees hibernate?", "articles": ["bees.txt"]},
    {"question": "Who won the chess championship of 1972?", "answerable": False},
    {"question": "What does the baker sell?", "answers": ["bread"]},
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    questions = tmp_path / "golden.jsonl"
    questions.write_text("\n".join(map(json.dumps, GOLDEN)))
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY)
    (folder / "bees.txt").write_text(BEES)
    return Settings.load(
        overrides={
            "articles": {"folder": folder},
            "index": {"folder": tmp_path / "index"},
            "refresh": {"questions": questions},
        }
    )


@pytest.fixture
def refresh(settings: Settings, encoder: Encoder) -> Callable[..., int]:
    def run(**way: bool) -> int:
        return bring_in_line(settings, encoder, **way).generation  # type: ignore[arg-type]

    return run


def test_a_generation_that_loses_golden_questions_is_kept_back(
    settings: Settings, refresh: Callable[..., int]
) -> None:
    folder = settings.articles.folder
    assert refresh() == 1
    (folder / "ferry.txt").write_text(FERRY.replace("seven", "eight"))
    (folder / "bees.txt").unlink()

    with pytest.raises(
        IndexRefused,
        match=r"of 3 golden questions that are answered rightly, 2 would be lost: 'When does the "
        r"ferry .*'; 'Do honey bees hibernate\?'",
    ):
        refresh()

    store = Store.open(settings.index.folder)
    assert store is not None
    assert store.current() == 1
    assert refresh(force=True) == 2


def test_other_changes_pass(settings: Settings, refresh: Callable[..., int]) -> None:
    assert refresh() == 1
    (settings.articles.folder / "ferry.txt").write_text(f"{FERRY} Tickets are sold on board.")
    (settings.articles.folder / "baker.txt").write_text("The baker\n\nThe baker sells bread.")
    assert refresh() == 2


def test_a_wrong_file_of_questions_costs_nothing(
    settings: Settings, refresh: Callable[..., int]
) -> None:
    assert settings.refresh.questions is not None
    settings.refresh.questions.write_text("no JSON")
    with pytest.raises(SettingsError, match=r"golden.jsonl"):
        refresh()
    assert Store.open(settings.index.folder) is None
