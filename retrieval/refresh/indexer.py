"""The indexer: reads what changed, cuts it into chunks, encodes new text and stores all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from config import ArticlesSettings, IndexSettings
from retrieval.articles import (
    ArticleFile,
    FolderListing,
    Parser,
    Skipped,
    StillWritten,
    UnreadableArticle,
    title_without,
)
from retrieval.chunking import chunk, passage, short_title
from retrieval.index import FileState, IndexWriter, StoredEncoding
from retrieval.refresh.plan import ReaderVersion, RefreshProgress, compare_files
from retrieval.search import chunk_tokens
from retrieval.types import Article, Chunk, Encoder, PassageEncoding, Sentence

# Passages are sorted by length among so many times those that are encoded together.
_GATHERED = 2
# Passages that are encoded first: few, so that whoever waits soon sees how fast it goes.
_ENCODED_FIRST = 16


@dataclass(frozen=True, slots=True)
class _Passage:
    """A chunk, the title that is encoded with it, and the digest of both."""

    title: str
    chunk: Chunk
    digest: bytes

    @property
    def text(self) -> str:
        """What is encoded; it is made when it is needed, as a file may have a hundred thousand."""
        return passage(self.title, self.chunk.text)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A file that was read, and its articles, cut."""

    file: FileState
    articles: list[tuple[Article, list[_Passage]]]


class Indexer:
    """Reads, cuts, encodes and stores what changed; nothing of it is visible yet.

    Attributes:
        files: What the next generation has seen of each file, by path.
        encoded: Number of passages that were encoded.
        unsettled: Files that were just being written, of which the index keeps what it knew.
    """

    def __init__(
        self,
        draft: IndexWriter,
        articles: ArticlesSettings,
        index: IndexSettings,
        encoder: Encoder,
        on_progress: Callable[[RefreshProgress], None],
        tokens: bool,
        parser: Callable[[ArticlesSettings], AbstractContextManager[Parser]],
        at_once: int,
    ) -> None:
        self.files = draft.files()
        self.encoded = 0
        self.unsettled: list[Skipped] = []
        self._draft = draft
        self._articles = articles
        self._chunk_tokens = self._budget = index.chunk_tokens
        self._encoder = encoder
        self._on_progress = on_progress
        self._tokens = tokens
        self._parser = parser
        self._most = at_once
        self._reader_version = ReaderVersion.of(articles, index, tokens)
        self._done = self._total = self._chunks = 0
        self._at_once = _ENCODED_FIRST

    def run(self, found: FolderListing) -> None:
        """Write what differs between the folder and the index into the next generation."""
        diff = compare_files(found, self.files, self._reader_version)
        self._draft.drop(diff.gone)
        for path in diff.gone:
            del self.files[path]
        self._total = len(diff.changed)
        if not diff.changed:
            return
        gathered: list[_Gathered] = []
        waiting = 0
        with self._parser(self._articles) as parser:
            # Its process starts while the encoder is loaded.
            parser.start()
            self._fit()
            for file in diff.changed:
                waiting += self._gather(file, parser, gathered)
                if waiting >= _GATHERED * self._most:
                    self._add(gathered)
                    gathered, waiting = [], 0
            self._add(gathered)

    def _fit(self) -> None:
        """Limit chunks to the tokens that the encoder reads; it may be loaded only now."""
        self._budget = min(self._chunk_tokens, self._encoder.max_tokens)

    def _gather(self, file: ArticleFile, parser: Parser, gathered: list[_Gathered]) -> int:
        """Read a file and add what is to be stored of it; return the number of its passages."""
        one = self._read(file, parser)
        if one is None:
            self._done += 1
            return 0
        gathered.append(one)
        return sum(len(passages) for _, passages in one.articles)

    def _read(self, file: ArticleFile, parser: Parser) -> _Gathered | None:
        """Read a file; return None if its content is known or still being written."""
        old = self.files.get(file.path)
        seen = FileState(file.path, file.size, file.mtime_ns, file.ctime_ns, "", "")
        try:
            digest = parser.read(file)
            seen = replace(seen, digest=digest, reader_version=self._reader_version.read)
            if old and old.digest == digest and self._reader_version.has_read(old):
                self._draft.touch([seen])
                self.files[file.path] = seen
                return None
            if self._linked(seen):
                return None
            articles = parser.parse()
            sentences = parser.split(articles)
            cut = [
                (article, list(self._cut(article, own)))
                for article, own in zip(articles, sentences, strict=True)
            ]
            return _Gathered(seen, cut)
        except StillWritten as exc:
            self.unsettled.append(Skipped(file.path, str(exc)))
            return None
        except UnreadableArticle as exc:
            return _Gathered(
                replace(seen, reader_version=self._reader_version.refused, reason=str(exc)), []
            )

    def _linked(self, file: FileState) -> bool:
        """Put a file whose content is known under another name; return whether it is known."""
        known = self._draft.articles_of(file.digest, file.reader_version)
        # What is called after its file is encoded with the name, and is another under another one.
        if not known or any(
            made is not None and made != title_without(file.path, end[1:], text)
            for end, _, made, text in known
        ):
            return False
        self._draft.link(file, {file.path + end: (row, made) for end, row, made, _ in known})
        self.files[file.path] = file
        self._chunks += self._draft.chunks_of([row for _, row, _, _ in known])
        self._report()
        return True

    def _cut(self, article: Article, sentences: Iterable[Sentence]) -> Iterator[_Passage]:
        budget = self._budget
        title = short_title(article.source.title, budget, self._encoder.count_tokens)
        for one in chunk(article, title, budget, self._encoder.count_tokens, sentences):
            encoded = passage(title, one.text).encode("utf-8")
            yield _Passage(title, one, hashlib.blake2b(encoded, digest_size=16).digest())

    def _add(self, gathered: Sequence[_Gathered]) -> None:
        cut = [one for file in gathered for one in file.articles]
        passages = {one.digest: one for _, own in cut for one in own}
        known = self._draft.known_encodings(list(passages), self._tokens)
        new = [one for digest, one in passages.items() if digest not in known]
        new.sort(key=lambda one: len(one.title) + len(one.chunk.text))
        at = 0
        while some := new[at : at + self._at_once]:
            at += len(some)
            self._at_once = min(2 * self._at_once, self._most)
            made = self._encoder.encode_passages([one.text for one in some])
            encodings = {
                one.digest: self._stored(encoding, one)
                for one, encoding in zip(some, made, strict=True)
            }
            # At once, so that an interrupt costs a second of work at most.
            self._draft.keep(encodings)
            self.encoded += len(some)
            self._report(len(gathered) * at // len(new))
        self._draft.put(
            (
                one.file,
                [(a, [(p.chunk, p.digest) for p in passages]) for a, passages in one.articles],
            )
            for one in gathered
        )
        self.files |= {one.file.path: one.file for one in gathered}
        self._chunks += sum(len(own) for _, own in cut)
        self._done += len(gathered)
        self._report()

    def _stored(self, encoding: PassageEncoding, of: _Passage) -> StoredEncoding:
        text = of.chunk.text
        offset = len(of.text) - len(text)
        tokens = chunk_tokens(encoding, offset, text) if self._tokens else None
        return StoredEncoding(encoding.vector, tokens)

    def _report(self, nearly: int = 0) -> None:
        done = self._done + nearly
        self._on_progress(RefreshProgress(done, self._total, self._chunks, self.encoded))
