"""The reports of erasures, as an administrator finds and checks them again."""

from __future__ import annotations

import copy
from typing import Any

from tests.api.subjects.house import ANA, ANNA, BO
from tests.api.visitors import House, assert_problem
from tests.installation import Installation


def test_reports_are_listed_the_latest_first_and_hold(company: Installation) -> None:
    company.person("ada@x.example", roles=["employee", "admin"])
    house = House(company)
    admin = house.browser("ada@x.example")
    made: list[dict[str, Any]] = []
    for email in (ANNA, BO):
        made.append(admin.post("/v1/subjects/erase", json={"email": email, "side": "asker"}).json())
    admin.post("/v1/subjects/erase", json={"email": ANA, "side": "asker", "dry_run": True})
    first = admin.get("/v1/subjects/reports", params={"limit": 1}).json()
    second = admin.get("/v1/subjects/reports", params={"cursor": first["next"]}).json()
    assert [*first["reports"], *second["reports"]] == [made[1], made[0]]
    assert second["next"] is None
    assert admin.post("/v1/subjects/verify", json=made[0]).json() == {"signer": made[0]["key"]}
    changed = copy.deepcopy(made[0])
    changed["report"]["places"]["profile"]["removed"] += 1
    assert_problem(admin.post("/v1/subjects/verify", json=changed), 422, "invalid")
    assert_problem(house.browser(ANA).get("/v1/subjects/reports"), 403, "forbidden")
