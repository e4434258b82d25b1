"""The numbers of the weekly report lead to the records that they count: each number is the sum of its records."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from api.reports.counted import counted
from api.reports.period import Period
from api.reports.weekly import weekly
from core import audit
from tests.api.reports.conftest import ADA, ANA, RITA, Week
from tests.api.visitors import assert_problem

UNCOUNTED = {
    "questions askers",  # People, and the report tells of none.
    "latency total_p50", "latency total_p95", "latency first_sentence_p50", "latency first_sentence_p95",
    "log size",  # Every record.
}  # fmt: skip


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=7)], ids=["in it", "in the one before"])
def test_every_number_of_the_log_is_the_sum_of_the_records_that_it_leads_to(week: Week, later: timedelta) -> None:
    period = Period(week.period.since + later, week.period.until + later)
    assert week.client(ANA).put(
        f"/v1/answers/{week.answers[0].id}/feedback", json={"rating": "down", "reasons": ["wrong"]}
    ).is_success  # fmt: skip
    assert week.client(RITA).get("/v1/audit/records", params={"limit": 2}).is_success
    runtime, checked = week.installed.runtime, 0
    report = weekly(runtime, period)
    for section in report.sections:
        for figure in section.figures:
            leads = bool(figure.counted) or bool(figure.listed)
            assert leads != (f"{section.name} {figure.name}" in UNCOUNTED), (section.name, figure.name)
            if figure.counted:
                for span, said in ((period, figure.now), (period.before, figure.before)):
                    found = counted(runtime, span, figure.counted, 10_000)
                    assert (found.amount, found.records) == (said, len(found.shares)), (section.name, figure.name)
        for table in section.tables:
            for row in table.rows:
                for column, words in table.counted.items():
                    pattern = tuple(None if word is None else str(word.format(**row)) for word in words)
                    span = period.before if column.endswith("before") else period
                    found = counted(runtime, span, [pattern], 10_000)
                    assert found.amount == sum(each.amount for each in found.shares) == row[column], (pattern, row)
                    checked += bool(found.amount)
    assert checked > 20


def test_a_reviewer_follows_a_number_page_by_page(week: Week) -> None:
    rita = week.client(RITA)
    query: dict[str, Any] = {**week.query, "counted": json.dumps(["treated", "person", None]), "limit": 1}
    first = rita.get("/v1/reports/weekly/records", params=query).json()
    assert (first["amount"], first["total"]) == (3, 3)
    seen, page = list(first["events"]), first
    while page["next"]:
        page = rita.get("/v1/reports/weekly/records", params={**query, "cursor": page["next"]}).json()
        seen += page["events"]
    assert [(each["kind"], each["amount"]) for each in seen] == [("redaction.done", 1)] * 3
    assert [each["seq"] for each in seen] == sorted({each["seq"] for each in seen})
    week.installed.runtime.sequencer.drain()
    (last,) = audit.tail(week.installed.runtime.database, 1)
    assert (last["kind"], last["details"]["by"], last["details"]["found"]) == (
        "audit.searched", ["counted", "since", "until"], 1,
    )  # fmt: skip


def test_what_is_no_pattern_is_refused_and_nobody_else_follows_numbers(week: Week) -> None:
    rita = week.client(RITA)
    for strange in ("treated", "[]", "[1]", '{"a": 1}', "[" * 5000):
        problem = assert_problem(
            rita.get("/v1/reports/weekly/records", params={**week.query, "counted": strange}), 422, "invalid"
        )
        assert len(problem["detail"]) < 300
    asked = {**week.query, "counted": '["events"]'}
    assert_problem(rita.get("/v1/reports/weekly/records", params={**asked, "cursor": "x"}), 422, "invalid")
    for email in (ADA, ANA):
        assert_problem(week.client(email).get("/v1/reports/weekly/records", params=asked), 403, "forbidden")
