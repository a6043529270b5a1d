"""Replies to questions, commands and presses, made from the library and the bot's memory.

They are made in threads, where they may compute and wait for the database; nothing is sent here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from telegram import InlineQueryResultArticle
from telegram.constants import ReactionEmoji

from bot.answers import Answer, check_question
from bot.catalogue import KEY_CHARS, Catalogue, article_key, span_at
from bot.conversation import (
    Conversation,
    Introductions,
    SmallTalk,
    Talk,
    remembered_together,
    split_questions,
)
from bot.errors import QuestionError
from bot.library import Library
from bot.records import ChatPlace, KeptAnswer, State
from bot.telegram.addressing import AskedQuestion
from bot.telegram.views import (
    LANGUAGES,
    Action,
    Language,
    Message,
    Press,
    language_of,
    notices,
    reading,
)
from bot.telegram.views import answers as views
from bot.telegram.views import conversation as views_of_talk
from bot.telegram.views.message import CITED
from bot.telegram.views.quotes import cited_span
from retrieval.types import Source

_SHOWN = 9
"""Excerpts that one message shows at most, whatever a press asks for."""

_THANKS = (Talk.THANKS, Talk.PLEASED)
"""In a group a reaction replies to them: words would be noise for those who read along."""

Cards: TypeAlias = tuple[Answer | None, list[InlineQueryResultArticle]]
"""An answer, and the cards that show it; no answer where the query is no question."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to a message.

    Attributes:
        answer: None where the message is no question, or was refused.
        number: Number of the reply in the bot's memory; None where the message was refused.
        earlier: Questions that the answer takes into account, oldest first.
        question: The message.
        remembered: What later questions may lean on, if any.
        reaction: An emoji that says the same under the message, where the chat allows it.
    """

    message: Message
    answer: Answer | None = None
    number: int | None = None
    earlier: tuple[str, ...] = ()
    question: str = ""
    remembered: str | None = None
    reaction: str | None = None

    @property
    def answered(self) -> bool:
        """Whether nothing is left open."""
        return self.answer is None or self.answer.answered


@dataclass(frozen=True, slots=True)
class Pressed:
    """The effect of a press: a new text for its message, a toast to its user, a vote."""

    message: Message | None = None
    toast: str | None = None
    vote: bool | None = None


class Replies:
    """Replies from one library and one memory; safe to use from several threads."""

    def __init__(self, library: Library, state: State, username: str) -> None:
        self.state = state
        self._catalogue = Catalogue(library.searcher)
        self._library = library
        self._conversation = Conversation(library, views.opened_with)
        self._settings = library.settings.telegram
        self.introductions = Introductions(
            library, self._conversation, self._settings.about, self._settings.samples
        )
        search = library.settings.search
        self._max_chars = min(self._settings.max_question_chars, search.max_question_chars)
        self._username = username

    def introduction(self, language: Language) -> Message:
        """Tell a newcomer what the articles are about."""
        return notices.introduction(language, self.introductions.of(language))

    def language(self, user: int, code: str | None) -> Language:
        """Return the language to speak with a user.

        Args:
            user: Who may have chosen one.
            code: Language of the user's Telegram, an IETF tag.
        """
        return language_of(self.state.language(user) or code)

    def question(self, asked: AskedQuestion) -> Reply | None:
        """Answer a question; None if it was answered before the process was killed."""
        kept = self.state.answer_to(asked.place.chat, asked.message_id)
        if kept is None:
            return self._answered(asked, self.state.earlier(asked.place))
        if kept.message_id is not None:
            return None
        # The answer was begun before a kill, so the conversation holds the question already.
        return self._answered(asked, kept.earlier, kept.number)

    def edited(self, asked: AskedQuestion) -> tuple[int | None, Reply] | None:
        """Answer an edited question again, with the message that shows the old answer.

        None if the question has not changed. The message is None if the question was not answered
        before, or if the new one is refused, which leaves the old answer as it is. Where there is
        a message, the caller calls `shown` after its edit.
        """
        normalised = _normalised(asked.question)
        if not normalised:
            return None
        kept = self.state.answer_to(asked.place.chat, asked.message_id)
        if kept is None or kept.message_id is None:
            return None, self._answered(asked, self.state.earlier(asked.place))
        if kept.question == normalised:
            return None
        reply = self._answered(asked, kept.earlier, kept.number)
        return (None if reply.number is None else kept.message_id), reply

    def shown(self, asked: AskedQuestion, reply: Reply) -> None:
        """Remember that an edited question was answered, once the edit of its message succeeded."""
        if reply.number is None:
            return
        if reply.remembered is not None:
            self.state.asked(asked.place, reply.remembered)
        self.state.change_answer(reply.number, reply.question, reply.earlier, reply.answered)

    def _answered(
        self, asked: AskedQuestion, earlier: tuple[str, ...], number: int | None = None
    ) -> Reply:
        language = self.language(asked.place.user, asked.language)
        try:
            question = check_question(asked.question, self._max_chars)
        except QuestionError as exc:
            if not exc.limit:
                return Reply(notices.empty(language))
            return Reply(notices.too_long(language, exc.found, exc.limit))
        said = self._conversation.read(question, language.code)
        most = self._most(asked.place)
        spoken = self._conversation.reply(said, earlier, language.code, most)
        if spoken is not None:
            message = views_of_talk.reply(spoken, self._link)
            remembered = self._conversation.remembered(said, earlier)
            thanked = isinstance(spoken, SmallTalk) and spoken.talk in _THANKS
            reaction = ReactionEmoji.RED_HEART if thanked and asked.place.chat < 0 else None
            reply = Reply(message, None, number, earlier, question, remembered, reaction)
            return self._kept(asked, reply)
        questions = split_questions(said.question)
        if len(questions) > 1:
            return self._answered_several(asked, question, questions, earlier, number)
        subjects = self._conversation.subjects(earlier)
        answer = self._library.answerer.answer(said.question, views.MORE + 1, subjects)
        reply = self._kept(
            asked, Reply(Message(""), answer, number, earlier, question, answer.remembered)
        )
        assert reply.number is not None, "it was kept"
        shown = min(views.opened_with(answer), most)
        return replace(reply, message=self._view(answer, reply.number, language, shown or None))

    def _most(self, place: ChatPlace) -> int:
        """Return how many excerpts an answer opens with at most; groups have negative ids."""
        return self._settings.group_excerpts if place.chat < 0 else views.MORE

    def _answered_several(
        self,
        asked: AskedQuestion,
        text: str,
        questions: tuple[str, ...],
        earlier: tuple[str, ...],
        number: int | None,
    ) -> Reply:
        """Answer the questions of one message, one after the other, in one message."""
        language = self.language(asked.place.user, asked.language)
        answers = self._conversation.answers(questions, earlier, 1)
        remembered = remembered_together(answer.remembered for answer in answers)
        # Together they count as one question, which is answered if each of them is.
        last = replace(answers[-1], answered=all(one.answered for one in answers))
        reply = self._kept(asked, Reply(Message(""), last, number, earlier, text, remembered))
        assert reply.number is not None, "it was kept"
        message = views.several(
            answers, language, number=reply.number, asked=len(questions), link=self._link
        )
        return replace(reply, message=message)

    def _kept(self, asked: AskedQuestion, reply: Reply) -> Reply:
        """Note a reply in the bot's memory, unless it was noted before, and return it so."""
        if reply.number is not None:
            return reply
        number = self.state.add_answer(
            *(asked.place, asked.message_id, reply.question, reply.earlier, reply.answered),
            remembered=reply.remembered,
        )
        return replace(reply, number=number)

    def _view(
        self, answer: Answer, number: int, language: Language, shown: int | None = None
    ) -> Message:
        """Show an answer, which has one excerpt more than are shown if there are more."""
        if not answer.answered:
            if shown is None or not answer.excerpts:
                return views.unanswered(answer, language, number=number, link=self._link)
            return views.closest(answer, language, number=number, shown=shown, link=self._link)
        wanted = views.opened_with(answer) if shown is None else shown
        return views.answer(
            answer,
            language,
            number=number,
            shown=wanted,
            more=len(answer.excerpts) > wanted and wanted < _SHOWN,
            preview=self._settings.link_preview,
            link=self._link,
        )

    def inline(self, question: str, language: Language) -> Cards | None:
        """Answer an inline query with cards to choose from; None if it is no question."""
        try:
            asked = check_question(question, self._max_chars)
        except QuestionError:
            return None
        said = self._conversation.read(asked, language.code)
        spoken = self._conversation.reply(said, interface=language.code)
        if spoken is not None:
            return None, [views_of_talk.card(views_of_talk.reply(spoken, self._link))]
        answer = self._library.answerer.answer(said.question, views.CARDS)
        return answer, views.cards(answer, language, self._link)

    # Buttons

    def press(self, press: Press, place: ChatPlace, message_id: int, code: str | None) -> Pressed:
        """Return the effect of a button. It may be old, forged, or another's: then none is shown.

        Args:
            press: The data of the button.
            place: The chat of the button's message, and who pressed.
            message_id: The button's message.
            code: Language of the user's Telegram.
        """
        user = place.user
        language = self.language(user, code)
        match press.action:
            case Action.LANGUAGE:
                return self._choose(press.key, user)
            case Action.SOURCES:
                return Pressed(self.sources(language, press.page))
            case Action.READ:
                read = self.read(press.key, language, press.page)
                return Pressed(read) if read else self._no_article(language)
        kept = self.state.answer(press.answer, place.chat)
        # A kill may have come before it was known which message shows the answer.
        if kept is None or kept.message_id not in (None, message_id):
            return Pressed(toast=notices.too_old(language).text)
        if press.action in (Action.UP, Action.DOWN):
            up = press.action is Action.UP
            if not self.state.vote(kept.number, user, up):
                return Pressed(toast=language.say("I have noted that already."))
            return Pressed(toast=language.say("Thank you, that helps."), vote=up)
        return self._pressed(press, kept, language)

    def _pressed(self, press: Press, kept: KeptAnswer, language: Language) -> Pressed:
        shown = min(press.shown, _SHOWN) or None
        question = self._conversation.read(kept.question).question
        subjects = self._conversation.subjects(kept.earlier)
        trace = self._library.answerer.trace(question, (shown or views.MORE) + 1, subjects)
        answer = trace.answer
        if press.action is Action.ANSWER:
            return Pressed(self._view(answer, kept.number, language, shown))
        count = min(len(answer.excerpts), shown or views.MORE)
        if press.action is Action.WHY:
            threshold = self._library.settings.search.threshold
            return Pressed(
                views.why(
                    answer,
                    trace.reasons(),
                    language,
                    number=kept.number,
                    shown=count,
                    threshold=threshold,
                    link=self._link,
                )
            )
        if not 1 <= press.number <= count:
            return self._no_article(language)
        excerpt = answer.excerpts[press.number - 1]
        article = self._catalogue.open(excerpt.source.path)
        if article is None:
            return self._no_article(language)
        if press.action is Action.CONTEXT:
            return Pressed(
                reading.context(
                    article,
                    excerpt,
                    language,
                    number=kept.number,
                    shown=count,
                    citation=press.number,
                    citations=count,
                    link=self._link,
                )
            )
        return Pressed(
            reading.article(
                article,
                language,
                page=None if press.key == CITED else press.page,
                press=lambda page: Press(Action.ARTICLE, kept.number, count, press.number, page),
                back=Press(Action.ANSWER, kept.number, count),
                marked=cited_span(excerpt),
            )
        )

    def _choose(self, code: str, user: int) -> Pressed:
        if code not in LANGUAGES:
            return Pressed()
        self.state.set_language(user, code)
        language = LANGUAGES[code]
        return Pressed(notices.choose_language(language), language.say("Language changed."))

    def _no_article(self, language: Language) -> Pressed:
        return Pressed(toast=language.say("That is no longer among the articles."))

    # Articles

    def sources(self, language: Language, page: int = 0) -> Message:
        """List the articles."""
        return reading.sources(
            self._catalogue.sources(),
            language,
            page=page,
            link=self._link,
        )

    def _link(self, source: Source) -> str:
        """Return the address that opens an article in this bot."""
        return f"https://t.me/{self._username}?start=a_{article_key(source.path)}"

    def opened(self, name: str, language: Language) -> Message | None:
        """Show what a link opens: an article, at a place if the link names one; None if gone."""
        return self.read(name[:KEY_CHARS], language, None, name[KEY_CHARS + 1 :])

    def read(
        self, key: str, language: Language, page: int | None = 0, place: str = ""
    ) -> Message | None:
        """Show a page of an article, None being that of a place in it; None if there is none."""
        article = self._catalogue.by_key(key)
        if article is None:
            return None
        return reading.article(
            article,
            language,
            page=page,
            press=lambda page: Press(Action.READ, page=page, key=key),
            back=None,
            marked=span_at(article, place),
        )

    def article(self, words: str, language: Language) -> Message:
        """Show the article that is named by words of its title or its path."""
        found = self._catalogue.find(words) if words else None
        shown = self.read(article_key(found.source.path), language) if found else None
        return shown or notices.no_article(language, words)


def _normalised(question: str) -> str:
    try:
        return check_question(question, len(question) + 1)
    except QuestionError:
        return ""
