"""Views of an answer: its message, what its buttons show instead, written sentences, inline cards.

A view is a function from values to a message, or to cards that post one. Presses carry the answer's
number and how many excerpts it shows, so that each view leads back to where it was opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from telegram import InlineQueryResultArticle, MessageEntity

from bot.answers import Answer, worth_showing
from bot.languages import Language, said_before_closest, said_before_several
from bot.telegram.views.message import (
    CITED,
    TEXT_UNITS,
    Action,
    Button,
    Message,
    Press,
    filled,
    fits,
    joined,
    part,
)
from bot.telegram.views.quotes import (
    Link,
    address,
    best_sentence,
    cited,
    named,
    quoted,
    titled,
)
from bot.telegram.views.text import one_line, safe, shortened, units
from retrieval.questions import Correction, UnknownLanguage
from retrieval.search import Explanation
from retrieval.types import Excerpt

MORE = 3
"""Excerpts that a press adds, and the most that an answer opens with."""

_UNDERSTOOD_UNITS = 300
_WORDS_UNITS = 300
_PAIRS = 3
_MODEL_UNITS = 100
"""The longest name of a model that is shown."""
_WRITTEN_ROOM_UNITS = 1_200
"""The room under an answer that written sentences need: less would soon be full."""
CARDS = 10
"""Excerpts that inline mode offers."""
_DESCRIPTION_UNITS = 200
_QUESTION_UNITS = 200
_CLOSEST_UNITS, _NEAR_UNITS = 900, 120
"""The closest sentence with its citation, and the title of an article beside it."""


def answer(
    answer: Answer,
    language: Language,
    *,
    number: int,
    shown: int | None = None,
    more: bool,
    preview: bool,
    link: Link | None = None,
) -> Message:
    """Show the excerpts that answer.

    Excerpts without room are left out, the last first; the first is cut where it alone is too long.

    Args:
        answer: An answer with at least one excerpt.
        language: Language of the interface.
        number: Number of the answer in the bot's memory.
        shown: Excerpts to show; without it, as many as are worth it.
        more: Whether there are more excerpts than those to be shown.
        preview: Whether the first article's page is previewed, if it has an address.
        link: What a title links to, here and below, where the article has no address.
    """
    wanted = answer.excerpts[: opened_with(answer) if shown is None else shown]
    message, count = _quotes(_opening(answer, language), wanted, language, link)
    first = _reading_buttons(language, number, count)
    if more and count == len(wanted):
        further = Press(Action.ANSWER, number, count + MORE)
        first = (Button(language.say("More"), further), *first)
    why_this = Button(language.say("Why this?"), Press(Action.WHY, number, count))
    shows = address(wanted[0].source) if preview else None
    rows = (first, (why_this, *_thumbs(number, count)))
    return Message(message.text, message.entities, rows, shows)


def shown_in(message: Message) -> int:
    """Return how many excerpts an answer's message shows, as its buttons tell."""
    presses = (button.press for row in message.buttons for button in row)
    counts = [press.shown for press in presses if press and press.action is Action.WHY]
    return max(counts, default=0)


def opened_with(answer: Answer) -> int:
    """Return how many excerpts the first message with an answer shows."""
    return worth_showing(answer.excerpts[:MORE]) if answer.answered else 0


def unanswered(
    answer: Answer, language: Language, *, number: int, link: Link | None = None
) -> Message:
    """Say that the articles do not answer, quote the closest sentence, name the next articles.

    What may answer is quoted as a whole, and it is said that it may.
    """
    said = _opening(answer, language)
    if not answer.perhaps:
        said = joined(said, part(language.say("The articles do not answer this.")), by="\n\n")
    excerpt = answer.closest
    if excerpt is None:
        return joined(said, _far(answer, language) if answer.far else Message(""), by="\n\n")
    quote = joined(
        part(said_before_closest(language, perhaps=answer.perhaps)),
        quoted(excerpt, language, citation=1, link=link, room=_CLOSEST_UNITS),
        by="\n",
    )
    others = [joined(part("• "), named(one, language, link, _NEAR_UNITS)) for one in answer.near]
    more = part(language.say("Say “more” for the closest excerpts."))
    message = joined(said, quote, joined(*others, by="\n"), more, by="\n\n")
    show = Button(language.say("Show closest excerpts"), Press(Action.ANSWER, number, MORE))
    return Message(message.text, message.entities, ((show,),))


def several(
    answers: Sequence[Answer],
    language: Language,
    *,
    number: int,
    asked: int,
    link: Link | None = None,
) -> Message:
    """Show the best excerpt of each of the answers to the questions of one message.

    Args:
        answers: One for each question.
        language: Language of the interface.
        number: Number of the message in the bot's memory.
        asked: The number of all questions that were asked.
        link: See `answer`.
    """
    room = TEXT_UNITS // (len(answers) + 1)
    blocks = [
        _one_of_several(place, one, language, link, room)
        for place, one in enumerate(answers, start=1)
    ]
    message, _ = filled(Message(""), blocks)
    if asked > len(answers):
        count = language.number(len(answers))
        note = part(language.say("I answer {count} questions at a time.", count=count))
        message = joined(message, note, by="\n\n")
    return Message(message.text, message.entities, (_thumbs(number),))


