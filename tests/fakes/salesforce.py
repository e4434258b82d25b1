"""A fake of Salesforce's REST API, written from its documentation. No Salesforce software.

- ``POST /services/oauth2/token``: client credentials, or a JWT bearer assertion (RS256, audience, at most 5 minutes
  ahead). The answer has no ``expires_in``; a token that ended answers 401 ``INVALID_SESSION_ID``.
- ``GET /services/data/vNN.0/query`` leaves deleted rows out, ``queryAll`` shows them with ``IsDeleted``; batches with
  ``nextRecordsUrl``, which says ``query`` in both cases; ``Sforce-Limit-Info``; 403 ``REQUEST_LIMIT_EXCEEDED``.
- ``UserRecordAccess`` answers for one user and at most 200 records, from ``may_read``: sharing as the documentation
  describes it, worked out per user and record, so that tests can compare.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.fakes.loopback import Asked, LoopbackServer, Reply
from tests.fakes.soql import Malformed, Query, parse, same_form

CLIENT, SECRET, LOGIN = "3MVG9.consumer", "client-secret-8F2A", "vouch@northwind.example"
PREFIXES = {
    "Account": "001", "Contact": "003", "Opportunity": "006", "Case": "500", "Task": "00T", "Event": "00U",
    "CaseComment": "00a", "User": "005", "UserRole": "00E", "Group": "00G", "GroupMember": "011",
    "PermissionSet": "0PS", "PermissionSetAssignment": "0Pa", "ObjectPermissions": "110", "AccountShare": "00r",
    "OpportunityShare": "00t", "CaseShare": "01n", "ContactShare": "03s", "Organization": "00D",
    "FieldPermissions": "01k",
}  # fmt: skip
PARENTS = {
    "Owner": ("OwnerId", ("User", "Group")), "Account": ("AccountId", ("Account",)),
    "Contact": ("ContactId", ("Contact",)), "CreatedBy": ("CreatedById", ("User",)),
    "Parent": ("ParentId", ("Account", "PermissionSet")),
    "PermissionSet": ("PermissionSetId", ("PermissionSet",)),
}  # fmt: skip
Row = dict[str, Any]


class FakeSalesforce(LoopbackServer):
    """Rows per object. ``put`` stamps them; ``delete`` leaves a row in the recycle bin, ``purge`` none."""

    def __init__(self, *, batch: int = 3, version: str = "62.0") -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in PREFIXES}
        self.batch, self.version = batch, version
        self.public_key: RSAPublicKey | None = None
        self.audience = "https://login.salesforce.com"
        self.tokens: set[str] = set()
        self.used, self.daily = 18, 15_000
        self.clock = lambda: datetime.now(UTC)
        """By which assertions expire."""
        self.ignores_where = False
        self.hidden: set[str] = set()
        """Objects that the integration user may not query."""
        self.now = datetime(2026, 11, 1, 9, 0, 0, tzinfo=UTC)
        self._numbers = itertools.count(1)
        self._locators: dict[str, tuple[Query, list[Row]]] = {}
        self.put("Organization", DefaultAccountAccess="None", DefaultOpportunityAccess="None",
                 DefaultCaseAccess="None", DefaultContactAccess="ControlledByParent")  # fmt: skip

    # What tests do to it.

    def put(self, entity: str, /, **values: Any) -> str:
        """Create, or change the row with this ``Id``. A row with an owner gets its owner's share, as in Salesforce."""
        key = str(values.pop("Id", None) or f"{PREFIXES[entity]}{next(self._numbers):012d}AAA")
        stamp = same_form(f"{self.now:%Y-%m-%dT%H:%M:%S}Z")
        row = self.rows[entity].setdefault(key, {"Id": key, "IsDeleted": False, "CreatedDate": stamp})
        row.update({**values, "SystemModstamp": stamp, "LastModifiedDate": stamp})
        if f"{entity}Share" in self.rows and "OwnerId" in values:
            shares = self.rows[f"{entity}Share"]
            for share in [s for s in shares.values() if s[f"{entity}Id"] == key and s["RowCause"] == "Owner"]:
                del shares[share["Id"]]
            self.share(entity, key, row["OwnerId"], cause="Owner", level="All")
        return key

    def share(
        self, entity: str, record: str, to: str, *, cause: str = "Manual", level: str = "Read", **more: str
    ) -> str:
        values: Row = {f"{entity}Id": record, "UserOrGroupId": to, "RowCause": cause, f"{entity}AccessLevel": level}
        if entity == "Account":
            values |= {
                "OpportunityAccessLevel": "None",
                "CaseAccessLevel": "None",
                "ContactAccessLevel": "None",
                **more,
            }
        return self.put(f"{entity}Share", **values)

    def unshare(self, entity: str, share: str) -> None:
        del self.rows[f"{entity}Share"][share]

    def delete(self, entity: str, key: str) -> None:
        """Into the recycle bin; an account takes its contacts, opportunities and cases along."""
        self.put(entity, Id=key, IsDeleted=True)
        for below in ("Contact", "Opportunity", "Case") if entity == "Account" else ():
            for each in [each for each, row in self.rows[below].items() if row.get("AccountId") == key]:
                self.delete(below, each)

    def purge(self, entity: str, key: str) -> None:
        del self.rows[entity][key]

    def expire_tokens(self) -> None:
        self.tokens.clear()

    def pass_time(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    # What it answers.

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/services/oauth2/token" and asked.method == "POST":
            return self._token(asked.form())
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        limits = {"Sforce-Limit-Info": f"api-usage={self.used}/{self.daily}"}
        if self.used >= self.daily:
            return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.used += 1
        place = f"/services/data/v{self.version}/"
        if not asked.path.startswith(place):
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        resource, _, locator = asked.path.removeprefix(place).partition("/")
        if resource not in ("query", "queryAll"):
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        if locator:
            return self._more(locator, limits)
        try:
            query = parse(asked.query.get("q", ""))
        except Malformed as error:
            return _error(400, "MALFORMED_QUERY", str(error))
        if query.entity == "UserRecordAccess":
            return self._record_access(query, limits)
        if query.entity not in self.rows or query.entity in self.hidden:
            return _error(400, "INVALID_TYPE", f"sObject type '{query.entity}' is not supported.")
        return self._batch(query, self._found(query, deleted=resource == "queryAll"), limits)

    def _token(self, form: dict[str, str]) -> Reply:
        grant = form.get("grant_type")
        if grant == "client_credentials":
            if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
                return Reply.of({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        elif grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            if (problem := self._assertion_problem(form.get("assertion", ""))) is not None:
                return Reply.of({"error": "invalid_grant", "error_description": problem}, 400)
        else:
            return Reply.of({"error": "unsupported_grant_type", "error_description": "grant type not supported"}, 400)
        token = f"00D!token-{next(self._numbers)}"
        self.tokens.add(token)
        answer = {"access_token": token, "instance_url": self.url, "token_type": "Bearer", "scope": "api"}
        return Reply.of({**answer, "id": f"{self.url}/id/00D/005", "issued_at": "1"})

    def _assertion_problem(self, assertion: str) -> str | None:
        if self.public_key is None:
            return "user hasn't approved this consumer"
        pem = self.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        try:
            claims = jwt.decode(assertion, RSAKey.import_key(pem), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return "invalid assertion"
        if claims.get("aud") != self.audience:
            return "audience is invalid"
        if claims.get("iss") != CLIENT or claims.get("sub") != LOGIN:
            return "user hasn't approved this consumer"
        left = int(claims.get("exp", 0)) - self.clock().timestamp()
        return None if 0 < left <= 300 else "expired authorization code"

    def _found(self, query: Query, *, deleted: bool) -> list[Row]:
        rows = [row for row in self.rows[query.entity].values() if deleted or not row["IsDeleted"]]
        if not self.ignores_where:
            rows = [row for row in rows if query.where(lambda name, row=row: self._value(row, name))]
        for name, descends in reversed(query.order):
            rows.sort(key=lambda row, name=name: str(self._value(row, name)), reverse=descends)
        return rows[: query.limit]

    def _batch(self, query: Query, rows: list[Row], limits: dict[str, str]) -> Reply:
        total, here, rest = len(rows), rows[: self.batch], rows[self.batch :]
        answer: Row = {"totalSize": total, "done": not rest, "records": [self._shown(row, query) for row in here]}
        if rest:
            locator = f"01gRO{next(self._numbers):08d}-{len(here)}"
            self._locators[locator] = (query, rest)
            answer["nextRecordsUrl"] = f"/services/data/v{self.version}/query/{locator}"
        return Reply.of(answer, headers=limits)

    def _more(self, locator: str, limits: dict[str, str]) -> Reply:
        if locator not in self._locators:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        query, rest = self._locators[locator]
        return self._batch(query, rest, limits)

    def forget_locators(self) -> None:
        self._locators.clear()

    def _shown(self, row: Row, query: Query) -> Row:
        shown: Row = {
            "attributes": {"type": query.entity, "url": f"/services/data/sobjects/{query.entity}/{row['Id']}"}
        }
        for name in query.fields:
            parent, _, rest = name.partition(".")
            if not rest:
                shown[name] = row.get(name)
                continue
            if (target := self._parent(row, parent)) is None:
                shown[parent] = None
            else:
                shown[parent] = (shown.get(parent) or {"attributes": {}}) | {rest: self._value(target, rest)}
        return shown

    def _value(self, row: Row, name: str) -> Any:
        parent, _, rest = name.partition(".")
        if not rest:
            return row.get(name)
        target = self._parent(row, parent)
        return None if target is None else self._value(target, rest)

    def _parent(self, row: Row, name: str) -> Row | None:
        if name not in PARENTS:
            return None
        field, entities = PARENTS[name]
        found = (self.rows[entity].get(row.get(field) or "") for entity in entities)
        return next((target for target in found if target is not None), None)

    def _record_access(self, query: Query, limits: dict[str, str]) -> Reply:
        records = [key for entity in ("Account", "Contact", "Opportunity", "Case") for key in self.rows[entity]]
        users = list(self.rows["User"])
        asked: list[tuple[str, str]] = [
            (user, record)
            for user in users
            for record in records
            if query.where(lambda name, pair={"UserId": user, "RecordId": record}: pair.get(name))
        ]
        if query.named != frozenset({"UserId", "RecordId"}) or len({user for user, _ in asked}) > 1 or len(asked) > 200:
            return _error(400, "MALFORMED_QUERY", "filter by one UserId and up to 200 RecordIds")
        rows: list[Row] = [{"RecordId": r, "HasReadAccess": self.may_read(u, r)} for u, r in asked]
        shown = [{"attributes": {"type": "UserRecordAccess"}, **row} for row in rows]
        return Reply.of({"totalSize": len(rows), "done": True, "records": shown}, headers=limits)

    # Who may read what: sharing as documented, for one user and one record.

    def may_read(self, user: str, record: str) -> bool:
        entity = next(name for name in ("Account", "Contact", "Opportunity", "Case") if PREFIXES[name] == record[:3])
        row, person = self.rows[entity][record], self.rows["User"][user]
        if row["IsDeleted"] or not person["IsActive"] or not self._object_right(user, entity, "PermissionsRead"):
            return False
        if entity == "Contact" and row.get("AccountId") is None:
            return user == row["OwnerId"] or self._views_all_data(user)
        if self._object_right(user, entity, "PermissionsViewAllRecords"):
            return True
        default = next(iter(self.rows["Organization"].values()))[f"Default{entity}Access"]
        if default in ("Read", "Edit", "ReadEditTransfer"):
            return True
        if entity == "Contact" and default == "ControlledByParent":
            return self.may_read(user, row["AccountId"])
        shares = [s for s in self.rows[f"{entity}Share"].values() if s[f"{entity}Id"] == record]
        if any(s[f"{entity}AccessLevel"] != "None" and self._reached_by(user, s["UserOrGroupId"]) for s in shares):
            return True
        above = [s for s in self.rows["AccountShare"].values() if s["AccountId"] == row.get("AccountId")]
        level = f"{entity}AccessLevel"
        return any(s.get(level, "None") != "None" and self._reached_by(user, s["UserOrGroupId"]) for s in above)

    def _sets(self, user: str) -> set[str]:
        """The permission sets that count for a user; those that a session must activate do not."""
        assigned = (row for row in self.rows["PermissionSetAssignment"].values() if row["AssigneeId"] == user)
        held = {row["PermissionSetId"] for row in assigned if row["IsActive"]}
        return {key for key in held if not self.rows["PermissionSet"][key]["HasActivationRequired"]}

    def _views_all_data(self, user: str) -> bool:
        return any(self.rows["PermissionSet"][key].get("PermissionsViewAllData") for key in self._sets(user))

    def _object_right(self, user: str, entity: str, right: str) -> bool:
        if self._views_all_data(user):
            return True
        sets, rights = self._sets(user), self.rows["ObjectPermissions"].values()
        return any(r["ParentId"] in sets and r["SobjectType"] == entity and r.get(right) for r in rights)

    def _reached_by(self, user: str, target: str) -> bool:
        """Whether a share with ``target``, a user or a group, reaches ``user``."""
        if target in self.rows["User"]:
            return user == target or self._manages(user, target)
        group = self.rows["Group"].get(target)
        if group is None:
            return False
        inside = [member for member in self.rows["User"] if self._in_group(member, target)]
        if user in inside:
            return True
        climbs = group["Type"].startswith("Role") or (group["Type"] == "Regular" and group.get("DoesIncludeBosses"))
        return bool(climbs) and any(self._manages(user, member) for member in inside)

    def _in_group(self, user: str, target: str) -> bool:
        group, role = self.rows["Group"][target], self.rows["User"][user].get("UserRoleId")
        if group["Type"] == "Organization":
            return self.rows["User"][user]["UserType"] == "Standard"
        if group["Type"] == "Role":
            return role == group["RelatedId"]
        if group["Type"].startswith("RoleAndSubordinates"):
            return role is not None and group["RelatedId"] in (role, *self._above(role))
        members = [m["UserOrGroupId"] for m in self.rows["GroupMember"].values() if m["GroupId"] == target]
        return any(m == user or (m in self.rows["Group"] and self._in_group(user, m)) for m in members)

    def _manages(self, user: str, other: str) -> bool:
        mine, theirs = self.rows["User"][user].get("UserRoleId"), self.rows["User"][other].get("UserRoleId")
        return mine is not None and theirs is not None and mine in self._above(theirs)

    def _above(self, role: str) -> list[str]:
        above: list[str] = []
        parent = self.rows["UserRole"][role].get("ParentRoleId")
        while parent is not None:
            above.append(parent)
            parent = self.rows["UserRole"][parent].get("ParentRoleId")
        return above


def _error(status: int, code: str, message: str) -> Reply:
    return Reply.of([{"message": message, "errorCode": code}], status)
