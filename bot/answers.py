"""Answers to questions: excerpts with their citation numbers, and a confidence."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile

from bot.errors import QuestionError
from bot.followups import REMEMBERED, Rule, understand_follow_up
from config import SearchSettings
from retrieval.index import Snapshot
from retrieval.questions import Correction, UnknownLanguage, in_one_script
from retrieval.search import (
    JUDGED,
    Explanation,
    Features,
    Ranking,
    Searcher,
    Window,
    absent_words,
    adjust_by_reader,
    best_excerpts,
    confidence_of,
    explain_excerpt,
    features,
    highlight_reading,
)
from retrieval.types import Excerpt, Reader, Source

# How much better an excerpt must match a completed question than the question alone, in spreads of
# the index's scale: if a word points back, and if the question is but short. Words of another
# subject cost a spread or two.
_WORSE, _BETTER = -0.4, 0.5
# How far below the centre of the scale, in spreads, the best excerpt of a question about something
# else matches, and that of one of whose words none is met.
_FAR, _FAR_WITHOUT_WORDS = -2.0, -1.0
# From this confidence on something comes near, whatever the scale of a few articles says.
_NEAR_CONFIDENCE = 0.2
# From this share of the threshold on the first excerpt answers more often than not: 52 of 102
# questions whose confidence lay between, in 31 folders of our own, and another excerpt 13 more.
_PERHAPS = 0.8
# Share of the first excerpt's score from which a further one is worth showing at once. On four sets
# in three languages that hid a third of the further ones, and the answer to one question in a
# hundred at most.
_WORTH = 0.8
# So many articles are named beside the first.
_NEAR = 2
# Corrected words are told together where no more than two others stand between them.
_NEIGHBOURS = re.compile(r"\s+(?:[\w'’-]+\s+){0,2}")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_BLANK_LINE = re.compile(r"\n\s*\n")
# These are C0, DEL, C1, surrogates, and the controls that reorder or hide text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        excerpts: The best is first. If `answered` is false, they are the closest excerpts, which
            do not answer.
        confidence: A number from 0 to 1.
        generation: The number of the index generation that was searched.
        understood: The question completed with words of an earlier one, if it refers to one, or
            written in Cyrillic, if it is in Latin letters.
        unknown_language: What was searched of a question in a language that the encoder does not
            know.
        corrected: The question, completed or not, without its typing errors, if it has any.
        corrections: The words that were corrected.
        near: The articles that come closest next to that of the first excerpt.
        perhaps: Whether it may answer all the same, if `answered` is false.
        far: Whether nothing comes near, so that what is closest says nothing about the question.
        first: The number that the first excerpt is cited by; more than 1 where other citations of
            the same message stand before it.
    """

    question: str
    excerpts: tuple[Excerpt, ...]
    answered: bool
    confidence: float
    generation: int
    elapsed_ms: float
    understood: str | None = None
    unknown_language: UnknownLanguage | None = None
    corrected: str | None = None
    corrections: tuple[Correction, ...] = ()
    near: tuple[Source, ...] = ()
    perhaps: bool = False
    far: bool = False
    first: int = 1

    @property
    def closest(self) -> Excerpt | None:
        """The first excerpt's sentence that comes closest; None if nothing comes near.

        If it may answer, it is the whole excerpt.
        """
        if not self.excerpts or self.far:
            return None
        first = self.excerpts[0]
        if self.perhaps:
            return first
        spans = (span for span in first.highlights if first.text[slice(*span)].strip())
        start, end = next(spans, (0, len(first.text)))
        return replace(
            first,
            paragraph=first.paragraph + len(_BLANK_LINE.findall(first.text, 0, start)),
            start=first.start + start,
            end=first.start + end,
            text=first.text[start:end],
            highlights=(),
            last_paragraph=None,
        )

    @property
    def nearest(self) -> tuple[Source, ...]:
        """The articles that come closest, that of the first excerpt included."""
        return (*(one.source for one in self.excerpts[:1]), *self.near)

    @property
    def searched(self) -> str:
        """The text that was searched: the question, completed and corrected if need be."""
        return self.corrected or self.understood or self.question

    @property
    def repairs(self) -> tuple[Correction, ...]:
        """The corrections as they are told: those of neighbours are one."""
        text = self.understood or self.question
        found: list[Correction] = []
        end = 0
        for one in self.corrections:
            start = max(end, text.find(one.written, end))
            between = text[end:start]
            end = start + len(one.written)
            if found and _NEIGHBOURS.fullmatch(between):
                last = found.pop()
                written, searched = last.written + between, last.searched + between
                one = Correction(written + one.written, searched + one.searched)
            found.append(one)
        return tuple(found)

    @property
    def remembered(self) -> str:
        """What later questions may lean on: what was searched, each name in its own alphabet."""
        text = self.searched
        for one in self.corrections:
            if not in_one_script(one.written, one.searched):
                text = text.replace(one.searched, one.written, 1)
        return text

    def cited(self) -> Iterator[tuple[int, Excerpt]]:
        """Yield each excerpt with its citation number."""
        return enumerate(self.excerpts, start=self.first)


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer with all that explains it.

    Attributes:
        ranking: All passages that were found, ranked.
        windows: The part of a passage that each excerpt is, in the order of the excerpts.
        judged: The features that the confidence was computed from.
    """

    answer: Answer
    ranking: Ranking
    windows: tuple[Window, ...]
    judged: Features

    def reasons(self) -> tuple[Explanation, ...]:
        """Explain each excerpt."""
        return tuple(explain_excerpt(self.ranking, window) for window in self.windows)


class Answerer:
    """Answers questions from one index; safe to call from several threads."""

    def __init__(
        self, searcher: Searcher, search: SearchSettings, reader: Reader | None = None
    ) -> None:
        self._searcher = searcher
        self._search = search
        self._reader = reader

    def answer(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> Answer:
        """Answer a question.

        Args:
            question: As it was asked.
            excerpts: Number of excerpts, as far as there are so many. Without it, an answer has at
                most that of the settings, and none that is much further off than the first.
            earlier: The earlier questions of the same person, as they were searched, oldest first.

        Raises:
            QuestionError: The question is empty or too long.
        """
        return self.trace(question, excerpts, earlier).answer

    def trace(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> Trace:
        """Answer as `answer` does, and return what explains the answer as well."""
        started = time.perf_counter()
        asked = check_question(question, self._search.max_question_chars)
        count = excerpts or self._search.excerpts
        read = self._searcher.in_cyrillic(asked)
        understood, result = self._find(read or asked, earlier, max(count, JUDGED))
        ranking, found, confidence = result.ranking, result.found, result.confidence
        if self._reader is not None:
            texts = [excerpt.text for excerpt, _ in found]
            readings = self._reader.read(ranking.question, texts)
            confidence = adjust_by_reader(confidence, readings[:JUDGED])
            found = [
                (highlight_reading(excerpt, reading), window)
                for (excerpt, window), reading in zip(found, readings, strict=True)
            ]
        answered = bool(found) and confidence >= self._search.threshold
        perhaps = not answered and confidence >= _PERHAPS * self._search.threshold
        found = found[:count]
        if answered and excerpts is None:
            found = found[: worth_showing([excerpt for excerpt, _ in found])]
        answer = Answer(
            question=asked,
            excerpts=tuple(excerpt for excerpt, _ in found),
            answered=answered,
            confidence=confidence,
            generation=ranking.generation,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            understood=understood or read,
            unknown_language=ranking.unknown_language,
            corrected=ranking.question if ranking.corrections else None,
            corrections=ranking.corrections,
            near=_near(result),
            perhaps=perhaps and not result.is_far,
            far=result.is_far,
        )
        windows = tuple(window for _, window in found)
        return Trace(answer, ranking, windows, result.judged)

    def _find(self, asked: str, earlier: Sequence[str], count: int) -> tuple[str | None, _Result]:
        """Search for a question, completed by the earlier ones if it leans on them.

        Returns:
            The completed question or None, and what was found.
        """
        snapshot = self._searcher.snapshot
        rarity = partial(_rarity, snapshot)
        follow_up = understand_follow_up(asked, earlier, snapshot.languages, rarity)
        if follow_up is None:
            return None, self._search_for(asked, count)
        completed: _Result | None = None
        if follow_up.rule in (Rule.ALWAYS, Rule.IF_ANSWERED):
            completed = self._search_for(follow_up.text, count)
            answered = completed.confidence >= self._search.threshold and completed.meets(asked)
            if follow_up.rule is Rule.ALWAYS or answered:
                return follow_up.text, completed
        alone = self._search_for(asked, count)
        completed = completed or self._search_for(follow_up.text, count)
        points_back = follow_up.rule is Rule.UNLESS_WORSE
        if not points_back and not completed.meets(asked):
            return None, alone
        # A question with a word that no article has may be about a subject of its own; in another
        # language than the articles', that word says nothing.
        rule = follow_up.rule
        across = alone.ranking.unknown_language is not None or alone.judged.across
        if absent_words(alone.ranking) and not across:
            rule = Rule.IF_ANSWERED if rule is Rule.UNLESS_WORSE else Rule.IF_SURER
        if self._prefers(completed, alone, rule):
            return follow_up.text, completed
        return None, alone

    def _prefers(self, completed: _Result, alone: _Result, rule: Rule) -> bool:
        """Whether a completed question finds enough to be searched instead of the question."""
        surer = completed.confidence > alone.confidence
        match rule:
            case Rule.IF_ANSWERED:
                return surer
            case Rule.IF_SURER:
                return surer and completed.confidence >= self._search.threshold
            case _:
                # If the earlier question was about something else, no excerpt has words of both.
                spreads = (completed.best - alone.best) / completed.ranking.scale.late_spread
                if rule is Rule.UNLESS_WORSE:
                    return spreads > _WORSE
                return spreads > _BETTER and completed.confidence >= self._search.threshold

    def _search_for(self, question: str, count: int) -> _Result:
        ranking = self._searcher.search(question)
        chars = self._search.excerpt_chars
        found = best_excerpts(ranking.hits, count, chars, ranking.question, question)
        judged = features(ranking, [window for _, window in found[:JUDGED]])
        confidence = confidence_of(judged, ranking.scale, ranking.encoder)
        if ranking.unknown_language is not None:
            confidence *= ranking.unknown_language.certainty
        return _Result(ranking, found, judged, confidence)


@dataclass(frozen=True, slots=True)
class _Result:
    """What was found for one text, and how likely that answers."""

    ranking: Ranking
    found: list[tuple[Excerpt, Window]]
    judged: Features
    confidence: float

    @property
    def best(self) -> float:
        """How well the best excerpt matches."""
        return max((window.late for _, window in self.found[:JUDGED]), default=0.0)

    def meets(self, asked: str) -> bool:
        """Whether an excerpt has of a completed question what was asked and what was added.

        Else one of both is another subject, which the excerpts are not about.
        """
        own = set(_WORD.findall(asked.casefold()))
        least = self.ranking.scale.late - self.ranking.scale.late_spread / 2
        for excerpt, window in self.found[:JUDGED]:
            title = _WORD.findall(excerpt.source.title.casefold())
            best: dict[bool, float] = {}
            for match in explain_excerpt(self.ranking, window).closest():
                word = match.word.casefold()
                share = 1.0 if word in title else match.similarity
                best[word in own] = max(share, best.get(word in own, 0.0))
            if min(best.values(), default=least) >= least:
                return True
        return False

    @property
    def is_far(self) -> bool:
        """Whether the question is about nothing that the articles are about."""
        unknown, scale = self.ranking.unknown_language, self.ranking.scale
        if unknown is not None and not unknown.share:
            return True
        if self.confidence >= _NEAR_CONFIDENCE:
            return False
        spreads = (self.judged.late - scale.late) / scale.late_spread
        worded = self.judged.coverage or self.judged.met
        return spreads < (_FAR if worded else _FAR_WITHOUT_WORDS)


def worth_showing(excerpts: Sequence[Excerpt]) -> int:
    """Return how many excerpts an answer opens with: those whose score is near the first's."""
    least = _WORTH * excerpts[0].score if excerpts else 0.0
    return len(list(takewhile(lambda excerpt: excerpt.score >= least, excerpts)))


