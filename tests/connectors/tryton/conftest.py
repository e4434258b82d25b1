"""A Tryton that runs, with a small company group in it."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.connectors.tryton.world import World, build
from tests.servers import tryton
from tests.servers.environment import ServersMissing, server_python


@pytest.fixture(scope="session")
def served() -> Generator[tryton.Tryton]:
    try:
        server_python()
    except ServersMissing as missing:
        pytest.skip(str(missing))
    with tryton.running() as server:
        yield server


@pytest.fixture(scope="session")
def world(served: tryton.Tryton) -> World:
    return build(served)
