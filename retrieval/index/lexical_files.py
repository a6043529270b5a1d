"""The lexical indexes on disk, each in a folder named by the digest of the passages it is made of.

So no generation is searched in what was made of another, whatever became of that: refused, killed,
rolled back, lost in a power cut. A folder is written under another name, then described by a
manifest and renamed; nothing in it changes afterwards.

tantivy maps its files into memory, and the system ends a process that reads such a file where
somebody has cut it off. So nobody searches these files, but each process a copy of its own, which
it deletes as soon as it is open.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from retrieval.errors import IndexBusy, IndexFault
from retrieval.index.folder import remove_path, write_lock
from retrieval.index.lexical import LEXICAL_FORMAT, LexicalIndex
from retrieval.index.protocols import IndexReader

logger = logging.getLogger(__name__)

_FOLDER = "lexical"
_MANIFEST = "manifest.json"
# Folders that are being written, or opened; a kill may leave them.
_DRAFT, _OPENED = "draft-", "open-"
_BLOCK = 1 << 20


def open_lexical(store: IndexReader, generation: int) -> LexicalIndex | None:
    """Open the lexical index of a generation; None if it is missing or damaged.

    Raises:
        IndexFault: There is no room for a copy of it.
    """
    return _open(_place(store, generation))


def _open(place: Path) -> LexicalIndex | None:
    files = _described(place)
    if files is None:
        return None
    # Where the index is, there is room for it; but perhaps it cannot be written.
    for parent in (place.parent, Path(tempfile.gettempdir())):
        try:
            with _new_folder(parent, _OPENED) as copy:
                if _copied(place, copy, files):
                    return LexicalIndex.open(copy)
                fault: Exception = ValueError("a file is missing or not what was written")
                break
        # A `ValueError`: a file is missing, perhaps as whoever publishes just then tidies up.
        except (OSError, ValueError) as exc:
            fault = exc
    if isinstance(fault, OSError):
        raise _unwritable(place, fault) from fault
    logger.info("the lexical index %s is damaged: %s", place, fault)
    return None


def lexical_of(store: IndexReader, generation: int, index: Path) -> LexicalIndex:
    """Return the lexical index of a generation for reading.

    Where it is missing or damaged it is written again, or made in memory if that is not possible
    because somebody else is writing or nobody can.

    Args:
        store: Database of the index.
        generation: Number of a generation that is kept.
        index: The index folder, for its lock.
    """
    try:
        found = open_lexical(store, generation)
        if found is not None:
            return found
        with write_lock(index):
            made = write_lexical(store, generation)
            clear_lexical(store, [one.number for one in store.generations()])
            return made
    except (IndexBusy, IndexFault) as exc:
        logger.info("the lexical index is made in memory: %s", exc)
    return lexical_in_memory(store, generation)


def lexical_in_memory(store: IndexReader, generation: int) -> LexicalIndex:
    """Make the lexical index of a generation, and write nothing."""
    made = LexicalIndex.create(None)
    made.update(store.passages(0, generation), [])
    return made


def write_lexical(store: IndexReader, generation: int) -> LexicalIndex:
    """Write the lexical index of a generation, unless it is there.

    It is that of another generation, and what differs; it is built from nothing where no other is
    there whole. The caller holds the lock.

    Args:
        store: Database of the index.
        generation: Number of a generation, published or not.

    Raises:
        IndexFault: It cannot be written.
    """
    place = _place(store, generation)
    found = _open(place)
    if found is not None:
        return found
    _write(store, generation, place)
    written = _open(place)
    if written is None:
        raise IndexFault(
            f"the lexical index {place} was changed while it was written; run excerpta refresh"
        )
    return written


def has_lexical(store: IndexReader) -> bool:
    """Whether the current generation has a lexical index, as far as shows without reading it."""
    return is_written(store, store.current())


def is_written(store: IndexReader, generation: int) -> bool:
    """Whether a generation's lexical index was written, however it is now."""
    return (_place(store, generation) / _MANIFEST).is_file()


def clear_lexical(store: IndexReader, kept: Iterable[int]) -> None:
    """Delete the lexical indexes of other generations; whoever has one open reads on."""
    for path in other_lexical(store, kept):
        remove_path(path)


def other_lexical(store: IndexReader, kept: Iterable[int]) -> list[Path]:
    """Return what `clear_lexical` would delete."""
    needed = {store.digest(number) for number in kept}
    try:
        return sorted(path for path in _root(store).iterdir() if path.name not in needed)
    except OSError:
        return []