def _rarity(snapshot: Snapshot, word: str) -> float:
    """Return how likely a word is what a question is about: how rare it is in the articles.

    What no article has is not, unless it may be a name that they write in another way.
    """
    return 0.0 if word[:1].islower() and not snapshot.has_word(word) else snapshot.rarity(word)


def _near(result: _Result) -> tuple[Source, ...]:
    """Return the articles that come closest after the first."""
    every = [
        *(excerpt.source for excerpt, _ in result.found),
        *(hit.source for hit in result.ranking.hits),
    ]
    others = {one.path: one for one in every if one.path != every[0].path}
    return tuple(others.values())[:_NEAR]


def fold_question(text: str) -> str:
    """Return a text on one line, without control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def fold_history(messages: Iterable[str]) -> list[str]:
    """Return what a program sends as earlier messages, as far back as a question may lean on."""
    return [text for text in map(fold_question, messages) if text][-REMEMBERED:]


def check_question(question: str, max_chars: int) -> str:
    """Return the question as it is searched: on one line, without control characters.

    Raises:
        QuestionError: It is empty or too long.
    """
    asked = fold_question(question)
    if not asked:
        raise QuestionError("The question is empty; ask something in a few words.")
    if len(asked) > max_chars:
        raise QuestionError(
            f"The question has {len(asked):,} characters, the limit is {max_chars:,}; "
            "ask it in fewer words.",
            len(asked),
            max_chars,
        )
    return asked
