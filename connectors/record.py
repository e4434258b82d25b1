"""A record of a system as a document that people can read: a title, a text, a table of fields, and labels to filter on.

Sources build one from each sales order, invoice, employee or ticket; ``ingest`` parses what ``body`` writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import orjson

from connectors.sources.base import RECORD, Item


@dataclass(frozen=True, slots=True)
class Record:
    """``text`` is Markdown: headings, lists and tables in it become those of the document. ``fields`` are shown as
    ``name: value`` lines below it, in order; those named in ``restricted`` have access of their own. ``labels`` (name
    -> value: ids, kinds, states) are not shown; search filters on them."""

    title: str
    text: str = field(default="", repr=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    restricted: frozenset[str] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        """The same bytes for the same record, so that unchanged content is known by its hash."""
        return orjson.dumps(
            {
                "title": self.title,
                "text": self.text,
                "fields": [list(pair) for pair in self.fields],
                "restricted": sorted(self.restricted),
                "labels": dict(sorted(self.labels)),
            },
            option=orjson.OPT_SORT_KEYS,
        )

    def item(self, key: str) -> Item:
        return Item(key, self.body(), f"{key.rsplit('/', 1)[-1]}.json", self.title, RECORD)


def unguarded(body: bytes, own: Collection[str]) -> list[str]:
    """Names of fields in this body that would be shown to everybody who may read the record: named as restricted in the
    body but without access of their own in ``own``, or with it but not named, so that their lines are not set apart."""
    try:
        loaded = orjson.loads(body)
        named = set(map(str, loaded.get("restricted") or ()))
        shown = {str(name) for name, _ in loaded.get("fields") or ()}
    except (AttributeError, TypeError, ValueError):
        # Not as ``Record`` writes it: nothing in it is known to be set apart.
        return sorted(own)
    return sorted((named - set(own)) | ((set(own) & shown) - named))


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; line breaks and bars in cells are replaced, so that a cell stays a cell."""
    lines = [_row(names := list(header)), _row("---" for _ in names)]
    return "\n".join([*lines, *(_row(row) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |"
