"""Salesforce as a source, against a fake of its REST API (tests/fakes/salesforce.py).

The fake works out who may read what for each user and record, from the documented rules, on another way than the
connector does; the tests compare both for everybody and everything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources import salesforce
from connectors.sources.base import Account, AnySource, Rechecks
from tests.connectors.declared import Seen, field_of, opened, text
from tests.connectors.opening import Time
from tests.fakes.loopback import Asked, Reply
from tests.fakes.salesforce import CLIENT, LOGIN, SECRET, FakeSalesforce

OBJECTS = ("Account", "Contact", "Opportunity", "Case")
FIELDS = ("Account.AnnualRevenue", "Account.Description", "Opportunity.Amount", "Opportunity.Description")


class Company:
    """Chief over sales and service; Ann and Abe sell, Sue serves; a public group, a queue, an administrator."""

    def __init__(self, fake: FakeSalesforce) -> None:
        self.fake = fake
        self.roles: dict[str, str] = {"chief": fake.put("UserRole", ParentRoleId=None)}
        for name, parent in (("sales", "chief"), ("seller", "sales"), ("service", "chief")):
            self.roles[name] = fake.put("UserRole", ParentRoleId=self.roles[parent])
        self.standard = self.permission_set("read")
        self.admin = self.permission_set(PermissionsViewAllData=True)
        self.users: dict[str, str] = {}
        for name, role in (
            ("carla", "chief"), ("sam", "sales"), ("ann", "seller"), ("abe", "seller"), ("sue", "service"),
            ("rob", None),
        ):  # fmt: skip
            self.users[name] = self.user(name, role)
        self.users["root"] = self.user("root", None, self.admin)
        fake.put("User", Name="Portal", Email="p@x.example", IsActive=True, UserRoleId=None, UserType="CustomerSuccess")
        self.groups = {
            "everybody": fake.put("Group", Type="Organization", RelatedId=None, DoesIncludeBosses=False),
            "sales tree": fake.put(
                "Group", Type="RoleAndSubordinatesInternal", RelatedId=self.roles["sales"], DoesIncludeBosses=False
            ),
            "service": fake.put("Group", Type="Role", RelatedId=self.roles["service"], DoesIncludeBosses=False),
            "project": fake.put("Group", Type="Regular", RelatedId=None, DoesIncludeBosses=True),
            "quiet": fake.put("Group", Type="Regular", RelatedId=None, DoesIncludeBosses=False),
            "queue": fake.put("Group", Type="Queue", RelatedId=None, DoesIncludeBosses=False),
            "territory": fake.put("Group", Type="Territory", RelatedId="0TY1", DoesIncludeBosses=False),
        }
        for group, member in (("project", "abe"), ("quiet", "abe"), ("queue", "sue"), ("territory", "rob")):
            fake.put("GroupMember", GroupId=self.groups[group], UserOrGroupId=self.users[member])
        fake.put("GroupMember", GroupId=self.groups["quiet"], UserOrGroupId=self.groups["service"])

    def permission_set(self, *rights: str, **more: Any) -> str:
        held = self.fake.put(
            "PermissionSet", **{"PermissionsViewAllData": False, "HasActivationRequired": False} | more
        )
        for entity in OBJECTS if "read" in rights else ():
            self.fake.put("ObjectPermissions", ParentId=held, SobjectType=entity, PermissionsRead=True,
                          PermissionsViewAllRecords="all" in rights)  # fmt: skip
        return held

    def user(self, name: str, role: str | None, held: str | None = None) -> str:
        key = self.fake.put("User", Name=name.title(), Email=f"{name}@northwind.example", IsActive=True,
                            UserRoleId=role and self.roles[role], UserType="Standard")  # fmt: skip
        self.assign(key, held or self.standard)
        return key

    def assign(self, user: str, held: str) -> str:
        return self.fake.put("PermissionSetAssignment", AssigneeId=user, PermissionSetId=held, IsActive=True)

    def account(self, owner: str, **more: Any) -> str:
        return self.fake.put("Account", OwnerId=self.users[owner], **{"Name": "Alpine Foods", "ParentId": None} | more)

    def opportunity(self, owner: str, account: str | None = None, **more: Any) -> str:
        values: dict[str, Any] = {
            "Name": "Ovens",
            "StageName": "Proposal",
            "CloseDate": "2026-12-20",
            "Amount": 50_000.0,
        }
        return self.fake.put("Opportunity", OwnerId=self.users[owner], AccountId=account, **values | more)

    def case(self, owner: str, account: str | None = None, **more: Any) -> str:
        values: dict[str, Any] = {
            "CaseNumber": "00001001",
            "Subject": "Oven is cold",
            "Status": "New",
            "ContactId": None,
        }
        return self.fake.put("Case", OwnerId=self.users.get(owner, owner), AccountId=account, **values | more)

    def contact(self, owner: str, account: str | None, **more: Any) -> str:
        return self.fake.put("Contact", OwnerId=self.users[owner], AccountId=account, **{"Name": "Maria Anders"} | more)


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture
def company() -> Iterator[Company]:
    fake = FakeSalesforce()
    fake.start()
    yield Company(fake)
    fake.stop()


def source(company: Company, time: Time | None = None, secret: str = SECRET, **more: Any) -> AnySource:
    config = {"url": company.fake.url, "client_id": CLIENT, "client_secret": "env:SECRET", "emails_verified": True}
    return opened(salesforce.KIND, config | more, {"env:SECRET": secret}, time)


def people(reader: AnySource) -> dict[str, Account]:
    return {account.key: account for account in reader.principals()}


def item(key: str) -> str:
    kinds = {"001": "account", "003": "contact", "006": "opportunity", "500": "case"}
    return f"{kinds[key[:3]]}/{key}"


def expect_agreement(company: Company, seen: Seen, reader: AnySource) -> int:
    """Everybody finds exactly what Salesforce lets them read. How many pairs may be read."""
    who, may = people(reader), 0
    assert set(who) == {key for key, row in company.fake.rows["User"].items() if row["UserType"] == "Standard"}
    for user, account in who.items():
        theirs = {
            item(key)
            for entity in OBJECTS
            for key, row in company.fake.rows[entity].items()
            if not row["IsDeleted"] and company.fake.may_read(user, key)
        }
        assert seen.readable(account) == theirs, account.name
        may += len(theirs)
    return may


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


def test_private_records_are_for_owners_and_those_above(company: Company) -> None:
    reader = source(company)
    mine = company.account("ann")
    seen = Seen().poll(reader)
    who = {account.name: account for account in reader.principals()}
    assert {name for name, account in who.items() if seen.readable(account) == {item(mine)}} == {
        "Ann", "Sam", "Carla", "Root",
    }  # fmt: skip
    assert expect_agreement(company, seen, reader) == 4


def test_every_supported_kind_of_share_agrees_with_salesforce(company: Company) -> None:
    fake, reader = company.fake, source(company)
    for name, group in company.groups.items():
        shared = company.account("rob", Name=name)
        fake.share("Account", shared, group, cause="Rule")
    direct = company.account("rob")
    fake.share("Account", direct, company.users["abe"])
    assert expect_agreement(company, Seen().poll(reader), reader) > 20


def test_a_share_with_a_territory_is_not_supported_and_gives_nothing(company: Company) -> None:
    reader = source(company)
    shared = company.account("ann")
    company.fake.share("Account", shared, company.groups["territory"])
    assert company.fake.may_read(company.users["rob"], shared)
    assert Seen().poll(reader).readable(people(reader)[company.users["rob"]]) == set()


def test_shares_of_an_account_reach_its_records_as_far_as_they_say(company: Company) -> None:
    fake, reader = company.fake, source(company)
    alpine = company.account("rob")
    company.opportunity("rob", alpine)
    company.case("rob", alpine)
    company.contact("rob", alpine)
    company.contact("rob", None)
    fake.share("Account", alpine, company.users["ann"], OpportunityAccessLevel="Read")
    fake.share("Account", alpine, company.users["sue"], CaseAccessLevel="Edit")
    seen = Seen().poll(reader)
    expect_agreement(company, seen, reader)
    who = {account.name: account for account in reader.principals()}
    assert {key.split("/")[0] for key in seen.readable(who["Ann"])} == {"account", "opportunity", "contact"}
    assert {key.split("/")[0] for key in seen.readable(who["Sue"])} == {"account", "case", "contact"}


@pytest.mark.parametrize("level", ["None", "Read", "Edit"])
def test_organisation_wide_defaults_count(company: Company, level: str) -> None:
    fake, reader = company.fake, source(company)
    organisation = next(iter(fake.rows["Organization"]))
    fake.put("Organization", Id=organisation, DefaultOpportunityAccess=level, DefaultAccountAccess=level)
    alpine = company.account("ann")
    company.opportunity("ann", alpine)
    company.contact("ann", alpine)
    expect_agreement(company, Seen().poll(reader), reader)


def test_object_permissions_come_before_sharing(company: Company) -> None:
    fake, reader = company.fake, source(company)
    mine = company.account("ann")
    seen = Seen().poll(reader)
    fake.rows["PermissionSetAssignment"] = {
        key: row
        for key, row in fake.rows["PermissionSetAssignment"].items()
        if row["AssigneeId"] != company.users["ann"]
    }
    assert seen.readable(people(reader)[company.users["ann"]]) == set()
    expect_agreement(company, seen, reader)
    # A set that needs a session to be activated counts for nothing.
    company.assign(company.users["ann"], company.permission_set("read", "all", HasActivationRequired=True))
    expect_agreement(company, seen, reader)
    company.assign(company.users["sue"], company.permission_set("read", "all"))
    assert item(mine) in seen.readable(people(reader)[company.users["sue"]])
    expect_agreement(company, seen, reader)


def test_moves_in_the_hierarchy_groups_and_shares_are_revokes(company: Company) -> None:
    fake, reader = company.fake, source(company)
    mine, shared = company.account("ann"), company.account("rob")
    share = fake.share("Account", shared, company.users["abe"])
    fake.share("Account", shared, company.groups["quiet"])
    seen = Seen().poll(reader)
    expect_agreement(company, seen, reader)
    fake.put("User", Id=company.users["ann"], UserRoleId=company.roles["service"])
    assert item(mine) not in seen.readable(people(reader)[company.users["sam"]])
    expect_agreement(company, seen, reader)
    fake.rows["GroupMember"].clear()
    expect_agreement(company, seen, reader)
    fake.put("User", Id=company.users["ann"], IsActive=False)
    expect_agreement(company, seen, reader)
    fake.unshare("Account", share)
    seen.sync_access(reader)
    assert item(shared) not in seen.readable(people(reader)[company.users["abe"]])
    expect_agreement(company, seen, reader)
    fake.put("Account", Id=mine, OwnerId=company.users["rob"])
    seen.sync_access(reader)
    expect_agreement(company, seen, reader)


@pytest.mark.parametrize("seed", range(4))
def test_random_organisations_agree_with_salesforce(company: Company, seed: int) -> None:
    """After every round of random changes, everybody finds exactly what Salesforce lets them read."""
    chance, fake, reader = random.Random(seed), company.fake, source(company)
    fake.batch = 50
    users, groups = list(company.users), [key for name, key in company.groups.items() if name != "territory"]
    seen = Seen()
    for _round in range(3):
        fake.pass_time(hours=1)
        for _ in range(4):
            account = company.account(chance.choice(users))
            company.opportunity(chance.choice(users), chance.choice([account, None]))
            company.case(chance.choice([*users, company.groups["queue"]]), chance.choice([account, None]))
            company.contact(chance.choice(users), chance.choice([account, None]))
            target = chance.choice([*company.users.values(), *groups])
            fake.share("Account", account, target, OpportunityAccessLevel=chance.choice(["None", "Read", "Edit"]),
                       CaseAccessLevel=chance.choice(["None", "Read"]))  # fmt: skip
        fake.put(
            "User", Id=company.users[chance.choice(users)], UserRoleId=chance.choice([None, *company.roles.values()])
        )
        member = chance.choice([*company.users.values(), company.groups["service"], company.groups["sales tree"]])
        fake.put("GroupMember", GroupId=company.groups[chance.choice(["project", "quiet"])], UserOrGroupId=member)
        organisation = next(iter(fake.rows["Organization"]))
        fake.put("Organization", Id=organisation, DefaultContactAccess=chance.choice(["ControlledByParent", "None"]),
                 DefaultCaseAccess=chance.choice(["None", "None", "Read"]))  # fmt: skip
        for entity in OBJECTS:
            victim = chance.choice(list(fake.rows[entity]))
            fake.delete(entity, victim)
        seen.poll(reader)
        seen.sync_access(reader)
        expect_agreement(company, seen, reader)


def test_fields_follow_field_level_security(company: Company) -> None:
    reader = source(company)
    mine = company.account("ann", AnnualRevenue=5.0, Description="Secret plan")
    allowed = company.permission_set("read")
    for name in FIELDS:
        company.fake.put(
            "FieldPermissions", ParentId=allowed, SobjectType=name.split(".")[0], Field=name, PermissionsRead=True
        )
    company.assign(company.users["sam"], allowed)
    seen = Seen().poll(reader)
    who = people(reader)
    assert seen.fields(who[company.users["sam"]], item(mine)) == {"Annual revenue", "Description"}
    assert seen.fields(who[company.users["ann"]], item(mine)) == set()
    assert "Secret plan" not in text(seen.changes[item(mine)]).split("Description: ")[0]


def test_the_recheck_asks_salesforce_itself(company: Company) -> None:
    fake, reader = company.fake, source(company)
    mine = [company.account("ann") for _ in range(3)]
    other = company.account("rob")
    keys = [*map(item, mine), item(other)]
    assert isinstance(reader, Rechecks)
    assert reader.recheck(company.users["ann"], keys) == frozenset(map(item, mine))
    fake.delete("Account", mine[0])
    fake.put("Account", Id=mine[1], OwnerId=company.users["rob"])
    assert reader.recheck(company.users["ann"], keys) == {item(mine[2])}
    assert reader.recheck("005000000000000AAA", keys) == frozenset()
    assert reader.recheck("' OR Name != '", [*keys, "account/' OR Id != '"]) == frozenset()


def test_an_ended_session_is_renewed_once_and_goes_unnoticed(company: Company) -> None:
    for number in range(7):
        company.account("ann", Name=f"Account {number}")
    seen = Seen()
    for number, page in enumerate(source(company).poll(None)):
        seen.changes |= {change.key: change for change in page.changes}
        if number == 0:
            company.fake.expire_tokens()
    assert len(seen.changes) == 7


def test_a_jwt_bearer_assertion_signs_in(company: Company, key: RSAPrivateKey) -> None:
    company.fake.public_key = key.public_key()
    company.fake.clock = Time()
    company.account("ann")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    config = {"url": company.fake.url, "client_id": CLIENT, "user": LOGIN, "private_key": "env:KEY"}
    assert len(Seen().poll(opened(salesforce.KIND, config, {"env:KEY": pem})).changes) == 1
    company.fake.audience = "https://test.salesforce.com"
    with pytest.raises(SourceRejected):
        Seen().poll(opened(salesforce.KIND, config, {"env:KEY": pem}))


def test_a_wrong_secret_says_what_to_do_and_is_not_shown(company: Company) -> None:
    reader = source(company, secret="wrong-secret-99")
    with pytest.raises(SourceRejected) as refused:
        Seen().poll(reader)
    steps = list(reader.check())
    assert not steps[-1].ok
    assert "consumer key" in steps[-1].hint
    assert "wrong-secret-99" not in f"{refused.value!s}{refused.value!r}{reader!r}{steps!r}"


def test_the_daily_limit_is_waited_for(company: Company) -> None:
    company.account("ann")
    company.fake.used = company.fake.daily
    with pytest.raises(SourceUnavailable) as refused:
        Seen().poll(source(company))
    assert refused.value.retry_after == 900


def test_throttled_cut_and_half_written_pages_do_not_change_the_result(company: Company) -> None:
    company.fake.batch = 100
    company.account("ann")
    company.opportunity("ann")
    calm, time = Seen().poll(source(company)), Time()
    company.fake.throttle_next("/queryAll", 503, "13")
    company.fake.cut_next("/query")
    company.fake.malform_next("/query")
    stormy = Seen().poll(source(company, time))
    assert 13.0 in time.slept
    assert {k: c.fingerprint for k, c in stormy.changes.items()} == {k: c.fingerprint for k, c in calm.changes.items()}


def test_a_filter_that_is_ignored_tells_nothing_old_again(company: Company) -> None:
    reader = source(company)
    company.account("ann")
    seen = Seen().poll(reader)
    company.fake.pass_time(days=2)
    late = company.account("ann")
    seen.poll(reader)
    company.fake.ignores_where = True
    [*pages] = reader.poll(seen.cursor)
    assert {change.key for page in pages for change in page.changes} <= {item(late)}


def test_batches_that_repeat_end_clearly(company: Company) -> None:
    for number in range(8):
        company.account("ann", Name=f"Account {number}")
    first: list[bytes] = []

    def again(_asked: Asked, reply: Reply) -> Reply:
        first.append(reply.body)
        return Reply(200, first[0], reply.headers)

    company.fake.spoil_next("/queryAll", again)
    company.fake.spoil_next("/query/01g", again, times=20)
    with pytest.raises(SourceMisbehaves):
        Seen().poll(source(company))


def test_a_next_batch_at_another_host_gets_no_token(company: Company) -> None:
    company.account("ann")
    elsewhere = b'{"totalSize":2,"done":false,"nextRecordsUrl":"https://evil.example/x","records":[]}'
    company.fake.spoil_next("/queryAll", lambda _asked, reply: Reply(200, elsewhere, reply.headers))
    with pytest.raises(SourceRejected):
        Seen().poll(source(company))


def test_the_check_finds_what_the_integration_user_may_not_see(company: Company) -> None:
    company.account("ann")
    assert all(step.ok for step in source(company).check())
    company.fake.hidden.add("PermissionSetAssignment")
    failed = [step for step in source(company).check() if not step.ok]
    assert [step.name for step in failed] == ["permissions"]
    assert "View Setup" in failed[0].hint
