"""Calibration: an index is asked cloze questions made from its own articles, to find its scale.

Each is asked twice: of all articles, and with its article and what is most like it left out, which
then is a question about something else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np

from retrieval.errors import IndexFault
from retrieval.index import SHIPPED, Calibration, IndexReader, Scale, StoredChunk
from retrieval.languages import columns, joined, split_compounds, terms
from retrieval.search.confidence import JUDGED, best_cosine, features
from retrieval.search.excerpts import best_excerpts
from retrieval.search.ranking import Ranking
from retrieval.search.searcher import Searcher

# Raise when the questions come to be made, or scores measured, in another way.
_QUESTIONS_VERSION = "3"
# Enough for the spread within 7 %, and asked within about two seconds.
_PAIRS = 60
# Half of a search lets go of Python's lock: more at a time would wait for it.
_AT_ONCE = 2
# Sentences that are looked at for each question at most.
_TRIES = 5
# A shorter sentence is a heading or says little, a longer one is a table or a list.
_SENTENCE_COLUMNS = range(50, 401)
# Share of the chunks, and number at least, that are left out with a question's article, the nearest
# to it: where articles say the same several times, or were cut into files, they would still answer.
_LEFT_OUT, _LEFT_OUT_AT_LEAST = 0.05, 5
# A calibration is out of date once this share of its chunks came or went.
_OTHER = 0.1
# From so many pairs of questions on, an index's own scale counts alone.
_ENOUGH = 50
# A spread of nothing would make any difference infinite.
_LEAST_SPREAD = 0.001
# Share and number at most of the words with a meaning that a question keeps, and the share of the
# title's words that it leaves away.
_KEPT, _MOST, _UNTITLED = 0.45, 6, 0.3
_LEAST_WORDS, _LEAST_KEPT = 4, 2
# Question words by language: for a number, for a name, for anything else.
_ASKING = {
    "en": ("How many", "Who", "What"),
    "uk": ("Скільки", "Хто", "Що"),
    "ru": ("Сколько", "Кто", "Что"),
    "de": ("Wie viele", "Wer", "Was"),
}

# Two scores of a question that the articles answer, and of the same without what answers it.
_Pair = tuple[tuple[float, float], tuple[float, float]]


def needs_calibration(store: IndexReader) -> bool:
    """Whether the current generation has no calibration of its own or of a generation near it."""
    state = store.generation()
    last = store.calibrations.of(state.content)
    if last is None or last.questions_version != _QUESTIONS_VERSION:
        return True
    came = store.calibrations.chunks_after(last.newest, state.number)
    went = last.chunks + came - state.chunks
    return came + went > _OTHER * last.chunks


def calibrate(searcher: Searcher, excerpt_chars: int) -> Calibration:
    """Measure an index's scale by two searches a question; equal articles give equal questions.

    All are asked of one generation, whatever is published meanwhile.

    Args:
        searcher: Searcher of the index.
        excerpt_chars: Most characters of an excerpt.

    Raises:
        IndexFault: That generation is not kept any more.
    """
    searcher = searcher.pinned()
    snapshot = searcher.snapshot
    store, generation = snapshot.store, snapshot.generation

    def scores(asked: tuple[str, int, frozenset[int]]) -> _Pair | None:
        question, source, own = asked
        count = max(_LEFT_OUT_AT_LEAST, round(_LEFT_OUT * generation.chunks))
        without = own | snapshot.dense.alike(source, count).keys()
        far = searcher.search(question, without)
        # In a folder of few articles nothing is left.
        if not far.hits:
            return None
        near = searcher.search(question)
        return _scores(near, excerpt_chars), _scores(far, excerpt_chars)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        pairs = list(filter(None, pool.map(scores, _questions(store, generation.number))))
    # Else questions may be missing, or have been made of what a later one has.
    if not store.keeps(generation.number):
        raise IndexFault(
            f"generation {generation.number} of the index {store.name} is not kept any "
            "more, as others were published; run excerpta refresh, which calibrates the last one"
        )
    return Calibration(
        scale_of([near for near, _ in pairs], [far for _, far in pairs], searcher.shipped_scale),
        generation.content,
        generation.chunks,
        len(pairs),
        _QUESTIONS_VERSION,
        max(snapshot.dense.ids.tolist(), default=0),
    )


def _questions(store: IndexReader, generation: int) -> Iterator[tuple[str, int, frozenset[int]]]:
    """Yield a question, the chunk that answers it, and all chunks of its article."""
    articles = store.calibrations.chunks(generation)
    # Not for secrets: the same articles are to give the same questions.
    chance = random.Random(0)
    chance.shuffle(articles)
    seen = set()
    made = 0
    for turn in range(_TRIES * _PAIRS if articles else 0):
        own = articles[turn % len(articles)]
        source = chance.choice(own)
        stored = store.chunks([source], generation).get(source)
        text = _sentence(stored, chance) if stored else None
        if stored is None or text is None or text in seen:
            continue
        seen.add(text)
        question = cloze(text, stored.source.title, stored.source.language, chance)
        if question is not None:
            yield question, source, frozenset(own)
            made += 1
        if made == _PAIRS:
            return


def _sentence(stored: StoredChunk, chance: random.Random) -> str | None:
    chunk = stored.chunk
    text = chunk.text_of(chance.choice(chunk.sentences))
    return text if columns(text) in _SENTENCE_COLUMNS else None


def _scores(ranking: Ranking, excerpt_chars: int) -> tuple[float, float]:
    windows = [window for _, window in best_excerpts(ranking.hits, JUDGED, excerpt_chars)]
    return features(ranking, windows).late, best_cosine(ranking)


def scale_of(
    answered: Sequence[tuple[float, float]],
    unanswered: Sequence[tuple[float, float]],
    shipped: Scale = SHIPPED,
) -> Scale:
    """Measure the scale from late and dense scores of questions.

    Args:
        answered: Scores of questions that the articles answer.
        unanswered: Scores of as many that they do not.
        shipped: Scale of which the result has the more, the fewer questions there are.
    """
    if not answered:
        return shipped
    yes, no = np.array(answered), np.array(unanswered)
    centres = (yes.mean(axis=0) + no.mean(axis=0)) / 2
    spreads = np.sqrt((yes.var(axis=0) + no.var(axis=0)) / 2).clip(_LEAST_SPREAD)
    found = np.stack([centres, spreads], axis=1).ravel()
    from_others = np.array([*asdict(shipped).values()])
    own = min(1.0, len(yes) / _ENOUGH)
    return Scale(*(own * found + (1 - own) * from_others).tolist())


def cloze(sentence: str, title: str, language: str, chance: random.Random) -> str | None:
    """Return a question that the sentence answers; None if it says too little.

    What answers and most other words are taken out, after Lewis, Denoyer & Riedel, Unsupervised
    Question Answering by Cloze Translation (ACL 2019). Such questions read badly, but their late
    interaction with the articles is that of questions people ask.

    Args:
        sentence: Sentence of an article.
        title: Title of the article.
        language: Language of the article, ISO 639-1.
        chance: Chooses the words.
    """
    words = split_compounds(sentence)
    meanings = [set(terms(word, language)) for word in words]
    telling = [n for n, meaning in enumerate(meanings) if meaning]
    if len(telling) < _LEAST_WORDS:
        return None
    answer, asking = _answer(words, telling, language, chance)
    titled = set(terms(title, language))
    left = [
        n
        for n in telling
        if n not in answer and not (meanings[n] & titled and chance.random() < _UNTITLED)
    ]
    if len(left) < _LEAST_KEPT:
        return None
    count = max(_LEAST_KEPT, min(_MOST, round(len(left) * _KEPT)))
    kept = set(chance.sample(left, count))
    # A word without a meaning of its own stays before the word that it belongs to.
    parts = [
        words[n]
        for n in range(min(kept), max(kept) + 1)
        if n in kept or (not meanings[n] and n + 1 in kept)
    ]
    return f"{joined([asking, *parts] if asking else parts)}?"


def _answer(
    words: Sequence[str], telling: Sequence[int], language: str, chance: random.Random
) -> tuple[set[int], str]:
    """Choose a number, else a name, else any word, with the capitalised words around it."""
    numbers = [n for n in telling if any(map(str.isdigit, words[n]))]
    names = [n for n in telling if n and words[n][0].isupper()]
    chosen = chance.choice(numbers or names or telling)
    answer = {chosen}
    for step in (-1, 1):
        at = chosen + step
        while at in telling and (words[at][0].isupper() or words[at][0].isdigit()):
            answer.add(at)
            at += step
    number, name, other = _ASKING.get(language, ("", "", ""))
    return answer, number if numbers else name if names else other
