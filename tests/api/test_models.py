"""Models, budgets and chargeback as administrators see and change them: over HTTP and on the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient
from typer.testing import CliRunner

from answer.models.base import ModelBusy, Usage
from answer.models.scripted import ScriptedModel, says
from answer.usage import Spender
from api import forgetting
from api.cli import main
from core import audit
from tests.answer.calling.builders import entry
from tests.api.terminal import beside
from tests.api.visitors import House, assert_problem
from tests.contracts.chat_models.builders import prompt
from tests.fakes.model_openai import FakeCompatible
from tests.fakes.model_vendor import KEY, Refusal
from tests.installation import Installation

ADA = "ada@x.example"
SEED = entry("seed", prices={"input": 2.0, "output": 8.0, "currency": "EUR"})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    installation = Installation(tmp_path, models=(SEED,), budgets={"departments": ["sales"]})
    installation.person(ADA, "sales", roles=("employee", "admin"))
    installation.person("bo@x.example", "sales")
    yield House(installation)
    installation.close()


@pytest.fixture
def ada(house: House) -> TestClient:
    return house.browser(ADA)


@pytest.fixture
def command(house: House, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    return beside(house, monkeypatch, "models", "budgets")


def scripted(monkeypatch: pytest.MonkeyPatch, *script: Any) -> ScriptedModel:
    """Every model of the house plays this script."""
    model = ScriptedModel([script], name="seed", sleep=lambda seconds: None)
    monkeypatch.setattr("answer.models.open.open_model", lambda entry, resolve, egress: model)
    return model


def run(command: CliRunner, *words: str) -> str:
    ran = command.invoke(main.app, [*words])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def use(house: House, email: str, usage: Usage, *sources: str) -> None:
    models = house.runtime.models
    spender = models.budgets.spender(house.installation.principal(email), sources, "answer-1")
    models.budgets.settle(models.budgets.reserve(spender, SEED, prompt(SEED)), usage)


def test_only_administrators_see_and_change_models_and_budgets(house: House) -> None:
    bo = house.browser("bo@x.example")
    for method, path in (
        ("GET", "/v1/register/models"), ("GET", "/v1/register/changes"), ("GET", "/v1/register/models/seed"),
        ("GET", "/v1/budgets"),
        ("GET", "/v1/chargeback"), ("POST", "/v1/register/models/seed/check"),
    ):  # fmt: skip
        assert_problem(bo.request(method, path), 403, "forbidden")
        assert house.visitor(**{"X-Vouch": "1"}).request(method, path).status_code == 401


def test_a_model_is_added_changed_and_retired_with_who_and_why(house: House, ada: TestClient) -> None:
    made = ada.put("/v1/register/models", json={"entry": entry("new").model_dump(mode="json"), "why": "Approved"})
    assert made.status_code == 200, made.text
    assert (made.json()["ceiling"], made.json()["callable"]) == ("internal", True)
    assert ada.post("/v1/register/models/new/retire", json={"why": "The contract ended"}).json()["callable"] is False
    assert_problem(ada.get("/v1/register/models/new"), 404, "not_found")
    shown = ada.get("/v1/register/models", params={"retired": True}).json()
    assert [(each["name"], each["callable"]) for each in shown["models"]] == [("new", False), ("seed", True)]
    (retired, added) = ada.get("/v1/register/changes", params={"name": "new"}).json()["changes"]
    assert (retired["changed_by"], retired["why"], added["change"]) == (ADA, "The contract ended", "added")
    house.runtime.sequencer.drain()
    kinds = [event["kind"] for event in audit.tail(house.runtime.database, 20)]
    assert kinds.count("model.changed") == 3


def test_a_floating_name_is_refused(ada: TestClient) -> None:
    floating = {**entry("new").model_dump(mode="json"), "model": "gpt-latest"}
    problem = assert_problem(ada.put("/v1/register/models", json={"entry": floating, "why": "x"}), 422, "invalid")
    assert "name of one version" in problem["detail"]


def test_an_administrator_names_no_secret_that_is_not_open(house: House, ada: TestClient) -> None:
    keyed = entry("keyed", api_key="file:/etc/secret").model_dump(mode="json")
    assert_problem(ada.put("/v1/register/models", json={"entry": keyed, "why": "x"}), 403, "forbidden")
    assert house.operator().put("/v1/register/models", json={"entry": keyed, "why": "x"}).status_code == 200
    # What the operator put there stays usable, for the same address only.
    cheaper = {**keyed, "context_tokens": 4000}
    assert ada.put("/v1/register/models", json={"entry": cheaper, "why": "x"}).status_code == 200
    moved = {**keyed, "base_url": "https://elsewhere.example.com"}
    assert_problem(ada.put("/v1/register/models", json={"entry": moved, "why": "x"}), 403, "forbidden")


def test_what_show_prints_can_be_set(command: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "model.yaml"
    file.write_text(run(command, "models", "show", "seed"))
    same = command.invoke(main.app, ["models", "set", str(file), "--why", "Nothing."])
    assert (same.exit_code, "says already" in same.output) == (1, True)
    changed = {**yaml.safe_load(file.read_text()), "retires_on": "2026-01-01", "handling": None}
    file.write_text(yaml.safe_dump({"models": [changed]}))
    said = run(command, "models", "set", str(file), "--why", "It ends.")
    assert "at most public text" in said
    assert "was retired on 2026-01-01" in said
    assert "It ends." in run(command, "models", "history", "seed")
    listed = run(command, "models", "list")
    assert "stands otherwise in vouch.yaml" in " ".join(listed.split())
    (shown,) = json.loads(run(command, "models", "list", "--json"))["models"]
    assert (shown["callable"], shown["revision"]) == (False, 2)
    assert "no more" in run(command, "models", "retire", "seed", "--why", "Over")


def test_check_sends_one_public_sentence_and_says_what_came(
    house: House, command: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scripted(monkeypatch, *says("Yes."))
    said = run(command, "models", "check", "seed")
    assert "it answers" in said
    assert "scripted-1" in said
    (sent,) = model.sent
    assert sent.evidence == ()
    (charge,) = json.loads(run(command, "chargeback", "--by", "model", "--json"))["charges"]
    assert (charge["name"], charge["calls"], charge["micros"]) == ("seed", 1, 100 * 2 + 8)
    house.runtime.sequencer.drain()
    assert list(audit.tail(house.runtime.database, 1))[-1]["kind"] == "model.checked"


def test_check_of_a_model_that_does_not_answer_fails_with_its_words(
    house: House, command: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, ModelBusy("The server is on fire.", status=503, retry_after=4000))
    ran = command.invoke(main.app, ["models", "check", "seed"])
    assert ran.exit_code == 1
    assert "on fire" in ran.output


def test_a_budget_is_set_shown_and_removed(house: House, command: CliRunner) -> None:
    run(command, "budgets", "set", "department", "sales", "--per", "month", "--money", "2.5", "--currency", "EUR",
        "--why", "Plan [2027]")  # fmt: skip
    run(command, "budgets", "set", "person", "bo@x.example", "--per", "day", "--tokens", "900", "--why", "Trial")
    use(house, ADA, Usage(100_000, 0))
    department, person = json.loads(run(command, "budgets", "list", "--json"))
    assert (department["most"], department["used"], department["why"]) == (2_500_000, 200_000, "Plan [2027]")
    assert (person["name"], person["used"]) == ("bo@x.example", 0)
    assert "2.50 EUR" in run(command, "budgets", "list")
    run(command, "budgets", "remove", "person", "bo@x.example", "--per", "day", "--unit", "tokens", "--why", "Over")
    assert len(json.loads(run(command, "budgets", "list", "--json"))) == 1
    for unknown in (("person", "nobody@x.example"), ("model", "sed")):
        ran = command.invoke(main.app, ["budgets", "set", *unknown, "--per", "day", "--calls", "1", "--why", "x"])
        assert ran.exit_code == 1, ran.output
    wrong = command.invoke(main.app, ["budgets", "set", "model", "seed", "--per", "day", "--why", "x"])
    assert (wrong.exit_code, "one of money, tokens and calls" in " ".join(wrong.output.split())) == (1, True)


def test_a_budget_that_is_used_up_is_answered_with_when_it_starts_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = scripted(monkeypatch, *says("Yes."))
    operator = house.operator()
    budget = {"scope": "model", "name": "seed", "per": "day", "calls": 0}
    assert operator.put("/v1/budgets", json={"budget": budget, "why": "Stop"}).status_code == 200
    response = operator.post("/v1/register/models/seed/check")
    assert response.status_code == 200
    assert "The budget of the model seed" in response.json()["said"]
    assert model.sent == []


def test_chargeback_names_people_and_writes_csv(house: House, command: CliRunner) -> None:
    use(house, ADA, Usage(1000, 100, cache_read=500), "=files", "tickets")
    use(house, "bo@x.example", Usage(10, 0), "tickets")
    rows = list(csv.DictReader(io.StringIO(run(command, "chargeback", "--by", "person", "--csv"))))
    assert [(row["person"], row["tokens_in"], row["cost"]) for row in rows] == [
        (ADA, "1000", "0.0028"), ("bo@x.example", "10", "2e-05"),
    ]  # fmt: skip
    assert "'=files" in run(command, "chargeback", "--by", "source", "--csv")
    assert "sales" in run(command, "chargeback")


def test_chargeback_tells_what_prompt_caches_brought_by_model(house: House, command: CliRunner) -> None:
    use(house, ADA, Usage(1000, 100, cache_read=500), "tickets")
    use(house, "bo@x.example", Usage(1000, 0), "tickets")
    (row,) = [line.split() for line in run(command, "chargeback", "--caching").splitlines() if "seed" in line]
    assert row[:5] == ["seed", "2", "2,000", "500", "25.0%"]
    assert "No model was called in 2020-01" in run(command, "chargeback", "--month", "2020-01")


def test_a_forgotten_person_leaves_the_accounts(house: House, command: CliRunner) -> None:
    use(house, ADA, Usage(1000, 100))
    subject = house.installation.principal(ADA).subject
    forgetting.forget(house.runtime, ADA)
    (charge,) = json.loads(run(command, "chargeback", "--by", "person", "--json"))["charges"]
    assert (charge["name"], charge["tokens_in"]) == ("", 1000)
    with house.runtime.database.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT subject, answer_id FROM usage").all()
        assert rows == [("", None)]
        assert not session.connection().exec_driver_sql("SELECT 1 FROM spent WHERE name = ?", (subject,)).all()


def test_the_register_narrows_the_policy_of_the_house(house: House) -> None:
    models = house.runtime.models
    models.register.set(entry("open", handling=None), "No contract yet")
    policy = models.narrowed(house.runtime.policies.policy())
    assert policy.blocks_text("internal", entry("open").destination)
    assert not policy.blocks_text("internal", SEED.destination)
    assert models.budgets.department(house.installation.principal(ADA)) == "sales"
    assert Spender("").department == ""


def test_a_model_of_a_real_provider_is_set_checked_and_charged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: register, secret, egress rules, the provider's own package, the account."""
    monkeypatch.setenv("MODEL_KEY", KEY)
    with FakeCompatible() as provider:
        egress = {"hosts": ["127.0.0.1"], "private": ["127.0.0.0/8"]}
        installation = Installation(tmp_path, egress=egress)
        operator = House(installation).operator()
        served = provider.entry(prices={"input": 1.0, "output": 4.0, "cache_read": 0.5, "currency": "EUR"})
        made = operator.put("/v1/register/models", json={"entry": served.model_dump(mode="json"), "why": "Ours"})
        assert made.status_code == 200, made.text
        found = operator.post("/v1/register/models/local/check").json()
        assert found["ok"], found
        assert (found["said"], found["returned"]) == ("Notice is sixteen weeks [1].", provider.version)
        assert found["sdk"].startswith("openai ")
        assert [each["reason"] for each in found["attempts"]] == ["answered"]
        provider.told = Refusal(401, "broken")
        refused = operator.post("/v1/register/models/local/check").json()
        assert refused["ok"] is False
        assert KEY not in json.dumps(refused)
        assert [each["reason"] for each in refused["attempts"]] == ["model_failed"]
        (charge,) = operator.get("/v1/chargeback", params={"by": "model"}).json()["charges"]
        # What was turned away costs nothing: 56 tokens read, 64 from the cache, 9 written.
        assert (charge["calls"], charge["micros"], charge["saved"]) == (1, 56 + 32 + 36, 32)
        installation.close()