def _far(answer: Answer, language: Language) -> Message:
    """Say that nothing comes near, and what else there is."""
    titles = ", ".join(
        language.say("“{title}”", title=one_line(one.title, _NEAR_UNITS)) for one in answer.nearest
    )
    near = language.say("Nothing in them comes near.")
    among = language.say("Among the articles are: {titles}.", titles=titles)
    ask = language.say("Ask “What is this about?” to see what they hold.")
    return part(f"{near} {among} {ask}")


def _one_of_several(
    number: int, answer: Answer, language: Language, link: Link | None, room: int
) -> Message:
    heading = part(f"{number}. {one_line(answer.question, _QUESTION_UNITS)}", MessageEntity.BOLD)
    head = joined(heading, _opening(answer, language), by="\n")
    excerpt = answer.excerpts[0] if answer.answered else answer.closest
    if not answer.answered:
        refusal = part(language.say("The articles do not answer this."))
        near = part(said_before_closest(language, perhaps=answer.perhaps))
        closest = near if excerpt else _far(answer, language)
        head = joined(head, part("") if answer.perhaps else refusal, closest, by="\n")
    if excerpt is None:
        return head
    left = max(_CLOSEST_UNITS, room - units(head.text))
    quote = quoted(excerpt, language, citation=number, link=link, room=left)
    return joined(head, quote, by="\n")


def closest(
    answer: Answer,
    language: Language,
    *,
    number: int,
    shown: int | None = None,
    link: Link | None = None,
) -> Message:
    """Show the closest excerpts for a question that is not answered, marked as such."""
    said = part(said_before_several(language, perhaps=answer.perhaps))
    opening = joined(_opening(answer, language), said, by="\n\n")
    message, count = _quotes(opening, answer.excerpts[: shown or MORE], language, link)
    back = Button(language.say("‹ Back"), Press(Action.ANSWER, number))
    row = (back, *_reading_buttons(language, number, count))
    return Message(message.text, message.entities, (row,))


def why(
    answer: Answer,
    reasons: Sequence[Explanation],
    language: Language,
    *,
    number: int,
    shown: int,
    threshold: float,
    link: Link | None = None,
) -> Message:
    """Say why the excerpts were chosen.

    Args:
        answer: The answer to explain.
        reasons: One for each of its excerpts.
        language: Language of the interface.
        number: Number of the answer in the bot's memory.
        shown: Excerpts that the answer shows.
        threshold: Confidence below which nothing counts as answered, 0 to 1.
        link: See `answer`.
    """
    sure = language.say(
        "I am {confidence} sure that the articles answer this. "
        "Below {threshold} I say that they do not.",
        confidence=language.percent(answer.confidence),
        threshold=language.percent(threshold),
    )
    blocks = [
        joined(
            cited(excerpt, language, citation=citation, link=link),
            _reason(reason, language),
            by="\n",
        )
        for (citation, excerpt), reason in zip(answer.cited(), reasons, strict=False)
    ]
    message, _ = filled(part(sure), blocks[:shown])
    back = Button(language.say("‹ Back"), Press(Action.ANSWER, number, shown))
    return Message(message.text, message.entities, ((back,),))


def written_under(
    answer: Message, model: str, sentences: Sequence[str], language: Language
) -> Message:
    """Show sentences under an answer, whose buttons stay; cut if there is no room for all."""
    heading = _written_heading(model, language)
    room = TEXT_UNITS - units(answer.text) - units(heading.text) - len("\n\n\n")
    whole = joined(answer, joined(heading, _sentences(sentences, room), by="\n"), by="\n\n")
    return Message(whole.text, whole.entities, answer.buttons, answer.preview)


def has_room_for_written(answer: Message, model: str, language: Language) -> bool:
    """Whether a written answer is to stand under an answer, not in a message of its own."""
    largest = written_under(answer, model, ["x" * TEXT_UNITS], language)
    return fits(largest) and units(answer.text) <= TEXT_UNITS - _WRITTEN_ROOM_UNITS


def written_alone(model: str, sentences: Sequence[str], language: Language) -> Message:
    """Show sentences in a message that replies to the answer."""
    heading = _written_heading(model, language)
    return joined(heading, _sentences(sentences, TEXT_UNITS - units(heading.text) - 1), by="\n")


def cards(
    answer: Answer, language: Language, link: Link | None = None
) -> list[InlineQueryResultArticle]:
    """Make a card of each excerpt, at most ten; one that does not answer says so."""
    return [_card(answer, excerpt, language, link) for excerpt in answer.excerpts[:CARDS]]


def notice(text: str) -> Message:
    """Make a message of plain sentences that may quote somebody; its lines are kept."""
    lines = "\n".join(map(safe, text.split("\n")))
    return Message(shortened(lines.strip(), TEXT_UNITS))


