"""What fewer and shorter codes of the chunks' tokens do to the answers.

python -m tests.benchmarks.codes FOLDER [--model NAME] [--others FILE] [--limit N] [--index FOLDER]
                                 [--only NAME ...]

FOLDER holds `articles/` and `questions.jsonl`, as for `excerpta evaluate`. Its passages are encoded
once more, for the token vectors, of which an index keeps the signs alone. From these the codes are
made in each way of the table, and with each the same questions are ranked, cut into excerpts and
judged. The scale of the confidence is moved as far as the scores, as a calibration would do. What
is learnt from token vectors is learnt from half of those of these very articles, which flatters it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from bot.build import open_library
from bot.evaluation import Question, gather_questions
from bot.evaluation.metrics import auroc, rank_of_answer
from bot.library import Library
from config import Settings
from embeddings import load
from retrieval.chunking import passage, short_title
from retrieval.index import Scale, StoredChunk
from retrieval.languages import terms
from retrieval.search import best_excerpts, similarity
from retrieval.search.confidence import confidence_of, features
from retrieval.search.excerpts import Window
from retrieval.search.late import TokenMatches
from retrieval.search.levels import Levels
from retrieval.search.ranking import Ranking, first_ranking, rank
from retrieval.search.word_spans import token_word_spans
from retrieval.types import ByteArray, FloatArray, Hit, IntArray
from tests.benchmarks.conditions import conditions

_EXCERPTS = 3
_PLACE_BYTES = 2
_PASSAGE_PROMPTS = {"english": "", "multilingual": "passage: "}
_LEARNT, _ROUNDS = 30_000, 40


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a chunk's passage.

    Attributes:
        vectors: (tokens, token_dim) float32 of unit length.
        starts: (tokens,) int32 offset of each in the chunk's text, -1 in the title.
        words: Number of the word that each belongs to, (tokens,), ascending.
        sentences: Number of the sentence, (tokens,), 0 for the title.
        telling: Whether each is of a word that is no stop word, (tokens,).
    """

    vectors: FloatArray
    starts: IntArray
    words: IntArray
    sentences: IntArray
    telling: NDArray[np.bool_]

    def merged(self, groups: IntArray) -> TokenVectors:
        """Put the mean of each group of tokens where the group begins; groups have numbers."""
        _, firsts, group = np.unique(groups, return_index=True, return_inverse=True)
        sums = np.zeros((len(firsts), self.vectors.shape[1]), dtype=np.float32)
        np.add.at(sums, group, self.vectors)
        order = np.argsort(firsts)
        return replace(self.of(firsts[order].astype(np.int32)), vectors=unit(sums[order]))

    def of(self, which: IntArray) -> TokenVectors:
        """Return some of the tokens."""
        return TokenVectors(
            *(self.vectors[which], self.starts[which], self.words[which]),
            *(self.sentences[which], self.telling[which]),
        )


