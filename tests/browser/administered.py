"""The demo company with something of everything that administrators look after, and a model that writes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.browser.conftest import Server, serving
from tests.fakes.author import Author
from tests.fakes.model_vendor import KEY, Script, Told

HOOK_KEY = "whsec_dm91Y2ggdGVsbHMgb3RoZXIgc3lzdGVtcyB3aGF0IGhhcHBlbnM="
ADMIN = "daan.rooshof@averholt.example"
LEFT = "lena.vos@averholt.example"
HANDLING = {"agreement": "C-1", "training_prohibited": True, "retention_days": 0, "legal_basis": "contract"}


def writes(model: str, text: str) -> Told:
    """The sentence of the sources that names whom the person of the question reports to."""
    question = text.splitlines()[-1]
    person = question.partition("[")[2].partition(".")[0]
    for line in text.splitlines():
        if "reports to" in line and person in line and line.startswith("["):
            mark, _, said = line.partition(" ")
            return Script((f"{said.rstrip('.')} {mark}.",))
    return Script(("Fine.",))


@contextmanager
def administered(folder: Path) -> Generator[Server]:
    """A server with models, budgets, people, programs, destinations and webhooks, as an administrator set them up."""
    with Author() as author:
        assert isinstance(author, Author)
        author.writes = writes
        common: dict[str, Any] = {
            "place": "external",
            "region": "eu",
            "handling": HANDLING,
            "sensitivity": "confidential",
        }
        prices = {"input": 0.25, "output": 2.0}
        scribe = author.entry(name="scribe", tier="small", model="scribe-2026-01-01", prices=prices, **common)
        soon = (datetime.now(UTC) + timedelta(days=40)).date()
        later = (datetime.now(UTC) + timedelta(days=300)).date()
        others = [
            author.entry(name="scribe-large", tier="large", model="scribe-l-2026-03-01", retires_on=later, **common),
            author.entry(name="scribe-before", tier="large", model="scribe-2025-06-01", retires_on=soon, **common),
        ]
        config = folder / "vouch.yaml"
        settings = {
            "models": [scribe.model_dump(mode="json")],
            "egress": {"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]},
            "answer": {"cache_hours": 0},
            "sources": {"secrets": ["env:MODEL_KEY"]},
        }
        config.write_text(yaml.safe_dump(settings), "utf-8")
        with serving(folder, {"VOUCH_CONFIG": str(config), "MODEL_KEY": KEY, "HOOK_KEY": HOOK_KEY}) as running:
            furnish(running.url, [each.model_dump(mode="json") for each in others])
            key_for(running, "joanna.krasik@averholt.example")
            yield running


def key_for(server: Server, email: str) -> str:
    """A key with which a program reads as this person does, made where the server runs."""
    command = [sys.executable, "-m", "api.cli.main", "people", "key", email, "--json"]
    done = subprocess.run(command, env=server.environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["token"]


def furnish(url: str, models: list[dict[str, Any]]) -> None:
    with httpx.Client(base_url=url, headers={"X-Vouch": "1"}, timeout=60) as client:

        def send(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
            reply = client.request(method, path, json=body)
            assert reply.is_success, (path, reply.text)
            return reply.json()

        send("POST", "/v1/session", {"email": ADMIN})
        for entry in models:
            send("PUT", "/v1/register/models", {"entry": entry, "why": "Registered for the offers team"})
        checked = send("POST", "/v1/register/models/scribe/check", {})
        assert checked["ok"], checked
        for budget in (
            {"scope": "department", "name": "sales", "per": "month", "money": 500, "currency": "USD"},
            {"scope": "person", "name": "*", "per": "day", "tokens": 200_000},
            {"scope": "model", "name": "scribe", "per": "day", "tokens": 40_000},
        ):
            send("PUT", "/v1/budgets", {"budget": budget, "why": "Plan 2027"})
        send("POST", "/v1/role-requests", {"email": "joanna.krasik@averholt.example", "why": "She joins compliance"})
        send(
            "POST",
            "/v1/service-accounts",
            {"name": "crm-assistant", "groups": ["sales"], "about": "Answers in the CRM"},
        )
        send("POST", "/v1/service-accounts/crm-assistant/keys", {"name": "production", "scopes": ["ask"], "days": 10})
        grant = {"group": "sales", "why": "They use it from their desk", "days": 90}
        send("POST", "/v1/service-accounts/crm-assistant/acts-for", grant)
        webhook = {
            "name": "pager", "url": "http://127.0.0.1:9/hook", "events": ["source.breached"], "unencrypted": True,
        }  # fmt: skip
        events = client.get("/v1/webhooks").json()["events"]
        send("POST", "/v1/webhooks", {**webhook, "events": events[:2]})
        destination = {
            "kind": "webhook",
            "config": {"url": "http://127.0.0.1:9/in", "keys": ["env:HOOK_KEY"], "unencrypted": True},
            "contract": {"type": "object", "properties": {"days": {"type": "integer"}}}, "audience": ["sales"],
        }  # fmt: skip
        reply = client.put("/v1/operator/destinations/tickets", json=destination)
        assert reply.is_success, reply.text
        form = {"type": "object", "properties": {"days": {"type": "integer"}}}
        question = "Within how many days is a pump sent back?"
        # Nothing listens there, so the message waits for its next try.
        send(
            "POST", "/v1/ask", {"question": question, "schema": form, "fallback": {"days": 0}, "destination": "tickets"}
        )
        send("POST", "/v1/operator/people", {"email": LEFT, "name": "Lena Vos", "roles": ["employee"]})
        assert client.delete(f"/v1/operator/people/{LEFT}").is_success
