"""What Salesforce's records read like, and how their changes are followed, against a fake of its REST API."""

from __future__ import annotations

from tests.connectors.declared import Seen, field_of, text
from tests.connectors.salesforce.company import Company, item, source


def test_accounts_contacts_opportunities_and_cases_read_as_documents(company: Company) -> None:
    fake = company.fake
    alpine = company.account("ann", Industry="Food", AnnualRevenue=1_200_000.0, BillingCity="Bern")
    maria = company.contact("ann", alpine, Title="Buyer", Email="maria@alpine.example")
    ovens = company.opportunity("ann", alpine, NextStep="Send offer")
    cold = company.case("sue", alpine, ContactId=maria, Description="It does not heat.")
    fake.put("Task", WhatId=ovens, Subject="Call Maria", Status="Completed", ActivityDate="2026-10-28",
             Description="She wants\ntwo ovens.", OwnerId=company.users["ann"])  # fmt: skip
    fake.put("Event", WhatId=ovens, Subject="Demo", StartDateTime="2026-11-05T13:00:00.000+0000", Description=None,
             OwnerId=company.users["abe"])  # fmt: skip
    fake.put("CaseComment", ParentId=cold, CommentBody="Fuse replaced.\nWorks again.", CreatedById=company.users["sue"])
    seen = Seen().poll(source(company))
    assert sorted(seen.changes) == sorted(map(item, (alpine, maria, ovens, cold)))
    assert not seen.faults
    deal = text(seen.changes[item(ovens)])
    assert deal.startswith(
        "Opportunity: Ovens\nOvens is an opportunity in the stage Proposal, to be closed on 2026-12-20"
    )
    assert "- 2026-11-05 13:00 UTC, event: Demo (Abe)" in deal
    assert "- 2026-10-28, task, Completed: Call Maria (Ann). She wants two ovens." in deal
    assert "Account: Alpine Foods" in deal
    case = text(seen.changes[item(cold)])
    assert case.startswith("Case 00001001: Oven is cold\n")
    assert "Sue on 2026-11-01 09:00 UTC:\n\n> Fuse replaced.\n> Works again." in case
    assert field_of(seen.changes[item(alpine)], "Address") == "Bern"
    assert field_of(seen.changes[item(alpine)], "Phone") is None
    assert field_of(seen.changes[item(maria)], "Account") == "Alpine Foods"
    assert seen.changes[item(alpine)].url == f"{fake.url}/{alpine}"


def test_activities_can_be_left_out(company: Company) -> None:
    deal = company.opportunity("ann")
    company.fake.put("Task", WhatId=deal, Subject="Call Maria", Status="Open", ActivityDate=None, Description=None,
                     OwnerId=company.users["ann"])  # fmt: skip
    assert "Call Maria" in text(Seen().poll(source(company)).changes[item(deal)])
    assert "Call Maria" not in text(Seen().poll(source(company, activities=False)).changes[item(deal)])


def test_a_second_poll_tells_nothing_new_and_reads_over_all_batches(company: Company) -> None:
    reader = source(company)
    for number in range(10):
        company.account("ann", Name=f"Account {number}")
    seen = Seen().poll(reader)
    assert len(seen.changes) == 10
    assert seen.poll(reader).told == []


def test_changes_new_activities_and_comments_are_seen(company: Company) -> None:
    reader, fake = source(company), company.fake
    alpine, deal, cold = company.account("ann"), company.opportunity("ann"), company.case("sue")
    seen = Seen().poll(reader)
    fake.pass_time(hours=2)
    fake.put("Account", Id=alpine, Name="Alpine Foods AG")
    task = fake.put("Task", WhatId=deal, Subject="Call", Status="Open", ActivityDate=None, Description=None,
                    OwnerId=company.users["ann"])  # fmt: skip
    fake.put("CaseComment", ParentId=cold, CommentBody="Seen.", CreatedById=company.users["sue"])
    assert sorted(seen.poll(reader).told) == sorted(map(item, (alpine, deal, cold)))
    fake.pass_time(hours=2)
    fake.delete("Task", task)
    assert seen.poll(reader).told == [item(deal)]
    assert "Activities" not in text(seen.changes[item(deal)])


def test_a_kill_after_any_page_leaves_no_gap(company: Company) -> None:
    for number in range(11):
        company.account("ann", Name=f"Account {number}")
    reader = source(company)
    seen = Seen()
    for _ in range(6):
        seen.poll(reader, pages=1)
    seen.poll(reader)
    assert len(seen.changes) == 11


def test_a_query_that_has_expired_begins_again_at_the_bound(company: Company) -> None:
    for number in range(8):
        company.account("ann", Name=f"Account {number}")
    reader = source(company)
    seen = Seen().poll(reader, pages=1)
    assert len(seen.changes) == 3
    company.fake.forget_locators()
    assert len(seen.poll(reader).changes) == 8


def test_deleted_rows_are_announced_and_purged_ones_are_swept(company: Company) -> None:
    reader, fake = source(company), company.fake
    gone, purged, kept = (company.account("ann") for _ in range(3))
    seen = Seen().poll(reader)
    fake.pass_time(hours=1)
    fake.delete("Account", gone)
    fake.purge("Account", purged)
    seen.poll(reader)
    assert sorted(seen.changes) == sorted(map(item, (purged, kept)))
    assert seen.sweep(reader) == [item(purged)]
    [page] = reader.read([item(gone), item(kept)])
    assert page.deleted == (item(gone),)
    assert [change.key for change in page.changes] == [item(kept)]
