"""The ServiceNow declaration against a fake of the Table API (tests/fakes/servicenow.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.errors import SourceMisbehaves, SourceRejected
from connectors.sources.base import Change, Page, account_grant, source_grant
from connectors.sources.rest.source import RestCursor, RestSource
from core.access import NOBODY, Access, Conjunction, group
from tests.connectors.opening import SOURCE, Time, opening
from tests.connectors.rest.building import open_kind
from tests.fakes.servicenow import CLIENT, CLIENT_SECRET, PASSWORD, USER, FakeServiceNow, Reply

SECRETS = {"env:PASSWORD": PASSWORD, "env:CLIENT": CLIENT_SECRET, "env:WRONG": "not-the-password"}


@pytest.fixture
def instance() -> Iterator[FakeServiceNow]:
    with FakeServiceNow() as fake:
        yield fake  # type: ignore[misc]


def source(instance: FakeServiceNow, **more: Any) -> RestSource:
    config = {
        "url": instance.url,
        "user": USER,
        "password": "env:PASSWORD",
        "incident_roles": ["itil"],
        "emails_verified": True,
        **more,
    }
    return open_kind("servicenow", config, opening(SECRETS, time=Time(now=datetime(2026, 11, 22, 12, tzinfo=UTC))))


def incident(instance: FakeServiceNow, sys_id: str, **fields: str) -> None:
    usual = {"number": f"INC{sys_id}", "short_description": f"Incident {sys_id}", "state": "1", "caller_id": "u1"}
    instance.put("incident", sys_id, **{**usual, **fields})


def article(instance: FakeServiceNow, sys_id: str, **fields: str) -> None:
    usual = {
        "number": f"KB{sys_id}", "short_description": f"Article {sys_id}", "text": "<h2>How</h2><p>Like this.</p>",
        "kb_knowledge_base": "base", "workflow_state": "published", "active": "true", "roles": "",
        "can_read_user_criteria": "", "cannot_read_user_criteria": "",
    }  # fmt: skip
    instance.put("kb_knowledge", sys_id, **{**usual, **fields})


def criterion(instance: FakeServiceNow, sys_id: str, **fields: str) -> None:
    instance.put("user_criteria", sys_id, **{"active": "true", "advanced": "false", "match_all": "false", **fields})


def let(instance: FakeServiceNow, table: str, base: str, sys_id: str) -> None:
    instance.put(table, f"{table}-{base}-{sys_id}", kb_knowledge_base=base, user_criteria=sys_id)


def changes(pages: list[Page]) -> dict[str, Change]:
    return {change.key: change for page in pages for change in page.changes}


def cursor_of(pages: list[Page]) -> RestCursor:
    last = [page.cursor for page in pages if page.cursor is not None][-1]
    # As the database keeps it.
    return RestCursor.model_validate_json(last.model_dump_json())


def shown(change: Change) -> dict[str, Any]:
    assert change.item is not None
    return orjson.loads(change.item.body)


def journal(instance: FakeServiceNow, number: int, of: str, element: str, value: str) -> None:
    fields = {"element_id": of, "element": element, "value": value, "sys_created_by": "beth"}
    instance.put("sys_journal_field", f"j{number}", **fields)


def test_an_incident_becomes_a_document_whose_work_notes_have_their_own_access(instance: FakeServiceNow) -> None:
    instance.displays = {"1": "New", "u1": "Jo Doe"}
    incident(instance, "a1", description="It does not print.")
    journal(instance, 1, "a1", "comments", "Try again.")
    journal(instance, 2, "a1", "work_notes", "Known since May.")
    change = changes(list(source(instance, participants=True).poll(None)))["incident/a1"]
    document = shown(change)
    assert document["title"] == "INCa1: Incident a1"
    assert document["text"] == "It does not print.\n\n## beth, 2026-11-22 08:00 UTC\n\nTry again."
    assert ["State", "New"] in document["fields"]
    assert ["Caller", "Jo Doe"] in document["fields"]
    assert ["Work notes", "beth: Known since May."] in document["fields"]
    assert document["restricted"] == ["Work notes"]
    itil = source_grant(SOURCE, "role:itil")
    assert change.access == Access.of([itil, account_grant(SOURCE, "u1")])
    assert change.restricted == (("Work notes", Access.of([itil])),)
    assert change.modified_at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert change.url == f"{instance.url}/nav_to.do?uri=incident.do?sys_id=a1"


def test_without_a_declaration_nobody_reads_incidents(instance: FakeServiceNow) -> None:
    incident(instance, "a1")
    found = changes(list(source(instance, incident_roles=[]).poll(None)))
    assert found["incident/a1"].access == NOBODY
    declared = source(instance, incident_roles=[], incidents=[{"when": {"state.value": 1}, "allow": ["helpdesk"]}])
    assert changes(list(declared.poll(None)))["incident/a1"].access == Access.of([group("helpdesk")])


def test_every_page_is_read_once_and_a_run_goes_on_where_it_was_stopped(instance: FakeServiceNow) -> None:
    for number in range(450):
        instance.now += timedelta(seconds=number % 2)
        incident(instance, f"{number:05}")
    made = source(instance)
    pages = list(made.poll(None))
    assert len(changes(pages)) == 450
    assert [len(page.changes) for page in pages if page.changes] == [200, 200, 50]
    stopped = cursor_of(pages[:1])
    rest = list(source(instance).poll(stopped))
    assert len(changes(rest)) == 250
    assert not set(changes(pages[:1])) & set(changes(rest))
    # A row that changes while a run is stopped is told again, and nothing else is passed over.
    instance.now += timedelta(minutes=1)
    incident(instance, "00000", short_description="Changed")
    assert set(changes(list(source(instance).poll(stopped)))) == set(changes(rest)) | {"incident/00000"}


def test_a_poll_goes_back_by_the_overlap_only(instance: FakeServiceNow) -> None:
    incident(instance, "old")
    instance.now += timedelta(hours=1)
    incident(instance, "new")
    made = source(instance)
    first = list(made.poll(None))
    again = changes(list(made.poll(cursor_of(first))))
    assert set(again) == {"incident/new"}
    assert again["incident/new"].fingerprint == changes(first)["incident/new"].fingerprint
    # Stamped before the last poll saw its newest row, visible only afterwards.
    instance.now -= timedelta(seconds=100)
    incident(instance, "late")
    assert set(changes(list(made.poll(cursor_of(first))))) == {"incident/new", "incident/late"}


def test_deletions_are_told_by_the_audit_and_found_by_the_sweep_without_it(instance: FakeServiceNow) -> None:
    for sys_id in ("kept", "audited", "silent"):
        incident(instance, sys_id)
    made = source(instance)
    cursor = cursor_of(list(made.poll(None)))
    instance.now += timedelta(minutes=10)
    instance.delete("incident", "audited")
    instance.delete("incident", "silent", audited=False)
    assert [key for page in made.poll(cursor) for key in page.deleted] == ["incident/audited"]
    assert {key for keys in made.list_ids() for key in keys} == {"incident/kept"}
    (read,) = [page for page in made.read(["incident/kept", "incident/silent"]) if page.changes or page.deleted]
    assert (tuple(change.key for change in read.changes), read.deleted) == (("incident/kept",), ("incident/silent",))


def test_an_article_that_is_retired_is_gone(instance: FakeServiceNow) -> None:
    article(instance, "k1")
    made = source(instance, bases_without_criteria=True)
    first = list(made.poll(None))
    assert shown(changes(first)["article/k1"])["text"] == "## How\n\nLike this."
    instance.now += timedelta(minutes=10)
    article(instance, "k1", workflow_state="retired")
    assert [key for page in made.poll(cursor_of(first)) for key in page.deleted] == ["article/k1"]
    assert not [key for keys in made.list_ids() for key in keys]


def test_user_criteria_decide_who_reads_an_article(instance: FakeServiceNow) -> None:
    for number, company in ((1, "north"), (2, "south"), (3, "north")):
        instance.put(
            "sys_user", f"u{number}", email=f"u{number}@example.com", name=f"User {number}", active="true",
            company=company,
        )  # fmt: skip
    instance.put("sys_user_grmember", "m1", user="u1", group="g1")
    instance.put("sys_user_has_role", "h1", user="u3", role="r9", **{"role.name": "itil"}, state="active")
    criterion(instance, "north", company="north")
    criterion(instance, "staff", group="g1", role="r9")
    criterion(instance, "both", group="g1", company="north", match_all="true")
    criterion(instance, "ended", company="north", active="false")
    criterion(instance, "script", advanced="true", company="north")
    criterion(instance, "empty")
    let(instance, "kb_uc_can_read_mtom", "base", "north")
    let(instance, "kb_uc_can_read_mtom", "wide", "north")
    let(instance, "kb_uc_can_contribute_mtom", "wide", "staff")
    let(instance, "kb_uc_can_read_mtom", "but", "north")
    let(instance, "kb_uc_cannot_read_mtom", "but", "staff")
    let(instance, "kb_uc_can_read_mtom", "odd", "north")
    let(instance, "kb_uc_cannot_read_mtom", "odd", "script")
    article(instance, "plain")
    article(instance, "own", can_read_user_criteria="both")
    article(instance, "denied", cannot_read_user_criteria="staff")
    article(instance, "role", roles="itil")
    article(instance, "void", can_read_user_criteria="empty,ended,script")
    article(instance, "wide", kb_knowledge_base="wide")
    article(instance, "but", kb_knowledge_base="but")
    article(instance, "odd", kb_knowledge_base="odd")
    article(instance, "bare", kb_knowledge_base="bare")
    made = source(instance)
    pages = list(made.poll(None))
    people = {
        account.key: frozenset(
            [account_grant(SOURCE, account.key), *(source_grant(SOURCE, name) for name in account.groups)]
        )
        for account in made.principals()
    }
    derived = [conjunction for page in pages for conjunction in page.derived]

    def readers(access: Access) -> set[str]:
        found: set[str] = set()
        for person, grants in people.items():
            held = grants | {each.grant for each in derived if each.satisfied_by(grants)}
            if not held.isdisjoint(access.allow) and held.isdisjoint(access.deny):
                found.add(person)
        return found

    expected = {
        "plain": {"u1", "u3"}, "own": {"u1"}, "denied": set[str](), "role": {"u3"}, "void": set[str](),
        "wide": {"u1", "u3"}, "but": set[str](), "odd": set[str](), "bare": set[str](),
    }  # fmt: skip
    told = {key.removeprefix("article/"): readers(change.access) for key, change in changes(pages).items()}
    assert told == expected
    page = made.access([f"article/{name}" for name in expected])
    derived = list(page.derived)
    assert {item.key.removeprefix("article/"): readers(item.access) for item in page.items} == expected
    assert changes(pages)["article/own"].access == Access.of(
        [Conjunction.of([source_grant(SOURCE, "criteria:north")], [source_grant(SOURCE, "criteria:both")]).grant]
    )


def test_accounts_have_their_groups_roles_and_state(instance: FakeServiceNow) -> None:
    instance.put("sys_user", "u1", email="jo@example.com", name="Jo", active="true", locked_out="false")
    instance.put("sys_user", "u2", email="", name="Robot", active="false")
    instance.put("sys_user_grmember", "m1", user="u1", group="g1")
    accounts = {account.key: account for account in source(instance).principals()}
    assert accounts["u1"].groups == ("all", "group:g1")
    assert (accounts["u1"].email, accounts["u1"].active, accounts["u1"].verified) == ("jo@example.com", True, True)
    assert (accounts["u2"].email, accounts["u2"].active) == (None, False)


def test_throttling_server_errors_and_broken_pages_are_outlived(instance: FakeServiceNow) -> None:
    for number in range(250):
        incident(instance, f"{number:05}")
    instance.throttle_next("incident", retry_after="7")
    instance.throttle_next("incident", status=503, retry_after=None)
    instance.cut_next("incident")
    instance.malform_next("incident")
    assert len(changes(list(source(instance).poll(None)))) == 250


def test_a_page_that_stays_broken_or_says_that_it_is_incomplete_ends_the_run(instance: FakeServiceNow) -> None:
    incident(instance, "a1")
    instance.malform_next("incident", times=3)
    with pytest.raises(SourceMisbehaves, match="not JSON"):
        list(source(instance).list_ids())
    cancelled = Reply.of({"result": [], "error": {"message": "Transaction cancelled: maximum execution time exceeded"}})
    instance.spoil_next("incident", lambda _asked, _reply: cancelled)
    with pytest.raises(SourceMisbehaves, match="incomplete"):
        list(source(instance).list_ids())


def test_a_token_that_ends_is_asked_for_again(instance: FakeServiceNow) -> None:
    for number in range(250):
        incident(instance, f"{number:05}")
    made = source(instance, user=None, password=None, client_id=CLIENT, client_secret="env:CLIENT")
    run = made.poll(None)
    seen = len(next(run).changes)
    instance.end_tokens()
    assert seen + sum(len(page.changes) for page in run) == 250
    assert sum(asked.path == "/oauth_token.do" for asked in instance.asked) == 2


def test_rows_that_rules_take_out_of_a_page_do_not_end_the_listing(instance: FakeServiceNow) -> None:
    for number in range(650):
        instance.now += timedelta(seconds=1)
        incident(instance, f"{number:05}")
    # A page that is empty, and one that is short.
    instance.hidden = {f"{number:05}" for number in (*range(200, 400), 410, 411)}
    made = source(instance)
    expected = {f"incident/{number:05}" for number in range(650) if f"{number:05}" not in instance.hidden}
    assert set(changes(list(made.poll(None)))) == expected
    assert {key for keys in made.list_ids() for key in keys} == expected


def test_an_instance_that_ignores_the_query_does_no_harm(instance: FakeServiceNow) -> None:
    incident(instance, "old")
    instance.now += timedelta(hours=1)
    incident(instance, "new")
    made = source(instance)
    cursor = cursor_of(list(made.poll(None)))
    instance.delete("incident", "old", audited=False)
    article(instance, "k9")
    instance.delete("kb_knowledge", "k9")
    incident(instance, "old2", **{"sys_updated_on": "2026-11-22 01:00:00"})
    instance.ignores_queries = True
    pages = list(made.poll(cursor))
    assert set(changes(pages)) == {"incident/new"}
    assert not [key for page in pages for key in page.deleted if key.startswith("incident/")]


def test_an_instance_that_ignores_the_query_and_has_many_rows_ends_with_a_clear_error(instance: FakeServiceNow) -> None:
    for number in range(450):
        incident(instance, f"{number:05}")
    instance.ignores_queries = True
    with pytest.raises(SourceMisbehaves, match="there before"):
        list(source(instance).poll(None))


def test_the_check_says_which_step_fails_and_no_secret_shows(instance: FakeServiceNow) -> None:
    instance.put("sys_user", "u1", email="jo@example.com", name="Jo", active="true")
    assert [step.ok for step in source(instance).check()] == [True] * 5
    wrong = source(instance, password="env:WRONG")
    *_, last = wrong.check()
    assert (last.name, last.ok) == ("authenticate", False)
    with pytest.raises(SourceRejected) as raised:
        list(wrong.poll(None))
    assert "not-the-password" not in f"{last} {raised.value} {wrong!r}"
    gone = source(instance, url="http://127.0.0.1:1")
    *_, last = gone.check()
    assert (last.name, last.ok) == ("reach", False)
