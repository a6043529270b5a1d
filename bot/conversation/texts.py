"""Texts: what a reply says before and after what it quotes, in its language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TypeAlias

from bot.conversation.messages import Talk
from bot.conversation.replies import (
    ArticleList,
    Continuation,
    NothingFound,
    Origin,
    Reply,
    SmallTalk,
    Summary,
)
from bot.conversation.wishes import Fact, Wish
from bot.display import shortened
from bot.languages import LANGUAGES, Language, said_before_several
from retrieval.types import Source

_TITLE_CHARS, _QUESTION_CHARS, _NAME_CHARS = 100, 200, 80
# With those of a few articles, a message of Telegram has room for them.
_AUTHOR_CHARS, _URL_CHARS = 150, 900

Shorten: TypeAlias = Callable[[str, int], str]
"""Makes somebody's text a part of a line, within so many characters."""


def language_of_reply(reply: Reply) -> Language:
    """Return the language that a reply is made in."""
    return LANGUAGES.get(reply.language, LANGUAGES["en"])


def opening(reply: Reply, shorten: Shorten = shortened, *, commands: bool = True) -> str:
    """Return what a reply says first; all of it, if it quotes nothing.

    Args:
        reply: The reply.
        shorten: What is done to titles, and to words that somebody has typed.
        commands: Whether there are commands to tell of.
    """
    language = language_of_reply(reply)
    match reply:
        case SmallTalk():
            return _talk(reply, language, shorten, commands)
        case ArticleList():
            return _articles(reply, language)
        case Summary():
            title = shorten(reply.source.title, _TITLE_CHARS)
            if reply.page:
                return language.say("More sentences of “{title}”:", title=title)
            return language.say("“{title}” in sentences of its own:", title=title)
        case Origin():
            sources = (excerpt.source for excerpt in reply.answer.excerpts)
            return "\n\n".join(_origin(one, reply.asked, language, shorten) for one in sources)
        case Continuation():
            question = shorten(reply.answer.question, _QUESTION_CHARS)
            about = [language.say("“{title}”", title=question)] if reply.among else []
            return "\n\n".join([*about, _continuing(reply, language)])
        case NothingFound():
            return _nothing(reply, language, shorten, commands)


def _continuing(reply: Continuation, language: Language) -> str:
    if not reply.answer.answered:
        return said_before_several(language, perhaps=reply.answer.perhaps)
    if reply.follows:
        return language.say("There are no more excerpts. The first one goes on like this:")
    return language.say("Further excerpts:")


def closing(reply: Reply, *, commands: bool = True) -> str:
    """Return what a reply says last; empty if it says no more."""
    language = language_of_reply(reply)
    if not isinstance(reply, ArticleList | Origin) or not reply.left:
        return ""
    if isinstance(reply, Origin):
        return language.count("{n} more article fits.", "{n} more articles fit.", reply.left)
    if not commands:
        return language.say("Say “more” for others.")
    return language.say("Say “more” for others; /sources lists all.")


def _talk(reply: SmallTalk, language: Language, shorten: Shorten, commands: bool) -> str:
    match reply.talk:
        case Talk.WHO:
            return _self(reply, language)
        case Talk.ABILITIES:
            return "\n\n".join(
                [_self(reply, language), _abilities(reply, language, shorten, commands)]
            )
        case Talk.NOTHING:
            ask = language.say("What would you like to know? Ask it in a few words.")
            return " ".join(filter(None, [ask, _examples(reply.titles, language, shorten)]))
    return _FEW_WORDS[reply.talk](language)


_FEW_WORDS: Mapping[Talk, Callable[[Language], str]] = {
    Talk.GREETING: lambda language: language.say("Hello! What would you like to know?"),
    Talk.WELLBEING: lambda language: language.say(
        "I am fine, thank you! What would you like to know?"
    ),
    Talk.THANKS: lambda language: language.say(
        "You are welcome! Just ask if you want to know more."
    ),
    Talk.PLEASED: lambda language: language.say(
        "I am glad to hear it. Just ask if you want to know more."
    ),
    Talk.AGREED: lambda language: language.say("All right. What else would you like to know?"),
    Talk.DECLINED: lambda language: language.say(
        "As you like. I am here when you have a question."
    ),
    Talk.APOLOGY: lambda language: language.say("No problem at all. What would you like to know?"),
    Talk.COMPLAINT: lambda language: language.say(
        "I am sorry about that. I find only what the articles say; perhaps other words help me to "
        "find it."
    ),
    Talk.FAREWELL: lambda language: language.say(
        "Goodbye! Come back whenever you have a question."
    ),
    Talk.LEAVING: lambda language: language.say("Goodbye! Come back whenever you have a question."),
}