def _reading_buttons(language: Language, number: int, shown: int) -> tuple[Button, ...]:
    """Make the buttons that open the first excerpt in its surroundings, and its article."""
    return (
        Button(language.say("Context"), Press(Action.CONTEXT, number, shown, 1)),
        Button(language.say("Article"), Press(Action.ARTICLE, number, shown, 1, key=CITED)),
    )


def _thumbs(number: int, shown: int = 0) -> tuple[Button, ...]:
    """Make the buttons of a vote."""
    return (
        Button("👍", Press(Action.UP, number, shown)),
        Button("👎", Press(Action.DOWN, number, shown)),
    )


def _opening(answer: Answer, language: Language) -> Message:
    """Say which question was searched, where it is not the one that was asked."""
    return joined(
        _understood(answer, language),
        _unknown_language(answer.unknown_language, language),
        *(_corrected(correction, language) for correction in answer.repairs),
        by="\n",
    )


def _understood(answer: Answer, language: Language) -> Message:
    if not answer.understood:
        return Message("")
    question = one_line(answer.understood, _UNDERSTOOD_UNITS)
    text = language.say("Understood as: {question}", question=question)
    return part(text.strip(), MessageEntity.ITALIC)


def _corrected(correction: Correction, language: Language) -> Message:
    text = language.say(
        "Searched for “{searched}” instead of “{written}”.",
        searched=one_line(correction.searched, _WORDS_UNITS),
        written=one_line(correction.written, _WORDS_UNITS),
    )
    return part(text.strip(), MessageEntity.ITALIC)


def _unknown_language(unknown: UnknownLanguage | None, language: Language) -> Message:
    if unknown is None:
        return Message("")
    languages = language.languages(unknown.languages)
    text = (
        language.say(
            "I understand questions in {languages} only, so I searched for: {words}",
            languages=languages,
            words=one_line(unknown.searched, _WORDS_UNITS),
        )
        if unknown.share
        else language.say(
            "I understand questions in {languages} only, and the articles have no word of yours.",
            languages=languages,
        )
    )
    return part(text.strip(), MessageEntity.ITALIC)


def _quotes(
    opening: Message, excerpts: Sequence[Excerpt], language: Language, link: Link | None
) -> tuple[Message, int]:
    blocks = [
        quoted(excerpt, language, citation=citation, link=link)
        for citation, excerpt in enumerate(excerpts, start=1)
    ]
    if blocks and not fits(joined(opening, blocks[0], by="\n\n")):
        room = TEXT_UNITS - (units(opening.text) + 2 if opening.text else 0)
        blocks[0] = quoted(excerpts[0], language, citation=1, link=link, room=room)
    return filled(opening, blocks)


def _reason(reason: Explanation, language: Language) -> Message:
    words = _words(term.word for term in reason.terms if term.place)
    missing = _words(term.word for term in reason.terms if not term.place)
    pairs = [pair for pair in reason.closest() if pair.word.casefold() != pair.match.casefold()]
    closest = _words(f"{pair.word} → {pair.match}" for pair in pairs[:_PAIRS])
    lines = []
    if words:
        lines.append(language.say("These words of yours stand in it: {words}", words=words))
    if words and missing:
        lines.append(language.say("These do not: {words}", words=missing))
    if closest:
        lines.append(language.say("Close in meaning: {words}", words=closest))
    if not lines:
        lines.append(language.say("None of your words stands in it; it is close in meaning."))
    return part("\n".join(lines))


def _words(words: Iterable[str]) -> str:
    return one_line(", ".join(words), _WORDS_UNITS)


def _written_heading(model: str, language: Language) -> Message:
    words = language.say(
        "Written by {model} from the excerpts above; what they do not support is left out:",
        model=one_line(model, _MODEL_UNITS),
    )
    return part(words, MessageEntity.ITALIC)


def _sentences(sentences: Sequence[str], room: int) -> Message:
    return part(shortened(safe(" ".join(sentences)), room))


def _card(
    answer: Answer, excerpt: Excerpt, language: Language, link: Link | None
) -> InlineQueryResultArticle:
    title = titled(excerpt.source)
    opening = part("")
    if answer.perhaps:
        opening = part(
            language.say(
                "Perhaps this answers “{question}”:",
                question=one_line(answer.searched, _QUESTION_UNITS),
            )
        )
    elif not answer.answered:
        title = language.say("Closest, not an answer: {title}", title=title)
        opening = part(
            language.say(
                "The articles do not answer “{question}”. This excerpt comes close:",
                question=one_line(answer.searched, _QUESTION_UNITS),
            )
        )
    room = TEXT_UNITS - units(opening.text) - len("\n\n")
    message = joined(opening, quoted(excerpt, language, link=link, room=room), by="\n\n")
    return InlineQueryResultArticle(
        id=_card_id(answer, excerpt),
        title=title,
        description=shortened(best_sentence(excerpt), _DESCRIPTION_UNITS) or None,
        input_message_content=message.content(),
    )


def _card_id(answer: Answer, excerpt: Excerpt) -> str:
    """Return an id of the excerpt's place: the same for every question and after a restart."""
    place = f"{excerpt.source.path}\0{excerpt.start}\0{excerpt.end}"
    digest = blake2b(place.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{answer.generation}-{digest}"
