"""The options by which records of the log are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from api.cli.client import Client
from core.errors import Invalid

Person = Annotated[
    str | None,
    typer.Option(
        metavar="PSEUDONYM", help="Who did it, or whom it is about. A reviewer may give an address, and --why."
    ),
]
Answer = Annotated[str | None, typer.Option(metavar="ID", help="An answer.")]
Conversation = Annotated[str | None, typer.Option(metavar="ID", help="A conversation.")]
Document = Annotated[str | None, typer.Option(metavar="ID", help="A document.")]
Source = Annotated[str | None, typer.Option(metavar="NAME", help="A source, by name or id.")]
Model = Annotated[str | None, typer.Option(metavar="NAME", help="A model of the register.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="From this day or moment on.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Before this day or moment.")]
Kind = Annotated[list[str] | None, typer.Option(help="A kind of event, like ask.outcome. May be repeated.")]
Action = Annotated[list[str] | None, typer.Option(help="What was done, like search. May be repeated.")]
Outcome = Annotated[list[str] | None, typer.Option(help="How it ended, like denied. May be repeated.")]
Trace = Annotated[str | None, typer.Option(metavar="ID", help="The id of a request.")]
MaybeWhy = Annotated[
    str | None, typer.Option(help="With an address in --person: why its pseudonym is looked up. It is recorded.")
]


def asked(
    person: str | None, answer: str | None, conversation: str | None, document: str | None, source: str | None,
    model: str | None, since: str | None, until: str | None, kind: list[str] | None, action: list[str] | None,
    outcome: list[str] | None, trace: str | None,
) -> dict[str, Any]:  # fmt: skip
    """What was asked for, by the names that the server takes."""
    given: dict[str, Any] = {
        "person": person, "answer": answer, "conversation": conversation, "document": document, "source": source,
        "model": model, "since": instant(since, "since"), "until": instant(until, "until"), "kind": kind,
        "action": action, "outcome": outcome, "trace": trace,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def look_up(client: Client, given: dict[str, Any], why: str | None) -> None:
    """Put the pseudonym into the place of an address, which is a look-up of its own."""
    person = given.get("person", "")
    if "@" not in person:
        return
    if not why:
        raise Invalid("Whose pseudonym is looked up is recorded, with the reason.", hint="Add --why.")
    given["person"] = client.call("POST", "/v1/audit/pseudonym", {"email": person, "why": why})["subject"]


def instant(text: str | None, name: str) -> str | None:
    """Without a zone it is one of this machine's."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise Invalid(
            f"What is given as --{name} is no time.", hint="Write 2026-11-23, or 2026-11-23T08:00:00Z."
        ) from None
