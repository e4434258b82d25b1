"""A record as a document, after a declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.record import Record
from connectors.sources.rest.declaration import Document
from connectors.sources.rest.template import Context, shown, template


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds documents after a declaration. ``restricted`` names the fields that have access of their own."""

    document: Document
    restricted: frozenset[str] = field(default=frozenset())

    def record(self, context: Context) -> Record:
        """Raises ``TemplateFailed``."""
        fields = self._texts(self.document.fields, context)
        return Record(
            title=" ".join(template(self.document.title).text(context).split()),
            text=template(self.document.text).text(context).strip(),
            fields=fields,
            restricted=self.restricted.intersection(name for name, _ in fields),
            labels=self._texts(self.document.labels, context),
        )

    def url(self, context: Context) -> str | None:
        return template(self.document.url).text(context).strip() or None

    @staticmethod
    def _texts(sources: Mapping[str, str], context: Context) -> tuple[tuple[str, str], ...]:
        made = ((name, " ".join(shown(template(source).value(context)).split())) for name, source in sources.items())
        return tuple((name, value) for name, value in made if value)
