"""The bot's commands, and the menus in which Telegram shows them."""

from __future__ import annotations

import base64
import binascii
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
    Update,
    User,
)
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot import gaps
from bot.library import Library
from bot.records import ChatPlace
from bot.telegram.access import Access
from bot.telegram.addressing import asked, is_human, place_of, quoted_question
from bot.telegram.handlers import Handlers, kind_of
from bot.telegram.outbox import Outbox
from bot.telegram.refresh_job import RefreshJob
from bot.telegram.replies import Replies
from bot.telegram.views import LANGUAGES, Language, Message, notices, reports
from bot.telegram.workers import Workers

_log = logging.getLogger(__name__)

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?\s*(.*)", re.DOTALL)
_DAY_S = 86_400
_ALWAYS = ("help", "privacy", "forgetme")
"""Commands that are obeyed however much their user has asked."""
_PERIODS = (1, 7, 30)
_GAP_DAYS = 30
_GAPS = 500
"""Open questions that are grouped, the newest: each costs an encoding."""


@dataclass(frozen=True, slots=True)
class GivenCommand:
    """A command as it was given.

    Attributes:
        argument: The text after the command.
        me: The bot.
    """

    place: ChatPlace
    language: Language
    argument: str
    me: User


class Commands:
    """The handler of commands; most are functions from a given command to a message."""

    def __init__(
        self,
        replies: Replies,
        outbox: Outbox,
        workers: Workers,
        access: Access,
        handlers: Handlers,
        refresh_job: RefreshJob,
        library: Library,
    ) -> None:
        self._replies = replies
        self._state = replies.state
        self._outbox = outbox
        self._workers = workers
        self._access = access
        self._handlers = handlers
        self._refresh_job = refresh_job
        self._library = library
        self._settings = library.settings.telegram

    async def command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Reply to a command for this bot; in private, to an unknown one with the help."""
        message = update.message
        match = _COMMAND.fullmatch((message.text if message else None) or "")
        if message is None or match is None or not is_human(message):
            return
        me = context.bot.bot
        name, addressee, argument = match[1].lower(), match[2], match[3].strip()
        if addressee and addressee.lower() != (me.username or "").lower():
            return
        if name == "start" and argument.startswith("q_"):
            name, argument = "ask", _decoded(argument[2:])
        if name == "ask":
            question = argument or quoted_question(message, me)
            await self._handlers.answer(asked(message, question), kind_of(message))
            return
        place = place_of(message)
        private = message.chat.type == ChatType.PRIVATE
        code = message.from_user.language_code if message.from_user else None
        function = COMMANDS.get(name) or (Commands._help if private else None)
        # In private only: what others asked is not for a group.
        if private and place.user in self._settings.administrators:
            if name == "refresh":
                language = await self._workers.note(self._replies.language, place.user, code)
                await self._refresh_job.refresh(place, language, message.message_id)
                return
            function = FOR_ADMINISTRATORS.get(name) or function
        if function is None:
            return
        counted = name not in _ALWAYS
        async with self._access.asking(
            place, code, message.message_id, counted=counted
        ) as admitted:
            if admitted:
                reply = await self._workers.run(
                    place, self._run, function, place, code, argument, me
                )
                await self._outbox.reply(place, reply, message.message_id)

    def _run(
        self,
        function: Callable[[Commands, GivenCommand], Message],
        place: ChatPlace,
        code: str | None,
        argument: str,
        me: User,
    ) -> Message:
        return function(
            self, GivenCommand(place, self._replies.language(place.user, code), argument, me)
        )

    # For everybody

    def _help(self, given: GivenCommand) -> Message:
        return notices.help_text(given.language, given.me.username or "")

    def _start(self, given: GivenCommand) -> Message:
        if given.argument.startswith("a_"):
            read = self._replies.opened(given.argument[2:], given.language)
            return read or notices.no_article(given.language, "")
        return self._replies.introduction(given.language)

    def _sources(self, given: GivenCommand) -> Message:
        return self._replies.sources(given.language)

    def _article(self, given: GivenCommand) -> Message:
        return self._replies.article(given.argument, given.language)

    def _new(self, given: GivenCommand) -> Message:
        self._state.forget(given.place)
        return Message(given.language.say("A new conversation. What would you like to know?"))

    def _language(self, given: GivenCommand) -> Message:
        return notices.choose_language(given.language)

    def _privacy(self, given: GivenCommand) -> Message:
        settings = self._settings
        return notices.privacy(
            given.language,
            days=settings.keep_days,
            minutes=settings.conversation_minutes,
            logged=settings.log_questions,
            model=self._library.writer.model if self._library.writer else None,
        )

    def _forget_me(self, given: GivenCommand) -> Message:
        self._state.forget_user(given.place.user)
        return Message(given.language.say("Done. I remember nothing of you any more."))

    def _status(self, given: GivenCommand) -> Message:
        administers = given.place.user in self._settings.administrators
        return reports.status(
            given.language,
            self._library.searcher.snapshot.generation,
            self._library.encoder.name if administers else None,
            reads_all=bool(given.me.can_read_all_group_messages),
            inline=bool(given.me.supports_inline_queries),
            user=given.place.user if given.place.chat == given.place.user else None,
        )

    # For administrators

    def _stats(self, given: GivenCommand) -> Message:
        now = time.time()
        found = [(days, self._state.stats(now - days * _DAY_S)) for days in _PERIODS]
        return reports.stats(given.language, found)

    def _gaps(self, given: GivenCommand) -> Message:
        found = self._state.gaps(time.time() - _GAP_DAYS * _DAY_S, _GAPS)
        opened = [gaps.OpenQuestion(one.question, one.downs) for one in found]
        groups = gaps.group_questions(
            opened, lambda question: self._library.encoder.encode_query(question).vector
        )
        return reports.gaps(given.language, groups, _GAP_DAYS)


COMMANDS: Mapping[str, Callable[[Commands, GivenCommand], Message]] = {
    "start": Commands._start,
    "help": Commands._help,
    "sources": Commands._sources,
    "article": Commands._article,
    "new": Commands._new,
    "language": Commands._language,
    "privacy": Commands._privacy,
    "forgetme": Commands._forget_me,
    "status": Commands._status,
}
"""The commands for everybody; besides them /ask, which `Handlers` answers as any question."""
FOR_ADMINISTRATORS: Mapping[str, Callable[[Commands, GivenCommand], Message]] = {
    "stats": Commands._stats,
    "gaps": Commands._gaps,
}
"""The commands for administrators; besides them /refresh, which takes its time."""


def menu(language: Language) -> dict[str, str]:
    """Return the commands in the order of the menu, each with what it does."""
    return {
        "ask": language.say("Ask a question"),
        "sources": language.say("List the articles"),
        "article": language.say("Show an article"),
        "new": language.say("Begin a new conversation"),
        "help": language.say("What I do and how to ask"),
        "language": language.say("Change the language"),
        "privacy": language.say("What I remember of you"),
        "forgetme": language.say("Erase what I remember of you"),
        "status": language.say("What is indexed"),
    }


def administrators_menu(language: Language) -> dict[str, str]:
    """Return the commands for administrators, each with what it does."""
    return {
        "refresh": language.say("Bring the index in line with the articles"),
        "stats": language.say("How much I am asked"),
        "gaps": language.say("Questions that the articles leave open"),
    }


_IN_GROUPS = ("ask", "sources", "article", "new", "help")


async def set_menus(bot: Bot, administrators: frozenset[int]) -> None:
    """Set the menus of all languages and scopes; the bot works without them."""
    for language in LANGUAGES.values():
        # English is the menu of all languages that have none.
        code = None if language.code == "en" else language.code
        everything = menu(language)
        in_groups = {name: everything[name] for name in _IN_GROUPS}
        mine = {**everything, **administrators_menu(language)}
        await _set(bot, everything, BotCommandScopeDefault(), code)
        await _set(bot, in_groups, BotCommandScopeAllGroupChats(), code)
        for administrator in sorted(administrators):
            await _set(bot, mine, BotCommandScopeChat(administrator), code)


async def _set(
    bot: Bot, entries: Mapping[str, str], scope: BotCommandScope, code: str | None
) -> None:
    try:
        await bot.set_my_commands(list(entries.items()), scope=scope, language_code=code)
    except TelegramError as exc:
        # An administrator who has never written to the bot has no chat with it.
        level = logging.INFO if isinstance(scope, BotCommandScopeChat) else logging.WARNING
        _log.log(level, "cannot set the menu of commands: %s", exc)


def _decoded(value: str) -> str:
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
