"""``vouch destinations``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer
import yaml
from rich.markup import escape

from api.cli.arguments import names
from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, fail, guarded, moment, show_json, table
from core.errors import Invalid

app = typer.Typer(help="Systems that Vouch writes to: webhooks, ServiceNow, Jira.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME")]
BASE = "/v1/operator/destinations"


@app.command()
@guarded
def kinds(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help="Show an example of this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """What can be written to, and how each was tested."""
    with connect() as client:
        found = client.call("GET", "/v1/operator/destination-kinds")["kinds"]
    if kind is not None:
        found = [each for each in found if each["name"] == kind]
        if not found:
            raise Invalid(f"There is no kind of destination named {kind!r}.", hint="See vouch destinations kinds.")
    if as_json:
        show_json(found)
    elif kind is not None:
        typer.echo(found[0]["example"], nl=False)
    else:
        shown = table("kind", "what", "signs in with", "sent twice", "tested against")
        for each in found:
            shown.add_row(each["name"], each["title"], each["auth"], each["idempotency"], each["tested"])
        console.print(shown)


@app.command()
@guarded
def add(
    kind: Annotated[str, typer.Argument(metavar="KIND")],
    name: Name,
    config: Annotated[Path, typer.Option(help="File with its settings, YAML or JSON; secrets by reference.")],
    contract: Annotated[Path, typer.Option(help="File with the JSON schema of what may be sent there.")],
    audience: Annotated[str, typer.Option(help="Groups of those who read what arrives there, by commas.")],
    fallback: Annotated[
        str | None, typer.Option(help="Another destination for what cannot be delivered, or: review.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a destination, or say anew what one is.

    Example: `vouch destinations add webhook alerts --config w.yaml --contract c.json --audience it --fallback review`
    """
    body = {
        "kind": kind, "config": _read(config), "contract": _read(contract), "audience": names(audience),
        "fallback": fallback,
    }  # fmt: skip
    with connect() as client:
        made = client.call("PUT", f"{BASE}/{escaped(name)}", body)
    if as_json:
        show_json(made)
        return
    console.print(f"{name} ({kind}) {made['change']}; read by {', '.join(made['audience'])}")
    console.print(f"[dim]Try it: vouch destinations check {name}, then: vouch destinations test {name}[/]")


@app.command("list")
@guarded
def list_destinations(as_json: AsJson = False) -> None:
    """Every destination, with how its deliveries stand."""
    with connect() as client:
        found = client.pages(BASE, "destinations")["destinations"]
    if as_json:
        show_json(found)
        return
    shown = table("name", "kind", "audience", "fallback", "waiting", "sent", "dead", "review")
    for each in found:
        states = [str(each["deliveries"].get(state, 0)) for state in ("waiting", "sent", "dead", "review")]
        shown.add_row(each["name"], each["kind"], ", ".join(each["audience"]), each["fallback"] or "-", *states)
    console.print(shown)


@app.command()
@guarded
def show(name: Name, as_json: AsJson = False) -> None:
    """One destination as it is configured."""
    with connect() as client:
        found = client.call("GET", f"{BASE}/{escaped(name)}")
    if as_json:
        show_json(found)
    else:
        typer.echo(yaml.safe_dump(found, sort_keys=False, allow_unicode=True), nl=False)


@app.command()
@guarded
def check(name: Name, as_json: AsJson = False) -> None:
    """Try a destination step by step, writing nothing. Exits with 1 when a step fails."""
    with connect() as client:
        found = client.call("POST", f"{BASE}/{escaped(name)}/check")
    if as_json:
        show_json(found)
    else:
        for step in found["steps"]:
            console.print(
                f"{'[green]ok[/]  ' if step['ok'] else '[red]fail[/]'} {step['name']}: {escape(step['detail'])}"
            )
            if step["hint"]:
                console.print(f"     {escape(step['hint'])}")
    if not found["ok"]:
        raise typer.Exit(1)


@app.command("test")
@guarded
def send_test(
    name: Name,
    message: Annotated[
        Path | None, typer.Option(help="File with the message, YAML or JSON; else the contract's first example.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send one message now. It really arrives."""
    with connect() as client:
        receipt = client.call(
            "POST", f"{BASE}/{escaped(name)}/test", {"message": None if message is None else _read(message)}
        )
    if as_json:
        show_json(receipt)
        return
    console.print(f"{name} took it: {escape(_receipt(receipt))}", soft_wrap=True)


@app.command()
@guarded
def deliveries(
    destination: Annotated[str | None, typer.Option(help="Only to this one.")] = None,
    state: Annotated[str | None, typer.Option(help="waiting, sent, dead or review.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """The newest deliveries, with what became of them."""
    with connect() as client:
        found = client.pages("/v1/operator/deliveries", "deliveries", most=limit, destination=destination, state=state)
    if as_json:
        show_json(found["deliveries"])
        return
    shown = table("delivery", "to", "state", "attempts", "created", "next", "result")
    for each in found["deliveries"]:
        result = _receipt(each["receipt"]) if each["receipt"] else each["error"] or ""
        shown.add_row(
            each["id"], each["destination"], each["state"], str(each["attempts"]), moment(each["created_at"]),
            moment(each["next_at"]), escape(result),
        )  # fmt: skip
    console.print(shown)


@app.command()
@guarded
def replay(
    delivery: Annotated[str | None, typer.Argument(metavar="[DELIVERY]", help="Its id.")] = None,
    destination: Annotated[str | None, typer.Option(help="All that are dead or in review there.")] = None,
) -> None:
    """Send again what is dead or in review, after the reason is gone."""
    if (delivery is None) == (destination is None):
        fail("Name a delivery or a --destination.", "vouch destinations deliveries --state dead shows their ids.")
    with connect() as client:
        if delivery is None:
            count = client.call("POST", f"{BASE}/{escaped(str(destination))}/replay")["replayed"]
        else:
            client.call("POST", f"/v1/operator/deliveries/{escaped(delivery)}/replay")
            count = 1
    console.print(f"{count} {'delivery' if count == 1 else 'deliveries'} in line again.")


@app.command()
@guarded
def remove(name: Name) -> None:
    """Forget a destination. What waits for it becomes dead."""
    with connect() as client:
        client.call("DELETE", f"{BASE}/{escaped(name)}")
    console.print(f"{name} is removed.")


def _read(path: Path) -> dict[str, Any]:
    """The mapping in a file of YAML, of which JSON is a part. Its content is never repeated: it may hold a secret."""
    try:
        value = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}).", hint="Check the path.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        value = None
    if not isinstance(value, dict):
        raise Invalid(f"{path} holds no mapping in YAML or JSON.", hint="See vouch destinations kinds KIND.")
    return cast(dict[str, Any], value)


def _receipt(receipt: dict[str, Any]) -> str:
    parts = [receipt["reference"], receipt["url"], "was there already" if receipt["found"] else "", receipt["note"]]
    return "  ".join(part for part in parts if part)
