"""Passwords and sessions on the command line: real processes, one server."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.journeys.test_command_line import ANA, Place, serving

PASSWORD = "seven green kettles hum"


def signed_in(url: str, client: httpx.Client) -> str | None:
    person = client.get(f"{url}/v1/session").json()["person"]
    return None if person is None else person["email"]


def test_an_operator_gives_a_password_link_sees_sessions_and_ends_them(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with serving(place) as (_, url):
        place.vouch("people", "add", ANA)
        made = place.vouch("people", "password", ANA, "--json").json
        assert made["url"] == f"{url}/signin#{made['token']}"
        with httpx.Client(headers={"X-Vouch": "1"}, trust_env=False) as first, httpx.Client(trust_env=False) as second:
            body = {"link": made["token"], "password": PASSWORD}
            assert first.post(f"{url}/v1/session/password", json=body).status_code == 200
            assert second.post(f"{url}/v1/session", json={"email": ANA, "password": PASSWORD}).status_code == 200
            listed = place.vouch("people", "sessions", ANA, "--json").json
            assert [each["method"] for each in listed] == ["password", "password"]
            shown = place.vouch("people", "sessions", ANA).out
            [named] = [word for word in shown.split() if listed[0]["id"].startswith(word) and len(word) > 1]
            place.vouch("people", "sessions", ANA, "--end", named)
            assert (signed_in(url, first), signed_in(url, second)) == (ANA, None)
            assert "Ended: 1." in place.vouch("people", "sessions", ANA, "--end-all").out
            assert signed_in(url, first) is None
        assert "no such session" in place.fails("people", "sessions", ANA, "--end", "unknown")
        assert "Nobody here" in place.fails("people", "password", "nobody@x.example")
        assert "linked to no account" in place.fails("people", "unlink", ANA)
        # What follows a # or ? is part of the address, and nobody else is meant.
        for mistyped in (f"{ANA}#old", f"{ANA}?old"):
            assert "Nobody here" in place.fails("people", "remove", mistyped)


def test_a_key_of_a_program_is_listed_and_ended(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with serving(place) as (_, url):
        place.vouch("people", "add", ANA)
        key = place.vouch("people", "key", ANA, "--json").json["token"]
        with httpx.Client(headers={"Authorization": f"Bearer {key}"}, trust_env=False) as program:
            assert program.get(f"{url}/v1/sources").status_code == 200
            [listed] = place.vouch("people", "sessions", ANA, "--json").json
            assert listed["kind"] == "key"
            place.vouch("people", "sessions", ANA, "--end", listed["id"])
            assert program.get(f"{url}/v1/sources").status_code == 401
