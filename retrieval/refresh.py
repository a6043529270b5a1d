"""Bringing the index in line with the articles: what changed is read, new text is encoded."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from typing import Protocol

from config import ArticlesSettings, IndexSettings
from retrieval.articles import ArticleFile, Found, Skipped, walk
from retrieval.chunking import chunk, passage, short_title
from retrieval.derived import clear_lexical, has_lexical, write_lexical
from retrieval.draft import Draft
from retrieval.errors import ArticlesError, IndexDamaged, IndexMismatch, IndexRefused
from retrieval.formats.parser import Parser
from retrieval.formats.parsing import READERS, title_without
from retrieval.formats.plain import StillWritten, UnreadableArticle
from retrieval.generations import purge
from retrieval.homes import clear, leftovers, move_in, rebuilding
from retrieval.interaction import of_chunk
from retrieval.lock import writing
from retrieval.plan import Recipe, plan
from retrieval.store import FileState, Generation, Store, StoredEncoding
from retrieval.types import Article, Chunk, Encoder, PassageEncoding
from retrieval.view import View, view_of

logger = logging.getLogger(__name__)

# A question may hold the lock for a moment, to mend the lexical index; a refresh waits.
WAIT_S = 1.0
# Passages that are gathered before they are sorted by length and encoded.
_GATHERED = 256
# Passages that are encoded, committed and reported together.
_ENCODED_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a refresh has come; `total` counts the files that have to be read."""

    articles: int
    total: int
    chunks: int
    encoded: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a refresh did; `chunks` and `generation` are those of the index afterwards.

    Attributes:
        renamed: How many of those added are deleted ones under another name.
        rebuilt: Whether the index was made again from nothing.
    """

    generation: int
    added: int
    modified: int
    deleted: int
    unchanged: int
    renamed: int
    skipped: tuple[Skipped, ...]
    chunks: int
    encoded: int
    elapsed_s: float
    rebuilt: bool = False

    @property
    def changed(self) -> bool:
        """Whether the refresh published a new generation."""
        return bool(self.added or self.modified or self.deleted)


class Reads(Protocol):
    """Reads files one after another: the first call is for the bytes, the second for the rest."""

    def start(self) -> None:
        """Begin to get ready."""

    def read(self, file: ArticleFile) -> str:
        """Read a file's bytes; return their SHA-256, or raise `UnreadableArticle`."""

    def parse(self) -> list[Article]:
        """Return the articles of the file that was read last, or raise `UnreadableArticle`."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A draft that is ready, for a gate to try.

    Attributes:
        before: The current generation; None before the first.
        after: The draft.
        changed: Paths of the articles that are new in it, in order.
    """

    before: View | None
    after: View
    changed: tuple[str, ...]


Gate = Callable[[Trial], Sequence[str]]
"""Says what speaks against publishing; nothing if nothing does."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a refresh goes about it.

    Attributes:
        tokens: Whether the codes of the passages' tokens are stored.
        reads: Makes what reads the files.
        gate: Tries a draft before it is published; None publishes whatever there is.
        rebuild: Whether the index is made again from nothing, beside the one that answers.
        wait_s: Seconds to wait for another process that writes; below 0 for as long as it takes.
    """

    tokens: bool = True
    reads: Callable[[ArticlesSettings], AbstractContextManager[Reads]] = Parser
    gate: Gate | None = None
    rebuild: bool = False
    wait_s: float = WAIT_S


USUAL = Way()


