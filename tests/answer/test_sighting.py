"""How sensitive the passages of an answer are: by everything that goes with them, unless an administrator said so."""

from __future__ import annotations

from typing import Any

import pytest

from answer.sighting import Sight
from api.parts.redaction import StoredLabels
from core import policy_rows
from core.policy import Sensitivity
from ingest.label.labeller import Labeller
from ingest.label.sensitivity import Changer, change_sensitivity
from retrieval.evidence import Evidence
from tests.ingest.label.detectors import Patterns
from tests.installation import Installation

KEY = "sk-abcdefgh12"
LUNCH = "Lunch is at noon."


@pytest.fixture
def lunch(installation: Installation) -> Installation:
    installation.person("ann@x.example")
    installation.records("notes", [{"id": "a", "title": f"How to use {KEY}", "text": LUNCH}])
    return installation


def label(installation: Installation) -> None:
    Labeller(installation.runtime.database, Patterns(), installation.runtime.clock).drain()


def levels(installation: Installation, question: str = "When is lunch?") -> dict[str, Sensitivity]:
    """Of the question, and of the body of the passage that is found."""
    runtime = installation.runtime
    passages = installation.search("lunch noon", "ann@x.example")
    sight = Sight(Patterns(), StoredLabels(runtime.database), runtime.redaction.gazetteer, runtime.policies.policy)
    texts, _ = sight.look(question, (), Evidence(question, passages, {}), ())
    assert len({text.level for text in texts if text.number == 0}) == 1
    return {text.part if text.number == 0 else text.name: text.level for text in texts}


def lower(installation: Installation, level: Sensitivity) -> None:
    runtime = installation.runtime
    (passage,) = installation.search("lunch noon", "ann@x.example")
    with runtime.database.writing() as session:
        change_sensitivity(
            session, runtime.audit, passage.document.id, level, why="A made-up key.", by=Changer(),
            now=runtime.clock(), detector="patterns 1",
        )  # fmt: skip


def test_a_value_in_the_title_makes_the_passage_as_sensitive(lunch: Installation) -> None:
    assert levels(lunch)["body"] == "restricted"
    label(lunch)
    assert levels(lunch)["body"] == "restricted"


def test_a_label_from_before_titles_were_looked_into_does_not_hide_one(
    lunch: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.label.repository.titles_of", lambda session, ids: dict.fromkeys(ids, ""))
    label(lunch)
    assert levels(lunch)["body"] == "restricted"


def test_what_an_administrator_lowered_stays_lowered(lunch: Installation) -> None:
    label(lunch)
    lower(lunch, "internal")
    assert levels(lunch)["body"] == "internal"


def test_a_value_in_the_address_of_a_document_says_nothing_of_it(installation: Installation) -> None:
    installation.person("ann@x.example")
    installation.records("notes", [{"id": KEY, "title": "Lunch", "text": LUNCH}])
    label(installation)
    assert levels(installation)["body"] == "internal"


def test_the_class_that_the_policy_gives_a_kind_counts_for_what_is_asked(lunch: Installation) -> None:
    asked = "Does ann@x.example come to lunch?"
    assert levels(lunch, asked)["question"] == "internal"
    runtime = lunch.runtime
    document: dict[str, Any] = runtime.policies.current().document
    document = {**document, "kinds": {**document["kinds"], "EMAIL_ADDRESS": {"class": "health"}}}
    with runtime.database.writing() as session:
        policy_rows.put(session, document, why="We treat patients.", by="ada", now=runtime.clock())
    assert levels(lunch, asked)["question"] == "confidential"
