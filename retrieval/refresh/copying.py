"""Copying: an index is moved to another address with all that is encoded, and compared.

What is there already is passed over, so that a copy that was interrupted goes on where it was.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from retrieval.errors import IndexFault
from retrieval.index import (
    ChunkedArticle,
    Generation,
    Index,
    IndexReader,
    IndexWriter,
    write_lexical,
)
from retrieval.refresh.plan import RefreshProgress
from retrieval.refresh.refresh import WAIT_S

# Chunks that are read and written together, at least.
_CHUNKS = 500


def copy_index(
    source: IndexReader,
    target: Index,
    keep: int,
    on_progress: Callable[[RefreshProgress], None] = lambda _: None,
) -> Generation:
    """Publish the current generation of an index at another address, and compare both.

    Args:
        source: The index that is copied.
        target: Where it is copied to; what another encoder made is refused.
        keep: Generations that are kept there.
        on_progress: Called with how far it is, counted in files.

    Raises:
        IndexFault: One of the two cannot be used, or what was copied is not the same.
        IndexMismatch: The index there was made by another encoder.
    """
    number = source.current()
    with target.write_lock(WAIT_S):
        origin = source.origin
        identity = origin.fingerprint, origin.encoder, origin.dim
        store = target.open() or target.create(*identity, origin.chosen)
        store.check_encoder(origin.fingerprint, origin.encoder)
        writer = store.writer()
        _Copy(source, number, writer, on_progress).run()
        if writer.difference().any:
            write_lexical(store, writer.number)
            writer.publish()
            writer.purge(keep)
        else:
            writer.discard()
            write_lexical(store, store.current())
        made = store.generation()
        wanted, found = _digest(source, number), _digest(store, made.number)
        if wanted != found:
            raise IndexFault(
                f"the copy {store.name} has {found[0]:,} chunks and digest {found[1]}, the index "
                f"{source.name} {wanted[0]:,} and {wanted[1]}; run excerpta copy again, or make "
                "the index there with excerpta refresh --rebuild"
            )
        scale = source.calibrations.of(source.generation(number).content)
        if scale is not None:
            newest = max(itertools.chain(*store.calibrations.chunks(made.number)))
            store.calibrations.keep(replace(scale, generation=made.content, newest=newest))
    return made


class _Copy:
    """Copies the files of a generation, with their articles, chunks and encodings."""

    def __init__(
        self,
        source: IndexReader,
        number: int,
        writer: IndexWriter,
        on_progress: Callable[[RefreshProgress], None],
    ) -> None:
        self._source = source
        self._number = number
        self._writer = writer
        self._on_progress = on_progress
        self._files = source.files(number)
        self._chunks = {
            source.article_ids(number, [path])[0]: chunks
            for path, chunks in source.chunks_of_articles(number).items()
        }
        self._names: dict[str, list[str]] = {path: [] for path in self._files}
        for one in source.sources():
            self._names[self._file_of(one.path)].append(one.path)

    def run(self) -> None:
        """Copy what is not there, and drop what is there only."""
        there = self._writer.files()
        self._writer.drop([path for path in there if path not in self._files])
        missing = [path for path, state in self._files.items() if there.get(path) != state]
        some: list[str] = []
        chunks = copied = 0
        for done, path in enumerate(missing, start=1):
            some.append(path)
            chunks += sum(len(self._chunks_of(name)) for name in self._names[path])
            if chunks >= _CHUNKS or done == len(missing):
                self._put(some)
                copied += chunks
                some, chunks = [], 0
                self._on_progress(RefreshProgress(done, len(missing), copied, copied))

    def _put(self, paths: list[str]) -> None:
        names = [name for path in paths for name in self._names[path]]
        ids = [number for name in names for number in self._chunks_of(name)]
        encodings = self._source.encodings(ids)
        digests = {number: digest for number, (digest, _) in encodings.items()}
        known = self._writer.known_encodings(list(digests.values()), tokens=True)
        self._writer.keep({d: one for d, one in encodings.values() if d not in known})
        self._writer.put((self._files[path], list(self._articles(path, digests))) for path in paths)

    def _articles(self, file: str, digests: dict[int, bytes]) -> Iterator[ChunkedArticle]:
        for name in self._names[file]:
            article = self._source.article(name)
            ids = self._chunks_of(name)
            stored = self._source.chunks(ids, self._number)
            if article is None or len(stored) < len(ids):
                raise IndexFault(
                    f"the index {self._source.name} was changed while it was copied; run excerpta "
                    "copy again"
                )
            yield article, [(stored[number].chunk, digests[number]) for number in ids]

    def _chunks_of(self, name: str) -> list[int]:
        (article,) = self._source.article_ids(self._number, [name])
        return self._chunks.get(article, [])

    def _file_of(self, name: str) -> str:
        """Return the file that holds an article: its path begins with the file's."""
        return next(name[:end] for end in range(len(name), 0, -1) if name[:end] in self._files)


def _digest(store: IndexReader, generation: int) -> tuple[int, str]:
    """Return the number of chunks, and a digest of their places, their texts and encodings."""
    total = 0
    paths = {
        number: path for path, ids in store.chunks_of_articles(generation).items() for number in ids
    }
    ids = sorted(paths)
    for at in range(0, len(ids), _CHUNKS):
        some = ids[at : at + _CHUNKS]
        chunks = store.chunks(some, generation)
        for number, (digest, encoding) in store.encodings(some).items():
            made = hashlib.blake2b(digest, digest_size=16)
            stored = chunks[number]
            made.update(ascii((paths[number], stored.source, stored.chunk)).encode())
            made.update(encoding.vector.tobytes())
            if encoding.tokens is not None:
                made.update(encoding.tokens.codes.tobytes() + encoding.tokens.starts.tobytes())
            # In whatever order they come.
            total ^= int.from_bytes(made.digest())
    return len(ids), f"{total:032x}"
