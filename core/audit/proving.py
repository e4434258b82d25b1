"""Proofs about single records and checkpoints, as JSON for who asks."""

from __future__ import annotations

from typing import Any

from core.audit import merkle, repository
from core.audit.checkpoints import BadCheckpoint, read
from core.audit.export import DAMAGED, consistency, current, inclusion
from core.audit.keys import Generations
from core.audit.reading import DatabaseReader
from core.audit.repository import Missing, Nodes
from core.errors import Invalid, NotFound, Refused


def prove(reader: DatabaseReader, generations: Generations, seq: int, since: bytes | None = None) -> dict[str, Any]:
    """That record ``seq`` is in the tree of the newest checkpoint, and where ``since`` is given, an earlier checkpoint,
    that this tree begins with the earlier one. Hashes are in hex, from the leaf up. Raises ``NotFound``, ``Invalid``,
    and Refused for a damaged log."""
    checkpoint, _ = current(reader, generations)
    nodes = Nodes(reader.session)
    link = next(iter(repository.records(reader.session, seq, seq)), None)
    if link is None or seq > checkpoint.size:
        raise NotFound(f"There is no record {seq}.", hint=f"The log has {checkpoint.size} records.")
    proof: dict[str, Any] = {
        "seq": seq,
        "leaf": merkle.leaf_hash(link.record).hex(),
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "proof": [each.hex() for each in inclusion(nodes, seq, checkpoint.size)],
        "checkpoint": checkpoint.note.decode(),
        "consistency": None,
    }
    if since is not None:
        try:
            earlier = read(since)[0]
        except BadCheckpoint as error:
            raise Invalid(f"The earlier checkpoint is {error}.", hint="Give the note as it was kept.") from None
        proof["consistency"] = consistent(reader, earlier.size, checkpoint.size)
    return proof


def consistent(reader: DatabaseReader, first: int, second: int) -> dict[str, Any]:
    """That the tree of ``second`` records begins with that of the ``first`` ones. Raises ``Invalid`` and Refused."""
    total = reader.total()
    if not 0 <= first <= second <= total:
        raise Invalid(f"The log has {total} records.", hint="Choose 0 <= first <= second, and both in the log.")
    nodes = Nodes(reader.session)
    try:
        roots = merkle.root(nodes, first).hex(), merkle.root(nodes, second).hex()
    except Missing:
        raise Refused("The tree over the audit log is damaged.", hint=DAMAGED) from None
    return {
        "first": first,
        "second": second,
        "first_root": roots[0],
        "second_root": roots[1],
        "proof": [each.hex() for each in consistency(nodes, first, second)],
    }
