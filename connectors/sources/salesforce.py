"""Salesforce: as declared in ``rest/catalogue/salesforce.yaml``, asked again at question time, and patient with the
limit of requests a day, which it announces as a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import requests

from connectors.errors import SourceUnavailable
from connectors.http import Http, Rate
from connectors.kinds import Opening, SourceConfig
from connectors.sources.base import AnySource
from connectors.sources.rest.declaration import Rows
from connectors.sources.rest.kinds import CATALOGUE, kind_of, load
from connectors.sources.rest.source import RestSource

DECLARATION = load(CATALOGUE / "salesforce.yaml")
RECORDS_AT_ONCE = 200
"""As many as UserRecordAccess answers for in one query."""
LIMIT_SECONDS = 900
"""The limit is one of the last 24 hours and frees a little all the time, so it is worth asking again soon."""
_ID = re.compile(r"^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$")
_ACCESS = Rows(
    path="/query",
    params={
        "q": "SELECT RecordId, HasReadAccess FROM UserRecordAccess "
        "WHERE UserId = '{{ id }}' AND RecordId IN ('{{ ids | join(\"','\") }}')"
    },
    rows="records",
)


class SalesforceSource(RestSource):
    """Can say at question time what a user may read now (``UserRecordAccess``). Restriction rules are not in it."""

    def __init__(self, config: SourceConfig, opening: Opening) -> None:
        super().__init__(DECLARATION, config, replace(opening, http=_Patient(opening.http)))

    def recheck(self, account: str, keys: Sequence[str]) -> frozenset[str]:
        """One request for 200 keys. What Salesforce does not confirm may not be read."""
        asked = {key.partition("/")[2]: key for key in keys}
        # Ids go into a query as text, so nothing else may.
        ids = [each for each in asked if _ID.match(each)]
        if not ids or not _ID.match(account):
            return frozenset()
        client = self._client()
        context = self._context(client)
        confirmed: set[str] = set()
        for start in range(0, len(ids), RECORDS_AT_ONCE):
            some = ids[start : start + RECORDS_AT_ONCE]
            for page in client.pages(_ACCESS, {**context, "id": account, "ids": some}):
                confirmed |= {
                    asked[row["RecordId"]]
                    for row in page.rows
                    if row.get("HasReadAccess") is True and row.get("RecordId") in asked
                }
        return frozenset(confirmed)


@dataclass(frozen=True, slots=True)
class _Patient:
    """Sessions for which a spent limit is a pause, not a refusal that somebody has to act on."""

    http: Http

    def session(
        self, account: str, *, rate: Rate | None = None, headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 60, resend: bool = True,
    ) -> requests.Session:  # fmt: skip
        made = self.http.session(account, rate=rate, headers=headers, timeout_seconds=timeout_seconds, resend=resend)
        made.hooks["response"].append(_pause_at_the_limit)
        return made


def _pause_at_the_limit(answer: requests.Response, *_args: Any, **_more: Any) -> None:
    if answer.status_code == 403 and b"REQUEST_LIMIT_EXCEEDED" in answer.content:
        hint = "It goes on by itself. Read less often, or ask Salesforce for more requests a day."
        raise SourceUnavailable("Salesforce's requests of today are used up.", hint=hint, retry_after=LIMIT_SECONDS)


def open_salesforce(config: Any, opening: Opening) -> AnySource:
    return SalesforceSource(config, opening)


KIND = replace(kind_of(DECLARATION), open=open_salesforce)
