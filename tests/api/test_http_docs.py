"""The documentation names the routes that there are, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from api.http.app import create_app
from tests.api.visitors import House

DOCS = Path(__file__).parents[2] / "docs"
WRITTEN = re.compile(r"(?<![\w.])(/(?:v1|healthz|readyz)(?:/(?:\{\w+\}|[\w.-]+))*)")


def shape(path: str) -> str:
    """Without what stands for a value: ``{name}``, or a word in capitals."""
    return re.sub(r"\{\w+\}|(?<=/)[A-Z][A-Z0-9_-]*(?=/|$)", "{}", path.rstrip("."))


def written(*files: Path) -> set[str]:
    return {shape(path) for file in files for path in WRITTEN.findall(file.read_text("utf-8"))}


def test_every_route_is_in_the_documentation(house: House) -> None:
    served = {shape(path) for path in create_app(house.runtime).openapi()["paths"] if not path.startswith("/.well")}
    missing = served - written(*DOCS.rglob("*.md"))
    assert not missing, f"Say in docs/http.md, or beside what they are for, what these do: {sorted(missing)}"


def test_the_page_for_programs_names_no_route_that_is_not_there(house: House) -> None:
    served = {shape(path) for path in create_app(house.runtime).openapi()["paths"]}
    gone = {each for each in written(DOCS / "http.md") if not any(f"{path}/".startswith(f"{each}/") for path in served)}
    assert not gone, sorted(gone)
