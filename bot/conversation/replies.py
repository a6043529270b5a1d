"""Replies: what is said to small talk and to questions about the collection, as values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

from bot.answers import Answer
from bot.conversation.messages import Talk
from bot.conversation.wishes import Fact, Wish
from retrieval.questions import Period
from retrieval.types import Excerpt, Source


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """A few friendly words.

    Attributes:
        language: The language to reply in, here and below.
        number: The number of articles.
        titles: Titles of some of them, to ask about.
    """

    talk: Talk
    language: str
    number: int
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleList:
    """Some of the articles: those that stand for the others, or the newest.

    Attributes:
        wish: Either `Wish.OVERVIEW` or `Wish.NEWEST`.
        number: The number of all articles.
        first, last: The dates of the oldest and of the newest; None if none has a date.
        articles: The lead of each article.
        page: From 0; each "more" turns a page.
        left: The number of those that a further "more" would list.
        period: The time that was asked about, if any.
        missed: Whether no article is of this time, so that these are the newest of all.
    """

    wish: Wish
    language: str
    number: int
    first: dt.date | None
    last: dt.date | None
    articles: tuple[Excerpt, ...]
    page: int = 0
    left: int = 0
    period: Period | None = None
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """The sentences that say most of an article, in their order.

    Attributes:
        answer: Its excerpts are the sentences.
        page: From 0; each "more" turns a page.
    """

    language: str
    source: Source
    answer: Answer
    page: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """What articles say of themselves: their authors, dates and links.

    Attributes:
        asked: What was asked of them, and is told.
        answer: Its excerpts are the leads of the articles, each of another one.
        left: The number of further articles that fit as well and are not told of.
    """

    language: str
    asked: tuple[Fact, ...]
    answer: Answer
    left: int = 0


@dataclass(frozen=True, slots=True)
class Continuation:
    """More about the last question.

    Attributes:
        answer: The answer to that question, with the further excerpts, or with what stands behind
            the first excerpt in its article, if there are none.
        shown: So many of its excerpts have been shown before.
        follows: Whether the further excerpts stand behind the first one.
    """

    language: str
    answer: Answer
    shown: int
    follows: bool = False

    @property
    def among(self) -> bool:
        """Whether the question was one of several, so that the reply says which."""
        return self.answer.first > 1


@dataclass(frozen=True, slots=True)
class NothingFound:
    """There is no such article, nothing to go on with, or no more of it.

    Attributes:
        wish: What was wished.
        named: The words that name no article.
        titles: Titles of articles that there are.
        begun: Whether there was something to go on with.
    """

    wish: Wish
    language: str
    named: str = ""
    titles: tuple[str, ...] = ()
    begun: bool = False


Reply: TypeAlias = SmallTalk | ArticleList | Summary | Origin | Continuation | NothingFound
