"""Small talk and questions about the collection, from update to reply."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation import Fact, Origin
from bot.languages import LANGUAGES
from bot.telegram.views import conversation as views
from bot.telegram.views.message import fits

from .bots import CROWS, NOTHING, TIDES, said, serving, turned
from .emulator import Emulator, person
from .samples import answer, excerpt
from .test_inline import found

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("hello 👋", "Hello! What would you like to know?"),
        ("ДЯКУЮ!!", "Прошу! Питайте, якщо захочете дізнатися більше."),
        ("спс", "Пожалуйста! Спрашивайте, если захотите узнать больше."),
        ("Danke dir", "Gern geschehen! Fragen Sie einfach, wenn Sie mehr wissen möchten."),
        ("ok", "Alles klar. Was möchten Sie noch wissen?"),
        ("👋", "Hallo! Was möchten Sie wissen?"),
    ],
)
async def test_small_talk_is_replied_to_in_its_language_or_the_interface_s(
    emulator: Emulator, tmp_path: Path, text: str, reply: str
) -> None:
    async with serving(emulator, tmp_path) as bot:
        sent = await said(emulator, 7, text, **{"from": person(7, language_code="de")})
    assert (sent.text, sent.markup, bot.held.heard) == (reply, None, [])


async def test_an_overview_links_each_article(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, "What is this about?")
    assert sent.text.startswith("I answer from ")
    assert "• On crows · May 3, 2024\nCrows recognise human faces." in sent.text
    links = [entity["url"] for entity in sent.entities if entity["type"] == "text_link"]
    assert len(links) == len(set(links)) == sent.text.count("• ")
    assert all(link.startswith("https://t.me/emulated_bot?start=a_") for link in links)
    assert {one["type"] for one in sent.entities} == {"text_link", "blockquote"}


async def test_who_wrote_an_article_is_told_with_its_link(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        named = await said(emulator, 7, "Who wrote the crows article? Is there a link?")
        await said(emulator, 7, CROWS)
        last = await said(emulator, 7, "When was this article published?")
    assert named.text.startswith(
        "“On crows” · the article names no author · link: https://example.org/crows\n\n"
    )
    assert "[1] On crows · May 3, 2024" in named.text
    assert "“On crows” · date: May 3, 2024" in last.text


@pytest.mark.parametrize(("chars", "whole"), [(880, 3), (1980, 0)])
@pytest.mark.parametrize("code", LANGUAGES)
def test_long_names_and_addresses_leave_a_message_within_its_limits(
    code: str, chars: int, whole: int
) -> None:
    title, author = "Crows " * 400, "Ann Marsh, " * 400
    urls = [f"https://e.org/{n}".ljust(chars, "x") for n in range(3)]
    text = "Crows recognise faces. " * 90
    leads = [excerpt(text, url=url, title=title, author=author) for url in urls]
    told = views.reply(Origin(code, tuple(Fact), answer(*leads), 7), lambda _: "https://t.me/b")
    assert fits(told)
    assert told.text.count("https://e.org/") == whole


async def test_more_goes_on_with_the_last_answer(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        nothing = await said(emulator, 7, "more")
        answer = await said(emulator, 7, CROWS)
        await said(emulator, 7, "thanks!")
        more = await said(emulator, 7, "tell me more")
        last = [await said(emulator, 7, "more") for _ in range(3)][-1]
    assert nothing.text.startswith("Ask me a question first")
    quoted = answer.parts("blockquote")
    assert more.parts("blockquote")
    assert not {*quoted} & {*more.parts("blockquote")}
    assert last.text.startswith("That is all that I find.")


async def test_more_of_what_does_not_answer_is_called_so(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        await said(emulator, 7, NOTHING)
        more = await said(emulator, 7, "more")
    assert more.text.startswith("The articles do not answer this. These excerpts come closest:")


async def test_a_question_after_talk_leans_on_the_one_before(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path) as bot:
        await said(emulator, 7, "Hi! " + TIDES)
        await said(emulator, 7, "ok")
        await said(emulator, 7, "overview")
        sent = await said(emulator, 7, "And when do they follow it?")
    assert bot.held.heard[0] == TIDES
    assert sent.text.startswith("Understood as:")


async def test_talk_may_be_edited_into_a_question_and_back(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with serving(emulator, tmp_path):
        sent = await said(emulator, 7, "helo")
        asked = emulator.last_message_id
        emulator.edit(7, asked, CROWS)
        await emulator.until(lambda: "[1] On crows" in sent.text)
        assert sent.markup is not None
        await turned(emulator, sent, "Why this?")
        emulator.edit(7, asked, "hello")
        await emulator.until(lambda: sent.text.startswith("Hello!"))
    assert not sent.markup


async def test_inline_talk_is_one_card(emulator: Emulator, tmp_path: Path) -> None:
    async with serving(emulator, tmp_path):
        hello = await found(emulator, 7, "hello")
        overview = await found(emulator, 7, "what is this about?")
    assert [one["title"] for one in hello.results] == ["Hello! What would you like to know?"]
    (card,) = overview.contents
    assert "• On crows" in card.text
