"""Notices: help, privacy, the choice of a language, and why the bot does not answer now."""

from __future__ import annotations

import math

from telegram import MessageEntity

from bot.conversation import Introduction
from bot.languages import LANGUAGES, Language
from bot.telegram.views.message import Action, Button, Message, Press, part
from bot.telegram.views.text import one_line
from retrieval.errors import IndexFault

_WANTED_UNITS, _ABOUT_UNITS = 200, 600


def introduction(language: Language, found: Introduction) -> Message:
    """Say what the articles are about, with questions that a press asks."""
    buttons = tuple(
        (Button(question, Press(Action.ASK, number=number)),)
        for number, question in enumerate(found.samples, start=1)
    )
    ask = (
        language.say("Ask me in your own words, or choose a question:")
        if buttons
        else language.say("Ask me a question in your own words.")
    )
    about = one_line(found.about, _ABOUT_UNITS)
    return Message(f"{about}\n\n{ask}" if about else ask, buttons=buttons)


def echo(question: str) -> Message:
    """Show a question that was asked by a press."""
    return part(one_line(question, _WANTED_UNITS), MessageEntity.ITALIC)


def too_old(language: Language) -> Message:
    """Say that a button works no longer."""
    return Message(language.say("That answer is too old. Please ask again."))


def help_text(language: Language, username: str) -> Message:
    """Say what the bot does, and how it is asked."""
    paragraphs = (
        language.say("Ask me a question in your own words."),
        language.say(
            "I look for the answer only in the articles that the operator of this bot has given "
            "me. I quote the passages that answer and cite the article and the paragraph of each, "
            "so that you can check them. When the articles hold no answer, I say so."
        ),
        language.say(
            "In a group, mention me with your question, reply to one of my messages, or write "
            "/ask and the question. In any other chat, type @{name} and the question.",
            # The name is to be tapped: it is the bot's own.
            name=username,
        ),
        language.say(
            "/sources lists the articles, /article shows one, /new begins a new conversation, "
            "/language changes the language, /privacy says what I remember."
        ),
    )
    return Message("\n\n".join(paragraphs))


def privacy(
    language: Language, *, days: int, minutes: int, logged: bool, model: str | None = None
) -> Message:
    """Say which data of a user are kept, how long, how they are erased, and where they are sent.

    Args:
        language: Language of the interface.
        days: How long questions are kept.
        minutes: How long a conversation lasts.
        logged: Whether questions are logged.
        model: The model that writes answers, if one does.
    """
    paragraphs = [
        language.say(
            "I keep your question and whether it was answered for {days} days, so that the buttons "
            "under an answer work and the operator sees which questions the articles leave open. "
            "Neither your name nor your Telegram ID is kept with it, only a code made from the ID.",
            days=language.number(days),
        ),
        language.say(
            "For {minutes} minutes I connect a question with those before it, so that I "
            "understand what leans on them. /new begins a new conversation at once.",
            minutes=language.number(minutes),
        ),
        language.say("/forgetme erases all that I keep of you."),
        language.say(
            "Your question and the excerpts that answer it are sent to the language model {model}, "
            "on a server that the operator has chosen.",
            model=one_line(model, _WANTED_UNITS),
        )
        if model
        else language.say(
            "Nothing leaves the machine that I run on, except my messages to Telegram."
        ),
    ]
    if logged:
        paragraphs.insert(2, language.say("The operator has chosen to log questions as well."))
    return Message("\n\n".join(paragraphs))


def choose_language(language: Language) -> Message:
    """Ask for the language of the interface."""
    every = tuple(
        Button(
            f"· {other.name} ·" if other.code == language.code else other.name,
            Press(Action.LANGUAGE, key=other.code),
        )
        for other in LANGUAGES.values()
    )
    return Message(
        language.say("Which language shall I speak? The articles stay in theirs."),
        buttons=tuple(every[at : at + 2] for at in range(0, len(every), 2)),
    )


def refusal(language: Language, wait_s: float) -> Message:
    """Say why a question is not answered now, and when to ask again.

    Args:
        language: Language of the interface.
        wait_s: The seconds until the user's quota has room; 0 if earlier questions wait.
    """
    if not wait_s:
        return Message(
            language.say(
                "I am still busy with your earlier questions. Please ask again when they are "
                "answered."
            )
        )
    return Message(
        language.count(
            "That was a lot within a minute. Please ask again in one second.",
            "That was a lot within a minute. Please ask again in {n} seconds.",
            math.ceil(wait_s),
        )
    )


def stranger(language: Language, user: int) -> Message:
    """Say that the bot is not for everybody, with the id that the operator would list."""
    return Message(
        language.say(
            "This bot answers only people whom its operator has listed. "
            "If you know the operator, this is your Telegram ID: {number}",
            number=user,
        )
    )


def empty(language: Language) -> Message:
    """Say that there was no question."""
    return Message(language.say("What would you like to know? Ask it in a few words."))


def too_long(language: Language, found: int, limit: int) -> Message:
    """Say that a question is too long."""
    return Message(
        language.say(
            "Your question has {found} characters, and I read up to {limit}. "
            "Please ask it in fewer words.",
            found=language.number(found),
            limit=language.number(limit),
        )
    )


def only_text(language: Language) -> Message:
    """Say that pictures, voices and files are not understood."""
    return Message(language.say("I read text only. Please ask me in words."))


def sorry(language: Language, error: BaseException | None) -> Message:
    """Say that something failed, and no more of what than whether the index is out of reach."""
    if isinstance(error, IndexFault):
        return Message(
            language.say(
                "I cannot reach the articles at the moment. Please ask again in a few minutes."
            )
        )
    return Message(
        language.say(
            "Something went wrong here, and your question is not answered. "
            "Please ask it again later."
        )
    )


def no_article(language: Language, wanted: str) -> Message:
    """Say that an article is not there."""
    if not wanted:
        return Message(
            language.say("Which article? Write its title after /article, or choose from /sources.")
        )
    # The command stays one that can be tapped; what was asked for becomes harmless.
    return Message(
        language.say(
            "I have no article called “{wanted}”. /sources lists those that I have.",
            wanted=one_line(wanted, _WANTED_UNITS),
        )
    )
