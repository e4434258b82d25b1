"""Who may do what: every route against every role, and the rule that nobody checks themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from api import permissions
from api.http.app import create_app
from api.permissions import APART, MACHINE, PERMISSIONS, SEEN_BY_ALL, Permission
from tests.api.visitors import House, assert_problem
from tests.installation import Installation

ADA, EVA = "ada@x.example", "eva@x.example"
"""Administrators."""
RUTH, OTTO, OLGA = "ruth@x.example", "otto@x.example", "olga@x.example"
OPEN = {
    "/healthz",
    "/readyz",
    "/v1/session",
    "/v1/sources/{name}/announcements",
    "/{path:path}",
}
"""What needs no role: whether it is up, signing in and out, webhooks, which are signed, and the pages themselves."""
OPEN_UNDER = ("/v1/sign-in", "/v1/session", "/scim/", "/.well-known/", "/v1/oidc")
"""Ways in, each with a proof of its own."""


@pytest.fixture
def lodge(tmp_path: Path) -> Iterator[House]:
    installation = Installation(tmp_path)
    for role in SEEN_BY_ALL:
        installation.person(f"only-{role.replace('_', '-')}@x.example", roles=[role])
    installation.person(ADA, roles=["employee", "admin"])
    installation.person(EVA, roles=["employee", "admin"])
    installation.person(RUTH, "staff")
    installation.person(OTTO, roles=["employee", "connector_owner"])
    installation.person(OLGA, roles=["employee", "connector_owner"])
    installation.records("offers", [{"id": "1", "text": "Nine pumps for 134,100 euros."}], allow=["staff"])
    yield House(installation)
    installation.close()


def test_every_permission_has_one_rule() -> None:
    assert set(PERMISSIONS) == set(get_args(Permission))
    assert all(rule.roles <= {*SEEN_BY_ALL, MACHINE} for rule in PERMISSIONS.values())


def test_reviewing_and_deciding_are_apart() -> None:
    for name, rule in PERMISSIONS.items():
        if "reviewer" in rule.roles:
            assert not name.endswith((".change", ".manage", ".erase", ".forget", "operate"))
        if name.startswith(("review", "audit.identify")):
            assert rule.roles == {"reviewer"}
            assert rule.apart


def test_every_route_names_its_permission() -> None:
    missing = [
        f"{sorted(route.methods)} {route.path}"
        for route in permissions.routes(create_app(None))
        if permissions.of_route(route) is None and route.path not in OPEN and not route.path.startswith(OPEN_UNDER)
    ]
    assert missing == []


def test_every_route_is_closed_to_whoever_has_not_signed_in_and_to_every_role_that_the_table_leaves_out(
    lodge: House,
) -> None:
    people = {role: lodge.browser(f"only-{role.replace('_', '-')}@x.example") for role in SEEN_BY_ALL}
    stranger = lodge.visitor(**{"X-Vouch": "1"})
    tried = 0
    for route in permissions.routes(lodge.app):
        permission = permissions.of_route(route)
        if permission is None:
            continue
        path = _filled(route.path)
        for method in route.methods - {"HEAD"}:
            assert stranger.request(method, path).status_code == 401, (method, path)
            for role, browser in people.items():
                if not permissions.allows(permission, [role]):
                    assert browser.request(method, path).status_code == 403, (role, method, path)
                    tried += 1
    assert tried > 100


def test_the_documented_table_is_the_one_that_holds() -> None:
    page = Path(permissions.__file__).parents[1] / "docs" / "permissions.md"
    assert permissions.rendered() in page.read_text()


def test_a_reviewer_takes_two_people(lodge: House) -> None:
    ada, eva = lodge.browser(ADA), lodge.browser(EVA)
    refused = ada.post("/v1/operator/people", json={"email": RUTH, "roles": ["employee", "reviewer"]})
    assert "second person" in assert_problem(refused, 403, "forbidden")["detail"]
    asked = ada.post("/v1/role-requests", json={"email": RUTH, "why": "Compliance"}).json()
    assert_problem(ada.post(f"/v1/role-requests/{asked['id']}/approve"), 403, "forbidden")
    assert _roles(lodge, RUTH) == ["employee"]
    approved = eva.post(f"/v1/role-requests/{asked['id']}/approve").json()
    assert (approved["state"], approved["asked_by"], approved["decided_by"]) == ("approved", ADA, EVA)
    assert _roles(lodge, RUTH) == ["employee", "reviewer"]
    assert_problem(eva.post(f"/v1/role-requests/{asked['id']}/approve"), 409, "conflict")
    # Who has the role keeps it when something else about them changes.
    kept = ada.post("/v1/operator/people", json={"email": RUTH, "roles": ["employee", "reviewer"], "groups": ["hr"]})
    assert kept.json()["roles"] == ["employee", "reviewer"]


def test_nobody_is_administrator_and_reviewer(lodge: House) -> None:
    ada, eva = lodge.browser(ADA), lodge.browser(EVA)
    both = {"admin", "reviewer"}
    assert both == APART
    assert_problem(ada.post("/v1/role-requests", json={"email": EVA, "why": "Both"}), 422, "invalid")
    asked = ada.post("/v1/role-requests", json={"email": RUTH, "why": "Compliance"}).json()
    ada.post("/v1/operator/people", json={"email": RUTH, "roles": ["employee", "admin"]})
    assert_problem(eva.post(f"/v1/role-requests/{asked['id']}/approve"), 422, "invalid")
    assert _roles(lodge, RUTH) == ["admin", "employee"]


def test_what_the_operator_of_the_machine_asked_an_administrator_approves(lodge: House) -> None:
    machine = lodge.operator()
    asked = machine.post("/v1/role-requests", json={"email": RUTH, "why": "Compliance"}).json()
    assert_problem(machine.post(f"/v1/role-requests/{asked['id']}/approve"), 403, "forbidden")
    assert lodge.browser(ADA).post(f"/v1/role-requests/{asked['id']}/approve").status_code == 200


def test_a_connector_owner_knows_of_their_own_sources_only(lodge: House) -> None:
    otto, olga, ada = lodge.browser(OTTO), lodge.browser(OLGA), lodge.browser(ADA)
    assert otto.get("/v1/sources").json()["configured"] == []
    hidden = assert_problem(otto.get("/v1/sources/offers"), 404, "not_found")
    absent = assert_problem(otto.get("/v1/sources/nothing"), 404, "not_found")
    assert hidden["detail"].replace("offers", "") == absent["detail"].replace("nothing", "")
    assert ada.put("/v1/sources/offers/owners", json={"owners": [OTTO]}).json() == {"owners": [OTTO]}
    assert [each["name"] for each in otto.get("/v1/sources").json()["configured"]] == ["offers"]
    assert otto.get("/v1/sources/offers").status_code == 200
    for method, path in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/check"), ("POST", "/sync"), ("GET", "/runs"),
        ("GET", "/failures"), ("POST", "/failures/retry"), ("GET", "/freshness"), ("GET", "/owners"),
    ):  # fmt: skip
        body = {"json": {}} if method in ("PATCH", "POST") else {}
        assert_problem(olga.request(method, f"/v1/sources/offers{path}", **body), 404, "not_found")
    assert olga.get("/v1/freshness").json() == {"sources": []}
    # It is handed on, and never left without anybody by an owner.
    assert_problem(otto.put("/v1/sources/offers/owners", json={"owners": []}), 422, "invalid")
    assert_problem(otto.put("/v1/sources/offers/owners", json={"owners": [RUTH]}), 422, "invalid")
    assert otto.put("/v1/sources/offers/owners", json={"owners": [OLGA]}).status_code == 200
    assert_problem(otto.get("/v1/sources/offers"), 404, "not_found")


def _filled(path: str) -> str:
    for part in ("document_id:path", "document_id", "delivery_id", "conversation_id", "answer_id", "batch_id"):
        path = path.replace(f"{{{part}}}", "0" * 32)
    while "{" in path:
        path = path[: path.index("{")] + "1" + path[path.index("}") + 1 :]
    return path


def _roles(house: House, email: str) -> list[str]:
    listed = house.operator().get("/v1/operator/people").json()["people"]
    return next(each["roles"] for each in listed if each["email"] == email)