def refresh(
    articles: ArticlesSettings,
    index: IndexSettings,
    encoder: Encoder,
    on_progress: Callable[[Progress], None] = lambda _: None,
    way: Way = USUAL,
) -> Report:
    """Bring the index in line with the articles folder.

    The current generation answers until the next is published, in one transaction, at the end. An
    interrupted refresh keeps what it has done, and the next one goes on with it. An index whose
    database is damaged is made again.

    Args:
        articles: Where they are.
        index: Where it is, and how it is cut.
        encoder: The one that made the index, if there is one.
        on_progress: Is told how far it is.
        way: How it is done.

    Raises:
        ArticlesError: The folder is missing, unreadable, or holds no article that can be read; the
            index stays as it is.
        IndexBusy: Another process refreshes.
        IndexRefused: The gate refused what was made; the index stays as it is.
        IndexFault: The index cannot be used or written.
    """
    started = time.perf_counter()
    found = walk(articles.folder, articles.max_bytes)
    if not found.files:
        raise ArticlesError(_nothing(articles, found.skipped))
    with writing(index.folder, way.wait_s):
        clear(index.folder)
        report = None
        if not way.rebuild:
            try:
                report = _refresh(articles, index, encoder, on_progress, way, found)
                # Of a rebuild that was interrupted and is not needed any more.
                shutil.rmtree(rebuilding(index.folder), ignore_errors=True)
            except IndexDamaged as exc:
                logger.warning("%s; it is made again now", exc)
        if report is None:
            report = _rebuild(articles, index, encoder, on_progress, way, found)
    return replace(report, elapsed_s=time.perf_counter() - started)


def unchanged(
    articles: ArticlesSettings, index: IndexSettings, fingerprint: str, tokens: bool
) -> Report | None:
    """Return what a refresh would report if there is nothing to do, else None; costs a walk.

    Args:
        articles: Where they are.
        index: Where it is.
        fingerprint: Of the encoder that the refresh would use.
        tokens: Whether it would store the codes of tokens.

    Raises:
        ArticlesError: The folder is missing or unreadable.
    """
    started = time.perf_counter()
    store = Store.open(index.folder)
    if store is None or not store.current() or store.fingerprint != fingerprint:
        return None
    if leftovers(index.folder) or rebuilding(index.folder).exists():
        return None
    with closing(store):
        draft = Draft(store)
        known = draft.files()
        if store.held or store.refused or draft.difference().any or not has_lexical(store):
            return None
        found = walk(articles.folder, articles.max_bytes)
        todo = plan(found, known, Recipe.of(articles, index, tokens))
        if todo.changed or todo.gone:
            return None
        unreadable = [Skipped(f.path, f.reason) for f in known.values() if f.reason]
        state = store.generation()
    return Report(
        generation=state.number,
        added=0,
        modified=0,
        deleted=0,
        unchanged=state.articles,
        renamed=0,
        skipped=tuple(sorted([*found.skipped, *unreadable], key=lambda one: one.article)),
        chunks=state.chunks,
        encoded=0,
        elapsed_s=time.perf_counter() - started,
    )


def _rebuild(
    articles: ArticlesSettings,
    index: IndexSettings,
    encoder: Encoder,
    on_progress: Callable[[Progress], None],
    way: Way,
    found: Found,
) -> Report:
    """Make the index again beside the one in use, going on with one that was begun."""
    beside = index.model_copy(update={"folder": rebuilding(index.folder)})
    try:
        report = _refresh(articles, beside, encoder, on_progress, way, found)
    except (IndexDamaged, IndexMismatch):
        shutil.rmtree(beside.folder, ignore_errors=True)
        report = _refresh(articles, beside, encoder, on_progress, way, found)
    move_in(index.folder)
    return replace(report, rebuilt=True)


