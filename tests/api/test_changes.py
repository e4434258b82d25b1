"""Who changed what, when and why, in one list, as far as whoever asks may see it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from api import changes, migrate
from core import people
from core.clock import utc_now
from core.database import Database, open_engine
from tests.api.visitors import House, assert_problem
from tests.connectors.destinations.receiver import KEY
from tests.core.audit import postgres
from tests.installation import Installation

TICKETS: dict[str, Any] = {
    "kind": "webhook", "config": {"url": "https://hooks.x.example/in", "keys": ["env:HOOK_KEY"]},
    "contract": {"type": "object"}, "audience": ["staff"],
}  # fmt: skip
ADA, EVA, RUTH, OTTO = "ada@x.example", "eva@x.example", "ruth@x.example", "otto@x.example"


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation in which an administrator changed something of everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOOK_KEY", KEY)
        yield from furnished(tmp_path_factory)


def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    installation = Installation(tmp_path_factory.mktemp("changes"))
    for email, roles in ((ADA, ["admin"]), (EVA, ["admin"]), (RUTH, ["reviewer"]), (OTTO, ["operator"])):
        installation.person(email, roles=["employee", *roles])
    installation.person("ana@x.example", "staff")
    installation.records("letters", [{"id": "1", "text": "Nine pumps."}])
    house = House(installation)
    admin = house.browser(ADA)
    policy = admin.get("/v1/policy").json()
    document = {name: copy.deepcopy(policy[name]) for name in ("classes", "sensitivity", "kinds")}
    document["classes"]["place"]["external"] = "redact"
    budget = {"scope": "person", "name": "ana@x.example", "per": "day", "tokens": 10}
    replies = [
        admin.put("/v1/policy", json={**document, "why": "Places are not for outside"}),
        admin.put("/v1/budgets", json={"budget": budget, "why": "Ana asks a lot"}),
        admin.post("/v1/role-requests", json={"email": "ana@x.example", "why": "She reviews from now on"}),
        admin.put("/v1/operator/destinations/tickets", json=TICKETS),
        admin.post("/v1/service-accounts", json={"name": "crm-bot"}),
        admin.post("/v1/service-accounts/crm-bot/acts-for", json={"email": "ana@x.example", "why": "Her assistant"}),
    ]
    assert all(each.status_code < 300 for each in replies), [each.text for each in replies if each.status_code > 299]
    request = admin.get("/v1/role-requests").json()["requests"][0]["id"]
    assert house.browser(EVA).post(f"/v1/role-requests/{request}/approve").status_code == 200
    yield house
    installation.close()


def listed(lodge: House, reader: str = ADA, **query: Any) -> list[dict[str, Any]]:
    response = lodge.browser(reader).get("/v1/changes", params=query)
    assert response.status_code == 200, response.text
    return response.json()["changes"]


def test_what_was_changed_stands_with_who_and_why_the_newest_first(lodge: House) -> None:
    found = listed(lodge)
    assert [each["changed_at"] for each in found] == sorted((each["changed_at"] for each in found), reverse=True)
    told = {(each["kind"], each["what"], each["change"], each["why"], each["changed_by"]) for each in found}
    assert told >= {
        ("policy", "2", "changed", "Places are not for outside", ADA),
        ("budget", "ana@x.example", "set", "Ana asks a lot", ADA),
        ("role", "ana@x.example", "asked for reviewer", "She reviews from now on", ADA),
        ("role", "ana@x.example", "approved reviewer", "She reviews from now on", EVA),
        ("acting", "crm-bot", "given", "Her assistant", ADA),
        ("destination", "tickets", "changed", None, ADA),
    }
    assert {"policy", "budget", "role", "acting", "source"} <= {each["kind"] for each in found}


def test_changes_come_page_by_page_each_once(lodge: House) -> None:
    browser = lodge.browser(ADA)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = browser.get("/v1/changes", params={"limit": 2, "cursor": cursor}).json()
        seen += [each["id"] for each in page["changes"]]
        cursor = page["next"]
    assert seen == [each["id"] for each in listed(lodge)]
    assert len(set(seen)) == len(seen) > 4


def test_a_change_of_a_person_is_in_the_list_at_once(lodge: House) -> None:
    # Nothing reaches the log by itself now.
    lodge.runtime.sequencer.stop()
    try:
        person = {"email": "cleo@x.example", "roles": ["employee"]}
        assert lodge.browser(ADA).post("/v1/operator/people", json=person).status_code < 300
        assert listed(lodge, kind=["person"])[0]["what"] == "cleo@x.example"
    finally:
        lodge.runtime.sequencer.start()


def test_changes_can_be_narrowed_to_a_part_and_to_whoever_made_them(lodge: House) -> None:
    assert {each["kind"] for each in listed(lodge, kind=["policy", "budget"])} == {"policy", "budget"}
    assert [each["change"] for each in listed(lodge, person=EVA)] == ["approved reviewer"]
    assert_problem(lodge.browser(ADA).get("/v1/changes", params={"person": "nobody@x.example"}), 404, "not_found")


def test_a_reviewer_sees_changes_of_what_reviewers_see_and_an_operator_none(lodge: House) -> None:
    assert {each["kind"] for each in listed(lodge, RUTH)} == {"policy", "budget"}
    assert {each["kind"] for each in listed(lodge, RUTH, kind="role")} == set()
    assert_problem(lodge.browser(OTTO).get("/v1/changes"), 403, "forbidden")


def test_who_was_added_given_roles_or_disabled_stands_there_too_as_the_log_keeps_it(lodge: House) -> None:
    browser, kate = lodge.browser(EVA), "kate@x.example"
    for roles in (["employee"], ["connector_owner", "employee"]):
        assert browser.post("/v1/operator/people", json={"email": kate, "roles": roles}).status_code == 200
    assert browser.delete(f"/v1/operator/people/{kate}").status_code == 204
    lodge.runtime.sequencer.drain()
    found = [each for each in listed(lodge, kind="person", person=EVA) if each["what"] == kate]
    assert [(each["change"], each["changed_by"]) for each in found] == [
        ("disabled", EVA),
        ("changed: connector_owner, employee", EVA),
        ("added: employee", EVA),
    ]
    assert {each["kind"] for each in listed(lodge, kind="person")} == {"person"}


def test_which_keys_a_program_got_and_lost_stands_there_and_a_grant_only_once(lodge: House) -> None:
    admin = lodge.browser(ADA)
    key = {"name": "nightly", "scopes": ["ask"], "days": 3}
    assert admin.post("/v1/service-accounts/crm-bot/keys", json=key).status_code == 201
    assert admin.delete("/v1/service-accounts/crm-bot/keys", params={"key": "nightly"}).status_code == 204
    lodge.runtime.sequencer.drain()
    found = listed(lodge, kind=["service", "acting"])
    assert [(each["kind"], each["change"]) for each in found] == [
        ("service", "key_ended"),
        ("service", "key_made: ask"),
        ("acting", "given"),
        ("service", "added"),
    ]
    assert {(each["what"], each["changed_by"]) for each in found} == {("crm-bot", ADA)}


def test_disabled_people_are_listed_where_they_are_asked_for(lodge: House) -> None:
    admin, gone = lodge.browser(ADA), "gone@x.example"
    assert admin.post("/v1/operator/people", json={"email": gone, "roles": ["employee"]}).status_code == 200
    assert admin.delete(f"/v1/operator/people/{gone}").status_code == 204

    def found(**query: str) -> dict[str, str | None]:
        shown = admin.get("/v1/operator/people", params={"text": "@x.example", **query}).json()["people"]
        return {each["email"]: each["disabled_at"] for each in shown}

    assert gone not in found()
    assert found(state="active") == found()
    assert found(state="disabled")[gone] is not None
    assert ADA not in found(state="disabled")
    assert found(state="all") == {**found(), **found(state="disabled")}
    assert admin.get(f"/v1/operator/people/{gone}").json()["disabled_at"] is not None
    assert_problem(admin.get("/v1/operator/people", params={"state": "some"}), 422, "invalid")
    assert admin.post("/v1/operator/people", json={"email": gone, "roles": ["employee"]}).json()["disabled_at"] is None


def test_people_are_found_by_a_part_of_what_they_are_called_and_by_role(lodge: House) -> None:
    admin = lodge.browser(ADA)

    def found(**query: str) -> list[str]:
        return [each["email"] for each in admin.get("/v1/operator/people", params=query).json()["people"]]

    assert found(text="AN") == ["ana@x.example"]
    assert found(text="%") == []
    assert found(role="admin") == [ADA, EVA]
    assert found(text="eva", role="operator") == []


def test_groups_that_a_source_gave_are_told_apart_from_those_given_here(lodge: House) -> None:
    admin = lodge.browser(ADA)
    body = {"email": "new@x.example", "groups": ["staff"], "roles": ["employee"]}
    assert admin.post("/v1/operator/people", json=body).json()["given"] == ["staff"]
    runtime = lodge.runtime
    with runtime.database.writing() as session:
        person = people.by_email(session, "new@x.example")
        people.set_groups(session, person.id, ["wiki/editors"], runtime.clock(), origin="wiki")
    shown = admin.get("/v1/operator/people/new@x.example").json()
    assert (shown["groups"], shown["given"], shown["directory"]) == (["staff", "wiki/editors"], ["staff"], False)


def test_who_changed_a_person_stands_in_the_log(lodge: House) -> None:
    admin = lodge.browser(ADA)
    assert admin.post("/v1/operator/people", json={"email": "late@x.example"}).status_code == 200
    assert admin.delete("/v1/operator/people/late@x.example").status_code == 204
    lodge.runtime.sequencer.drain()
    records = lodge.operator().get("/v1/operator/audit/tail", params={"count": 50}).json()["records"]
    events = [each for each in records if each["kind"] == "people.changed"]
    with lodge.runtime.database.reading() as session:
        ada = lodge.runtime.audit.subject(people.by_email(session, ADA).id)
    assert [each["subject"] for each in events[-2:]] == [ada, ada]


def test_a_text_is_redacted_by_a_policy_that_is_only_tried(lodge: House) -> None:
    admin = lodge.browser(ADA)
    policy = admin.get("/v1/policy").json()
    document = {name: copy.deepcopy(policy[name]) for name in ("classes", "sensitivity", "kinds")}
    document["classes"]["financial"]["external"] = "block"
    text = "Pay to DE89370400440532013000."
    body = {"texts": [text], "destination": "external", "run": "0123456789abcdef"}
    now = admin.post("/v1/redact", json=body).json()["results"][0]
    then = admin.post("/v1/redact", json={**body, "policy": document}).json()["results"][0]
    assert (now["blocked"], then["blocked"]) == (False, True)
    assert admin.get("/v1/policy").json()["version"] == policy["version"]
    document["classes"]["financial"]["external"] = "maybe"
    assert_problem(admin.post("/v1/redact", json={**body, "policy": document}), 422, "invalid")


def test_postgresql_understands_the_question_too() -> None:
    with postgres.server() as url:
        engine = open_engine(url)
        migrate.upgrade(engine)
        with Database(engine).reading() as session:
            assert changes.changes(session, changes.KINDS, 3, (utc_now(), "policy:1"), ("operator",)) == []
        engine.dispose()
