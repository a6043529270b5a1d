from __future__ import annotations

import pytest

from bot.telegram.views.languages import LANGUAGES

from .samples import flaws
from .specimens import CASES, GOLDEN, SPECIMENS, golden


@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_message_looks_as_it_did(name: str, code: str) -> None:
    file, drawn = golden(name, code)
    assert drawn == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {golden(*case)[0].name for case in CASES}


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in SPECIMENS if "card" not in name])
def test_a_message_is_valid_in_every_language(name: str, code: str) -> None:
    assert flaws(SPECIMENS[name](LANGUAGES[code])) == []
