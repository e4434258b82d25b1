"""A company in the fake of Salesforce (tests/fakes/salesforce.py), and what its connector is opened with."""

from __future__ import annotations

from typing import Any

from connectors.sources import salesforce
from connectors.sources.base import Account, AnySource
from tests.connectors.declared import opened
from tests.connectors.opening import Time
from tests.fakes.salesforce import CLIENT, SECRET, FakeSalesforce

OBJECTS = ("Account", "Contact", "Opportunity", "Case")


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


def source(company: Company, time: Time | None = None, secret: str = SECRET, **more: Any) -> AnySource:
    config = {"url": company.fake.url, "client_id": CLIENT, "client_secret": "env:SECRET", "emails_verified": True}
    return opened(salesforce.KIND, config | more, {"env:SECRET": secret}, time)


def people(reader: AnySource) -> dict[str, Account]:
    return {account.key: account for account in reader.principals()}


def item(key: str) -> str:
    kinds = {"001": "account", "003": "contact", "006": "opportunity", "500": "case"}
    return f"{kinds[key[:3]]}/{key}"
