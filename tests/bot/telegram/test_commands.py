from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from bot.catalogue import article_key
from bot.languages import LANGUAGES
from bot.records import ChatPlace, State
from bot.telegram.commands import menu
from bot.telegram.views import notices
from bot.telegram.views.message import Action, Press

from .bots import CROWS, NEARLY, TIDES, said, serving, turned, warnings
from .emulator import ApiError, Emulator, Fault, group, person, private, supergroup

pytestmark = pytest.mark.anyio

CROW_TEXT = "Crows recognise human faces. They hold grudges for years."
WHAT = "What would you like to know? Ask it in a few words."
WHICH = "Which article? Write its title after /article, or choose from /sources."
INTRODUCTION = "I answer from 4 articles"
HELP = "Ask me a question in your own words."


def encoded(question: str) -> str:
    return base64.urlsafe_b64encode(question.encode()).rstrip(b"=").decode()


# /start, /help and what is unknown


async def test_help_says_what_the_bot_does(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        helped = await said(emulator, 8, "/HELP@Emulated_Bot  ")
        unknown = await said(emulator, 9, "/frobnicate the crows")
    assert helped.text.startswith(HELP)
    assert "type @emulated_bot and the question" in helped.text
    assert helped.text == unknown.text
    commands = {text for kind, text in helped.detected if kind == "bot_command"}
    assert commands == {"/ask", "/sources", "/article", "/new", "/language", "/privacy"}


async def test_start_follows_links_and_takes_broken_ones_kindly(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    payloads = {
        f"a_{article_key('tides.md')}": "Tides\n\nThe moon raises tides twice a day.",
        f"a_{article_key('gone.md')}": WHICH,
        "a_": WHICH,
        f"q_{encoded(CROWS)}": CROW_TEXT,
        "q_": WHAT,
        "q_%%%": WHAT,
        "q_gICA": WHAT,
        f"q_{encoded(chr(0x202E) + chr(0x200B))}": WHAT,
        f"q_{encoded(CROWS)[:5]}": WHAT,
        "x_whatever": INTRODUCTION,
        "ü": INTRODUCTION,
    }
    async with serving(emulator, tmp_path):
        for user, (payload, start) in enumerate(payloads.items(), start=10):
            assert (await said(emulator, user, f"/start {payload}")).text.startswith(start)
    assert warnings(caplog) == []


# /ask


async def test_ask_asks(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        assert (await said(emulator, 7, f"/ask {CROWS}")).text.startswith(CROW_TEXT)
        assert (await said(emulator, 8, f"/ask@{emulator.username}\n{CROWS}")).text.startswith(
            CROW_TEXT
        )
        assert (await said(emulator, 9, "/ask")).text == WHAT


async def test_commands_in_groups_are_obeyed_and_those_of_others_and_unknown_ones_are_not(
    emulator: Emulator, tmp_path: Path
) -> None:
    chat = supergroup(-100)
    async with serving(emulator, tmp_path, administrators=[7]):
        for text in (
            "/ask@other_bot Who?",
            "/help@other_bot",
            "/frobnicate",
            "/frobnicate@emulated_bot",
            "/stats",
            "/gaps",
            "/refresh",
        ):
            emulator.say_in(chat, 7, text)
        emulator.say_in(chat, 7, "/help", via_bot=emulator.me())
        emulator.say_in(chat, 9, "/help", **_by_a_bot())
        emulator.say_in(chat, 7, "/article bread")
        (reply,) = await emulator.sent(1)
    assert reply.text.startswith("Bread\n\n")
    assert reply.reply_to == emulator.last_message_id
    assert len(emulator.messages) == 1


def _by_a_bot() -> dict[str, Any]:
    return {"from": person(9, is_bot=True)}


# The articles


async def test_sources_lists_articles_in_pages_with_links_that_open_them(
    emulator: Emulator, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for day in range(1, 11):
        text = f"---\ntitle: News of day {day}\ndate: 2026-03-{day:02}\n---\n\nIt was day {day}."
        (folder / f"news-{day}.md").write_text(text, encoding="utf-8")
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, "/sources")
        lines = sent.text.split("\n")
        assert lines[0] == "14 articles"
        assert lines[2] == "• News of day 10 · Mar 10, 2026"
        assert lines[11] == "• News of day 1 · Mar 1, 2026"
        assert lines[-1] == "page 1 of 2"
        assert sent.labels == ["▶"]
        links = {one["url"] for one in sent.entities if one["type"] == "text_link"}
        assert len(links) == 10
        prefix = f"https://t.me/{emulator.username}?start="
        assert all(link.startswith(prefix) for link in links)
        link = next(one["url"] for one in sent.entities if one["type"] == "text_link")
        opened = await said(emulator, 8, f"/start {link.removeprefix(prefix)}")
        assert opened.text.startswith("News of day 10\nMar 10, 2026\n\nIt was day 10.")
        await turned(emulator, sent, "▶")
        assert "• On crows · May 3, 2024\n" in sent.text
        assert "page 2 of 2" in sent.text
        assert sent.labels == ["◀"]
        await turned(emulator, sent, "◀")
    assert sent.history[2] == sent.history[0]


async def test_an_article_is_shown_by_path_title_or_nearly(
    emulator: Emulator, tmp_path: Path
) -> None:
    wanted = {
        "crows.md": "On crows\nMay 3, 2024\n\nCrows live in towns.",
        "CROWS.MD": "On crows\n",
        "on crows": "On crows\n",
        "crow": "On crows\n",
        "  Tdies ": "Tides\n",
        "On  corws": "On crows\n",
        "links": "@\u2060everyone links\n",
        "": WHICH,
        "volcanoes": "I have no article called “volcanoes”. /sources lists those that I have.",
        "@everyone /start http://evil.example": "I have no article called “@\u2060everyone",
        "x" * 4000: "I have no article called “xxxx",
    }
    async with serving(emulator, tmp_path):
        for user, (words, start) in enumerate(wanted.items(), start=10):
            reply = await said(emulator, user, f"/article {words}")
            assert reply.text.startswith(start)
            assert {text for _, text in reply.detected} <= {"/article", "/sources"}


async def test_a_long_article_is_turned_over_by_buttons_also_after_a_restart(
    emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "articles").mkdir()
    text = "# Sands\n\n" + "\n\n".join(f"Grain {n}. " * 100 for n in range(20))
    (tmp_path / "articles" / "sands.md").write_text(text, encoding="utf-8")
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, "/article sands")
        assert "page 1 of" in sent.text
    async with serving(emulator, tmp_path):
        await turned(emulator, sent, "▶")
    assert "page 2 of" in sent.text
    assert sent.labels == ["◀", "▶"]


# What is remembered


async def test_new_begins_a_new_conversation(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        for user in (7, 8):
            await said(emulator, user, CROWS)
        assert (await said(emulator, 7, "/new")).text.startswith("A new conversation.")
        fresh = await said(emulator, 7, "And why?")
        going_on = await said(emulator, 8, "And why?")
    assert "Understood as" not in fresh.text
    assert going_on.text.startswith("Understood as: ")


async def test_the_language_is_that_of_telegram_until_another_is_chosen(
    emulator: Emulator, tmp_path: Path
) -> None:
    codes = {"uk": "uk", "ru-RU": "ru", "de-AT": "de", "nl": "en", "zh-hans": "en", "": "en"}
    names = {"uk": "Українська", "ru": "Русский", "de": "Deutsch", "en": "English"}
    async with serving(emulator, tmp_path):
        for user, (code, language) in enumerate(codes.items(), start=10):
            author = person(user, language_code=code)
            reply = await said(emulator, user, "/language", **{"from": author})
            assert [one for one in reply.labels if one.startswith("·")] == [
                f"· {names[language]} ·"
            ]


async def test_a_chosen_language_is_the_users_own_and_outlives_a_restart(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, "/language")
        await turned(emulator, sent, "Deutsch")
        assert emulator.answers[-1].text
        names = [language.name for language in LANGUAGES.values()]
        assert sent.labels == ["· Deutsch ·" if name == "Deutsch" else name for name in names]
        assert sent.text == notices.choose_language(LANGUAGES["de"]).text
    async with serving(emulator, tmp_path):
        assert "· Deutsch ·" in (await said(emulator, 7, "/language")).labels
        assert "· English ·" in (await said(emulator, 8, "/language")).labels


async def test_privacy_tells_what_is_kept_and_for_how_long(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, keep_days=1234, conversation_minutes=7):
        quiet = (await said(emulator, 7, "/privacy")).text
    async with serving(emulator, tmp_path, log_questions=True):
        logged = (await said(emulator, 8, "/privacy")).text
    assert "1,234 days" in quiet
    assert "7 minutes" in quiet
    assert "log questions" not in quiet
    assert "The operator has chosen to log questions as well." in logged


async def test_forgetme_leaves_nothing_of_the_user_and_everything_of_others(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, NEARLY)
        own = emulator.last_message_id
        choice = await said(emulator, 7, "/language")
        await turned(emulator, choice, "Deutsch")
        await said(emulator, 8, TIDES)
        other = emulator.last_message_id
        await said(emulator, 7, "/forgetme")
        emulator.press_button(sent, "Show closest excerpts")
        toast = (await emulator.answered(2))[-1].text
        again = await said(emulator, 7, "/language")
    assert toast == "That answer is too old. Please ask again."
    assert "· English ·" in again.labels
    state = State.open(tmp_path / "state", 987654321, keep_days=90, conversation_minutes=30)
    try:
        assert state.answer_to(7, own) is None
        assert state.earlier(ChatPlace(7, None, 7)) == ()
        assert state.language(7) is None
        assert state.gaps(0, 10) == []
        assert state.stats(0).questions == 1
        assert state.answer_to(8, other) is not None
        assert state.earlier(ChatPlace(8, None, 8)) == (TIDES,)
    finally:
        state.close()
    files = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert NEARLY.encode() not in files
    assert TIDES.encode() in files


# /status and the menus


async def test_status_says_what_is_indexed_and_what_telegram_lets_the_bot_see(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        usual = (await said(emulator, 7, "/status")).text
    emulator.reads_all = True
    emulator.inline_mode = False
    async with serving(emulator, tmp_path, administrators=[8]):
        other = (await said(emulator, 8, "/status")).text
    assert usual.startswith("4 articles\n4 passages\nLast change: ")
    assert "Encoder: hash\n" in other
    assert "Encoder" not in usual
    assert usual.endswith(
        "In groups I am sent only what is meant for me (privacy mode).\nYour Telegram ID: 7"
    )
    assert "In groups I am sent every message" in other
    assert other.endswith("Inline mode is switched off at @BotFather.\nYour Telegram ID: 8")


async def test_status_in_a_group_tells_nobodys_number(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        emulator.say_in(group(-5), 7, "/status")
        (message,) = await emulator.sent(1)
    assert "Telegram ID" not in message.text


async def test_there_is_a_menu_for_each_scope_and_language(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # The other administrator has never written to the bot, which is no fault.
    emulator.chats.known[1] = private(1)
    async with serving(emulator, tmp_path, administrators=[1, 2]):
        await emulator.called("setMyCommands", 4 * len(LANGUAGES))
        await emulator.until(lambda: len(emulator.menus.by_key) == 3 * len(LANGUAGES))
    assert warnings(caplog) == []
    everybody = [one["command"] for one in emulator.commands]
    assert everybody == (
        ["ask", "sources", "article", "new", "help", "language", "privacy", "forgetme", "status"]
    )
    menus = {key: [one["command"] for one in it] for key, it in emulator.menus.by_key.items()}
    for code in ("", *LANGUAGES.keys() - {"en"}):
        assert menus["default", None, code] == everybody
        assert menus["all_group_chats", None, code] == everybody[:5]
        assert menus["chat", 1, code] == [*everybody, "refresh", "stats", "gaps"]
    for code, language in LANGUAGES.items():
        shown = emulator.menus.by_key["default", None, "" if code == "en" else code]
        assert {one["command"]: one["description"] for one in shown} == menu(language)


async def test_the_bot_works_without_menus(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fail(
        "setMyCommands", *[Fault(error=ApiError(400, "Bad Request: no"))] * 2 * len(LANGUAGES)
    )
    async with serving(emulator, tmp_path):
        await emulator.called("setMyCommands", 2 * len(LANGUAGES))
        assert (await said(emulator, 7, CROWS)).text.startswith(CROW_TEXT)
    assert "cannot set the menu of commands" in caplog.text
    assert emulator.token not in caplog.text
    assert emulator.menus.by_key == {}


async def test_who_is_not_listed_is_told_so_and_obeyed_in_nothing(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, users=[7]):
        stranger = await said(emulator, 8, "/sources")
        choice = await said(emulator, 7, "/language")
        emulator.press(8, stranger.message_id, Press(Action.LANGUAGE, key="de").encode())
        await emulator.answered(1)
    assert "this is your Telegram ID: 8" in stranger.text
    assert len(stranger.history) == len(choice.history) == 1
