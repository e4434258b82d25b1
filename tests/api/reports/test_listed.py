"""Numbers of the weekly report that are of tables lead to their rows, page by page, and nobody is named there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.reports.weekly import weekly
from connectors.freshness.lags import day_of
from connectors.tables import BreachRow, LagRow
from core import audit
from core.audit.tables import IntentRow
from core.tables import HoldRow, MembershipRow
from ingest.tables import ChunkRow, DocumentAccessRow, DocumentRow
from tests.api.reports.conftest import ADA, ANA, RITA, Week
from tests.api.visitors import assert_problem


@pytest.fixture(scope="module")
def filled(week: Week) -> Week:
    """In the period and in the one before, some of everything that the numbers count."""
    installed, now = week.installed, week.period.until - timedelta(days=2)
    ana = installed.principal(ANA).person_id
    with installed.runtime.database.writing() as session:
        document = session.scalars(select(DocumentRow)).first()
        assert document is not None
        source, access = document.source_id, session.scalars(select(DocumentAccessRow)).first()
        assert access is not None
        for at in (now, now + timedelta(hours=1), now - timedelta(days=7)):
            key, began = access.access_key, at - timedelta(days=30)
            session.add(DocumentAccessRow(document_id=document.id, access_key=key, valid_from=began, valid_to=at))
            for grant in ("group:sales", "group:board"):
                ended = at + timedelta(hours=2)
                session.add(
                    MembershipRow(person_id=ana, grant=grant, origin=source, valid_from=at, valid_to=ended)
                )  # fmt: skip
        session.execute(update(ChunkRow).where(ChunkRow.document_id == document.id).values(withheld=True))
        for number, (began, ended) in enumerate(((now, None), (now - timedelta(days=9), now - timedelta(days=8)))):
            session.add(
                BreachRow(
                    id=f"b{number}", source_id=source, kind="content", state="breach", began_at=began, ended_at=ended
                )
            )
        for at, bucket, late in ((now, 60.0, 0), (now, 3600.0, 2), (now - timedelta(days=7), 60.0, 1)):
            row = LagRow(source_id=source, kind="content", day=day_of(at), bucket=bucket, count=3, late=late)
            session.add(row)
        for number, (kind, target) in enumerate((("person", ana), ("document", document.id))):
            held = HoldRow(id=f"h{number}", kind=kind, target=target, why="A claim", placed_by=ana, placed_at=now)
            session.add(held)
        session.add(
            IntentRow(
                id="i0", kind="model.intent", ref="a m", subject=installed.runtime.audit.subject(ana), action="call",
                trace_id="t0", carried={}, at=now,
            )
        )  # fmt: skip
    return week


def test_every_number_of_tables_is_the_sum_of_its_rows(filled: Week) -> None:
    rita, runtime, seen = filled.client(RITA), filled.installed.runtime, dict[str, int]()
    for section in weekly(runtime, filled.period).sections:
        for figure in section.figures:
            for period, said in ((filled.period, figure.now), (filled.period.before, figure.before)):
                if figure.listed and said is not None:
                    assert _sum(rita, figure.listed, since=period.since, until=period.until) == said, figure
                    seen[f"{figure.name} {period is filled.period}"] = int(said)
        for table in section.tables:
            for row in table.rows:
                for column, words in table.listed.items():
                    period = filled.period.before if column.endswith("before") else filled.period
                    listed = tuple(word.format(**row) for word in words)
                    assert _sum(rita, listed, since=period.since, until=period.until) == row[column], (row, column)
                    seen[f"{column} {listed[2]}"] = int(row[column] or 0) + seen.get(f"{column} {listed[2]}", 0)
    assert {name: number for name, number in seen.items() if number} == {
        "breaches True": 1, "breaches False": 1, "access_changed True": 1, "access_changed False": 1,
        "members_changed True": 8, "members_changed False": 4, "passages_kept_back True": 1,
        "held True": 2, "open True": 1,
        "observed content": 6, "late content": 2, "observed_before content": 3, "late_before content": 1,
    }  # fmt: skip


def test_rows_lead_on_and_name_nobody(filled: Week) -> None:
    rita, runtime = filled.client(RITA), filled.installed.runtime
    ana = filled.installed.principal(ANA).person_id
    (document,) = _page(rita, filled, "access_changed")["rows"]
    assert (document["title"], document["times"], len(document["document"])) == ("Parental leave", 2, 36)
    changes = [(row["group"], row["change"]) for row in _page(rita, filled, "members_changed")["rows"]]
    assert sorted(changes) == sorted([("group:sales", "began"), ("group:board", "began")] * 2
                                     + [("group:sales", "ended"), ("group:board", "ended")] * 2)  # fmt: skip
    held = _page(rita, filled, "held")["rows"]
    assert [(row["kind"], row["person"] if row["kind"] == "person" else None) for row in held] == [
        ("person", runtime.audit.subject(ana)), ("document", None),
    ]  # fmt: skip
    for name in ("access_changed", "members_changed", "passages_kept_back", "breaches", "held", "open"):
        reply = rita.get("/v1/reports/weekly/rows", params={**filled.query, "listed": name})
        assert ana not in reply.text
        assert ANA not in reply.text
    newest = _newest(filled)
    assert (newest["kind"], newest["details"]["what"], newest["details"]["by"]) == (
        "audit.searched", "counted", ["open"],
    )  # fmt: skip


def test_what_is_no_list_is_refused_and_nobody_else_reads_one(filled: Week) -> None:
    rita = filled.client(RITA)
    for strange in (["questions"], ["held", "x"], ["observed", "x"], ["late"]):
        asked = {**filled.query, "listed": strange}
        assert_problem(rita.get("/v1/reports/weekly/rows", params=asked), 422, "invalid")
    first = _page(rita, filled, "held", limit=1)
    asked = {**filled.query, "listed": "breaches", "cursor": first["next"]}
    assert_problem(rita.get("/v1/reports/weekly/rows", params=asked), 422, "invalid")
    for email in (ADA, ANA):
        asked = {**filled.query, "listed": "held"}
        assert_problem(filled.client(email).get("/v1/reports/weekly/rows", params=asked), 403, "forbidden")


def _sum(client: Any, listed: tuple[str, ...], since: datetime, until: datetime) -> int:
    """Of all rows, one on a page."""
    query: dict[str, Any] = {
        "listed": list(listed), "since": since.isoformat(), "until": until.isoformat(), "limit": 1,
    }  # fmt: skip
    page = client.get("/v1/reports/weekly/rows", params=query).json()
    rows = list(page["rows"])
    while page["next"]:
        page = client.get("/v1/reports/weekly/rows", params={**query, "cursor": page["next"]}).json()
        rows += page["rows"]
    assert len(rows) == page["total"]
    number = sum(row.get("amount", 1) for row in rows)
    assert number == page["amount"]
    return number


def _page(client: Any, week: Week, name: str, **more: Any) -> dict[str, Any]:
    return client.get("/v1/reports/weekly/rows", params={**week.query, "listed": name, **more}).json()


def _newest(week: Week) -> dict[str, Any]:
    week.installed.runtime.sequencer.drain()
    (last,) = audit.tail(week.installed.runtime.database, 1)
    return last
