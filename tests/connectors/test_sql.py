"""A table as a source, in SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from connectors.errors import ItemFailed, ItemGone, SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources import sql
from connectors.sources.base import AnySource, Page, account_grant, source_grant
from connectors.sources.sql import SqlCursor, open_sql
from connectors.sources.sql_config import SqlConfig
from core.access import NOBODY
from tests.connectors.opening import SOURCE, opening
from tests.connectors.tickets import START, Tickets, postgres, sqlite
from tests.core.audit.postgres import server


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def tickets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tickets]:
    if request.param == "postgresql":
        yield postgres(request.getfixturevalue("postgres_url"))
    else:
        with sqlite(tmp_path) as made:
            yield made


def opened(tickets: Tickets, /, **more: Any) -> AnySource:
    return open_sql(SqlConfig.model_validate(tickets.config(**more)), opening(tickets.secrets))


def keys(pages: list[Page]) -> list[str]:
    return [change.key for page in pages for change in page.changes]


def by_key(source: AnySource) -> dict[str, Any]:
    return {change.key: change for page in source.poll(None) for change in page.changes}


def stored(pages: list[Page]) -> SqlCursor | None:
    """The last cursor, as it comes back from the database."""
    cursors = [page.cursor for page in pages if page.cursor is not None]
    return SqlCursor.model_validate(orjson.loads(orjson.dumps(cursors[-1].model_dump(mode="json"))))


def test_a_row_becomes_a_record_with_text_fields_labels_and_time(tickets: Tickets) -> None:
    tickets.put(7, subject="VPN down", body="It is **down**.", cost=12.5)
    change = by_key(opened(tickets, link="https://desk/{number}"))["7"]
    record = orjson.loads(change.item.body)
    assert record["title"] == "Ticket 7: VPN down"
    assert record["text"] == "It is **down**."
    assert record["fields"] == [["State", "open"], ["Cost", "12.50" if tickets.engine.name == "postgresql" else "12.5"]]
    assert record["labels"] == {"state": "open"}
    assert change.url == "https://desk/7"
    assert change.modified_at == START


def test_pages_follow_each_other_by_time_and_key_also_where_times_are_equal(tickets: Tickets) -> None:
    for number in range(1, 12):
        tickets.put(number, updated_at=START + timedelta(hours=number // 4))
    pages = list(opened(tickets, page_rows=3).poll(None))
    assert keys(pages) == [str(number) for number in range(1, 12)]
    assert len(pages) == 4


def test_a_second_poll_reads_only_what_may_have_changed(tickets: Tickets) -> None:
    for number in range(1, 6):
        tickets.put(number, updated_at=START + timedelta(hours=number))
    source = opened(tickets, lag=60)
    cursor = stored(list(source.poll(None)))
    assert keys(list(source.poll(cursor))) == ["5"]
    tickets.put(2, subject="new", updated_at=START + timedelta(hours=6))
    pages = list(source.poll(cursor))
    assert keys(pages) == ["5", "2"]
    assert keys(list(source.poll(stored(pages)))) == ["2"]


def test_a_row_that_was_committed_late_is_found_within_the_lag(tickets: Tickets) -> None:
    tickets.put(1, updated_at=START)
    source = opened(tickets, lag=300)
    cursor = stored(list(source.poll(None)))
    tickets.put(2, updated_at=START - timedelta(seconds=299))
    assert "2" in keys(list(source.poll(cursor)))


def test_a_time_in_the_future_does_not_hide_what_comes_before_it(tickets: Tickets) -> None:
    tickets.put(1, updated_at=datetime(2099, 1, 1, tzinfo=UTC))
    source = opened(tickets)
    cursor = stored(list(source.poll(None)))
    tickets.put(2, updated_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
    assert "2" in keys(list(source.poll(cursor)))


def test_a_stop_after_any_page_resumes_without_gap_and_without_reading_again(tickets: Tickets) -> None:
    for number in range(1, 8):
        tickets.put(number)
    for stop in range(1, 4):
        pages = opened(tickets, page_rows=2).poll(None)
        before = [next(pages) for _ in range(stop)]
        pages.close()  # type: ignore[attr-defined]
        after = list(opened(tickets, page_rows=2).poll(stored(before)))
        assert keys(before) + keys(after) == [str(number) for number in range(1, 8)]


def test_a_pass_that_was_stopped_still_finds_what_was_committed_late_during_it(tickets: Tickets) -> None:
    for number in range(1, 6):
        tickets.put(number, updated_at=START + timedelta(seconds=number))
    pages = opened(tickets, page_rows=2, lag=60).poll(None)
    before = [next(pages), next(pages)]
    pages.close()  # type: ignore[attr-defined]
    tickets.put(9, updated_at=START)
    rest = list(opened(tickets, page_rows=2, lag=60).poll(stored(before)))
    assert "9" not in keys(rest)
    assert "9" in keys(list(opened(tickets, lag=60).poll(stored(rest))))


def test_a_marked_row_is_deleted_and_a_removed_one_is_missing_from_the_sweep(tickets: Tickets) -> None:
    for number in (1, 2, 3):
        tickets.put(number)
    source = opened(tickets, deleted={"column": "gone"}, page_rows=2)
    tickets.put(1, gone=True, updated_at=START + timedelta(hours=1))
    tickets.remove(3)
    pages = list(source.poll(None))
    assert [key for page in pages for key in page.deleted] == ["1"]
    assert [key for ids in source.list_ids() for key in ids] == ["2"]
    assert [item.key for item in source.access(["1", "2", "3"]).items] == ["2"]
    (page,) = source.read(["1", "2", "3", "x", "02"])
    assert (keys([page]), sorted(page.deleted)) == (["2"], ["02", "1", "3", "x"])


def test_a_state_can_mean_deleted(tickets: Tickets) -> None:
    tickets.put(1, state="void")
    tickets.put(2, state="open")
    (page,) = opened(tickets, deleted={"column": "state", "values": ["void", "spam"]}).poll(None)
    assert (keys([page]), page.deleted) == (["2"], ("1",))


def test_a_second_time_column_stands_in_for_the_first(tickets: Tickets) -> None:
    tickets.put(1, updated_at=None, created_at=START)
    assert keys(list(opened(tickets, updated=["updated_at", "created_at"]).poll(None))) == ["1"]
    steps = {step.name: step for step in opened(tickets).check()}
    assert "1 rows have no time" in steps["read"].detail


def test_a_table_without_times_is_read_whole(tickets: Tickets) -> None:
    for number in range(1, 6):
        tickets.put(number)
    source = opened(tickets, updated=[], page_rows=2)
    assert source.lists_everything
    assert keys(list(source.poll(None))) == ["1", "2", "3", "4", "5"]


def test_the_access_column_names_groups_and_whatever_is_no_group_gives_nothing(tickets: Tickets) -> None:
    tickets.put(1, teams="staff, hr ,")
    tickets.put(2, teams='["sales"]')
    tickets.put(3, teams=None)
    tickets.put(4, teams="person:1,no|such,group:x")
    found = by_key(opened(tickets))
    assert found["1"].access.allow == ("group:hr", "group:staff")
    assert found["2"].access.allow == ("group:sales",)
    assert found["3"].access == found["4"].access == NOBODY


def test_the_first_rule_that_fits_declares_who_may_read(tickets: Tickets) -> None:
    tickets.put(1, state="open", cost=5)
    tickets.put(2, state="closed")
    tickets.put(3, state="odd")
    rules = [
        {"when": {"state": "closed"}, "allow": ["audit"], "deny": ["interns"]},
        {"when": {"state": ["open", "closed"]}, "allow": ["staff"]},
    ]
    found = by_key(opened(tickets, access={"rules": rules}))
    assert found["1"].access.allow == ("group:staff",)
    assert (found["2"].access.allow, found["2"].access.deny) == (("group:audit",), ("group:interns",))
    assert found["3"].access == NOBODY


def test_rules_may_be_written_with_truth_values_and_numbers(tickets: Tickets) -> None:
    tickets.put(1, gone=False)
    tickets.put(2, gone=True)
    value = False if tickets.engine.name == "postgresql" else 0
    rules = [{"when": {"gone": value, "number": [1, 2]}, "allow": ["staff"]}]
    found = by_key(opened(tickets, access={"rules": rules}))
    assert [found[key].access.allow for key in ("1", "2")] == [("group:staff",), ()]


def test_access_and_people_can_come_from_queries(tickets: Tickets) -> None:
    tickets.put(1)
    tickets.put(2)
    tickets.execute("drop table if exists readers")
    tickets.execute("create table readers (ticket integer, team varchar(50))")
    tickets.execute("insert into readers values (1, 'desk'), (1, '@ann'), (2, null)")
    if tickets.engine.name == "postgresql":
        tickets.execute("grant select on readers to reader")
    people = """
        select 'ann' as account, 'ann@example.com' as email, 'desk' as grp union all
        select 'ann', 'ann@example.com', 'leads' union all select 'bob', null, null
    """
    source = opened(
        tickets,
        access={"query": "select ticket, team from readers where ticket in :keys"},
        people={"query": people, "verified": True},
    )
    found = by_key(source)
    assert set(found["1"].access.allow) == {source_grant(SOURCE, "desk"), account_grant(SOURCE, "ann")}
    assert found["2"].access == NOBODY
    assert source.access(["1"]).items[0].access == found["1"].access
    ann, bob = source.principals()
    assert (ann.key, ann.email, ann.groups, ann.verified) == ("ann", "ann@example.com", ("desk", "leads"), True)
    assert (bob.email, bob.groups) == (None, ())


def test_a_restricted_field_has_access_of_its_own_and_shows_nowhere_else(tickets: Tickets) -> None:
    tickets.put(1, cost=99)
    more: dict[str, Any] = {"restricted": [{"fields": ["Cost"], "allow": ["finance"]}]}
    change = by_key(opened(tickets, **more))["1"]
    assert [(name, own.allow) for name, own in change.restricted] == [("Cost", ("group:finance",))]
    assert orjson.loads(change.item.body)["restricted"] == ["Cost"]
    for leak in ({"title": "{cost}"}, {"text": "{cost}"}, {"labels": ["cost"]}, {"link": "https://x/{cost}"},
                 {"fields": {"Cost": "cost", "Price": "cost"}}):  # fmt: skip
        with pytest.raises(ValueError, match="cost is restricted"):
            SqlConfig.model_validate(tickets.config(**more | leak))


def test_a_query_with_a_key_of_several_columns_is_read_and_found_again(tickets: Tickets) -> None:
    for number in range(1, 6):
        tickets.put(number, state=f"a/{number % 2}")
    source = opened(
        tickets, table=None, query="select * from tickets where number > 1;", key=["state", "number"], page_rows=2
    )
    found = keys(list(source.poll(None)))
    assert sorted(found) == ["a%2F0/2", "a%2F0/4", "a%2F1/3", "a%2F1/5"]
    (page,) = source.read([*found, "a%2F1/1", "nonsense"])
    assert sorted(keys([page])) == sorted(found)
    assert sorted(page.deleted) == ["a%2F1/1", "nonsense"]


def test_keys_that_are_uuids_survive_the_cursor(postgres_url: str) -> None:
    tickets = postgres(postgres_url)
    tickets.execute("drop table if exists things")
    tickets.execute("create table things (id uuid primary key, at date)")
    names = sorted(str(UUID(int=number << 100)) for number in range(1, 6))
    for name in names:
        tickets.execute("insert into things values (:id, '2026-11-01')", id=UUID(name))
    tickets.execute("grant select on things to reader")
    config: dict[str, Any] = {"table": "public.things", "key": "id", "updated": "at", "title": "{id}", "text": "",
                              "fields": {}, "labels": {}, "access": {"rules": [{"allow": ["staff"]}]}}  # fmt: skip
    source = opened(tickets, **config, page_rows=2)
    pages = source.poll(None)
    first = next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert keys([first, *source.poll(stored([first]))]) == names
    assert keys(list(source.read(names[:1]))) == names[:1]


def test_rows_that_share_a_key_are_reported_and_the_others_read(tickets: Tickets) -> None:
    for number in (1, 2, 3):
        tickets.put(number, state="same" if number < 3 else "other")
    (page,) = opened(tickets, key="state").poll(None)
    assert keys([page]) == ["other"]
    assert [(fault.key, fault.code) for fault in page.faults] == [("same", "ambiguous")]


def test_a_row_that_is_too_large_is_a_fault(tickets: Tickets) -> None:
    tickets.put(1, body="x" * 3000)
    config = SqlConfig.model_validate(tickets.config())
    source = open_sql(config, opening(tickets.secrets, max_bytes=2000))
    (page,) = source.poll(None)
    assert [fault.code for fault in page.faults] == ["too_large"]
    with pytest.raises(ItemFailed):
        source.fetch("1")
    with pytest.raises(ItemGone):
        source.fetch("2")


def test_nothing_can_be_written_through_the_source(tickets: Tickets) -> None:
    tickets.put(1)
    people = {"query": "delete from tickets returning number as account, subject as email, state as grp"}
    tickets.url = str(tickets.engine.url)
    with pytest.raises((SourceRejected, SourceUnavailable)):
        list(opened(tickets, people=people).principals())
    assert set(by_key(opened(tickets))) == {"1"}


def test_a_statement_that_takes_too_long_is_ended(tickets: Tickets) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as account from n"
    source = opened(tickets, people={"query": endless}, statement_timeout_seconds=1)
    with pytest.raises(SourceUnavailable, match="statement_timeout_seconds"):
        list(source.principals())


def test_a_check_says_what_is_wrong_in_the_words_of_the_configuration(tickets: Tickets) -> None:
    tickets.put(1)
    assert [(step.name, step.ok) for step in opened(tickets).check()] == [
        ("reach", True), ("authenticate", True), ("read", True), ("permissions", True),
    ]  # fmt: skip
    *_, step = opened(tickets, text="{wrong}").check()
    assert (step.name, step.ok) == ("read", False)
    assert "wrong" in step.detail
    *_, step = opened(tickets, updated="subject").check()
    assert (step.name, step.ok) == ("read", False)


def test_a_database_that_is_not_there_and_one_that_refuses(tickets: Tickets, tmp_path: Path) -> None:
    if tickets.engine.name == "postgresql":
        tickets.url = "postgresql://reader:pg-hunter2@127.0.0.1:9/postgres"
    else:
        tickets.url = f"sqlite:///{tmp_path / 'absent.db'}"
    (step,) = opened(tickets).check()
    assert (step.name, step.ok) == ("reach", False)
    with pytest.raises(SourceUnavailable) as raised:
        list(opened(tickets).poll(None))
    assert "hunter2" not in f"{raised.value}{raised.value.__cause__}"
    assert not (tmp_path / "absent.db").exists()
    tickets.url = "nonsense hunter2"
    with pytest.raises(SourceRejected) as refused:
        list(opened(tickets).poll(None))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("postgresql://u:hunter2@db.example.com/x", "db.example.com may not be reached"),
        ("postgresql://u:hunter2@127.0.0.1/x?host=db.example.com:5432,127.0.0.1", "db.example.com may not be reached"),
        ("postgresql://u:hunter2@127.0.0.1/x?hostaddr=10.0.0.1", "names its host in hostaddr"),
        ("postgresql://u:hunter2@127.0.0.1/x?service=other", "names its host in service"),
    ],
)
def test_a_host_that_nobody_allowed_is_not_reached(tickets: Tickets, address: str, refusal: str) -> None:
    tickets.url = address
    with pytest.raises(SourceRejected, match=refusal) as raised:
        list(opened(tickets).poll(None))
    assert "hunter2" not in str(raised.value)


def test_a_driver_that_is_missing_is_named_with_its_extra(tickets: Tickets) -> None:
    tickets.url = "snowflake://user:hunter2@account/db"
    with pytest.raises(SourceRejected, match=r"vouch\[snowflake\]"):
        list(opened(tickets).poll(None))


def test_a_page_that_repeats_itself_is_an_error(tickets: Tickets, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3, 4):
        tickets.put(number)
    rows = sql.Rows.changed
    monkeypatch.setattr(sql.Rows, "changed", lambda self, since, after: rows(self, None, None))
    with pytest.raises(SourceMisbehaves):
        list(opened(tickets, page_rows=2).poll(None))


def test_the_example_is_a_configuration() -> None:
    import yaml

    SqlConfig.model_validate(yaml.safe_load(sql.KIND.example))
