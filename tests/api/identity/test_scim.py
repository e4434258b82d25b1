"""Provisioning over SCIM, in the shapes that Okta and Entra ID send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import people
from core.audit import tail
from core.tables import PersonRow
from tests.api.identity.directory import GROUP, PATCH, TOKEN, USER, Directory, installed
from tests.api.visitors import House, assert_problem

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    mapping = {"APP Admins (EU)": {"roles": ["admin"]}, "APP HR": {"groups": ["hr", "staff"]}}
    installation = installed(tmp_path_factory.mktemp("scim"), mapping=mapping)
    yield Directory(House(installation))
    installation.close()


@pytest.fixture
def ana(directory: Directory, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A user of this test alone."""
    return directory.user(f"{request.node.name[:60]}@x.example".lower().replace("[", "-").replace("]", ""))


def held(directory: Directory, email: str) -> tuple[set[str], set[str]]:
    """Groups and roles."""
    with directory.house.runtime.database.reading() as session:
        person = people.by_email(session, email)
    return set(person.groups), set(person.roles)


def is_here(directory: Directory, email: str) -> bool:
    with directory.house.runtime.database.reading() as session:
        return people.find(session, email) is not None


def refused(response: Any, status: int, kind: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/scim+json"
    body = response.json()
    assert (body["schemas"], body["status"], body.get("scimType")) == ([ERROR], str(status), kind)
    assert body["detail"]


# Who may ask


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer "])
def test_only_the_directory_itself_is_heard(directory: Directory, authorization: str) -> None:
    stranger = directory.house.visitor(**{"Authorization": authorization} if authorization else {})
    for path in ("/scim/v2/Users", "/scim/v2/Schemas", "/scim/v2/ServiceProviderConfig", "/scim/v2/Nothing"):
        response = stranger.get(path)
        refused(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_neither_a_person_nor_the_operator_is_the_directory(directory: Directory, ana: dict[str, Any]) -> None:
    refused(directory.house.browser(ana["userName"]).get("/scim/v2/Users"), 401)
    refused(directory.house.operator().get("/scim/v2/Users"), 401)


def test_the_directorys_token_opens_nothing_else(directory: Directory) -> None:
    program = directory.house.visitor(Authorization=f"Bearer {TOKEN}")
    assert_problem(program.get("/v1/sources"), 401, "unauthenticated")


def test_a_short_token_admits_nobody(tmp_path: Path) -> None:
    installation = installed(tmp_path)
    try:
        (tmp_path / "scim-token").write_text("short")
        visitor = House(installation).visitor(Authorization="Bearer short")
        refused(visitor.get("/scim/v2/Users"), 401)
    finally:
        installation.close()


def test_without_a_directory_there_is_nothing_here(small_house: House) -> None:
    refused(small_house.visitor(Authorization=f"Bearer {TOKEN}").get("/scim/v2/Users"), 404)


def test_what_does_not_exist_is_not_answered_by_the_web_client(directory: Directory) -> None:
    refused(directory.http.get("/Nothing"), 404)
    refused(directory.http.delete("/Schemas"), 405)


# People


def test_a_user_of_the_directory_can_sign_in(directory: Directory, ana: dict[str, Any]) -> None:
    assert ana["schemas"] == [USER]
    assert ana["meta"]["resourceType"] == "User"
    assert ana["meta"]["location"].endswith(f"/scim/v2/Users/{ana['id']}")
    assert directory.http.get(f"/Users/{ana['id']}").json() == ana
    browser = directory.house.browser(ana["userName"])
    assert browser.get("/v1/session").json()["person"]["name"] == "Ana Lind"
    assert held(directory, ana["userName"]) == (set(), {"employee"})


def test_okta_deactivates_with_a_value_and_the_person_is_out_at_once(directory: Directory, ana: dict[str, Any]) -> None:
    browser = directory.house.browser(ana["userName"])
    program = directory.house.visitor(Authorization=f"Bearer {directory.house.key(ana['userName'])}")
    link = directory.house.link(ana["userName"])
    assert browser.get("/v1/sources").status_code == program.get("/v1/sources").status_code == 200
    body = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}
    changed = directory.http.patch(f"/Users/{ana['id']}", json=body)
    assert (changed.status_code, changed.json()["active"]) == (200, False)
    assert_problem(browser.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(program.get("/v1/sources"), 401, "unauthenticated")
    assert_problem(directory.house.visitor().post("/v1/session", json={"link": link}), 401, "unauthenticated")
    assert not is_here(directory, ana["userName"])


def test_entra_deactivates_with_a_text_and_activates_again(directory: Directory, ana: dict[str, Any]) -> None:
    group = directory.group("Entra Staff", ana["id"])
    body = {"op": "Replace", "path": "active", "value": "False"}
    assert directory.patch(f"/Users/{ana['id']}", body)["active"] is False
    assert not is_here(directory, ana["userName"])
    assert directory.patch(f"/Users/{ana['id']}", {**body, "value": "True"})["active"] is True
    # What the directory gives is given again; it never was taken out of the group there.
    assert held(directory, ana["userName"]) == ({"Entra Staff"}, {"employee"})
    assert directory.http.delete(f"/Groups/{group['id']}").status_code == 204


def test_what_was_given_by_hand_does_not_come_back_with_the_person(directory: Directory, ana: dict[str, Any]) -> None:
    with directory.house.runtime.database.writing() as session:
        now = directory.house.runtime.clock()
        people.put(session, ana["userName"], groups=["secret"], roles=["employee", "admin"], now=now)
    directory.patch(f"/Users/{ana['id']}", {"op": "replace", "value": {"active": False}})
    directory.patch(f"/Users/{ana['id']}", {"op": "replace", "value": {"active": True}})
    assert held(directory, ana["userName"]) == (set(), {"employee"})


def test_a_deleted_user_is_out_and_gone(directory: Directory, ana: dict[str, Any]) -> None:
    browser = directory.house.browser(ana["userName"])
    directory.group("Of the deleted", ana["id"])
    assert directory.http.delete(f"/Users/{ana['id']}").status_code == 204
    assert_problem(browser.get("/v1/sources"), 401, "unauthenticated")
    refused(directory.http.get(f"/Users/{ana['id']}"), 404)
    refused(directory.http.delete(f"/Users/{ana['id']}"), 404)
    assert directory.find("/Users", filter=f'userName eq "{ana["userName"]}"') == []
    assert directory.find("/Groups", filter='displayName eq "Of the deleted"')[0]["members"] == []


def test_somebody_who_was_here_before_is_taken_over_with_what_they_hold(directory: Directory) -> None:
    person_id = directory.house.installation.person("before@x.example", "hand-made")
    made = directory.user("Before@x.example")
    assert made["id"] == person_id
    assert held(directory, "before@x.example") == ({"hand-made"}, {"employee"})
    refused(directory.http.post("/Users", json={"userName": "BEFORE@x.example"}), 409, "uniqueness")


def test_an_address_belongs_to_one_person(directory: Directory, ana: dict[str, Any]) -> None:
    other = directory.user("taken@x.example")
    body = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"userName": ana["userName"]}}]}
    refused(directory.http.patch(f"/Users/{other['id']}", json=body), 409, "uniqueness")
    emails = {"op": "replace", "path": "emails", "value": [{"value": ana["userName"], "primary": True}]}
    body = {"schemas": [PATCH], "Operations": [emails]}
    refused(directory.http.patch(f"/Users/{other['id']}", json=body), 409, "uniqueness")


