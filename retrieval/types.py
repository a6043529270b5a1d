"""The values that pass through retrieval, one type per stage, and the models it asks for.

    Article -> Chunk -> Hit -> Excerpt

Offsets count characters (Python string indices) of an article's text as it is indexed. Scores are
higher for better and can be compared within one question only. Ranks and paragraphs count from 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Texts, so that who reads files or looks whether any changed does not import NumPy.
FloatArray: TypeAlias = "NDArray[np.float32]"
ByteArray: TypeAlias = "NDArray[np.uint8]"
IntArray: TypeAlias = "NDArray[np.int32]"


@dataclass(frozen=True, slots=True)
class Source:
    """What a citation says of an article.

    Attributes:
        path: Path relative to the articles folder, with forward slashes; identifies the article.
        title: Title, never empty.
        language: ISO 639-1 code, lower case.
    """

    path: str
    title: str
    date: dt.date | None = None
    url: str | None = None
    author: str | None = None
    language: str = "en"
    tags: tuple[str, ...] = ()

    @property
    def iso_date(self) -> str | None:
        """The date as ISO 8601 writes it, "2026-03-05"; None if there is none."""
        return self.date.isoformat() if self.date else None


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it is indexed: plain text without markup, its only control a line feed.

    Attributes:
        pages: Offset of each page's beginning in the text; empty for a file without pages.
        headings: Offset of each paragraph that is a heading, in order.
        titled: Whether it declares its title, which is else made from its path or its beginning.
    """

    source: Source
    text: str
    pages: tuple[int, ...] = ()
    titled: bool = True
    headings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's place in its article, without the white space around it.

    Attributes:
        page: Page that it begins on; 0 in an article without pages.
        heading: Whether its paragraph is a heading.
    """

    start: int
    end: int
    paragraph: int
    page: int = 0
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences, `text` being `article.text[start:end]`."""

    text: str
    sentences: tuple[Sentence, ...]

    def __hash__(self) -> int:
        # That of its sentences takes far longer, and tells hardly any chunk from another.
        return hash(self.text)

    @property
    def start(self) -> int:
        """Offset of the first character in the article."""
        return self.sentences[0].start

    @property
    def end(self) -> int:
        """Offset behind the last character in the article."""
        return self.sentences[-1].end

    def text_of(self, first: Sentence, last: Sentence | None = None) -> str:
        """Return one of its sentences, or all from one to another."""
        start = self.start
        return self.text[first.start - start : (last or first).end - start]


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage of the search made of a chunk."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found, what each stage made of it, and how its tokens match the question's.

    Attributes:
        score: Fused score of all stages.
        dense: Rank and cosine; None if the chunk is not among the dense candidates.
        lexical: Rank and BM25 score; None if it is not among the lexical candidates.
        late: Rank and score of late interaction with the whole chunk.
        similarity: (question tokens, chunk tokens) float32, cosine-like, see `late.similarity`.
        starts: (chunk tokens,) offset of each token in the chunk's text, -1 for one of the title.
        weights: (question tokens,) float32 of sum 1, see `late.token_weights`.
        rerank: Rank and score of the reranker; None if there is none.
        boost: Part of `score` for preferences that the chunk meets, see `search.preferences`.
        also: Other names of the same article.
        level: Late interaction that any passage in its language has, see `search.levels`.
    """

    chunk_id: int
    source: Source
    chunk: Chunk
    rank: int
    score: float
    dense: Stage | None
    lexical: Stage | None
    late: Stage
    similarity: FloatArray = field(repr=False, compare=False)
    starts: IntArray = field(repr=False, compare=False)
    weights: FloatArray = field(repr=False, compare=False)
    rerank: Stage | None = None
    boost: float = 0.0
    also: tuple[Source, ...] = ()
    level: float = 0.0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Whole sentences of one article; `text` is `article.text[start:end]`.

    Attributes:
        paragraph: Paragraph of the first sentence.
        highlights: (start, end) pairs in `text`: the sentences, or a reader's words, that answer
            best.
        also: Other articles that say the same in the same words, copies of this one among them.
        page: Page of the first sentence; None in an article without pages.
        last_paragraph: Paragraph of the last sentence; None if it is that of the first.
    """

    source: Source
    paragraph: int
    start: int
    end: int
    text: str
    highlights: tuple[tuple[int, int], ...]
    score: float
    also: tuple[Source, ...] = ()
    page: int | None = None
    last_paragraph: int | None = None


class QueryEncoding(Protocol):
    """A question as the encoder sees it."""

    @property
    def vector(self) -> FloatArray:
        """(dim,) float32 of unit length, or zeros for a text without tokens."""

    @property
    def tokens(self) -> FloatArray:
        """(tokens, token_dim) float32, rows of unit length; without special and prompt tokens."""

    @property
    def spans(self) -> IntArray:
        """(tokens, 2) int32: start and end of each token in the text that was given."""


class PassageEncoding(Protocol):
    """A passage as the encoder sees it, its tokens as one bit a dimension."""

    @property
    def vector(self) -> FloatArray:
        """(dim,) float32 of unit length, or zeros for a text without tokens."""

    @property
    def codes(self) -> ByteArray:
        """(tokens, ceil(token_dim / 8)) uint8: `np.packbits(token vector > 0)`."""

    @property
    def starts(self) -> IntArray:
        """(tokens,) int32: offset of each token in the text that was given."""


class Encoder(Protocol):
    """What retrieval needs of an encoder; `embeddings` has one and `bot.build` hands it over."""

    @property
    def name(self) -> str:
        """The model's name for people."""

    @property
    def fingerprint(self) -> str:
        """Identifies the model: differs wherever the same text could get another vector."""

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""

    @property
    def languages(self) -> frozenset[str] | None:
        """Languages that the model knows, ISO 639-1; None for many, or if it does not tell."""

    @property
    def languages_common(self) -> Mapping[str, FloatArray]:
        """What passages in a language have in common, less what all have; where that is known.

        (dim,) float32 by ISO 639-1 code.
        """

    @property
    def max_tokens(self) -> int:
        """Tokens of a passage that the model reads, special and prompt tokens not counted."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens not counted, nothing cut."""

    def encode_query(self, text: str) -> QueryEncoding:
        """Encode a question; what exceeds the model's window is cut."""

    def encode_passages(self, texts: Sequence[str]) -> Sequence[PassageEncoding]:
        """Encode passages, in the order given; what exceeds the model's window is cut."""


class Reranker(Protocol):
    """What retrieval needs of a model that reads question and passage together to rank passages."""

    def score(self, question: str, passages: Sequence[str]) -> FloatArray:
        """Score passages: (passages,) float32, any real number, higher is better."""


class Reading(Protocol):
    """The words of a passage that answer a question best.

    Scores compare within one question only: the words answer if `score` is above `no_answer`.
    """

    @property
    def start(self) -> int:
        """Offset of the first character in the passage."""

    @property
    def end(self) -> int:
        """Offset behind the last character in the passage."""

    @property
    def score(self) -> float:
        """How likely these words are the answer, any real number."""

    @property
    def no_answer(self) -> float:
        """How likely the passage holds no answer, on the same scale."""


class Reader(Protocol):
    """What retrieval needs of a model that finds the words of a passage that answer."""

    def read(self, question: str, passages: Sequence[str]) -> Sequence[Reading | None]:
        """Find the best words of each passage; None in a passage that has none."""