@dataclass(frozen=True, slots=True)
class Coding:
    """A way to make codes of tokens, and to compare them with a question.

    Attributes:
        thinned: Returns the tokens that get a code.
        codes: Makes codes of token vectors.
        compare: Returns (question tokens, codes) similarities.
    """

    thinned: Callable[[TokenVectors], TokenVectors]
    codes: Callable[[FloatArray], ByteArray]
    compare: Callable[[FloatArray, ByteArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what is found for it, and the scores of all candidates of both retrievers."""

    question: Question
    ranking: Ranking
    dense: dict[int, float]
    lexical: dict[int, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question: the rank of its answer, if it is shown, and what is shown."""

    rank: int | None
    ranking: Ranking
    windows: Sequence[Window]

    @property
    def late(self) -> float:
        """The best late interaction of what is shown."""
        return max((window.late for window in self.windows), default=0.0)

    def confidence(self, scale: Scale) -> float:
        """Return the confidence on a scale."""
        ranking = replace(self.ranking, scale=scale)
        return confidence_of(features(ranking, self.windows), scale, ranking.encoder)


def unit(rows: FloatArray) -> FloatArray:
    """Return rows of unit length."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, 1e-9), dtype=np.float32)


def signs(vectors: FloatArray) -> ByteArray:
    """Return one bit a dimension, as the encoder does."""
    return np.packbits(vectors > 0, axis=1)


def places(which: Sequence[bool] | NDArray[np.bool_]) -> IntArray:
    """Return where something is true."""
    return np.flatnonzero(which).astype(np.int32)


def same(tokens: TokenVectors) -> TokenVectors:
    """Return all tokens: what an index has."""
    return tokens


def without_stop_words(tokens: TokenVectors) -> TokenVectors:
    """Return the tokens of words that tell something."""
    return tokens.of(places(tokens.telling)) if tokens.telling.any() else tokens


def words(tokens: TokenVectors) -> TokenVectors:
    """Return one token for a word."""
    return tokens.merged(tokens.words)


def pooled(tokens: TokenVectors) -> TokenVectors:
    """Merge the tokens of each sentence that are most alike, to half as many.

    Clavié, Chaffin & Adams, Reducing the Footprint of Multi-Vector Retrieval with Minimal
    Performance Impact via Token Pooling (2024), but that tokens of two sentences stay apart.
    """
    # It has no types.
    from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]

    groups = np.arange(len(tokens.starts), dtype=np.int32)
    for sentence in np.unique(tokens.sentences):
        own = np.flatnonzero(tokens.sentences == sentence)
        if len(own) > 2:
            tree = linkage(tokens.vectors[own], "ward")
            found = fcluster(tree, round(len(own) / 2), "maxclust")
            groups[own] = [int(own[found == one].min()) for one in found]
    return tokens.merged(groups)


def turned(thinned: Callable[[TokenVectors], TokenVectors], axes: FloatArray) -> Coding:
    """Return signs along other axes, (token_dim, bits)."""
    return Coding(
        thinned,
        lambda vectors: signs(vectors @ axes),
        lambda asked, codes: similarity(unit(asked @ axes), codes),
    )


def learnt_axes(vectors: FloatArray, bits: int) -> FloatArray:
    """Return the principal axes, turned so that signs tell the most.

    Gong & Lazebnik, Iterative Quantization (CVPR 2011).
    """
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    axes = axes[:, ::-1][:, :bits].astype(np.float32)
    near = unit(vectors @ axes)
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((bits, bits)))
    for _ in range(_ROUNDS):
        left, _, right = np.linalg.svd(np.sign(near @ turn).T @ near)
        turn = (left @ right).T
    return np.asarray(axes @ turn, dtype=np.float32)


def products(vectors: FloatArray, size: int) -> Coding:
    """Return product codes of so many bytes (Jégou, Douze & Schmid, 2011)."""
    quantizer = faiss.ProductQuantizer(vectors.shape[1], size, 8)
    quantizer.train(vectors)

    def compare(asked: FloatArray, codes: ByteArray) -> FloatArray:
        # Its types do not know what faiss adds for Python.
        decode: Callable[[ByteArray], FloatArray] = quantizer.decode  # type: ignore[assignment]
        decoded = unit(decode(np.ascontiguousarray(codes)))
        return np.asarray((decoded @ asked.T).T, dtype=np.float32)

    return Coding(same, quantizer.compute_codes, compare)


def codings(learnt: FloatArray) -> dict[str, Callable[[], Coding]]:
    """Return the codings by name, to be made when they are needed."""
    whole = np.eye(learnt.shape[1], dtype=np.float32)
    return {
        "as it is": lambda: Coding(same, signs, similarity),
        "192 bits, learnt axes": lambda: turned(same, learnt_axes(learnt, 192)),
        "product codes, 24 bytes": lambda: products(learnt, 24),
        "the first 192 bits": lambda: turned(same, whole[:, :192]),
        "one code a word": lambda: Coding(words, signs, similarity),
        "half as many, pooled": lambda: Coding(pooled, signs, similarity),
        "no stop words": lambda: Coding(without_stop_words, signs, similarity),
        "the first 256 bits": lambda: turned(same, whole[:, :256]),
        "a word, the first 256 bits": lambda: turned(words, whole[:, :256]),
    }


def tokens_of(library: Library, model: str) -> dict[int, tuple[StoredChunk, TokenVectors]]:
    """Return the chunks of a library, and the tokens of their passages that have a code."""
    # It gives the token vectors of questions, and with this prompt those of passages.
    encoder = load(model, query_prompt=_PASSAGE_PROMPTS[model])
    snapshot = library.searcher.snapshot
    found = {}
    for key, one in snapshot.chunks(snapshot.dense.ids.tolist()).items():
        head = passage(short_title(one.source.title, encoder.max_tokens, encoder.count_tokens), "")
        text = head + one.chunk.text
        encoded = encoder.encode_query(text)
        spans = token_word_spans(text, encoded.spans[:, 0].tolist())
        starts = np.maximum(encoded.spans[:, 0] - len(head), -1)
        begins = [sentence.start - one.chunk.start for sentence in one.chunk.sentences]
        numbers = {span: number for number, span in enumerate(dict.fromkeys(spans))}
        written = {span: text[slice(*span)] for span in numbers}
        telling = {span: bool(terms(word, one.source.language)) for span, word in written.items()}
        tokens = TokenVectors(
            encoded.tokens,
            starts,
            np.array([numbers[span] for span in spans], dtype=np.int32),
            np.searchsorted(begins, starts, side="right").astype(np.int32),
            np.array([telling[span] for span in spans], dtype=np.bool_),
        )
        kept = [
            start < 0 or any(map(str.isalnum, written[span]))
            for start, span in zip(starts.tolist(), spans, strict=True)
        ]
        found[key] = one, tokens.of(places(kept))
    return found


def asked_of(library: Library, question: Question) -> Asked:
    """Search for a question."""
    count = library.settings.search.candidates
    ranking = library.searcher.search(question.question)
    snapshot = library.searcher.snapshot
    lexical = snapshot.lexical.search(ranking.question, snapshot.languages, count)
    return Asked(question, ranking, snapshot.dense.search(ranking.query.vector, count), lexical)


class Trial:
    """Questions that are asked of the same chunks with codes of several kinds."""

    def __init__(
        self,
        chunks: dict[int, tuple[StoredChunk, TokenVectors]],
        asked: Sequence[Asked],
        excerpt_chars: int,
    ) -> None:
        self._chunks = chunks
        self._asked = asked
        self._chars = excerpt_chars
        self._base: list[Outcome] = []

    def row(self, name: str, coding: Coding) -> str:
        """Return a row of the table; the first is what others are compared with."""
        coded = {}
        for key, (_, tokens) in self._chunks.items():
            thinned = coding.thinned(tokens)
            coded[key] = coding.codes(thinned.vectors), thinned.starts
        size = np.mean([codes.nbytes + _PLACE_BYTES * len(codes) for codes, _ in coded.values()])
        began = time.process_time()
        found = [self._outcome(one, coding, coded) for one in self._asked]
        spent = 1000 * (time.process_time() - began) / len(found)
        self._base = self._base or found
        return f"| {name} | {size:,.0f} | {self._figures(found)} | {spent:.1f} |"

    def _scale_of(self, found: Sequence[Outcome]) -> Scale:
        """Move the scale of the index as far as the scores have moved."""
        scale = self._asked[0].ranking.scale
        before, after = (np.array([one.late for one in some]) for some in (self._base, found))
        ratio = float(after.std() / before.std())
        centre = after.mean() + ratio * (scale.late - before.mean())
        return replace(scale, late=float(centre), late_spread=scale.late_spread * ratio)

    def _figures(self, found: Sequence[Outcome]) -> str:
        pairs = list(zip(self._asked, found, self._base, strict=True))
        answerable = [(one, base) for asked, one, base in pairs if asked.question.answerable]
        first = np.array([one.rank == 1 for one, _ in answerable])
        before = np.array([base.rank == 1 for _, base in answerable])
        three = np.mean([one.rank is not None for one, _ in answerable])
        scale = self._scale_of(found)
        sure = [one.confidence(scale) for one, _ in answerable]
        others = [one.confidence(scale) for asked, one, _ in pairs if not asked.question.answerable]
        told = f"{auroc(sure, others):.4f}" if others else "–"
        return (
            f"{first.mean():.4f} (+{(first & ~before).sum()} -{(before & ~first).sum()}) | "
            f"{three:.4f} | {told}"
        )

    def _outcome(
        self, one: Asked, coding: Coding, coded: dict[int, tuple[ByteArray, IntArray]]
    ) -> Outcome:
        hits = self._hits(one, coding, coded)
        shown = best_excerpts(hits, _EXCERPTS, self._chars, one.ranking.question)
        return Outcome(
            rank_of_answer([excerpt.text for excerpt, _ in shown], one.question.answers),
            replace(one.ranking, hits=hits),
            [window for _, window in shown],
        )

    def _hits(
        self, one: Asked, coding: Coding, coded: dict[int, tuple[ByteArray, IntArray]]
    ) -> tuple[Hit, ...]:
        before = {hit.chunk_id: hit for hit in one.ranking.hits}
        first = first_ranking(one.dense, one.lexical)
        keys = [key for key in first if key in before]
        if not keys:
            return ()
        parts = [coded[key][0] for key in keys]
        compared = coding.compare(one.ranking.query.tokens, np.concatenate(parts))
        ends = np.cumsum([len(part) for part in parts])[:-1]
        matches = {
            key: TokenMatches(part, coded[key][1])
            for key, part in zip(keys, np.split(compared, ends, axis=1), strict=True)
        }
        return rank(
            {key: self._chunks[key][0] for key in keys},
            matches,
            {hit.source.language: hit.weights for hit in before.values()},
            first,
            one.dense,
            one.lexical,
            Levels(),
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--model", choices=sorted(_PASSAGE_PROMPTS), default="english")
    parser.add_argument("--others", type=Path, metavar="FILE", help="questions that nobody answers")
    parser.add_argument("--limit", type=int, metavar="N", help="questions of each file, at most")
    parser.add_argument("--index", type=Path, metavar="FOLDER", help="keep the index here")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="beside the first row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        overrides: dict[str, dict[str, object]] = {
            "articles": {"folder": options.folder / "articles"},
            "index": {"folder": options.index or Path(temporary)},
            "encoder": {"model": options.model},
        }
        library = open_library(Settings.load(None, overrides), lambda _: None)
        chunks = tokens_of(library, options.model)
        file = options.folder / "questions.jsonl"
        questions = gather_questions(file, options.limit, options.others)
        asked = [asked_of(library, one) for one in questions]
    every = np.concatenate([tokens.vectors[::2] for _, tokens in chunks.values()])
    learnt = np.random.default_rng(0).permutation(every)[:_LEARNT]
    count = sum(one.answerable for one in questions)
    print(f"{conditions()}\n{count:,} answerable, {len(questions) - count:,} not\n", flush=True)
    print("| codes | bytes a chunk | answer_at_1 | answer_at_3 | AUROC | ms |\n|" + "---|" * 6)
    trial = Trial(chunks, asked, library.settings.search.excerpt_chars)
    for number, (name, make) in enumerate(codings(learnt).items()):
        if not number or not options.only or name in options.only:
            print(trial.row(name, make()), flush=True)


if __name__ == "__main__":
    main()