def test_a_new_address_is_the_same_person(directory: Directory, ana: dict[str, Any]) -> None:
    browser = directory.house.browser(ana["userName"])
    directory.patch(
        f"/Users/{ana['id']}",
        {"op": "Replace", "path": "userName", "value": "Renamed@x.example"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "Renamed@x.example"},
    )
    assert browser.get("/v1/session").json()["person"]["email"] == "renamed@x.example"
    # Whoever gets the old address is somebody else.
    newcomer = directory.user(ana["userName"])
    assert newcomer["id"] != ana["id"]


def test_a_service_account_is_not_taken_over(directory: Directory) -> None:
    with directory.house.runtime.database.writing() as session:
        now = directory.house.runtime.clock()
        session.add(
            PersonRow(
                id="service-1", email="robot@x.example", name="robot", title="", roles=[], demo=False, kind="service",
                created_at=now, disabled_at=None,
            )
        )  # fmt: skip
    refused(directory.http.post("/Users", json={"userName": "robot@x.example"}), 409, "uniqueness")


def test_replacing_a_user_leaves_out_what_is_left_out(directory: Directory, ana: dict[str, Any]) -> None:
    directory.patch(f"/Users/{ana['id']}", {"op": "add", "path": "title", "value": "Clerk"})
    body = {"schemas": [USER], "userName": ana["userName"], "displayName": "A. Lind", "emails": ana["emails"]}
    replaced = directory.http.put(f"/Users/{ana['id']}", json=body).json()
    assert "title" not in replaced
    assert replaced["displayName"] == "A. Lind"
    directory.patch(f"/Users/{ana['id']}", {"op": "replace", "path": "active", "value": False})
    # Nobody comes back in by being left out of a request.
    assert directory.http.put(f"/Users/{ana['id']}", json=body).json()["active"] is False


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "Add", "path": "name.familyName", "value": "By"}, {"name": {"givenName": "Ana", "familyName": "By"}}),
        ({"op": "add", "value": {"name.familyName": "Holm"}}, {"name": {"givenName": "Ana", "familyName": "Holm"}}),
        ({"op": "REPLACE", "path": f"{USER}:title", "value": "Chief"}, {"title": "Chief"}),
        ({"op": "replace", "value": {f"{USER}:displayName": "Ana L."}}, {"displayName": "Ana L."}),
        ({"op": "remove", "path": "name.givenName"}, {"name": {"familyName": "Lind"}}),
        ({"op": "remove", "path": "externalId"}, {"externalId": None}),
        ({"op": "add", "path": 'phoneNumbers[type eq "work"].value', "value": "1"}, {"phoneNumbers": None}),
        (
            {"op": "add", "value": {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "HR"}},
            {"department": None},
        ),
    ],
)  # fmt: skip
def test_patches_of_a_user(
    directory: Directory, ana: dict[str, Any], operation: dict[str, Any], expected: dict[str, Any]
) -> None:
    changed = directory.patch(f"/Users/{ana['id']}", operation)
    assert {name: changed.get(name) for name in expected} == expected


