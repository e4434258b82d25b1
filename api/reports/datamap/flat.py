"""The data map as lines for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any


def as_csv(said: Mapping[str, Any]) -> bytes:
    """A line for each row of ``reach`` and ``texts``, with what the register says of the destination."""
    to = io.StringIO(newline="")
    destinations = {each["destination"]: each for each in said["destinations"]}
    also = ("place", "region", "agreement", "legal_basis", "retention_days", "training_prohibited", "ceiling")
    said_of = ("data_class", "level", "treatment", "entry", "values", "passages", "held_back", "sent")
    names = ("source", "destination", *also, *said_of)
    lines = csv.DictWriter(to, names, lineterminator="\r\n")
    lines.writeheader()
    for row in (*said["reach"], *said["texts"]):
        known = {name: destinations[row["destination"]][name] for name in also}
        whole = {"data_class": "", "level": "", "values": "", "held_back": "", **known, **row}
        lines.writerow({name: _harmless(whole[name]) for name in names})
    return to.getvalue().encode("utf-8", "replace")


def _harmless(said: Any) -> Any:
    """A name that a spreadsheet would take for a formula is no formula."""
    if isinstance(said, str) and said[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{said}"
    return "" if said is None else said
