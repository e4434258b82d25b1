"""The models of a Tryton database: their fields, what lies behind them, and whose access counts for whose."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.sources.tryton.client import TrytonClient
from connectors.sources.tryton.models import Spec, Table

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldOf:
    """``access``: who may read the record is also asked of what lies behind this field (a line's order)."""

    kind: str
    relation: str | None
    access: bool


@dataclass(frozen=True, slots=True)
class Graph:
    fields: dict[str, dict[str, FieldOf]] = field(repr=False)
    """Model -> field -> what it is."""

    def __contains__(self, model: str) -> bool:
        return model in self.fields

    def kind_of(self, model: str, path: Path) -> str:
        """The kind of the field at a path from a record of a model; empty when there is none."""
        for name in path[:-1]:
            found = self.fields.get(model, {}).get(name)
            if found is None or found.relation is None:
                return ""
            model = found.relation
        found = self.fields.get(model, {}).get(path[-1])
        return "" if found is None else found.kind

    def holders(self, model: str) -> dict[str, Path]:
        """The models whose access counts for a record of ``model``, itself included, with the path to them."""
        found: dict[str, Path] = {}

        def visit(model: str, path: Path) -> None:
            if model in found:
                return
            found[model] = path
            for name, each in sorted(self.fields.get(model, {}).items()):
                if each.access and each.relation:
                    visit(each.relation, (*path, name))

        visit(model, ())
        return found

    def places(self, model: str, names: Iterable[str]) -> dict[Path, str]:
        """Every record that the names reach: path -> model."""
        found: dict[Path, str] = {(): model}
        for name in names:
            here = model
            path: Path = ()
            for step in name.split(".")[:-1]:
                each = self.fields.get(here, {}).get(step)
                if each is None or each.relation is None:
                    break
                here, path = each.relation, (*path, step)
                found[path] = here
        return found

    def fields_read(self, model: str, names: Iterable[str]) -> dict[str, set[str]]:
        """Model -> the fields of it that the names read, on the way included."""
        read: dict[str, set[str]] = {model: set()}
        for name in names:
            here: str | None = model
            for step in name.split("."):
                if here is None:
                    break
                plain = step.partition(":")[0]
                read.setdefault(here, set()).add(plain)
                found = self.fields.get(here, {}).get(plain)
                here = None if found is None else found.relation
        return read

    def has(self, model: str, name: str) -> bool:
        return bool(self.kind_of(model, tuple(part.partition(":")[0] for part in name.split("."))))

    def fitted(self, spec: Spec) -> Spec:
        """The specification without what this database does not have."""
        model = spec.model
        tables = tuple(
            Table(table.relation, table.heading, columns)
            for table in spec.tables
            if (columns := {n: h for n, h in table.columns.items() if self.has(model, f"{table.relation}.{n}")})
        )
        return dataclasses.replace(
            spec,
            fields=tuple(each for each in spec.fields if self.has(model, each.name)),
            text=tuple(name for name in spec.text if self.has(model, name)),
            tables=tables,
            prices=tuple(each for each in spec.prices if self.has(model, f"{each.relation}.{each.value}")),
            labels={label: name for label, name in spec.labels.items() if self.has(model, name)},
            subtitle=spec.subtitle if spec.subtitle and self.has(model, spec.subtitle) else "",
            follows=tuple(name for name in spec.follows if self.has(model, name)),
        )


@dataclass(frozen=True, slots=True)
class FieldsOf:
    """The fields of one model as rules see them (``rules.Fields``)."""

    client: TrytonClient = field(repr=False)
    graph: Graph = field(repr=False)
    model: str
    stored: dict[tuple[str, str], bool] = field(repr=False)
    """What was asked before."""

    def kind(self, path: Path) -> str:
        return self.graph.kind_of(self.model, path)

    def is_stored(self, path: Path) -> bool:
        here: str | None = self.model
        for name in path:
            known = self.graph.fields.get(here or "", {}).get(name)
            if here is None or known is None:
                return False
            if (here, name) not in self.stored:
                self.stored[here, name] = self._ask(here, name, known.kind)
            if not self.stored[here, name]:
                return False
            here = known.relation
        return True

    def _ask(self, model: str, name: str, kind: str) -> bool:
        """Tryton says that a field is computed by what it lets clients do with it, and that a text is translated by
        loading it late."""
        definition = self.client.call(f"model.{model}.fields_get", [name])[name]
        if kind in ("one2many", "many2many"):
            return not definition["readonly"]
        return bool(definition["sortable"]) and (kind not in ("char", "text") or definition["loading"] == "eager")


def read_graph(client: TrytonClient) -> Graph:
    """All fields of all models, in a few calls."""
    fields: dict[str, dict[str, FieldOf]] = {}
    names = ("model", "name", "ttype", "relation", "access")
    # Models that only the configuration screens of Tryton use are the larger part.
    for row in client.everything("ir.model.field", [["model", "not like", "ir.%"]], names, page=5000):
        found = FieldOf(row["ttype"], row["relation"] or None, bool(row["access"]))
        fields.setdefault(row["model"], {})[row["name"]] = found
    return Graph(fields)
