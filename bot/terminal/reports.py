"""Reports of a refresh, its preview and a rollback, in words and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.display import apart, counted
from retrieval.articles import Skipped
from retrieval.index import Generation
from retrieval.refresh import Preview, RefreshReport


def report_text(report: RefreshReport) -> str:
    """Describe what a refresh did, in a line about articles, one about chunks, and its notes."""
    articles = counted(report.added + report.modified + report.unchanged, "article")
    changes = {
        "added": report.added - report.renamed,
        "renamed": report.renamed,
        "modified": report.modified,
        "deleted": report.deleted - report.renamed,
        "unchanged": report.unchanged,
    }
    parts = [f"{number:,} {what}" for what, number in changes.items() if number]
    if report.skipped:
        parts.append(f"{counted(len(report.skipped), 'file')} skipped")
    rebuilt = ", made again from nothing" if report.rebuilt else ""
    return "\n".join(
        [
            f"{articles}: {', '.join(parts)}",
            f"{counted(report.chunks, 'chunk')}, {report.encoded:,} encoded{rebuilt} · "
            f"{report.elapsed_s:,.1f} s",
            *map(apart, report.notes),
        ]
    )


def skipped_text(skipped: Iterable[Skipped]) -> str:
    """Return a line for each skipped file, with the reason."""
    return "\n".join(f"skipped {apart(one.article)}: {apart(one.reason)}" for one in skipped)


def preview_text(preview: Preview) -> str:
    """Return a line for each file that a refresh would add, change or drop, then a summary."""
    renamed = dict(preview.renamed)
    changes = [
        *(f"renamed {apart(old)} -> {apart(new)}" for old, new in preview.renamed),
        *(f"added {apart(path)}" for path in preview.added if path not in renamed.values()),
        *(f"modified {apart(path)}" for path in preview.modified),
        *(f"deleted {apart(path)}" for path in preview.deleted if path not in renamed),
    ]
    summary = (
        f"{counted(len(changes), 'change')}, {counted(preview.unchanged, 'file')} unchanged; "
        "nothing was written"
    )
    return "\n".join([*changes, *filter(None, [skipped_text(preview.skipped)]), summary])


def generation_text(generation: Generation) -> str:
    """Describe the generation that the index has gone back to."""
    return (
        f"generation {generation.number} has the {counted(generation.articles, 'article')} of "
        f"generation {generation.content}; the index stays there until excerpta refresh is run"
    )


def report_document(report: RefreshReport) -> dict[str, Any]:
    """Return the report of a refresh as `--json` prints it."""
    return {
        "generation": report.generation,
        "added": report.added,
        "modified": report.modified,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
        "renamed": report.renamed,
        "rebuilt": report.rebuilt,
        "skipped": _skipped(report.skipped),
        "chunks": report.chunks,
        "encoded": report.encoded,
        "notes": list(report.notes),
        "elapsed_s": round(report.elapsed_s, 3),
    }


def preview_document(preview: Preview) -> dict[str, Any]:
    """Return what a refresh would do, as `--json` prints it."""
    return {
        "dry_run": True,
        "added": preview.added,
        "modified": preview.modified,
        "deleted": preview.deleted,
        "renamed": [{"from": old, "to": new} for old, new in preview.renamed],
        "unchanged": preview.unchanged,
        "skipped": _skipped(preview.skipped),
    }


def generation_document(generation: Generation) -> dict[str, Any]:
    """Return a generation of the index as `--json` prints it."""
    return {
        "generation": generation.number,
        "content": generation.content,
        "published": generation.published.isoformat() if generation.published else None,
        "articles": generation.articles,
        "chunks": generation.chunks,
    }


def _skipped(skipped: Iterable[Skipped]) -> list[dict[str, str]]:
    return [{"article": one.article, "reason": one.reason} for one in skipped]
