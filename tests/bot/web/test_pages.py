"""The pages, as a browser without scripts gets them: forms, links, and nothing interpreted."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from urllib.parse import urlsplit

import httpx
import lxml.html  # type: ignore[import-untyped]
import pytest

from bot.answers import Answer
from bot.conversation import Conversation, opening
from bot.languages import LANGUAGES
from bot.library import Library

from .servers import CROWS, MARKUP, NOTHING, TIDES, serving

pytestmark = pytest.mark.anyio

HOME, TALKS = "Where is Artem Kariakin's home?", "And what does he feel about the talks?"


class Page:
    """A page that was answered, parsed."""

    def __init__(self, answer: httpx.Response) -> None:
        assert answer.headers["Content-Type"].startswith("text/html")
        self.status = answer.status_code
        self.html = answer.text
        self.tree = lxml.html.fromstring(answer.text)

    def texts(self, path: str) -> list[str]:
        return [" ".join(one.text_content().split()) for one in self.tree.iterfind(path)]

    def links(self, path: str) -> list[str]:
        return [one.get("href") for one in self.tree.iterfind(path)]

    @property
    def excerpts(self) -> list[str]:
        return self.texts(".//blockquote")


async def ask(client: httpx.AsyncClient, question: str, **headers: str) -> Page:
    sent = await client.post("/ask", data={"question": question}, headers=headers)
    return Page(await client.get("/") if sent.status_code == 303 else sent)


async def test_a_question_is_answered_with_cited_excerpts_and_their_best_sentence(
    small: Library,
) -> None:
    async with serving(small) as client:
        page = await ask(client, CROWS)
        assert page.texts(".//h2") == [CROWS]
        assert page.excerpts == ["Crows recognise human faces. They warn."]
        assert page.texts(".//mark") == ["Crows recognise human faces."]
        (caption,) = page.texts(".//figcaption")
        assert caption == "[1] Crows · Jan 2, 2026 · paragraph 1"
        (link,) = page.links(".//figcaption/a")
        article = Page(await client.get(link))
    assert article.texts(".//h1") == ["Crows"]
    place = urlsplit(link).fragment
    (cited,) = article.tree.xpath(f"//*[@id='{place}']")
    assert "".join(mark.text_content() for mark in cited.iterfind(".//mark")) == page.excerpts[0]


async def test_a_conversation_goes_on_until_a_new_one_begins(library: Library) -> None:
    async with serving(library) as client:
        first = await ask(client, HOME)
        assert "Luhansk" in first.excerpts[0]
        second = await ask(client, TALKS)
        assert second.texts(".//li[@class='turn']/h2") == [HOME, TALKS]
        assert any("Understood as:" in note for note in second.texts(".//p[@class='note']"))
        sent = await client.post("/ask", data={"more": "1"})
        assert sent.headers["Location"] == "/#turn-3"
        third = Page(await client.get("/"))
        assert len(third.excerpts) > len(second.excerpts)
        of_talks = third.excerpts[len(first.excerpts) :]
        assert len(set(of_talks)) == len(of_talks)
        await client.post("/new")
        fresh = Page(await client.get("/"))
        assert fresh.excerpts == []
        assert "11 articles" in fresh.html


async def test_readers_do_not_see_each_other(small: Library) -> None:
    async with serving(small) as client:
        await ask(client, CROWS)
        cookie = client.cookies.jar
        (session,) = cookie
        assert session.has_nonstandard_attr("HttpOnly")
        assert session.get_nonstandard_attr("SameSite") == "lax"
        forged = {"Cookie": f"session={str(session.value)[:-1]}x"}
        client.cookies.clear()
        for headers in ({}, forged, {"Cookie": "session=" + "x" * 5000}):
            assert Page(await client.get("/", headers=headers)).excerpts == []


@pytest.mark.parametrize(
    "question",
    [
        HOME,
        "hello",
        "what is this about?",
        "Why did comunications fail?",
        "Who wrote the article about Sudzha?",
    ],
)
async def test_the_page_says_what_the_other_interfaces_say(library: Library, question: str) -> None:
    conversation = Conversation(library)
    message = conversation.read(question)
    reply = conversation.reply(message)
    async with serving(library) as client:
        page = await ask(client, question)
    if reply is not None:
        for line in opening(reply, commands=False).split("\n\n"):
            assert line in page.texts(".//p[@class='said']")
        return
    answer = library.answerer.answer(message.question)
    assert page.excerpts == [" ".join(one.text.split()) for one in answer.excerpts]
    for one in answer.repairs:
        assert f"Searched for “{one.searched}” instead of “{one.written}”." in page.html


async def test_what_is_not_answered_is_said_to_be(library: Library) -> None:
    near, far = "How tall is Artem Kariakin?", "Who won the chess championship in 1972?"
    answers: list[Answer] = [library.answerer.answer(one) for one in (near, far)]
    assert [(one.answered, one.far) for one in answers] == [(False, False), (False, True)]
    async with serving(library) as client:
        pages = [await ask(client, one) for one in (near, far)]
    assert answers[0].closest is not None
    assert pages[0].excerpts == [answers[0].closest.text]
    assert "Closest, but not an answer:" in pages[0].html
    assert "Nothing in them comes near." in pages[1].html


async def test_several_questions_are_answered_each(library: Library) -> None:
    async with serving(library) as client:
        page = await ask(client, f"{HOME} What are dragon's teeth?")
    assert page.texts(".//h3") == [f"1. {HOME}", "2. What are dragon's teeth?"]
    assert len(page.excerpts) == 2


async def test_more_of_one_of_several_questions_is_more_of_that_one(library: Library) -> None:
    async with serving(library) as client:
        first = await ask(client, f"{HOME} What are dragon's teeth?")
        values = first.tree.xpath("//button[@name='more']/@value")
        assert values == ["1", "2"]
        await client.post("/ask", data={"more": values[0]})
        second = Page(await client.get("/"))
        await client.post("/ask", data={"more": "1"})
        third = Page(await client.get("/"))
    excerpts = library.answerer.answer(HOME, 7).excerpts
    texts = [" ".join(one.text.split()) for one in excerpts]
    assert second.excerpts[2:] == texts[1:4]
    assert third.excerpts[2:] == texts[1:]
    numbers = re.findall(r"\[(\d+)\]", " ".join(third.texts(".//figcaption")))
    assert numbers == [str(n) for n in range(1, 9)]


async def test_more_that_is_typed_goes_on_with_the_last_of_several_and_says_so(
    library: Library,
) -> None:
    async with serving(library) as client:
        await ask(client, f"What are dragon's teeth? {HOME}")
        second = await ask(client, "more")
        third = await ask(client, "more")
    texts = [" ".join(one.text.split()) for one in library.answerer.answer(HOME, 7).excerpts]
    said = second.texts(".//li[@id='turn-2']/p[@class='said']")
    assert said == [f"“{HOME}”", "Further excerpts:"]
    assert second.excerpts[2:] == texts[1:4]
    assert third.excerpts[2:] == texts[1:7]
    numbers = re.findall(r"\[(\d+)\]", " ".join(third.texts(".//figcaption")))
    assert numbers == [str(n) for n in range(1, 9)]


async def test_nothing_is_interpreted(small: Library) -> None:
    async with serving(small) as client:
        asked = await ask(client, f"{TIDES} <img src=x onerror=alert(3)>")
        listed = Page(await client.get("/articles", params={"title": "<script>"}))
        (link,) = listed.links(".//ul[@class='articles']//a")
        article = Page(await client.get(link))
    assert MARKUP in unescape(article.html)
    assert MARKUP in listed.texts(".//ul[@class='articles']//a")
    for page in (asked, listed, article):
        assert page.links(".//script") == [None]
        assert not page.tree.xpath("//img | //b | //*[@style] | //style | //@onerror")


async def test_articles_are_listed_and_searched_by_title(small: Library) -> None:
    async with serving(small) as client:
        every = Page(await client.get("/articles"))
        some = Page(await client.get("/articles", params={"title": "NORTH"}))
        none = Page(await client.get("/articles", params={"title": "x" * 5000, "page": "9" * 99}))
    assert every.texts(".//ul[@class='articles']/li") == [
        f"{MARKUP} · Jan 3, 2026",
        "Crows · Jan 2, 2026",
        "Storms of the north",
    ]
    assert some.texts(".//ul[@class='articles']/li") == ["Storms of the north"]
    assert none.status == 200
    assert none.texts(".//ul[@class='articles']/li") == []


async def test_a_link_into_an_article_marks_whole_words_or_nothing(small: Library) -> None:
    async with serving(small) as client:
        for mark, marked in (
            ("0-28", ["Crows recognise human faces."]),
            ("0-27", ["Crows recognise human faces"]),
            ("1-28", []),
            ("0-25", []),
            ("28-0", []),
            ("0-999999", []),
            ("-1-5", []),
            ("a-b", []),
            ("9" * 50 + "-1", []),
        ):
            page = Page(await client.get(f"/articles/crows.md?mark={mark}"))
            assert page.texts(".//mark") == marked, mark


@pytest.mark.parametrize("code", sorted(LANGUAGES))
async def test_the_page_speaks_the_language_of_the_reader(small: Library, code: str) -> None:
    language = LANGUAGES[code]
    wanted = {"Accept-Language": f"nl;q=0.9, {code}-XX;q=0.8, en;q=0.5"}
    async with serving(small) as client:
        page = Page(await client.get("/", headers=wanted))
        chosen = {"language": code, "back": "/articles?title=a"}
        sent = await client.post("/language", data=chosen)
        assert sent.headers["Location"] == "/articles?title=a"
        listed = Page(await client.get("/articles", headers={"Accept-Language": "en"}))
        gone = Page(await client.get("/articles/no.md"))
    assert (page.tree.get("lang"), listed.tree.get("lang")) == (code, code)
    assert language.say("New conversation") in page.html
    assert listed.texts(".//h1") == [language.say("Articles")]
    assert gone.status == 404
    assert language.say("There is no such page, or the article is gone.") in gone.html


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil", "x", ""])
async def test_a_form_leads_to_no_other_site(small: Library, back: str) -> None:
    async with serving(small) as client:
        sent = await client.post("/language", data={"language": "de", "back": back})
    assert sent.headers["Location"] == "/"


@pytest.mark.parametrize("form", ["/ask", "/new", "/language"])
async def test_forms_of_other_sites_are_refused(small: Library, form: str) -> None:
    async with serving(small) as client:
        for origin in ("https://evil.example", "null"):
            sent = await client.post(form, data={"question": CROWS}, headers={"Origin": origin})
            assert sent.status_code == 403
        own = {"Origin": str(client.base_url).rstrip("/")}
        sent = await client.post(form, data={"question": CROWS}, headers=own)
        assert sent.status_code in (200, 303)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"question=", 422, "Ask it in a few words."),
        (b"", 422, "Ask it in a few words."),
        (b"question=" + b"a+" * 1000, 422, "1,999 characters"),
        (b"question=%ff%00%ed%a0%80", 200, ""),
        (b"&".join([b"a=1"] * 1000), 400, ""),
        (b"question=" + b"a" * 100_000, 413, ""),
    ],
)
async def test_a_wrong_form_gets_one_clear_answer(
    small: Library, body: bytes, status: int, said: str
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with serving(small) as client:
        page = Page(await client.post("/ask", content=body, headers=form))
        assert page.status == status
        assert said in page.html
        assert Page(await client.get("/")).status == 200


async def test_a_conversation_may_ask_only_so_much(small: Library) -> None:
    async with serving(small, questions_per_minute=2) as client:
        for _ in range(2):
            assert (await ask(client, CROWS)).status == 200
        page = await ask(client, CROWS, **{"Accept-Language": "de"})
    assert page.status == 429
    assert "in einer Minute" in page.html


async def test_a_script_gets_the_turn_alone(small: Library) -> None:
    async with serving(small) as client:
        fragment = {"Accept": "text/fragment+html"}
        turn = await client.post("/ask", data={"question": CROWS}, headers=fragment)
        refused = await client.post("/ask", data={"question": ""}, headers=fragment)
        kept = Page(await client.get("/"))
    assert turn.text.strip().startswith('<li class="turn" id="turn-1">')
    assert refused.status_code == 422
    assert refused.text.startswith('<li class="problem" role="alert">')
    assert len(kept.excerpts) == 1


async def test_a_frame_holds_the_conversation_without_a_cookie(small: Library) -> None:
    async with serving(small) as client:
        page = Page(await client.get("/widget", params={"greeting": MARKUP}))
        (turns,) = page.tree.xpath("//ol[@id='turns']")
        asked = {"question": CROWS, "session": turns.get("data-session")}
        fragment = {"Accept": "text/fragment+html"}
        answers = [await client.post("/ask", data=asked, headers=fragment) for _ in range(2)]
        assert not client.cookies
    assert MARKUP in page.texts(".//p[@class='said']")
    assert not page.tree.xpath("//header | //footer")
    assert ['id="turn-1"' in answers[0].text, 'id="turn-2"' in answers[1].text] == [True, True]


async def test_a_thousand_readers_are_remembered_and_the_oldest_forgotten(small: Library) -> None:
    async with serving(small, questions_per_minute=1000) as client:
        first = await client.post("/language", data={"language": "de"})
        old = dict(client.cookies)
        client.cookies.clear()

        async def reader() -> None:
            await client.post("/language", data={"language": "uk"}, headers={"Cookie": ""})

        for _ in range(10):
            await asyncio.gather(*(reader() for _ in range(100)))
        client.cookies.clear()
        page = Page(await client.get("/", headers={"Cookie": f"session={old['session']}"}))
    assert first.status_code == 303
    assert page.tree.get("lang") == "en"


async def test_a_question_without_an_answer_is_no_error(small: Library) -> None:
    async with serving(small) as client:
        page = await ask(client, NOTHING)
    assert page.status == 200
    assert re.search("The articles do not answer this.", page.html)
