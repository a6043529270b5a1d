"""What an index notes of itself once, when it is made: for which encoder, and why for that one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from retrieval.errors import IndexMismatch
from retrieval.index.database import Database
from retrieval.index.rows import checksum


@dataclass(frozen=True, slots=True)
class Origin:
    """What an index was made for.

    Attributes:
        fingerprint: Fingerprint of the encoder.
        encoder: Name of the encoder.
        dim: Dimensions of its vectors.
        chosen: Why this encoder was taken, for people; empty if that is not known.
        key: Identifies this database; derived indexes carry it.
    """

    fingerprint: str
    encoder: str
    dim: int
    chosen: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def read(cls, db: Database) -> Origin:
        """Read what was noted when the index was made; an earlier version noted no checksum.

        Raises:
            IndexDamaged: Something is missing, or is not what was written.
        """
        noted = dict(db.query("SELECT key, value FROM meta"))
        try:
            found = cls(
                str(noted["fingerprint"]),
                str(noted["encoder"]),
                int(noted["dim"]),
                str(noted.get("chosen", "")),
                str(noted["key"]),
            )
        except (KeyError, TypeError, ValueError):
            found = None
        if found is None or noted.get("crc", found.crc) != found.crc:
            raise db.damage("which encoder made it is not what was written")
        return found

    @property
    def crc(self) -> str:
        """Checksum of what every later step depends on."""
        return str(checksum(self.key, self.fingerprint, self.encoder, str(self.dim)))

    def noted(self) -> dict[str, str]:
        """Return what is written into an index, by its key."""
        return {
            "key": self.key,
            "fingerprint": self.fingerprint,
            "encoder": self.encoder,
            "dim": str(self.dim),
            "crc": self.crc,
            "chosen": self.chosen,
        }

    def check_encoder(self, fingerprint: str, name: str, index: str) -> None:
        """Raise `IndexMismatch` unless the index at this address was made by this encoder."""
        if self.fingerprint != fingerprint:
            raise IndexMismatch(
                f"the index {index} was made with the encoder {self.encoder} "
                f"({self.fingerprint[:8]}), the settings name {name} ({fingerprint[:8]}); set "
                "encoder.model back, or give another folder with --index, or run excerpta refresh "
                "--rebuild, which makes it again from the articles"
            )
