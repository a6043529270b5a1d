"""Reports: the index for everybody; use, gaps, refreshes and errors for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.gaps import QuestionGroup
from bot.languages import Language
from bot.records import Stats, UnknownLanguages
from bot.telegram.views.answers import notice
from bot.telegram.views.message import Message
from bot.telegram.views.text import one_line
from retrieval.index import Generation

_GROUPS = 15
_EXAMPLES = 3
_QUESTION_CHARS = 150
_NAME_UNITS = 100


def status(
    language: Language,
    generation: Generation,
    encoder: str | None,
    *,
    reads_all: bool,
    inline: bool,
    user: int | None,
) -> Message:
    """Report the index, which messages Telegram sends the bot, and the user's own id, if given.

    With the id an operator fills the lists of users and administrators; only these learn of the
    encoder.
    """
    lines = [
        language.count("One article", "{n} articles", generation.articles),
        language.count("One passage", "{n} passages", generation.chunks),
    ]
    if generation.published:
        lines.append(
            language.say("Last change: {date}", date=language.date(generation.published.date()))
        )
    if encoder is not None:
        lines.append(language.say("Encoder: {name}", name=one_line(encoder, _NAME_UNITS)))
    lines.append(
        language.say("In groups I am sent every message and answer those that are meant for me.")
        if reads_all
        else language.say("In groups I am sent only what is meant for me (privacy mode).")
    )
    if not inline:
        lines.append(language.say("Inline mode is switched off at @BotFather."))
    if user is not None:
        lines.append(language.say("Your Telegram ID: {number}", number=user))
    return Message("\n".join(lines))


def stats(language: Language, periods: Sequence[tuple[int, Stats]]) -> Message:
    """Report the use of the bot over periods of so many days."""
    blocks = []
    for days, found in periods:
        share = found.answered / found.questions if found.questions else 0.0
        lines = [
            language.count("Last day", "Last {n} days", days),
            language.count("one question", "{n} questions", found.questions)
            + " · "
            + language.say("{share} answered", share=language.percent(share)),
            language.count("one asker", "{n} askers", found.askers)
            + " · "
            + language.count("one chat", "{n} chats", found.chats),
            f"👍 {language.number(found.up)} · 👎 {language.number(found.down)}",
        ]
        blocks.append("\n".join(lines))
    return Message("\n\n".join(blocks))


def gaps(language: Language, groups: Sequence[QuestionGroup], days: int) -> Message:
    """List the questions that the articles do not answer well, the most asked first."""
    if not groups:
        return Message(
            language.count(
                "No question was left open in the last day.",
                "No question was left open in the last {n} days.",
                days,
            )
        )
    opening = language.count(
        "Asked in the last day and not answered, or not well:",
        "Asked in the last {n} days and not answered, or not well:",
        days,
    )
    blocks = []
    for group in groups[:_GROUPS]:
        examples = [f"• {one[:_QUESTION_CHARS]}" for one in group.questions[:_EXAMPLES]]
        thumbs = f" · 👎 {language.number(group.downs)}" if group.downs else ""
        blocks.append(f"{language.number(group.size)} ×{thumbs}\n" + "\n".join(examples))
    return notice("\n\n".join([opening, *blocks]))


def refreshing(language: Language, progress: dict[str, Any]) -> Message:
    """Report the progress of a refresh."""
    if not progress["total"]:
        return Message(language.say("Refreshing the index …"))
    return Message(
        language.say(
            "Refreshing: {done} of {total} articles, {encoded} passages encoded",
            done=language.number(progress["articles"]),
            total=language.number(progress["total"]),
            encoded=language.number(progress["encoded"]),
        )
    )


def refreshed(language: Language, report: dict[str, Any]) -> Message:
    """Report what a refresh changed and skipped."""
    changed = language.say(
        "Refreshed: {added} new, {modified} changed, {deleted} deleted, {unchanged} unchanged.",
        **{
            name: language.number(report[name])
            for name in ("added", "modified", "deleted", "unchanged")
        },
    )
    skipped = [f"{one['article']}: {one['reason']}" for one in report["skipped"]]
    if skipped:
        changed += "\n\n" + language.count(
            "One file was skipped:", "{n} files were skipped:", len(skipped)
        )
        changed += "\n" + "\n".join(skipped[:_GROUPS])
    return notice("\n\n".join([changed, *report["notes"]]))


def not_refreshed(language: Language, reason: str) -> Message:
    """Say to an administrator why a refresh failed."""
    return notice(language.say("The refresh failed: {reason}", reason=reason))


def unknown_languages(
    language: Language, found: UnknownLanguages, encoder: str, switch: str
) -> Message:
    """Say to an administrator that readers ask in languages that the encoder does not know.

    Args:
        language: Language of the administrator.
        found: How many ask.
        encoder: Name of the encoder.
        switch: What makes the index again with an encoder that knows them.
    """
    asked = language.count(
        "One question came in a language that the encoder {encoder} does not know, so that I find "
        "only names and numbers in it.",
        "{n} questions came in languages that the encoder {encoder} does not know, so that I find "
        "only names and numbers in them.",
        found.questions,
        encoder=one_line(encoder, _NAME_UNITS),
    )
    askers = language.count("one asker", "{n} askers", found.askers)
    how = language.say(
        "This makes the index again for all languages, while I go on answering: {switch}",
        switch=switch,
    )
    return notice(f"{asked} ({askers})\n\n{how}")


def alarm(language: Language, kind: str, place: str, times: int) -> Message:
    """Report an error that repeats; a user's text is never part of it."""
    return notice(
        language.count(
            "An error happened here: {kind} at {place}. The log has the details.",
            "An error happened here {n} times within an hour: {kind} at {place}. "
            "The log has the details.",
            times,
            kind=kind,
            place=place,
        )
    )
