"""A directory that writes people and groups over SCIM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.api.visitors import House
from tests.installation import Installation

TOKEN = "the-token-of-the-directory-of-the-tests"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def installed(folder: Path, **more: Any) -> Installation:
    (folder / "scim-token").write_text(TOKEN)
    scim = {"token": f"file:{folder / 'scim-token'}", **more}
    return Installation(folder, identity={"scim": scim})


class Directory:
    """Speaks as Okta and Entra ID do."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.http = TestClient(
            house.app, raise_server_exceptions=False, base_url="http://testserver/scim/v2",
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"},
        )  # fmt: skip

    def user(self, email: str, **more: Any) -> dict[str, Any]:
        body = {
            "schemas": [USER],
            "userName": email,
            "externalId": f"ext-{email}",
            "name": {"givenName": "Ana", "familyName": "Lind"},
            "emails": [{"value": email, "type": "work", "primary": True}],
            "active": True,
            **more,
        }
        response = self.http.post("/Users", json=body)
        assert response.status_code == 201, response.text
        return response.json()

    def group(self, name: str, *members: str, **more: Any) -> dict[str, Any]:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members], **more}
        response = self.http.post("/Groups", json=body)
        assert response.status_code == 201, response.text
        return response.json()

    def patch(self, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
        response = self.http.patch(path, json={"schemas": [PATCH], "Operations": list(operations)})
        assert response.status_code == 200, response.text
        return response.json()

    def find(self, path: str, **query: Any) -> list[dict[str, Any]]:
        response = self.http.get(path, params=query)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/scim+json"
        return response.json()["Resources"]
