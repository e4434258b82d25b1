"""Parsing: an item's bytes become ``Parsed``, inside a pool of child processes.

``parse`` is a pure function and runs in the children; everything heavy is imported there, by the format that needs it.
"""

from __future__ import annotations

from ingest.parse.errors import ParseFailed
from ingest.parse.pool import Outcome, ParserPool
from ingest.parse.reading import parse

__all__ = ["Outcome", "ParseFailed", "ParserPool", "parse"]
