from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from core.audit.tables import OWN
from core.database import Base
from tests.core.audit import postgres
from tests.core.audit.installation import Installation


@pytest.fixture(scope="session")
def postgres_url() -> Generator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Installation]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    opened = Installation.open(tmp_path, url)
    yield opened
    if url:
        tables: Any = OWN
        Base.metadata.drop_all(opened.database.engine, tables=tables)
    opened.close()
