"""What Vouch believes of a provider that lies, or of somebody who speaks in its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.identity import checks
from api.identity.errors import SignInFailed
from api.identity.oidc.flow import SingleSignOn
from api.identity.oidc.proofs import LOGOUT_EVENT
from api.identity.oidc.provider import REFETCH_SECONDS, REST_SECONDS, Provider
from api.identity.settings import OidcSettings
from api.parts.stores import resolver
from api.settings import Settings
from core.egress import Egress, EgressSettings
from core.secrets import Secret
from tests.conftest import StandingClock
from tests.servers.rogue_provider import RogueProvider, rogue_provider

HOME = "https://vouch.bank.example"
LOOPBACK = EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]})


class Elapsed:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Sso:
    """Single sign-on with a rogue, and a browser that goes there and back."""

    def __init__(
        self, rogue: RogueProvider, clock: StandingClock, egress: EgressSettings = LOOPBACK, **more: Any
    ) -> None:
        self.rogue, self.clock, self.elapsed = rogue, clock, Elapsed()
        given = {"issuer": rogue.issuer, "client_id": "vouch", "client_secret": "env:NOT_READ", **more}
        settings = OidcSettings.model_validate(given)
        provider = Provider(settings, Egress(egress), lambda ref: Secret(b"a client's s:cret"), self.elapsed)
        self.sso = SingleSignOn(provider, HOME, Secret(bytes(32)), clock)

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.rogue.issuer, "aud": "vouch", "sub": "ana", "iat": now, "exp": now + 300,
            "email": "ana@bank.example", "email_verified": True, **changed,
        }  # fmt: skip
        return {name: value for name, value in claims.items() if value is not None}

    def arrive(self, sign: Callable[[dict[str, Any]], str] | None = None, query: Any = None, **changed: Any) -> Any:
        departure = self.sso.begin("/c/1")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(departure.url).query).items()}
        claims = self.claims(**{"nonce": asked["nonce"], **changed})
        self.rogue.id_token = (sign or self.rogue.signed)(claims)
        answer = {"code": "a-code", "state": asked["state"], **(query or {})}
        return self.sso.complete(answer, {departure.cookie: departure.kept})

    def logout_claims(self, **changed: Any) -> dict[str, Any]:
        claims = {"jti": "one", "sid": "s-1", "events": {LOGOUT_EVENT: {}}, "email": None, "email_verified": None}
        return self.claims(**{**claims, **changed})


@pytest.fixture
def rogue() -> Iterator[RogueProvider]:
    with rogue_provider() as running:
        yield running


@pytest.fixture
def sso(rogue: RogueProvider, clock: StandingClock) -> Iterator[Sso]:
    made = Sso(rogue, clock)
    yield made
    made.sso.provider.close()


def refused(act: Callable[[], object], told: str, reason: str = "invalid") -> None:
    with pytest.raises(SignInFailed) as failure:
        act()
    assert told in failure.value.told
    assert failure.value.reason == reason
    # What people are shown says nothing of it.
    assert told not in str(failure.value)


def test_an_honest_token_is_believed(sso: Sso) -> None:
    arrival = sso.arrive()
    assert (arrival.claimed.subject, arrival.claimed.email, arrival.return_to) == ("ana", "ana@bank.example", "/c/1")
    form = parse_qs(sso.rogue.form)
    assert form["grant_type"] == ["authorization_code"]
    assert len(form["code_verifier"][0]) == 43
    assert form["redirect_uri"] == [f"{HOME}/v1/session/oidc/callback"]
    assert "client_secret" not in form


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("PS256", RSAKey.generate_key(2048, {"kid": "first"})),
        ("ES256", ECKey.generate_key("P-256", {"kid": "first"})),
        ("ES384", ECKey.generate_key("P-384", {"kid": "first"})),
        ("Ed25519", OKPKey.generate_key("Ed25519", {"kid": "first"})),
    ],
)
def test_other_signatures_of_a_private_key_are_believed(sso: Sso, alg: str, key: Any) -> None:
    sso.rogue.published = [key.as_dict(private=False)]
    assert sso.arrive(lambda claims: sso.rogue.signed(claims, key, alg)).claimed.subject == "ana"


@pytest.mark.parametrize("name", ["p", "d", "k"])
def test_a_provider_that_publishes_its_private_key_is_used_by_its_public_part(sso: Sso, name: str) -> None:
    sso.rogue.published = [{**sso.rogue.key.as_dict(private=False), name: "c2VjcmV0"}]
    assert sso.arrive().claimed.subject == "ana"


def test_a_token_without_a_signature_is_not_believed(sso: Sso) -> None:
    refused(lambda: sso.arrive(sso.rogue.unsigned), "alg")


def test_a_token_signed_with_what_everybody_knows_is_not_believed(sso: Sso) -> None:
    refused(lambda: sso.arrive(sso.rogue.signed_with_what_all_know), "alg")


def test_a_key_in_the_token_itself_is_not_used(sso: Sso) -> None:
    own = RSAKey.generate_key(2048, {"kid": "first"})
    header = {"jwk": own.as_dict(private=False)}
    refused(lambda: sso.arrive(lambda claims: sso.rogue.signed(claims, own, **header)), "signature does not hold")


def test_a_key_of_another_kind_than_the_algorithm_is_not_used(sso: Sso) -> None:
    other = ECKey.generate_key("P-256", {"kid": "first"})
    refused(lambda: sso.arrive(lambda claims: sso.rogue.signed(claims, other, "ES256")), "signature does not hold")


def test_a_changed_token_is_not_believed(sso: Sso) -> None:
    def changed(claims: dict[str, Any]) -> str:
        head, _, signature = sso.rogue.signed({**claims, "sub": "eve"}).split(".")
        return ".".join((head, sso.rogue.signed(claims).split(".")[1], signature))

    refused(lambda: sso.arrive(changed), "signature does not hold")


@pytest.mark.parametrize(
    "published", [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}, {"kty": "RSA", "kid": "first"}, {}]
)
def test_keys_that_check_no_signature_are_passed_over(sso: Sso, published: dict[str, Any]) -> None:
    sso.rogue.published = [published]
    refused(lambda: sso.arrive(), "a key that the provider does not have")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"iss": "https://other.example"}, "iss is not"),
        ({"iss": None}, "iss is not"),
        ({"aud": "another-client"}, "aud does not name"),
        ({"aud": ["other"]}, "aud does not name"),
        ({"aud": ["vouch", "other"]}, "azp is not"),
        ({"aud": ["vouch", "other"], "azp": "other"}, "azp is not"),
        ({"azp": "other"}, "azp is not"),
        ({"nonce": "of-another-sign-in"}, "nonce is not"),
        ({"nonce": None}, "nonce is not"),
        ({"sub": None}, "sub is missing"),
        ({"sub": 7}, "sub is missing"),
        ({"sub": "x" * 256}, "sub is missing"),
        ({"exp": None}, "exp is missing"),
        ({"iat": None}, "iat is missing"),
        ({"iat": "now"}, "iat is missing"),
        ({"iat": 1e300}, "iat is no moment"),
        ({"events": {}}, "it is no ID token"),
    ],
)
def test_claims_that_do_not_fit_are_not_believed(sso: Sso, changed: dict[str, Any], told: str) -> None:
    refused(lambda: sso.arrive(**changed), told)


@pytest.mark.parametrize(
    ("name", "seconds", "told"),
    [
        ("exp", -61, "exp is over"),
        ("nbf", 61, "nbf is not reached"),
        ("iat", 61, "iat is in the future"),
        ("iat", -661, "iat is too long ago"),
    ],
)
def test_moments_are_held_to_a_minute(sso: Sso, name: str, seconds: int, told: str) -> None:
    now = int(sso.clock().timestamp())
    refused(lambda: sso.arrive(**{name: now + seconds}), told)
    closer = seconds - 2 if seconds > 0 else seconds + 2
    assert sso.arrive(**{name: now + closer}).claimed.subject == "ana"


def test_two_audiences_need_to_name_us_as_the_party(sso: Sso) -> None:
    assert sso.arrive(aud=["vouch", "other"], azp="vouch").claimed.subject == "ana"


def test_a_sign_in_that_takes_too_long_is_over(sso: Sso) -> None:
    departure = sso.sso.begin("/")
    state = parse_qs(urlsplit(departure.url).query)["state"][0]
    sso.clock.tick(minutes=11)
    answer = {"code": "a-code", "state": state}
    refused(lambda: sso.sso.complete(answer, {departure.cookie: departure.kept}), "ten minutes", "expired")
    refused(lambda: sso.sso.complete(answer, {departure.cookie: departure.kept[:-2] + "AA"}), "no sign-in", "expired")
    refused(lambda: sso.sso.complete({}, {}), "no sign-in", "expired")


def test_the_answer_of_another_provider_is_not_taken_for_this_ones(sso: Sso) -> None:
    refused(lambda: sso.arrive(query={"iss": "https://other.example"}), "does not come from")
    sso.rogue.described["authorization_response_iss_parameter_supported"] = True
    sso.elapsed.seconds += 4000
    refused(lambda: sso.arrive(), "does not come from")
    assert sso.arrive(query={"iss": sso.rogue.issuer}).claimed.subject == "ana"


def test_what_the_provider_says_of_an_error_does_not_reach_the_browser(sso: Sso) -> None:
    query = {"error": "access_denied", "error_description": "<script>"}
    refused(lambda: sso.arrive(query=query), "access_denied", "declined")
    refused(lambda: sso.arrive(query={"error": "<script>"}), "said no", "declined")


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ({"issuer": "https://other.example"}, "another issuer"),
        ({"token_endpoint": "http://elsewhere.example/token"}, "no https address"),
        ({"jwks_uri": "file:///etc/passwd"}, "no https address"),
        ({"response_types_supported": ["id_token"]}, "code flow"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(sso: Sso, described: dict[str, Any], told: str) -> None:
    sso.rogue.described.update(described)
    refused(lambda: sso.sso.begin("/"), told)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((500, b"{}"), "unavailable"),
        ((404, b"{}"), "invalid"),
        ((200, b"not json"), "invalid"),
        ((200, b"[]"), "invalid"),
        ((200, b'{"a": "' + b"x" * 2**20 + b'"}'), "invalid"),
        ((302, b"http://127.0.0.1:1/elsewhere"), "invalid"),
    ],
)
def test_a_description_that_is_none_is_refused(sso: Sso, answer: tuple[int, bytes], reason: str) -> None:
    sso.rogue.answers["/.well-known/openid-configuration"] = answer
    refused(lambda: sso.sso.begin("/"), "127.0.0.1", reason)


def test_a_provider_that_is_not_listed_is_not_asked(rogue: RogueProvider, clock: StandingClock) -> None:
    for settings in (EgressSettings(), EgressSettings(hosts=("127.0.0.1",)), EgressSettings(hosts=("other.example",))):
        made = Sso(rogue, clock, settings)
        refused(lambda made=made: made.sso.begin("/"), "egress", "unavailable")
        made.sso.provider.close()
    assert rogue.asked == []


def test_a_provider_that_did_not_answer_is_left_alone_for_a_moment(sso: Sso) -> None:
    sso.rogue.answers["/.well-known/openid-configuration"] = (503, b"{}")
    for _ in range(3):
        refused(lambda: sso.sso.begin("/"), "127.0.0.1", "unavailable")
    assert len(sso.rogue.asked) == 1
    sso.rogue.answers.clear()
    sso.elapsed.seconds += REST_SECONDS
    assert sso.sso.begin("/").url


def test_an_unknown_key_makes_the_keys_be_read_once_and_not_for_everybody(sso: Sso) -> None:
    sso.arrive()
    sso.rogue.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    # So soon after the keys were read, a name that is not among them is taken for a made-up one.
    refused(lambda: sso.arrive(), "a key that the provider does not have")
    assert sso.rogue.asked.count("/keys") == 1
    sso.elapsed.seconds += REFETCH_SECONDS
    assert sso.arrive().claimed.subject == "ana"
    assert sso.rogue.asked.count("/keys") == 2
    for number in range(5):
        kid = f"made-up-{number}"
        refused(lambda kid=kid: sso.arrive(lambda claims: sso.rogue.signed(claims, kid=kid)), "a key that")
    assert sso.rogue.asked.count("/keys") == 2


def test_a_token_without_a_name_of_its_key_needs_a_single_key(sso: Sso) -> None:
    def nameless(claims: dict[str, Any]) -> str:
        return sso.rogue.signed(claims, kid=None)

    assert sso.arrive(nameless).claimed.subject == "ana"
    other = RSAKey.generate_key(2048, {"kid": "other", "use": "sig"})
    sso.rogue.published = [sso.rogue.key.as_dict(private=False), other.as_dict(private=False)]
    made = Sso(sso.rogue, sso.clock)
    refused(lambda: made.arrive(nameless), "a key that")
    made.sso.provider.close()


def test_userinfo_has_to_speak_of_the_same_person(sso: Sso) -> None:
    sso.rogue.userinfo = {"sub": "ana", "email": "ana@bank.example", "email_verified": True}
    assert sso.arrive(email=None, email_verified=None).claimed.email == "ana@bank.example"
    sso.rogue.userinfo = {"sub": "eve", "email": "eve@bank.example", "email_verified": True}
    refused(lambda: sso.arrive(email=None, email_verified=None), "another sub")


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        (True, True),
        ("true", True),
        (1, True),
        (False, False),
        ("false", False),
        (0, False),
        ([True], False),
        ({}, False),
    ],
)
def test_an_address_is_used_only_when_the_provider_vouches_for_it(sso: Sso, said: Any, believed: bool) -> None:
    assert (sso.arrive(email_verified=said).claimed.email is not None) is believed


def test_groups_are_found_where_the_settings_say(rogue: RogueProvider, clock: StandingClock) -> None:
    made = Sso(rogue, clock, groups_claim="realm_access.roles", admit=["a"])
    assert made.arrive(realm_access={"roles": ["a", 7, " "]}).claimed.groups == ("a",)
    named = Sso(rogue, clock, groups_claim="https://bank.example/groups", admit=["a"])
    assert named.arrive(**{"https://bank.example/groups": "a"}).claimed.groups == ("a",)
    for each in (made, named):
        each.sso.provider.close()


def test_groups_that_entra_left_out_are_an_error_with_a_hint(rogue: RogueProvider, clock: StandingClock) -> None:
    made = Sso(rogue, clock, mapping={"g": {"groups": ["hr"]}})
    overage = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph"}}}
    refused(lambda: made.arrive(**overage), "Entra ID", "overage")
    refused(lambda: made.arrive(hasgroups=True), "Entra ID", "overage")
    made.sso.provider.close()


# Back-channel logout


def test_a_logout_token_says_whose_session_ended(sso: Sso) -> None:
    token = sso.sso.logged_out(sso.rogue.signed(sso.logout_claims(), typ="logout+jwt"))
    assert (token.jti, token.subject, token.sid) == ("one", "ana", "s-1")
    assert sso.sso.logged_out(sso.rogue.signed(sso.logout_claims(sub=None))).subject is None
    assert sso.sso.logged_out(sso.rogue.signed(sso.logout_claims(sid=None))).sid is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"iss": "https://other.example"}, "iss is not"),
        ({"aud": "other"}, "aud does not name"),
        ({"events": None}, "not about a logout"),
        ({"events": {"https://other.example/event": {}}}, "not about a logout"),
        ({"events": {LOGOUT_EVENT: "x"}}, "not about a logout"),
        ({"nonce": "n"}, "has no nonce"),
        ({"jti": None}, "jti is missing"),
        ({"sub": None, "sid": None}, "neither"),
        ({"sid": 7}, "sid is not"),
        ({"exp": None}, "exp is missing"),
        ({"iat": None}, "iat is missing"),
    ],
)
def test_a_logout_token_that_does_not_fit_is_refused(sso: Sso, changed: dict[str, Any], told: str) -> None:
    refused(lambda: sso.sso.logged_out(sso.rogue.signed(sso.logout_claims(**changed))), told)


def test_a_logout_token_is_signed_as_an_id_token_is(sso: Sso) -> None:
    for forged in (sso.rogue.unsigned, sso.rogue.signed_with_what_all_know):
        refused(lambda forged=forged: sso.sso.logged_out(forged(sso.logout_claims())), "alg")
    refused(lambda: sso.sso.logged_out("no.token.at all"), "signature does not hold")
    refused(lambda: sso.sso.logged_out("x" * 2**17), "too long")


def test_neither_token_is_taken_for_the_other(sso: Sso) -> None:
    refused(lambda: sso.arrive(lambda claims: sso.rogue.signed(claims, typ="logout+jwt")), "typ")
    refused(lambda: sso.sso.logged_out(sso.rogue.signed(sso.claims(nonce="n"), typ="JWT")), "not about a logout")
    refused(lambda: sso.sso.logged_out(sso.rogue.signed(sso.logout_claims(), typ="at+jwt")), "typ")


def test_an_old_logout_token_is_refused(sso: Sso) -> None:
    token = sso.rogue.signed(sso.logout_claims(exp=int(sso.clock().timestamp()) + 10_000))
    sso.clock.tick(minutes=7)
    refused(lambda: sso.sso.logged_out(token), "too long ago")


def test_vouch_doctor_says_what_keeps_people_out(rogue: RogueProvider, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 40)

    def found(**changed: Any) -> list[tuple[str, str]]:
        oidc = {"issuer": rogue.issuer, "client_id": "vouch", "client_secret": f"file:{tmp_path / 'secret'}"}
        identity = {"public_url": HOME, "oidc": oidc, "scim": {"token": f"file:{tmp_path / 'secret'}"}}
        egress = {"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}
        settings = Settings.model_validate({"identity": identity, "egress": egress, **changed})
        return list(checks.faults(settings, resolver(settings)))

    assert found() == []
    assert found(identity={}) == []
    assert [(name, "egress" in told) for name, told in found(egress={})] == [("identity.oidc", True)]
    rogue.described["issuer"] = "https://other.example"
    (tmp_path / "secret").write_text("short")
    names = [name for name, _ in found()]
    assert names == ["identity.oidc", "identity.scim.token"]
    (tmp_path / "secret").unlink()
    assert [name for name, _ in found()] == ["identity.oidc.client_secret", "identity.scim.token"]
