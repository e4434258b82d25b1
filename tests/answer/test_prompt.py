"""The version of the prompts is that of their words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from answer import prompt


@pytest.mark.parametrize("said", ["Do not calculate, count", "Do what is asked", "Add nothing else", "is null"])
def test_a_change_of_any_instruction_is_another_version(said: str) -> None:
    source = Path(prompt.__file__).read_text("utf-8")
    assert said in source
    assert _version(source) == prompt.VERSION
    assert _version(source.replace(said, f"{said} ")) != prompt.VERSION


def _version(source: str) -> str:
    names: dict[str, Any] = {"__name__": prompt.__name__}
    exec(compile(source, prompt.__file__, "exec"), names)
    return names["VERSION"]
