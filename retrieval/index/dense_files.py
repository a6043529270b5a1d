"""The search by vectors of a generation, loaded: exact, or an inverted file where there are many.

The inverted file is kept on the disk, and derived from the database. It holds the checksum of each
vector that is in it, so whatever generation is loaded, what differs is put right from the database:
after a refresh, a rollback, a lost write, a restored copy. A file that is missing, damaged, of
another kind, or made of far fewer or more chunks is made again. Others see the old file or the new
one, which takes its name when it is whole.
"""

from __future__ import annotations

import json
import logging
import math
import os
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Self
from zlib import crc32

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexFault
from retrieval.index import encodings
from retrieval.index.approximate import ApproximateIndex, inverted_file
from retrieval.index.dense import EXACT, DenseIndex
from retrieval.index.protocols import DenseSearch
from retrieval.index.store import AUTO, Store
from retrieval.types import FloatArray

logger = logging.getLogger(__name__)

# FAISS's types leave these two classes out.
_CALLBACKS: Any = faiss

# From so many chunks on an inverted file pays: the exact search takes 2.4 ms for 100,000.
_MANY = 300_000
_FILE, _DRAFT = "dense.faiss", "dense-"
_FORMAT = 1
# Behind FAISS's own bytes, the ids, the checksums and the note: the length of the note, the
# checksum of all before, and what marks a file that was written to its end.
_TAIL = struct.Struct("<II8s")
_MARK = b"excerpta"
_BLOCK = 1 << 20
# A file is written again once so much of it differs, and its lists are made again where so much has
# come, or gone, since they were made.
_WRITTEN, _MADE_AGAIN = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Note:
    """What a file says of itself.

    Attributes:
        factory: Factory string of FAISS.
        chunks: Number of its chunks.
        trained: Number of the chunks when its lists were made.
        added: Number of the chunks that came since.
        probes: Number of lists that a question is compared with.
        recall: Share of the true neighbours in these, as measured when the lists were made.
    """

    factory: str
    chunks: int
    trained: int
    added: int
    probes: int
    recall: float
    format: int = _FORMAT

    @classmethod
    def read(cls, file: BinaryIO) -> Self:
        """Read it from the end of a file.

        Raises:
            ValueError: There is none.
        """
        size = file.seek(0, os.SEEK_END)
        if size < _TAIL.size:
            raise ValueError("it is cut off")
        file.seek(size - _TAIL.size)
        length, _, mark = _TAIL.unpack(file.read(_TAIL.size))
        if mark != _MARK or length > size - _TAIL.size:
            raise ValueError("it was not written to its end")
        file.seek(size - _TAIL.size - length)
        try:
            note = cls(**json.loads(file.read(length)))
        except TypeError as exc:
            raise ValueError("its note is another one") from exc
        if note.format != _FORMAT:
            raise ValueError(f"it has format {note.format}")
        return note


def load_dense(store: Store, generation: int) -> DenseIndex | ApproximateIndex:
    """Load the vectors of a generation, published or not, to search them.

    Raises:
        IndexDamaged: A vector is not what was written.
        IndexFault: The settings name an index that FAISS does not make.
    """
    factory = _factory(store, _count(store, generation))
    if factory in EXACT:
        return DenseIndex.build(store.origin.dim, store.vectors(generation), factory)
    ids, checksums = encodings.checksums(store.db, generation)
    path = store.place / _FILE
    try:
        with path.open("rb") as file:
            note = Note.read(file)
            if note.factory != factory and store.faiss != AUTO:
                raise ValueError(f"it is of the kind {note.factory}")
            return _loaded(store, file, note, ids, checksums)
    except FileNotFoundError:
        logger.info("%s is made", path)
    except (OSError, ValueError) as exc:
        logger.info("%s is made again: %s", path, exc)
    return _made(store, generation, factory, ids, checksums)


def dense_from(store: Store, base: DenseSearch, since: int, generation: int) -> DenseSearch | None:
    """Make the search of a generation of that of an earlier one; None if it cannot be made so."""
    exact = _factory(store, _count(store, generation)) in EXACT
    kind = DenseIndex if exact else ApproximateIndex
    if not isinstance(base, kind):
        return None
    removed = store.removed_chunks(since, generation)
    return base.changed(removed, store.vectors(generation, since))


def kind_told(store: Store) -> str:
    """Return how the vectors of the current generation are searched, for people.

    Raises:
        IndexFault: The settings name an index that FAISS does not make.
    """
    factory = _factory(store, store.generation().chunks)
    if factory in EXACT:
        return f"{factory}, exact"
    note = described(store)
    if note is None:
        return f"{factory}, to be made by the next start"
    return f"{note.factory}, {note.probes} lists a question, {note.recall:.3f} of the nearest found"


def described(store: Store) -> Note | None:
    """Return what the inverted file says of itself; None if it is missing."""
    try:
        with (store.place / _FILE).open("rb") as file:
            return Note.read(file)
    except (OSError, ValueError):
        return None


def _count(store: Store, generation: int) -> int:
    """Count the chunks of a generation; where they are few in any case, all that there are."""
    most = encodings.most(store.db)
    return most if most < _MANY else store.count(generation)[1]


