"""The audit log: who asked, what they might see, what was shown. Written before it is shown; no log, no answer.

Writers append an event to a pending table in their own short transaction (``log.AuditLog``). One sequencer moves the
events into a hash chain, which is also a Merkle tree, and signs a checkpoint over it (``sequencer.Sequencer``).
``verification.verify`` needs the public key only, wherever the log lies. No text goes in: ``events`` checks every field
against a closed schema.
"""

from core.audit.commitments import Commitments, pseudonym
from core.audit.events import SCHEMA, Event, Kind, Outcome
from core.audit.log import AuditLog
from core.audit.sequencer import Sequencer
from core.audit.stored import verify
from core.audit.tail import tail
from core.audit.verification import Verification

__all__ = [
    "SCHEMA",
    "AuditLog",
    "Commitments",
    "Event",
    "Kind",
    "Outcome",
    "Sequencer",
    "Verification",
    "pseudonym",
    "tail",
    "verify",
]
