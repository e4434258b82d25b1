"""``vouch webhooks``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table

app = typer.Typer(help="Other systems that are told what happens: ids and states, signed.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME")]
BASE = "/v1/webhooks"


@app.command()
@guarded
def add(
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL")],
    events: Annotated[list[str], typer.Option("--event", help="What it is told, as often as needed.")],
    sources: Annotated[list[str] | None, typer.Option("--source", help="Only of this source; else of all.")] = None,
    unencrypted: Annotated[bool, typer.Option(help="An http address is meant.")] = False,
    as_json: AsJson = False,
) -> None:
    """Subscribe an address to events. Its host has to be in egress.hosts.

    Example: `vouch webhooks add ops https://ops.company.example/vouch --event source.breach --event source.recovered`
    """
    body = {"name": name, "url": url, "events": events, "sources": sources or [], "unencrypted": unencrypted}
    with connect() as client:
        made = client.call("POST", BASE, body)
    if as_json:
        show_json(made)
        return
    console.print(f"{name} is told of {', '.join(made['events'])}.")
    _show_secret(made["secret"])
    console.print(f"[dim]Try it: vouch webhooks test {name}[/]")


@app.command("list")
@guarded
def list_webhooks(as_json: AsJson = False) -> None:
    """Every webhook, with how its deliveries stand, and the events that there are."""
    with connect() as client:
        found = client.pages(BASE, "webhooks")
    if as_json:
        show_json(found)
        return
    shown = table("name", "address", "events", "sources", "waiting", "sent", "dead")
    for each in found["webhooks"]:
        states = [str(each["deliveries"].get(state, 0)) for state in ("waiting", "sent", "dead")]
        narrowed = "all" if each["sources"] is None and not each["own"] else ", ".join(each["sources"] or ["own"])
        shown.add_row(each["name"], escape(each["url"]), ", ".join(each["events"]), narrowed, *states)
    console.print(shown)
    console.print(f"[dim]Events: {', '.join(found['events'])}[/]")


@app.command("test")
@guarded
def send_test(name: Name) -> None:
    """Send an event that tells nothing, now. Exits with 1 when it is not taken."""
    with connect() as client:
        tried = client.call("POST", f"{BASE}/{escaped(name)}/test")
    console.print(escape(tried["said"]), soft_wrap=True)
    if not tried["ok"]:
        raise typer.Exit(1)


@app.command()
@guarded
def rotate(name: Name) -> None:
    """Make a new secret. The one before signs along for a day."""
    with connect() as client:
        made = client.call("POST", f"{BASE}/{escaped(name)}/rotate")
    _show_secret(made["secret"])


@app.command()
@guarded
def deliveries(
    webhook: Annotated[str | None, typer.Option(help="Only to this one.")] = None,
    state: Annotated[str | None, typer.Option(help="waiting, sent or dead.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """The newest deliveries, with what became of them."""
    with connect() as client:
        path = f"{BASE}/deliveries"
        found = client.pages(path, "deliveries", most=limit, webhook=webhook, state=state)["deliveries"]
    if as_json:
        show_json(found)
        return
    shown = table("delivery", "to", "event", "state", "attempts", "created", "next", "error")
    for each in found:
        shown.add_row(
            each["id"], each["webhook"], each["event"], each["state"], str(each["attempts"]),
            moment(each["created_at"]), moment(each["next_at"]), escape(each["error"] or ""),
        )  # fmt: skip
    console.print(shown)


@app.command()
@guarded
def replay(name: Name, delivery: Annotated[str | None, typer.Option(help="Only this one.")] = None) -> None:
    """Send again what is dead, after the reason is gone."""
    with connect() as client:
        count = client.call("POST", f"{BASE}/{escaped(name)}/replay", {"delivery": delivery})["replayed"]
    console.print(f"{count} {'delivery' if count == 1 else 'deliveries'} in line again.")


@app.command()
@guarded
def remove(name: Name) -> None:
    """Tell it nothing more."""
    with connect() as client:
        client.call("DELETE", f"{BASE}/{escaped(name)}")
    console.print(f"{name} is removed.")


def _show_secret(secret: str) -> None:
    console.print("Its secret, shown this once:")
    typer.echo(secret)
