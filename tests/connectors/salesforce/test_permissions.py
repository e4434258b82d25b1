"""Who may read what of Salesforce, against a fake of its REST API.

The fake works out who may read what for each user and record, from the documented rules, on another way than the
connector does; the tests compare both for everybody and everything.
"""

from __future__ import annotations

import random

import pytest

from connectors.sources.base import AnySource, Rechecks
from tests.connectors.declared import Seen, text
from tests.connectors.salesforce.company import OBJECTS, Company, item, people, source

FIELDS = ("Account.AnnualRevenue", "Account.Description", "Opportunity.Amount", "Opportunity.Description")


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
