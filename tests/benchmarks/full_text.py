"""The full text search of Milvus beside that of tantivy: how many of the best ten both find.

python -m tests.benchmarks.full_text [--articles N]

Made up articles are searched in Milvus Lite by its BM25 function and in tantivy, with the same
questions: as the function cuts them into words itself; as the terms that Excerpta makes of them;
and these beside as many rows of an older generation, which a condition leaves out.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pymilvus import DataType, Function, FunctionType, MilvusClient

from retrieval.index import LexicalIndex
from retrieval.languages import terms
from tests.benchmarks.conditions import conditions
from tests.benchmarks.corpus import made_up

_BEST = 10


def own(text: str) -> str:
    """Return the terms that Excerpta makes of a text."""
    return " ".join(terms(text, "en"))


def found(
    texts: Sequence[str], questions: Sequence[str], words: Callable[[str], str], old: int
) -> list[list[int]]:
    """Return the best hits of each question, by BM25 of Milvus Lite.

    Args:
        texts: Texts that are searched.
        questions: Questions.
        words: Makes of each of them what Milvus is given.
        old: How many of the texts are there once more, in an older generation.
    """
    with tempfile.TemporaryDirectory() as folder:
        client = MilvusClient(f"{folder}/index.db")
        schema = client.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("text", DataType.VARCHAR, max_length=65_535, enable_analyzer=True)
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, ["text"], ["sparse"]))
        index = client.prepare_index_params()
        index.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
        client.create_collection("texts", schema=schema, index_params=index)
        rows = [*texts, *texts[:old]]
        client.insert("texts", [{"id": n, "text": words(text)} for n, text in enumerate(rows)])
        client.load_collection("texts")
        hits = client.search(
            "texts",
            data=[words(question) for question in questions],
            anns_field="sparse",
            limit=_BEST,
            filter=f"id < {len(texts)}",
            search_params={"metric_type": "BM25"},
        )
        return [[hit["id"] for hit in one] for one in hits]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=300)
    count = parser.parse_args().articles
    print(conditions())
    with tempfile.TemporaryDirectory() as name:
        questions = made_up(Path(name), count)[:500]
        texts = [path.read_text(encoding="utf-8") for path in sorted(Path(name).iterdir())]
    here = LexicalIndex.create(None)
    here.update(((n, "en", text) for n, text in enumerate(texts)), [])
    wanted = [list(here.search(question, ["en"], _BEST)) for question in questions]
    for what, words, old in (
        ("words of Milvus", str, 0),
        ("terms of Excerpta", own, 0),
        ("terms of Excerpta, half of the texts twice", own, len(texts) // 2),
    ):
        pairs = list(zip(wanted, found(texts, questions, words, old), strict=True))
        same = sum(len(set(a) & set(b)) for a, b in pairs)
        every = sum(len(set(a) | set(b)) for a, b in pairs)
        first = sum(a[:1] == b[:1] for a, b in pairs)
        print(
            f"{what}: {same / every:.3f} of the hits are in both, the first is the same for "
            f"{first / len(pairs):.3f} of {len(pairs)} questions"
        )


if __name__ == "__main__":
    main()
