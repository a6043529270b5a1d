"""Lexical candidates: BM25 with tantivy, over the terms of the article's language."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

import tantivy

from retrieval.errors import IndexFault
from retrieval.index.folder import remove_path
from retrieval.languages import FIELDS, OTHER, analyzer, field, indexed, terms

logger = logging.getLogger(__name__)

# The words of all languages as they stand, to find the one that a question misspells.
_WORDS = "words"
_MANIFEST = "manifest.json"
# Raise when analysis or schema change.
_FORMAT = 4
_HEAP_BYTES = 32_000_000
_BLOCK = 1 << 20


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # tantivy-py 0.27 deletes nothing by a term of an unsigned field, and does not say so.
    builder.add_integer_field("id", stored=False, indexed=True, fast=True)
    for name in FIELDS:
        builder.add_text_field(name, tokenizer_name=name, index_option="freq")
    builder.add_text_field(_WORDS, tokenizer_name=OTHER, index_option="basic")
    return builder.build()


class LexicalIndex:
    """A tantivy index on disk, derived from the store and in step with one of its generations.

    It is searched as it was when it was opened or last updated here, whoever else writes to it.
    """

    def __init__(self, index: tantivy.Index, folder: Path | None, generation: int) -> None:
        for name in FIELDS:
            index.register_tokenizer(name, analyzer(name))
        # Else a thread looks for commits, and writes a lock file even where the folder is deleted.
        index.config_reader(reload_policy="manual")
        self._index = index
        # Kept, for the index itself follows what is written to its folder.
        self._searcher = index.searcher()
        self._folder = folder
        self.generation = generation

    @classmethod
    def open(cls, folder: Path, store_key: str) -> LexicalIndex | None:
        """Open an index; None if it is missing, damaged, or was derived from another store."""
        try:
            manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
            if manifest["format"] != _FORMAT or manifest["store"] != store_key:
                return None
            # tantivy reads its files without checking them, and panics or finds less.
            if manifest["files"] != _checksums(folder):
                logger.info("the lexical index in %s is damaged", folder)
                return None
            return cls(tantivy.Index.open(str(folder)), folder, int(manifest["generation"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as exc:
            logger.debug("the lexical index in %s cannot be opened: %r", folder, exc)
            return None

    @classmethod
    def create(cls, folder: Path | None) -> LexicalIndex:
        """Create an empty index in place of whatever is there; in memory without a folder."""
        if folder is None:
            return cls(tantivy.Index(_schema()), None, 0)
        remove_path(folder)
        try:
            folder.mkdir(mode=0o700, parents=True)
            return cls(tantivy.Index(_schema(), path=str(folder), reuse=False), folder, 0)
        except (OSError, ValueError) as exc:
            raise _unwritable(folder, exc) from exc

    def update(
        self,
        passages: Iterable[tuple[int, str, str]],
        removed: Sequence[int],
        generation: int,
        store_key: str,
    ) -> None:
        """Bring the index to a generation; the same update may be done twice.

        Args:
            passages: Chunk id, language and text of what came after `self.generation`.
            removed: Ids of the chunks that went after `self.generation`.
            generation: Number of the generation that the index holds afterwards.
            store_key: Key of the store that it is derived from.
        """
        try:
            writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            for chunk_id in removed:
                writer.delete_documents_by_term("id", chunk_id)
            for chunk_id, language, text in passages:
                # An update that was cut off may have come as far as this chunk.
                writer.delete_documents_by_term("id", chunk_id)
                document = tantivy.Document()
                document.add_integer("id", chunk_id)
                document.add_text(field(language), indexed(text, language))
                document.add_text(_WORDS, text)
                writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._searcher = self._index.searcher()
            if self._folder is not None:
                _describe(self._folder, generation, store_key)
        except (OSError, ValueError) as exc:
            raise _unwritable(self._folder, exc) from exc
        self.generation = generation

    @property
    def chunks(self) -> int:
        """How many chunks it holds; those that went do not count."""
        return int(self._searcher.num_docs)

    def search(self, text: str, languages: Iterable[str], top_k: int) -> dict[int, float]:
        """Return BM25 scores by chunk id, best first; nothing if no term is left or matches."""
        queries = [
            (tantivy.Occur.Should, tantivy.Query.term_query(_schema(), name, term, "freq"))
            for name in sorted({field(language) for language in languages})
            for term in dict.fromkeys(terms(text, name))
        ]
        if not queries:
            return {}
        searcher = self._searcher
        hits = searcher.search(tantivy.Query.boolean_query(queries), top_k, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in hits])
        return {int(i or 0): float(score) for i, (score, _) in zip(ids, hits, strict=True)}

    def holds(self, term: str, language: str) -> bool:
        """Whether a chunk of a language has a term; one that went may count for a while."""
        return bool(self._searcher.doc_freq(field(language), term))

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
        ids = self._searcher.fast_field_values("id", [address for _, address in hits])
        return [int(i or 0) for i in ids]

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


def is_written(folder: Path) -> bool:
    """Whether an index was written to the folder to its end."""
    return (folder / _MANIFEST).is_file()


def is_panic(exc: BaseException) -> bool:
    """Whether tantivy failed at what no caller can help, as with files that changed under it."""
    return type(exc).__module__ == "pyo3_runtime"


def _describe(folder: Path, generation: int, store_key: str) -> None:
    """Write the manifest, which makes an index of what is in the folder."""
    manifest = {
        "format": _FORMAT,
        "store": store_key,
        "generation": generation,
        "files": _checksums(folder),
    }
    unfinished = folder / (_MANIFEST + ".draft")
    unfinished.write_text(json.dumps(manifest), encoding="utf-8")
    unfinished.replace(folder / _MANIFEST)


def _checksums(folder: Path) -> dict[str, int]:
    """Return the CRC-32 of each of tantivy's files."""
    return {
        path.name: _checksum(path)
        for path in folder.iterdir()
        if path.suffix not in (".lock", ".draft") and path.name != _MANIFEST
    }


def _checksum(path: Path) -> int:
    with path.open("rb") as file:
        crc = 0
        while block := file.read(_BLOCK):
            crc = crc32(block, crc)
    return crc


def _unwritable(folder: Path | None, exc: Exception) -> IndexFault:
    return IndexFault(
        f"the lexical index {folder or 'in memory'} cannot be written ({exc}); check that the disk "
        "has room and that the folder can be written"
    )


def _idf(documents: int, df: int) -> float:
    return math.log(1 + (documents - min(df, documents) + 0.5) / (df + 0.5))
