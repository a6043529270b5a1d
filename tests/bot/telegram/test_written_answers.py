"""Written answers: added to the message that shows the excerpts, as they grow."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import Answer
from bot.languages import LANGUAGES
from bot.telegram.views import answers
from bot.telegram.views.answers import shown_in
from bot.writing.writer import Writer
from config import Settings, WriterSettings
from tests.bot.writing.openai_server import (
    Behaviour,
    Server,
    drips,
    event,
    says,
    says_when,
    sends,
    stalls,
)
from tests.bot.writing.openai_server import serving as serving_model
from tests.fakes import HashEncoder, Passage

from .bots import CROWS, NOTHING, TIDES, serving, warnings
from .emulator import ApiError, Emulator, Fault, group, private
from .samples import ENGLISH, excerpt, few, flaws, texts
from .samples import answer as an_answer

pytestmark = pytest.mark.anyio

FACES = "Crows recognise human faces [1]."
GRUDGES = "They hold grudges for years [1]."
HEADING = "Written by a-model from the excerpts above; what they do not support is left out:"


def settings(url: str, **own: object) -> WriterSettings:
    values = {"base_url": url, "model": "a-model", "timeout_s": 30, **own}
    return Settings.load(overrides={"writer": values}).writer


def a_writer(url: str, **own: object) -> Writer:
    return Writer(settings(url, **own), HashEncoder())


@asynccontextmanager
async def writing(
    emulator: Emulator, folder: Path, *behaviours: Behaviour
) -> AsyncIterator[tuple[Server, Writer]]:
    """Run a bot whose answers are written by a model that behaves so, request by request."""
    with serving_model(*behaviours) as server:
        writer = a_writer(server.url)
        async with serving(emulator, folder, writer=writer):
            yield server, writer


def answers_alive() -> list[Answer]:
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is Answer]


@pytest.mark.parametrize("chat", [private(7), group(-5)], ids=["private", "group"])
async def test_an_answer_is_shown_at_once_and_then_edited(
    emulator: Emulator, tmp_path: Path, chat: dict[str, object]
) -> None:
    released = threading.Event()
    async with writing(
        emulator, tmp_path, says_when(released, FACES, f" Crows eat 12 fish [1]. {GRUDGES}")
    ):
        emulator.say_in(chat, 7, f"/ask {CROWS}")
        (answer,) = await emulator.sent(1)
        excerpts = answer.text
        assert not emulator.posts.edits
        released.set()
        await emulator.until(lambda: GRUDGES in answer.text)
    assert answer.text == f"{excerpts}\n\n{HEADING}\n{FACES} {GRUDGES}"
    assert {"Why this?", "Context"} <= set(answer.labels)
    assert len(emulator.messages) == 1


async def test_an_answer_grows_with_pauses_between_its_edits(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with writing(emulator, tmp_path, drips(*[f"{FACES} "] * 40, GRUDGES)):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        await emulator.until(lambda: answer.text.endswith(GRUDGES))
    # It takes two seconds or a little more; the messages may be sent at any rate.
    assert 1 < len(answer.history) < 20


async def test_citations_lead_to_excerpts_that_are_shown(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with writing(emulator, tmp_path, says(FACES)) as (server, _):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        await emulator.until(lambda: FACES in answer.text)
    asked = server.asked
    for number in range(1, 5):
        assert (f"\n[{number}] " in answer.text) is (f"<excerpt>\n[{number}] " in asked)


@pytest.mark.parametrize(
    "behaviour", [sends(status=500), says(), says("Crows eat 12 fish [1]."), says("Nothing.")]
)
async def test_the_excerpts_stand_alone_where_nothing_is_written(
    emulator: Emulator,
    tmp_path: Path,
    behaviour: Behaviour,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with writing(emulator, tmp_path, behaviour) as (server, writer):
        emulator.say(7, CROWS)
        await emulator.sent(1)
        emulator.say(8, NOTHING)
        await emulator.sent(2)
        await until(lambda: len(server.requests) == 1 and not writer.busy)
    assert not emulator.posts.edits
    assert len(server.requests) == 1
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_what_a_button_shows_is_not_written_over(emulator: Emulator, tmp_path: Path) -> None:
    released = threading.Event()
    async with writing(
        emulator, tmp_path, says_when(released, f"{FACES} And", f" so. {GRUDGES}")
    ) as (_, writer):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        await emulator.until(lambda: FACES in answer.text)
        emulator.press_button(answer, "Why this?")
        await emulator.until(lambda: "articles answer this" in answer.text)
        why = answer.text
        released.set()
        await until(lambda: not writer.busy)
        assert answer.text == why
        emulator.press_button(answer, "‹ Back")
        await emulator.until(lambda: answer.text != why)
        assert "Why this?" in answer.labels


async def test_a_thumb_leaves_the_writing_alone(emulator: Emulator, tmp_path: Path) -> None:
    released = threading.Event()
    async with writing(emulator, tmp_path, says_when(released, f"{FACES} And", f" so. {GRUDGES}")):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        emulator.press_button(answer, "👍")
        await emulator.answered(1)
        released.set()
        await emulator.until(lambda: answer.text.endswith(GRUDGES))


async def test_an_edited_question_gets_its_own_written_answer(
    emulator: Emulator, tmp_path: Path
) -> None:
    released = threading.Event()
    tides = "The moon raises tides twice a day [1]."
    old = says_when(released, f"{FACES} And", f" so. {GRUDGES}")
    async with writing(emulator, tmp_path, old, says(tides)) as (_, writer):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        await emulator.until(lambda: FACES in answer.text)
        emulator.edit(7, emulator.last_message_id, TIDES)
        await emulator.until(lambda: answer.text.endswith(f"{HEADING}\n{tides}"))
        released.set()
        await until(lambda: not writer.busy)
        # Longer than the pause between two edits.
        await asyncio.sleep(2.5)
        assert answer.text.endswith(f"{HEADING}\n{tides}")
    assert FACES not in answer.text


async def test_an_answer_without_room_gets_a_message_of_its_own(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCERPTA_SEARCH__EXCERPT_CHARS", "2000")
    released = threading.Event()
    (tmp_path / "articles").mkdir()
    # Of one sentence, as an excerpt has no more sentences than it needs.
    for bird in ("crows", "jackdaws", "magpies"):
        words = " ".join(f"{bird}{number:030}" for number in range(27))
        (tmp_path / "articles" / f"{bird}.md").write_text(
            f"# All {bird}\n\nAll {bird} can recognise human faces: {words}.\n"
        )
    async with writing(emulator, tmp_path, says_when(released, f"{FACES} And", f" so. {FACES}")):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        text = answer.text
        assert len(text) > 4096 - 1200
        _, follow = await emulator.sent(2)
        assert follow.text == f"{HEADING}\n{FACES}"
        assert follow.reply_to == answer.message_id
        released.set()
        await emulator.until(lambda: follow.text == f"{HEADING}\n{FACES} {FACES}")
    assert answer.text == text


async def test_a_deleted_answer_is_no_error(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    released = threading.Event()
    async with writing(emulator, tmp_path, says_when(released, f"{FACES} And", " so.")):
        emulator.say(7, CROWS)
        (answer,) = await emulator.sent(1)
        emulator.forget(7, answer.message_id)
        released.set()
        await emulator.called("editMessageText")
        emulator.say(8, NOTHING)
        await emulator.sent(2)
    assert warnings(caplog) == []


async def test_an_edit_that_telegram_refuses_ends_the_writing_only(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail("editMessageText", Fault(ApiError(400, "Bad Request: no")))
    caplog.set_level(logging.INFO)
    async with writing(emulator, tmp_path, says(FACES)):
        emulator.say(7, CROWS)
        await emulator.called("editMessageText")
        await until(lambda: "a written answer cannot be shown" in caplog.text)
        emulator.say(8, NOTHING)
        await emulator.sent(2)


async def test_a_stop_does_not_wait_for_the_model(emulator: Emulator, tmp_path: Path) -> None:
    with serving_model(stalls(event(f"{FACES} And"))) as server:
        # The bot's end is waited for half as long as the model may take.
        writer = a_writer(server.url, timeout_s=60)
        async with serving(emulator, tmp_path, writer=writer):
            emulator.say(7, CROWS)
            (answer,) = await emulator.sent(1)
            await emulator.until(lambda: FACES in answer.text)
        assert not writer.busy
    assert answer.text.endswith(FACES)


async def test_nothing_is_kept_of_what_was_written(emulator: Emulator, tmp_path: Path) -> None:
    # Other tests keep specimens.
    before = answers_alive()
    async with writing(emulator, tmp_path, says(FACES)):
        for number in range(1, 4):
            emulator.say(7, CROWS)
            await emulator.sent(number)
            await emulator.until(lambda: FACES in emulator.messages[-1].text)
        emulator.say(7, NOTHING)
        await emulator.sent(4)
        known = {id(one) for one in before}
        kept = [one for one in answers_alive() if id(one) not in known]
        assert not [one for one in kept if one.question == CROWS]


async def test_what_fails_ends_a_written_answer_only(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(HashEncoder):
        def encode_passages(self, texts: Sequence[str]) -> list[Passage]:
            raise OSError(len(texts))

    with serving_model(says(FACES)) as server:
        writer = Writer(settings(server.url), Broken())
        async with serving(emulator, tmp_path, writer=writer):
            emulator.say(7, CROWS)
            await until(lambda: "a written answer failed" in caplog.text)
            emulator.say(8, NOTHING)
            await emulator.sent(2)


async def test_privacy_tells_of_the_model(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, writer=a_writer("http://127.0.0.1:1/v1")):
        emulator.say(7, "/privacy")
        (said,) = await emulator.sent(1)
    assert "are sent to the language model a-model" in said.text
    assert "Nothing leaves" not in said.text


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the emulator does not see."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - threads bring it about
            await asyncio.sleep(0.02)


# Views


@few
@given(texts, st.lists(texts, max_size=5), st.booleans())
def test_any_sentences_make_messages_that_telegram_takes(
    model: str, sentences: list[str], long: bool
) -> None:
    found = an_answer(*[excerpt("Crows know. " * (60 if long else 1))] * 3)
    message = answers.answer(found, ENGLISH, number=7, more=True, preview=False)
    if answers.has_room_for_written(message, model, ENGLISH):
        under = answers.written_under(message, model, sentences, ENGLISH)
        assert flaws(under) == []
        assert under.text.startswith(message.text)
        assert under.buttons == message.buttons
    assert flaws(answers.written_alone(model, sentences, ENGLISH)) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_heading_is_in_the_language_of_the_asker(code: str) -> None:
    message = answers.written_alone("a-model", [FACES], LANGUAGES[code])
    assert "a-model" in message.text
    assert (HEADING in message.text) is (code == "en")


def test_a_message_tells_how_many_excerpts_it_shows() -> None:
    two = an_answer(excerpt(), excerpt(), excerpt(score=0.1))
    assert shown_in(answers.answer(two, ENGLISH, number=7, more=True, preview=False)) == 2
    assert shown_in(answers.unanswered(replace(two, answered=False), ENGLISH, number=7)) == 0
