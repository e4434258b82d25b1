"""Fixtures for tests of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database import Database
from tests.conftest import StandingClock
from tests.sources.driven import Bare


@pytest.fixture
def engine(database: Database, clock: StandingClock, tmp_path: Path) -> Bare:
    """What keeps sources, without parsing, embedding and index."""
    return Bare(database, clock, tmp_path)