def _refresh(
    articles: ArticlesSettings,
    index: IndexSettings,
    encoder: Encoder,
    on_progress: Callable[[Progress], None],
    way: Way,
    found: Found,
) -> Report:
    store = Store.open(index.folder)
    if store is None:
        store = Store.create(index.folder, encoder.fingerprint, encoder.name, encoder.dim)
    with closing(store):
        store.check_encoder(encoder.fingerprint, encoder.name)
        store.check_counts()
        draft = Draft(store)
        work = _Work(draft, store, articles, index, encoder, on_progress, way)
        work.run(found)
        files = draft.files()
        unreadable = [Skipped(f.path, f.reason) for f in files.values() if f.reason]
        skipped = sorted(
            [*found.skipped, *unreadable, *work.unsettled], key=lambda one: one.article
        )
        if len(unreadable) == len(files):
            raise ArticlesError(_nothing(articles, skipped))
        difference = draft.difference()
        if difference.any:
            _publish(store, draft, index, way, skipped)
        else:
            draft.discard()
            write_lexical(store, store.current())
        state = store.generation()
    return Report(
        generation=state.number,
        added=difference.added,
        modified=difference.modified,
        deleted=difference.deleted,
        unchanged=difference.unchanged,
        renamed=difference.renamed,
        skipped=tuple(skipped),
        chunks=state.chunks,
        encoded=work.encoded,
        elapsed_s=0.0,
    )


def _publish(
    store: Store, draft: Draft, index: IndexSettings, way: Way, skipped: Sequence[Skipped]
) -> None:
    lexical = write_lexical(store, draft.number, afresh=True)
    if way.gate is not None:
        current = store.generation()
        before = None
        if current.number:
            before = view_of(store, current, write_lexical(store, current.number))
        articles, chunks = store.count(draft.number)
        unpublished = Generation(draft.number, None, articles, chunks, draft.number)
        after = view_of(store, unpublished, lexical)
        reasons = way.gate(Trial(before, after, tuple(draft.changed())))
        if reasons:
            draft.refuse("; ".join(reasons))
            raise IndexRefused(
                f"the new state of the index was not published: {'; '.join(reasons)}; the one "
                "before goes on answering; see what happened to the articles, or publish it all "
                "the same with excerpta refresh --force"
            )
    former = store.current()
    draft.publish()
    # Somebody may be opening that of the generation before just now.
    clear_lexical(store, {former, draft.number})
    purge(store, index.keep)


