"""Bringing the index in line with the articles: what changed is read, new text is encoded."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from config import ArticlesSettings, IndexSettings
from retrieval.articles import ArticleFile, Skipped, read, walk
from retrieval.chunking import chunk, passage, short_title
from retrieval.derived import lexical_in_step
from retrieval.errors import ArticlesError
from retrieval.formats.parsing import READERS, UnreadableArticle, parse
from retrieval.formats.parts import Limits
from retrieval.interaction import of_chunk
from retrieval.lock import writing
from retrieval.store import FileState, Store, StoredEncoding
from retrieval.types import Article, Chunk, Encoder, PassageEncoding

logger = logging.getLogger(__name__)

# Raise when the same file comes to be read or cut in another way.
_RECIPE = 2
# A question may hold the lock for a moment, to bring the lexical index in step; a refresh waits.
_WAIT_S = 1.0
# Passages that are gathered before they are sorted by length and encoded.
_GATHERED = 256
# Passages that are encoded, committed and reported together.
_ENCODED_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a refresh has come; `total` counts the articles that have to be read."""

    articles: int
    total: int
    chunks: int
    encoded: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a refresh did; `chunks` and `generation` are those of the index afterwards."""

    generation: int
    added: int
    modified: int
    deleted: int
    unchanged: int
    skipped: tuple[Skipped, ...]
    chunks: int
    encoded: int
    elapsed_s: float

    @property
    def changed(self) -> bool:
        """Whether the refresh published a new generation."""
        return bool(self.added or self.modified or self.deleted)


def refresh(
    articles: ArticlesSettings,
    index: IndexSettings,
    encoder: Encoder,
    on_progress: Callable[[Progress], None] = lambda _: None,
    *,
    tokens: bool = True,
) -> Report:
    """Bring the index in line with the articles folder.

    The current generation answers until the next is published, in one transaction, at the end. An
    interrupted refresh keeps the encodings it made, and the next one goes on with them.

    Args:
        articles: Where they are.
        index: Where it is, and how it is cut.
        encoder: The one that made the index, if there is one.
        on_progress: Is told how far it is.
        tokens: Whether the codes of the passages' tokens are stored.

    Raises:
        ArticlesError: The folder is missing, unreadable, or holds no article that can be read; the
            index stays as it is.
        IndexBusy: Another process refreshes.
        IndexFault: The index cannot be used or written.
    """
    started = time.perf_counter()
    found, skipped = walk(articles.folder, articles.max_bytes)
    if not found:
        raise ArticlesError(_nothing(articles.folder, skipped))
    with writing(index.folder, _WAIT_S), closing(_store(index.folder, encoder)) as store:
        store.drop_unpublished()
        work = _Refresh(store, articles, index, encoder, on_progress, tokens)
        work.run(found)
        unreadable = [Skipped(f.path, f.reason) for f in work.files.values() if f.reason]
        skipped = sorted([*skipped, *unreadable], key=lambda one: one.article)
        if len(unreadable) == len(work.files):
            raise ArticlesError(_nothing(articles.folder, skipped))
        deleted = work.finish()
        lexical_in_step(store, index.folder)
        state = store.generation()
    return Report(
        generation=state.number,
        added=len(work.added),
        modified=len(work.modified),
        deleted=len(deleted),
        unchanged=work.unchanged,
        skipped=tuple(skipped),
        chunks=state.chunks,
        encoded=work.encoded,
        elapsed_s=time.perf_counter() - started,
    )


def in_line(articles: ArticlesSettings, store: Store) -> bool:
    """Whether the files look as they did to the last refresh, by size and time; costs a walk.

    Raises:
        ArticlesError: The folder is missing or unreadable.
    """
    found, _ = walk(articles.folder, articles.max_bytes)
    known = {path: (file.size, file.mtime_ns) for path, file in store.files().items()}
    return known == {file.path: (file.size, file.mtime_ns) for file in found}


def _store(folder: Path, encoder: Encoder) -> Store:
    store = Store.open(folder)
    if store is None:
        return Store.create(folder, encoder.fingerprint, encoder.name, encoder.dim)
    store.check_encoder(encoder.fingerprint, encoder.name)
    return store


@dataclass(frozen=True, slots=True)
class _Passage:
    """What is encoded for a chunk; the chunk's own text begins at `offset`."""

    text: str
    offset: int
    digest: bytes


