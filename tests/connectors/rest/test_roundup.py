"""The Roundup declaration against a real Roundup tracker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from connectors.errors import SourceRejected
from connectors.sources.base import Change, account_grant
from connectors.sources.rest.source import RestCursor, RestSource
from core.access import EVERYONE, NOBODY, Access, Conjunction, group
from tests.connectors.opening import SOURCE, opening
from tests.connectors.rest.building import open_kind
from tests.servers.environment import INSTALL, ServersMissing
from tests.servers.roundup import ADMIN, PASSWORD, Roundup, roundup


@pytest.fixture(scope="module")
def running() -> Iterator[Roundup]:
    try:
        with roundup() as tracker:
            yield tracker
    except ServersMissing as error:
        pytest.skip(f"Roundup is not installed: {INSTALL} ({error})")


@pytest.fixture
def tracker(running: Roundup) -> Roundup:
    for issue in running.ids("issue"):
        running.retire("issue", issue)
    return running


def source(tracker: Roundup, **more: Any) -> RestSource:
    config = {
        "url": tracker.url,
        "user": ADMIN,
        "password": "env:PASSWORD",
        "access": [{"allow": ["support"]}, {"when": {"status.name": "resolved"}, "allow": ["everyone"]}],
        **more,
    }
    return open_kind("roundup", config, opening({"env:PASSWORD": PASSWORD}))


def poll(made: RestSource, cursor: RestCursor | None = None) -> tuple[dict[str, Change], RestCursor]:
    pages = list(made.poll(cursor))
    assert not [fault for page in pages for fault in page.faults]
    last = pages[-1].cursor
    assert isinstance(last, RestCursor)
    return {change.key: change for page in pages for change in page.changes}, last


def shown(change: Change) -> dict[str, Any]:
    assert change.item is not None
    return orjson.loads(change.item.body)


def test_an_issue_becomes_a_document_with_its_messages(tracker: Roundup) -> None:
    jo = tracker.person("jo")
    first = tracker.create("msg", content="The printer burns.\n\nSince noon.", author=ADMIN)
    second = tracker.create("msg", content="Take the stairs.", author=jo)
    issue = tracker.create("issue", title="Fire", status="in-progress", priority="urgent", assignedto=jo)
    tracker.edit("issue", issue, messages=f"{first},{second}")
    changes, _ = poll(source(tracker))
    document = shown(changes[f"issue/{issue}"])
    assert document["title"] == "Fire"
    assert document["text"].index("The printer burns.\n\nSince noon.") < document["text"].index("Take the stairs.")
    assert document["text"].startswith("## admin, 20")
    assert ["Status", "in-progress"] in document["fields"]
    assert ["Assigned to", "jo"] in document["fields"]
    assert document["labels"] == {"status": "in-progress", "priority": "urgent"}
    assert changes[f"issue/{issue}"].url == f"{tracker.url}/issue{issue}"
    assert changes[f"issue/{issue}"].modified_at is not None


def test_a_second_poll_brings_only_what_changed(tracker: Roundup) -> None:
    issues = [tracker.create("issue", title=f"Issue {number}") for number in range(5)]
    made = source(tracker)
    before, cursor = poll(made)
    again, cursor = poll(made, cursor)
    # The overlap brings known content again, with fingerprints that are known.
    assert {key: change.fingerprint for key, change in again.items()} == {key: before[key].fingerprint for key in again}
    tracker.edit("issue", issues[2], title="Other words")
    after, _ = poll(made, cursor)
    moved = [key for key, change in after.items() if change.fingerprint != before[key].fingerprint]
    assert moved == [f"issue/{issues[2]}"]


def test_a_retired_issue_is_missed_by_the_sweep_and_gone_when_read(tracker: Roundup) -> None:
    kept, lost = (tracker.create("issue", title=title) for title in ("kept", "lost"))
    made = source(tracker)
    tracker.retire("issue", lost)
    assert [key for keys in made.list_ids() for key in keys] == [f"issue/{kept}"]
    pages = list(made.read([f"issue/{kept}", f"issue/{lost}"]))
    assert [change.key for page in pages for change in page.changes] == [f"issue/{kept}"]
    assert [key for page in pages for key in page.deleted] == [f"issue/{lost}"]


def test_access_follows_the_declared_map_and_private_keywords(tracker: Roundup) -> None:
    jo = tracker.person("jo")
    secret = tracker.keyword("confidential")
    plain = tracker.create("issue", title="plain", status="unread")
    done = tracker.create("issue", title="done", status="resolved")
    hidden = tracker.create("issue", title="hidden", status="unread", keyword=secret, assignedto=jo)
    made = source(tracker, private=["confidential"])
    keys = [f"issue/{each}" for each in (plain, done, hidden)]
    page = made.access(keys)
    found = {item.key: item.access for item in page.items}
    assert found[keys[0]] == Access.of([group("support")])
    assert found[keys[1]] == Access.of([group("support"), EVERYONE])
    taking_part = [account_grant(SOURCE, "1"), account_grant(SOURCE, jo)]
    both = Conjunction.of([group("support")], taking_part)
    assert found[keys[2]] == Access.of([both.grant])
    assert both in page.derived
    nowhere = source(tracker, access=[{"when": {"status.name": "testing"}, "allow": ["support"]}])
    assert {item.access for item in nowhere.access(keys).items} == {NOBODY}


def test_users_are_accounts_with_their_roles(tracker: Roundup) -> None:
    jo = tracker.person("jo")
    accounts = {account.key: account for account in source(tracker, emails_verified=True).principals()}
    assert accounts[jo].email == "jo@example.com"
    assert accounts[jo].groups == ("user",)
    assert accounts[jo].verified
    assert not any(account.verified for account in source(tracker).principals())


def test_the_check_names_the_step_that_fails(tracker: Roundup) -> None:
    assert [(step.name, step.ok) for step in source(tracker).check()] == [
        ("reach", True), ("authenticate", True), ("read", True), ("permissions", True),
    ]  # fmt: skip
    wrong = open_kind(
        "roundup",
        {"url": tracker.url, "user": "vouch", "password": "env:PASSWORD", "access": [{"allow": ["support"]}]},
        opening({"env:PASSWORD": "not-it"}),
    )
    *_, step = wrong.check()
    assert (step.name, step.ok) == ("authenticate", False)
    assert "password" in step.hint
    assert "not-it" not in f"{step}"
    with pytest.raises(SourceRejected):
        list(wrong.poll(None))
