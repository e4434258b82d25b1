"""Where the lines of the log go."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import pytest
import structlog

from api import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_logger_that_spoke_while_standard_error_was_redirected_speaks_on_afterwards(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = structlog.get_logger()
    with contextlib.redirect_stderr(io.StringIO()) as elsewhere:
        logs.configure()
        log.warning("while redirected")
        written = elsewhere.getvalue()
    elsewhere.close()

    log.warning("afterwards")

    assert "while redirected" in written
    assert "afterwards" in capsys.readouterr().err
