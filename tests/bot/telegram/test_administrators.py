from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bot.errors import BotError
from bot.records import ChatPlace, State
from bot.refresh_process import Document, Refresher
from config import Settings

from .bots import CROWS, NOTHING, TIDES, said, serving
from .emulator import Emulator, private, supergroup

pytestmark = pytest.mark.anyio

REPORT: Document = {
    "generation": 2,
    "added": 1200,
    "modified": 3,
    "deleted": 1,
    "unchanged": 4,
    "skipped": [],
    "notes": ["4 articles in Ukrainian"],
    "chunks": 4000,
    "encoded": 3700,
    "elapsed_s": 12.5,
}


class Beside:
    """Stands in for the process beside the bot, and goes on when the test says so.

    Args:
        ends: Its report, or its error.
        failures: Of watching, before it reports.
    """

    def __init__(self, ends: Document | Exception, failures: int = 0) -> None:
        self._ends = ends
        self._failures = failures
        self._tell: Callable[[Document], None] = lambda _: None
        self.begun = threading.Event()
        self.go = threading.Event()

    def refresh(self, on_progress: Callable[[Document], None]) -> Document:
        self._tell = on_progress
        self.begun.set()
        assert self.go.wait(30)
        if isinstance(self._ends, Exception):
            raise self._ends
        return self._ends

    def tell(self, articles: int) -> None:
        self._tell({"articles": articles, "total": 1204, "chunks": 0, "encoded": 3 * articles})

    def watch(
        self,
        on_report: Callable[[Document | None], None] = lambda _: None,
        on_failure: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        for _ in range(self._failures):
            on_failure(BotError("the articles are gone"))
        on_report(cast(Document, self._ends))
        self.go.wait(30)

    def close(self) -> None:
        self.go.set()


def beside(ends: Document | Exception) -> tuple[Beside, Any]:
    process = Beside(ends)
    return process, cast(Refresher, process)


# /refresh


async def test_a_refresh_tells_how_far_it_is_in_one_message(
    emulator: Emulator, tmp_path: Path
) -> None:
    process, refresher = beside(REPORT)
    async with serving(emulator, tmp_path, refresher=refresher, administrators=[1]):
        sent = await said(emulator, 1, "/refresh")
        assert sent.text == "Refreshing the index …"
        assert sent.reply_to == emulator.last_message_id
        # Questions are answered meanwhile, the administrator's own too.
        assert (await said(emulator, 1, CROWS)).text.startswith("Crows recognise")
        process.tell(500)
        await emulator.edited(1)
        assert sent.text == "Refreshing: 500 of 1,204 articles, 1,500 passages encoded"
        process.go.set()
        await emulator.edited(2)
    assert sent.text == (
        "Refreshed: 1,200 new, 3 changed, 1 deleted, 4 unchanged.\n\n4 articles in Ukrainian"
    )


async def test_files_that_were_skipped_are_named(emulator: Emulator, tmp_path: Path) -> None:
    skipped = [{"article": f"{n}.html", "reason": "it is empty"} for n in range(40)]
    process, refresher = beside({**REPORT, "skipped": skipped})
    process.go.set()
    async with serving(emulator, tmp_path, refresher=refresher, administrators=[1]):
        sent = await said(emulator, 1, "/refresh")
        await emulator.edited(1)
    assert "40 files were skipped:" in sent.text
    assert sent.text.count("it is empty") == 15
    assert sent.detected == ()


@pytest.mark.parametrize(
    "error", [BotError("no articles in /srv/@articles; put some there"), OSError(12, "No memory")]
)
async def test_a_refresh_that_fails_says_why_in_a_sentence(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    process, refresher = beside(error)
    process.go.set()
    async with serving(emulator, tmp_path, refresher=refresher, administrators=[1]):
        sent = await said(emulator, 1, "/refresh")
        await emulator.edited(1)
    assert sent.text.replace("\u2060", "") == f"The refresh failed: {error}"
    assert sent.detected == ()
    assert [one.levelno for one in caplog.records if one.levelno > logging.INFO] == [
        logging.WARNING
    ]


async def test_a_real_process_that_fails_says_so_without_a_traceback(
    emulator: Emulator, tmp_path: Path
) -> None:
    folders = {name: {"folder": tmp_path / name} for name in ("articles", "index")}
    settings = Settings.load(overrides=folders)
    options = ("--config", str(tmp_path / "nowhere.toml"))
    refresher = Refresher(settings, options)
    async with serving(emulator, tmp_path, refresher=refresher, administrators=[1]):
        sent = await said(emulator, 1, "/refresh")
        await emulator.edited(1, within_s=60)
    assert sent.text.startswith("The refresh failed: ")
    assert "nowhere" in sent.text
    assert "Traceback" not in sent.text
    assert "\n" not in sent.text


async def test_a_refresh_under_way_does_not_hold_up_the_end(
    emulator: Emulator, tmp_path: Path
) -> None:
    _, refresher = beside(BotError("the bot is stopping"))
    async with serving(emulator, tmp_path, refresher=refresher, administrators=[1]):
        sent = await said(emulator, 1, "/refresh")
    assert sent.text == "The refresh failed: the bot is stopping"


async def test_an_administrator_who_cannot_be_told_gets_the_refresh_all_the_same(
    emulator: Emulator, tmp_path: Path
) -> None:
    process, refresher = beside(REPORT)
    async with serving(emulator, tmp_path, refresher=refresher, administrators=[1]):
        emulator.blocked.add(1)
        emulator.say(1, "/refresh")
        await emulator.called("sendMessage")
        process.go.set()
        assert (await said(emulator, 7, CROWS)).text
    assert process.begun.is_set()
    assert len(emulator.messages) == 1


async def test_what_is_refreshed_by_itself_is_logged(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.telegram.refresh_job")
    _, refresher = beside(REPORT)
    async with serving(emulator, tmp_path, refresher=refresher, watch=True):
        assert (await said(emulator, 7, CROWS)).text
    note, record = [one for one in caplog.records if one.name == "bot.telegram.refresh_job"]
    assert note.getMessage() == "4 articles in Ukrainian"
    assert record.getMessage() == "refreshed"
    assert record.__dict__["fields"] == {
        "added": 1200,
        "modified": 3,
        "deleted": 1,
        "generation": 2,
        "elapsed_s": 12.5,
    }


async def test_administrators_are_told_when_refreshing_keeps_failing(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.chats.known[1] = private(1)
    refresher = cast(Refresher, Beside(REPORT, failures=3))
    async with serving(emulator, tmp_path, refresher=refresher, watch=True, administrators=[1]):
        (alarm,) = await emulator.sent(1)
    assert alarm.chat_id == 1
    assert alarm.text.startswith("An error happened here 3 times within an hour: BotError at ")


# Who may


async def test_others_get_help_in_private_and_administrators_nothing_in_groups(
    emulator: Emulator, tmp_path: Path
) -> None:
    process, refresher = beside(REPORT)
    async with serving(emulator, tmp_path, refresher=refresher, administrators=[1]):
        for user, command in enumerate(("/refresh", "/stats", "/gaps"), start=7):
            assert (await said(emulator, user, command)).text.startswith("Ask me a question")
            # What others asked in private is not for a group.
            emulator.say_in(supergroup(-100), 1, command)
        emulator.say_in(supergroup(-100), 1, "/help")
        (reply,) = (await emulator.sent(4))[3:]
    assert reply.reply_to == emulator.last_message_id
    assert not process.begun.is_set()


async def test_an_administrator_need_not_be_listed(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, users=[7], administrators=[1]):
        assert (await said(emulator, 1, "/stats")).text.startswith("Last day\n0 questions")


# /stats and /gaps


async def test_the_use_is_counted_over_a_day_a_week_and_a_month(
    emulator: Emulator, tmp_path: Path
) -> None:
    old = State.open(
        tmp_path / "state",
        987654321,
        keep_days=90,
        conversation_minutes=30,
        clock=lambda: time.time() - 3 * 86_400,
    )
    for number in range(3):
        old.add_answer(ChatPlace(20 + number, None, 20 + number), 1, "Old?", (), True)
    old.close()
    async with serving(emulator, tmp_path, administrators=[1]):
        sent = await said(emulator, 7, CROWS)
        emulator.press_button(sent, "👍")
        await said(emulator, 7, NOTHING)
        await emulator.answered(1)
        stats = await said(emulator, 1, "/stats")
    day, week, month = stats.text.split("\n\n")
    assert day == "Last day\n2 questions · 50% answered\none asker · one chat\n👍 1 · 👎 0"
    assert week == "Last 7 days\n5 questions · 80% answered\n4 askers · 4 chats\n👍 1 · 👎 0"
    assert month.startswith("Last 30 days\n5 questions")


async def test_gaps_are_grouped_by_likeness_and_name_nobody(
    emulator: Emulator, tmp_path: Path
) -> None:
    asked = ("Zanzibar parliament?", "zanzibar  PARLIAMENT", "Parliament Zanzibar?", "Quasars?")
    async with serving(emulator, tmp_path, administrators=[1]):
        for user, question in enumerate(asked, start=70_001):
            await said(emulator, user, question)
        await said(emulator, 70_009, CROWS)
        down = await said(emulator, 70_010, TIDES)
        emulator.press_button(down, "👎")
        emulator.press_button(down, "👎", 70_011)
        await emulator.answered(2)
        gaps = await said(emulator, 1, "/gaps")
    opening, *groups = gaps.text.split("\n\n")
    assert opening == "Asked in the last 30 days and not answered, or not well:"
    assert sorted(groups) == sorted(
        (
            "3 ×\n• Parliament Zanzibar?\n• zanzibar PARLIAMENT\n• Zanzibar parliament?",
            f"1 × · 👎 2\n• {TIDES}",
            "1 ×\n• Quasars?",
        )
    )
    assert groups[-1] == "1 ×\n• Quasars?"
    assert "7000" not in gaps.text


async def test_what_was_asked_is_harmless_in_the_list_of_gaps(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, administrators=[1]):
        for user, question in enumerate(
            ("@everyone http://evil.example #buy", "\u202eolleh <b>", "long " * 190), start=7
        ):
            await said(emulator, user, question)
        gaps = await said(emulator, 1, "/gaps")
    assert gaps.detected == ()
    assert "\u202e" not in gaps.text
    assert len(gaps.text) < 600
