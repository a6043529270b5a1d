"""The searcher: from a question to ranked chunks, by all stages of the search in turn."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from config import SearchSettings
from retrieval.chunking import passage
from retrieval.index import (
    FixedSnapshot,
    IndexReader,
    LiveSnapshot,
    Scale,
    Snapshot,
    StoredChunk,
    is_panic,
    scale_that_ships,
)
from retrieval.languages import language_of_question, terms
from retrieval.questions import (
    SpelledQuestion,
    Vocabulary,
    detect_unknown_language,
    in_cyrillic,
    is_name,
    other_names,
    readings,
    today,
)
from retrieval.search.late import match_tokens
from retrieval.search.levels import Levels
from retrieval.search.preferences import Preferences
from retrieval.search.ranking import Ranking, Reranking, first_ranking, question_weights, rank
from retrieval.search.word_spans import token_word_spans
from retrieval.types import Encoder

logger = logging.getLogger(__name__)


# Chunks whose tokens are compared with the question's: the best of the fused candidates.
LATE_CANDIDATES = 20
# In spreads of the best late interaction: see `_is_meant`.
_CLEARLY = 0.4
# In a longer question one word moves little, and two searches take long.
_TRIED_CHARS = 300


class Searcher:
    """Searches the current generation of an index; safe to call from several threads.

    A question takes the snapshot that it finds and keeps it.
    """

    def __init__(
        self,
        snapshots: LiveSnapshot | FixedSnapshot,
        encoder: Encoder,
        search: SearchSettings,
        reranking: Reranking | None = None,
        today: Callable[[], dt.date] = today,
    ) -> None:
        self._snapshots = snapshots
        self._encoder = encoder
        self._settings = search
        self._reranking = reranking
        self._today = today

    @classmethod
    def open(
        cls,
        store: IndexReader,
        folder: Path,
        encoder: Encoder,
        search: SearchSettings,
        reranking: Reranking | None = None,
        today: Callable[[], dt.date] = today,
        reopen: Callable[[], Encoder] | None = None,
    ) -> Searcher:
        """Open a searcher of the current generation of an index folder, whose store this is."""
        snapshots = LiveSnapshot(store, folder, encoder, reopen)
        return cls(snapshots, encoder, search, reranking, today)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that was loaded last."""
        return self._snapshots.current

    @property
    def encoder(self) -> Encoder:
        """The encoder of the snapshot that was loaded last."""
        return self.snapshot.encoder or self._encoder

    @property
    def shipped_scale(self) -> Scale:
        """The scale of an index of this encoder that has none of its own."""
        return scale_that_ships(self._encoder.name)

    def reload(self) -> bool:
        """Search the current generation from now on; see `LiveSnapshot.reload`."""
        return self._snapshots.reload()

    def pinned(self) -> Searcher:
        """Return a searcher of the snapshot that was loaded last, whatever is published later."""
        return Searcher(
            FixedSnapshot(self.snapshot),
            self._encoder,
            self._settings,
            self._reranking,
            self._today,
        )

    def is_name(self, word: str) -> bool | None:
        """Return whether the articles write a word as a name; see `names.is_name`."""
        snapshot = self._snapshots.latest()
        return is_name(word, self._with_encoder_of(snapshot)._vocabulary(snapshot))

    def in_cyrillic(self, question: str) -> str | None:
        """Return a question in Latin letters as it is searched; see `questions.in_cyrillic`.

        The words of the snapshot that was loaded last tell; the search looks for a newer one.
        """
        snapshot = self.snapshot
        try:
            return in_cyrillic(question, self._with_encoder_of(snapshot)._vocabulary(snapshot))
        except BaseException as exc:
            # The search makes it again.
            if not is_panic(exc):
                raise
            return None

    def search(self, question: str, without: frozenset[int] = frozenset()) -> Ranking:
        """Rank the chunks that may answer; none if the encoder sees no token in the question.

        Args:
            question: Question as it is asked.
            without: Ids of chunks that are passed over.
        """
        snapshot = self._snapshots.latest()
        try:
            return self._with_encoder_of(snapshot)._search(snapshot, question, without)
        except BaseException as exc:
            if not is_panic(exc):
                raise
            logger.warning("the lexical index is damaged and is made again")
        snapshot = self._snapshots.replace_lexical(snapshot)
        return self._with_encoder_of(snapshot)._search(snapshot, question, without)

    def _with_encoder_of(self, snapshot: Snapshot) -> Searcher:
        """Return this searcher, or one like it if the index was made again with another encoder."""
        encoder = snapshot.encoder
        if encoder is None or encoder is self._encoder:
            return self
        return Searcher(self._snapshots, encoder, self._settings, self._reranking, self._today)

    def _search(self, snapshot: Snapshot, question: str, without: frozenset[int]) -> Ranking:
        preferences = Preferences.of(question, self._today())
        vocabulary = self._vocabulary(snapshot)
        unknown = detect_unknown_language(question, self._encoder, vocabulary)
        if unknown is not None:
            tried = [SpelledQuestion(unknown.searched, ())]
        else:
            tried = readings(question, vocabulary)
        if len(question) > _TRIED_CHARS:
            del tried[:-1]
        ranking = self._ranked(snapshot, tried[0], vocabulary, preferences, without)
        for reading in tried[1:]:
            guess = self._ranked(snapshot, reading, vocabulary, preferences, without)
            if _is_meant(guess, ranking):
                ranking = guess
        hits = ranking.hits
        if self._reranking is not None:
            hits = self._reranking.rerank(ranking.question, hits)
        if preferences:
            hits = preferences.boosted(hits)
        return replace(ranking, hits=hits, unknown_language=unknown)

    def _ranked(
        self,
        snapshot: Snapshot,
        reading: SpelledQuestion,
        vocabulary: Vocabulary,
        preferences: Preferences,
        without: frozenset[int],
    ) -> Ranking:
        question = reading.question
        query = self._encoder.encode_query(question)
        by_language = {
            language: {
                term: snapshot.lexical.rarity(term, [language])
                for term in dict.fromkeys(terms(question, language))
            }
            for language in snapshot.languages
        }
        top_k = self._settings.candidates + len(without)
        asked_in = language_of_question(question, frozenset(snapshot.languages))
        levels = Levels()
        if self._is_multilingual:
            levels = Levels.of(query.vector, snapshot, self._encoder.languages_common)
        lexical = snapshot.lexical.search(
            question, snapshot.languages, top_k, other_names(question, vocabulary)
        )
        lexical = _some(snapshot.without_others(lexical), self._settings.candidates, without)
        if levels.by_language:
            risen, languages = levels.search(
                query.vector, snapshot, self._settings.candidates, without
            )
            first = first_ranking(
                risen, lexical, [key for key in risen if languages[key] != asked_in]
            )
            dense = {key: score + levels.dense(languages[key]) for key, score in risen.items()}
        else:
            dense = snapshot.dense.search(query.vector, top_k)
            dense = _some(dense, self._settings.candidates, without)
            first = first_ranking(dense, lexical)
        # What a question prefers may stand far down in a long list of near-equal chunks.
        candidates = list(first)[: None if preferences else LATE_CANDIDATES]
        chunks = snapshot.chunks(candidates)
        found = {key: chunks[key] for key in candidates if key in chunks}
        if preferences:
            found = _preferred(preferences, first, found)
        matches = match_tokens(
            question, query, found, self._settings.late_interaction, self._encoder
        )
        spans = token_word_spans(question, query.spans[:, 0].tolist())
        words = [question[slice(*span)] for span in spans]
        weights = {
            language: question_weights(words, rarities, language, asked_in)
            for language, rarities in by_language.items()
        }
        absent = {
            language: frozenset(term for term in of if not snapshot.lexical.holds(term, language))
            for language, of in by_language.items()
        }
        return Ranking(
            question,
            rank(found, matches, weights, first, dense, lexical, levels),
            by_language,
            snapshot.generation.number,
            query,
            absent,
            corrections=reading.corrections,
            scale=snapshot.scale or self.shipped_scale,
            encoder=self._encoder.name,
            multilingual=self._is_multilingual,
        )

    @property
    def _is_multilingual(self) -> bool:
        known = self._encoder.languages
        return known is None or len(known) > 1

    def _vocabulary(self, snapshot: Snapshot) -> Vocabulary:
        def texts(ids: Sequence[int]) -> Iterable[str]:
            for stored in snapshot.chunks(ids).values():
                yield passage(stored.source.title, stored.chunk.text)

        return Vocabulary(
            snapshot.lexical,
            snapshot.languages,
            texts,
            self._encoder.count_tokens,
            whole_words=not self._is_multilingual,
        )


def _is_meant(guess: Ranking, asked: Ranking) -> bool:
    """Whether a question with words repaired finds clearly more than as it was asked.

    Right words of another subject have some of the articles near to them, too, but find nothing
    more with these. What was meant fits the rest of the question, about as well as an answer does.
    """
    scale = asked.scale
    margin = _CLEARLY * scale.late_spread
    return guess.best_late >= max(asked.best_late, scale.late - 2 * margin) + margin


def _some(scores: dict[int, float], count: int, without: frozenset[int]) -> dict[int, float]:
    kept = [key for key in scores if key not in without][:count]
    return {key: scores[key] for key in kept}


def _preferred(
    preferences: Preferences, first: Mapping[int, float], found: dict[int, StoredChunk]
) -> dict[int, StoredChunk]:
    """Keep as many candidates as without preferences: the best once boosts count."""
    boosts = preferences.boosts({key: (one.source, one.chunk.text) for key, one in found.items()})
    order = sorted(found, key=lambda key: -first[key] - boosts.get(key, 0.0))
    kept = set(order[:LATE_CANDIDATES])
    return {key: one for key, one in found.items() if key in kept}
