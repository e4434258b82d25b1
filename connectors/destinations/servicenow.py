"""ServiceNow: an incident, a task or a row of any table that extends ``task``, through the Table API.

``correlation_id`` of the task table carries the delivery's id. It is looked for before anything is created.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import requests
from pydantic import Field, field_validator, model_validator

from connectors.destinations.base import Delivery, DestinationConfig, DestinationKind, Means, Receipt, Step
from connectors.destinations.errors import DeliveryRefused, DestinationUnavailable
from connectors.destinations.exchange import address, parsed, send, taken
from connectors.destinations.template import Template, render
from connectors.http import Rate
from connectors.kinds import SecretRef
from core.errors import VouchError

WHO = "ServiceNow"
OURS = frozenset({"correlation_id", "correlation_display", "sys_id", "number"})


class ServiceNowConfig(DestinationConfig):
    """``fields``: column -> template. Sign in as a user with a password, or as an OAuth client (client credentials)."""

    instance: str
    table: str = Field(default="incident", pattern=r"^[a-z][a-z0-9_]{0,79}$")
    fields: dict[str, Template] = Field(
        default={"short_description": "{{ title }}", "description": "{{ text }}"}, min_length=1
    )
    user: str | None = None
    password: SecretRef | None = None
    client_id: str | None = None
    client_secret: SecretRef | None = None
    requests_per_second: float = Field(default=5, gt=0)
    timeout_seconds: float = Field(default=30, gt=0, le=60)

    @field_validator("instance")
    @classmethod
    def _is_an_address(cls, instance: str) -> str:
        return address(instance)

    @model_validator(mode="after")
    def _can_be_used(self) -> ServiceNowConfig:
        basic, oauth = (self.user, self.password), (self.client_id, self.client_secret)
        if all(basic) == all(oauth) or any(basic) != all(basic) or any(oauth) != all(oauth):
            raise ValueError("give user and password, or client_id and client_secret")
        if reserved := OURS.intersection(self.fields):
            raise ValueError(f"fields may not set {', '.join(sorted(reserved))}")
        return self


@dataclass(slots=True)
class ServiceNow:
    config: ServiceNowConfig
    means: Means
    settles_seconds: float = 0.0
    _session: requests.Session | None = field(default=None, repr=False)

    def check(self) -> Iterator[Step]:
        try:
            session = self._signed_in()
        except VouchError as error:
            yield Step("secrets", False, error.message, error.hint)
            return
        yield Step("secrets", True, "The credentials can be read.")
        query = {"sysparm_limit": "1", "sysparm_fields": "sys_id,correlation_id"}
        try:
            rows = self._rows(send(session, "GET", self._table(), params=query))
        except VouchError as error:
            yield Step("authenticate", False, error.message, error.hint)
            return
        yield Step("authenticate", True, f"{self.config.table} may be read.")
        if rows and "correlation_id" not in rows[0]:
            yield Step(
                "write", False, f"{self.config.table} shows no correlation_id.",
                "Choose a table that extends task, and let the account read and write correlation_id.",
            )  # fmt: skip
            return
        yield Step("write", True, "Whether it may create shows only when a message is sent: vouch destinations test.")

    def deliver(self, delivery: Delivery) -> Receipt:
        message = delivery.message()
        fields = {name: render(name, template, message) for name, template in self.config.fields.items()}
        session = self._signed_in()
        existing = self._find(session, delivery.id)
        if existing is not None:
            return self._receipt(existing, found=True)
        row = {**fields, "correlation_id": delivery.id, "correlation_display": "Vouch"}
        query = {"sysparm_fields": "sys_id,number,correlation_id", "sysparm_exclude_reference_link": "true"}
        response = send(session, "POST", self._table(), params=query, json=row)
        if response.status_code == 403:
            # Reading was allowed a moment ago, so a rule of the table stands against this row.
            hint = "Let the account create rows, and give a value to every field that a data policy asks for."
            raise DeliveryRefused("ServiceNow answered 403: the row may not be created.", hint=hint)
        made = parsed(taken(response, WHO), WHO).get("result")
        if not isinstance(made, dict):
            raise DestinationUnavailable("ServiceNow did not say what it created.")
        receipt = self._receipt(cast(dict[str, Any], made))
        if cast(dict[str, Any], made).get("correlation_id") == delivery.id:
            return receipt
        # The row is there; only a second attempt could not find it any more.
        note = "correlation_id was not kept: let the account write it, or a fault may create a row twice"
        return Receipt(receipt.reference, receipt.url, note=note)

    def _find(self, session: requests.Session, key: str) -> dict[str, Any] | None:
        query = {
            "sysparm_query": f"correlation_id={key}^ORDERBYsys_created_on",
            "sysparm_fields": "sys_id,number,correlation_id",
            "sysparm_limit": "10",
        }
        rows = self._rows(send(session, "GET", self._table(), params=query))
        # ServiceNow passes over a condition it does not understand and returns everything.
        return next((row for row in rows if row.get("correlation_id") == key), None)

    def _rows(self, response: requests.Response) -> list[dict[str, Any]]:
        try:
            rows = parsed(taken(response, WHO), WHO).get("result")
        except DeliveryRefused as error:
            # Only reading was refused: that says nothing about the message.
            raise DestinationUnavailable(
                error.message, hint="Check the table's name and the account's roles."
            ) from error
        if not isinstance(rows, list):
            raise DestinationUnavailable("ServiceNow did not answer with rows.")
        return cast(list[dict[str, Any]], rows)

    def _receipt(self, row: dict[str, Any], *, found: bool = False) -> Receipt:
        sys_id = str(row.get("sys_id", ""))
        url = f"{self.config.instance}/{self.config.table}.do?sys_id={sys_id}" if sys_id else None
        return Receipt(str(row.get("number") or sys_id), url, found)

    def _table(self) -> str:
        return f"{self.config.instance}/api/now/table/{self.config.table}"

    def _signed_in(self) -> requests.Session:
        if self._session is None:
            config = self.config
            session = self.means.http.session(
                f"servicenow:{config.instance}:{config.user or config.client_id}",
                rate=Rate(config.requests_per_second, burst=5),
                headers={"Accept": "application/json"},
                timeout_seconds=config.timeout_seconds,
                # A row that is created twice is two rows.
                resend=False,
            )
            if config.user is not None and config.password is not None:
                session.auth = (config.user, self.means.secret(config.password).text())
            else:
                session.headers["Authorization"] = f"Bearer {self._token(session)}"
            self._session = session
        return self._session

    def _token(self, session: requests.Session) -> str:
        assert self.config.client_secret is not None
        form = {
            "grant_type": "client_credentials",
            "client_id": self.config.client_id,
            "client_secret": self.means.secret(self.config.client_secret).text(),
        }
        try:
            response = taken(send(session, "POST", f"{self.config.instance}/oauth_token.do", data=form), WHO)
        except DeliveryRefused as error:
            raise DestinationUnavailable(error.message, hint="Check the OAuth client and its secret.") from error
        token = parsed(response, WHO).get("access_token")
        if not isinstance(token, str):
            raise DestinationUnavailable("ServiceNow gave no token.", hint="Check the OAuth client and its secret.")
        return token


KIND = DestinationKind(
    name="servicenow",
    title="ServiceNow incident, task or other task table",
    auth="basic, or OAuth client credentials",
    idempotency="correlation_id is looked for before a row is created",
    tested="a fake written from the Table API's documentation; not against a live instance",
    config=ServiceNowConfig,
    open=ServiceNow,
    example="""\
instance: https://company.service-now.com
table: incident
user: vouch
password: env:SERVICENOW_PASSWORD
fields:
  short_description: "{{ title }}"
  description: "{{ text }}"
  urgency: "3"
""",
)
