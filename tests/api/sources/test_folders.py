"""Folders that an operator ingested."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from api import sources
from api.http.models import IngestIn
from connectors import tasks
from connectors.plan import stored_plan
from core.jobs import Job
from tests.api.sources.owned import (
    ANA,
    found,
    record_of,
)
from tests.api.visitors import House
from tests.installation import ignore


def test_an_ingested_folder_is_read_by_schedule_from_then_on(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 6.\n")
    house.installation.ingest(folder, "handbook")
    record = record_of(house, "handbook")
    assert stored_plan(record.plan).poll is not None
    with house.runtime.database.reading() as session:
        poll = tasks.of_source(session, record.id)["poll"]
    assert poll.succeeded_at is not None
    assert poll.due_at is not None
    assert timedelta(minutes=15) <= poll.due_at - poll.succeeded_at <= timedelta(minutes=17)
    (folder / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 7.\n")
    work = house.runtime.connecting.work
    work.perform(Job("read", record.id, "poll"))
    work.perform(Job("ingest"))
    assert any("opens at 7" in each.text for each in house.installation.search("car park in Oslo", ANA))


def test_an_unmounted_folder_deletes_nothing_and_is_tried_again(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "parking.md").write_text("# Parking\n\nThe car park in Oslo opens at 6.\n")
    house.installation.ingest(folder, "handbook")
    folder.rename(tmp_path / "elsewhere")
    record = record_of(house, "handbook")
    house.runtime.connecting.work.perform(Job("read", record.id, "poll"))
    with house.runtime.database.reading() as session:
        poll = tasks.of_source(session, record.id)["poll"]
    assert poll.failures == 1
    assert "nothing was deleted" in (poll.error or "")
    assert found(house, "car park in Oslo") == {"parking.md"}


def test_what_came_with_vouch_promises_nothing(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nOne text.\n")
    wanted = IngestIn(path=str(tmp_path), source="demo", allow=["everyone"])
    record = sources.configure(house.runtime, wanted, demo=True)
    sources.run(house.runtime, record, ignore, confirm_empty=False)
    assert stored_plan(record.plan).poll is None
    with house.runtime.database.reading() as session:
        assert tasks.of_source(session, record.id) == {}
    fresh = house.operator().get("/v1/sources/demo/freshness").json()
    assert {each["bound"] for each in fresh["kinds"]} == {None}
