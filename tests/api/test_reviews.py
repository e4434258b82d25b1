"""The queue of reviews over HTTP: for reviewers, as themselves; conflicts, pages, and what erasing leaves."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from answer.review.tables import ReviewEntryRow, ReviewRow
from answer.tables import AnswerRow
from api import retention
from api.cli.main import app as cli
from api.cli.output import console
from api.settings import RetentionSettings, ReviewSettings
from api.subjects.erasing import erase
from api.subjects.exporting import export
from core.audit import tail
from core.errors import Refused
from tests.api.conftest import ANA, LEAVE
from tests.api.visitors import House, ask, assert_problem
from tests.installation import Installation

RUTH, OTTO, ADA = "ruth@x.example", "otto@x.example", "ada@x.example"
NOTE = "Anna Meyer asked for this."
DAY = timedelta(days=1)


def furnished(directory: Path, **settings: Any) -> House:
    installation = Installation(directory, **settings)
    installation.person(ANA)
    for email in (RUTH, OTTO):
        installation.person(email, roles=["employee", "reviewer"])
    installation.person(ADA, roles=["employee", "admin"])
    installation.records("rules", [{"id": "r1", "title": "Leave", "text": "Every employee has 27 days of leave."}])
    return House(installation)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = furnished(tmp_path)
    yield made
    made.installation.close()


@pytest.fixture
def ruth(house: House) -> TestClient:
    return house.browser(RUTH)


@pytest.fixture
def otto(house: House) -> TestClient:
    return house.browser(OTTO)


def answered(house: House, count: int = 1) -> list[str]:
    return [house.installation.ask(LEAVE, ANA).id for _ in range(count)]


def queued(house: House, reviewer: TestClient) -> dict[str, Any]:
    made = reviewer.post("/v1/reviews", json={"answer": answered(house)[0], "why": "Somebody complained."})
    assert made.status_code == 201, made.text
    return made.json()


def done(reviewer: TestClient, path: str, **body: Any) -> dict[str, Any]:
    response = reviewer.post(f"/v1/reviews/{path}", json=body)
    assert response.status_code in (200, 201), response.text
    return response.json()


def records(house: House, kind: str) -> list[dict[str, Any]]:
    house.runtime.sequencer.drain()
    return [each for each in tail(house.runtime.database, 500) if each["kind"] == kind]


def rows(house: House, table: Any) -> list[Any]:
    with house.runtime.database.reading() as session:
        return list(session.scalars(select(table)))


def test_two_reviewers_take_an_answer_through_the_queue(house: House, ruth: TestClient, otto: TestClient) -> None:
    answers = answered(house, 3)
    now = house.runtime.clock()
    drawn = done(ruth, "samples", size=2, since=(now - DAY).isoformat(), until=now.isoformat())
    assert (drawn["population"], drawn["drawn"], drawn["drawn_by"]) == (3, 2, RUTH)
    listed = ruth.get("/v1/reviews", params={"state": "waiting"}).json()["reviews"]
    assert {each["answer_id"] for each in listed} <= set(answers)
    review = listed[0]["id"]
    assert listed[0]["about"]["status"] == "answered"
    assert LEAVE not in str(listed)
    assert ANA not in str(listed)
    given = done(ruth, f"{review}/assign", revision=1, assignee=OTTO)
    assert (given["state"], given["assignee"]) == ("assigned", OTTO)
    done(otto, f"{review}/notes", text=NOTE)
    said = done(otto, f"{review}/label", revision=3, label="incorrect", severity="high")
    assert (said["label"], said["labelled_by"]) == ("incorrect", OTTO)
    assert_problem(otto.post(f"/v1/reviews/{review}/sign-off", json={"revision": 4}), 403, "forbidden")
    signed = done(ruth, f"{review}/sign-off", revision=4)
    assert (signed["state"], signed["second"], signed["signed_by"]) == ("signed_off", True, RUTH)
    whole = ruth.get(f"/v1/reviews/{review}").json()
    assert [(each["change"], each["by"]) for each in whole["history"]] == [
        ("queued", RUTH), ("assigned", RUTH), ("noted", OTTO), ("labelled", OTTO), ("signed_off", RUTH),
    ]  # fmt: skip
    assert whole["history"][2]["text"] == NOTE
    again = done(ruth, f"samples/{drawn['id']}/repeat")
    assert (again["repeated"], again["drawn"], again["same_population"]) == (2, 2, True)


def test_only_reviewers_may_and_nobody_for_them(house: House, ruth: TestClient) -> None:
    review = queued(house, ruth)["id"]
    before = len(records(house, "review.changed"))
    routes = [
        ("GET", ""), ("POST", ""), ("GET", "/counts"), ("GET", f"/{review}"), ("POST", f"/{review}/label"),
        ("POST", f"/{review}/assign"), ("POST", f"/{review}/notes"), ("POST", f"/{review}/sign-off"),
        ("POST", f"/{review}/reopen"), ("GET", "/samples"), ("POST", "/samples"), ("GET", "/rules"),
        ("PUT", "/rules/weekly"), ("POST", "/rules/weekly/end"),
    ]  # fmt: skip
    for visitor in (house.browser(ANA), house.browser(ADA), house.operator(acting=RUTH)):
        for method, path in routes:
            assert_problem(visitor.request(method, f"/v1/reviews{path}", json={}), 403, "forbidden")
    for method, path in routes:
        assert house.operator().request(method, f"/v1/reviews{path}", json={}).status_code == 401
    assert len(records(house, "review.changed")) == before
    assert_problem(house.browser(ANA).get("/v1/review/feedback"), 403, "forbidden")


def test_an_assignee_is_a_reviewer(house: House, ruth: TestClient) -> None:
    review = queued(house, ruth)["id"]
    for nobody in (ANA, ADA):
        body = {"revision": 1, "assignee": nobody}
        assert_problem(ruth.post(f"/v1/reviews/{review}/assign", json=body), 422, "invalid")
    assert ruth.get("/v1/reviews", params={"assignee": "nobody"}).json()["reviews"][0]["id"] == review
    assert ruth.get("/v1/reviews", params={"assignee": OTTO}).json()["reviews"] == []


def test_who_read_it_before_it_changed_is_told_what_changed(house: House, ruth: TestClient, otto: TestClient) -> None:
    review = queued(house, ruth)["id"]
    done(otto, f"{review}/label", revision=1, label="leak", severity="critical")
    body = {"revision": 1, "label": "correct"}
    problem = assert_problem(ruth.post(f"/v1/reviews/{review}/label", json=body), 409, "conflict")
    assert "labelled leak" in problem["detail"]
    assert ruth.get(f"/v1/reviews/{review}").json()["label"] == "leak"


def test_lists_come_page_by_page_and_each_look_is_an_event(house: House, ruth: TestClient) -> None:
    reviews = [queued(house, ruth)["id"] for _ in range(3)]
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = ruth.get("/v1/reviews", params={"limit": 2, "cursor": cursor, "state": "open"}).json()
        found += [each["id"] for each in page["reviews"]]
        cursor = page["next"]
    assert found == reviews
    told = [each["details"] for each in records(house, "audit.searched")]
    assert sorted(each["found"] for each in told) == [1, 2]
    assert {tuple(each["by"]) for each in told} == {("state",)}
    for _ in range(3):
        done(ruth, "samples", size=1)
    first = ruth.get("/v1/reviews/samples", params={"limit": 2}).json()
    second = ruth.get("/v1/reviews/samples", params={"limit": 2, "cursor": first["next"]}).json()
    assert len({each["id"] for each in (*first["samples"], *second["samples"])}) == 3
    assert second["next"] is None
    assert_problem(ruth.get("/v1/reviews", params={"cursor": first["next"]}), 422, "invalid")
    for never in ("2026-11-01T00:00:00", "9999-12-31T23:59:59-12:00"):
        assert_problem(ruth.get("/v1/reviews", params={"since": never}), 422, "invalid")


def test_a_dry_run_tells_how_many_and_not_which(house: House, ruth: TestClient) -> None:
    answers = answered(house, 3)
    counted = done(ruth, "samples", rate=0.5, least=1, dry_run=True)
    assert (counted["population"], counted["drawn"], counted["id"]) == (3, 2, None)
    assert not any(each in str(counted) for each in answers)
    assert ruth.get("/v1/reviews").json()["reviews"] == []
    tomorrow = (house.runtime.clock() + DAY).isoformat()
    for wrong in ({}, {"size": 2, "rate": 0.1}, {"size": 2, "rule": "tier"}, {"size": 2, "since": tomorrow}):
        assert_problem(ruth.post("/v1/reviews/samples", json=wrong), 422, "invalid")


def test_a_rule_that_a_reviewer_sets_is_swept_by_the_installation_once(house: House, ruth: TestClient) -> None:
    body = {"rule": "random", "every": "day", "rate": 0.02, "least": 2, "why": "Control 7"}
    rule = ruth.put("/v1/reviews/rules/daily", json=body).json()
    assert (rule["set_by"], rule["revision"], rule["rate"]) == (RUTH, 1, 0.02)
    assert_problem(ruth.put("/v1/reviews/rules/daily", json=body), 409, "conflict")
    assert [each["name"] for each in ruth.get("/v1/reviews/rules").json()["rules"]] == ["daily"]
    [told] = records(house, "sampling.changed")
    assert (told["details"]["change"], told["details"]["every"], told["details"]["rate"]) == ("set", "day", 0.02)
    answered(house, 3)
    tomorrow = house.runtime.clock() + DAY
    house.runtime.sampler._clock = lambda: tomorrow  # pyright: ignore[reportPrivateUsage]
    house.runtime.sweep()
    house.runtime.sweep()
    assert len(ruth.get("/v1/reviews").json()["reviews"]) == 2
    [sample] = ruth.get("/v1/reviews/samples").json()["samples"]
    assert (sample["standing"], sample["drawn_by"], sample["population"]) == (rule["id"], None, 3)
    ended = ruth.post("/v1/reviews/rules/daily/end", json={"revision": 1, "why": "Enough"})
    assert ended.status_code == 204
    assert ruth.get("/v1/reviews/rules").json()["rules"] == []


def test_a_frame_names_a_source_as_its_list_does(ruth: TestClient) -> None:
    body = {"rule": "source", "of": "rules", "every": "day", "rate": 0.02, "least": 2, "why": "Control 8"}
    assert ruth.put("/v1/reviews/rules/daily", json=body).json()["of"] == "rules"
    assert [each["of"] for each in ruth.get("/v1/reviews/rules").json()["rules"]] == ["rules"]
    assert done(ruth, "samples", rule="source", of="rules", size=1)["of"] == "rules"


def test_counts_of_the_queue_are_no_record_and_the_tally_of_feedback_is_one_with_its_hash(
    house: House, ruth: TestClient, otto: TestClient
) -> None:
    review = queued(house, ruth)
    done(ruth, f"{review['id']}/label", revision=1, label="correct")
    done(otto, f"{review['id']}/sign-off", revision=2)
    counted = otto.get("/v1/reviews/counts")
    assert counted.json()["states"] == {"signed_off": 1}
    assert counted.json()["labels"] == {"correct": {"none": 1}}
    assert counted.json()["agreement"] == {"pairs": 1, "agreed": 1, "ratio": 1.0, "kappa": None}
    ana = house.browser(ANA)
    mine = ask(ana, LEAVE)["answer_id"]
    ana.put(f"/v1/answers/{mine}/feedback", json={"rating": "down", "reasons": ["wrong", "unclear"]})
    tally = house.browser(ADA).get("/v1/review/feedback")
    assert tally.json()["feedback"] == [
        {"rating": "down", "reason": "unclear", "count": 1}, {"rating": "down", "reason": "wrong", "count": 1},
    ]  # fmt: skip
    old = {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"}
    assert ruth.get("/v1/review/feedback", params=old).json()["feedback"] == []
    told = {each["details"]["content"] for each in records(house, "report.made")}
    assert hashlib.sha256(tally.content).hexdigest() in told
    made = len(records(house, "report.made"))
    assert otto.get("/v1/reviews/counts").json() == counted.json()
    assert len(records(house, "report.made")) == made == 2


def test_while_the_log_cannot_be_written_nothing_is_shown_or_changed(
    house: House, ruth: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = queued(house, ruth)["id"]

    def refuse() -> None:
        raise Refused("The log cannot be continued.", hint="Run: vouch doctor")

    monkeypatch.setattr(house.runtime.sequencer, "check", refuse)
    body = {"revision": 1, "label": "correct"}
    for response in (
        ruth.get("/v1/reviews"),
        ruth.get(f"/v1/reviews/{review}"),
        ruth.get("/v1/review/feedback"),
        ruth.get("/v1/reviews/samples"),
        ruth.post(f"/v1/reviews/{review}/label", json=body),
        ruth.post("/v1/reviews/samples", json={"size": 1}),
        ruth.post(f"/v1/reviews/{review}/notes", json={"text": NOTE}),
    ):
        problem = assert_problem(response, 503, "refused")
        assert review not in str(problem)
    assert [(row.state, row.revision) for row in rows(house, ReviewRow)] == [("open", 1)]


def test_the_only_reviewer_signs_off_alone_where_the_installation_says_so(tmp_path: Path) -> None:
    house = furnished(tmp_path, review=ReviewSettings(single_reviewer=True))
    ruth = house.browser(RUTH)
    review = queued(house, ruth)["id"]
    done(ruth, f"{review}/label", revision=1, label="correct")
    assert_problem(ruth.post(f"/v1/reviews/{review}/sign-off", json={"revision": 2}), 403, "forbidden")
    house.installation.person(OTTO, roles=["employee"])
    assert done(ruth, f"{review}/sign-off", revision=2)["second"] is False
    house.installation.close()


# Erasing and retention


def reviewed(house: House, ruth: TestClient, otto: TestClient) -> str:
    review = queued(house, ruth)["id"]
    done(otto, f"{review}/notes", text=NOTE)
    done(otto, f"{review}/label", revision=2, label="leak", severity="low")
    done(ruth, f"{review}/sign-off", revision=3)
    return review


def test_who_asked_is_erased_and_the_review_keeps_its_label(house: House, ruth: TestClient, otto: TestClient) -> None:
    review, waiting = reviewed(house, ruth, otto), queued(house, ruth)["id"]
    exported = zipfile.ZipFile(io.BytesIO(export(house.runtime, ANA, "asker")))
    told = orjson.loads(exported.read("asker/reviews.json"))
    assert {each["label"] for each in told} == {"leak", None}
    assert NOTE not in str(told)
    report = erase(house.runtime, ANA, "asker", "suppress")["report"]
    assert report["places"]["reviews"]["removed"] == 2
    assert rows(house, AnswerRow) == []
    found = ruth.get(f"/v1/reviews/{review}").json()
    assert (found["state"], found["label"], found["about"]) == ("signed_off", "leak", None)
    assert {each["text"] for each in found["history"]} == {""}
    assert ruth.get(f"/v1/reviews/{waiting}").json()["state"] == "withdrawn"
    body = {"revision": 2, "label": "correct"}
    assert_problem(ruth.post(f"/v1/reviews/{waiting}/label", json=body), 409, "conflict")


def test_a_reviewer_is_erased_and_the_notes_are_nobodys(house: House, ruth: TestClient, otto: TestClient) -> None:
    review = reviewed(house, ruth, otto)
    exported = zipfile.ZipFile(io.BytesIO(export(house.runtime, OTTO, "asker")))
    assert NOTE in {each["text"] for each in orjson.loads(exported.read("asker/reviewed.json"))}
    person = house.installation.principal(OTTO).person_id
    erase(house.runtime, OTTO, "both", "suppress")
    found = ruth.get(f"/v1/reviews/{review}").json()
    assert (found["label"], found["labelled_by"], found["second"]) == ("leak", None, True)
    assert [each["by"] for each in found["history"]] == [RUTH, None, None, RUTH]
    assert found["history"][1]["text"] == NOTE
    assert person not in str([vars(row) for row in (*rows(house, ReviewRow), *rows(house, ReviewEntryRow))])


def test_whoever_a_note_names_is_taken_out_of_it(house: House, ruth: TestClient, otto: TestClient) -> None:
    review = reviewed(house, ruth, otto)
    house.installation.person("anna.meyer@x.example")
    report = erase(house.runtime, "anna.meyer@x.example", "both", "suppress", names=["Anna Meyer"])["report"]
    assert report["standing"] == {}
    assert ruth.get(f"/v1/reviews/{review}").json()["history"][1]["text"] == "[erased] asked for this."


def test_retention_takes_the_text_with_the_answer_and_later_the_review(tmp_path: Path) -> None:
    house = furnished(tmp_path, retention=RetentionSettings(answers_days=100, reviews_days=200))
    review = reviewed(house, house.browser(RUTH), house.browser(OTTO))
    begun = house.runtime.clock()

    def at(days: int) -> None:
        now: datetime = begun + timedelta(days=days)
        house.runtime.clock = lambda: now
        retention.run(house.runtime)

    at(101)
    [row] = rows(house, ReviewRow)
    assert (row.id, row.state, row.label) == (review, "signed_off", "leak")
    assert {each.text for each in rows(house, ReviewEntryRow)} == {""}
    at(201)
    assert rows(house, ReviewRow) == rows(house, ReviewEntryRow) == []
    house.installation.close()


# The command line


def test_the_command_line_does_it_with_a_reviewers_key(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {email: tmp_path / f"{email}.key" for email in (RUTH, OTTO)}
    for email, file in keys.items():
        file.write_text(house.key(email))
    answered(house, 2)
    directory = house.installation.settings.data_dir
    house.installation.close()
    monkeypatch.setenv("VOUCH_DATA_DIR", str(directory))
    monkeypatch.setenv("VOUCH_DEMO__LOAD", "false")
    monkeypatch.setattr(console, "width", 300)

    def vouch(*arguments: str, by: str = RUTH, code: int = 0) -> str:
        ran = CliRunner().invoke(cli, ["review", "queue", *arguments, "--key-file", str(keys[by])])
        assert ran.exit_code == code, ran.output
        return ran.output

    assert "2 are in the queue" in vouch("sample", "--size", "2")
    listed = orjson.loads(vouch("list", "--json"))
    review = listed[0]["id"]
    assert "is assigned, with otto@x.example" in vouch("assign", review, "--to", OTTO)
    assert "is labelled, incorrect" in vouch("label", review, "incorrect", "--severity", "low", by=OTTO)
    vouch("note", review, NOTE, by=OTTO)
    assert "labelled themselves" in vouch("sign-off", review, by=OTTO, code=1)
    assert "is signed off" in vouch("sign-off", review)
    assert "is open" in vouch("reopen", review, "--why", "The source was wrong.")
    assert NOTE in vouch("show", review)
    assert "open 2" in vouch("counts")
