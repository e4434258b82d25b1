"""What each kind does in its own way. Jira and ServiceNow are fakes."""

from __future__ import annotations

import base64
import secrets as random_bytes
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from connectors.destinations.adf import document
from connectors.destinations.base import Delivery
from connectors.destinations.catalogue import KINDS, checked, open_destination
from connectors.destinations.contract import checked_contract, fit
from connectors.destinations.errors import DeliveryRefused, DestinationUnavailable
from connectors.destinations.template import render
from connectors.destinations.webhook import sign, signing_key
from core.errors import Invalid
from core.secrets import Secret
from tests.conftest import StandingClock
from tests.connectors.destinations.means import means
from tests.connectors.destinations.receiver import KEY, NEXT_KEY, Receiver, documented_verify
from tests.fakes.jira import FakeJira, valid_document
from tests.fakes.loopback import Reply
from tests.fakes.servicenow_write import FakeServiceNow

MESSAGE = {"title": "Pump 7\nleaks", "text": "# Why\nSee https://wiki.example/p7.\n\n- one\n- two"}


def delivery(message: dict[str, Any] | None = None, delivery_id: str = "d-1") -> Delivery:
    return Delivery(delivery_id, orjson.dumps(MESSAGE if message is None else message))


# The webhook


@pytest.fixture
def receiver(clock: StandingClock) -> Iterator[Receiver]:
    with Receiver(now=lambda: clock().timestamp()) as made:
        assert isinstance(made, Receiver)
        yield made


def to(receiver: Receiver, clock: StandingClock, keys: dict[str, str], **more: Any) -> Any:
    signing = [ref for ref in keys if ref != "env:GATE"]
    config = {"url": f"{receiver.url}/in", "keys": signing, "unencrypted": True, **more}
    return open_destination("webhook", config, means(clock, keys))


