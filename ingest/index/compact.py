# qdrant_edge is a compiled module whose stubs are partly untyped.
# pyright: reportUnknownMemberType=false
"""Optimises one shard directory that nobody else has open: ``python -m ingest.index.compact DIRECTORY``.

A process of its own, because the engine holds the interpreter's lock for as long as it works.
"""

from __future__ import annotations

import os
import sys

from qdrant_edge import EdgeShard

_NICENESS = 10


def compact(directory: str) -> None:
    """Merge segments, drop deleted points, and build the graphs of those that are large enough."""
    shard = EdgeShard.load(directory)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    os.nice(_NICENESS)
    compact(sys.argv[1])
