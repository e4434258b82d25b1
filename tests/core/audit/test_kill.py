from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.core.audit.installation import Installation

REPOSITORY = Path(__file__).parents[3]


def acknowledged_before_kill(directory: Path, url: str, lines: int) -> list[str]:
    command = [sys.executable, "-m", "tests.core.audit.writer", str(directory), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        ids = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        ids += process.stdout.readlines()
    assert process.returncode == -9, "the writer ended by itself"
    return [one.decode().strip() for one in ids if one.endswith(b"\n")]


def kill_and_check(installation: Installation, url: str, kills: int) -> None:
    acknowledged: list[str] = []
    chance = random.Random(kills)
    for _ in range(kills):
        acknowledged += acknowledged_before_kill(installation.head.parent, url, chance.randint(1, 150))
    installation.sequencer.drain()
    logged = Counter(installation.logged_ids())
    assert not set(acknowledged) - set(logged)
    assert set(logged.values()) == {1}
    assert installation.verify().ok


def address(installation: Installation) -> str:
    return installation.database.engine.url.render_as_string(hide_password=False)


def test_killed_writers_lose_no_acknowledged_event_and_double_none(installation: Installation) -> None:
    kill_and_check(installation, address(installation), 4)


@pytest.mark.soak
def test_many_killed_writers_lose_no_acknowledged_event_and_double_none(installation: Installation) -> None:
    kill_and_check(installation, address(installation), 60)
