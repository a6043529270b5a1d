"""The introduction: what newcomers are told of the collection, and questions that it answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, takewhile
from threading import Lock
from typing import TYPE_CHECKING

from bot.answers import Answerer, check_question, fold_question
from bot.conversation.replies import ArticleList, Summary
from bot.conversation.subjects import frequent_names, in_language
from bot.conversation.texts import size_of
from bot.errors import BotError, QuestionError
from bot.languages import LANGUAGES, Language
from config import SettingsError
from retrieval.chunking import is_question
from retrieval.index import IndexState, StoredChunk
from retrieval.languages import columns

if TYPE_CHECKING:
    from bot.conversation.conversation import Conversation
    from bot.library import Library

_log = logging.getLogger(__name__)

SAMPLES = 3
"""Sample questions that are shown."""
# A sample question is answered with this confidence at least.
_SURE = 0.7
# A button on a phone has room for about so many.
_QUESTION_COLUMNS, _TITLE_COLUMNS = 48, 54
_LEAST_WORDS = 3
# So many questions that there are, names and titles are tried, and so many names told.
_QUESTIONS_TRIED = 50
_TRIED, _NAMED, _LEAST_NAMED = 16, 3, 2


@dataclass(frozen=True, slots=True)
class Introduction:
    """What newcomers are told.

    Attributes:
        about: What the articles are and are about, one sentence in the language asked for.
        samples: Questions that the articles answer.
    """

    about: str
    samples: tuple[str, ...]


class Introductions:
    """The introduction in each language; it is made beside the replies, once a generation.

    Args:
        library: The library to introduce.
        conversation: Replies where a sample question is about the collection.
        about: The operator's words in place of what is made.
        samples: The operator's questions in place of what is made.
    """

    def __init__(
        self,
        library: Library,
        conversation: Conversation,
        about: str | None = None,
        samples: Sequence[str] = (),
    ) -> None:
        self._library = library
        self._conversation = conversation
        self._collection = conversation.collection
        self._about = about
        self._chosen = tuple(samples)
        # Without the optional reader, which takes its time.
        self._answerer = Answerer(library.searcher, library.settings.search)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="introduction")
        self._closing = False
        self._lock = Lock()
        self._state: IndexState | None = None
        self._next: Future[Mapping[str, Introduction]] | None = None
        self._made: Mapping[str, Introduction] | None = None

    def prepare(self) -> None:
        """Begin to make what is not made."""
        with self._lock:
            state = self._collection.snapshot.state
            failed = self._next and self._next.done() and self._next.exception()
            if state != self._state or failed:
                self._state, self._next = state, self._pool.submit(self._make)

    def of(self, language: Language) -> Introduction:
        """Return the introduction; that of the generation before, while a newer one is made."""
        self.prepare()
        assert self._next is not None, "it was prepared"
        if self._made is None or self._next.done():
            self._made = self._next.result()
        return self._made[language.code]

    def close(self) -> None:
        """End the thread, in the middle of its work if need be."""
        self._closing = True
        self._pool.shutdown()

    def _make(self) -> Mapping[str, Introduction]:
        names = frequent_names(self._chunks(), _TRIED)
        is_answered = cache(self._is_answered)
        own = () if self._chosen else tuple(self._own_questions())
        return {
            language.code: Introduction(
                self._about or self._told(language, names[:_NAMED]),
                _buttons(self._chosen or self._samples(language, own, names, is_answered)),
            )
            for language in LANGUAGES.values()
        }

    def _told(self, language: Language, names: Sequence[str]) -> str:
        size = size_of(self._collection.number(), self._collection.dates(), language)
        if len(names) < _LEAST_NAMED:
            return size
        told = ", ".join(in_language(name, language.code) for name in names)
        often = language.say("Names that often come up: {names}.", names=told)
        return f"{size} {often}"

    # Sample questions

    def _samples(
        self,
        language: Language,
        own: Sequence[str],
        names: Sequence[str],
        is_answered: Callable[[str], bool],
    ) -> tuple[str, ...]:
        """Return questions that need no language, and else made ones: of names, of articles."""
        written = self._collection.snapshot.languages
        of_articles = (LANGUAGES[code] for code in written if code in LANGUAGES)
        speaking = dict.fromkeys((language, *of_articles))
        asked = ((_about_name(one, name) for one in speaking) for name in names)
        of_names = filter(None, (next(filter(is_answered, forms), None) for forms in asked))
        replied = (one for one in self._about_articles(language) if self._replies(one, language))
        return tuple(islice(dict.fromkeys(chain(own, of_names, replied)), SAMPLES))

    def _own_questions(self) -> Iterator[str]:
        """Yield golden questions, else titles and headings that ask, if they are answered."""
        for questions in (self._golden(), self._asking()):
            some = filter(self._is_answered, islice(questions, _QUESTIONS_TRIED))
            if found := tuple(islice(some, SAMPLES)):
                yield from found
                return

    def _golden(self) -> Iterator[str]:
        path = self._library.settings.refresh.questions
        if path is None:
            return
        from bot.evaluation import read_questions

        try:
            questions = read_questions(path)
        except (BotError, SettingsError) as exc:
            _log.warning("%s", exc)
            return
        yield from (one.question for one in questions if one.answerable and not one.history)

    def _asking(self) -> Iterator[str]:
        for stored in self._chunks():
            headings = (one for one in stored.chunk.sentences if one.heading)
            texts = map(stored.chunk.text_of, headings)
            yield from filter(is_question, [stored.source.title, *texts])

    def _chunks(self) -> Iterator[StoredChunk]:
        return takewhile(lambda _: not self._closing, self._collection.sample())

    def _is_answered(self, question: str) -> bool:
        """Whether a question can stand alone on a button, and is answered with confidence."""
        try:
            question = check_question(question, self._library.settings.search.max_question_chars)
        except QuestionError:
            return False
        message = self._conversation.read(question)
        if (
            self._closing
            or columns(question) > _QUESTION_COLUMNS
            or len(question.split()) < _LEAST_WORDS
            or message.talk
            or message.wish
            or message.points
        ):
            return False
        answer = self._answerer.answer(question, 1)
        exact = answer.unknown_language is None and not answer.corrections
        return answer.answered and answer.confidence >= _SURE and exact

    def _about_articles(self, language: Language) -> Iterator[str]:
        for source in self._collection.spread(_TRIED):
            asked = language.say("What is the article “{title}” about?", title=source.title)
            if columns(asked) <= _TITLE_COLUMNS:
                yield asked
        yield language.say("What is new?")
        yield language.say("What is this about?")

    def _replies(self, text: str, language: Language) -> bool:
        """Whether a question about the collection is replied to with something of it."""
        if self._closing:
            return False
        reply = self._conversation.reply(self._conversation.read(text, language.code))
        listed = isinstance(reply, ArticleList) and reply.articles
        return bool(listed) or isinstance(reply, Summary)


def _buttons(questions: Sequence[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(fold_question, questions)))


def _about_name(language: Language, name: str) -> str:
    told = in_language(name, language.code)
    return language.say("What is known about {name}?", name=told)
