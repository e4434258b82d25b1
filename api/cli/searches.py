"""``vouch audit search``, ``identify`` and ``pseudonym``: what the log knows of something, and who is meant by it."""

from __future__ import annotations

from typing import Annotated, Any, cast

import typer

from api.cli import sought
from api.cli.client import Client, connect
from api.cli.output import AsJson, complaints, console, guarded, moment, show_json, table
from api.cli.reviewer import KeyFile, MaybeKeyFile, Server, Why, reviewing
from core.errors import Invalid

ABOUT = (
    "answer", "document", "source", "model", "destination", "conversation", "status", "result", "change", "reason",
    "number", "person", "target", "sources", "candidates", "denied",
)  # fmt: skip
"""Details that tell a person most, in this order."""


@guarded
def search(
    person: sought.Person = None,
    answer: sought.Answer = None,
    conversation: sought.Conversation = None,
    document: sought.Document = None,
    source: sought.Source = None,
    model: sought.Model = None,
    since: sought.Since = None,
    until: sought.Until = None,
    kind: sought.Kind = None,
    action: sought.Action = None,
    outcome: sought.Outcome = None,
    trace: sought.Trace = None,
    why: sought.MaybeWhy = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    key_file: MaybeKeyFile = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Find records, the newest first. All that is given has to fit; of what is repeated, one. The search is recorded.

    Example: `vouch audit search --document 5f0c... --kind document.read --since 2026-11-01`
    """
    given = sought.asked(
        person, answer, conversation, document, source, model, since, until, kind, action, outcome, trace
    )
    if key_file is not None:
        with reviewing(key_file, server) as client:
            sought.look_up(client, given, why)
            events = _found(client, given, limit)
    elif server is not None or "@" in (person or ""):
        raise Invalid("Reviewers do this, with a key of their own.", hint="Add --key-file (vouch people key).")
    else:
        with connect() as client:
            events = _found(client, given, limit)
    if as_json:
        show_json(events)
        return
    shown = table("seq", "at", "kind", "action", "outcome", "who", "about")
    for each in events:
        shown.add_row(
            str(each["seq"]), moment(each["at"]), each["kind"], each["action"], each["outcome"],
            each["subject"][:12], about(each["event"]["details"]),
        )  # fmt: skip
    console.print(shown)
    if len(events) == limit:
        complaints.print(f"[dim]Only the latest {limit} were asked for (--limit).[/]")


@guarded
def identify(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="A pseudonym of the log, all 32 characters.")],
    why: Why,
    key_file: KeyFile,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Tell which person a pseudonym of the log stands for. Only reviewers may; the look-up is recorded with the reason.

    Example: `vouch audit identify 9f2c... --why "Case 14" --key-file ruth.key`
    """
    with reviewing(key_file, server) as client:
        found = client.call("POST", "/v1/audit/identify", {"subject": subject, "why": why})
    if as_json:
        show_json(found)
    else:
        typer.echo(f"{found['name']} <{found['email']}>" if found["name"] else found["email"])


@guarded
def pseudonym(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    why: Why,
    key_file: KeyFile,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Tell under which pseudonym the log knows a person. Only reviewers may; the look-up is recorded with the reason.

    Example: `vouch audit pseudonym ana@company.example --why "Case 14" --key-file ruth.key`
    """
    with reviewing(key_file, server) as client:
        found = client.call("POST", "/v1/audit/pseudonym", {"email": email, "why": why})
    show_json(found) if as_json else typer.echo(found["subject"])


def about(details: dict[str, Any]) -> str:
    """What a record is about, in one line."""
    return ", ".join(f"{name} {_said(details[name])}" for name in ABOUT if details.get(name) not in (None, [], ""))


def _said(value: Any) -> str:
    return " ".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else str(value)


def _found(client: Client, given: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    return client.pages("/v1/audit/events", "events", most=limit, **given)["events"]
