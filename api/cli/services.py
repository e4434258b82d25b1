"""``vouch services``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from api.cli.arguments import names
from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table

app = typer.Typer(help="Programs that use Vouch: their keys, and for whom they act.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME")]
Days = Annotated[int, typer.Option(min=1, max=366, help="How long it holds.")]


@app.command()
@guarded
def add(
    name: Name,
    groups: Annotated[str, typer.Option(help="What it reads when it asks for itself: groups, by commas.")] = "",
    about: Annotated[str, typer.Option(help="What it is.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an account for a program. It has no key yet, and acts for nobody.

    Example: `vouch services add intranet-search --groups staff --about "Search box of the intranet"`
    """
    body = {"name": name, "groups": names(groups), "about": about}
    with connect() as client:
        made = client.call("POST", "/v1/service-accounts", body)
    if as_json:
        show_json(made)
        return
    console.print(f"{made['name']} is there. Next: vouch services key {made['name']} --key-name main --scopes ask")


@app.command("list")
@guarded
def list_services(as_json: AsJson = False) -> None:
    """Every service account, its keys, and for whom it acts."""
    with connect() as client:
        found = client.pages("/v1/service-accounts", "accounts")
    if as_json:
        show_json(found)
        return
    shown = table("account", "groups", "keys", "acts for")
    for each in found["accounts"]:
        keys = [f"{key['name']} ({', '.join(key['scopes'])}) until {moment(key['expires_at'])}" for key in each["keys"]]
        acts = [
            f"{act['email'] or act['group']} until {moment(act['until'])} ({act['id']})" for act in each["acts_for"]
        ]
        shown.add_row(each["name"], ", ".join(each["groups"]), escape("\n".join(keys)), escape("\n".join(acts)))
    console.print(shown)
    console.print(f"[dim]Scopes that a key may have: {', '.join(found['scopes'])}[/]")


@app.command()
@guarded
def key(
    name: Name,
    key_name: Annotated[str, typer.Option(help="What will use it.")],
    scopes: Annotated[str, typer.Option(help="Permissions, by commas: vouch services list shows them.")],
    days: Days = 90,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown once. Use it as `Authorization: Bearer KEY`.

    Example: `vouch services key intranet-search --key-name production --scopes ask --days 90`
    """
    body = {"name": key_name, "scopes": names(scopes), "days": days}
    with connect() as client:
        made = client.call("POST", f"/v1/service-accounts/{escaped(name)}/keys", body)
    if as_json:
        show_json(made)
        return
    console.print(made["token"], soft_wrap=True)
    console.print(f"[dim]Valid until {moment(made['expires_at'])}. Keep it as a secret: it is not shown again.[/]")


@app.command("end-key")
@guarded
def end_key(name: Name, key_name: Annotated[str, typer.Option(help="Which one.")]) -> None:
    """End a key now."""
    with connect() as client:
        client.call("DELETE", f"/v1/service-accounts/{escaped(name)}/keys", key=key_name)
    console.print(f"The key {key_name} of {name} is not valid any more.")


@app.command("act-for")
@guarded
def act_for(
    name: Name,
    why: Annotated[str, typer.Option(help="The reason; it stays with the grant.")],
    email: Annotated[str | None, typer.Option("--for", metavar="EMAIL", help="A person.")] = None,
    group: Annotated[str | None, typer.Option("--for-group", metavar="GROUP", help="The members of a group.")] = None,
    days: Days = 90,
    as_json: AsJson = False,
) -> None:
    """Let it act for a person, or for the members of a group: it names them in the header `X-Vouch-For`. Each use is in
    the log.

    Example: `vouch services act-for intranet-search --for-group staff --why "Asks for whoever is signed in there"`
    """
    body = {"email": email, "group": group, "days": days, "why": why}
    with connect() as client:
        made = client.call("POST", f"/v1/service-accounts/{escaped(name)}/acts-for", body)
    if as_json:
        show_json(made)
        return
    console.print(f"{name} may act for {made['email'] or made['group']} until {moment(made['until'])} ({made['id']}).")


@app.command("stop-acting")
@guarded
def stop_acting(name: Name, grant: Annotated[str, typer.Argument(metavar="GRANT")]) -> None:
    """End a grant now."""
    with connect() as client:
        client.call("DELETE", f"/v1/service-accounts/{escaped(name)}/acts-for/{escaped(grant)}")
    console.print(f"{name} acts no more by {grant}.")


@app.command()
@guarded
def remove(name: Name) -> None:
    """The account, its keys and its grants end now."""
    with connect() as client:
        client.call("DELETE", f"/v1/service-accounts/{escaped(name)}")
    console.print(f"{name} is gone.")