@dataclass(frozen=True, slots=True)
class _Passage:
    """What is encoded for a chunk; the chunk's own text begins at `offset`."""

    text: str
    offset: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A file that was read, and its articles, cut."""

    file: FileState
    articles: list[tuple[Article, list[tuple[Chunk, _Passage]]]]


class _Work:
    """Reads, cuts, encodes and stores what changed; nothing of it is visible yet.

    Attributes:
        encoded: Passages that were encoded.
        unsettled: Files that were just being written, and are left as they were known.
    """

    def __init__(
        self,
        draft: Draft,
        store: Store,
        articles: ArticlesSettings,
        index: IndexSettings,
        encoder: Encoder,
        on_progress: Callable[[Progress], None],
        way: Way,
    ) -> None:
        self.encoded = 0
        self.unsettled: list[Skipped] = []
        self._draft = draft
        self._store = store
        self._articles = articles
        self._chunk_tokens = self._budget = index.chunk_tokens
        self._encoder = encoder
        self._on_progress = on_progress
        self._tokens = way.tokens
        self._reads = way.reads
        self._recipe = Recipe.of(articles, index, way.tokens)
        self._known = draft.files()
        self._done = self._total = self._chunks = 0

    def run(self, found: Found) -> None:
        """Do all there is to do."""
        todo = plan(found, self._known, self._recipe)
        self._draft.drop(todo.gone)
        self._total = len(todo.changed)
        if not todo.changed:
            return
        gathered: list[_Gathered] = []
        waiting = 0
        with self._reads(self._articles) as parser:
            # Its process starts while the encoder is loaded.
            parser.start()
            self._fit()
            for file in todo.changed:
                one = self._read(file, parser)
                self._done += 1
                if one is None:
                    continue
                gathered.append(one)
                waiting += sum(len(chunks) for _, chunks in one.articles)
                if waiting >= _GATHERED:
                    self._add(gathered)
                    gathered, waiting = [], 0
            self._add(gathered)

    def _fit(self) -> None:
        """Take as many tokens for a chunk as the encoder reads, which may be loaded only now."""
        self._budget = min(self._chunk_tokens, self._encoder.max_tokens)

    def _read(self, file: ArticleFile, parser: Reads) -> _Gathered | None:
        """Read a file; None if it needs nothing more: its content is known, or is just written."""
        old = self._known.get(file.path)
        seen = FileState(file.path, file.size, file.mtime_ns, file.ctime_ns, "", "")
        try:
            digest = parser.read(file)
            seen = replace(seen, digest=digest, recipe=self._recipe.read)
            if old and old.digest == digest and self._recipe.is_that_of(old):
                self._draft.touch([seen])
                return None
            if self._linked(seen):
                return None
            cut = [(article, list(self._cut(article))) for article in parser.parse()]
            return _Gathered(seen, cut)
        except StillWritten as exc:
            self.unsettled.append(Skipped(file.path, str(exc)))
            return None
        except UnreadableArticle as exc:
            return _Gathered(replace(seen, recipe=self._recipe.refused, reason=str(exc)), [])

    def _linked(self, file: FileState) -> bool:
        """Put a file whose content is known under another name; whether it is."""
        known = self._draft.articles_of(file.digest, file.recipe)
        names = {
            file.path + end: (
                number,
                None if titled else title_without(file.path, end[1:], text),
            )
            for end, number, titled, text in known
        }
        if names:
            self._draft.link(file, names)
            self._chunks += self._draft.chunks_of([number for _, number, _, _ in known])
            self._report()
        return bool(names)

    def _cut(self, article: Article) -> Iterator[tuple[Chunk, _Passage]]:
        budget = self._budget
        # A title that is made from the file's name would change what is encoded with the name.
        title = article.source.title if article.titled else ""
        title = short_title(title, budget, self._encoder.count_tokens)
        for one in chunk(article, title, budget, self._encoder.count_tokens):
            text = passage(title, one.text)
            digest = hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()
            yield one, _Passage(text, len(text) - len(one.text), digest)

    def _add(self, gathered: Sequence[_Gathered]) -> None:
        cut = [one for file in gathered for one in file.articles]
        passages = {p.digest: p for _, chunks in cut for _, p in chunks}
        known = self._store.known_encodings(list(passages), self._tokens)
        new = [one for digest, one in passages.items() if digest not in known]
        new.sort(key=lambda one: len(one.text))
        for at in range(0, len(new), _ENCODED_AT_ONCE):
            some = new[at : at + _ENCODED_AT_ONCE]
            made = self._encoder.encode_passages([one.text for one in some])
            encodings = {
                one.digest: self._stored(encoding, one)
                for one, encoding in zip(some, made, strict=True)
            }
            # At once, so that an interrupt costs a second of work at most.
            self._draft.keep(encodings)
            self.encoded += len(some)
            self._report()
        self._draft.put(
            (
                one.file,
                [(article, [(c, p.digest) for c, p in cut]) for article, cut in one.articles],
            )
            for one in gathered
        )
        self._chunks += sum(len(chunks) for _, chunks in cut)
        self._report()

    def _stored(self, encoding: PassageEncoding, of: _Passage) -> StoredEncoding:
        text = of.text[of.offset :]
        tokens = of_chunk(encoding, of.offset, text) if self._tokens else None
        return StoredEncoding(encoding.vector, tokens)

    def _report(self) -> None:
        self._on_progress(Progress(self._done, self._total, self._chunks, self.encoded))


def _nothing(articles: ArticlesSettings, skipped: Sequence[Skipped]) -> str:
    folder = articles.folder
    wanted = f"put articles ({', '.join(sorted(READERS))}) there or give --articles DIR"
    if not skipped:
        return f"no articles in {folder}; {wanted}; an index made before stays as it is"
    first = skipped[0]
    return (
        f"no article in {folder} can be read, {len(skipped)} were skipped, the first "
        f"{first.article!r}: {first.reason}; {wanted}; an index made before stays as it is"
    )
