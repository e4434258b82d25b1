"""Who is sent a form: nothing that they may not read, and nothing that was not agreed."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.destinations.declare import Declared
from core.errors import Forbidden
from tests.answer.test_asking_models import number
from tests.journeys.structured.office import (
    FIELDS,
    Office,
    leaf,
    right,
)


def test_what_the_receiver_refuses_goes_to_the_declared_destination_and_nothing_is_lost(office: Office) -> None:
    plain = {name: text for name, text in FIELDS.items() if name != "urgency"}
    office.destination("second")
    office.destination("strict", fallback="second")
    office.here.runtime.connecting.destinations.configure(
        Declared(
            "strict", "servicenow",
            {"instance": office.desk.url, "user": office.desk.user, "password": "env:SNOW", "fields": plain},
            {"type": "object"}, ("it",), "second",
        )
    )  # fmt: skip
    office.desk.mandatory = {"short_description", "urgency"}
    before = len(office.desk.rows)

    answer = office.ask(right, destination="strict")
    office.send()
    office.send()

    assert answer.structured is not None
    assert ("strict", "dead") in office.deliveries()
    assert ("second", "sent") in office.deliveries()
    assert [row["description"] for row in office.desk.rows[before:]] == ["Within 2 days; Anna Meyer approves"]


def test_only_what_asker_and_audience_may_both_read_is_sent_to_anybody(office: Office) -> None:
    def faster(text: str) -> dict[str, Any]:
        return {**right(text), "days": leaf(1, number(text, "of the board") if "of the board" in text else "[1]")}

    office.destination("tasks")
    alone = office.ask(faster, fallback="nulls")
    together = office.ask(faster, fallback="nulls", destination="tasks")

    assert alone.structured is not None
    assert together.structured is not None
    assert alone.structured.value["days"] == 1
    assert "of the board" not in office.author.sent
    assert together.structured.value["days"] is None
    assert {source.document.source for source in together.sources} == {"it"}


def test_of_a_form_that_is_refused_nothing_is_sent(office: Office) -> None:
    office.destination("tasks")
    before = office.deliveries()
    answer = office.ask(lambda text: {"title": "no leaf"}, destination="tasks")

    assert answer.structured is not None
    assert (answer.structured.delivery, answer.structured.value) == (None, None)
    assert answer.structured.problem is not None
    assert office.deliveries() == before


def test_who_is_not_in_the_audience_sends_nothing_there(office: Office) -> None:
    office.destination("foreign", audience=("sales",))
    office.author.asked.clear()
    with pytest.raises(Forbidden, match="Only those who read foreign"):
        office.ask(right, destination="foreign")
    assert office.author.asked == []


def test_a_value_that_does_not_fit_what_was_agreed_stays_with_its_asker(office: Office) -> None:
    office.destination("narrow", contract={"type": "object", "required": ["reference"]})
    answer = office.ask(right, destination="narrow")

    assert answer.structured is not None
    assert answer.structured.value["days"] == 2
    assert answer.structured.delivery is None
    assert "contract" in (answer.structured.problem or "")


def test_who_joins_the_audience_while_it_is_written_is_not_sent_what_they_may_not_read(office: Office) -> None:
    def widening(text: str) -> dict[str, Any]:
        office.destination("growing", audience=("it", "sales"))
        return right(text)

    office.destination("growing")
    answer = office.ask(widening, destination="growing")
    office.send()

    assert answer.structured is not None
    assert answer.structured.value["days"] == 2
    assert answer.structured.delivery is None
    assert "may be read" in (answer.structured.problem or "")
    assert "growing" not in {name for name, _ in office.deliveries()}
