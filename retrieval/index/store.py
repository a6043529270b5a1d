"""The index's truth: articles, chunks, encodings and generations in one SQLite database.

This is what readers see of it. `writer` writes the next generation, which nobody sees before
`current` is set to it, once all of it is there, and it restores and purges published ones. So a
reader sees the old state or the new one, and a refresh goes on with what a killed one has written.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config import module_later
from retrieval.errors import IndexFault, IndexMismatch
from retrieval.index import chunks, encodings, passages
from retrieval.index.calibrations import Calibrations
from retrieval.index.database import INDEX, Database
from retrieval.index.folder import (
    DATABASE,
    check_place,
    database_folder,
    folder_size,
    new_database_folder,
)
from retrieval.index.origin import Origin
from retrieval.index.protocols import DenseSearch, IndexState
from retrieval.index.rows import (
    ARTICLES,
    SCHEMA,
    SOURCE,
    VISIBLE,
    FileState,
    Generation,
    StoredChunk,
    StoredEncoding,
    beyond,
    check_text,
    source_of,
)
from retrieval.index.writer import GenerationWriter
from retrieval.types import Article, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = module_later("numpy")

FORMAT = 7
AUTO = "auto"
_FILE_TYPES = {(str, int, int, int, str, str, reason) for reason in (str, type(None))}


class Store:
    """The database of one index; every method may be called from any thread.

    Attributes:
        calibrations: Calibrations of its generations.
        faiss: Kind of the search by vectors: "auto", or a factory string of FAISS.
    """

    def __init__(self, db: Database, faiss: str = AUTO) -> None:
        self.db = db
        self.faiss = faiss
        self.calibrations = Calibrations(db)

    @classmethod
    def open(cls, folder: Path, faiss: str = AUTO) -> Store | None:
        """Open the index in use; None if there is none in the index folder.

        Raises:
            IndexDamaged: The database is cut off or no database.
            IndexFault: It cannot be read, or its folder is a file.
            IndexMismatch: It has another format version.
        """
        check_place(folder)
        path = database_folder(folder) / DATABASE
        try:
            path.stat()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise IndexFault(
                f"the index {folder} cannot be read ({exc.strerror}); check its permissions, or "
                "give another folder with --index"
            ) from exc
        store = cls(Database(path, INDEX), faiss)
        store.db.check_length()
        found = store.format
        if found == 0 and not store.db.one("SELECT count(*) FROM sqlite_master")[0]:
            return None
        if found != FORMAT:
            raise IndexMismatch(
                f"the index {folder} has format {found}, this version of Excerpta reads format "
                f"{FORMAT}; run excerpta refresh --rebuild, which makes it again from the articles"
            )
        # So that its damage is found before anything is searched.
        _ = store.origin
        return store

    @classmethod
    def create(
        cls,
        folder: Path,
        fingerprint: str,
        encoder: str,
        dim: int,
        chosen: str = "",
        faiss: str = AUTO,
    ) -> Store:
        """Create an empty index for one encoder, in a folder that only its owner may read.

        Args:
            folder: The index folder.
            fingerprint: Fingerprint of the encoder.
            encoder: Name of the encoder.
            dim: Dimensions of its vectors.
            chosen: Why this encoder was taken, for people.
            faiss: See the class.
        """
        place = new_database_folder(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            raise IndexFault(
                f"the index folder {folder} cannot be created ({exc.strerror}); give one that can "
                "be written with --index"
            ) from exc
        store = cls(Database(place / DATABASE, INDEX), faiss)
        # Before there is a table: what a purge frees can be given back to the disk.
        store.db.query("PRAGMA auto_vacuum = INCREMENTAL")
        store.db.query("PRAGMA journal_mode = WAL")
        with store.db.transaction() as db:
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)
            origin = Origin(fingerprint, encoder, dim, chosen)
            meta = {**origin.noted(), "current": "0", "held": "", "refused": ""}
            db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            db.execute(f"PRAGMA user_version = {FORMAT}")
        return store

    @property
    def origin(self) -> Origin:
        """What the index was made for, read anew: another may have been copied over the file."""
        return Origin.read(self.db)

    @property
    def format(self) -> int:
        """Format version of the database."""
        return int(self.db.one("PRAGMA user_version")[0])

    @property
    def dense_kind(self) -> str:
        """How vectors are searched, for people, and what share of the nearest that finds."""
        from retrieval.index.dense_files import kind_told

        return kind_told(self)

    @property
    def held(self) -> str:
        """Why the index stays as it is until somebody refreshes it; empty if it does not."""
        return self._meta("held")

    @property
    def refused(self) -> str:
        """Why the next generation was not published; empty if it was not refused."""
        return self._meta("refused")

    @property
    def is_blank(self) -> bool:
        """Whether nothing is published and nothing encoded, so that any encoder may begin."""
        return not self.current() and not self.db.query("SELECT 1 FROM encodings LIMIT 1")

    @property
    def place(self) -> Path:
        """The folder of the database and what is derived from it."""
        return self.db.path.parent

    @property
    def name(self) -> str:
        """The index folder."""
        return str(self.place.parent)

    @property
    def size(self) -> int:
        """What the database and what is derived from it take on the disk, in bytes."""
        return folder_size(self.place)

    def remade(self) -> Store | None:
        """Return the store that was made again in place of this one; None if there is none."""
        folder = self.place.parent
        return None if database_folder(folder) == self.place else Store.open(folder, self.faiss)

    def writer(self) -> GenerationWriter:
        """Return a writer of the next generation; the caller holds the lock."""
        return GenerationWriter(self)

    def check_encoder(self, fingerprint: str, name: str) -> None:
        """Raise `IndexMismatch` unless the index was made by this encoder."""
        self.origin.check_encoder(fingerprint, name, self.name)

    def damage(self, found: str) -> Exception:
        """Return the exception that tells of damage, and what to do."""
        return self.db.damage(found)

    def current(self) -> int:
        """Return the number of the generation that readers are to see: the last one published."""
        current, last = self.db.one(
            "SELECT value, (SELECT max(number) FROM generations WHERE published IS NOT NULL) "
            "FROM meta WHERE key = 'current'"
        )
        if current != str(last or 0):
            raise self.db.damage(f"generation {current} is current, {last} the last one")
        return last or 0

    def state(self) -> IndexState:
        """Return what readers see of it: they reload when it differs."""
        return self.origin.key, self.current(), self.calibrations.written()

    def generation(self, number: int | None = None) -> Generation:
        """Return a kept generation, by default the current one."""
        number = self.current() if number is None else number
        found = [one for one in self.generations() if one.number == number]
        return found[0] if found else Generation(number, None, 0, 0, number)

    def generations(self) -> list[Generation]:
        """Return the generations that are kept, the newest first."""
        rows = self.db.query(
            "SELECT number, published, articles, chunks, content, digest FROM generations "
            "WHERE published IS NOT NULL ORDER BY number DESC"
        )
        with self.db.reading_values():
            return [Generation(row[0], dt.datetime.fromisoformat(row[1]), *row[2:]) for row in rows]

    def keeps(self, generation: int) -> bool:
        """Whether this generation is still there, to be compared with others; the empty one is."""
        return generation == 0 or bool(
            self.db.query("SELECT 1 FROM generations WHERE number = ?", (generation,))
        )

    def count(self, generation: int) -> tuple[int, int]:
        """Count the articles and the chunks of a generation, published or not."""
        values = {"g": generation}
        articles = self.db.one(f"SELECT count(*) FROM names n WHERE {VISIBLE}", values)[0]
        chunks = f"SELECT count(*) FROM chunks WHERE article IN ({ARTICLES})"
        return int(articles), int(self.db.one(chunks, values)[0])

    def files(self, generation: int) -> dict[str, FileState]:
        """Return what a generation saw of each file."""
        rows = self.db.query(
            "SELECT path, size, mtime_ns, ctime_ns, digest, reader_version, reason "
            # A file that is missing shows as one without a path.
            "FROM members LEFT JOIN files ON id = file WHERE generation = ?",
            (generation,),
        )
        if not _FILE_TYPES.issuperset(tuple(map(type, row)) for row in rows):
            raise self.db.damage("what was seen of a file is not what was written")
        return {row[0]: FileState(*row) for row in rows}

    def sources(self) -> list[Source]:
        """Return the articles of the current generation, by path."""
        rows = self.db.query(
            f"SELECT {SOURCE} FROM names n JOIN articles a ON a.id = n.article WHERE {VISIBLE} "
            "ORDER BY n.path",
            {"g": self.current()},
        )
        with self.db.reading_values():
            return [source_of(row) for row in rows]

    def sources_beyond(self, known: frozenset[str] | None) -> list[Source]:
        """Return the articles in other languages, if they are more than a few of all, by path.

        Args:
            known: Languages that the encoder knows, ISO 639-1; None for every language.
        """
        if known is None or known.issuperset(self.languages(self.current())):
            return []
        return beyond(self.sources(), known)

    def article(self, path: str) -> Article | None:
        """Return an article of the current generation, without its pages."""
        rows = self.db.query(
            f"SELECT {SOURCE}, a.text, a.headings, a.text_crc, a.title IS NOT NULL FROM names n "
            f"JOIN articles a ON a.id = n.article WHERE {VISIBLE} AND n.path = :path",
            {"g": self.current(), "path": path},
        )
        with self.db.reading_values():
            for *source, text, headings, crc, titled in rows:
                check_text(text, headings, crc)
                places = np.frombuffer(headings, dtype=np.int32).tolist()
                return Article(source_of(source), text, titled=bool(titled), headings=tuple(places))
        return None

    def chunks_of_articles(self, generation: int) -> dict[str, list[int]]:
        """Return the ids of each article's chunks in their order, by the path of its first name."""
        return chunks.by_article(self.db, generation)

    def languages(self, generation: int) -> list[str]:
        """Return the languages of a generation's articles."""
        rows = self.db.query(
            f"SELECT DISTINCT language FROM articles WHERE id IN ({ARTICLES}) ORDER BY language",
            {"g": generation},
        )
        return [row[0] for row in rows]

    def chunks_by_language(self, generation: int) -> dict[str, NDArray[np.int64]]:
        """Return the ids of a generation's chunks by the language of their articles, ascending."""
        return chunks.by_language(self.db, generation)

    def vectors(
        self, generation: int, since: int = 0
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Yield chunk ids (n,) and vectors (n, dim) in batches, ids ascending.

        Args:
            generation: The one that the chunks belong to.
            since: A generation that is kept, whose chunks are left out.

        Raises:
            IndexDamaged: A vector is not what was written.
        """
        return encodings.vectors(self.db, self.origin.dim, generation, since)

    def chunks(self, ids: Sequence[int], generation: int) -> dict[int, StoredChunk]:
        """Return chunks of a generation by id; those it does not have are left out.

        Of a generation that was purged, what the oldest that is kept has as well.

        Raises:
            IndexDamaged: A chunk is not what was written.
        """
        return chunks.chunks(self.db, ids, generation)

    def encodings(self, ids: Sequence[int]) -> dict[int, tuple[bytes, StoredEncoding]]:
        """Return the digest of each chunk's passage and its encoding, by the chunk's id.

        Raises:
            IndexDamaged: An encoding is not what was written.
        """
        return encodings.encodings(self.db, ids)

    def dense(self, generation: int) -> DenseSearch:
        """Return the search by vectors of a generation, which is loaded for it.

        Raises:
            IndexFault: FAISS makes no such index as the settings name.
        """
        # Here, for a refresh without a change needs none of FAISS, which takes a while to import.
        from retrieval.index.dense_files import load_dense

        return load_dense(self, generation)

    def dense_from(self, base: DenseSearch, since: int, generation: int) -> DenseSearch | None:
        """Return what `dense` does, made of that of an earlier generation; None if it cannot be."""
        from retrieval.index.dense_files import dense_from

        return dense_from(self, base, since, generation)

    def passages(self, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
        """Yield chunk id, language and passage of the articles whose names came or went.

        The title in the passage is that of the article's first name.

        Args:
            since: The generation that is compared: one that is kept, or 0.
            generation: The one that the articles belong to.
        """
        return passages.passages(self.db, since, generation)

    def removed_chunks(self, since: int, generation: int) -> list[int]:
        """Return the ids of the chunks that generation `since` has and this one has not."""
        return passages.removed_chunks(self.db, since, generation)

    def digest(self, generation: int) -> str:
        """Return the digest of a generation's passages; equal ones have equal chunks by equal ids.

        That of a published generation is noted, that of the next one is made.
        """
        noted = self.db.query(
            "SELECT digest FROM generations WHERE number = ? AND published IS NOT NULL",
            (generation,),
        )
        return str(noted[0][0]) if noted else self.made_digest(generation)

    def made_digest(self, generation: int) -> str:
        """Make the digest of a generation's passages from its rows."""
        return passages.made_digest(self.db, generation)

    def article_ids(self, generation: int, paths: Sequence[str] | None = None) -> list[int]:
        """Return the ids of a generation's articles, of all or of those with these paths."""
        only = "" if paths is None else "AND n.path IN (SELECT value FROM json_each(:paths))"
        rows = self.db.query(
            f"SELECT DISTINCT n.article FROM names n WHERE {VISIBLE} {only} ORDER BY n.article",
            {"g": generation, "paths": json.dumps([*(paths or ())])},
        )
        return [row[0] for row in rows]

    def chunk_ids(self, generation: int) -> list[int]:
        """Return the ids of a generation's chunks, ascending."""
        return chunks.chunk_ids(self.db, generation)

    def middle_chunks(self, articles: Sequence[int]) -> list[int]:
        """Return the id of a chunk from the middle of each article that has one."""
        return chunks.middles(self.db, articles)

    def close(self) -> None:
        """Close this thread's connection."""
        self.db.close()

    def _meta(self, key: str) -> str:
        return str(self.db.one("SELECT value FROM meta WHERE key = ?", (key,))[0])
