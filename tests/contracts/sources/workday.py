"""Workday: a fake of its report service behind the proxy; workers, leave and organisations, a report of each."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.contracts.sources.declared import in_small_pages
from tests.contracts.sources.trouble import proxy
from tests.contracts.sources.world import World
from tests.fakes.workday import PASSWORD, USER, FakeWorkday, leave, organisation, worker

REPORTS = {
    **dict.fromkeys("abc", ("worker", "Vouch_Workers", "Employee_ID", "workers")),
    **dict.fromkeys("de", ("leave", "Vouch_Leave", "Leave_ID", "leave")),
    **dict.fromkeys("fg", ("organization", "Vouch_Organizations", "Organization_ID", "organizations")),
}
"""Name of an item -> resource, report, column of the id, and access map. Each report is a page."""


class WorkdayWorld(World):
    kind = in_small_pages("workday")
    secrets: ClassVar = {
        "env:WORKDAY": PASSWORD,
        "as sent": base64.b64encode(f"{USER}@northwind:{PASSWORD}".encode()).decode(),
    }
    cannot: ClassVar = {
        "repeat": "a report has no pages",
        "unfiltered": "a report is asked for without a filter",
    }

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = FakeWorkday()
        stack.enter_context(self.fake)
        self.proxy = stack.enter_context(proxy(self.fake.url))
        self.fake.reports = {report: [] for _, report, _, _ in REPORTS.values()}
        self.revoked: set[str] = set()

    def config(self) -> dict[str, Any]:
        maps: dict[str, list[dict[str, Any]]] = {"workers": [], "leave": [], "organizations": []}
        for name, (_, _, column, declared) in REPORTS.items():
            entry = {"when": {column: self._id(name)}, "allow": ["others" if name in self.revoked else "staff"]}
            maps[declared].append(entry)
        return {
            "url": self.front.url, "tenant": self.fake.tenant, "owner": self.fake.owner, "user": USER,
            "password": "env:WORKDAY", **maps,
        }  # fmt: skip

    def put(self, name: str, text: str) -> None:
        resource, report, column, _ = REPORTS[name]
        number = ord(name)
        row = {
            "worker": lambda: worker(number, Business_Title=text),
            "leave": lambda: leave(number, 1, Leave_Type=text),
            "organization": lambda: organisation(name, Superior=text),
        }[resource]()
        self.fake.reports[report] = [
            *(each for each in self.fake.reports[report] if each[column] != self._id(name)), row
        ]  # fmt: skip

    def remove(self, name: str) -> None:
        _, report, column, _ = REPORTS[name]
        rows = self.fake.reports[report]
        self.fake.reports[report] = [row for row in rows if row[column] != self._id(name)]

    def key(self, name: str) -> str:
        return f"{REPORTS[name][0]}/{self._id(name)}"

    def revoke(self, name: str) -> None:
        self.revoked.add(name)

    def refuse_credentials(self) -> None:
        self.secrets = {"env:WORKDAY": "wrong-hunter2", "before": PASSWORD}

    @staticmethod
    def _id(name: str) -> str:
        number = ord(name)
        return {"worker": f"{number:05d}", "leave": f"LEAVE-{number}", "organization": name.upper()}[REPORTS[name][0]]


WORLDS = [WorkdayWorld]