def drop_lexical(store: IndexReader, generation: int) -> None:
    """Delete the lexical index of a generation, as it is damaged."""
    remove_path(_place(store, generation))


def describe(folder: Path, digest: str, known: Mapping[tuple[int, int], int] | None = None) -> None:
    """Write the manifest, which makes a lexical index of what is in a folder.

    Args:
        folder: The folder, with tantivy's files.
        digest: Digest of the passages that they are made of.
        known: Checksums that are known, by the identity of their files.
    """
    known = known or {}
    files = {
        path.name: known[_identity(path)] if _identity(path) in known else _checksum(path)
        for path in folder.iterdir()
        if path.suffix != ".lock" and path.name != _MANIFEST
    }
    manifest = {"format": LEXICAL_FORMAT, "passages": digest, "files": files}
    (folder / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def _described(place: Path) -> dict[str, int] | None:
    """Return the checksums of the files in a folder; None if they are of other passages."""
    try:
        manifest = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        files = {str(name): int(crc) for name, crc in manifest["files"].items()}
        fits = manifest["format"] == LEXICAL_FORMAT and manifest["passages"] == place.name
        # None of another folder's: the manifest may come from anywhere.
        return files if fits and all(Path(name).name == name for name in files) else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        logger.debug("the lexical index in %s cannot be opened: %r", place, exc)
        return None


def _write(store: IndexReader, generation: int, place: Path) -> None:
    bases = [base for base in store.generations() if base.digest != place.name]
    try:
        _prepare(place.parent)
        for base in (*bases, None):
            with _new_folder(place.parent, _DRAFT) as draft:
                known = _linked(place.with_name(base.digest), draft) if base else {}
                if known is None:
                    continue
                if base is None and generation > 1:
                    logger.info("building the lexical index again from the database")
                since = base.number if base else 0
                made = LexicalIndex.open(draft) if base else LexicalIndex.create(draft)
                made.update(
                    store.passages(since, generation), store.removed_chunks(since, generation)
                )
                describe(draft, place.name, known)
                remove_path(place)
                draft.rename(place)
                return
    except (OSError, ValueError) as exc:
        raise _unwritable(place, exc) from exc


def _prepare(root: Path) -> None:
    """Make the folder of all lexical indexes, and delete what a kill has left in it."""
    if root.is_file():
        remove_path(root)
    root.mkdir(mode=0o700, exist_ok=True)
    for left in root.glob(f"{_DRAFT}*"):
        remove_path(left)


@contextmanager
def _new_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder that nobody else knows, and delete it at the end, unless it was renamed."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        yield folder
    finally:
        remove_path(folder)


def _copied(source: Path, target: Path, files: Mapping[str, int]) -> bool:
    """Copy files; return whether they are what was written.

    Raises:
        OSError: The target cannot be written.
    """
    for name, wanted in files.items():
        crc = 0
        with (target / name).open("xb") as file:
            for block in _blocks(source / name):
                if block is None:
                    return False
                crc = crc32(block, crc)
                file.write(block)
        if crc != wanted:
            return False
    return True


def _blocks(path: Path) -> Iterator[bytes | None]:
    """Yield what is in a file, and None if it cannot be read."""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except OSError:
        yield None


def _linked(source: Path, target: Path) -> dict[tuple[int, int], int] | None:
    """Copy an index by links to its files, none of which tantivy ever writes to again.

    Returns:
        Checksums by the identity of the files; None if it is missing or damaged.
    """
    files = _described(source) or {}
    known = {}
    try:
        for name, wanted in files.items():
            _link(source / name, target / name)
            if _checksum(target / name) != wanted:
                return None
            known[_identity(target / name)] = wanted
    except FileNotFoundError:
        return None
    return known or None


def _link(file: Path, to: Path) -> None:
    link: Callable[[Path, Path], object] = os.link
    try:
        link(file, to)
    except FileNotFoundError:
        raise
    except OSError:
        # A file system without links.
        shutil.copyfile(file, to)


def _checksum(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            crc = crc32(block, crc)
    return crc


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _unwritable(place: Path, exc: Exception) -> IndexFault:
    return IndexFault(
        f"the lexical index {place} cannot be written ({exc}); check that the disk has room and "
        "that the folder can be written"
    )


def _place(store: IndexReader, generation: int) -> Path:
    return _root(store) / store.digest(generation)


def _root(store: IndexReader) -> Path:
    return store.place / _FOLDER
