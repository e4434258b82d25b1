"""The configuration of a source, as its kind's declaration asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, create_model, field_validator

from connectors.kinds import SecretRef, SourceConfig
from connectors.sources.rest.access import AccessMap
from connectors.sources.rest.declaration import Declaration, Setting


class ChosenResources(SourceConfig):
    """What every source after a declaration can be told."""

    resources: tuple[str, ...] = ()
    """Which resources are read; all when empty."""


def _address(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must be a URL, such as https://example.com")
    if parts.username or parts.password:
        raise ValueError("must not hold a name or a password; they have settings of their own")
    return url.strip().rstrip("/")


_TYPES: dict[str, Any] = {
    "text": str,
    "url": Annotated[str, AfterValidator(_address)],
    "secret": SecretRef,
    "number": float,
    "flag": bool,
    "list": tuple[str, ...],
    "access_map": AccessMap,
}
_EMPTY: dict[str, Any] = {"list": (), "access_map": ()}


def config_model(declaration: Declaration) -> type[SourceConfig]:
    """The pydantic model of the kind's configuration; settings it does not declare are refused."""
    known = frozenset(declaration.resources)

    def are_known(cls: type[SourceConfig], names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(names) - known)
        if unknown:
            raise ValueError(f"there is no {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        return names

    fields: dict[str, Any] = {name: _field(setting) for name, setting in declaration.settings.items()}
    words = [part.capitalize() for part in declaration.kind.split("-")]
    return create_model(
        f"{''.join(words)}Config",
        __base__=ChosenResources,
        __validators__={"_are_known": field_validator("resources")(are_known)},
        **fields,
    )


def _field(setting: Setting) -> tuple[Any, Any]:
    kind = _TYPES[setting.type]
    if setting.default is not None:
        return kind, Field(setting.default, description=setting.about)
    if setting.optional and setting.type in _EMPTY:
        return kind, Field(_EMPTY[setting.type], description=setting.about)
    if setting.optional:
        return kind | None, Field(None, description=setting.about)
    if setting.type == "access_map":
        return kind, Field(min_length=1, description=setting.about)
    return kind, Field(description=setting.about)


def plain_settings(declaration: Declaration, config: SourceConfig) -> Mapping[str, Any]:
    """``settings.NAME`` of templates: without secrets, though whether one is given may be asked."""
    secret = {name for name, setting in declaration.settings.items() if setting.type == "secret"}
    values = config.model_dump()
    return {name: bool(value) if name in secret else value for name, value in values.items()}


def secret_references(declaration: Declaration, config: SourceConfig) -> dict[str, str]:
    return {
        name: reference
        for name, setting in declaration.settings.items()
        if setting.type == "secret" and (reference := getattr(config, name)) is not None
    }


def declared_maps(declaration: Declaration, config: SourceConfig) -> dict[str, AccessMap]:
    return {
        name: getattr(config, name) for name, setting in declaration.settings.items() if setting.type == "access_map"
    }
