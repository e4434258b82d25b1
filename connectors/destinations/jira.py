"""Jira Cloud: an issue, through REST API v3.

A label made of the delivery's id is looked for before an issue is created. JQL finds an issue a little after it was
created, so an attempt whose outcome is unknown is repeated only after ``SETTLES_SECONDS``. Issue properties would be
no better: JQL finds only those that an installed app has declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import requests
from pydantic import Field, field_validator

from connectors.destinations.adf import document
from connectors.destinations.base import Delivery, DestinationConfig, DestinationKind, Means, Receipt, Step
from connectors.destinations.errors import DeliveryRefused, DestinationUnavailable
from connectors.destinations.exchange import address, parsed, send, taken
from connectors.destinations.template import Template, render
from connectors.errors import SourceMisbehaves
from connectors.http import Rate
from connectors.kinds import SecretRef
from core.errors import VouchError

WHO = "Jira"
SUMMARY_CHARACTERS = 255
DESCRIPTION_CHARACTERS = 32_767
SETTLES_SECONDS = 120.0
OURS = frozenset({"project", "issuetype", "summary", "description", "labels"})


class JiraConfig(DestinationConfig):
    """``fields``: further fields as Jira's API writes them, the same for every issue."""

    site: str
    email: str = Field(min_length=3)
    token: SecretRef
    project: str = Field(pattern=r"^[A-Z][A-Z0-9_]{1,254}$")
    issue_type: str = Field(default="Task", min_length=1)
    summary: Template = "{{ title }}"
    description: Template = "{{ text }}"
    labels: tuple[str, ...] = ("vouch",)
    fields: dict[str, Any] = Field(default={})
    requests_per_second: float = Field(default=5, gt=0)
    timeout_seconds: float = Field(default=30, gt=0, le=60)

    @field_validator("site")
    @classmethod
    def _is_an_address(cls, site: str) -> str:
        return address(site)

    @field_validator("labels")
    @classmethod
    def _have_no_blanks(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if any(not label or len(label) > 255 or label.split() != [label] for label in labels):
            raise ValueError("a label has 1 to 255 characters and no blanks")
        return labels

    @field_validator("fields")
    @classmethod
    def _are_others(cls, fields: dict[str, Any]) -> dict[str, Any]:
        if reserved := OURS.intersection(fields):
            raise ValueError(f"fields may not set {', '.join(sorted(reserved))}: they have settings of their own")
        return fields


@dataclass(slots=True)
class Jira:
    config: JiraConfig
    means: Means
    settles_seconds: float = SETTLES_SECONDS
    _session: requests.Session | None = field(default=None, repr=False)

    def check(self) -> Iterator[Step]:
        try:
            session = self._signed_in()
        except VouchError as error:
            yield Step("secrets", False, error.message, error.hint)
            return
        yield Step("secrets", True, "The token can be read.")
        try:
            taken(send(session, "GET", self._api("myself")), WHO)
        except VouchError as error:
            yield Step("authenticate", False, error.message, error.hint)
            return
        yield Step("authenticate", True, f"Jira knows {self.config.email}.")
        yield self._may_write(session)

    def deliver(self, delivery: Delivery) -> Receipt:
        label = label_of(delivery)
        body = {"fields": self._fields(delivery, label)}
        session = self._signed_in()
        existing = self._find(session, label)
        if existing is not None:
            return self._receipt(existing, found=True)
        response = send(session, "POST", self._api("issue"), json=body)
        return self._receipt(str(parsed(taken(response, WHO, _fields_at_fault(response)), WHO).get("key", "")))

    def _fields(self, delivery: Delivery, label: str) -> dict[str, Any]:
        message = delivery.message()
        summary = " ".join(render("summary", self.config.summary, message).split())
        if len(summary) > SUMMARY_CHARACTERS:
            summary = summary[: SUMMARY_CHARACTERS - 1] + "…"
        text = render("description", self.config.description, message)
        if len(text) > DESCRIPTION_CHARACTERS:
            # Cutting it would cut off what its sentences rest on.
            raise DeliveryRefused(f"The description is longer than the {DESCRIPTION_CHARACTERS} characters of Jira.")
        return {
            **self.config.fields,
            "project": {"key": self.config.project},
            "issuetype": {"name": self.config.issue_type},
            "summary": summary,
            "description": document(text),
            "labels": [*self.config.labels, label],
        }

    def _find(self, session: requests.Session, label: str) -> str | None:
        # Not narrowed to the project: somebody may have moved the issue.
        query = {"jql": f'labels = "{label}" ORDER BY created', "fields": "labels", "maxResults": "10"}
        try:
            response = taken(send(session, "GET", self._api("search/jql"), params=query), WHO)
        except DeliveryRefused as error:
            # Only the search was refused: that says nothing about the message.
            raise DestinationUnavailable(error.message, hint="Let the account browse the project.") from error
        issues = cast(list[dict[str, Any]], parsed(response, WHO).get("issues") or [])
        for issue in issues:
            fields = cast(dict[str, Any], issue.get("fields") or {})
            if label in cast(list[str], fields.get("labels") or []):
                return str(issue["key"])
        return None

    def _may_write(self, session: requests.Session) -> Step:
        needed = ("BROWSE_PROJECTS", "CREATE_ISSUES")
        query = {"projectKey": self.config.project, "permissions": ",".join(needed)}
        try:
            held = parsed(taken(send(session, "GET", self._api("mypermissions"), params=query), WHO), WHO)
        except VouchError as error:
            return Step("write", False, error.message, f"Check that the project {self.config.project} exists.")
        granted = cast(dict[str, dict[str, Any]], held.get("permissions") or {})
        missing = [name for name in needed if not granted.get(name, {}).get("havePermission")]
        if missing:
            hint = f"Give the account {' and '.join(missing)} in the project {self.config.project}."
            return Step("write", False, f"The account lacks {' and '.join(missing)}.", hint)
        return Step("write", True, f"It may create issues in {self.config.project}.")

    def _receipt(self, key: str, *, found: bool = False) -> Receipt:
        if not key:
            raise DestinationUnavailable("Jira did not say what it created.")
        return Receipt(key, f"{self.config.site}/browse/{key}", found)

    def _api(self, path: str) -> str:
        return f"{self.config.site}/rest/api/3/{path}"

    def _signed_in(self) -> requests.Session:
        if self._session is None:
            config = self.config
            session = self.means.http.session(
                f"jira:{config.site}:{config.email}",
                rate=Rate(config.requests_per_second, burst=5),
                headers={"Accept": "application/json"},
                timeout_seconds=config.timeout_seconds,
                # An issue that is created twice is two issues.
                resend=False,
            )
            session.auth = (config.email, self.means.secret(config.token).text())
            self._session = session
        return self._session


def label_of(delivery: Delivery) -> str:
    return f"vouch-{delivery.id}"


def _fields_at_fault(response: requests.Response) -> str:
    """The ids of the fields that Jira complains about; not its words, which may repeat the message."""
    if response.status_code != 400:
        return ""
    try:
        errors: Any = response.json().get("errors")
    except (ValueError, AttributeError, SourceMisbehaves):
        return ""
    names = sorted(name for name in cast(dict[str, Any], errors or {}) if name.isidentifier())
    return ", ".join(names)[:200]


KIND = DestinationKind(
    name="jira",
    title="Jira Cloud issue",
    auth="e-mail and API token",
    idempotency="a label made of the delivery's id is looked for before an issue is created",
    tested="a fake written from the documentation of REST API v3; not against a live site",
    config=JiraConfig,
    open=Jira,
    example="""\
site: https://company.atlassian.net
email: vouch@company.example
token: env:JIRA_TOKEN
project: OPS
issue_type: Task
fields:
  priority: {name: High}
""",
)
