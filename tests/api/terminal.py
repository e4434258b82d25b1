"""The command line beside the server of a test, as the operator of the machine uses it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from api.cli import client as cli_client
from tests.api.visitors import House


def beside(house: House, monkeypatch: pytest.MonkeyPatch, *modules: str) -> CliRunner:
    """``modules`` are those of ``api.cli`` that talk to ``house``."""

    @contextmanager
    def connected() -> Generator[cli_client.Client]:
        made = cli_client.Client.__new__(cli_client.Client)
        made._http = house.operator()  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
        made.alone = False
        yield made

    for module in modules:
        monkeypatch.setattr(f"api.cli.{module}.connect", connected)
    return CliRunner()
