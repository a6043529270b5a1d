"""What articles say of themselves: who wrote one, when, and where it stands."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.conversation import Conversation, Fact, NothingFound, Origin, closing, of_reply, opening
from bot.library import Library
from config import Settings
from retrieval.types import Source
from tests.conversation.exchanges import VISITORS, open_collection
from tests.libraries import library_of

MILL = "Who wrote the article about the mill?"
ARTICLES = {
    "mill.md": (
        "title: The old mill\nauthor: Ann Marsh\ndate: 2025-03-09\nurl: https://news.example/mill\n",
        "The mill by the weir burnt down in a winter storm. Nobody has rebuilt it since.",
    ),
    "ferry.md": (
        "title: A ferry returns\nauthors: [Bo Reed, Cy Lund]\ndate: 2026-01-02\n",
        "The ferry was repaired in the yard at Holm. It sails again at noon.",
    ),
    "timetable.md": (
        "title: The ferry in summer\n",
        "Every hour a boat leaves the pier. It carries bicycles for nothing.",
    ),
    "poet.md": (
        "title: A poet of the coast\nauthor: Dee Voss\ndate: 2024-05-06\n",
        "Mara Lind wrote poems about the sea. Her book Salt was published in 1931 in Holm.",
    ),
    "bees.txt": ("", "Bees\n\nBees dance to tell the others where flowers are."),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Library:
    """Articles of which some name an author, a date or a link, and some do not."""
    return opened(tmp_path_factory.mktemp("origins"), ARTICLES)


@pytest.fixture
def talk(library: Library) -> Conversation:
    return Conversation(library)


def opened(folder: Path, articles: dict[str, tuple[str, str]]) -> Library:
    (folder / "articles").mkdir()
    for name, (head, text) in articles.items():
        front = f"---\n{head}---\n\n" if head else ""
        (folder / "articles" / name).write_text(f"{front}{text}", encoding="utf-8")
    places: dict[str, dict[str, object]] = {
        name: {"folder": folder / name} for name in ("articles", "index")
    }
    return library_of(Settings.load(overrides=places))


def told(talk: Conversation, text: str, *earlier: str) -> str | None:
    """Return what is said to a question about an article itself; None where it is searched."""
    reply = talk.reply(talk.read(text), earlier)
    if reply is None:
        return None
    assert isinstance(reply, Origin)
    return opening(reply)


def sources(talk: Conversation, text: str, *earlier: str) -> list[Source]:
    reply = talk.reply(talk.read(text), earlier)
    assert isinstance(reply, Origin)
    return [excerpt.source for excerpt in reply.answer.excerpts]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MILL, "“The old mill” · written by Ann Marsh"),
        ("When was the article on the mill published?", "“The old mill” · date: Mar 9, 2025"),
        (
            "is there a link to the article about the mill?",
            "“The old mill” · link: https://news.example/mill",
        ),
        (
            "Who wrote the article about bees, when was it published, and is there a link?",
            "“Bees” · the article names no author · the article gives no date",
        ),
        ("author and date of the bees article", "“Bees” · the article names no author"),
        (
            "who wrote the article “A ferry returns”?",
            "“A ferry returns” · written by Bo Reed, Cy Lund",
        ),
        (
            "Wer hat den Artikel „The old mill“ geschrieben?",
            "„The old mill“ · verfasst von Ann Marsh",
        ),
        ("хто автор статті «The old mill»?", "«The old mill» · авторство: Ann Marsh"),
        ("Коли вийшла стаття «The old mill»?", "«The old mill» · дата: 9 бер. 2025\u202fр."),
        ("кто автор статьи «Bees»?", "«Bees» · автор в статье не указан"),
        ("есть ссылка на статью «Bees»?", "«Bees» · ссылка в статье не указана"),
    ],
)
def test_an_article_says_who_wrote_it_when_and_where_it_stands(
    talk: Conversation, text: str, said: str
) -> None:
    found = told(talk, text)
    assert found is not None
    assert found.startswith(said)


def test_of_several_articles_that_fit_each_is_told(talk: Conversation) -> None:
    text = "Who wrote the article about the ferry and when was it published?"
    assert told(talk, text) == (
        "“A ferry returns” · written by Bo Reed, Cy Lund · date: Jan 2, 2026\n\n"
        "“The ferry in summer” · the article names no author · the article gives no date"
    )


def test_no_more_than_three_are_told_and_the_rest_counted(tmp_path: Path, encoder: object) -> None:
    articles = {
        f"{n}.md": (f"title: Harbour news {n}\n", f"The harbour has a crane with {n} hooks.")
        for n in range(5)
    }
    talk = Conversation(opened(tmp_path, articles))
    reply = talk.reply(talk.read("Who wrote the article about the harbour?"))
    assert isinstance(reply, Origin)
    assert (len(reply.answer.excerpts), reply.left) == (3, 2)
    assert closing(reply) == "2 more articles fit."


def test_the_date_of_a_file_is_no_date_of_an_article(talk: Conversation, library: Library) -> None:
    changed = (library.settings.articles.folder / "bees.txt").stat().st_mtime
    year = str(dt.datetime.fromtimestamp(changed, dt.UTC).year)
    said = told(talk, "When was the article about bees published?")
    assert said == "“Bees” · the article gives no date"
    assert year not in said


def test_an_article_is_cited_by_its_beginning(talk: Conversation, library: Library) -> None:
    message = talk.read(MILL)
    reply = talk.reply(message)
    assert isinstance(reply, Origin)
    document = of_reply(message, reply)
    assert document["answered"]
    assert document["reply"] == {"kind": "origin", "language": "en", "text": opening(reply)}
    (excerpt,) = document["excerpts"]
    assert (excerpt["citation"], excerpt["article"]) == (1, "mill.md")
    assert (excerpt["date"], excerpt["url"]) == ("2025-03-09", "https://news.example/mill")
    article = library.store.article("mill.md")
    assert article is not None
    assert excerpt["text"] == article.text[excerpt["start"] : excerpt["end"]]


@pytest.mark.parametrize(
    "text",
    [
        "Who wrote the article about penguins in space?",
        "Who wrote the zeppelin article?",
        "who wrote the article “On ferries and tides”?",
        "who wrote the second article?",
        "Who wrote Salt?",
        "who wrote it?",
    ],
)
def test_what_names_no_article_is_searched(talk: Conversation, text: str) -> None:
    assert told(talk, text) is None


@pytest.mark.parametrize(
    "text",
    ["Who wrote this article?", "Wer hat diesen Artikel geschrieben?", "Хто автор цієї статті?"],
)
def test_this_article_is_that_of_the_last_answer(talk: Conversation, text: str) -> None:
    asked = "When did the mill burn down?"
    assert "The old mill" in [one.title for one in sources(talk, text, asked)]
    assert sources(talk, text, asked)[0].title == "The old mill"
    assert told(talk, text) is None


def test_when_it_was_published_is_asked_of_the_last_article(talk: Conversation) -> None:
    text = "when was it published?"
    assert (told(talk, text, "When did the mill burn down?") or "").startswith(
        "“The old mill” · date: Mar 9, 2025"
    )
    assert told(talk, text, MILL) == "“The old mill” · date: Mar 9, 2025"
    summary = "summarise the article about the mill"
    assert told(talk, text, summary) == "“The old mill” · date: Mar 9, 2025"


def test_when_a_book_was_published_is_searched(talk: Conversation) -> None:
    asked = "Which book did Mara Lind write?"
    assert told(talk, "when was it published?", asked) is None
    assert told(talk, "who wrote it?", asked) is None
    assert told(talk, "when was it published?", "Who is the author of that?") is None
    assert told(talk, "When was this article published?", asked) is not None


def test_a_question_of_two_about_a_book_is_still_asked(talk: Conversation) -> None:
    message = talk.read("Which book did Mara Lind write? When was it published?")
    assert talk.reply(message) is None
    assert message.question.endswith("When was it published?")


def test_of_an_article_that_is_far_from_all_nothing_is_told(
    tmp_path: Path, encoder: object
) -> None:
    talk = Conversation(open_collection([VISITORS / "bibliothek"], tmp_path))
    assert told(talk, "Wer hat den Artikel über die Brücke geschrieben?") is None
    assert told(talk, "Wann ist der Artikel über Tomaten erschienen?") is not None
    reply = talk.reply(talk.read("Fasse den Artikel über Fußball zusammen"))
    assert isinstance(reply, NothingFound)
    assert opening(reply).startswith("Zu „Fußball“ finde ich keinen Artikel.")


def test_a_place_in_the_list_before_means_its_article(talk: Conversation) -> None:
    earlier = ["what is new?"]
    message = talk.read("who wrote the second article?")
    reply = talk.reply(message, earlier)
    assert isinstance(reply, Origin)
    assert opening(reply) == "“The old mill” · written by Ann Marsh"
    remembered = talk.remembered(message, earlier)
    assert remembered is not None
    assert talk.subjects([remembered]) == ("The old mill",)


def test_later_questions_lean_on_the_article_or_on_what_was_asked_before(
    talk: Conversation,
) -> None:
    assert talk.remembered(talk.read(MILL), ()) == MILL
    assert talk.subjects([MILL]) == ("The old mill",)
    # Who wrote it is asked beside a question, which stays the last.
    beside = talk.read("Who wrote this article?")
    assert talk.remembered(beside, ["When did the mill burn down?"]) is None


def test_there_is_no_more_of_it_but_of_a_question_there_is(talk: Conversation) -> None:
    assert isinstance(talk.reply(talk.read("more"), [MILL]), NothingFound)
    searched = "Who wrote the article about penguins in space?"
    assert not isinstance(talk.reply(talk.read("more"), [searched]), NothingFound | None)


def test_all_that_an_article_may_be_asked_for_is_told(talk: Conversation) -> None:
    message = talk.read("the article on the mill: author, date, link?")
    assert message.asked == (Fact.AUTHOR, Fact.DATE, Fact.LINK)
    assert told(talk, message.question) == (
        "“The old mill” · written by Ann Marsh · date: Mar 9, 2025 · "
        "link: https://news.example/mill"
    )