def test_entra_adds_a_value_that_its_path_describes(directory: Directory, ana: dict[str, Any]) -> None:
    path = 'emails[type eq "home"].value'
    changed = directory.patch(f"/Users/{ana['id']}", {"op": "Add", "path": path, "value": "home@x.example"})
    assert {"type": "home", "value": "home@x.example"} in changed["emails"]
    path = 'emails[type eq "work" and primary eq true].value'
    changed = directory.patch(f"/Users/{ana['id']}", {"op": "replace", "path": path, "value": "other@x.example"})
    assert is_here(directory, "other@x.example")
    changed = directory.patch(f"/Users/{ana['id']}", {"op": "remove", "path": 'emails[type eq "home"]'})
    assert [each["type"] for each in changed["emails"]] == ["work"]


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "replace", "path": 'emails[type eq "other"].value', "value": "x@x.example"}, "noTarget"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": "emails[type eq", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[type xx 1]", "value": "x"}, "invalidFilter"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": ["x"]}, "invalidValue"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "groups", "value": []}, "mutability"),
        ({"op": "destroy", "path": "title"}, "invalidSyntax"),
    ],
)
def test_patches_that_are_refused_change_nothing(
    directory: Directory, ana: dict[str, Any], operation: dict[str, Any], kind: str
) -> None:
    first = {"op": "replace", "path": "title", "value": "must not stay"}
    body = {"schemas": [PATCH], "Operations": [first, operation]}
    refused(directory.http.patch(f"/Users/{ana['id']}", json=body), 400, kind)
    assert directory.http.get(f"/Users/{ana['id']}").json() == ana


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b'{"userName": "no address"}', b'{"userName": 7}', b"{}"])
def test_a_body_that_cannot_be_used_is_refused(directory: Directory, body: bytes) -> None:
    response = directory.http.post("/Users", content=body)
    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidSyntax", "invalidValue")


# Lists


