"""Sample messages, one of each view, drawn as text: `python -m tests.bot.telegram.specimens [DIR]`.

The command writes the golden files anew, after a change that is wanted; read their difference
before it is committed. In the folder, if one is named, it draws every message in every language, as
on a phone, to be looked at. In the golden files an entity is `«kind»...«/kind»`, a word joiner is
`‿`, and a button is `[text | its callback data or address]`.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from telegram import InputTextMessageContent

from bot.answers import Answer
from bot.conversation import Continuation, Introduction
from bot.languages import LANGUAGES, Language
from bot.telegram.views import answers as views
from bot.telegram.views import conversation, notices, reading
from bot.telegram.views.answers import cards
from bot.telegram.views.message import Action, Entity, Message, Press
from bot.telegram.views.quotes import cited_span
from retrieval.errors import IndexFault
from retrieval.questions.spelling import Correction
from retrieval.search.explain import Explanation, QueryTerm, TermPlace, WordMatch
from retrieval.types import Article, Excerpt, Source, Stage

from .emulator import units
from .picture import draw

GOLDEN = Path(__file__).parent / "golden"

CORVIDS = Article(
    Source(
        path="corvids.md",
        title="How crows remember us",
        date=dt.date(2024, 5, 3),
        url="https://example.org/corvids",
        author="A. Crow",
    ),
    "Faces\n\n"
    "Crows tell people apart by their faces. Those who trapped them were scolded years later, "
    "even by birds that had not been there. Write to crows@example.org if you were.\n\n"
    "How long they remember\n\n"
    "The longest grudge on record lasted 17 years. It ended when the last bird that had been "
    "caught was gone. Nobody knows whether its young had learned it.\n\n"
    "Magpies\n\n"
    "Magpies know themselves in a mirror. They are the only birds that are known to.",
)
CORVIDS = replace(
    CORVIDS,
    headings=tuple(map(CORVIDS.text.index, ("Faces\n", "How long they remember\n", "Magpies\n"))),
)
MAGPIES = Article(
    Source(path="magpies.pdf", title="Magpies, #thieves?", date=dt.date(2021, 11, 30)),
    "Magpies steal nothing that glitters. In tests they avoided shiny things.",
)


def excerpt(article: Article, text: str, best: str, paragraph: int, score: float) -> Excerpt:
    start = article.text.index(text)
    place = text.index(best)
    highlights = ((place, place + len(best)),)
    end = start + len(text)
    return Excerpt(article.source, paragraph, start, end, text, highlights, score)


GRUDGE = excerpt(
    CORVIDS,
    "The longest grudge on record lasted 17 years. It ended when the last bird that had been "
    "caught was gone.",
    "The longest grudge on record lasted 17 years.",
    paragraph=4,
    score=0.91,
)
FACES = excerpt(
    CORVIDS,
    "Crows tell people apart by their faces. Those who trapped them were scolded years later, "
    "even by birds that had not been there. Write to crows@example.org if you were.",
    "Those who trapped them were scolded years later, even by birds that had not been there.",
    paragraph=2,
    score=0.8,
)
THIEVES = replace(
    excerpt(MAGPIES, "Magpies steal nothing that glitters.", "Magpies steal nothing", 1, score=0.4),
    page=12,
)

ANSWERED = Answer(
    question="How long do crows hold a grudge?",
    excerpts=(GRUDGE, FACES, THIEVES),
    answered=True,
    confidence=0.93,
    generation=4,
    elapsed_ms=12.0,
)
FOLLOW_UP = Answer(
    question="And magpies?",
    excerpts=(THIEVES, GRUDGE, FACES),
    answered=False,
    confidence=0.21,
    generation=4,
    elapsed_ms=12.0,
    understood="How long do magpies hold a grudge?",
    near=(CORVIDS.source,),
)
MISSPELT = replace(
    ANSWERED,
    question="How long do crows hold a grugde?",
    corrected="How long do crows hold a grudge?",
    corrections=(Correction("grugde", "grudge"),),
)
REASONS = (
    Explanation(
        terms=(
            QueryTerm("grudge", "grudge", 0.9, TermPlace.EXCERPT),
            QueryTerm("hold", "hold", 0.7, None),
            QueryTerm("crows", "crows", 0.4, TermPlace.TITLE),
        ),
        pairs=(
            WordMatch("grudge", 22, "grudge", 12, 0.71, 0.1, telling=True),
            WordMatch("hold", 15, "lasted", 29, 0.52, 0.07, telling=True),
            WordMatch("?", 28, ".", 44, 0.4, 0.06, telling=False),
        ),
        dense=Stage(1, 0.71),
        lexical=Stage(1, 9.31),
        late=Stage(2, 0.75),
        rerank=None,
        fused=Stage(1, 1.0),
        boost=0.0,
        excerpt=0.78,
    ),
    Explanation(
        terms=(QueryTerm("grudge", "grudge", 0.9, None), QueryTerm("hold", "hold", 0.7, None)),
        pairs=(),
        dense=Stage(2, 0.69),
        lexical=None,
        late=Stage(4, 0.6),
        rerank=None,
        fused=Stage(2, 0.8),
        boost=0.0,
        excerpt=0.64,
    ),
)


def _article(language: Language) -> Message:
    return reading.article(
        CORVIDS,
        language,
        page=None,
        press=lambda page: Press(Action.ARTICLE, 7, 2, 1, page),
        back=Press(Action.ANSWER, 7, 2),
        marked=cited_span(GRUDGE),
    )


def _link(source: Source) -> str:
    return f"https://t.me/emulated_bot?start={source.path.partition('.')[0]}"


def _card(answer: Answer, language: Language) -> Message:
    card = cards(answer, language)[0]
    content = card.input_message_content
    assert isinstance(content, InputTextMessageContent)
    head = f"id: {card.id}\ntitle: {card.title}\ndescription: {card.description}\n\n"
    return Message(
        head + content.message_text,
        tuple(
            Entity(one.type, units(head) + one.offset, one.length, one.url)
            for one in content.entities
        ),
    )


SPECIMENS: dict[str, Callable[[Language], Message]] = {
    "answer": lambda language: views.answer(ANSWERED, language, number=7, more=True, preview=True),
    "repaired": lambda language: views.answer(
        MISSPELT, language, number=7, more=True, preview=True
    ),
    "unanswered": lambda language: views.unanswered(FOLLOW_UP, language, number=7),
    "closest": lambda language: views.closest(FOLLOW_UP, language, number=7),
    "why": lambda language: views.why(
        ANSWERED, REASONS, language, number=7, shown=2, threshold=0.5
    ),
    "context": lambda language: reading.context(
        CORVIDS, GRUDGE, language, number=7, shown=2, citation=1, citations=2
    ),
    "article": _article,
    "sources": lambda language: reading.sources(
        [MAGPIES.source, CORVIDS.source],
        language,
        page=0,
        link=_link,
    ),
    "several": lambda language: views.several(
        [ANSWERED, FOLLOW_UP], language, number=7, asked=4, link=_link
    ),
    "more": lambda language: conversation.reply(
        Continuation(language.code, replace(ANSWERED, first=2), 1), _link
    ),
    "card": lambda language: _card(ANSWERED, language),
    "closest-card": lambda language: _card(FOLLOW_UP, language),
    "introduction": lambda language: notices.introduction(
        language,
        Introduction("On crows, @magpies & co.", ("Who remembers faces?", "Do magpies steal?")),
    ),
    "refusal": lambda language: notices.refusal(language, wait_s=33.2),
    "busy": lambda language: notices.refusal(language, wait_s=0),
    "unreachable": lambda language: notices.sorry(language, IndexFault("gone")),
    "help": lambda language: notices.help_text(language, "emulated_bot"),
    "notice": lambda _: views.notice("Ask @me, not x.org."),
}
TRANSLATED = ("answer", "unanswered", "why", "introduction", "refusal")
CASES = [
    *((name, "en") for name in SPECIMENS),
    *((name, code) for code in ("uk", "ru", "de") for name in TRANSLATED),
]


def golden(name: str, code: str) -> tuple[Path, str]:
    """Return where a specimen's golden file is, and what is to be in it."""
    return GOLDEN / f"{name}.{code}.txt", drawn(SPECIMENS[name](LANGUAGES[code]))


def drawn(message: Message) -> str:
    """Draw a message as text that shows its entities, buttons and preview."""
    marks: defaultdict[int, list[str]] = defaultdict(list)
    for entity in sorted(message.entities, key=lambda one: (one.offset, -one.length)):
        kind = str(entity.type)
        marks[entity.offset].append(f"«{kind} {entity.url}»" if entity.url else f"«{kind}»")
        marks[entity.offset + entity.length].insert(0, f"«/{kind}»")
    text = ""
    place = 0
    for character in [*message.text, ""]:
        text += "".join(marks.pop(place, [])) + character
        place += units(character)
    lines = [text.replace("\u2060", "‿"), ""]
    lines += [
        " ".join(
            f"[{button.text} | {button.press.encode() if button.press else button.url}]"
            for button in row
        )
        for row in message.buttons
    ]
    if message.preview:
        lines.append(f"preview: {message.preview}")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    for file, wanted in (golden(*case) for case in CASES):
        file.write_text(wanted, encoding="utf-8")
    for folder in map(Path, sys.argv[1:]):
        for code, language in LANGUAGES.items():
            messages = [(name, make(language)) for name, make in SPECIMENS.items()]
            (folder / f"{code}.svg").write_text(draw(messages), encoding="utf-8")
