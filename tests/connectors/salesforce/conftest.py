"""One company for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.salesforce.company import Company
from tests.fakes.salesforce import FakeSalesforce


@pytest.fixture
def company() -> Iterator[Company]:
    fake = FakeSalesforce()
    fake.start()
    yield Company(fake)
    fake.stop()
