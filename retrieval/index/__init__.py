"""The index on disk: articles, chunks and encodings by generation, and what is derived from them.

    folder         numbered folders, the last of which holds the index in use; the lock
    store.Store    what readers see of the database: SQLite, the truth (database, rows, origin)
    writer         the next generation, batch by batch; published, rolled back, purged
    lexical_files  tantivy's index of a generation, kept on disk; lexical.LexicalIndex searches it
    snapshot       one generation loaded to be searched: dense.DenseIndex (FAISS), lexical, scale

No other folder knows SQLite, FAISS or tantivy. `calibrations` keeps the scale of an index's scores.
"""

from retrieval.index.calibrations import SHIPPED, Calibration, Scale, scale_that_ships
from retrieval.index.database import Database, Faults
from retrieval.index.folder import (
    DATABASE,
    database_folder,
    folder_size,
    is_locked,
    leftovers,
    lock_holder,
    rebuild_folder,
    remove_leftovers,
    use_rebuilt,
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
from retrieval.index.rows import (
    VISIBLE,
    FileState,
    Generation,
    StoredChunk,
    StoredEncoding,
    Tokens,
    chunk_checksum,
    text_checksum,
    tokens_checksum,
)
from retrieval.index.snapshot import FixedSnapshot, LiveSnapshot, Snapshot, load_snapshot
from retrieval.index.store import Store
from retrieval.index.writer import GenerationWriter, check_counts, purge, rollback

__all__ = [
    "DATABASE",
    "SHIPPED",
    "VISIBLE",
    "Calibration",
    "Database",
    "Faults",
    "FileState",
    "FixedSnapshot",
    "Generation",
    "GenerationWriter",
    "LexicalIndex",
    "LiveSnapshot",
    "Scale",
    "Snapshot",
    "Store",
    "StoredChunk",
    "StoredEncoding",
    "Tokens",
    "check_counts",
    "chunk_checksum",
    "clear_lexical",
    "database_folder",
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
    "purge",
    "rebuild_folder",
    "remove_leftovers",
    "rollback",
    "scale_that_ships",
    "text_checksum",
    "tokens_checksum",
    "use_rebuilt",
    "write_lexical",
    "write_lock",
]
