from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.sources.sharepoint import KIND, SharePointSource
from tests.connectors.opening import Time, opening
from tests.fakes.graph import DRIVE, SECRET, FakeFiles, FakeGraph

Open = Callable[..., SharePointSource]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeFiles() as files, FakeGraph(files) as fake:  # type: ignore[attr-defined]
        yield fake  # type: ignore[misc]


@pytest.fixture
def open_source(graph: FakeGraph, time: Time) -> Open:
    def open_source(hosts: tuple[str, ...] = ("127.0.0.1",), **config: Any) -> SharePointSource:
        settings = {
            "tenant": "contoso", "client_id": "app", "client_secret": "env:SECRET", "drives": [DRIVE],
            "graph": graph.url, "login": graph.url, "full_control": True, **config,
        }  # fmt: skip
        opened = KIND.open(
            KIND.config.model_validate(settings), opening({"env:SECRET": SECRET}, time=time, hosts=hosts)
        )
        assert isinstance(opened, SharePointSource)
        return opened

    return open_source
