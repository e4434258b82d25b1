"""The data policy: every class, sensitivity and destination, and documents that cannot be used."""

from __future__ import annotations

import copy
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from core import policy_rows
from core.database import Base, Database, open_engine, sqlite_url
from core.errors import Conflict, Invalid, NotFound
from core.kinds import CLASSES, class_of
from core.policy import (
    SENSITIVITIES,
    TREATMENTS,
    UNSAID,
    Destination,
    Policy,
    Ruling,
    highest,
    sensitivity_of,
    strictest,
)
from core.policy_document import SHIPPED, columns, destination_of, policy_of, seed
from tests.conftest import StandingClock

DATA = Path(os.environ.get("VOUCH_EVAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
MODEL = Destination("model", "external")
OWN = Destination("own-model", "on_premise")
ONE_OF = {
    "person": "PERSON", "contact": "EMAIL_ADDRESS", "address": "ADDRESS", "financial": "IBAN_CODE",
    "government": "US_SSN", "health": "UK_NHS", "network": "IP_ADDRESS", "credential": "PASSWORD",
    "organisation": "ORGANIZATION", "place": "LOCATION", "time": "DATE_TIME", "work": "EMPLOYEE_ID",
    "other": "NEVER_HEARD_OF",
}  # fmt: skip


def shipped(**changes: dict[str, dict[str, str]]) -> Policy:
    return policy_of(seed(changes), 1)


def spoiled(path: str, value: Any) -> dict[str, Any]:
    """The shipped document with one entry changed, or taken out (None)."""
    document: dict[str, Any] = copy.deepcopy(SHIPPED)
    *way, last = path.split(".")
    place = document
    for name in way:
        place = place.setdefault(name, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


# The shipped table, cell by cell


@pytest.mark.parametrize(("name", "sensitivity"), [*itertools.product(CLASSES, SENSITIVITIES)])
def test_what_goes_outside_by_default(name: str, sensitivity: Any) -> None:
    of_class = {"credential": "block", "place": "allow", "time": "allow"}.get(name, "redact")
    of_text = {"confidential": "redact", "restricted": "block"}.get(sensitivity, "allow")
    expected = max(of_class, of_text, key=TREATMENTS.index)  # pyright: ignore[reportArgumentType]
    assert shipped().treatment(ONE_OF[name], sensitivity, MODEL) == expected


@pytest.mark.parametrize(("name", "sensitivity"), [*itertools.product(CLASSES, SENSITIVITIES)])
def test_what_stays_inside_by_default(name: str, sensitivity: Any) -> None:
    expected = "redact" if name in ("credential", "other") else "allow"
    assert shipped().treatment(ONE_OF[name], sensitivity, OWN) == expected


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_has_a_kind_and_every_kind_one_class(name: str) -> None:
    assert class_of(ONE_OF[name]) == name


@pytest.mark.parametrize(("of_class", "of_text"), [*itertools.product(TREATMENTS, TREATMENTS)])
def test_the_strictest_of_class_and_sensitivity_holds(of_class: str, of_text: str) -> None:
    policy = shipped(classes={"time": {"external": of_class}}, sensitivity={"internal": {"external": of_text}})
    expected = max(of_class, of_text, key=TREATMENTS.index)  # pyright: ignore[reportArgumentType]
    assert policy.treatment("DATE_TIME", "internal", MODEL) == expected


def test_the_entry_that_decides_is_named() -> None:
    policy = shipped()
    assert policy.ruling("PERSON", "public", MODEL).entry == "classes.person.external"
    assert policy.ruling("PERSON", "confidential", MODEL).entry == "classes.person.external"
    assert policy.ruling("DATE_TIME", "confidential", MODEL).entry == "sensitivity.confidential.external"


# Which entry speaks of a destination


def test_a_name_counts_before_a_region_and_a_region_before_a_place() -> None:
    policy = shipped(classes={"person": {"external": "block", "external:eu": "redact", "frontier": "allow"}})
    assert policy.treatment("PERSON", "public", Destination("frontier", "external", "us")) == "allow"
    assert policy.treatment("PERSON", "public", Destination("another", "external", "eu")) == "redact"
    assert policy.treatment("PERSON", "public", Destination("another", "external", "us")) == "block"
    assert policy.treatment("PERSON", "public", Destination("another", "external")) == "block"


def test_a_destination_that_calls_itself_on_premise_is_treated_by_where_it_is() -> None:
    for name in ("on_premise", "on_premise:eu"):
        assert shipped().treatment("PERSON", "public", Destination(name, "external")) == "redact"


def test_what_is_said_of_a_kind_replaces_what_is_said_of_its_class() -> None:
    policy = shipped(kinds={"CREDIT_CARD": {"external": "block"}, "TITLE": {"external": "allow"}})
    assert policy.treatment("CREDIT_CARD", "public", MODEL) == "block"
    assert policy.treatment("IBAN_CODE", "public", MODEL) == "redact"
    assert policy.treatment("TITLE", "public", MODEL) == "allow"
    assert policy.treatment("CREDIT_CARD", "public", OWN) == "allow"
    assert policy.ruling("CREDIT_CARD", "public", MODEL).entry == "kinds.CREDIT_CARD.external"


def test_an_organisations_own_kind_is_strict_until_it_has_a_class() -> None:
    assert shipped().treatment("MATTER_NO", "public", OWN) == "redact"
    assert shipped(kinds={"MATTER_NO": {"class": "work"}}).treatment("MATTER_NO", "public", OWN) == "allow"


def test_where_nothing_is_said_nothing_goes() -> None:
    silent = Policy(1, {}, {})
    for kind in ONE_OF.values():
        ruling = silent.ruling(kind, "public", OWN)
        assert (ruling.treatment, ruling.entry) == ("block", UNSAID)
    assert silent.ruling_of_text("public", OWN) == Ruling("block", UNSAID)
    of_texts = Policy(1, {}, {("public", "on_premise"): "allow"})
    assert of_texts.treatment("PERSON", "public", OWN) == "block"
    of_values = Policy(1, {("person", "on_premise"): "allow"}, {})
    assert of_values.treatment("PERSON", "public", OWN) == "block"
    assert silent.blocks_text("public", OWN)


# Whole texts


def test_only_restricted_texts_are_blocked_as_a_whole_by_default() -> None:
    assert [level for level in SENSITIVITIES if shipped().blocks_text(level, MODEL)] == ["restricted"]
    assert not any(shipped().blocks_text(level, OWN) for level in SENSITIVITIES)


def test_what_a_value_makes_of_its_text() -> None:
    assert sensitivity_of("DATE_TIME") == "public"
    assert sensitivity_of("PERSON") == "internal"
    assert sensitivity_of("IBAN_CODE") == "confidential"
    assert sensitivity_of("PASSWORD") == "restricted"
    assert sensitivity_of("NEVER_HEARD_OF") == "confidential"


def test_a_kind_is_as_sensitive_as_the_class_that_the_policy_gives_it() -> None:
    kinds = policy_of({**SHIPPED, "kinds": {"MATTER_NO": {"class": "work"}, "PERSON": {"class": "health"}}}, 1).kinds
    assert sensitivity_of("MATTER_NO", kinds) == "internal"
    assert sensitivity_of("PERSON", kinds) == "confidential"
    assert sensitivity_of("PASSWORD", kinds) == "restricted"
    assert highest([]) == "public"
    assert highest(["internal", "restricted", "public"]) == "restricted"
    assert strictest([]) == "allow"
    assert strictest(["redact", "allow"]) == "redact"


# Kinds


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("FR_PASSPORT", "government"), ("BR_DRIVER_LICENSE", "government"), ("MX_VEHICLE_REGISTRATION", "government"),
        ("BR_MOBILE_NUMBER", "contact"), ("FR_POSTCODE", "address"), ("BR_BANK_NUMBER", "financial"),
        ("PASSPORT_COVER", "other"), ("person", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_kinds_of_other_countries_are_known_by_their_ending(kind: str, expected: str) -> None:
    assert class_of(kind) == expected


@pytest.mark.skipif(not DATA.exists(), reason="the evaluation data is not here")
def test_every_kind_of_the_evaluation_data_has_a_class() -> None:
    cases = (DATA / "pii_recognizer_cases" / "cases.jsonl").read_text("utf-8").splitlines()
    kinds = {json.loads(line)["entity"] for line in cases}
    texts = (DATA / "pii_presidio_synth" / "generated_large.jsonl").read_text("utf-8").splitlines()
    kinds |= {span["type"] for line in texts for span in json.loads(line)["spans"]}
    assert {kind for kind in kinds if class_of(kind) == "other"} == set()


# Documents


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("classes.persn", {"external": "allow"}, "classes.persn is no class of data"),
        ("classes.person.external", "hide", "classes.person.external is no treatment"),
        ("classes.person.external", ["allow"], "classes.person.external is no treatment"),
        ("classes.person.external", None, "classes.person.external is missing"),
        ("classes.person", None, "classes.person.on_premise is missing"),
        ("classes.person.extern:eu", "allow", "classes.person.extern:eu names no destination"),
        ("classes.person.class", "work", "classes.person.class names no destination"),
        ("classes", "allow", "classes has to hold entries by name"),
        ("sensitivity.secret", {}, "sensitivity.secret is no sensitivity"),
        ("sensitivity.restricted.on_premise", None, "sensitivity.restricted.on_premise is missing"),
        ("kinds.matter no", {"class": "work"}, "kinds.matter no is no kind of finding"),
        ("kinds.MATTER_NO", {"class": "secret"}, "kinds.MATTER_NO.class is no class of data"),
        ("kinds.MATTER_NO", "work", "kinds.MATTER_NO has to hold entries by name"),
        ("regions", {}, "regions is no part of a policy"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_by_its_entry(path: str, value: Any, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        policy_of(spoiled(path, value), 1)
    assert refused.value.message.startswith(said)
    assert refused.value.hint


def test_a_name_that_yaml_reads_as_something_else_is_refused() -> None:
    with pytest.raises(Invalid, match="has a name that is no text"):
        policy_of({**SHIPPED, "classes": {**SHIPPED["classes"], True: {}}}, 1)


def test_what_the_configuration_leaves_out_is_shipped() -> None:
    made = seed({"classes": {"organisation": {"external": "allow", "frontier": "block"}}})
    assert made["classes"]["organisation"] == {"external": "allow", "on_premise": "allow", "frontier": "block"}
    assert made["classes"]["person"] == SHIPPED["classes"]["person"]
    assert made["sensitivity"] == SHIPPED["sensitivity"]


def test_destinations_are_found_by_the_columns_of_a_policy() -> None:
    document = seed({"classes": {"person": {"external:eu": "redact", "frontier": "block"}}})
    assert columns(document) == ("on_premise", "external", "external:eu", "frontier")
    assert destination_of("external:eu", document) == Destination("external:eu", "external", "eu")
    assert destination_of("on_premise", document).keys == ("on_premise",)
    assert destination_of("frontier", document).keys == ("frontier", "external")
    with pytest.raises(Invalid, match="knows no destination 'elsewhere'"):
        destination_of("elsewhere", document)


# Versions


@pytest.fixture
def versions(tmp_path: Path) -> Database:
    engine = open_engine(sqlite_url(tmp_path / "policies.db"))
    Base.metadata.create_all(engine, tables=[Base.metadata.tables["policies"]])
    return Database(engine)


def test_the_configuration_seeds_the_first_version_once(versions: Database, clock: StandingClock) -> None:
    with versions.writing() as session:
        first = policy_rows.seed_once(session, seed({}), clock())
        again = policy_rows.seed_once(session, seed({"classes": {"place": {"external": "block"}}}), clock())
    assert first is not None
    assert again is None
    with versions.reading() as session:
        assert policy_rows.current(session).document == SHIPPED
        assert [each.changed_by for each in policy_rows.history(session)] == ["vouch.yaml"]


def test_every_version_stays_with_who_why_and_when(versions: Database, clock: StandingClock) -> None:
    changed = seed({"classes": {"place": {"external": "redact"}}})
    with versions.writing() as session:
        policy_rows.seed_once(session, seed({}), clock())
        clock.tick(hours=1)
        policy_rows.put(session, changed, why=" The board asked. ", by="p1", now=clock(), replaces=1)
    with versions.reading() as session:
        now, before = policy_rows.history(session)
        assert (now.version, now.why, now.changed_by, now.changed_at) == (2, "The board asked.", "p1", clock())
        assert policy_rows.numbered(session, 1) == before
        assert before.policy.treatment("LOCATION", "public", MODEL) == "allow"
        assert policy_rows.current(session).policy.treatment("LOCATION", "public", MODEL) == "redact"
        with pytest.raises(NotFound, match="no version 3"):
            policy_rows.numbered(session, 3)


def test_a_change_needs_a_reason_a_difference_and_the_version_its_author_saw(
    versions: Database, clock: StandingClock
) -> None:
    changed = seed({"classes": {"place": {"external": "redact"}}})
    with versions.writing() as session:
        with pytest.raises(NotFound):
            policy_rows.put(session, changed, why="x", by="p1", now=clock())
        policy_rows.seed_once(session, seed({}), clock())
        with pytest.raises(Invalid, match="needs a reason"):
            policy_rows.put(session, changed, why="  ", by="p1", now=clock())
        with pytest.raises(Invalid, match="says already"):
            policy_rows.put(session, seed({}), why="x", by="p1", now=clock())
        with pytest.raises(Conflict, match="version 1 holds"):
            policy_rows.put(session, changed, why="x", by="p1", now=clock(), replaces=7)
        with pytest.raises(Invalid, match=r"classes\.person\.external is missing"):
            policy_rows.put(session, spoiled("classes.person.external", None), why="x", by="p1", now=clock())
        assert len(policy_rows.history(session)) == 1
