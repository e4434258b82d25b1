"""What every kind of the catalogue owes to connector owners: an example that works, words, and a page of its own."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from connectors.catalogue import load_catalogue
from connectors.kinds import Kind, SecretRef
from connectors.sources.rest.declaration import Declaration
from connectors.sources.rest.kinds import CATALOGUE, load
from tests.contracts.test_source import WORLDS

PAGES = Path(__file__).parents[2] / "docs" / "connectors"
KINDS = tuple(load_catalogue().kinds.values())
DECLARATIONS = tuple(load(path) for path in sorted(CATALOGUE.glob("*.yaml")))
REFERENCE = re.compile(r"^(env|file|vault):.+")
SECRET = re.compile(r"password|secret|token|private_key|api_?key|passphrase|credential|authorization|dsn")
"""Names of settings that hold a secret, whatever their type says."""

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
declarations = pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda each: each.kind)


def example(kind: Kind) -> dict[str, Any]:
    return yaml.safe_load(kind.example)


def page(kind: Kind) -> str:
    """The page of that name, or the one of a relative that says that it is about this kind too."""
    own = PAGES / f"{kind.name}.md"
    texts = [each.read_text("utf-8") for each in ([own] if own.exists() else sorted(PAGES.glob("*.md")))]
    found = [text for text in texts if own.exists() or f"Kind `{kind.name}`" in text]
    assert found, f"docs/connectors has no page about {kind.name}"
    return found[0]


def secrets_of(model: type[BaseModel]) -> set[str]:
    """The settings that are references to secrets."""
    return {name for name, field in model.model_fields.items() if _is_reference(field)}


def _is_reference(field: FieldInfo) -> bool:
    pattern = typing.get_args(SecretRef)[1]
    return pattern in field.metadata or SecretRef in typing.get_args(field.annotation)


def settings(config: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a configuration with the names that lead to it."""
    if isinstance(config, Mapping):
        for name, value in typing.cast("Mapping[str, Any]", config).items():
            yield from settings(value, f"{place}.{name}" if place else name)
    elif isinstance(config, list):
        for value in typing.cast("list[Any]", config):
            yield from settings(value, place)
    elif isinstance(config, str):
        yield place, config


@kinds
def test_every_kind_goes_through_the_conformance_kit(kind: Kind) -> None:
    assert [world for world in WORLDS if world.kind.name == kind.name], "add a world to tests/contracts/sources"


@kinds
def test_every_kind_says_in_words_what_it_does_and_against_what_it_was_tested(kind: Kind) -> None:
    for words in (kind.title, kind.auth, kind.cursor, kind.deletions, kind.permissions, kind.tested):
        assert words.strip()


@kinds
def test_what_was_tested_against_a_fake_says_so(kind: Kind) -> None:
    """A kind whose world is a fake calls it one, and names no real system as tested."""
    world = next(each for each in WORLDS if each.kind.name == kind.name)
    source = Path(str(__import__(world.__module__, fromlist=["x"]).__file__)).read_text("utf-8")
    if "from tests.fakes." in source:
        assert "fake" in kind.tested
        assert re.search(r"not (tested )?against a live|no live", kind.tested)


@kinds
def test_the_example_is_a_configuration_that_is_accepted(kind: Kind) -> None:
    kind.config.model_validate(example(kind))


@kinds
def test_a_setting_that_does_not_exist_is_refused(kind: Kind) -> None:
    with pytest.raises(ValidationError):
        kind.config.model_validate({**example(kind), "pasword": "env:X"})


@kinds
def test_secrets_of_the_example_are_references(kind: Kind) -> None:
    found = dict(settings(example(kind)))
    for name in secrets_of(kind.config) & set(found):
        assert REFERENCE.match(found[name]), name
    for name, value in found.items():
        if SECRET.search(name.rpartition(".")[2]):
            assert REFERENCE.match(value), name
        assert not re.search(r"://[^/@\s]+:[^/@\s]+@", value), f"{name} holds a password in an address"


@kinds
def test_a_secret_in_the_clear_is_refused_and_not_repeated(kind: Kind) -> None:
    for name in secrets_of(kind.config):
        with pytest.raises(ValidationError) as raised:
            kind.config.model_validate({**example(kind), name: "hunter2"})
        shown = " ".join(each["msg"] for each in raised.value.errors(include_input=False, include_url=False))
        assert "hunter2" not in shown


@declarations
def test_declarations_type_what_holds_a_secret_as_one(declaration: Declaration) -> None:
    for name, setting in declaration.settings.items():
        if SECRET.search(name):
            assert setting.type == "secret", name
        if setting.type == "secret":
            assert setting.default is None, name


@declarations
def test_declarations_send_secrets_only_from_references(declaration: Declaration) -> None:
    """What signs a request is a template over secrets, never a value of the file."""
    for auth in declaration.auth:
        for value in (auth.password, auth.private_key):
            assert not value or re.fullmatch(r"\{\{ secrets\.\w+ \}\}", value)


@kinds
def test_every_kind_has_a_page_for_its_owner(kind: Kind) -> None:
    text = page(kind)
    assert re.search(r"\b(permission|role|grant|right|read)s?\b", text, re.IGNORECASE)
    assert re.search(r"^#+ .*(account|needs|permission|access)", text, re.IGNORECASE | re.MULTILINE), (
        "the page says what the account that reads needs"
    )
    assert re.search(r"\btested\b", text, re.IGNORECASE), "the page says what was tested against what"


@kinds
def test_the_configuration_on_the_page_is_accepted(kind: Kind) -> None:
    """Each YAML block of the page that is a whole configuration, with its secrets as references."""
    text = page(kind)
    fenced = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    indented = [dedent(block) for block in re.findall(r"(?:^ {4}[^\n]*\n)+", text, re.MULTILINE)]
    blocks = [_loaded(block) for block in (*fenced, *indented)]
    required = {name for name, field in kind.config.model_fields.items() if field.is_required()}
    whole = [block for block in blocks if required <= set(block)]
    assert whole, "show an example configuration"
    for block in whole:
        config = kind.config.model_validate(block)
        for name in secrets_of(kind.config):
            assert getattr(config, name) is None or REFERENCE.match(getattr(config, name))


def _loaded(block: str) -> dict[str, Any]:
    """Empty for a block that is something else."""
    try:
        loaded = yaml.safe_load(block)
    except yaml.YAMLError:
        return {}
    return typing.cast("dict[str, Any]", loaded) if isinstance(loaded, dict) else {}


@kinds
def test_the_page_says_fake_where_there_was_no_real_system(kind: Kind) -> None:
    if "fake" in kind.tested:
        assert "fake" in page(kind)