def _self(reply: SmallTalk, language: Language) -> str:
    return language.say(
        "I am a bot that answers questions from a collection of articles ({articles}). I quote the "
        "passages that answer and cite them; I make nothing up, and when the articles do not "
        "answer, I say so.",
        articles=language.count("{n} article", "{n} articles", reply.number),
    )


def _abilities(reply: SmallTalk, language: Language, shorten: Shorten, commands: bool) -> str:
    can = language.say(
        "Ask me a question in your own words. I can also tell what the articles are about and what "
        "is new, summarise one of them, and say more about an answer."
    )
    lists = language.say("/help lists the commands.") if commands else ""
    return " ".join(filter(None, [can, lists, _examples(reply.titles, language, shorten)]))


def _examples(titles: tuple[str, ...], language: Language, shorten: Shorten) -> str:
    if not titles:
        return ""
    named = ", ".join(
        language.say("“{title}”", title=shorten(title, _TITLE_CHARS)) for title in titles
    )
    return language.say("Among the articles are: {titles}.", titles=named)


def _articles(reply: ArticleList, language: Language) -> str:
    if not reply.number:
        return language.say("There are no articles yet.")
    if reply.page:
        return language.say("Further articles:")
    if reply.wish is Wish.NEWEST and reply.missed:
        return language.say("No article is from that time. These are the newest:")
    if reply.wish is Wish.NEWEST and reply.period is not None:
        return language.say("These articles are from that time:")
    if reply.wish is Wish.NEWEST and reply.articles:
        return language.say("These are the newest articles:")
    if reply.wish is Wish.NEWEST:
        return language.say("None of the articles has a date, so I cannot tell which are new.")
    size = size_of(reply.number, (reply.first, reply.last), language)
    if len(reply.articles) < reply.number:
        return " ".join([size, language.say("These show what they are about:")])
    return size


def size_of(number: int, dates: tuple[dt.date | None, dt.date | None], language: Language) -> str:
    """Say how many articles there are, and from which time.

    Args:
        number: The articles.
        dates: Those of the oldest and of the newest; None if none has a date.
        language: The language to say it in.
    """
    articles = language.count("{n} article", "{n} articles", number)
    if dates[0] is None or dates[1] is None:
        return language.say("I answer from {articles}.", articles=articles)
    first, last = map(language.date, (dates[0], dates[1]))
    if first == last:
        return language.say("I answer from {articles} of {date}.", articles=articles, date=first)
    return language.say(
        "I answer from {articles}, dated {first} to {last}.",
        articles=articles,
        first=first,
        last=last,
    )


def _origin(source: Source, asked: tuple[Fact, ...], language: Language, shorten: Shorten) -> str:
    """Say on a line what an article tells of itself, and what of it that it does not tell."""
    title = language.say("“{title}”", title=shorten(source.title, _TITLE_CHARS))
    return " · ".join([title, *(_fact(source, fact, language, shorten) for fact in asked)])


def _fact(source: Source, fact: Fact, language: Language, shorten: Shorten) -> str:
    match fact:
        case Fact.AUTHOR if source.author:
            author = shorten(source.author, _AUTHOR_CHARS)
            return language.say("written by {author}", author=author)
        case Fact.AUTHOR:
            return language.say("the article names no author")
        # It may be the day of the last change, if the article has no other.
        case Fact.DATE if source.date:
            return language.say("date: {date}", date=language.date(source.date))
        case Fact.DATE:
            return language.say("the article gives no date")
        case Fact.LINK if source.url:
            # It is to be a link, so what is shortened else is not made harmless here.
            short = len(source.url) <= _URL_CHARS
            url = source.url if short else shorten(source.url, _URL_CHARS)
            return language.say("link: {url}", url=url)
        case Fact.LINK:
            return language.say("the article gives no link")


def _nothing(reply: NothingFound, language: Language, shorten: Shorten, commands: bool) -> str:
    if reply.wish is Wish.SUMMARY:
        text = language.say(
            "I find no article about “{name}”.", name=shorten(reply.named, _NAME_CHARS)
        )
        sources = language.say("/sources lists all.") if commands else ""
        return " ".join(filter(None, [text, _examples(reply.titles, language, shorten), sources]))
    if reply.begun:
        return language.say("That is all that I find. What else would you like to know?")
    return language.say("Ask me a question first; then I can say more about its answer.")
