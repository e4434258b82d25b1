"""Everything that Vouch can read: the kinds with a module of their own, and those that are declared in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.errors import SourceRejected
from connectors.kinds import Kind, Opening, SourceConfig
from connectors.sources import files, records, s3, salesforce, sharepoint, sql, tryton, web
from connectors.sources.base import AnySource
from connectors.sources.rest.kinds import declared_kinds
from core.errors import NotFound

WITH_MODULES = (files.KIND, records.KIND, s3.KIND, sql.KIND, web.KIND, tryton.KIND, salesforce.KIND, sharepoint.KIND)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The kinds by name."""

    kinds: Mapping[str, Kind]

    def kind(self, name: str) -> Kind:
        """Raises ``NotFound``."""
        try:
            return self.kinds[name]
        except KeyError:
            raise NotFound(
                f"There is no kind of source named {name!r}.", hint="vouch sources kinds lists them."
            ) from None

    def checked(self, kind: str, config: Mapping[str, Any]) -> SourceConfig:
        """The configuration of a source of this kind. Raises ``SourceRejected`` that names each wrong setting."""
        try:
            return self.kind(kind).config.model_validate(dict(config))
        except ValidationError as error:
            faults = "; ".join(_fault(each) for each in error.errors(include_input=False, include_url=False))
            hint = f"vouch sources kinds {kind} shows an example."
            raise SourceRejected(f"The source cannot be used: {faults}.", hint=hint) from None

    def open(self, kind: str, config: Mapping[str, Any], opening: Opening) -> AnySource:
        return self.kind(kind).open(self.checked(kind, config), opening)


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """The kinds that ship, and those that an administrator declared in ``folder``. Raises ``Invalid`` for a file there
    that is no declaration."""
    # Modules last: a declaration does not take the place of what ships.
    return Catalogue({kind.name: kind for kind in (*declared_kinds(folder), *WITH_MODULES)})


def _fault(each: Any) -> str:
    place = ".".join(str(part) for part in each["loc"])
    match each["type"]:
        case "extra_forbidden":
            message = "is not a setting"
        case "string_pattern_mismatch" if "(env|file|vault)" in each["msg"]:
            message = "is a secret: give where it is, as env:NAME, file:/path or vault:MOUNT/PATH#FIELD"
        case _:
            message = each["msg"].removeprefix("Value error, ")
    return f"{place} {message}" if place else message
