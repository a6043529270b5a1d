"""Lexical candidates: BM25 with tantivy, over the terms of the article's language."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

import tantivy

from retrieval.languages import (
    FIELDS,
    analyzer,
    field,
    indexed,
    names_in,
    plain_analyzer,
    sounds,
    terms,
)

# The words of all languages as they stand, to find the one that a question misspells.
_WORDS = "words"
# How its names sound, to find one that a question has in another romanisation or script.
_NAMES = "names"
LEXICAL_FORMAT = 18
"""Raise when analysis or schema change."""
# A name that sounds so long may differ in two sounds: Severodonetsk, Sievierodonetsk.
_LONG_NAME = 10
_HEAP_BYTES = 32_000_000


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # tantivy-py 0.27 deletes nothing by a term of an unsigned field, and does not say so.
    builder.add_integer_field("id", stored=False, indexed=True, fast=True)
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name=name, index_option="freq")
    builder.add_text_field(_WORDS, tokenizer_name=_WORDS, index_option="basic")
    builder.add_text_field(_NAMES, tokenizer_name="whitespace", index_option="basic")
    return builder.build()


class LexicalIndex:
    """A tantivy index of chunks, in memory or in a folder whose files are mapped into memory.

    It is searched as it was when it was opened or last updated here, whoever else writes to it.
    """

    def __init__(self, index: tantivy.Index) -> None:
        for name in FIELDS:
            index.register_tokenizer(name, analyzer(name))
        index.register_tokenizer(_WORDS, plain_analyzer())
        # Else a thread looks for commits, and writes a lock file even where the folder is deleted.
        index.config_reader(reload_policy="manual")
        self._index = index
        # Kept, for the index itself follows what is written to its folder.
        self._searcher = index.searcher()

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """Open the index of a folder, which nobody else may write to but by deleting it.

        Raises:
            ValueError: There is none.
        """
        return cls(tantivy.Index.open(str(folder)))

    @classmethod
    def create(cls, folder: Path | None) -> LexicalIndex:
        """Create an empty index in an empty folder; in memory without a folder."""
        if folder is None:
            return cls(tantivy.Index(_schema()))
        return cls(tantivy.Index(_schema(), path=str(folder), reuse=False))

    def update(self, passages: Iterable[tuple[int, str, str]], removed: Sequence[int]) -> None:
        """Add and remove chunks; the same update may be done twice.

        Args:
            passages: Id, language and text of the chunks that came.
            removed: Ids of the chunks that went.

        Raises:
            OSError, ValueError: The folder cannot be written.
        """
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for chunk_id in removed:
            writer.delete_documents_by_term("id", chunk_id)
        for chunk_id, language, text in passages:
            # Under another title it is there already. The writer keeps 1.4 KB of each deletion.
            if self._searcher.doc_freq("id", chunk_id):
                writer.delete_documents_by_term("id", chunk_id)
            document = tantivy.Document()
            document.add_integer("id", chunk_id)
            document.add_text(field(language), indexed(text, language))
            document.add_text(_WORDS, text)
            document.add_text(_NAMES, _heard_in(text))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    @property
    def chunks(self) -> int:
        """How many chunks it holds; those that went do not count."""
        return int(self._searcher.num_docs)

    def ids(self) -> set[int]:
        """Return the ids of all its chunks."""
        hits = self._searcher.search(tantivy.Query.all_query(), max(self.chunks, 1)).hits
        return set(self._ids(hits))

    def has(self, chunk_id: int, language: str, text: str) -> bool:
        """Whether a chunk is found by its id and each of its terms, words and sounds of names.

        Args:
            chunk_id: Id of the chunk.
            language: Language of its article.
            text: Its passage.
        """
        name = field(language)
        wanted: list[tuple[str, str | int, str]] = [
            ("id", chunk_id, "basic"),
            *((name, term, "freq") for term in set(terms(text, language))),
            *((_WORDS, term, "basic") for term in set(plain_analyzer().analyze(text))),
            *((_NAMES, term, "basic") for term in _heard_in(text).split()),
        ]
        query = tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, tantivy.Query.term_query(_schema(), *one)) for one in wanted]
        )
        return len(self._searcher.search(query, 2, count=False).hits) == 1

    def search(
        self,
        text: str,
        languages: Iterable[str],
        top_k: int,
        others: Mapping[str, float] = MappingProxyType({}),
    ) -> dict[int, float]:
        """Return BM25 scores by chunk id, best first; nothing if no term is left or matches.

        Args:
            text: Text whose terms are searched.
            languages: Languages of the articles.
            top_k: Chunks at most.
            others: Further words, each with its weight; a term of the text weighs 1.
        """
        known = sorted(set(languages))
        weights = {(field(one), term): 1.0 for one in known for term in terms(text, one)}
        for word, weight in others.items():
            for one in known:
                for term in terms(word, one):
                    weights.setdefault((field(one), term), weight)
        queries = [
            (tantivy.Occur.Should, _weighed(tantivy.Query.term_query(_schema(), *key, "freq"), one))
            for key, one in weights.items()
        ]
        if not queries:
            return {}
        searcher = self._searcher
        hits = searcher.search(tantivy.Query.boolean_query(queries), top_k, count=False).hits
        return {i: float(score) for i, (score, _) in zip(self._ids(hits), hits, strict=True)}

    def holds(self, term: str, language: str) -> bool:
        """Whether a chunk of a language has a term; one that went may count for a while."""
        return bool(self._searcher.doc_freq(field(language), term))

    def _ids(self, hits: Sequence[tuple[object, tantivy.DocAddress]]) -> list[int]:
        found = self._searcher.fast_field_values("id", [address for _, address in hits])
        return [int(i or 0) for i in found]

    def near(self, word: str, edits: int, without: Iterable[str], top_k: int) -> list[int]:
        """Return ids of chunks with a word that is at most so many edits from a given one.

        Args:
            word: Word in lower case.
            edits: Letters put in, left out, replaced, or swapped with the next; 1 or 2.
            without: Words, in lower case, that the chunks are not to hold.
            top_k: Chunks at most.
        """
        fuzzy = tantivy.Query.fuzzy_term_query(_schema(), _WORDS, word, edits)
        clauses = [(tantivy.Occur.Must, fuzzy)]
        for other in without:
            query = tantivy.Query.term_query(_schema(), _WORDS, other, "basic")
            clauses.append((tantivy.Occur.MustNot, query))
        query = tantivy.Query.boolean_query(clauses)
        hits = self._searcher.search(query, top_k, count=False).hits
        return self._ids(hits)

    def with_names_like(self, heard: Iterable[str], without: str, top_k: int) -> list[int]:
        """Return ids of chunks with a name that sounds about as one of these, see `sounds`.

        Args:
            heard: How the name sounds.
            without: Word, in lower case, that the chunks are not to hold.
            top_k: Chunks at most.
        """
        clauses = [
            (
                tantivy.Occur.Should,
                tantivy.Query.fuzzy_term_query(_schema(), _NAMES, one, distance=edits),
            )
            for one in heard
            for edits in range(3 if len(one) >= _LONG_NAME else 2)
        ]
        other = tantivy.Query.term_query(_schema(), _WORDS, without, "basic")
        clauses.append((tantivy.Occur.MustNot, other))
        query = tantivy.Query.boolean_query(clauses)
        return self._ids(self._searcher.search(query, top_k, count=False).hits)

    def with_words(self, words: Iterable[str], top_k: int) -> list[int]:
        """Return ids of chunks with all these words, in lower case, just as they stand."""
        clauses = [
            (tantivy.Occur.Must, tantivy.Query.term_query(_schema(), _WORDS, word, "basic"))
            for word in words
        ]
        query = tantivy.Query.boolean_query(clauses)
        return self._ids(self._searcher.search(query, top_k, count=False).hits)

    def chunks_with(self, word: str) -> int:
        """Return how many chunks hold a word, in lower case, just as it stands."""
        return self._searcher.doc_freq(_WORDS, word)

    def rarity(self, term: str, languages: Iterable[str]) -> float:
        """Return a term's inverse document frequency, 0 to 1: 1 for a term of one chunk or none.

        Robertson's form, ln(1 + (n - df + 0.5) / (df + 0.5)), over its value at df = 1.
        """
        searcher = self._searcher
        names = {field(language) for language in languages}
        df = sum(searcher.doc_freq(name, term) for name in names)
        return (
            1.0 if not df else _idf(searcher.num_docs, df) / max(_idf(searcher.num_docs, 1), 1e-9)
        )


def _weighed(query: tantivy.Query, weight: float) -> tantivy.Query:
    return query if weight == 1 else tantivy.Query.boost_query(query, weight)


def _heard_in(text: str) -> str:
    return " ".join({heard for name in names_in(text) for heard in sounds(name)})


def is_panic(exc: BaseException) -> bool:
    """Whether tantivy failed at what no caller can help, as with files that changed under it."""
    return type(exc).__module__ == "pyo3_runtime"


def _idf(documents: int, df: int) -> float:
    return math.log(1 + (documents - min(df, documents) + 0.5) / (df + 0.5))
