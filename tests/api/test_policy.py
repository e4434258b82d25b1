"""The data policy as administrators see and change it: over HTTP and on the command line."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.cli import main
from api.settings import Settings, load_settings
from core import audit
from core.errors import Invalid
from core.policy import Destination
from core.policy_document import SHIPPED
from tests.api.terminal import beside
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

LETTERS = [
    {"id": "l1", "title": "Letter", "text": "Margaret Thornbury lives in Rotterdam."},
    {"id": "l2", "title": "Letter", "text": "Edward Ashcombe pays from DE89370400440532013000."},
    {"id": "l3", "title": "Note", "text": "The car park opens early."},
]


@pytest.fixture(scope="module")
def lodge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation whose policy may be changed, with three labelled letters."""
    installation = Installation(tmp_path_factory.mktemp("lodge"), policy={"classes": {"work": {"external": "allow"}}})
    installation.records("letters", LETTERS)
    installation.runtime.redaction.labeller.drain()
    yield House(installation)
    installation.close()


@pytest.fixture
def operator(lodge: House) -> TestClient:
    return lodge.operator()


@pytest.fixture
def command(lodge: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    return beside(lodge, monkeypatch, "policy")


def document(client: TestClient) -> dict[str, Any]:
    held = client.get("/v1/policy").json()
    return {section: copy.deepcopy(held[section]) for section in ("classes", "sensitivity", "kinds")}


def changed(client: TestClient, section: str, row: str, **cells: str) -> dict[str, Any]:
    made = document(client)
    made[section][row] = {**made[section].get(row, {}), **cells}
    return made


def test_the_configuration_seeds_the_policy_once(lodge: House, operator: TestClient) -> None:
    first = operator.get("/v1/policy", params={"version": 1}).json()
    assert first["changed_by"] == "vouch.yaml"
    assert first["classes"]["work"]["external"] == "allow"
    assert first["classes"]["person"] == SHIPPED["classes"]["person"]
    lodge.runtime.policies.seed()
    assert operator.get("/v1/policy/versions").json()["versions"][-1]["version"] == 1


def test_a_change_holds_at_once_and_stands_in_the_log(lodge: House, operator: TestClient) -> None:
    lodge.installation.person("ada@x.example", "staff", roles=("employee", "admin"))
    ada = lodge.browser("ada@x.example")
    before = operator.get("/v1/policy").json()
    wanted = changed(operator, "classes", "place", external="block")
    made = ada.put("/v1/policy", json={**wanted, "why": "The board asked.", "replaces": before["version"]})
    assert made.status_code == 200, made.text
    assert made.json()["version"] == before["version"] + 1
    policy = lodge.runtime.policies.policy()
    assert policy.treatment("LOCATION", "public", Destination("model", "external")) == "block"
    (newest, *_) = operator.get("/v1/policy/versions").json()["versions"]
    assert (newest["changed_by"], newest["why"]) == ("ada@x.example", "The board asked.")
    earlier = operator.get("/v1/policy", params={"version": before["version"]}).json()
    assert earlier["classes"] == before["classes"]
    assert earlier["holds"] is False
    lodge.runtime.sequencer.drain()
    event = list(audit.tail(lodge.runtime.database, 1))[-1]
    assert event["kind"] == "policy.changed"
    assert event["details"]["version"] == newest["version"]
    assert "board" not in json.dumps(event)
    stale = ada.put("/v1/policy", json={**document(operator), "why": "x", "replaces": before["version"]})
    assert_problem(stale, 409, "conflict")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda made: made["classes"].pop("person"), "classes.person.on_premise is missing"),
        (lambda made: made["classes"].update(persn={}), "classes.persn is no class of data"),
        (lambda made: made["kinds"].update(MATTER_NO={"class": "x"}), "kinds.MATTER_NO.class is no class of data"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_by_its_entry(operator: TestClient, spoil: Any, said: str) -> None:
    made = document(operator)
    spoil(made)
    count = len(operator.get("/v1/policy/versions").json()["versions"])
    for response in (
        operator.put("/v1/policy", json={**made, "why": "x"}),
        operator.post("/v1/policy/try", json=made),
    ):
        assert assert_problem(response, 422, "invalid")["detail"].startswith(said)
    assert len(operator.get("/v1/policy/versions").json()["versions"]) == count


def rows(found: dict[str, Any], name: str, destination: str = "external", where: str = "rows") -> dict[str, Any]:
    return next(row for row in found[where] if (row["destination"], row["name"]) == (destination, name))


def test_a_dry_run_counts_what_would_change_and_changes_nothing(operator: TestClient) -> None:
    count = len(operator.get("/v1/policy/versions").json()["versions"])
    wanted = changed(operator, "classes", "financial", external="block")
    found = operator.post("/v1/policy/try", json=wanted).json()
    assert (found["passages"], found["waiting"]) == (3, 0)
    money = rows(found, "financial")
    assert money["changes"] is True
    assert money["now"]["redact"] == {"values": 1, "documents": 1} == money["then"]["block"]
    assert money["now"]["block"]["values"] == money["then"]["redact"]["values"] == 0
    people = rows(found, "person")
    assert people["changes"] is False
    assert people["now"]["redact"]["documents"] == 2
    passages = rows(found, "passages")
    assert passages["then"]["block"]["documents"] == passages["now"]["block"]["documents"] + 1
    assert "Thornbury" not in json.dumps(found)
    assert len(operator.get("/v1/policy/versions").json()["versions"]) == count


def test_a_dry_run_counts_what_another_class_makes_of_the_text_around_a_value(operator: TestClient) -> None:
    """Whoever has a credential in it is restricted, and stays here as a whole."""
    wanted = changed(operator, "kinds", "IBAN_CODE", **{"class": "credential"}, external="redact")
    texts = [{"_id": "1", "text": "Please pay from DE89370400440532013000."}]
    found = operator.post("/v1/policy/try", json={**wanted, "texts": texts}).json()
    for where in ("rows", "texts"):
        passages = rows(found, "passages", where=where)
        assert passages["then"]["block"]["values"] == passages["now"]["block"]["values"] + 1


def test_a_dry_run_takes_texts_and_new_destinations(operator: TestClient) -> None:
    wanted = changed(operator, "classes", "person", frontier="block")
    texts = [{"_id": "1", "text": "Margaret Thornbury agreed."}, {"_id": "2", "text": "Nobody agreed."}]
    found = operator.post("/v1/policy/try", json={**wanted, "texts": texts, "stored": False}).json()
    assert found["rows"] == []
    assert rows(found, "person", "frontier", "texts")["then"]["block"] == {"values": 1, "documents": 1}
    assert rows(found, "person", "external", "texts")["changes"] is False


def test_what_show_prints_can_be_set(command: CliRunner, operator: TestClient, tmp_path: Path) -> None:
    ran = command.invoke(main.app, ["policy", "show"])
    assert ran.exit_code == 0, ran.output
    assert yaml.safe_load(ran.stdout) == document(operator)
    file = tmp_path / "policy.yaml"
    file.write_text(ran.stdout)
    same = command.invoke(main.app, ["policy", "set", str(file), "--why", "Nothing."])
    assert same.exit_code == 1
    assert "says already" in same.output
    file.write_text(ran.stdout.replace("organisation: {external: redact", "organisation: {external: allow"))
    tried = command.invoke(main.app, ["policy", "try", str(file), "Brackwell Ltd and Margaret Thornbury"])
    assert tried.exit_code == 0, tried.output
    made = command.invoke(main.app, ["policy", "set", str(file), "--why", "Models need [them].", "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["classes"]["organisation"]["external"] == "allow"
    history = command.invoke(main.app, ["policy", "history"])
    assert "Models need [them]." in history.stdout
    first = command.invoke(main.app, ["policy", "show", "--version", "1", "--json"])
    assert json.loads(first.stdout)["version"] == 1


def test_a_policy_file_that_is_none_is_refused(command: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("classes: {person: {external: allow}}\n")
    ran = command.invoke(main.app, ["policy", "try", str(file)])
    assert ran.exit_code == 1
    assert "is missing" in ran.output


def test_passages_too_sensitive_for_the_embedder_leave_the_index_and_come_back(installation: Installation) -> None:
    installation.person("ana@x.example", "staff")
    installation.records("letters", LETTERS)
    house = House(installation)
    operator = house.operator()
    wanted = changed(operator, "sensitivity", "internal", embedder="block")
    assert operator.put("/v1/policy", json={**wanted, "why": "Nothing internal is embedded."}).status_code == 200
    assert installation.found("car park", "ana@x.example") == set()
    wanted["sensitivity"]["internal"]["embedder"] = "allow"
    assert operator.put("/v1/policy", json={**wanted, "why": "It is again."}).status_code == 200
    assert "l3" in installation.found("car park", "ana@x.example")


def test_the_configuration_may_not_hold_a_policy_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOUCH_CONFIG", str(tmp_path / "vouch.yaml"))
    (tmp_path / "vouch.yaml").write_text("policy: {classes: {person: {external: hide}}}\n")
    with pytest.raises(Invalid, match=r"policy: classes\.person\.external is no treatment"):
        load_settings()


def test_what_is_looked_for_does_not_change_with_how_long_values_are_kept() -> None:
    first, second = Settings(), Settings.model_validate({"redaction": {"vault_days": 3}})
    assert first.redaction.labels == second.redaction.labels
    assert "vault_days" not in first.redaction.labels.model_dump()


def test_a_file_with_a_part_that_a_policy_does_not_have_names_it(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("clases: {}\n")
    tried = CliRunner().invoke(main.app, ["policy", "try", str(file)])
    assert tried.exit_code != 0
    assert "clases is no part of a policy" in tried.output
