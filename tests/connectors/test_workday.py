"""Workday reports as a source, against a fake of Workday's report service (tests/fakes/workday.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources.base import Account, AnySource
from core.access import NOBODY
from tests.connectors.declared import Seen, field_of, opened, text
from tests.connectors.opening import Time
from tests.fakes.loopback import Reply
from tests.fakes.workday import PASSWORD, USER, FakeWorkday, leave, organisation, worker

ANYBODY = Account("nobody", None)


@pytest.fixture
def workday() -> Iterator[FakeWorkday]:
    fake = FakeWorkday()
    fake.reports = {
        "Vouch_Workers": [worker(number) for number in range(1, 4)],
        "Vouch_Leave": [leave(1, 1, Reason="Surgery")],
        "Vouch_Organizations": [organisation("Warehouse Hamburg")],
    }
    fake.start()
    yield fake
    fake.stop()


def source(fake: FakeWorkday, time: Time | None = None, **more: Any) -> AnySource:
    everyone = [{"allow": ["everyone"]}]
    config = {
        "url": fake.url, "tenant": fake.tenant, "owner": fake.owner, "user": USER, "password": "env:PASSWORD",
        "workers": everyone, "organizations": everyone, "leave": [{"allow": ["hr"]}],
        "pay": [{"allow": ["compensation"]}],
    }  # fmt: skip
    return opened("workday", config | more, {"env:PASSWORD": PASSWORD}, time)


def test_workers_leave_and_organisations_read_as_documents(workday: FakeWorkday) -> None:
    seen = Seen().poll(source(workday))
    assert sorted(seen.changes) == [
        "leave/LEAVE-1", "organization/WAREHOUSE_HAMBURG", "worker/00001", "worker/00002", "worker/00003",
    ]  # fmt: skip
    person = text(seen.changes["worker/00001"])
    assert person.startswith("Person 1, Warehouse Clerk\nPerson 1 is Warehouse Clerk in Warehouse Hamburg, Hamburg")
    assert "reports to Mona Manager. \nHired" not in person
    assert "Hired on 2021-03-01." in person
    absence = text(seen.changes["leave/LEAVE-1"])
    assert "asked for Annual Leave from 2026-12-01 to 2026-12-12 (10 Days). Status: Approved." in absence
    assert "| Person 1 | Warehouse Clerk |" in text(seen.changes["organization/WAREHOUSE_HAMBURG"])


def test_a_second_poll_of_the_same_roster_tells_nothing_new(workday: FakeWorkday) -> None:
    reader = source(workday)
    assert reader.lists_everything
    seen = Seen().poll(reader)
    assert seen.poll(reader).told == []


def test_who_has_left_the_roster_is_found_by_the_sweep(workday: FakeWorkday) -> None:
    reader = source(workday)
    seen = Seen().poll(reader)
    workday.reports["Vouch_Workers"].pop(1)
    assert seen.sweep(reader) == ["worker/00002"]
    [page] = reader.read(["worker/00002"])
    assert page.deleted == ("worker/00002",)


def test_a_changed_worker_is_the_only_news(workday: FakeWorkday) -> None:
    reader = source(workday)
    seen = Seen().poll(reader)
    workday.reports["Vouch_Workers"][2] = worker(3, Business_Title="Shift Lead")
    assert seen.poll(reader).told == ["worker/00003"]


def test_pay_is_for_the_declared_group_only(workday: FakeWorkday) -> None:
    seen = Seen().poll(source(workday))
    person = seen.changes["worker/00001"]
    assert field_of(person, "Annual base pay") == "40001"
    own = dict(person.restricted)
    assert seen.may(ANYBODY, person.access, ["everyone"]) or person.access.allow == ("everyone",)
    assert not seen.may(ANYBODY, own["Annual base pay"], ["hr"])
    assert seen.may(ANYBODY, own["Annual base pay"], ["compensation"])


def test_without_a_declared_map_nobody_reads(workday: FakeWorkday) -> None:
    seen = Seen().poll(source(workday, leave=[], pay=[]))
    assert seen.changes["leave/LEAVE-1"].access == NOBODY
    assert dict(seen.changes["worker/00001"].restricted)["Annual base pay"] == NOBODY
    assert dict(seen.changes["leave/LEAVE-1"].restricted)["Reason"] == NOBODY


def test_a_map_can_follow_the_columns_of_the_report(workday: FakeWorkday) -> None:
    workday.reports["Vouch_Workers"].append(worker(9, Location="Lyon"))
    maps = [{"when": {"Location": "Hamburg"}, "allow": ["site-hamburg"]}]
    seen = Seen().poll(source(workday, workers=maps))
    assert seen.changes["worker/00001"].access.allow == ("group:site-hamburg",)
    assert seen.changes["worker/00009"].access == NOBODY


@pytest.mark.parametrize("report", ["Vouch_Workers", "Vouch_Organizations"])
def test_a_report_without_rows_deletes_nobody(workday: FakeWorkday, report: str) -> None:
    reader = source(workday)
    seen = Seen().poll(reader)
    workday.reports[report] = []
    with pytest.raises(SourceMisbehaves):
        seen.sweep(reader)
    with pytest.raises(SourceMisbehaves):
        seen.poll(reader)


def test_a_broken_report_deletes_nobody(workday: FakeWorkday) -> None:
    reader = source(workday)
    seen = Seen().poll(reader)
    workday.malform_next("Vouch_Workers", times=10)
    with pytest.raises((SourceMisbehaves, SourceUnavailable)):
        seen.sweep(reader)


def test_a_cut_or_half_written_report_is_asked_for_again(workday: FakeWorkday) -> None:
    workday.cut_next("Vouch_Workers")
    assert len(Seen().poll(source(workday)).changes) == 5
    workday.malform_next("Vouch_Leave")
    assert len(Seen().poll(source(workday)).changes) == 5


def test_throttling_waits_as_long_as_asked(workday: FakeWorkday) -> None:
    time = Time()
    workday.throttle_next("Vouch_Workers", 503, "7")
    assert len(Seen().poll(source(workday, time)).changes) == 5
    assert 7.0 in time.slept


def test_a_row_without_an_id_is_a_fault_of_its_own(workday: FakeWorkday) -> None:
    workday.reports["Vouch_Workers"].append(worker(0, Employee_ID=""))
    seen = Seen().poll(source(workday))
    assert len(seen.changes) == 5
    assert [fault.transient for fault in seen.faults.values()] == [False]


def test_an_xml_answer_is_refused(workday: FakeWorkday) -> None:
    workday.spoil_next("Vouch_Workers", lambda _asked, _reply: Reply(200, b"<wd:Report_Data/>"), times=10)
    with pytest.raises((SourceMisbehaves, SourceUnavailable)):
        Seen().poll(source(workday))


def test_a_wrong_password_says_what_to_do_and_shows_no_secret(workday: FakeWorkday) -> None:
    config = {"url": workday.url, "tenant": workday.tenant, "owner": workday.owner, "user": USER, "password": "env:P"}
    reader = opened("workday", config, {"env:P": "wrong-secret-123"})
    with pytest.raises(SourceRejected) as refused:
        Seen().poll(reader)
    steps = list(reader.check())
    assert not steps[-1].ok
    assert "authentication policy" in steps[-1].hint
    assert "wrong-secret-123" not in f"{refused.value!s}{refused.value!r}{reader!r}{steps!r}"


def test_a_report_that_is_not_shared_fails_the_check_with_the_way_out(workday: FakeWorkday) -> None:
    assert all(step.ok for step in source(workday).check())
    workday.forbidden.add("Vouch_Leave")
    failed = [step for step in source(workday).check() if not step.ok]
    assert failed
    assert "share it with the integration user" in failed[0].hint
