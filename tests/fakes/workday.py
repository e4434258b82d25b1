"""A fake of Workday's Reports as a Service, written from public descriptions of the protocol. No Workday software.

``GET /ccx/service/customreport2/{tenant}/{owner}/{report}?format=json`` with an integration system user's basic
authentication answers ``{"Report_Entry": [...]}``, all rows at once. Columns that are empty are left out of a row, and
multi-instance columns are lists of objects. Prompts are query parameters.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.fakes.loopback import Asked, LoopbackServer, Reply

USER, PASSWORD = "ISU_Vouch", "isu-secret-Pa55"


class FakeWorkday(LoopbackServer):
    def __init__(self, tenant: str = "northwind", owner: str = USER) -> None:
        super().__init__()
        self.tenant, self.owner = tenant, owner
        self.reports: dict[str, list[dict[str, Any]]] = {}
        self.forbidden: set[str] = set()

    def answer(self, asked: Asked) -> Reply:
        place = f"/ccx/service/customreport2/{self.tenant}/{self.owner}/"
        wanted = "Basic " + base64.b64encode(f"{USER}@{self.tenant}:{PASSWORD}".encode()).decode()
        plain = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked.headers.get("authorization") not in (wanted, plain):
            return _fault(401, "invalid username or password")
        report = asked.path.removeprefix(place)
        if not asked.path.startswith(place) or report not in self.reports:
            return _fault(404, "The report does not exist or is not enabled as a web service")
        if report in self.forbidden:
            return _fault(403, "The task submitted is not authorized.")
        if asked.query.get("format") != "json":
            return Reply(200, b"<wd:Report_Data/>", {"Content-Type": "text/xml"})
        rows = [
            {name: value for name, value in row.items() if value not in ("", None, [])} for row in self.reports[report]
        ]
        return Reply.of({"Report_Entry": rows})


def _fault(status: int, message: str) -> Reply:
    return Reply.of({"error": message}, status)


def worker(number: int, **columns: Any) -> dict[str, Any]:
    """A row of the worker report, as the connector's page asks for it."""
    return {
        "Employee_ID": f"{number:05d}",
        "Worker": f"Person {number}",
        "Email": f"person{number}@northwind.example",
        "Business_Title": "Warehouse Clerk",
        "Job_Profile": "Logistics",
        "Supervisory_Organization": "Warehouse Hamburg",
        "Manager": "Mona Manager",
        "Location": "Hamburg",
        "Hire_Date": "2021-03-01",
        "Worker_Status": "Active",
        "Last_Functionally_Updated": "2026-10-01T08:00:00.000-07:00",
        "Annual_Base_Pay": f"{40_000 + number}",
        "Currency": "EUR",
        **columns,
    }


def leave(number: int, employee: int, **columns: Any) -> dict[str, Any]:
    """A row of the leave report."""
    return {
        "Leave_ID": f"LEAVE-{number}",
        "Employee_ID": f"{employee:05d}",
        "Worker": f"Person {employee}",
        "Leave_Type": "Annual Leave",
        "First_Day": "2026-12-01",
        "Last_Day": "2026-12-12",
        "Status": "Approved",
        "Units": "10",
        "Unit": "Days",
        "Last_Functionally_Updated": "2026-10-02T08:00:00.000-07:00",
        **columns,
    }


def organisation(name: str, **columns: Any) -> dict[str, Any]:
    """A row of the organisation report."""
    return {
        "Organization_ID": name.upper().replace(" ", "_"),
        "Organization": name,
        "Organization_Type": "Supervisory",
        "Manager": "Mona Manager",
        "Members_group": [{"Worker": "Person 1", "Business_Title": "Warehouse Clerk"}],
        **columns,
    }
