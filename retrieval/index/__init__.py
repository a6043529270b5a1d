"""The index on disk: articles, chunks and encodings by generation, and what is derived from them.

    folder         numbered folders, the last of which holds the index in use; the lock
    store.Store    what readers see of the database: SQLite, the truth (database, rows, origin,
                   chunks, encodings, passages); mapped files survive being cut off
    writer         the next generation, batch by batch; published, rolled back, purged
    lexical_files  tantivy's index of a generation, kept on disk; lexical.LexicalIndex searches it
    dense_files    FAISS's index of a generation: dense (all compared) or approximate (very many)
    snapshot       one generation loaded to be searched: dense, lexical, scale
    protocols      what the other folders need of an index, wherever it is
    local          an index in a folder, by its address; `retrieval.backends` chooses

No other folder knows SQLite, FAISS or tantivy. `calibrations` keeps the scale of an index's scores.
"""

from retrieval.index.calibrations import (
    SHIPPED,
    Calibration,
    KeptCalibrations,
    Scale,
    scale_that_ships,
)
from retrieval.index.database import Database, Faults
from retrieval.index.folder import (
    DATABASE,
    database_folder,
    folder_size,
    is_locked,
    leftovers,
    lock_holder,
    rebuild_folder,
    write_lock,
)
from retrieval.index.lexical import LexicalIndex, is_panic
from retrieval.index.lexical_files import (
    clear_lexical,
    has_lexical,
    is_written,
    lexical_in_memory,
    open_lexical,
    other_lexical,
    write_lexical,
)
from retrieval.index.local import LocalIndex
from retrieval.index.origin import Origin
from retrieval.index.protocols import (
    ChunkedArticle,
    Difference,
    Index,
    IndexReader,
    IndexState,
    IndexWriter,
    Names,
    Part,
)
from retrieval.index.rows import (
    VISIBLE,
    FileState,
    Generation,
    StoredChunk,
    StoredEncoding,
    Tokens,
    beyond,
    chunk_checksum,
    digest_of,
    packed_sentences,
    packed_starts,
    rollback_target,
    text_checksum,
    tokens_checksum,
    unpacked_sentences,
    unpacked_tokens,
)
from retrieval.index.snapshot import FixedSnapshot, LiveSnapshot, Snapshot, load_snapshot
from retrieval.index.store import Store
from retrieval.index.writer import GenerationWriter

__all__ = [
    "DATABASE",
    "SHIPPED",
    "VISIBLE",
    "Calibration",
    "ChunkedArticle",
    "Database",
    "Difference",
    "Faults",
    "FileState",
    "FixedSnapshot",
    "Generation",
    "GenerationWriter",
    "Index",
    "IndexReader",
    "IndexState",
    "IndexWriter",
    "KeptCalibrations",
    "LexicalIndex",
    "LiveSnapshot",
    "LocalIndex",
    "Names",
    "Origin",
    "Part",
    "Scale",
    "Snapshot",
    "Store",
    "StoredChunk",
    "StoredEncoding",
    "Tokens",
    "beyond",
    "chunk_checksum",
    "clear_lexical",
    "database_folder",
    "digest_of",
    "folder_size",
    "has_lexical",
    "is_locked",
    "is_panic",
    "is_written",
    "leftovers",
    "lexical_in_memory",
    "load_snapshot",
    "lock_holder",
    "open_lexical",
    "other_lexical",
    "packed_sentences",
    "packed_starts",
    "rebuild_folder",
    "rollback_target",
    "scale_that_ships",
    "text_checksum",
    "tokens_checksum",
    "unpacked_sentences",
    "unpacked_tokens",
    "write_lexical",
    "write_lock",
]