def test_the_signature_is_that_of_the_specifications_example() -> None:
    key = signing_key(Secret(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    signed = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_keys_change_without_a_message_being_lost(receiver: Receiver, clock: StandingClock) -> None:
    both = to(receiver, clock, {"env:NEW": NEXT_KEY, "env:OLD": KEY})
    for number, known in enumerate([(KEY,), (KEY, NEXT_KEY), (NEXT_KEY,)]):
        receiver.keys = known
        both.deliver(delivery(delivery_id=f"d-{number}"))
    with pytest.raises(DestinationUnavailable, match="401"):
        to(receiver, clock, {"env:OLD": KEY}).deliver(delivery(delivery_id="d-9"))
    assert len(receiver.received) == 3


def test_a_message_that_was_changed_on_the_way_or_recorded_does_not_verify(
    receiver: Receiver, clock: StandingClock
) -> None:
    to(receiver, clock, {"env:KEY": KEY}).deliver(delivery())
    asked, verify, now = receiver.asked[-1], documented_verify(), clock().timestamp()
    assert verify(asked.headers, asked.body, KEY, now=now)
    assert not verify(asked.headers, asked.body.replace(b"Pump", b"Dump"), KEY, now=now)
    assert not verify({**asked.headers, "webhook-id": "d-2"}, asked.body, KEY, now=now)
    assert not verify({**asked.headers, "webhook-timestamp": str(int(now) + 1)}, asked.body, KEY, now=now)
    assert not verify(asked.headers, asked.body, NEXT_KEY, now=now)
    assert not verify(asked.headers, asked.body, KEY, now=now + 301)
    assert not verify({}, asked.body, KEY, now=now)


def test_headers_for_a_gateway_come_from_secrets(receiver: Receiver, clock: StandingClock) -> None:
    keys = {"env:KEY": KEY, "env:GATE": "Bearer gate-pass"}
    one = to(receiver, clock, keys, headers={"Authorization": "env:GATE"})
    one.deliver(delivery())
    assert receiver.asked[-1].headers["authorization"] == "Bearer gate-pass"
    assert "gate-pass" not in repr(one)


def test_a_receiver_that_is_gone_for_good_is_left_alone(receiver: Receiver, clock: StandingClock) -> None:
    receiver.refuses = 410
    with pytest.raises(DeliveryRefused, match="410"):
        to(receiver, clock, {"env:KEY": KEY}).deliver(delivery())


@pytest.mark.parametrize(
    "key", ["whsec_dG9vIHNob3J0", "no base64!", "", "whsec_" + base64.b64encode(bytes(65)).decode()]
)
def test_a_signing_key_of_another_form_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(Invalid, match="signing key") as caught:
        signing_key(Secret(key.encode()))
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://hooks.company.example/in"}, {"url": "https://u:p@hooks.company.example"}, {"url": "ftp://x"},
        {"keys": []}, {"keys": [KEY]}, {"headers": {"webhook-id": "env:X"}}, {"surprise": 1},
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_be_used_is_refused_by_the_setting_only(change: dict[str, Any]) -> None:
    config = {"url": "https://hooks.company.example/in", "keys": ["env:KEY"], **change}
    with pytest.raises(Invalid) as caught:
        checked("webhook", config)
    assert KEY not in str(caught.value)
    assert "u:p" not in str(caught.value)


# Jira


@pytest.fixture
def fake_jira() -> Iterator[FakeJira]:
    with FakeJira() as made:
        assert isinstance(made, FakeJira)
        yield made


def jira(fake: FakeJira, clock: StandingClock, **more: Any) -> Any:
    config = {"site": fake.url, "email": fake.email, "token": "env:T", "project": "OPS", **more}
    return open_destination("jira", config, means(clock, {"env:T": fake.token}))


def test_an_issue_holds_what_the_templates_and_settings_say(fake_jira: FakeJira, clock: StandingClock) -> None:
    receipt = jira(fake_jira, clock, fields={"priority": {"name": "High"}}).deliver(delivery())
    fields = fake_jira.issues[0]["fields"]
    assert receipt.reference == "OPS-1"
    assert receipt.url == f"{fake_jira.url}/browse/OPS-1"
    assert fields["summary"] == "Pump 7 leaks"
    assert fields["labels"] == ["vouch", "vouch-d-1"]
    assert fields["priority"] == {"name": "High"}
    assert [node["type"] for node in fields["description"]["content"]] == ["heading", "paragraph", "bulletList"]


def test_a_search_that_ignores_its_condition_is_not_believed(fake_jira: FakeJira, clock: StandingClock) -> None:
    jira(fake_jira, clock).deliver(delivery())
    fake_jira.ignores_jql = True
    assert not jira(fake_jira, clock).deliver(delivery(delivery_id="d-2")).found
    assert jira(fake_jira, clock).deliver(delivery()).found
    assert len(fake_jira.issues) == 2


def test_the_next_attempt_waits_until_jiras_index_has_followed(fake_jira: FakeJira, clock: StandingClock) -> None:
    fake_jira.index_stands = True
    first = jira(fake_jira, clock)
    first.deliver(delivery())
    assert first.settles_seconds >= 120
    fake_jira.settle()
    assert first.deliver(delivery()).found


def test_a_field_at_fault_is_named_and_its_value_is_not(fake_jira: FakeJira, clock: StandingClock) -> None:
    fake_jira.required.add("duedate")
    with pytest.raises(DeliveryRefused, match="duedate") as caught:
        jira(fake_jira, clock).deliver(delivery())
    assert "Pump" not in str(caught.value)


def test_a_long_summary_is_cut_and_a_long_description_is_refused(fake_jira: FakeJira, clock: StandingClock) -> None:
    jira(fake_jira, clock).deliver(delivery({"title": "x" * 300, "text": "short"}))
    assert len(fake_jira.issues[0]["fields"]["summary"]) == 255
    with pytest.raises(DeliveryRefused, match="longer"):
        jira(fake_jira, clock).deliver(delivery({"title": "x", "text": "y" * 40_000}, "d-2"))


def test_a_check_names_the_permission_that_is_missing(fake_jira: FakeJira, clock: StandingClock) -> None:
    fake_jira.permissions.discard("CREATE_ISSUES")
    last = list(jira(fake_jira, clock).check())[-1]
    assert not last.ok
    assert "CREATE_ISSUES" in last.hint
    assert "BROWSE" not in last.hint


@pytest.mark.parametrize(
    "text", ["", "\n\n", "a\nb\r\nc", "#no heading", "# h\ntext\n- a\n* b\n\nhttps://a.example/x), then", "- \n-\n#"]
)
def test_any_text_becomes_a_valid_document(text: str) -> None:
    assert valid_document(document(text))


def test_addresses_become_links_without_the_punctuation_after_them() -> None:
    link = document("See https://a.example/b?c=1. Thanks")["content"][0]["content"][1]
    assert link["text"] == link["marks"][0]["attrs"]["href"] == "https://a.example/b?c=1"


# ServiceNow


@pytest.fixture
def fake_servicenow() -> Iterator[FakeServiceNow]:
    with FakeServiceNow() as made:
        assert isinstance(made, FakeServiceNow)
        yield made


def servicenow(fake: FakeServiceNow, clock: StandingClock, **more: Any) -> Any:
    config = {"instance": fake.url, "user": fake.user, "password": "env:P", **more}
    return open_destination("servicenow", config, means(clock, {"env:P": fake.password}))


def test_an_incident_holds_what_the_templates_say(fake_servicenow: FakeServiceNow, clock: StandingClock) -> None:
    fields = {"short_description": "[Vouch] {{ title }}", "urgency": "3"}
    receipt = servicenow(fake_servicenow, clock, fields=fields).deliver(delivery())
    row = fake_servicenow.rows[0]
    assert (row["short_description"], row["urgency"]) == ("[Vouch] Pump 7\nleaks", "3")
    assert (row["correlation_id"], row["correlation_display"]) == ("d-1", "Vouch")
    assert receipt.reference == "INC0000001"
    assert receipt.url == f"{fake_servicenow.url}/incident.do?sys_id={row['sys_id']}"
    assert not receipt.note


def test_rows_that_were_not_asked_for_are_not_believed(fake_servicenow: FakeServiceNow, clock: StandingClock) -> None:
    servicenow(fake_servicenow, clock).deliver(delivery())
    fake_servicenow.ignores_query = True
    assert not servicenow(fake_servicenow, clock).deliver(delivery(delivery_id="d-2")).found
    assert len(fake_servicenow.rows) == 2


def test_a_correlation_id_that_is_not_kept_is_said(fake_servicenow: FakeServiceNow, clock: StandingClock) -> None:
    fake_servicenow.columns.discard("correlation_id")
    assert "correlation_id was not kept" in servicenow(fake_servicenow, clock).deliver(delivery()).note
    last = list(servicenow(fake_servicenow, clock).check())[-1]
    assert (last.name, last.ok) == ("write", False)


def test_servicenow_signs_in_one_way_or_the_other() -> None:
    base = {"instance": "https://company.service-now.com"}
    for signing in (
        {}, {"user": "a"}, {"user": "a", "client_id": "b", "client_secret": "env:C"},
        {"user": "a", "password": "env:P", "client_id": "b", "client_secret": "env:C"},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            checked("servicenow", {**base, **signing})


def test_a_token_that_is_refused_is_no_fault_of_the_message(
    fake_servicenow: FakeServiceNow, clock: StandingClock
) -> None:
    config = {"instance": fake_servicenow.url, "client_id": "vouch-client", "client_secret": "env:S"}
    one = open_destination("servicenow", config, means(clock, {"env:S": "wrong"}))
    with pytest.raises(DestinationUnavailable):
        one.deliver(delivery())
    fake_servicenow.spoil_next("oauth", lambda _asked, _reply: Reply.of({"error": "invalid_request"}, 400))
    with pytest.raises(DestinationUnavailable):
        one.deliver(delivery())


def test_a_row_that_may_not_be_created_is_refused_at_once(
    fake_servicenow: FakeServiceNow, clock: StandingClock
) -> None:
    with pytest.raises(DeliveryRefused, match="403"):
        servicenow(fake_servicenow, clock).deliver(delivery({"title": "", "text": "x"}))


# Contracts, templates, the catalogue


def test_a_contract_is_a_schema_that_stands_alone() -> None:
    for schema in ({"type": "nonsense"}, {"$ref": "https://schemas.example/x.json"}, {"properties": {"a": 7}}):
        with pytest.raises(Invalid, match="contract"):
            checked_contract(schema)
    local = {"$defs": {"t": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/t"}}}
    fit(checked_contract(local), {"a": "x"})
    with pytest.raises(DeliveryRefused):
        fit(local, {"a": 7})
    with pytest.raises(DeliveryRefused):
        fit({"properties": {"a": {"$ref": "#/$defs/gone"}}}, {"a": 7})


def test_a_schema_is_never_fetched(receiver: Receiver) -> None:
    with pytest.raises(DeliveryRefused):
        fit({"properties": {"a": {"$ref": f"{receiver.url}/schema"}}}, {"a": 7})
    assert not receiver.asked


def test_a_format_is_checked() -> None:
    schema = {"properties": {"on": {"type": "string", "format": "date"}}}
    fit(schema, {"on": "2026-11-22"})
    with pytest.raises(DeliveryRefused):
        fit(schema, {"on": "tomorrow"})


def test_a_message_is_never_read_as_a_template() -> None:
    assert render("x", "{{ title }}", {"title": "{{ secret }}{% raw %}"}) == "{{ secret }}{% raw %}"


def test_a_template_reaches_nothing_but_the_message() -> None:
    for template in ("{{ missing }}", "{{ ''.__class__.__mro__ }}", "{{ title + 1 }}", "{{ 1 / 0 }}"):
        with pytest.raises(DeliveryRefused, match="template of x") as caught:
            render("x", template, {"title": "zanzibar"})
        assert "zanzibar" not in str(caught.value)
    with pytest.raises(Invalid, match="template"):
        checked("jira", {"site": "https://a.atlassian.net", "email": "a@b.c", "token": "env:T", "project": "OPS",
                         "summary": "{{ title"})  # fmt: skip


def test_every_kind_has_an_example_that_its_configuration_takes() -> None:
    import yaml

    for name, kind in KINDS.items():
        checked(name, yaml.safe_load(kind.example))


def test_a_secret_in_the_place_of_a_reference_is_not_repeated() -> None:
    value = random_bytes.token_hex(8)
    with pytest.raises(Invalid) as caught:
        checked("jira", {"site": "https://a.atlassian.net", "email": "a@b.c", "token": value, "project": "OPS"})
    assert "token" in str(caught.value)
    assert value not in str(caught.value)
