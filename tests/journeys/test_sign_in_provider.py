"""Single sign-on as people meet it: a browser, Vouch on a port, and a certified OpenID provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from core import people
from core.audit import tail
from tests.installation import Installation
from tests.journeys.signing_in import Browser, listening
from tests.servers.oidc_provider import CLIENT, SECRET, OidcProvider, free_port, provider

SCIM_TOKEN = "the-token-of-the-directory-of-the-tests"
ANA, BO = "ana@bank.example", "bo@bank.example"
CLAIMS = {"email": ANA, "email_verified": True, "name": "Ana Lind", "groups": ["vouch-hr", "everybody else"]}


@dataclass(frozen=True, slots=True)
class Place:
    installation: Installation
    provider: OidcProvider
    url: str

    def browser(self) -> Browser:
        return Browser(self.url)

    def groups(self, email: str) -> set[str]:
        with self.installation.runtime.database.reading() as session:
            return set(people.by_email(session, email).groups)

    def roles(self, email: str) -> set[str]:
        with self.installation.runtime.database.reading() as session:
            return set(people.by_email(session, email).roles)

    def log(self, count: int) -> list[dict[str, object]]:
        self.installation.runtime.sequencer.drain()
        return [dict(record) for record in tail(self.installation.runtime.database, count)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("sign-in")
    (folder / "secret").write_text(SECRET)
    (folder / "scim-token").write_text(SCIM_TOKEN)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with provider(url) as running:
        settings = {
            "public_url": url,
            "oidc": {
                "issuer": running.issuer,
                "client_id": CLIENT,
                "client_secret": f"file:{folder / 'secret'}",
                "name": "Example Bank",
                "mapping": {
                    "vouch-hr": {"groups": ["hr"]},
                    "vouch-owners": {"groups": ["owners"], "roles": ["connector_owner"]},
                },
                "admit": ["vouch-everybody"],
            },
            "scim": {"token": f"file:{folder / 'scim-token'}"},
        }
        egress = {"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}
        installation = Installation(folder, identity=settings, egress=egress)
        try:
            with listening(installation.runtime, port):
                yield Place(installation, running, url)
        finally:
            installation.close()


@pytest.fixture(autouse=True)
def _known(place: Place) -> None:
    place.installation.person(ANA, "staff")
    place.installation.person(BO, "sales")
    place.provider.put_accounts(ana=CLAIMS, bo={"email": BO, "email_verified": True})


def problem_of(answer: httpx.Response) -> str:
    """Which problem the sign-in page is told to show."""
    query = parse_qs(urlsplit(str(answer.url)).query)
    assert urlsplit(str(answer.url)).path == "/signin"
    assert set(query) == {"problem", "reference"}
    return query["problem"][0]


def test_a_person_signs_in_and_comes_back_to_where_they_were(place: Place) -> None:
    with place.browser() as browser:
        assert browser.session["ways"]["sso"] == {"name": "Example Bank", "start": "/v1/session/oidc"}
        browser.sign_in("ana", return_to="/c/some-conversation")
        assert browser.seen[-1] == f"{place.url}/c/some-conversation"
        assert browser.email == ANA
        assert browser.get("/v1/sources").status_code == 200
    event = place.log(1)[0]
    assert (event["kind"], event["outcome"]) == ("sign_in", "done")
    assert event["details"]["method"] == "oidc"  # type: ignore[index]


def test_the_request_carries_pkce_state_and_nonce(place: Place) -> None:
    with place.browser() as browser:
        browser.follow(f"{place.url}/v1/session/oidc")
        query = parse_qs(urlsplit(browser.seen[1]).query)
        assert query["code_challenge_method"] == ["S256"]
        assert len(query["code_challenge"][0]) == 43
        assert {"state", "nonce"} <= set(query)
        # The provider keeps whoever leaves it out from going on.
        without = re.sub(r"&code_challenge(_method)?=[^&]*", "", browser.seen[1])
        refused = browser.http.get(without)
        assert parse_qs(urlsplit(refused.headers["location"]).query)["error"] == ["invalid_request"]


def test_groups_and_roles_follow_the_claims_at_the_next_sign_in(place: Place) -> None:
    with place.browser() as browser:
        browser.sign_in("ana")
        assert place.groups(ANA) == {"staff", "hr"}
        changed = {**CLAIMS, "groups": ["vouch-owners"]}
        place.provider.put_accounts(ana=changed)
        browser.sign_in("ana")
        assert place.groups(ANA) == {"staff", "owners"}
        assert place.roles(ANA) == {"employee", "connector_owner"}
        place.provider.put_accounts(ana={**CLAIMS, "groups": []})
        browser.sign_in("ana")
        assert place.groups(ANA) == {"staff"}
        assert place.roles(ANA) == {"employee"}


def test_a_new_session_replaces_the_one_before(place: Place) -> None:
    with place.browser() as browser:
        browser.sign_in("ana")
        first = browser.http.cookies["vouch_session"]
        browser.sign_in("ana")
        assert browser.http.cookies["vouch_session"] != first
        stolen = httpx.get(f"{place.url}/v1/sources", headers={"Cookie": f"vouch_session={first}"}, trust_env=False)
        assert stolen.status_code == 401


def test_an_account_that_is_not_known_here_is_told_so_and_nothing_else(place: Place) -> None:
    stranger = {"email": "eve@elsewhere.example", "email_verified": True, "groups": ["vouch-hr"]}
    place.provider.put_accounts(eve=stranger)
    with place.browser() as browser:
        assert problem_of(browser.sign_in("eve")) == "unknown"
        assert browser.email is None
    with place.installation.runtime.database.reading() as session:
        assert people.find(session, "eve@elsewhere.example") is None
    event = place.log(1)[0]
    assert (event["kind"], event["outcome"], event["details"]) == (
        "sign_in", "denied", {"method": "oidc", "reason": "unknown", "roles": []}
    )  # fmt: skip


def test_members_of_an_admitted_group_are_added_at_their_first_sign_in(place: Place) -> None:
    newcomer = {"email": "new@bank.example", "email_verified": True, "name": "New One", "groups": ["vouch-everybody"]}
    place.provider.put_accounts(new=newcomer)
    with place.browser() as browser:
        browser.sign_in("new")
        assert browser.email == "new@bank.example"
        assert place.roles("new@bank.example") == {"employee"}


@pytest.mark.parametrize("verified", [False, None])
def test_an_address_that_is_not_verified_links_nobody(place: Place, verified: bool | None) -> None:
    claims = {"email": BO} if verified is None else {"email": BO, "email_verified": verified}
    place.provider.put_accounts(mallory=claims)
    with place.browser() as browser:
        assert problem_of(browser.sign_in("mallory")) == "unverified"
        assert browser.email is None


def test_once_linked_the_account_counts_and_not_the_address(place: Place) -> None:
    with place.browser() as browser:
        browser.sign_in("bo")
        assert browser.email == BO
    # Another account with the same address is somebody else.
    place.provider.put_accounts(bo2={"email": BO, "email_verified": True})
    with place.browser() as browser:
        assert problem_of(browser.sign_in("bo2")) == "mismatch"
    # The same account with another address is still Bo.
    place.provider.put_accounts(bo={"email": "bo.married@bank.example", "email_verified": True})
    with place.browser() as browser:
        browser.sign_in("bo")
        assert browser.email == BO


def test_a_person_who_was_removed_does_not_come_in(place: Place) -> None:
    place.installation.person("gone@bank.example")
    place.provider.put_accounts(gone={"email": "gone@bank.example", "email_verified": True})
    with place.browser() as browser:
        browser.sign_in("gone")
        assert browser.email == "gone@bank.example"
        with place.installation.runtime.database.writing() as session:
            people.disable(session, "gone@bank.example", place.installation.runtime.clock())
        assert problem_of(browser.sign_in("gone")) == "disabled"
        assert browser.email is None


def test_a_code_serves_only_the_browser_that_asked_for_it(place: Place) -> None:
    callback = f"{place.url}/v1/session/oidc/callback"
    with place.browser() as thief, place.browser() as victim:
        thief.sign_in("bo", until=callback)
        assert thief.seen[-1].startswith(callback)
        assert problem_of(victim.follow(thief.seen[-1])) == "expired"
        assert victim.email is None


def test_an_answer_with_another_state_is_refused(place: Place) -> None:
    callback = f"{place.url}/v1/session/oidc/callback"
    with place.browser() as browser:
        browser.sign_in("ana", until=callback)
        query = parse_qs(urlsplit(browser.seen[-1]).query)
        changed = browser.seen[-1].replace(query["state"][0], "A" * 43)
        assert problem_of(browser.follow(changed)) == "expired"
        assert browser.email is None


def test_an_answer_that_names_another_issuer_is_refused(place: Place) -> None:
    callback = f"{place.url}/v1/session/oidc/callback"
    for change in (lambda query: {**query, "iss": "https://elsewhere.example"}, lambda query: {**query, "iss": None}):
        with place.browser() as browser:
            browser.sign_in("ana", until=callback)
            query = {name: values[0] for name, values in parse_qs(urlsplit(browser.seen[-1]).query).items()}
            changed = {name: value for name, value in change(query).items() if value is not None}
            answer = browser.http.get(callback, params=changed, follow_redirects=True)
            assert problem_of(answer) == "invalid"
            assert browser.email is None


def test_a_code_is_used_once(place: Place) -> None:
    callback = f"{place.url}/v1/session/oidc/callback"
    with place.browser() as browser:
        browser.sign_in("ana", until=callback)
        back = browser.seen[-1]
        flows = {each.name: each.value for each in browser.http.cookies.jar if each.name.startswith("vouch_flow")}
        browser.follow(back)
        assert browser.email == ANA
    with place.browser() as again:
        again.http.cookies.update(flows)
        assert problem_of(again.follow(back)) == "invalid"


def test_nobody_is_sent_elsewhere_after_signing_in(place: Place) -> None:
    for elsewhere in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/%5Celsewhere.example",
        "/x?y",
        "javascript:1",
    ):
        with place.browser() as browser:
            browser.sign_in("ana", return_to=elsewhere)
            assert browser.seen[-1] == f"{place.url}/"


def test_keys_that_change_in_the_middle_are_read_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    callback = f"{place.url}/v1/session/oidc/callback"
    sso = place.installation.runtime.identity.sso
    assert sso is not None
    # Later than the keys were read, as in any real rotation.
    monkeypatch.setattr("api.identity.oidc.provider.REFETCH_SECONDS", 0.0)
    with place.browser() as browser:
        browser.sign_in("ana")
        browser.sign_in("ana", until=callback)
        assert browser.seen[-1].startswith(callback)
        place.provider.rotate_keys()
        browser.follow(browser.seen[-1])
        assert browser.seen[-1] == f"{place.url}/"
        assert browser.email == ANA


def test_signing_out_at_the_provider_ends_the_session_here_at_the_next_request(place: Place) -> None:
    with place.browser() as browser, place.browser() as other:
        browser.sign_in("ana")
        other.sign_in("ana")
        page = browser.follow(f"{place.provider.issuer}/session/end")
        browser.submit(page, logout="yes")
        assert browser.get("/v1/sources").status_code == 401
        assert browser.email is None
        # Another session of the same person goes on: the provider ended one of its sessions.
        assert other.email == ANA
    event = next(record for record in reversed(place.log(6)) if record["kind"] == "sign_out")
    assert event["details"]["reason"] == "back_channel"  # type: ignore[index]


def test_signing_out_here_leads_to_the_providers_own_sign_out(place: Place) -> None:
    with place.browser() as browser:
        browser.sign_in("ana")
        answer = browser.send("DELETE", "/v1/session")
        assert answer.status_code == 200
        there = answer.json()["continue_at"]
        assert there.startswith(f"{place.provider.issuer}/session/end?")
        assert browser.email is None
        page = browser.follow(there)
        last = browser.submit(page, logout="yes")
        assert urlsplit(str(last.url)).path == "/signin"
        # It asks for the account again.
        assert 'name="login"' in browser.follow(f"{place.url}/v1/session/oidc").text


def test_links_go_on_working_beside_single_sign_on(place: Place) -> None:
    runtime = place.installation.runtime
    operator = {"Authorization": f"Bearer {runtime.operator_token}"}
    made = httpx.post(f"{place.url}/v1/operator/people/{BO}/link", headers=operator, trust_env=False).json()
    with place.browser() as browser:
        signed_in = browser.send("POST", "/v1/session", {"link": made["token"]})
        assert signed_in.json()["person"]["email"] == BO
        assert browser.send("DELETE", "/v1/session").status_code == 204


def test_whom_the_directory_deactivates_is_out_at_once_and_does_not_come_back(place: Place) -> None:
    email = "provisioned@bank.example"
    headers = {"Authorization": f"Bearer {SCIM_TOKEN}"}
    with httpx.Client(base_url=f"{place.url}/scim/v2", headers=headers, trust_env=False) as directory:
        made = directory.post("/Users", json={"userName": email, "emails": [{"value": email, "primary": True}]}).json()
        group = directory.post("/Groups", json={"displayName": "Tellers", "members": [{"value": made["id"]}]})
        assert group.status_code == 201
        place.provider.put_accounts(p={"email": email, "email_verified": True, "groups": ["vouch-hr"]})
        with place.browser() as browser:
            browser.sign_in("p")
            assert browser.email == email
            # Each origin has its own: none ends the groups of the other.
            assert place.groups(email) == {"Tellers", "hr"}
            operations = [{"op": "replace", "value": {"active": False}}]
            directory.patch(f"/Users/{made['id']}", json={"Operations": operations})
            assert browser.get("/v1/sources").status_code == 401
            assert problem_of(browser.sign_in("p")) == "disabled"
