"""``make screenshots`` misses no area: whatever looks at every page of one is run by a test."""

from __future__ import annotations

import re

from tests.browser.conftest import JOURNEYS, LOOKS


def test_every_journey_that_looks_at_every_page_is_run_by_a_test() -> None:
    journeys = "\n".join(path.read_text("utf-8") for path in (JOURNEYS.parent / "journeys").glob("*.mjs"))
    looks = set(re.findall(rf"async ({LOOKS}\w+)\(page\)", journeys))
    assert "looks_at_every_ask_page" in looks
    tests = "\n".join(path.read_text("utf-8") for path in JOURNEYS.parent.glob("test_*.py"))
    assert [name for name in sorted(looks) if f'"{name}"' not in tests] == []
