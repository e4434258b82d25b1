"""The same over HTTP and the command line: who may ask for it, and what they get."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.cli.main import app
from api.identity.tables import ScimUserRow
from connectors.owners import set_owners
from connectors.tables import SourceRow
from core import people
from core.audit import tail
from core.tables import HoldRow
from tests.api.subjects.house import ANNA, ASKS_LEAVE, ASKS_PARKING, BO, answered, document
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

RUTH, ADA = "ruth@x.example", "ada@x.example"


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_an_export_has_both_sides_and_a_page(company: Installation) -> None:
    answered(company, ASKS_PARKING, ANNA)
    told = answered(company, ASKS_LEAVE, BO)
    company.person(ADA, roles=["employee", "admin"])
    house = House(company)
    reply = house.browser(ADA).post("/v1/subjects/export", json={"email": ANNA, "side": "both"})
    assert reply.status_code == 200, reply.text
    files = parts(reply.content)
    [profile] = json.loads(files["asker/profile.json"])
    assert (profile["email"], profile["name"]) == (ANNA, "Anna Meyer")
    [asked] = json.loads(files["asker/answers.json"])
    assert asked["question"] == ASKS_PARKING
    assert "6 in the morning" in asked["sentences"][0]
    [named] = json.loads(files["about/documents.json"])
    assert named["uri"] == "r1"
    [[start, end], *_] = next(iter(named["versions"].values()))
    assert end - start == len("Anna Meyer")
    assert named["passages"]
    assert len(json.loads(files["about/snapshots.json"])) == 1
    assert json.loads(files["about/answers.json"]) == [{"answers": 1}]
    assert any(each["kind"] == "ask.outcome" for each in json.loads(files["asker/events.json"]))
    page = files["index.html"].decode()
    assert "Anna Meyer" in page
    assert "<script" not in page
    # What others asked is theirs.
    assert told.id not in b"".join(files.values()).decode()
    company.runtime.sequencer.drain()
    assert "subject.exported" in {each["kind"] for each in tail(company.runtime.database, 20)}


def test_an_export_has_what_was_given_to_somebody_and_what_they_gave(company: Installation) -> None:
    mine = answered(company, ASKS_PARKING, ANNA).conversation_id
    theirs = answered(company, ASKS_LEAVE, BO).conversation_id
    company.person(ADA, roles=["employee", "admin"])
    house = House(company)
    admin, anna, bo = house.browser(ADA), house.browser(ANNA), house.browser(BO)
    with company.runtime.database.writing() as session:
        person_id = people.by_email(session, ANNA).id
        written = {"userName": "anna", "phoneNumbers": [{"value": "+31 20 555 0100"}]}
        now = company.runtime.clock()
        session.add(
            ScimUserRow(person_id=person_id, user_name="anna", attributes=written, created_at=now, changed_at=now)
        )
        set_owners(session, session.scalars(select(SourceRow.id).where(SourceRow.name == "rules")).one(), [person_id])
    made = [
        admin.post("/v1/role-requests", json={"email": ANNA, "why": "She reviews from now on"}),
        admin.post("/v1/service-accounts", json={"name": "crm-bot"}),
        admin.post("/v1/service-accounts/crm-bot/acts-for", json={"email": ANNA, "why": "Her assistant"}),
        anna.post(f"/v1/conversations/{mine}/shares", json={"person": BO}),
        anna.post(f"/v1/conversations/{mine}/shares", json={"group": "staff"}),
        bo.post(f"/v1/conversations/{theirs}/shares", json={"person": ANNA}),
    ]
    assert all(each.status_code < 300 for each in made), [each.text for each in made]
    files = parts(admin.post("/v1/subjects/export", json={"email": ANNA, "side": "asker"}).content)

    def rows(name: str) -> list[dict[str, Any]]:
        return json.loads(files[f"asker/{name}.json"])

    assert rows("directory") == [written]
    assert [(each["role"], each["why"]) for each in rows("roles")] == [("reviewer", "She reviews from now on")]
    assert [(each["account"], each["why"]) for each in rows("acted_for")] == [("crm-bot", "Her assistant")]
    assert rows("sources") == [{"source": "rules"}]
    assert [each.get("with") for each in rows("shares")] == [BO, "staff", None]
    assert theirs not in files["asker/shares.json"].decode()
    assert [each["kind"] for each in rows("sign_ins")] == ["link", "session"]
    assert "hash" not in rows("sign_ins")[0]
    assert "+31 20 555 0100" in files["index.html"].decode()


def test_the_sides_of_an_export_are_apart(company: Installation) -> None:
    answered(company, ASKS_PARKING, ANNA)
    company.person(ADA, roles=["employee", "admin"])
    browser = House(company).browser(ADA)
    asker = parts(browser.post("/v1/subjects/export", json={"email": ANNA, "side": "asker"}).content)
    about = parts(browser.post("/v1/subjects/export", json={"email": ANNA, "side": "about"}).content)
    assert not any(name.startswith("about/") for name in asker)
    assert not any(name.startswith("asker/") for name in about)


@pytest.mark.parametrize("email", [BO, RUTH])
def test_only_who_may_erases(company: Installation, email: str) -> None:
    company.person(RUTH, roles=["employee", "reviewer"])
    browser = House(company).browser(email)
    for path in ("/v1/subjects/erase", "/v1/subjects/export"):
        assert_problem(browser.post(path, json={"email": ANNA, "side": "both"}), 403, "forbidden")
    assert document(company, "r1").state == "ready"


def test_a_reviewer_places_and_lifts_holds_with_a_reason(company: Installation) -> None:
    company.person(RUTH, roles=["employee", "reviewer"])
    house = House(company)
    ruth = house.browser(RUTH)
    assert_problem(ruth.post("/v1/holds", json={"kind": "source", "target": "rules", "why": " "}), 422, "invalid")
    placed = ruth.post("/v1/holds", json={"kind": "source", "target": "rules", "why": "Case 14"})
    assert placed.status_code == 201, placed.text
    again = ruth.post("/v1/holds", json={"kind": "source", "target": "rules", "why": "Case 14"})
    assert_problem(again, 409, "conflict")
    report = house.operator().post("/v1/subjects/erase", json={"email": ANNA, "side": "about"}).json()["report"]
    assert [each["kind"] for each in report["held"]][:1] == ["document"]
    assert document(company, "r1").state == "ready"
    assert ruth.get("/v1/holds").json()["holds"][0]["why"] == "Case 14"
    lifted = ruth.post(f"/v1/holds/{placed.json()['id']}/lift", json={"why": "Closed"})
    assert lifted.status_code == 200, lifted.text
    assert ruth.get("/v1/holds").json()["holds"] == []
    assert len(ruth.get("/v1/holds", params={"lifted": True}).json()["holds"]) == 1
    assert_problem(house.operator().post("/v1/holds", json={"kind": "source", "target": "rules", "why": "x"}), 401,
                   "unauthenticated")  # fmt: skip
    company.runtime.sequencer.drain()
    changes = [each["details"]["change"] for each in tail(company.runtime.database, 50)
               if each["kind"] == "hold.changed"]  # fmt: skip
    assert sorted(changes) == ["lifted", "placed"]


def test_whoever_is_held_is_not_forgotten_either(company: Installation) -> None:
    company.person(RUTH, roles=["employee", "reviewer"])
    house = House(company)
    placed = house.browser(RUTH).post("/v1/holds", json={"kind": "person", "target": ANNA, "why": "Case 14"})
    assert placed.status_code == 201
    refused = house.operator().post(f"/v1/operator/people/{ANNA}/forget")
    assert_problem(refused, 409, "conflict")


def test_the_command_line_erases_and_checks_its_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Installation(tmp_path)
    from tests.api.subjects.house import fill

    fill(made)
    made.close()
    monkeypatch.setenv("VOUCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VOUCH_DEMO__LOAD", "false")
    run, report = CliRunner(), tmp_path / "erased.json"
    dry = run.invoke(app, ["subject", "erase", ANNA, "--as", "about", "--dry-run", "--json"])
    assert dry.exit_code == 0, dry.output
    assert json.loads(dry.stdout)["report"]["places"]["documents"] == {"found": 1, "removed": 0, "held": 0}
    done = run.invoke(app, ["subject", "erase", ANNA, "--as", "both", "--yes", "--report", str(report)])
    assert done.exit_code == 0, done.output
    assert run.invoke(app, ["subject", "verify-report", str(report)]).exit_code == 0
    report.write_text(report.read_text().replace('"removed": 1', '"removed": 2', 1))
    assert run.invoke(app, ["subject", "verify-report", str(report)]).exit_code == 1
    shown = run.invoke(app, ["retention", "show", "--json"])
    assert json.loads(shown.stdout)["days"]["answers"] == 396
    ran = run.invoke(app, ["retention", "run"])
    assert ran.exit_code == 0, ran.output
    out = tmp_path / "bo.zip"
    exported = run.invoke(app, ["subject", "export", BO, "--as", "asker", "--out", str(out)])
    assert exported.exit_code == 0, exported.output
    assert "manifest.json" in parts(out.read_bytes())
    made.runtime = Installation(tmp_path).runtime
    with made.runtime.database.reading() as session:
        assert session.scalars(select(HoldRow)).all() == []
    made.close()
