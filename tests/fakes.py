"""Stand-ins that speak this project's own protocols."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from config import ArticlesSettings
from retrieval.articles.folder import ArticleFile, read_bytes
from retrieval.articles.parser import Parser
from retrieval.articles.reading import parse
from retrieval.chunking import split_sentences
from retrieval.types import Article, ByteArray, FloatArray, IntArray, Sentence

_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Query:
    vector: FloatArray
    tokens: FloatArray
    spans: IntArray


@dataclass(frozen=True, slots=True)
class Passage:
    vector: FloatArray
    codes: ByteArray
    starts: IntArray


class ReadsHere(Parser):
    """Reads files in this process, as the parser's worker does in one of its own."""

    def __init__(self, articles: ArticlesSettings) -> None:
        super().__init__(articles)
        self._articles = articles
        self._path, self._data = "", b""

    def start(self) -> None:
        pass

    def read(self, file: ArticleFile) -> str:
        self._path = file.path
        self._data = read_bytes(self._articles.folder, file, self._articles.max_bytes)
        return hashlib.sha256(self._data).hexdigest()

    def parse(self) -> list[Article]:
        return parse(self._path, self._data, self.limits)

    def split(self, articles: Sequence[Article]) -> list[Iterator[Sentence]]:
        return [split_sentences(one.text, one.source.language) for one in articles]


class HashEncoder:
    """Encodes words by their hash: the same word gets the same unit vector, others unlike ones.

    Attributes:
        encoded: Every passage that was encoded, in order.
    """

    name = "hash"
    languages: frozenset[str] | None = None
    languages_common: Mapping[str, FloatArray] = {}
    max_tokens = 254

    def __init__(self, dim: int = 64, fingerprint: str = "hash-1") -> None:
        self.dim = dim
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(_WORD.findall(text)) for text in texts]

    def encode_query(self, text: str) -> Query:
        tokens, spans = self._tokens(text)
        return Query(self._vector(tokens), tokens, spans)

    def encode_passages(self, texts: Sequence[str]) -> list[Passage]:
        self.encoded.extend(texts)
        passages = []
        for text in texts:
            tokens, spans = self._tokens(text)
            codes = np.packbits(tokens > 0, axis=1)
            passages.append(Passage(self._vector(tokens), codes, spans[:, 0].copy()))
        return passages

    def _tokens(self, text: str) -> tuple[FloatArray, IntArray]:
        words = list(_WORD.finditer(text))[: self.max_tokens]
        tokens = np.zeros((len(words), self.dim), dtype=np.float32)
        for row, word in enumerate(words):
            tokens[row] = _unit_vector(word.group().lower(), self.dim)
        spans = np.array([word.span() for word in words], dtype=np.int32).reshape(-1, 2)
        return tokens, spans

    def _vector(self, tokens: FloatArray) -> FloatArray:
        total = tokens.sum(axis=0)
        norm = float(np.linalg.norm(total))
        unit: FloatArray = (total / norm if norm else total).astype(np.float32)
        return unit


@cache
def _unit_vector(word: str, dim: int) -> FloatArray:
    seed = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
    vector = np.random.default_rng(list(seed)).standard_normal(dim)
    unit: FloatArray = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit
