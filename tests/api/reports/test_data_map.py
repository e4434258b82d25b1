"""The data map: what may go where by the policy's own word, what did, and what should not have."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.cli import main
from api.http.report_shapes import DataMapOut
from api.reports.datamap.going import entry_at, rules
from api.reports.datamap.whole import data_map, map_in
from api.reports.period import Period
from api.reports.visible import visible
from api.runtime import Runtime
from connectors.tables import SourceRow
from core.policy import SENSITIVITIES
from tests.answer.batching.office import HOW_LONG, WHO, Office, quoting
from tests.api.reports.conftest import HOSTILE, Week
from tests.api.terminal import beside
from tests.fakes.batch_anthropic import FakeAnthropicBatches
from tests.fakes.model_vendor import KEY


def mapped(runtime: Runtime, period: Period) -> dict[str, Any]:
    """As it goes over the wire, in the shape that is documented."""
    content = map_in(data_map(runtime, period), "json")
    DataMapOut.model_validate_json(content)
    return json.loads(content)


def rows(said: dict[str, Any], name: str, **wanted: Any) -> list[dict[str, Any]]:
    return [each for each in said[name] if all(each[key] == value for key, value in wanted.items())]


@pytest.fixture(scope="module")
def said(week: Week) -> dict[str, Any]:
    return mapped(week.installed.runtime, week.period)


def test_sources_say_what_they_hold_and_who_looks_after_them(said: dict[str, Any]) -> None:
    (handbook,) = rows(said, "sources", source="handbook")
    assert (handbook["declared"], handbook["passages"], handbook["unlabelled"]) == ("internal", 1, 0)
    assert {each["data_class"]: each["kinds"] for each in handbook["classes"]} == {"person": {"PERSON": 1}}
    (other,) = rows(said, "sources", source=HOSTILE)
    assert {each["data_class"] for each in other["classes"]} >= {"financial"}
    assert other["levels"] == {"confidential": 1}


def test_destinations_say_where_they_are_and_under_which_agreement(said: dict[str, Any]) -> None:
    (cloud,) = rows(said, "destinations", destination="cloud")
    assert (cloud["agreement"], cloud["legal_basis"], cloud["retention_days"], cloud["training_prohibited"]) == (
        "C-1", "contract", 30, True
    )  # fmt: skip
    assert (cloud["place"], cloud["region"], cloud["ceiling"], cloud["state"]) == (
        "external", "eu-west-1", "confidential", "in use"
    )  # fmt: skip
    said_of = {each["data_class"]: (each["treatment"], each["entry"]) for each in cloud["classes"]}
    assert said_of["financial"] == ("block", "classes.financial.external")
    assert said_of["place"] == ("allow", "classes.place.external")
    assert rows(said, "destinations", destination="embedder")[0]["place"] == "on_premise"


def test_what_may_go_is_what_the_policy_rules(week: Week, said: dict[str, Any]) -> None:
    runtime = week.installed.runtime
    policy, (cloud,) = runtime.redaction.policy(), runtime.models.register.entries()
    for row in said["texts"]:
        if row["destination"] == "cloud":
            assert (row["treatment"] == "block") == policy.blocks_text(row["level"], cloud.destination)
    assert rows(said, "reach", data_class="financial")[0]["treatment"] == "block"
    (person,) = rows(said, "reach", source="handbook", data_class="person")
    assert (person["treatment"], person["values"], person["held_back"], person["sent"]) == ("redact", 1, 0, 3)


def test_where_the_register_is_stricter_it_is_named(week: Week) -> None:
    runtime = week.installed.runtime
    (cloud,) = runtime.models.register.entries()
    (version,) = runtime.models.register.versions()
    narrow = cloud.model_copy(update={"sensitivity": "internal"})
    of = rules(runtime.policies.policy(), [type(version)(1, narrow, "seeded", "", "", version.changed_at)])
    told = {level: of.of_text(level, narrow.destination) for level in SENSITIVITIES}
    assert told["confidential"].entry == "register.cloud.ceiling"
    assert told["restricted"].entry == "sensitivity.restricted.external"
    assert told["internal"].treatment == "allow"
    assert of.of_value("PERSON", "confidential", narrow.destination).treatment == "block"


def test_what_was_sent_is_counted_by_class_and_rule(said: dict[str, Any]) -> None:
    (calls,) = rows(said, "calls", destination="cloud")
    assert (calls["policy"], calls["calls"], calls["passages"], calls["withheld"]) == (1, 3, 3, 3)
    assert (calls["unknown_passages"], calls["open"], said["unchecked_passages"]) == (0, 0, 0)
    (person,) = rows(said, "sent", data_class="person")
    assert (person["treatment"], person["known_by"], person["values"], person["policy"]) == ("redact", "log", 3, 1)
    assert rows(said, "sent", data_class="financial") == []


def test_nothing_is_found_that_should_not_be_where_the_policy_was_kept(said: dict[str, Any]) -> None:
    assert (said["forbidden"], said["strayed"]) == ([], [])


def test_values_in_a_passage_that_may_not_go_are_not_called_possible(said: dict[str, Any]) -> None:
    for row in rows(said, "reach", source=HOSTILE, destination="cloud"):
        assert row["held_back"] == row["values"]
    assert rows(said, "unused", source=HOSTILE) == []


def test_a_policy_that_is_tightened_shows_what_was_sent_before(week: Week) -> None:
    runtime = week.installed.runtime
    document = runtime.policies.current().document
    try:
        tight = {**document["classes"], "person": {"external": "block", "on_premise": "allow"}}
        runtime.policies.change({**document, "classes": tight}, "People may not leave any more")
        made = data_map(runtime, week.period)
        (found,) = made.said["forbidden"]
        assert (found["source"], found["destination"], found["policy"], found["data_class"]) == (
            "handbook", "cloud", 1, "person"
        )  # fmt: skip
        assert (found["then"], found["today"], found["entry"], found["values"]) == (
            "redact", "block", "classes.person.external", 3
        )  # fmt: skip
        page = map_in(made, "html").decode()
        assert page.index('class="alarm"') < page.index('<h2 id="sources">')
        looser = {**document["classes"], "person": {"external": "allow", "on_premise": "allow"}}
        runtime.policies.change({**document, "classes": looser}, "People may leave as they are")
        assert mapped(runtime, week.period)["forbidden"] == []
    finally:
        runtime.policies.change(document, "As it was before")


def test_the_same_map_is_in_every_form(week: Week) -> None:
    made = data_map(week.installed.runtime, week.period)
    lines = list(csv.DictReader(io.StringIO(map_in(made, "csv").decode())))
    assert len(lines) == len(made.said["reach"]) + len(made.said["texts"])
    (line,) = (each for each in lines if each["source"] == "handbook" and each["data_class"] == "person")
    assert (line["values"], line["sent"], line["agreement"], line["entry"]) == (
        "1", "3", "C-1", "classes.person.external"
    )  # fmt: skip
    page = map_in(made, "html").decode()
    assert "<script" not in page
    assert visible(HOSTILE).replace("<", "&lt;").replace(">", "&gt;") in page
    assert map_in(made, "html") == map_in(made, "html")


def test_a_name_is_no_formula_in_a_spreadsheet(week: Week) -> None:
    runtime = week.installed.runtime
    rename = update(SourceRow).where(SourceRow.name == HOSTILE)
    with runtime.database.writing() as session:
        session.execute(rename.values(name="=cmd|' /C calc'!A1"))
    try:
        content = map_in(data_map(runtime, week.period), "csv").decode()
    finally:
        with runtime.database.writing() as session:
            session.execute(update(SourceRow).where(SourceRow.name.startswith("=cmd")).values(name=HOSTILE))
    assert not any(line.startswith(("=", '"=')) for line in content.splitlines())


def test_a_period_without_anything_still_tells_what_may_go(week: Week) -> None:
    empty = Period(week.period.since - timedelta(days=30), week.period.since - timedelta(days=20))
    made = mapped(week.installed.runtime, empty)
    assert (made["calls"], made["sent"], made["forbidden"]) == ([], [], [])
    assert rows(made, "unused", source="handbook", data_class="person")
    assert map_in(data_map(week.installed.runtime, empty), "html")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("MODEL_KEY", KEY)
    with FakeAnthropicBatches() as vendor:
        assert isinstance(vendor, FakeAnthropicBatches)
        vendor.writes = quoting("16 weeks", "HR approves it")
        made = Office(tmp_path, vendor)
        made.installed.runtime.redaction.labeller.drain()
        yield made
        made.close()


def now(office: Office) -> Period:
    ends = office.installed.runtime.clock() + timedelta(minutes=1)
    return Period(ends - timedelta(hours=2), ends)


def test_batches_count_from_when_they_are_handed_over(office: Office) -> None:
    batch = office.submit(HOW_LONG, WHO)
    (waiting,) = rows(mapped(office.installed.runtime, now(office)), "calls", destination="cloud")
    assert (waiting["calls"], waiting["batches"], waiting["open"]) == (2, 2, 2)
    office.vendor.done()
    office.fetch(batch)
    said = mapped(office.installed.runtime, now(office))
    (calls,) = rows(said, "calls", destination="cloud")
    assert (calls["calls"], calls["batches"], calls["open"], calls["failed"]) == (2, 2, 0, 0)
    assert sum(each["values"] for each in rows(said, "sent", data_class="person")) >= 2


def test_what_people_typed_is_held_against_the_policy_of_today_too(office: Office) -> None:
    office.submit("Does Anna Meyer of HR approve parental leave?")
    runtime = office.installed.runtime
    assert mapped(runtime, now(office))["forbidden"] == []
    office.treat("person", "block")
    said = mapped(runtime, now(office))
    (typed,) = rows(said, "forbidden", source="(questions)")
    assert (typed["data_class"], typed["then"], typed["today"], typed["entry"]) == (
        "person", "redact", "block", "classes.person.external"
    )  # fmt: skip
    assert rows(said, "forbidden", source="handbook", data_class="person")


def test_an_answer_from_another_region_is_shown_first(office: Office) -> None:
    runtime = office.installed.runtime
    entry = runtime.models.register.entry("cloud")
    runtime.models.register.set(entry.model_copy(update={"region": "us"}), "It is said to be there")
    batch = office.submit(HOW_LONG)
    office.vendor.done()
    office.fetch(batch)
    made = data_map(runtime, now(office))
    assert made.said["strayed"] == [{"destination": "cloud", "declared": "us", "returned": "eu", "calls": 1}]
    (cloud,) = (each for each in made.said["destinations"] if each["destination"] == "cloud")
    assert cloud["state"] == "retired"
    assert 'class="alarm"' in map_in(made, "html").decode()
    history = runtime.models.register.history("cloud")
    then = entry_at(history, history[-1].changed_at)
    assert then is not None
    assert then.region == entry.region


def test_the_command_says_by_its_exit_that_something_was_sent_that_should_not_be(
    week: Week, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = beside(week.house, monkeypatch, "reports")
    until = week.period.until + timedelta(days=1)
    said = ["report", "data-map", "--since", f"{week.period.since:%Y-%m-%d}", "--until", f"{until:%Y-%m-%d}"]
    assert command.invoke(main.app, [*said, "--html", str(tmp_path / "map.html")]).exit_code == 0
    assert command.invoke(main.app, [*said, "--html", str(tmp_path / "map.html")]).exit_code == 1
    assert command.invoke(main.app, [*said, "--csv"]).stdout.startswith("source,destination")
    ran = command.invoke(main.app, [*said, "--json"])
    assert (ran.exit_code, json.loads(ran.stdout)["report"]) == (0, "data_map")
    runtime = week.installed.runtime
    document = runtime.policies.current().document
    tight = {**document["classes"], "person": {"external": "block", "on_premise": "allow"}}
    runtime.policies.change({**document, "classes": tight}, "People may not leave any more")
    try:
        ran = command.invoke(main.app, said)
        assert ran.exit_code == 2
        assert "forbids" in ran.stdout
    finally:
        runtime.policies.change(document, "As it was before")
