"""The JSON documents that commands print; scripts rely on their keys."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bot.answers import Answer, Trace
from config import Settings
from retrieval.errors import RetrievalError
from retrieval.index import IndexReader
from retrieval.refresh import compare
from retrieval.search import Explanation, absent_words
from retrieval.types import Article, Source, Stage

# A post may have been sent thousands of times.
_ALSO = 100


def of_answer(answer: Answer, written: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an answer; offsets count characters of the article's text as `show` prints it."""
    return {
        "question": answer.question,
        "searched": answer.searched,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "generation": answer.generation,
        "elapsed_ms": round(answer.elapsed_ms, 2),
        "foreign": asdict(answer.unknown_language) if answer.unknown_language else None,
        "excerpts": [
            {
                "citation": number,
                "article": excerpt.source.path,
                "title": excerpt.source.title,
                "date": excerpt.source.iso_date,
                "url": excerpt.source.url,
                "page": excerpt.page,
                "paragraph": excerpt.paragraph,
                "last_paragraph": excerpt.last_paragraph or excerpt.paragraph,
                "start": excerpt.start,
                "end": excerpt.end,
                "text": excerpt.text,
                "highlights": [list(span) for span in excerpt.highlights],
                "score": round(excerpt.score, 4),
                "also": [
                    {
                        "article": source.path,
                        "title": source.title,
                        "date": source.iso_date,
                        "url": source.url,
                    }
                    for source in excerpt.also[:_ALSO]
                ],
            }
            for number, excerpt in answer.cited()
        ],
        "written": written,
    }


def of_trace(trace: Trace, written: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an answer with an explanation of each excerpt."""
    document = of_answer(trace.answer, written)
    for excerpt, explanation in zip(document["excerpts"], trace.reasons(), strict=True):
        excerpt["explanation"] = _explanation(explanation)
    judged = {name: round(value, 4) for name, value in asdict(trace.judged).items()}
    return {**document, "features": judged, "absent": list(absent_words(trace.ranking))}


def _explanation(explanation: Explanation) -> dict[str, Any]:
    return {
        "terms": [
            {
                "word": term.word,
                "searched": term.searched,
                "weight": round(term.weight, 4),
                "found": term.place,
            }
            for term in explanation.terms
        ],
        "pairs": [
            {
                "word": pair.word,
                "at": pair.at,
                "match": pair.match,
                "match_at": pair.match_at,
                "similarity": round(pair.similarity, 4),
                "share": round(pair.share, 4),
            }
            for pair in explanation.pairs
        ],
        "dense": _stage(explanation.dense),
        "lexical": _stage(explanation.lexical),
        "late": _stage(explanation.late),
        "rerank": _stage(explanation.rerank),
        "fused": _stage(explanation.fused),
        "bonus": round(explanation.boost, 4),
        "excerpt": round(explanation.excerpt, 4),
    }


def _stage(stage: Stage | None) -> dict[str, Any] | None:
    return {"rank": stage.rank, "score": round(stage.score, 4)} if stage else None


def of_article(article: Article) -> dict[str, Any]:
    """Return an article as it is indexed."""
    return {**of_source(article.source), "text": article.text}


def of_source(source: Source) -> dict[str, Any]:
    """Return what is known of an article, without its text."""
    return {
        "article": source.path,
        "title": source.title,
        "date": source.iso_date,
        "url": source.url,
        "author": source.author,
        "language": source.language,
        "tags": list(source.tags),
    }


def of_index(settings: Settings, store: IndexReader) -> dict[str, Any]:
    """Return the state of the index, and the model that it was made with."""
    origin, generation = store.origin, store.generation()
    return {
        "articles_folder": str(settings.articles.folder),
        "index_folder": settings.index.address,
        "generation": generation.number,
        "published": generation.published.isoformat() if generation.published else None,
        "articles": generation.articles,
        "chunks": generation.chunks,
        "skipped": _skipped(settings, store),
        "kept": ", ".join(str(one.number) for one in store.generations()),
        "held": store.held or None,
        "refused": store.refused or None,
        "encoder": origin.encoder,
        "encoder_chosen": origin.chosen or None,
        "fingerprint": origin.fingerprint,
        "dim": origin.dim,
        "vectors": store.dense_kind,
        "format": store.format,
        "bytes": store.size,
    }


def _skipped(settings: Settings, store: IndexReader) -> int:
    """Count the files that a refresh skips, as far as that shows without reading them."""
    try:
        found = compare(settings.articles, settings.index, settings.search.stores_tokens)
    except RetrievalError:
        found = None  # the folder is away, perhaps
    if found is not None:
        return len(found.files.skipped)
    return sum(bool(file.reason) for file in store.files(store.current()).values())
