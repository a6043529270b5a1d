"""The articles folder: what in it is not read, and where the index is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config import ArticlesSettings, IndexSettings
from retrieval.articles import Found, Skipped, unread, walk
from retrieval.formats.parsing import READERS
from retrieval.health.finding import REFRESH, Finding, Kind, are, counted, note, warning
from retrieval.plan import Recipe, preview
from retrieval.rows import FileState
from retrieval.store import Store


def unreadable(articles: ArticlesSettings, store: Store | None) -> Iterator[Finding]:
    """Find what looks like an article and is not served, and files of kinds that nobody reads.

    Raises:
        ArticlesError: The folder is missing or unreadable.
    """
    found = walk(articles.folder, articles.max_bytes)
    if found.unlisted:
        count = len(found.unlisted)
        yield warning(
            Kind.UNLISTED,
            f"{counted(count, 'folder')} cannot be listed; articles in it that are indexed stay so",
            "let the user who runs Excerpta read it (chmod u+rx), then excerpta refresh",
            found.unlisted,
        )
    yield from _skipped(found, store)
    for end, paths in unread(articles.folder).items():
        count = len(paths)
        yield note(
            Kind.UNREAD,
            f"{counted(count, f'{end} file' if end else 'file without a suffix')} "
            f"{are(count)} of a kind that is not read",
            f"save what are articles as one of {', '.join(READERS)}, or leave them",
            paths,
        )


def behind(
    articles: ArticlesSettings, index: IndexSettings, tokens: bool, store: Store
) -> Iterator[Finding]:
    """Find what a refresh would change.

    Raises:
        ArticlesError: The folder is missing or unreadable.
    """
    seen = preview(articles, index, tokens)
    changes = {"added": seen.added, "modified": seen.modified, "deleted": seen.deleted}
    paths = sorted({path for some in changes.values() for path in some})
    if paths:
        told = ", ".join(f"{len(some):,} {what}" for what, some in changes.items() if some)
        yield note(
            Kind.CHANGED,
            f"{counted(len(paths), 'file')} changed since the index was made: {told}",
            REFRESH,
            paths,
        )
    recipe = Recipe.of(articles, index, tokens)
    known = store.files(store.current())
    others = [path for path, file in known.items() if file.digest and not recipe.is_that_of(file)]
    others = sorted(set(others) - set(paths))
    if others:
        yield note(
            Kind.SETTINGS,
            f"{counted(len(others), 'file')} {'was' if len(others) == 1 else 'were'} read with "
            "other settings or by another version of Excerpta",
            REFRESH,
            others,
        )


def _skipped(found: Found, store: Store | None) -> Iterator[Finding]:
    """Yield the files that are skipped, those of one reason together."""
    known = store.files(store.current()) if store else {}
    skipped = [one for one in found.skipped if one.article not in found.unlisted]
    by_reason: dict[str, list[str]] = {}
    for one in [*skipped, *_unreadable(found, known)]:
        by_reason.setdefault(one.reason, []).append(one.article)
    for reason, paths in sorted(by_reason.items(), key=lambda one: (-len(one[1]), one[0])):
        count = len(paths)
        yield warning(
            Kind.SKIPPED,
            f"{counted(count, 'file')} {are(count)} skipped: {reason}",
            "mend or remove what is skipped, then excerpta refresh",
            sorted(paths),
        )


def _unreadable(found: Found, known: Mapping[str, FileState]) -> Iterator[Skipped]:
    for file in found.files:
        old = known.get(file.path)
        if old and old.reason and old.looks_like(file):
            yield Skipped(file.path, old.reason)
