"""The first minute: /start names the subject and offers questions that a press asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.telegram.views.message import Action, Press

from .bots import CROWS, FROM_CROWS, TIDES, answer_to, pressed, said, serving, turned
from .emulator import Emulator, person, supergroup

pytestmark = pytest.mark.anyio

TOO_OLD = "That answer is too old. Please ask again."
SAMPLES = (CROWS, TIDES)
ABOUT = "I answer from notes on @crows, tides and bread."


async def test_start_names_the_subject_and_offers_questions_that_a_press_asks(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, about=ABOUT, samples=SAMPLES):
        start = await said(emulator, 7, "/start")
        assert start.text == (
            "I answer from notes on @\u2060crows, tides and bread.\n\n"
            "Ask me in your own words, or choose a question:"
        )
        assert start.labels == list(SAMPLES)
        for asked, label in enumerate(SAMPLES):
            assert await pressed(emulator, start, label) == ""
            *_, question, answer = await emulator.sent(3 + 2 * asked)
            assert question.text == label
            assert answer.reply_to == question.message_id
            assert "Why this?" in answer.labels
        follow_up = await said(emulator, 7, "And why?")
    assert len(start.history) == 1
    assert follow_up.text.startswith("Understood as: ")


async def test_without_settings_both_are_made_of_the_articles_in_the_language_of_the_reader(
    emulator: Emulator, tmp_path: Path
) -> None:
    starts = {
        "en": ("I answer from 4 articles", "What is the article “Bread” about?"),
        "uk": ("У мене 4 статті", "Про що стаття «Bread»?"),
        "ru": ("У меня 4 статьи", "О чём статья «Bread»?"),
        "de": ("Ich habe 4 Artikel", "Worum geht es im Artikel „Bread“?"),
    }
    async with serving(emulator, tmp_path):
        for user, (code, (text, label)) in enumerate(starts.items(), start=7):
            author = person(user, language_code=code)
            start = await said(emulator, user, "/start", **{"from": author})
            assert start.text.startswith(text)
            assert len(start.labels) == 3
            count = emulator.messages.total
            emulator.press_button(start, label)
            assert "Sourdough" in (await emulator.sent(count + 2))[-1].text


async def test_sample_questions_work_after_a_restart_with_other_settings_and_forged_ones_do_not(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, samples=SAMPLES):
        start = await said(emulator, 7, "/start")
    async with serving(emulator, tmp_path, samples=["Something else?"]):
        emulator.press_button(start, CROWS)
        assert (await emulator.sent(3))[-1].text.startswith(FROM_CROWS)
        for number in (0, 3, 99):
            forged = Press(Action.ASK, number=number).encode()
            query = emulator.press(7, start.message_id, forged)
            assert (await answer_to(emulator, query)).text == TOO_OLD
        emulator.forget(7, start.message_id)
        query = emulator.press(7, start.message_id, Press(Action.ASK, number=1).encode())
        assert (await answer_to(emulator, query)).text == TOO_OLD
    assert emulator.messages.total == 3


async def test_a_press_counts_as_a_question(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, samples=SAMPLES, questions_per_minute=2):
        start = await said(emulator, 7, "/start")
        assert await pressed(emulator, start, CROWS) == ""
        assert "Please ask again in" in await pressed(emulator, start, TIDES)
        await emulator.sent(3)
    assert emulator.messages.total == 3


async def test_in_a_group_an_answer_opens_with_one_excerpt_and_more_shows_the_others(
    emulator: Emulator, tmp_path: Path
) -> None:
    question = "What do herons eat?"
    (tmp_path / "articles").mkdir()
    for name, text in (("lakes", "Herons eat fish in lakes."), ("ponds", "Herons eat frogs.")):
        (tmp_path / "articles" / f"{name}.md").write_text(f"# {name}\n\n{text}", encoding="utf-8")
    async with serving(emulator, tmp_path):
        alone = await said(emulator, 7, question)
        emulator.say_in(supergroup(-100), 7, question, mention=True)
        answer = (await emulator.sent(2))[-1]
        assert ("[2]" in alone.text, "[2]" in answer.text) == (True, False)
        assert await pressed(emulator, answer, "More", 8) == ""
        await emulator.edited(1)
        assert "[2]" in answer.text
    async with serving(emulator, tmp_path, group_excerpts=3):
        emulator.say_in(supergroup(-100), 9, question, mention=True)
        assert "[2]" in (await emulator.sent(3))[-1].text


async def test_the_title_in_a_citation_opens_the_article_at_the_sentence_in_the_chat(
    emulator: Emulator, tmp_path: Path
) -> None:
    paragraph = "Ebb comes. The fox of Hven swims at noon. Flood comes."
    text = "\n\n".join(["# Foxes", "Waves are high. " * 300, paragraph, "Waves are low. " * 20])
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "foxes.md").write_text(text, encoding="utf-8")
    async with serving(emulator, tmp_path):
        answer = await said(emulator, 7, "When does the fox of Hven swim?")
        (url,) = [one["url"] for one in answer.entities if one["type"] == "text_link"]
        prefix = f"https://t.me/{emulator.username}?start="
        assert url.startswith(prefix)
        name = url.removeprefix(prefix)
        assert len(name) <= 64
        opened = await said(emulator, 7, f"/start {name}")
        await turned(emulator, answer, "Article")
        # Links that were sent before, and those to what has changed, open the first page.
        for other in (name[:13], f"{name[:13]}-1-9", f"{name[:13]}-x"):
            first = await said(emulator, 7, f"/start {other}")
            assert first.text.startswith("Foxes\n\nWaves are high.")
            assert first.parts("blockquote") == []
    for message in (opened, answer):
        assert message.text.startswith("Foxes\n\n")
        assert message.text.endswith("page 2 of 2")
        assert message.parts("blockquote") == [paragraph]
        assert message.parts("bold") == ["Foxes", "The fox of Hven swims at noon."]