def test_directories_look_people_up(directory: Directory, ana: dict[str, Any]) -> None:
    def ids(text: str) -> list[str]:
        return [each["id"] for each in directory.find("/Users", filter=text)]

    name = ana["userName"]
    for text in (
        f'userName eq "{name.upper()}"',
        f'externalId eq "{ana["externalId"]}"',
        f'{USER}:userName Eq "{name}"',
        f'emails.value eq "{name}"',
        f'emails[type eq "work" and value eq "{name}"]',
        f'userName eq "{name}" and active eq true',
        f'userName sw "{name[:-2]}" and not (active eq false)',
        f'(userName eq "nobody" or userName co "{name[1:-1]}") and title pr or id eq "{ana["id"]}"',
    ):
        assert ids(text) == [ana["id"]], text
    assert ids(f'userName eq "{name}" and active eq false') == []
    assert ids(f'externalId eq "{ana["externalId"].upper()}"') == []
    assert ids('userName eq "nobody@x.example"') == []


@pytest.mark.parametrize(
    "text", ["userName", "userName eq", 'eq "x"', 'userName eq "x', "(userName pr", 'a eq "b" c', "]"]
)
def test_a_filter_that_cannot_be_read_is_refused(directory: Directory, text: str) -> None:
    refused(directory.http.get("/Users", params={"filter": text}), 400, "invalidFilter")


def test_lists_come_in_pages(directory: Directory) -> None:
    for number in range(5):
        directory.user(f"page{number}@x.example")
    found: list[str] = []
    text = 'userName sw "page"'
    for start in (1, 3, 5):
        page = directory.http.get("/Users", params={"filter": text, "startIndex": start, "count": 2}).json()
        assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, start, len(page["Resources"]))
        found += [each["userName"] for each in page["Resources"]]
    assert found == [f"page{number}@x.example" for number in range(5)]
    assert directory.http.get("/Users", params={"count": 0}).json()["Resources"] == []
    everything = directory.http.get("/Users", params={"startIndex": -3}).json()
    assert everything["startIndex"] == 1
    assert everything["totalResults"] >= 5


def test_only_the_attributes_that_were_asked_for_are_sent(directory: Directory, ana: dict[str, Any]) -> None:
    path = f"/Users/{ana['id']}"
    assert set(directory.http.get(path, params={"attributes": "userName"}).json()) == {"schemas", "id", "userName"}
    some = directory.http.get(path, params={"attributes": "name.givenName"}).json()
    assert some["name"] == {"givenName": "Ana"}
    assert "emails" not in directory.http.get(path, params={"excludedAttributes": "emails,meta"}).json()


# Groups


def test_members_of_a_group_hold_it_and_no_longer(directory: Directory, ana: dict[str, Any]) -> None:
    group = directory.group("Night Shift")
    path = f"/Groups/{group['id']}"
    add = {"op": "Add", "path": "members", "value": [{"value": ana["id"]}]}
    assert [each["value"] for each in directory.patch(path, add)["members"]] == [ana["id"]]
    assert held(directory, ana["userName"])[0] == {"Night Shift"}
    user = directory.http.get(f"/Users/{ana['id']}").json()
    assert [each["display"] for each in user["groups"]] == ["Night Shift"]
    for remove in (
        {"op": "remove", "path": f'members[value eq "{ana["id"]}"]'},
        {"op": "Remove", "path": "members", "value": [{"value": ana["id"]}]},
        {"op": "replace", "path": "members", "value": []},
        {"op": "remove", "path": "members"},
        {"op": "replace", "value": {"members": []}},
    ):
        directory.patch(path, add)
        assert directory.patch(path, remove)["members"] == [], remove
        assert held(directory, ana["userName"])[0] == set(), remove


def test_okta_renames_a_group_and_replaces_its_members(directory: Directory, ana: dict[str, Any]) -> None:
    other = directory.user("okta.other@x.example")
    group = directory.group("Old Name", ana["id"])
    path = f"/Groups/{group['id']}"
    directory.patch(path, {"op": "replace", "value": {"id": group["id"], "displayName": "New Name"}})
    assert held(directory, ana["userName"])[0] == {"New Name"}
    directory.patch(path, {"op": "replace", "path": "members", "value": [{"value": other["id"], "display": "o"}]})
    assert held(directory, ana["userName"])[0] == set()
    assert held(directory, "okta.other@x.example")[0] == {"New Name"}
    body = {"schemas": [GROUP], "displayName": "New Name", "members": [{"value": ana["id"]}, {"value": other["id"]}]}
    assert len(directory.http.put(path, json=body).json()["members"]) == 2
    assert directory.http.delete(path).status_code == 204
    assert held(directory, "okta.other@x.example")[0] == set()


