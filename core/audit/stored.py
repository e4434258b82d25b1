"""The log of this installation, verified where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.exc import SQLAlchemyError

from core.audit import verification
from core.audit.checkpoints import GENESIS
from core.audit.reading import open_database
from core.audit.verification import Progress, Verification
from core.database import Database


def verify(
    database: Database, public: Ed25519PublicKey, head: Path, progress: Progress | None = None,
    kept: Sequence[bytes] = (), authorities: Path | None = None,
) -> Verification:  # fmt: skip
    """As ``verification.verify``, on the database and the head file beside it. ``public`` is the key that the log began
    with."""
    try:
        with open_database(database, head) as reader:
            return verification.verify(reader, public, kept, progress, authorities)
    except SQLAlchemyError as error:
        reason = f"cannot be read: the database is damaged ({type(error).__name__})"
        return Verification(False, 0, GENESIS.hex(), (1, reason))
