"""Replies about a collection: which articles, which sentences, and what is remembered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.conversation import (
    ArticleList,
    Continuation,
    Conversation,
    NothingFound,
    Reply,
    SmallTalk,
    Summary,
    Wish,
    closing,
    of_reply,
    opening,
)
from bot.library import Library
from config import LateInteraction, Settings
from tests.libraries import library_of

Articles = dict[str, tuple[str, str | None, str]]


def of(conversation: Conversation, text: str, *earlier: str) -> Reply | None:
    return conversation.reply(conversation.read(text), earlier)


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Library:
    """Articles of several dates, one without any, one with a title that is no sentence."""
    return opened(
        tmp_path_factory.mktemp("dated"),
        {
            "ferry.md": ("The ferry", "2026-03-02", "The ferry was repaired. It sails again."),
            "bakery.md": ("A bakery", "2026-03-09", "A bakery opens in May. It bakes rye bread."),
            "old.md": ("Old mill", "2019-01-01", "The mill burnt down in a winter storm."),
            "undated.md": ("Bees", None, "Bees dance to tell where flowers are."),
        },
    )


def opened(folder: Path, articles: Articles, **search: object) -> Library:
    (folder / "articles").mkdir()
    for name, (title, date, text) in articles.items():
        head = f"title: {title}\n" + (f"date: {date}\n" if date else "")
        (folder / "articles" / name).parent.mkdir(exist_ok=True)
        (folder / "articles" / name).write_text(f"---\n{head}---\n\n{text}", encoding="utf-8")
    places: dict[str, dict[str, object]] = {
        name: {"folder": folder / name} for name in ("articles", "index")
    }
    places["search"] = search
    return library_of(Settings.load(overrides=places))


def titles(reply: Reply | None) -> list[str]:
    assert isinstance(reply, ArticleList)
    return [lead.source.title for lead in reply.articles]


def test_an_overview_says_how_many_articles_of_which_time(dated: Library) -> None:
    reply = of(Conversation(dated), "what is this about?")
    assert isinstance(reply, ArticleList)
    assert (reply.number, reply.left) == (4, 0)
    assert (reply.first, reply.last) == (dt.date(2019, 1, 1), dt.date(2026, 3, 9))
    assert sorted(titles(reply)) == ["A bakery", "Bees", "Old mill", "The ferry"]
    assert opening(reply) == "I answer from 4 articles, dated Jan 1, 2019 to Mar 9, 2026."
    assert closing(reply) == ""


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        ("what is new?", ["A bakery", "The ferry", "Old mill"], "These are the newest articles:"),
        ("what happened last week?", ["The ferry"], "These articles are from that time:"),
        ("Was ist diese Woche passiert?", ["A bakery"], "Diese Artikel sind aus dieser Zeit:"),
        ("what happened on 2 March?", ["The ferry"], "These articles are from that time:"),
        ("was passierte am 9. märz", ["A bakery"], "Diese Artikel sind aus dieser Zeit:"),
        ("articles from January 2019", ["Old mill"], "These articles are from that time:"),
        ("статті за 2019 рік", ["Old mill"], "Ось статті за цей час:"),
        ("Artikel von 2019", ["Old mill"], "Diese Artikel sind aus dieser Zeit:"),
        (
            "what happened last month",
            ["A bakery", "The ferry", "Old mill"],
            "No article is from that time. These are the newest:",
        ),
    ],
)
def test_the_newest_are_those_of_the_time(
    dated: Library, text: str, wanted: list[str], said: str
) -> None:
    reply = of(Conversation(dated, today=lambda: dt.date(2026, 3, 10)), text)
    assert reply is not None
    assert (titles(reply), opening(reply)) == (wanted, said)


def test_what_happened_on_a_day_without_an_article_is_searched(dated: Library) -> None:
    conversation = Conversation(dated, today=lambda: dt.date(2026, 3, 10))
    assert of(conversation, "what happened on 3 March?") is None
    assert of(conversation, "news from 1943") is None


def test_copies_are_listed_once(tmp_path: Path, encoder: object) -> None:
    same = ("The ferry", "2026-03-02", "The ferry was repaired. It sails again.")
    conversation = Conversation(opened(tmp_path, {"b/ferry.md": same, "a.md": same}))
    assert titles(of(conversation, "news")) == ["The ferry"]
    assert titles(of(conversation, "overview")) == ["The ferry"]
    summary = of(conversation, "summarise the article about the ferry")
    assert isinstance(summary, Summary)
    assert summary.source.path == "a.md"


def test_without_dates_nothing_is_the_newest(tmp_path: Path, encoder: object) -> None:
    library = opened(tmp_path, {"a.md": ("A", None, "A letter comes first in the alphabet.")})
    reply = of(Conversation(library), "news")
    assert reply is not None
    assert opening(reply).startswith("None of the articles has a date")


def test_a_folder_of_one_headline_is_talked_about(tmp_path: Path, encoder: object) -> None:
    conversation = Conversation(opened(tmp_path, {"a.md": ("Bees", None, "Bees")}))
    for text in ("hi", "help", "overview", "news", "more", "summarise the article about bees"):
        reply = of(conversation, text)
        assert reply is not None
        assert opening(reply)


def test_an_answer_in_a_summary_has_its_question(tmp_path: Path, encoder: object) -> None:
    text = (
        "## When are you open?\n\nEvery Friday from ten in the morning until noon.\n\n"
        "## Who runs it?\n\nSeven volunteers who learnt to mend clocks do.\n\n"
        "## Where is it?\n\nIn the old mill by the weir, up the stairs.\n"
    )
    library = opened(tmp_path, {"faq.md": ("Clock clinic", None, text)})
    reply = of(Conversation(library), "summarise the article about the clock clinic")
    assert isinstance(reply, Summary)
    texts = [excerpt.text for excerpt in reply.answer.excerpts]
    assert "Who runs it?\n\nSeven volunteers who learnt to mend clocks do." in texts


def test_more_turns_the_pages_of_an_overview(conversation: Conversation) -> None:
    first = of(conversation, "overview")
    pages = [first, *(of(conversation, "more", *["overview"] * n) for n in (1, 2))]
    assert [len(titles(page)) for page in pages] == [5, 5, 1]
    assert len({title for page in pages for title in titles(page)}) == 11
    assert isinstance(of(conversation, "more", *["overview"] * 3), NothingFound)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("summarise the article about minefields", "Minefields and how they are breached"),
        ("summarise the article about minefeilds", "Minefields and how they are breached"),
        ("summarise The Kursk incursion", "The Kursk incursion, August 2024 to spring 2025"),
        ("summarise the article about dragon's teeth", "Anti-tank obstacles"),
        ("tl;dr of sudzha-a-border-town.md", "Sudzha, a border town"),
        ("Підсумуй статтю про Луганськ", "Luhansk, the city and the region"),
        ("перескажи статью про Суджу", "Sudzha, a border town"),
        ("Fasse den Artikel über Starlink zusammen", "Satellite internet at war"),
    ],
)
def test_an_article_is_found_by_title_or_subject(
    conversation: Conversation, text: str, title: str
) -> None:
    reply = of(conversation, text)
    assert isinstance(reply, Summary)
    assert reply.source.title == title
    excerpts = reply.answer.excerpts
    assert 3 <= len(excerpts) <= 5
    assert {excerpt.source for excerpt in excerpts} == {reply.source}
    assert [excerpt.start for excerpt in excerpts] == sorted(one.start for one in excerpts)


def test_sentences_are_those_of_the_text(conversation: Conversation, library: Library) -> None:
    reply = of(conversation, "summarise the article about minefields")
    assert isinstance(reply, Summary)
    article = library.store.article(reply.source.path)
    assert article is not None
    for excerpt in reply.answer.excerpts:
        assert article.text[excerpt.start : excerpt.end] == excerpt.text
    assert reply.answer.excerpts[0].text.startswith("A minefield is an area of ground")


def test_an_article_that_there_is_not_is_not_made_up(conversation: Conversation) -> None:
    reply = of(conversation, "summarise the article about penguins")
    assert isinstance(reply, NothingFound)
    assert opening(reply).startswith("I find no article about “penguins”. Among the articles are:")
    assert of(conversation, "summarise penguins") is None


def test_without_stored_tokens_sentences_are_encoded(tmp_path: Path, encoder: object) -> None:
    text = " ".join(f"The number {n} follows upon the number {n - 1} in a row." for n in range(20))
    articles: Articles = {"numbers.md": ("Numbers", None, text)}
    library = opened(tmp_path, articles, late_interaction=LateInteraction.OFF)
    reply = of(Conversation(library), "summarise the article about numbers")
    assert isinstance(reply, Summary)
    assert len(reply.answer.excerpts) == 5


def test_more_shows_the_next_excerpts_then_what_follows(conversation: Conversation) -> None:
    question = "Where is Artem Kariakin's home?"
    first = of(conversation, "more", question)
    second = of(conversation, "more", question, question)
    assert isinstance(first, Continuation)
    assert isinstance(second, Continuation)
    assert (first.shown, second.shown) == (3, 6)
    assert second.answer.excerpts[:6] == first.answer.excerpts


def test_numbers_go_on_behind_those_that_were_shown(conversation: Conversation) -> None:
    question = "Where is Artem Kariakin's home?"
    several = f"What are dragon's teeth?\n{question}"
    summary = "summarise the article about minefields"
    first = of(conversation, "more", several)
    second = of(conversation, "more", several, several)
    further = of(conversation, "more", summary)

    assert isinstance(first, Continuation)
    assert isinstance(second, Continuation)
    assert isinstance(further, Summary)
    # The second question was answered by the excerpt with the number 2.
    shown = [list(one.answer.cited())[one.shown :] for one in (first, second)]
    assert [[number for number, _ in one] for one in shown] == [[3, 4, 5], [6, 7, 8]]
    assert [number for number, _ in further.answer.cited()][:1] == [6]


def test_what_is_remembered_is_what_can_be_leant_on(conversation: Conversation) -> None:
    earlier: list[str] = []
    for text in ("hello", "overview", "more", "summarise the article about minefields", "thanks"):
        remembered = conversation.remembered(conversation.read(text), earlier)
        earlier += [remembered] if remembered else []
    assert earlier == ["overview", "overview", "summarise the article about minefields"]
    assert conversation.subjects(earlier) == ("Minefields and how they are breached",)


def test_a_message_is_read_beside_the_words_that_the_articles_have_now(
    tmp_path: Path, encoder: object
) -> None:
    text = "The ferry sails at noon, and it is never late."
    library = opened(tmp_path, {"ferry.md": ("The ferry", None, text)})
    conversation = Conversation(library)
    assert conversation.read("Menu?").talk is not None
    menu = tmp_path / "articles" / "menu.md"
    menu.write_text("# Dinner\n\nThe menu of the ferry has soup and bread.", encoding="utf-8")
    library_of(library.settings)
    library.searcher.reload()
    assert conversation.read("Menu?").talk is None


@pytest.mark.parametrize("text", ["How does it work?", "How does this work?", "What is it about?"])
def test_a_pronoun_points_at_the_last_question(conversation: Conversation, text: str) -> None:
    assert of(conversation, text) is not None
    assert of(conversation, text, "overview") is not None
    assert of(conversation, text, "What is a mine-clearing line charge?") is None


def test_a_reply_has_the_document_of_an_answer(conversation: Conversation) -> None:
    message = conversation.read("дякую")
    reply = conversation.reply(message)
    assert isinstance(reply, SmallTalk)
    document = of_reply(message, reply)
    assert (document["answered"], document["excerpts"]) == (False, [])
    assert document["reply"] == {"kind": "thanks", "language": "uk", "text": opening(reply)}
    message = conversation.read("latest articles")
    listed = conversation.reply(message)
    assert listed is not None
    document = of_reply(message, listed)
    assert (document["answered"], len(document["excerpts"])) == (True, 5)
    assert document["reply"]["kind"] == Wish.NEWEST


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("summarise the second one", "The ferry"),
        ("number 2", "The ferry"),
        ("the first article, please", "A bakery"),
        ("перекажи третю", "Old mill"),
        ("перескажи вторую статью", "The ferry"),
        ("fasse den letzten zusammen", "Old mill"),
    ],
)
def test_an_article_is_meant_by_its_place_in_the_list_before(
    dated: Library, text: str, title: str
) -> None:
    conversation = Conversation(dated)
    message = conversation.read(text)
    reply = conversation.reply(message, ["what is new?"])
    assert isinstance(reply, Summary)
    assert reply.source.title == title
    remembered = conversation.remembered(message, ["what is new?"])
    assert remembered is not None
    assert conversation.subjects([remembered]) == (title,)


@pytest.mark.parametrize("text", ["the second law", "2", "the last one?"])
def test_a_place_means_nothing_without_a_list_before(dated: Library, text: str) -> None:
    assert not isinstance(of(Conversation(dated), text, "Who bakes bread?"), Summary)
