"""The documents that `--json` prints; scripts rely on their keys."""

from __future__ import annotations

from typing import Any

from bot.answers import Answer
from config import Settings
from retrieval.refresh import Report
from retrieval.store import Store
from retrieval.types import Article, Source


def of_answer(answer: Answer) -> dict[str, Any]:
    """Return an answer; offsets count characters of the article's text as `show` prints it."""
    return {
        "question": answer.question,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "generation": answer.generation,
        "elapsed_ms": round(answer.elapsed_ms, 2),
        "excerpts": [
            {
                "citation": number,
                "article": excerpt.source.path,
                "title": excerpt.source.title,
                "date": _date(excerpt.source),
                "url": excerpt.source.url,
                "paragraph": excerpt.paragraph,
                "start": excerpt.start,
                "end": excerpt.end,
                "text": excerpt.text,
                "highlights": [list(span) for span in excerpt.highlights],
                "score": round(excerpt.score, 4),
            }
            for number, excerpt in answer.cited()
        ],
    }


def of_report(report: Report) -> dict[str, Any]:
    """Return what a refresh did."""
    return {
        "generation": report.generation,
        "added": report.added,
        "modified": report.modified,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
        "skipped": [{"article": one.article, "reason": one.reason} for one in report.skipped],
        "chunks": report.chunks,
        "encoded": report.encoded,
        "elapsed_s": round(report.elapsed_s, 3),
    }


def of_article(article: Article) -> dict[str, Any]:
    """Return an article as indexed."""
    source = article.source
    return {
        "article": source.path,
        "title": source.title,
        "date": _date(source),
        "url": source.url,
        "author": source.author,
        "language": source.language,
        "tags": list(source.tags),
        "text": article.text,
    }


def of_index(settings: Settings, store: Store) -> dict[str, Any]:
    """Return what is indexed, and with which model."""
    generation = store.generation()
    skipped = [file for file in store.files().values() if file.reason]
    return {
        "articles_folder": str(settings.articles.folder),
        "index_folder": str(settings.index.folder),
        "generation": generation.number,
        "published": generation.published.isoformat() if generation.published else None,
        "articles": generation.articles,
        "chunks": generation.chunks,
        "skipped": len(skipped),
        "encoder": store.encoder,
        "fingerprint": store.fingerprint,
        "dim": store.dim,
        "format": store.format,
        "bytes": store.size(),
    }


def _date(source: Source) -> str | None:
    return source.date.isoformat() if source.date else None
