"""The encodings of passages: those that a refresh has made, and those that chunks have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from retrieval.errors import IndexFault
from retrieval.index import StoredEncoding, Tokens, packed_starts, unpacked_tokens
from retrieval.milvus.connection import Row
from retrieval.milvus.generations import Generations
from retrieval.milvus.tables import ENCODING, KEY, TEXT_BYTES, packed, unpacked

_PLACES = (("encodings", KEY), ("chunks", "encoding"))


class Encodings:
    """Encodings by the digest of their passage, in hexadecimal digits."""

    def __init__(self, index: Generations) -> None:
        self._index = index
        self._connection = index.connection
        self._made: dict[str, Row] = {}

    def known(self, digests: Sequence[bytes], tokens: bool) -> set[bytes]:
        """Return those digests whose encoding is stored, with its tokens if wanted."""
        keys = [digest.hex() for digest in digests]
        known = set()
        for table, field in _PLACES:
            rows = self._connection.of_values(
                self._index.collection(table), field, keys, [field, "starts", "codes"]
            )
            known |= {row[field] for row in rows if not tokens or _has_tokens(row)}
        return {bytes.fromhex(key) for key in known}

    def keep(self, encodings: Mapping[bytes, StoredEncoding]) -> None:
        """Store encodings, and have them at hand until `used`.

        Raises:
            IndexFault: The codes of one are too many for Milvus.
        """
        rows = {digest.hex(): _row_of(one) for digest, one in encodings.items()}
        self._connection.lease.check()
        self._connection.put(
            self._index.collection("encodings"), [{KEY: key, **row} for key, row in rows.items()]
        )
        self._made |= rows

    def used(self) -> None:
        """Forget those at hand: the chunks that they were made for are written."""
        self._made.clear()

    def rows(self, keys: set[str]) -> dict[str, Row]:
        """Return the fields of encodings, with tokens where there are any."""
        found = {key: self._made[key] for key in keys & self._made.keys()}
        for table, field in _PLACES:
            missing = sorted(keys - found.keys())
            rows = self._connection.of_values(
                self._index.collection(table), field, missing, [field, *ENCODING]
            )
            for row in rows:
                if row[field] not in found or _has_tokens(row):
                    found[row[field]] = {name: row[name] for name in ENCODING}
        if len(found) < len(keys):
            raise ValueError("a chunk's encoding is neither given nor stored")
        return found


def _row_of(encoding: StoredEncoding) -> Row:
    """Return the fields of an encoding; the vector is rounded as an index in a folder rounds it."""
    tokens = encoding.tokens
    codes = packed(tokens.codes.tobytes()) if tokens else ""
    if len(codes) > TEXT_BYTES:
        raise IndexFault(
            f"the token codes of a chunk take {len(codes):,} bytes, Milvus holds {TEXT_BYTES:,}; "
            'set index.chunk_tokens lower, or search.late_interaction = "computed"'
        )
    return {
        "vector": encoding.vector.astype(np.float16).astype(np.float32).tolist(),
        "codes": codes,
        # Not empty, so that it tells a passage without tokens from one whose tokens are not kept.
        "starts": f".{packed(packed_starts(tokens.starts))}" if tokens else "",
    }


def tokens_of(row: Row) -> Tokens | None:
    """Return the tokens of an encoding, if they are stored."""
    if not _has_tokens(row):
        return None
    return unpacked_tokens(unpacked(row["codes"]), unpacked(row["starts"][1:]))


def _has_tokens(row: Row) -> bool:
    return bool(row["starts"])
