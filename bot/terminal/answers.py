"""Drawings of an answer: its excerpts, each with its citation below; or what comes closest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from bot.display import (
    ACCENT,
    Readable,
    apart,
    line_from_right,
    link_to,
    plain,
    runs_from_right,
    shortened,
    visible,
)
from bot.encoder_choice import SWITCH
from bot.languages import ENGLISH, Language, said_before_closest, said_before_several
from bot.terminal.articles import title_of
from retrieval.articles import row_ends
from retrieval.types import Excerpt, Source

if TYPE_CHECKING:
    from bot.answers import Answer
    from retrieval.questions import Correction, UnknownLanguage

_BEST = f"bold {ACCENT}"
# So many other articles with the same words are named.
_ALSO = 3
_SENTENCE_CHARS, _TITLE_CHARS = 400, 100

_ROW_END = "\n"
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class AnswerDrawing:
    """An answer: its excerpts, then time and confidence.

    One that does not answer has only the sentence that comes closest, unless reasons are given.

    Attributes:
        reasons: What is drawn below each citation, then what is drawn at the end; see
            `reasons_below`.
        language: The language of what is said beside the excerpts.
        goes_on: Whether more can be asked for, as in a chat.
    """

    answer: Answer
    reasons: Sequence[RenderableType] = ()
    language: Language = ENGLISH
    goes_on: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as rich asks for."""
        yield Readable(*_answer(self.answer, self.reasons, self.language, self.goes_on))


@dataclass(frozen=True, slots=True)
class AnswersDrawing:
    """Answers to the questions of one message, each with its best excerpt.

    Attributes:
        asked: How many questions there were.
    """

    answers: Sequence[Answer]
    asked: int
    language: Language = ENGLISH

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        yield Readable(*_answers(self.answers, self.asked, self.language))


@dataclass(frozen=True, slots=True)
class ExcerptsDrawing:
    """The excerpts of an answer after the first `shown`, with their numbers.

    Before the first of what does not answer, it is said that they do not.

    Attributes:
        among: Whether the question was one of several, so that it is said which.
    """

    answer: Answer
    shown: int
    language: Language = ENGLISH
    among: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        yield Readable(*self._parts())

    def _parts(self) -> Iterator[RenderableType]:
        if self.among:
            question = apart(self.answer.question)
            yield Text(self.language.say("“{title}”", title=question), "bold")
            yield Text()
        if not (self.answer.answered or self.shown):
            yield Text(said_before_closest(self.language, perhaps=self.answer.perhaps), "dim")
        yield from _excerpts(self.answer, self.shown, self.language)


def _answers(answers: Sequence[Answer], asked: int, language: Language) -> Iterator[RenderableType]:
    for number, answer in enumerate(answers, start=1):
        yield Text(f"{number}. {apart(answer.question)}", "bold")
        yield from _notes(answer, language)
        excerpt = answer.excerpts[0] if answer.answered else answer.closest
        if not answer.answered:
            if not answer.perhaps:
                yield Text(language.say("The articles do not answer this."))
            near = (
                said_before_closest(language, perhaps=answer.perhaps)
                if excerpt
                else _far(answer, language)
            )
            yield Text(near, "dim")
        if excerpt is not None:
            yield _quotation(excerpt, answer.answered)
            yield citation_line(number, excerpt, answer.answered, language)
        yield Text()
    if asked > len(answers):
        count = language.number(len(answers))
        yield Text(language.say("I answer {count} questions at a time.", count=count), "dim")
        yield Text()
    yield Text(" · ".join(map(_measured, answers)), "dim")


def _answer(
    answer: Answer, reasons: Sequence[RenderableType], language: Language, goes_on: bool
) -> Iterator[RenderableType]:
    yield from _notes(answer, language)
    if not answer.answered and not answer.perhaps:
        yield Text(language.say("The articles do not answer this."), "bold")
        if not answer.excerpts:
            yield from reasons
            return
        if answer.far and not reasons:
            yield Text(_far(answer, language), "dim")
        yield Text()
    if answer.answered or reasons:
        if answer.perhaps:
            yield Text(said_before_several(language, perhaps=answer.perhaps), "bold")
        yield from _excerpts(answer, 0, language, reasons)
        yield Text()
    elif not answer.far:
        yield from _closest(answer, language, goes_on)
        yield Text()
    yield Text(_measured(answer), "dim")
    yield from reasons[len(answer.excerpts) :]


def _far(answer: Answer, language: Language) -> str:
    """Say that nothing comes near, and what else there is."""
    near = language.say("Nothing in them comes near.")
    among = language.say(
        "Among the articles are: {titles}.", titles=_titles(answer.nearest, language)
    )
    ask = language.say("Ask “What is this about?” to see what they hold.")
    return f"{near} {among} {ask}"


def _titles(articles: Sequence[Source], language: Language) -> str:
    return ", ".join(
        language.say("“{title}”", title=apart(shortened(one.title, _TITLE_CHARS)))
        for one in articles
    )


def _measured(answer: Answer) -> str:
    # A confidence never rounds to 100 %, as nothing is certain.
    confidence = f"confidence {min(100 * answer.confidence, 99):.0f} %"
    return f"{answer.elapsed_ms:,.0f} ms · {confidence}"


