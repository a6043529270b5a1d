from __future__ import annotations

import asyncio
import logging
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue import article_key
from bot.telegram.views.message import Action, Press
from retrieval.refresh.refresh import refresh_index

from ...fakes import HashEncoder
from .bots import CROWS, NEARLY, Bot, answer_to, pressed, said, serving, turned, warnings
from .emulator import ApiError, Emulator, Fault, supergroup

pytestmark = pytest.mark.anyio

LONG = "# Lighthouses\n\n" + "\n\n".join(
    f"Lighthouse number {n} stands on a cliff and shines every {n} seconds. " * 4
    for n in range(1, 40)
)
LIGHT = "Lighthouse number 17 stands on a cliff?"
TOO_OLD = "That answer is too old. Please ask again."
NO_LONGER = "That is no longer among the articles."


def each_answered_once(emulator: Emulator) -> bool:
    calls = [one.params for one in emulator.calls if one.method.lower() == "answercallbackquery"]
    counted = Counter(str(params["callback_query_id"]) for params in calls)
    return set(counted.values()) <= {1} and not emulator.queries.presses


# What they show


async def test_more_shows_more_excerpts_in_the_same_message(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        assert "[2]" not in sent.text
        await turned(emulator, sent, "More")
        assert "[4]" in sent.text
        assert "[5]" not in sent.text
        await turned(emulator, sent, "More")
        assert "[7]" in sent.text
    assert len(emulator.messages) == 1
    assert each_answered_once(emulator)


async def test_context_shows_what_stands_around_an_excerpt_and_turns_to_the_other_citations(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        await turned(emulator, sent, "More")
        before = sent.history[-1]
        await turned(emulator, sent, "Context")
        first = sent.text
        assert "they find.\n\nCrows recognise human faces." in first
        assert "Ravens are larger than crows." in first
        assert sent.labels == ["· 1 ·", "2", "3", "4", "‹ Back"]
        await turned(emulator, sent, "2")
        assert "[2]" in sent.text != first
        await turned(emulator, sent, "‹ Back")
    assert sent.history[-1] == before
    assert each_answered_once(emulator)


async def test_an_article_is_shown_in_pages_with_its_address_and_a_way_back(
    emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "articles").mkdir()
    text = f"---\ntitle: Lights\nurl: https://example.org/lights\n---\n\n{LONG}"
    (tmp_path / "articles" / "lights.md").write_text(text, encoding="utf-8")
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, LIGHT)
        opening = sent.history[-1]
        await turned(emulator, sent, "Article")
        # That of what is cited.
        cited = sent.history[-1]
        assert "page 2 of" in sent.text
        assert "Lighthouse number 17 stands" in sent.parts("bold")[-1]
        assert sent.labels == ["◀", "▶", "‹ Back", "Open"]
        assert sent.button("Open")["url"] == "https://example.org/lights"
        await turned(emulator, sent, "◀")
        assert "page 1 of" in sent.text
        assert sent.labels == ["▶", "‹ Back", "Open"]
        await turned(emulator, sent, "▶")
        assert sent.history[-1] == cited
        await turned(emulator, sent, "‹ Back")
    assert sent.history[-1] == opening


async def test_the_reasons_are_given_and_lead_back(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        opening = sent.history[-1]
        await turned(emulator, sent, "Why this?")
        assert "These words of yours stand in it: recognise, human, faces" in sent.text
        assert "BM25" not in sent.text
        assert sent.labels == ["‹ Back"]
        await turned(emulator, sent, "‹ Back")
    assert sent.history[-1] == opening


async def test_the_closest_excerpts_of_what_is_not_answered_are_shown_and_hidden_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, NEARLY)
        opening = sent.history[-1]
        assert sent.labels == ["Show closest excerpts"]
        await turned(emulator, sent, "Show closest excerpts")
        assert sent.text.startswith("The articles do not answer this. These excerpts come")
        assert "[3]" in sent.text
        await turned(emulator, sent, "‹ Back")
    assert sent.history[-1] == opening


async def test_a_follow_up_keeps_what_it_leaned_on(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        await said(emulator, 7)
        sent = await said(emulator, 7, "And why?")
        understood = sent.text.partition("\n")[0]
        assert understood.startswith("Understood as: ")
        await said(emulator, 8, "What raises tides twice a day?")
        await turned(emulator, sent, sent.labels[0])
    assert sent.text.partition("\n")[0] == understood


# Votes


async def test_each_user_has_one_vote_and_may_change_it(emulator: Emulator, tmp_path: Path) -> None:
    group = supergroup(-100)
    async with serving(emulator, tmp_path, administrators=[1]):
        emulator.say_in(group, 7, CROWS, mention=True)
        (sent,) = await emulator.sent(1)
        assert await pressed(emulator, sent, "👍", 7) == "Thank you, that helps."
        assert await pressed(emulator, sent, "👍", 7) == "I have noted that already."
        assert await pressed(emulator, sent, "👎", 7) == "Thank you, that helps."
        assert await pressed(emulator, sent, "👎", 8) == "Thank you, that helps."
        stats = await said(emulator, 1, "/stats")
        gaps = await said(emulator, 1, "/gaps")
    assert "👍 0 · 👎 2" in stats.text
    assert f"1 × · 👎 2\n• {CROWS}" in gaps.text
    assert len(sent.history) == 1
    assert each_answered_once(emulator)


async def test_votes_for_an_answer_make_no_gap(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, administrators=[1]):
        sent = await said(emulator, 7)
        await pressed(emulator, sent, "👎")
        await pressed(emulator, sent, "👍")
        stats = await said(emulator, 1, "/stats")
        gaps = await said(emulator, 1, "/gaps")
    assert "👍 1 · 👎 0" in stats.text
    assert gaps.text == "No question was left open in the last 30 days."


# What happens in the wild


async def test_a_double_press_edits_once(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        emulator.press_button(sent, "Why this?")
        emulator.press_button(sent, "Why this?")
        emulator.press_button(sent, "Why this?")
        await emulator.answered(3)
    assert len(sent.history) == 2
    assert each_answered_once(emulator)
    assert warnings(caplog) == []


async def test_a_deleted_message_and_a_query_that_is_too_old_are_no_errors(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        data = sent.button("Context")["callback_data"]
        late = emulator.press_button(sent, "More")
        emulator.queries.expire(late)
        await emulator.edited()
        emulator.forget(7, sent.message_id)
        emulator.press(7, sent.message_id, data)
        await emulator.called("editMessageText", 2)
        await emulator.answered(1)
    assert warnings(caplog) == []


async def test_a_chat_that_blocked_the_bot_meanwhile_is_no_error(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        emulator.blocked.add(7)
        emulator.press_button(sent, "Context")
        await emulator.called("editMessageText")
    assert warnings(caplog) == []


async def test_a_press_whose_edit_meets_an_error_of_the_server_is_tried_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        emulator.fail("editMessageText", Fault(error=ApiError(502, "Bad Gateway")))
        await turned(emulator, sent, "Context")
    assert each_answered_once(emulator)


async def test_buttons_work_after_a_restart(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7)
        closest = await said(emulator, 8, NEARLY)
    async with serving(emulator, tmp_path):
        await turned(emulator, sent, "Context")
        await turned(emulator, closest, "Show closest excerpts")
        assert await pressed(emulator, sent, "‹ Back") == ""
        await emulator.until(lambda: len(sent.history) == 3)
    assert sent.history[2] == sent.history[0]


async def test_a_changed_index_answers_the_press_anew_and_an_article_that_is_gone_is_said(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path) as bot:
        sent = await said(emulator, 7)
        emulator.say(8, "/article crows")
        shown = (await emulator.sent(2))[-1]
        for path in (tmp_path / "articles").glob("*.md"):
            path.unlink()
        (tmp_path / "articles" / "owls.md").write_text("# Owls\n\nOwls see faces at night.")
        await _index(bot)
        await turned(emulator, sent, "Context")
        assert "Owls see faces at night." in sent.text
        gone = Press(Action.ARTICLE, 1, 9, 9).encode()
        query = emulator.press(7, sent.message_id, gone)
        assert (await answer_to(emulator, query)).text == NO_LONGER
        read = Press(Action.READ, key=article_key("crows.md")).encode()
        query = emulator.press(8, shown.message_id, read)
        assert (await answer_to(emulator, query)).text == NO_LONGER
    assert each_answered_once(emulator)


async def _index(bot: Bot) -> None:
    settings = bot.library.settings
    await asyncio.to_thread(refresh_index, settings.articles, settings.index, HashEncoder())
    await asyncio.to_thread(bot.library.searcher.reload)


# Who may press


async def test_an_answer_of_another_message_is_not_shown(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        for user in (7, 8):
            emulator.say_in(supergroup(-100), user, CROWS, mention=True)
        first, second = await emulator.sent(2)
        data = first.button("Context")["callback_data"]
        query = emulator.press(-100, second.message_id, data, 8)
        assert (await answer_to(emulator, query)).text == TOO_OLD
    assert len(second.history) == 1


async def test_an_answer_of_another_chat_is_not_shown(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        own = await said(emulator, 7)
        other = await said(emulator, 8, NEARLY)
        for action in Action:
            if action in (Action.SOURCES, Action.READ, Action.LANGUAGE):
                continue
            query = emulator.press(8, other.message_id, Press(action, 1, 1, 1).encode())
            assert (await answer_to(emulator, query)).text == TOO_OLD
    assert len(own.history) == len(other.history) == 1
    assert each_answered_once(emulator)


async def test_a_user_who_is_not_listed_presses_in_vain(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path, users=[7]):
        emulator.say_in(supergroup(-100), 7, CROWS, mention=True)
        (sent,) = await emulator.sent(1)
        assert await pressed(emulator, sent, "Context", 8) == ""
        await turned(emulator, sent, "Why this?", 7)
    assert len(sent.history) == 2
    assert each_answered_once(emulator)


async def test_too_many_presses_a_minute_are_answered_with_a_word_and_do_nothing(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path, questions_per_minute=3):
        sent = await said(emulator, 7)
        for which in ("👍", "👎"):
            assert await pressed(emulator, sent, which) == "Thank you, that helps."
        toasts = [await pressed(emulator, sent, "Context") for _ in range(3)]
        assert all(toast.startswith("That was a lot within a minute.") for toast in toasts)
        emulator.say_in(supergroup(-100), 8, CROWS, mention=True)
        await emulator.sent(2)
    assert len(sent.history) == 1
    assert each_answered_once(emulator)


async def test_a_press_under_a_message_that_stands_in_no_chat_is_answered(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        query = emulator.press_inline("I1", Press(Action.LANGUAGE, key="de").encode(), 7)
        assert (await answer_to(emulator, query)).text == ""
    assert each_answered_once(emulator)


async def test_a_press_that_fails_here_is_answered_and_reported(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(emulator, tmp_path) as bot:
        sent = await said(emulator, 7)
        bot.held.broken = (CROWS,)
        assert (await pressed(emulator, sent, "Context")).startswith("Something went wrong here")
    assert warnings(caplog) == ["an update could not be handled"]
    assert each_answered_once(emulator)


# What they carry

_NUMBERS = st.lists(st.integers(0, 10**15 - 1), min_size=4, max_size=4)
_KEYS = st.one_of(st.text("abcXYZ012_-", max_size=16), st.sampled_from(["en", "uk", "xx", ""]))
_SMALL = st.integers(0, 12)
FORGED = st.one_of(
    st.text(max_size=64),
    st.builds(
        lambda action, numbers, key: f"{action}:{':'.join(map(str, numbers))}:{key}",
        st.one_of(st.sampled_from(sorted(Action)), st.text("nxyz", max_size=2)),
        _NUMBERS,
        _KEYS,
    ),
    st.builds(
        lambda *parts: Press(*parts).encode(),
        st.sampled_from(Action),
        st.integers(0, 3),
        *(_SMALL, _SMALL, _SMALL),
        _KEYS,
    ),
).filter(lambda data: 1 <= len(data.encode()) <= 64)


@given(
    st.sampled_from(Action),
    *(st.integers(0, 10**9 - 1),) * 4,
    st.text("abcXYZ012_-", max_size=16),
)
def test_a_press_survives_its_encoding_which_fits(
    action: Action, answer: int, shown: int, number: int, page: int, key: str
) -> None:
    press = Press(action, answer, shown, number, page, key)
    assert len(press.encode().encode("ascii")) <= 64
    assert Press.decode(press.encode()) == press


@given(FORGED)
def test_what_is_read_of_any_data_is_the_same_when_it_is_written_and_read_again(data: str) -> None:
    press = Press.decode(data)
    assert press is None or Press.decode(press.encode()) == press


@pytest.mark.parametrize(
    "data",
    [
        "",
        "n",
        "n:1:2:3:4",
        "n:1:2:3:4:5:6",
        "n:1:2:3:-4:",
        "n:1:2:3:٤:",
        "n:1:2:3:4:\n",
        "n:1:2:3:4:ключ",
        "z:1:2:3:4:",
        "N:1:2:3:4:",
        "n:1:2:3:1234567890123456:",
    ],
)
def test_what_is_no_press_is_none(data: str) -> None:
    assert Press.decode(data) is None


@settings(max_examples=3, deadline=None)
@given(st.lists(FORGED, min_size=20, max_size=60))
def test_forged_data_is_answered_and_breaks_nothing(
    tmp_path_factory: pytest.TempPathFactory, forged: list[str]
) -> None:
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        asyncio.run(_press_all(tmp_path_factory.mktemp("forged"), forged))
    finally:
        logging.getLogger().removeHandler(handler)
    assert said == []


async def _press_all(folder: Path, forged: list[str]) -> None:
    async with Emulator() as emulator:
        async with serving(emulator, folder, messages_per_second=10_000):
            sent = await said(emulator, 7)
            for user, data in enumerate(forged, start=100):
                # Each by somebody else, whose quota it does not use up.
                emulator.press(7, sent.message_id, data, user)
            await emulator.answered(len(forged))
        assert each_answered_once(emulator)
        assert len(emulator.messages) == 1
