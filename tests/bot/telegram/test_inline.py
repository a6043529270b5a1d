from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from .bots import CROWS, NOTHING, TIDES, serving, warnings
from .emulator import Emulator, InlineAnswered, person, units

pytestmark = pytest.mark.anyio

MANY = "\n\n".join(
    f"Storks of village {n} nest on chimney {n}. " + "They return in spring. " * 200
    for n in range(20)
)


async def found(
    emulator: Emulator, user: int, query: str, **fields: str | object
) -> InlineAnswered:
    query_id = emulator.inline(user, query, **fields)  # type: ignore[arg-type]

    def answers() -> list[InlineAnswered]:
        return [one for one in emulator.inline_answers if one.query["id"] == query_id]

    await emulator.until(lambda: bool(answers()))
    return answers()[0]


async def test_up_to_ten_cards_are_ready_to_be_sent(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "storks.md").write_text(f"# Storks\n\n{MANY}", encoding="utf-8")
    async with serving(emulator, tmp_path):
        answer = await found(emulator, 7, "Which storks of village 3 nest on a chimney?")
    assert len(answer.results) == 10
    assert len({one["id"] for one in answer.results}) == 10
    assert all(one["description"] for one in answer.results)
    for content in answer.contents:
        assert units(content.text) <= 4096
        assert content.markup is None
        assert content.preview == {"is_disabled": True}
        assert {entity["type"] for entity in content.entities} >= {"bold"}
        assert max(one["offset"] + one["length"] for one in content.entities) <= units(content.text)
    assert "Storks" in answer.contents[0].text
    assert answer.next_offset == ""


async def test_a_card_quotes_and_cites(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        answer = await found(emulator, 7, CROWS)
    assert answer.results[0]["title"] == "On crows"
    assert answer.contents[0].text == (
        "Crows recognise human faces. They hold grudges for years.\n"
        "On crows · May 3, 2024 · paragraph 2"
    )
    assert answer.params["cache_time"] == "60"
    assert answer.params["is_personal"] == "true"


async def test_cards_of_what_is_not_answered_say_so(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        answer = await found(emulator, 7, NOTHING)
    assert answer.results
    for result, content in zip(answer.results, answer.contents, strict=True):
        assert result["title"].startswith("Closest, not an answer: ")
        assert content.text.startswith(f"The articles do not answer “{NOTHING}”. This excerpt")


async def test_an_empty_query_gets_an_empty_answer_and_the_way_to_a_private_chat(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path) as bot:
        for query in ("", "   ", "\u200b\u202e"):
            answer = await found(emulator, 7, query)
            assert answer.results == ()
            assert answer.button is not None
    assert bot.held.heard == []


async def test_256_characters_are_answered(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        for query in ("🐦" * 256, f"{CROWS} {'x' * 256}"[:256], "мови " * 51):
            answer = await found(emulator, 7, query)
            assert answer.results
            assert answer.button is not None


async def test_a_further_page_is_empty(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path) as bot:
        answer = await found(emulator, 7, CROWS, offset="10")
    assert answer.results == ()
    assert bot.held.heard == []


async def test_queries_that_more_was_typed_after_are_dropped(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, "Who") as bot:
        emulator.inline(7, "Who")
        assert await asyncio.to_thread(bot.held.asked.wait, 10)
        for end in range(5, len(CROWS), 4):
            emulator.inline(7, CROWS[:end])
        last = emulator.inline(7, CROWS)
        # Somebody else is not held up by those that wait.
        other = await found(emulator, 8, TIDES)
        bot.held.go.set()
        await emulator.until(lambda: emulator.inline_answers[-1].query["id"] == last)
    assert other.results[0]["title"] == "Tides"
    assert bot.held.heard == ["Who", TIDES, CROWS]
    assert emulator.inline_answers.total <= 3


async def test_an_answer_that_comes_too_late_is_no_error(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path, CROWS) as bot:
        query = emulator.inline(7, CROWS)
        assert await asyncio.to_thread(bot.held.asked.wait, 10)
        emulator.queries.expire(query)
        bot.held.go.set()
        await emulator.called("answerInlineQuery")
        assert (await found(emulator, 7, TIDES)).results
    assert warnings(caplog) == []


async def test_who_is_not_listed_finds_nothing(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, users=[7]) as bot:
        stranger = await found(emulator, 8, CROWS)
        listed = await found(emulator, 7, CROWS)
    assert stranger.results == ()
    assert stranger.params["is_personal"] == "true"
    assert listed.results
    assert bot.held.heard == [CROWS]


async def test_cards_are_in_the_language_of_who_asks_and_repeated_to_nobody_else(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        answer = await found(emulator, 7, CROWS, **{"from": person(7, language_code="de")})
    assert "On crows · 03.05.2024 · " in answer.contents[0].text
    assert answer.params["is_personal"] == "true"


async def test_the_button_asks_the_same_in_private(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        answer = await found(emulator, 7, CROWS)
        assert answer.button is not None
        emulator.say(7, f"/start {answer.button['start_parameter']}")
        (sent,) = await emulator.sent(1)
    assert sent.text.startswith("Crows recognise human faces.")


async def test_the_button_of_a_question_too_long_for_it_asks_no_other(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path) as bot:
        answer = await found(emulator, 7, "Хто розрізняє обличчя людей і пам'ятає їх роками?")
        assert answer.button is not None
        heard = list(bot.held.heard)
        emulator.say(7, f"/start {answer.button['start_parameter']}")
        (sent,) = await emulator.sent(1)
    assert sent.text == "What would you like to know? Ask it in a few words."
    assert bot.held.heard == heard