def _notes(answer: Answer, language: Language) -> Iterator[RenderableType]:
    """Draw how a question was understood and what was searched for it."""
    if answer.understood:
        question = apart(answer.understood)
        yield Text(language.say("Understood as: {question}", question=question), "dim")
        yield Text()
    if answer.unknown_language:
        yield Text(_unknown_language(answer.unknown_language, language), "dim")
        switch = language.say("For questions in all languages: {switch}", switch=SWITCH)
        yield Text(switch, "dim")
        yield Text()
    if answer.repairs:
        yield Text(" ".join(_corrected(one, language) for one in answer.repairs), "dim")
        yield Text()


def _closest(answer: Answer, language: Language, goes_on: bool) -> Iterator[RenderableType]:
    """Draw what comes closest, one sentence or what may answer, and name the next articles."""
    excerpt = answer.closest
    assert excerpt is not None, "an excerpt was found"
    yield Text(
        said_before_closest(language, perhaps=answer.perhaps), "bold" if answer.perhaps else "dim"
    )
    if not answer.perhaps:
        excerpt = replace(excerpt, text=shortened(excerpt.text, _SENTENCE_CHARS))
    yield _quotation(excerpt, answer.perhaps)
    yield citation_line(1, excerpt, answer.perhaps, language)
    titles = _titles(answer.near, language)
    also = language.say("Next closest: {titles}.", titles=titles) if titles else ""
    more = language.say("Say “more” for the closest excerpts.") if goes_on else ""
    if also or more:
        yield Text()
        yield Text(" ".join(filter(None, [also, more])), "dim")


def _corrected(correction: Correction, language: Language) -> str:
    return language.say(
        "Searched for “{searched}” instead of “{written}”.",
        searched=apart(correction.searched),
        written=apart(correction.written),
    )


def _unknown_language(found: UnknownLanguage, language: Language) -> str:
    languages = language.languages(found.languages)
    if not found.share:
        return language.say(
            "I understand questions in {languages} only, and the articles have no word of yours.",
            languages=languages,
        )
    return language.say(
        "I understand questions in {languages} only, so I searched for: {words}",
        languages=languages,
        words=apart(found.searched),
    )


def _excerpts(
    answer: Answer, shown: int, language: Language, reasons: Sequence[RenderableType] = ()
) -> Iterator[RenderableType]:
    for place, (number, excerpt) in islice(enumerate(answer.cited()), shown, None):
        if place > shown:
            yield Text()
        yield _quotation(excerpt, answer.answered)
        yield citation_line(number, excerpt, answer.answered, language)
        yield from reasons[place : place + 1]


@dataclass(frozen=True, slots=True)
class _Quotation:
    """Text with a bar on its left; a pipe gets no bar."""

    text: Text
    bar: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not options.is_terminal:
            yield self.text
            return
        bar = ("| " if options.ascii_only else "▎ ", self.bar)
        from_right = runs_from_right(self.text.plain)
        for line in self.text.wrap(console, max(1, options.max_width - 2)):
            line.rstrip()
            yield Text.assemble(bar, line_from_right(line) if from_right else line)


def _quotation(excerpt: Excerpt, answers: bool) -> _Quotation:
    text, best_style = (Text("“"), _BEST) if answers else (Text("“", "dim"), None)
    for run, best in _runs(excerpt):
        if run == _ROW_END:
            text.append(run)
            continue
        folded = _SPACE.sub(" ", run)
        if text.plain.endswith((" ", _ROW_END, "“")):
            folded = folded.lstrip()
        text.append(visible(folded), best_style if best else None)
    text.rstrip()
    return _Quotation(text.append("”"), ACCENT if answers else "dim")


def _runs(excerpt: Excerpt) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is highlighted, and the ends of table rows."""
    ends = row_ends(excerpt.text)
    places = [place for span in (*excerpt.highlights, *ends) for place in span]
    borders = sorted({0, len(excerpt.text), *places})
    for start, end in pairwise(borders):
        if any(first <= start < last for first, last in ends):
            if any(first == start for first, _ in ends):
                yield _ROW_END, False
        else:
            best = any(first <= start < last for first, last in excerpt.highlights)
            yield excerpt.text[start:end], best


def citation_line(
    number: int, excerpt: Excerpt, answers: bool, language: Language = ENGLISH
) -> Text:
    """Return an excerpt's citation; dimmer if it does not answer."""
    line = Text(style="" if answers else "dim", overflow="fold")
    line.append(f"[{number}] ", _BEST if answers else None)
    line.append_text(_reference(excerpt, language))
    also = _also(excerpt)
    if len(excerpt.also) > _ALSO:
        also += f" (+{language.number(len(excerpt.also) - _ALSO)})"
    if also:
        line.append(" ").append(f"· {language.say('also in {titles}', titles=also)}", "dim")
    return line


def quotation_text(excerpt: Excerpt, language: Language = ENGLISH) -> str:
    """Return an excerpt with a line that says where it is from, to be pasted elsewhere."""
    return plain(Group(_quotation(excerpt, True), _reference(excerpt, language)))


def _reference(excerpt: Excerpt, language: Language) -> Text:
    """Return title, date, place and address of an excerpt."""
    source = excerpt.source
    line = Text().append(title_of(source), link_to(source.url))
    place = language.place(excerpt.page, excerpt.paragraph, excerpt.last_paragraph)
    for part in filter(None, (source.iso_date, place, source.url and apart(source.url))):
        line.append(" ").append(f"· {part}", "dim")
    return line


def _also(excerpt: Excerpt) -> str:
    """Name the first articles that say the same, those whose title is another's by their path."""
    titles = Counter(map(title_of, (excerpt.source, *excerpt.also)))
    return ", ".join(
        title_of(one) if titles[title_of(one)] == 1 else apart(one.path)
        for one in excerpt.also[:_ALSO]
    )