def test_a_mapped_group_gives_groups_and_roles(directory: Directory, ana: dict[str, Any]) -> None:
    admins = directory.group("APP Admins (EU)", ana["id"])
    hr = directory.group("APP HR", ana["id"])
    assert held(directory, ana["userName"]) == ({"hr", "staff"}, {"employee", "admin"})
    directory.http.delete(f"/Groups/{admins['id']}")
    directory.http.delete(f"/Groups/{hr['id']}")
    assert held(directory, ana["userName"]) == (set(), {"employee"})


def test_a_name_that_could_be_a_sources_group_gives_nothing(directory: Directory, ana: dict[str, Any]) -> None:
    for name in ("payroll/readers", "everyone", "odd:name"):
        directory.group(name, ana["id"])
    assert held(directory, ana["userName"])[0] == set()


def test_a_group_of_the_directory_never_ends_one_of_another_origin(directory: Directory, ana: dict[str, Any]) -> None:
    with directory.house.runtime.database.writing() as session:
        now = directory.house.runtime.clock()
        people.set_groups(session, ana["id"], ["both", "by hand"], now)
        people.set_source_grants(session, "some-source", {ana["id"]: {"group:wiki/space"}}, now)
    group = directory.group("both", ana["id"])
    directory.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"})
    assert held(directory, ana["userName"])[0] == {"both", "by hand", "wiki/space"}


def test_two_groups_cannot_have_one_name(directory: Directory) -> None:
    directory.group("Singular")
    refused(directory.http.post("/Groups", json={"displayName": "SINGULAR"}), 409, "uniqueness")


def test_a_member_has_to_be_a_user_of_the_directory(directory: Directory, ana: dict[str, Any]) -> None:
    by_hand = directory.house.installation.person("by.hand@x.example")
    for member in ({"value": by_hand}, {"value": "unknown"}, {"value": ana["id"], "type": "Group"}):
        refused(directory.http.post("/Groups", json={"displayName": "Odd", "members": [member]}), 400, "invalidValue")
    assert directory.find("/Groups", filter='displayName eq "odd"') == []


def test_entra_asks_for_groups_without_their_members(directory: Directory, ana: dict[str, Any]) -> None:
    group = directory.group("Large", ana["id"], externalId="g-1")
    query = {"excludedAttributes": "members", "filter": 'displayName eq "large"'}
    assert [("members" in each, each["id"]) for each in directory.find("/Groups", **query)] == [(False, group["id"])]
    has = f'id eq "{group["id"]}" and members eq "{ana["id"]}"'
    assert [each["id"] for each in directory.find("/Groups", filter=has)] == [group["id"]]
    assert directory.find("/Groups", filter=has.replace(ana["id"], "nobody")) == []


# The log


def test_every_change_is_in_the_log_without_names(directory: Directory, ana: dict[str, Any]) -> None:
    runtime = directory.house.runtime
    group = directory.group("Logged Ones", ana["id"])
    directory.patch(f"/Groups/{group['id']}", {"op": "remove", "path": "members"})
    directory.patch(f"/Users/{ana['id']}", {"op": "replace", "value": {"active": False}})
    directory.http.delete(f"/Groups/{group['id']}")
    runtime.sequencer.drain()
    records = [dict(record) for record in tail(runtime.database, 5)]
    subject = runtime.audit.subject(ana["id"])
    assert [(each["kind"], each["details"]["change"]) for each in records] == [
        ("people.changed", "added"),
        ("group.changed", "created"),
        ("group.changed", "changed"),
        ("people.changed", "disabled"),
        ("group.changed", "removed"),
    ]
    assert records[0]["details"]["person"] == subject
    assert records[1]["details"]["joined"] == records[2]["details"]["left"] == [subject]
    assert all(each["details"]["origin"] == "scim" for each in records)
    written = str(records)
    assert ana["userName"] not in written
    assert "Logged" not in written
