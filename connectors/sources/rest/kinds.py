"""The kinds of system that declarations describe: those that come with Vouch, and those of a folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.kinds import Kind, Opening
from connectors.sources.base import AnySource
from connectors.sources.rest import declaration as d
from connectors.sources.rest.settings import config_model
from connectors.sources.rest.source import RestSource
from core.errors import Invalid

CATALOGUE = Path(__file__).with_name("catalogue")
LARGEST_FILE = 200_000
"""Characters of a declaration."""


def declared_kinds(folder: Path | None = None) -> tuple[Kind, ...]:
    """Every kind of the catalogue, then those of ``folder`` (``*.yaml``), by name.

    Raises ``Invalid`` that names the file and the place in it; a name may not be declared twice.
    """
    found: dict[str, Kind] = {kind.name: kind for kind in _own_kinds()}
    for path in _files(folder) if folder is not None else ():
        kind = kind_of(load(path))
        if kind.name in found:
            raise Invalid(f"{path.name}: there already is a kind {kind.name}.", hint="Give it another name.")
        found[kind.name] = kind
    return tuple(found[name] for name in sorted(found))


@lru_cache(maxsize=1)
def _own_kinds() -> tuple[Kind, ...]:
    return tuple(kind_of(load(path)) for path in _files(CATALOGUE))


def load(path: Path) -> d.Declaration:
    """A declaration from its file, with every template, expression and path read once, and its example checked."""
    try:
        text = path.read_text("utf-8")
        if len(text) > LARGEST_FILE:
            raise Invalid(f"{path.name} is too large for a declaration.", hint="Check what it holds.")
        loaded: Any = _yaml(text)
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read ({error.strerror}).", hint="Check its permissions.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        raise Invalid(f"{path.name}{place}: this is not YAML.", hint="Check indents, and quote {{ }}.") from error
    try:
        declaration = d.Declaration.model_validate(loaded)
    except ValidationError as error:
        raise _invalid(path.name, error) from None
    try:
        config_model(declaration).model_validate(_yaml(declaration.example))
    except ValidationError as error:
        raise _invalid(f"{path.name}: example", error) from None
    except yaml.YAMLError as error:
        raise Invalid(f"{path.name}: example: this is not YAML.", hint="See docs/add-a-connector.md.") from error
    return declaration


def kind_of(declaration: d.Declaration) -> Kind:
    words = declaration.words

    def open_source(config: Any, opening: Opening) -> AnySource:
        return RestSource(declaration, config, opening)

    return Kind(
        name=declaration.kind,
        title=declaration.title,
        category=declaration.category,
        auth=words.auth,
        cursor=words.cursor,
        deletions=words.deletions,
        permissions=words.permissions,
        tested=words.tested,
        config=config_model(declaration),
        open=open_source,
        example=declaration.example,
    )


def _yaml(text: str) -> Any:
    # The same safe loader, several times as fast where PyYAML was built with it.
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise Invalid(f"There is no folder {folder}.", hint="Name the folder that holds the declarations.")
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())


def _invalid(what: str, error: ValidationError) -> Invalid:
    first = error.errors(include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return Invalid(f"{what}: {place}: {first['msg']}.", hint="See docs/add-a-connector.md.")
