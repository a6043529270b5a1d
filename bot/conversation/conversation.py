"""The conversation: replies to what is no question, and what of it counts for later ones."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.answers import Answer
from bot.conversation.collection import Collection
from bot.conversation.messages import Message, Talk, read_message
from bot.conversation.origins import asks_of_work, tells_of_publishing
from bot.conversation.phrases import tokens_of
from bot.conversation.questions import MOST_QUESTIONS, apart, split_questions
from bot.conversation.replies import (
    ArticleList,
    Continuation,
    NothingFound,
    Origin,
    Reply,
    SmallTalk,
    Summary,
)
from bot.conversation.wishes import Wish, is_year, place_in_list
from bot.followups import REMEMBERED
from retrieval.chunking import split_paragraphs
from retrieval.index import IndexState
from retrieval.questions import Period, date_preference, names_month, today
from retrieval.types import Excerpt, Source

if TYPE_CHECKING:
    import datetime as dt

    from bot.library import Library

# So many articles are listed, and so many titles named.
_LISTED, _TITLES = 5, 3
# Of so many articles it is told who wrote them, and the like.
_FITTING = 3
# So many excerpts, or paragraphs behind one, are added by "more".
_MORE, _FOLLOWING = 3, 2
# A summary has so many sentences, fewer of an article with few.
_SENTENCES, _LEAST_SENTENCES = 5, 3
# Each message is read again beside the next few of its conversation: this many are kept as read.
_KEPT = 4_000
# Wishes that may name an article.
_NAMING = (Wish.SUMMARY, Wish.ORIGIN)
# What is remembered of an article that was meant by its place in a list.
_SUMMARISE = "tl;dr "


class Conversation:
    """Replies to small talk and to questions about the collection; safe for several threads.

    Attributes:
        collection: What is known of the articles.

    Args:
        library: The library that is talked about.
        shown: Returns how many of an answer's excerpts its first message shows.
        today: Returns the date of this day.
    """

    def __init__(
        self,
        library: Library,
        shown: Callable[[Answer], int] = lambda answer: len(answer.excerpts),
        today: Callable[[], dt.date] = today,
    ) -> None:
        self._answerer = library.answerer
        self._library = library
        self.collection = Collection(library)
        self._shown = shown
        self._today = today
        self._kept = lru_cache(_KEPT)(self._read)

    def read(self, text: str, interface: str = "en") -> Message:
        """Say what a message is; see `read_message`. Beside a question, no wish is searched."""
        return self._kept(text, interface, self.collection.snapshot.state)

    def _read(self, text: str, interface: str, _: IndexState) -> Message:
        """Read a message beside the words of the articles, which are others in another state."""
        message = read_message(text, self.collection.has_word, interface)
        if message.talk or message.wish:
            return message
        first, *others = split_questions(message.question)
        return message if others else replace(message, question=first)

    def reply(
        self,
        message: Message,
        earlier: Sequence[str] = (),
        interface: str = "en",
        most: int | None = None,
    ) -> Reply | None:
        """Reply to a message; return None if it is a question.

        Args:
            message: As `read` returned it.
            earlier: What was remembered of earlier messages, oldest first; see `remembered`.
            interface: The language to reply in if that of the message is not known.
            most: How many excerpts the first message with an answer shows at most.
        """
        language = message.language or interface
        if (source := self._listed_before(message, earlier)) is not None:
            if message.wish is Wish.ORIGIN:
                return self._told((source,), message, language)
            return self._summarised(source, message.question, language, 0)
        if message.points and self.subjects(earlier[-1:]):
            return None
        if message.talk is not None:
            return self._talk(message.talk, language)
        if message.wish is Wish.MORE:
            return self._more(earlier, language, most)
        return self._wished(message, earlier, language, 0)

    def remembered(self, message: Message, earlier: Sequence[str]) -> str | None:
        """Return what is to be remembered of a message that was replied to; None for nothing.

        What was asked before is remembered once more for each "more", which so turns the pages.
        """
        if (source := self._listed_before(message, earlier)) is not None:
            return f"{_SUMMARISE}{source.title}"
        if message.wish is Wish.MORE:
            return earlier[-1] if earlier else None
        # Who wrote this article is asked beside a question, on which the next may still lean.
        beside = message.wish is Wish.ORIGIN and not message.named
        return message.question if message.wish and not beside else None

    def subjects(self, earlier: Sequence[str]) -> tuple[str, ...]:
        """Return the earlier questions that a follow-up may lean on."""
        found = []
        for text in (one for asked in earlier for one in apart(asked)):
            message = self.read(text)
            if message.wish in _NAMING and message.named:
                source = self.collection.find(message.named, certain=message.certain)
                found.append(source.title if source else text)
            elif not message.talk and not message.wish:
                found.append(text)
        return tuple(found)

    def answers(
        self, questions: Sequence[str], earlier: Sequence[str], excerpts: int | None
    ) -> list[Answer]:
        """Answer the first questions of one message, each of which may lean on those before it.

        Args:
            questions: The message's questions, as `split_questions` parts them.
            earlier: What was remembered of earlier messages, oldest first.
            excerpts: Excerpts of each answer; without it, as many as the settings say.
        """
        answers = list[Answer]()
        for question in questions[:MOST_QUESTIONS]:
            leant = (*earlier, *(answer.remembered for answer in answers))[-REMEMBERED:]
            answers.append(self._answerer.answer(question, excerpts, self.subjects(leant)))
        return answers

    def _talk(self, talk: Talk, language: str) -> SmallTalk:
        named = talk in (Talk.ABILITIES, Talk.NOTHING)
        titles = self._titles() if named else ()
        return SmallTalk(talk, language, self.collection.number(), titles)

    def _titles(self) -> tuple[str, ...]:
        return tuple(source.title for source in self.collection.spread(_TITLES))

    def _wished(
        self, message: Message, earlier: Sequence[str], language: str, page: int
    ) -> Reply | None:
        match message.wish:
            case Wish.OVERVIEW:
                return self._overview(language, page)
            case Wish.NEWEST:
                return self._newest(message, language, page)
            case Wish.SUMMARY:
                return self._summary(message, earlier, language, page)
            case Wish.ORIGIN:
                sources = self._meant(message, earlier)
                if sources and page:
                    return NothingFound(Wish.MORE, language, begun=True)
                return self._told(sources, message, language)
        return None

    def _overview(self, language: str, page: int) -> ArticleList | NothingFound:
        sources = self.collection.spread(_LISTED * (page + 2))
        return self._listed(Wish.OVERVIEW, language, sources, page)

    def _newest(
        self, message: Message, language: str, page: int
    ) -> ArticleList | NothingFound | None:
        preference = date_preference(message.question, self._today())
        period = preference if isinstance(preference, Period) else None
        found = self.collection.newest((period.first, period.last)) if period else ()
        missed = period is not None and not found
        dated = any(names_month(word) or is_year(word) for word in _words(message.question))
        if missed and dated:
            return None  # What happened on 3 March may be told years later.
        sources = found or self.collection.newest()
        listed = self._listed(Wish.NEWEST, language, sources, page)
        if isinstance(listed, NothingFound):
            return listed
        return replace(listed, period=period, missed=missed)

    def _listed(
        self, wish: Wish, language: str, sources: Sequence[Source], page: int
    ) -> ArticleList | NothingFound:
        """List a page of articles."""
        here = sources[_LISTED * page :][:_LISTED]
        if page and not here:
            return NothingFound(Wish.MORE, language, begun=True)
        left = max(0, len(sources) - _LISTED * (page + 1))
        leads = (self.collection.lead(source) for source in here)
        articles = tuple(lead for lead in leads if lead is not None)
        dates = self.collection.dates()
        number = self.collection.number()
        return ArticleList(wish, language, number, *dates, articles, page, left)

    def _summary(
        self, message: Message, earlier: Sequence[str], language: str, page: int
    ) -> Reply | None:
        if message.named:
            source = self.collection.find(message.named, certain=message.certain)
            if source is None and not message.certain:
                return None
        else:
            source = next(iter(self._last_articles(earlier)), None)
            if source is None:
                return self._overview(language, page)
        if source is None:
            return NothingFound(Wish.SUMMARY, language, message.named, self._titles())
        return self._summarised(source, message.question, language, page)

    def _summarised(
        self, source: Source, question: str, language: str, page: int
    ) -> Summary | NothingFound:
        started = time.perf_counter()
        found = self.collection.sentences(source, _SENTENCES * (page + 2))
        # All sentences of a short article would be no summary.
        count = max(_LEAST_SENTENCES, min(_SENTENCES, len(found) // 2))
        some = found[count * page :][:count]
        if not some:
            return NothingFound(Wish.MORE, language, begun=bool(page))
        excerpts = tuple(sorted(some, key=lambda excerpt: excerpt.start))
        answer = self._quoting(question, excerpts, started, count * page + 1)
        return Summary(language, source, answer, page)

    def _listed_before(self, message: Message, earlier: Sequence[str]) -> Source | None:
        """Return the article that a message means by its place in the list shown before it."""
        if message.talk or message.wish in (Wish.OVERVIEW, Wish.NEWEST) or not earlier:
            return None
        place = place_in_list(_words(message.named or message.question))
        if place is None:
            return None
        before = self.read(earlier[-1])
        if before.wish not in (Wish.OVERVIEW, Wish.NEWEST):
            return None
        turned = _turned(earlier)
        listed = self._wished(before, earlier[:-turned], before.language or "en", turned - 1)
        if not isinstance(listed, ArticleList) or not -1 <= place < len(listed.articles):
            return None
        return listed.articles[place].source

    def _meant(self, message: Message, earlier: Sequence[str]) -> tuple[Source, ...]:
        """Return the articles of which a message asks who wrote them, or the like."""
        if message.named:
            # "The second article" is one of a list, and there was none.
            if place_in_list(_words(message.named)) is not None:
                return ()
            return self.collection.fitting(message.named, certain=message.certain)
        last = self._last_articles(earlier)
        if last and not message.certain and self._may_be_work(message.question, earlier, last):
            return ()
        return last

    def _may_be_work(self, question: str, earlier: Sequence[str], last: Sequence[Source]) -> bool:
        """Whether "it" may be a book or a law, of whose author was asked or whose day is told."""
        before = self.read(apart(earlier[-1])[-1])
        if not before.wish and asks_of_work(_words(before.question)):
            return True
        answer = self._answerer.answer(question, earlier=self.subjects(earlier))
        best = [one for one in answer.excerpts[:1] if answer.answered and one.source in last]
        return any(tells_of_publishing(_words(one.text)) for one in best)

    def _told(self, sources: Sequence[Source], message: Message, language: str) -> Origin | None:
        """Tell what articles say of themselves; None if there are none."""
        started = time.perf_counter()
        leads = tuple(filter(None, map(self.collection.lead, sources[:_FITTING])))
        if not leads:
            return None
        answer = self._quoting(message.question, leads, started, 1)
        return Origin(language, message.asked, answer, max(0, len(sources) - _FITTING))

    def _last_articles(self, earlier: Sequence[str]) -> tuple[Source, ...]:
        """Return the articles of the last reply, that of its first citation first."""
        if not earlier:
            return ()
        before = self.read(apart(earlier[-1])[-1])
        if before.wish in _NAMING and before.named:
            return self.collection.fitting(before.named, certain=before.certain)
        if before.wish or before.talk:
            return ()
        answer = self._answerer.answer(before.question)
        shown = answer.excerpts[: self._shown(answer) or 1]
        return tuple({one.source.path: one.source for one in shown}.values())

    def _more(self, earlier: Sequence[str], language: str, most: int | None) -> Reply:
        if not earlier:
            return NothingFound(Wish.MORE, language)
        *others, last = apart(earlier[-1])
        page = _turned(earlier)
        if page >= REMEMBERED:
            return NothingFound(Wish.MORE, language, begun=True)
        before = self.read(last)
        # What was no wish after all was searched.
        if (further := self._wished(before, earlier[:-page], language, page)) is not None:
            return further
        # Of several questions each is answered by one excerpt, and the last one goes on.
        most = 1 if others else most
        return self._further(before.question, page, language, most, len(others) + 1)

    def _further(
        self, question: str, page: int, language: str, most: int | None, citation: int
    ) -> Reply:
        """Go on with an answer whose first excerpt was cited by a number."""
        first = self._answerer.answer(question)
        opened = self._shown(first)
        shown = min(opened, most or opened) + _MORE * (page - 1)
        answer = replace(self._answerer.answer(question, shown + _MORE), first=citation)
        if len(answer.excerpts) > shown:
            return Continuation(language, answer, shown)
        following = self._following(first.excerpts[0]) if first.excerpts and page == 1 else ()
        if following:
            answer = replace(answer, excerpts=(*answer.excerpts, *following))
            shown = len(answer.excerpts) - len(following)
            return Continuation(language, answer, shown, follows=True)
        return NothingFound(Wish.MORE, language, begun=True)

    def _following(self, excerpt: Excerpt) -> tuple[Excerpt, ...]:
        """Return the paragraphs behind an excerpt."""
        article = self._library.store.article(excerpt.source.path)
        if article is None:
            return ()
        spans = split_paragraphs(article.text)
        headings = frozenset(article.headings)
        here = bisect_right(spans, excerpt.end - 1, key=lambda span: span[0])
        found = []
        for number, (start, end) in enumerate(spans[here:], start=here + 1):
            text = article.text[start:end]
            if start not in headings:
                found.append(
                    Excerpt(excerpt.source, number, start, end, text, highlights=(), score=0.0)
                )
            if len(found) == _FOLLOWING:
                break
        return tuple(found)

    def _quoting(
        self, question: str, excerpts: tuple[Excerpt, ...], started: float, citation: int
    ) -> Answer:
        return Answer(
            question=question,
            excerpts=excerpts,
            answered=True,
            confidence=1.0,
            generation=self.collection.snapshot.generation.number,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            first=citation,
        )


def _words(text: str) -> list[str]:
    return [token.word for token in tokens_of(text)]


def _turned(earlier: Sequence[str]) -> int:
    """Return how often what was remembered last stands at the end: once, and once a "more"."""
    last = earlier[-1]
    return next((n for n, text in enumerate(reversed(earlier)) if text != last), len(earlier))