def _factory(store: Store, count: int) -> str:
    """Return the factory string for so many chunks.

    Raises:
        IndexFault: The settings name an index that FAISS does not make.
    """
    if store.faiss != AUTO:
        if store.faiss not in EXACT:
            try:
                inverted_file(store.origin.dim, store.faiss)
            except ValueError as exc:
                raise IndexFault(
                    f'index.faiss: {exc}; set "auto", "SQfp16", or an inverted file such as '
                    '"IVF4096,SQ8"'
                ) from exc
        return store.faiss
    return f"IVF{4 * math.isqrt(count)},SQ8" if count >= _MANY else EXACT[0]


def _loaded(
    store: Store, file: BinaryIO, note: Note, ids: NDArray[np.int64], checksums: NDArray[np.uint32]
) -> ApproximateIndex:
    """Load the file and put right what differs.

    Raises:
        ValueError: The file is not what was written, or hardly anything of it is right.
    """
    old_ids, old_checksums = _verified(file, note)
    removed, added = _differing(old_ids, old_checksums, ids, checksums)
    most = _MADE_AGAIN * note.trained
    if note.added + len(added) > most or len(ids) < most:
        raise ValueError("most of its chunks are others")
    index = faiss.read_index(_CALLBACKS.PyCallbackIOReader(file.read, _BLOCK))
    if not isinstance(index, faiss.IndexIVF) or (index.d, index.ntotal) != (
        store.origin.dim,
        note.chunks,
    ):
        raise ValueError("it is another index")
    index.nprobe = note.probes
    made = ApproximateIndex(index, old_ids, note.recall, lambda some: _read(store, some))
    if len(removed) or len(added):
        made.put_right(removed, added, _read(store, added.tolist()))
        if len(removed) + len(added) > _WRITTEN * len(ids):
            _write(store, made, checksums, note.factory, note.trained, note.added + len(added))
    return made


def _made(
    store: Store,
    generation: int,
    factory: str,
    ids: NDArray[np.int64],
    checksums: NDArray[np.uint32],
) -> DenseIndex | ApproximateIndex:
    try:
        made = ApproximateIndex.build(
            store.origin.dim,
            factory,
            len(ids),
            lambda: store.vectors(generation),
            lambda some: _read(store, some),
        )
    except RuntimeError as exc:
        logger.info("%d chunks are too few for %s: all are compared (%s)", len(ids), factory, exc)
        return DenseIndex.build(store.origin.dim, store.vectors(generation))
    _write(store, made, checksums, factory, len(ids), 0)
    return made


def _write(
    store: Store,
    made: ApproximateIndex,
    checksums: NDArray[np.uint32],
    factory: str,
    trained: int,
    added: int,
) -> None:
    """Write the file; where that is not possible, the next who loads has to make it again."""
    note = Note(factory, len(made.ids), trained, added, made.index.nprobe, made.recall)
    draft = None
    try:
        for left in store.place.glob(f"{_DRAFT}*"):
            left.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile(prefix=_DRAFT, dir=store.place, delete=False) as file:
            draft = Path(file.name)
            written = _Checked(file)
            faiss.write_index(made.index, _CALLBACKS.PyCallbackIOWriter(written.write, _BLOCK))
            told = json.dumps(asdict(note)).encode()
            for data in (made.ids.tobytes(), checksums.tobytes(), told):
                written.write(data)
            file.write(_TAIL.pack(len(told), written.crc, _MARK))
        draft.replace(store.place / _FILE)
    except OSError as exc:
        logger.info("the inverted file cannot be kept: %s", exc)
        if draft is not None:
            with suppress(OSError):
                draft.unlink()


class _Checked:
    """Writes to a file, and makes the checksum of what is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.crc = 0

    def write(self, data: bytes) -> None:
        self.crc = crc32(data, self.crc)
        self._file.write(data)


def _verified(file: BinaryIO, note: Note) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return ids and checksums of a file, which is left at its beginning.

    Raises:
        ValueError: It is not what was written.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(size - _TAIL.size)
    length, wanted, _ = _TAIL.unpack(file.read(_TAIL.size))
    at = size - _TAIL.size - length - 12 * note.chunks
    if at <= 0:
        raise ValueError("it is cut off")
    file.seek(0)
    crc = 0
    for block in _blocks(file, size - _TAIL.size):
        crc = crc32(block, crc)
    if crc != wanted:
        raise ValueError("its checksum differs")
    file.seek(at)
    ids = np.frombuffer(file.read(8 * note.chunks), dtype=np.int64)
    checksums = np.frombuffer(file.read(4 * note.chunks), dtype=np.uint32)
    file.seek(0)
    return ids, checksums


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (block := file.read(min(size, _BLOCK))):
        size -= len(block)
        yield block


def _differing(
    old_ids: NDArray[np.int64],
    old_checksums: NDArray[np.uint32],
    ids: NDArray[np.int64],
    checksums: NDArray[np.uint32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ids that went, and those that came; one whose vector is another does both."""
    _, old_rows, rows = np.intersect1d(old_ids, ids, assume_unique=True, return_indices=True)
    same = old_checksums[old_rows] == checksums[rows]
    return np.delete(old_ids, old_rows[same]), np.delete(ids, rows[same])


def _read(store: Store, ids: Sequence[int]) -> FloatArray:
    return encodings.vectors_of(store.db, store.origin.dim, ids)
