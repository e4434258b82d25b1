"""One office for the forms of each subject."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.answer.test_asking_models import Author
from tests.fakes.model_vendor import KEY
from tests.fakes.servicenow_write import FakeServiceNow
from tests.journeys.structured.office import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with pytest.MonkeyPatch.context() as patch, Author() as author, FakeServiceNow() as desk:
        assert isinstance(author, Author)
        assert isinstance(desk, FakeServiceNow)
        patch.setenv("MODEL_KEY", KEY)
        patch.setenv("SNOW", desk.password)
        made = Office(tmp_path_factory.mktemp("office"), author, desk)
        yield made
        made.here.close()