class _Refresh:
    """One refresh under way.

    Attributes:
        files: What was seen of each file, to be remembered with the new generation.
        added, modified: Paths of the articles that the new generation brings.
    """

    def __init__(
        self,
        store: Store,
        articles: ArticlesSettings,
        index: IndexSettings,
        encoder: Encoder,
        on_progress: Callable[[Progress], None],
        tokens: bool,
    ) -> None:
        self.files: dict[str, FileState] = {}
        self.added: set[str] = set()
        self.modified: set[str] = set()
        self.unchanged = 0
        self.encoded = 0
        self._store = store
        self._articles = articles
        self._keep = index.keep
        self._budget = min(index.chunk_tokens, encoder.max_tokens)
        self._encoder = encoder
        self._on_progress = on_progress
        self._known = store.files()
        self._tokens = tokens
        self._recipe = f"{_RECIPE} {self._budget} {articles.language}{' tokens' * tokens}"
        # Cut in another way than now, the articles have to be read again, changed or not.
        self._recut = store.recipe != self._recipe
        self._generation = store.current() + 1
        self._done = self._total = self._chunks = 0

    def run(self, found: Sequence[ArticleFile]) -> None:
        """Read, cut, encode and store what changed; nothing of it is visible yet."""
        changed = []
        for file in found:
            old = self._known.get(file.path)
            same = old and (old.size, old.mtime_ns) == (file.size, file.mtime_ns)
            # Without a digest it could not be read; a change of its mode shows in neither.
            if old and same and old.digest and not self._recut:
                self.files[file.path] = old
                self.unchanged += old.reason is None
            else:
                changed.append(file)
        self._total = len(changed)
        gathered: list[tuple[Article, list[tuple[Chunk, _Passage]]]] = []
        waiting = 0
        for file in changed:
            article = self._read(file)
            if article is not None:
                gathered.append((article, list(self._cut(article))))
                waiting += len(gathered[-1][1])
            if waiting >= _GATHERED:
                self._add(gathered)
                gathered, waiting = [], 0
        self._add(gathered)

    def finish(self) -> set[str]:
        """Publish what was stored, if anything changed; return the paths that went."""
        readable = {path for path, file in self.files.items() if file.reason is None}
        before = {path for path, file in self._known.items() if file.reason is None}
        deleted = before - readable
        if self.added or self.modified or deleted:
            self._store.remove_articles(self.modified | deleted, self._generation)
            self._store.publish(
                self._generation, self.files.values(), recipe=self._recipe, keep=self._keep
            )
        elif self.files != self._known:
            self._store.replace_files(self.files.values())
        return deleted

    def _read(self, file: ArticleFile) -> Article | None:
        """Read a file whose size or time changed; None if its content did not, or is no article."""
        old = self._known.get(file.path)
        digest, reason, article = "", None, None
        try:
            data = read(self._articles.folder, file, self._articles.max_bytes)
            digest = hashlib.sha256(data).hexdigest()
            if old and old.digest == digest and not self._recut:
                reason = old.reason
                self.unchanged += reason is None
            else:
                article = parse(file.path, data, Limits(language=self._articles.language))[0]
                indexed = old is not None and old.reason is None
                (self.modified if indexed else self.added).add(file.path)
        except UnreadableArticle as exc:
            reason = str(exc)
        except Exception as exc:
            # A parser's own fault with one file must not keep all others out of the index.
            logger.warning("%s cannot be read", file.path, exc_info=True)
            reason = f"its reader failed ({type(exc).__name__})"
        self.files[file.path] = FileState(file.path, file.size, file.mtime_ns, digest, reason)
        self._done += 1
        return article

    def _cut(self, article: Article) -> Iterator[tuple[Chunk, _Passage]]:
        title = short_title(article.source.title, self._budget, self._encoder.count_tokens)
        for one in chunk(article, title, self._budget, self._encoder.count_tokens):
            text = passage(title, one.text)
            digest = hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()
            yield one, _Passage(text, len(text) - len(one.text), digest)

    def _add(self, gathered: Sequence[tuple[Article, list[tuple[Chunk, _Passage]]]]) -> None:
        passages = {p.digest: p for _, chunks in gathered for _, p in chunks}
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
            self._store.add(self._generation, encodings, ())
            self.encoded += len(some)
            self._report()
        articles = [(article, [(c, p.digest) for c, p in chunks]) for article, chunks in gathered]
        self._store.add(self._generation, {}, articles)
        self._chunks += sum(len(chunks) for _, chunks in gathered)
        self._report()

    def _stored(self, encoding: PassageEncoding, of: _Passage) -> StoredEncoding:
        text = of.text[of.offset :]
        tokens = of_chunk(encoding, of.offset, text) if self._tokens else None
        return StoredEncoding(encoding.vector, tokens)

    def _report(self) -> None:
        self._on_progress(Progress(self._done, self._total, self._chunks, self.encoded))


def _nothing(folder: Path, skipped: Sequence[Skipped]) -> str:
    wanted = f"put articles ({', '.join(sorted(READERS))}) there or give --articles DIR"
    if not skipped:
        return f"no articles in {folder}; {wanted}; an index made before stays as it is"
    first = skipped[0]
    return (
        f"no article in {folder} can be read, {len(skipped)} were skipped, the first "
        f"{first.article!r}: {first.reason}; {wanted}; an index made before stays as it is"
    )
