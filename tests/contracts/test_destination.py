"""What every destination has to do, whichever system is behind it. Jira and ServiceNow are fakes; the webhook's
receiver is a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from connectors.destinations.base import Delivery, Destination, Means
from connectors.destinations.catalogue import open_destination
from connectors.destinations.errors import DeliveryRefused, DestinationUnavailable
from core.errors import VouchError
from tests.conftest import StandingClock
from tests.connectors.destinations.means import means
from tests.connectors.destinations.receiver import KEY, Receiver
from tests.fakes.jira import FakeJira
from tests.fakes.loopback import LoopbackServer, Reply
from tests.fakes.servicenow_write import FakeServiceNow

MESSAGE = {"title": "Pump 7 leaks", "text": "The seal of pump 7 leaks since Tuesday.", "owner": "zanzibar"}
ID = "0c2f4a1e-90f1-5d0e-8a3c-4b5f0f6f1a11"


@dataclass(frozen=True)
class Case:
    """One adapter with the system it writes to."""

    kind: str
    server: LoopbackServer
    config: dict[str, Any]
    secrets: dict[str, str]
    arrived: Callable[[], int]
    """How many messages took effect there."""
    refuse: Callable[[], None]
    """From now on it refuses the message itself."""
    path: str
    """What the address of the writing request holds."""


def webhook(clock: StandingClock) -> Case:
    receiver = Receiver(now=lambda: clock().timestamp())
    config = {"url": f"{receiver.url}/in", "keys": ["env:KEY"], "unencrypted": True}

    def refuse() -> None:
        receiver.refuses = 422

    return Case("webhook", receiver, config, {"env:KEY": KEY}, lambda: len(receiver.received), refuse, "/in")


def jira(clock: StandingClock) -> Case:
    fake = FakeJira()
    config = {"site": fake.url, "email": fake.email, "token": "env:TOKEN", "project": fake.project}
    secrets = {"env:TOKEN": fake.token}
    return Case("jira", fake, config, secrets, lambda: len(fake.issues), lambda: fake.required.add("due"), "/issue")


def servicenow(clock: StandingClock) -> Case:
    fake = FakeServiceNow()
    config = {"instance": fake.url, "user": fake.user, "password": "env:PASSWORD"}

    def refuse() -> None:
        fake.spoil_next("/table", lambda _asked, _reply: Reply.of({"result": []}))
        fake.spoil_next("/table", lambda _asked, _reply: Reply(400, b"no"), times=9)

    return Case("servicenow", fake, config, {"env:PASSWORD": fake.password}, lambda: len(fake.rows), refuse, "/table")


def servicenow_oauth(clock: StandingClock) -> Case:
    fake = FakeServiceNow()
    config = {"instance": fake.url, "client_id": fake.client_id, "client_secret": "env:SECRET"}

    def refuse() -> None:
        fake.spoil_next("/table", lambda _asked, _reply: Reply.of({"result": []}))
        fake.spoil_next("/table", lambda _asked, _reply: Reply(400, b"no"), times=9)

    secrets = {"env:SECRET": fake.client_secret}
    return Case("servicenow", fake, config, secrets, lambda: len(fake.rows), refuse, "/table")


CASES = [webhook, jira, servicenow, servicenow_oauth]


@pytest.fixture(params=CASES, ids=lambda case: case.__name__)
def case(request: pytest.FixtureRequest, clock: StandingClock) -> Iterator[Case]:
    made = request.param(clock)
    with made.server:
        yield made


@pytest.fixture
def opened(case: Case, clock: StandingClock) -> Means:
    return means(clock, case.secrets)


@pytest.fixture
def destination(case: Case, opened: Means) -> Destination:
    return open_destination(case.kind, case.config, opened)


def delivery(delivery_id: str = ID) -> Delivery:
    return Delivery(delivery_id, orjson.dumps(MESSAGE))


def test_a_message_arrives(case: Case, destination: Destination) -> None:
    receipt = destination.deliver(delivery())
    assert case.arrived() == 1
    assert receipt.reference
    assert not receipt.found


def test_the_same_message_takes_effect_once(case: Case, opened: Means, destination: Destination) -> None:
    destination.deliver(delivery())
    again = open_destination(case.kind, case.config, opened).deliver(delivery())
    assert case.arrived() == 1
    assert again.found or case.kind == "webhook"


def test_another_message_is_another(case: Case, destination: Destination) -> None:
    destination.deliver(delivery())
    destination.deliver(delivery("another-id"))
    assert case.arrived() == 2


def test_an_answer_that_is_lost_does_not_double_the_message(case: Case, destination: Destination) -> None:
    # The connection breaks once the system has done its work.
    if case.kind == "servicenow":
        case.server.spoil_next("/table", lambda _asked, reply: reply)
    case.server.cut_next(case.path)
    # A webhook may be sent again at once, since its receiver knows the id.
    with suppress(DestinationUnavailable):
        destination.deliver(delivery())
    assert case.arrived() == 1
    destination.deliver(delivery())
    assert case.arrived() == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_system_is_left_alone_for_as_long_as_it_asks(case: Case, destination: Destination, status: int) -> None:
    case.server.throttle_next(status=status, retry_after="120", times=9)
    with pytest.raises(DestinationUnavailable) as caught:
        destination.deliver(delivery())
    assert caught.value.retry_after == 120


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 500, 502])
def test_what_is_not_about_the_message_is_tried_again(case: Case, destination: Destination, status: int) -> None:
    case.server.spoil_next("", lambda _asked, _reply: Reply(status, b"<html>", {"Location": "/elsewhere"}), times=9)
    with pytest.raises(DestinationUnavailable):
        destination.deliver(delivery())


def test_a_refusal_of_the_message_is_final(case: Case, destination: Destination) -> None:
    case.refuse()
    if case.kind == "jira":
        case.server.spoil_next(case.path, lambda _asked, _reply: Reply.of({"errors": {"duedate": "zanzibar"}}, 400))
    with pytest.raises(DeliveryRefused):
        destination.deliver(delivery())


def test_wrong_credentials_are_no_fault_of_the_message(case: Case, clock: StandingClock) -> None:
    wrong = dict.fromkeys(case.secrets, KEY[:-4] + "AAAA")
    with pytest.raises(DestinationUnavailable):
        open_destination(case.kind, case.config, means(clock, wrong)).deliver(delivery())
    assert case.arrived() == 0


def test_a_host_that_is_not_allowed_gets_nothing(case: Case, clock: StandingClock) -> None:
    guarded = open_destination(case.kind, case.config, means(clock, case.secrets, hosts=("other.example",)))
    with pytest.raises(DestinationUnavailable, match="may not be reached"):
        guarded.deliver(delivery())
    assert not case.server.asked


def test_errors_show_neither_secrets_nor_the_message(case: Case, opened: Means, destination: Destination) -> None:
    shown: list[str] = [repr(destination), repr(delivery()), repr(opened.secret(next(iter(case.secrets))))]
    echo = orjson.dumps([MESSAGE, case.secrets])
    for status in (400, 401, 500):
        case.server.spoil_next("", lambda _asked, _reply, status=status: Reply(status, echo))
        with pytest.raises(VouchError) as caught:
            destination.deliver(delivery())
        shown += [str(caught.value), repr(caught.value), caught.value.hint]
    private = ["zanzibar", "Pump 7", *case.secrets.values()]
    assert not [text for text in shown for each in private if each in text]


def test_a_check_passes_and_writes_nothing(case: Case, destination: Destination) -> None:
    steps = list(destination.check())
    assert steps
    assert all(step.ok for step in steps)
    assert case.arrived() == 0
    assert not [asked for asked in case.server.asked if asked.method == "POST" and "oauth" not in asked.path]


def test_a_check_says_which_secret_is_missing(case: Case, clock: StandingClock) -> None:
    last = list(open_destination(case.kind, case.config, means(clock, {})).check())[-1]
    assert (last.name, last.ok) == ("secrets", False)
    assert next(iter(case.secrets)) in last.detail


def test_a_check_stops_at_a_system_that_is_not_there(case: Case, destination: Destination) -> None:
    case.server.stop()
    last = list(destination.check())[-1]
    assert not last.ok
    assert last.hint


def test_a_page_in_place_of_json_is_no_success(case: Case, destination: Destination) -> None:
    if case.kind == "webhook":
        pytest.skip("a webhook's receiver may answer with anything")
    case.server.spoil_next("", lambda _asked, _reply: Reply(200, b"<html>hibernating</html>"), times=9)
    with pytest.raises(DestinationUnavailable):
        destination.deliver(delivery())
