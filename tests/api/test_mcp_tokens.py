"""Access tokens of the organisation's own sign-in, at the tools: whose, for what, and until when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from api.http.app import create_app
from api.identity.settings import IdentitySettings
from api.identity.tables import IdentityRow
from core import people
from core.egress import EgressSettings
from tests.api.served import served
from tests.api.visitors import House
from tests.installation import Installation
from tests.servers.rogue_provider import RogueProvider, rogue_provider

ANA = "ana@company.example"
RESOURCE = "https://vouch.company.example/mcp"
SEARCH: Any = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip


@dataclass(frozen=True)
class Door:
    house: House
    url: str
    provider: RogueProvider

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.provider.issuer, "aud": RESOURCE, "sub": "ana", "iat": now, "exp": now + 300}
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def call(self, token: str, path: str = "/mcp") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        with httpx.Client(base_url=self.url, trust_env=False) as http:
            if path != "/mcp":
                return http.post(path, json={"query": "x"}, headers=headers)
            return http.post(path, json=SEARCH, headers=headers)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with rogue_provider() as provider:
        identity = IdentitySettings.model_validate(
            {
                "public_url": "https://vouch.company.example",
                "oidc": {"issuer": provider.issuer, "client_id": "vouch"},
            }
        )
        egress = EgressSettings(hosts=("127.0.0.1",), private=("127.0.0.1/32",))
        installation = Installation(tmp_path_factory.mktemp("door"), identity=identity, egress=egress)
        person_id = installation.person(ANA, "staff")
        with installation.runtime.database.writing() as session:
            now = installation.runtime.clock()
            session.add(
                IdentityRow(issuer=provider.issuer, subject="ana", person_id=person_id, linked_at=now, seen_at=now)
            )
        with served(create_app(installation.runtime)) as url:
            yield Door(House(installation), url, provider)
        installation.close()


def test_clients_are_told_which_provider_gives_tokens(door: Door) -> None:
    with httpx.Client(base_url=door.url, trust_env=False) as http:
        told = http.get("/.well-known/oauth-protected-resource/mcp").json()
    assert (told["resource"], told["authorization_servers"]) == (RESOURCE, [door.provider.issuer])


@pytest.mark.parametrize("typ", ["at+jwt", "JWT", None])
def test_a_token_that_the_provider_made_for_these_tools_opens_them(door: Door, typ: str | None) -> None:
    assert door.call(door.provider.signed(door.claims(), typ=typ)).status_code == 200
    several = door.provider.signed(door.claims(aud=["https://other.example", RESOURCE]))
    assert door.call(several).status_code == 200


def test_it_opens_nothing_else(door: Door) -> None:
    assert door.call(door.provider.signed(door.claims()), "/v1/search").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "vouch"},
        {"aud": None},
        {"aud": ["https://other.example/mcp"]},
        {"iss": "https://other.example"},
        {"exp": 1},
        {"exp": None},
        {"exp": True},
        {"nbf": 99_999_999_999},
        {"sub": "somebody-else"},
        {"sub": None},
        {"sub": 7},
    ],
)
def test_a_token_for_somebody_or_something_else_is_refused(door: Door, change: dict[str, Any]) -> None:
    refused = door.call(door.provider.signed(door.claims(**change)))
    assert refused.status_code == 401
    assert "www-authenticate" in refused.headers


def test_a_token_that_the_provider_did_not_sign_is_refused(door: Door) -> None:
    claims = door.claims()
    stranger = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
    for token in (
        door.provider.unsigned(claims),
        door.provider.signed_with_what_all_know(claims),
        door.provider.signed(claims, stranger),
        door.provider.signed(claims, typ="logout+jwt"),
        door.provider.signed(claims)[:-4] + "AAAA",
        "a.b.c",
    ):
        assert door.call(token).status_code == 401


def test_who_was_deactivated_here_is_refused_although_the_token_holds(door: Door, tmp_path: Path) -> None:
    runtime = door.house.runtime
    token = door.provider.signed(door.claims(sub="cy"))
    person_id = door.house.installation.person("cy@company.example", "staff")
    with runtime.database.writing() as session:
        now = runtime.clock()
        session.add(
            IdentityRow(issuer=door.provider.issuer, subject="cy", person_id=person_id, linked_at=now, seen_at=now)
        )
    assert door.call(token).status_code == 200
    with runtime.database.writing() as session:
        people.disable_account(session, person_id, runtime.clock())
    assert door.call(token).status_code == 401
