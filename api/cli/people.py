"""``vouch people``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from api.cli.arguments import names
from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table

app = typer.Typer(help="Who may ask, and what they may read.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="EMAIL")]


@app.command()
@guarded
def add(
    email: Email,
    groups: Annotated[str, typer.Option(help="Groups, by commas.")] = "",
    role: Annotated[
        str,
        typer.Option(
            help="Roles, by commas: employee, connector_owner, admin, operator; reviewer: vouch people request."
        ),
    ] = "employee",
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    title: Annotated[str, typer.Option(help="Job title.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add a person, or set the groups and roles of one who exists.

    Example: `vouch people add ana@company.example --groups staff,hr --role employee,connector_owner`
    """
    body = {"email": email, "groups": names(groups), "roles": names(role), "name": name, "title": title}
    with connect() as client:
        person = client.call("POST", "/v1/operator/people", body)
    if as_json:
        show_json(person)
        return
    held = ", ".join(person["groups"]) or "no group"
    console.print(f"{person['email']}: {', '.join(person['roles'])}; in {held}")
    console.print(f"[dim]To sign in on the web: vouch people link {person['email']}[/]")


@app.command("list")
@guarded
def list_people(as_json: AsJson = False) -> None:
    """Everybody, with roles and groups."""
    with connect() as client:
        found = client.pages("/v1/operator/people", "people")["people"]
    if as_json:
        show_json(found)
        return
    shown = table("email", "name", "roles", "groups")
    for person in found:
        named = (escape(person["email"]), escape(person["name"]))
        shown.add_row(*named, ", ".join(person["roles"]), ", ".join(person["groups"]))
    console.print(shown)


@app.command()
@guarded
def request(
    email: Email,
    why: Annotated[str, typer.Option(help="The reason, for whoever approves.")],
    role: Annotated[str, typer.Option(help="A role that needs approval.")] = "reviewer",
    as_json: AsJson = False,
) -> None:
    """Ask that somebody gets a role that needs a second person: an administrator who signs in approves it.

    Example: `vouch people request ruth@company.example --role reviewer --why "Compliance, from December"`
    """
    with connect() as client:
        made = client.call("POST", "/v1/role-requests", {"email": email, "role": role, "why": why})
    if as_json:
        show_json(made)
        return
    console.print(f"Asked: {made['email']} as {made['role']}, request {made['id']}.")
    console.print(f"[dim]An administrator who did not ask approves it: vouch people approve {made['id']}[/]")


@app.command("requests")
@guarded
def list_requests(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were decided.")] = False,
    as_json: AsJson = False,
) -> None:
    """Roles that were asked for and wait for approval."""
    with connect() as client:
        found = client.call("GET", "/v1/role-requests", everything=everything)["requests"]
    if as_json:
        show_json(found)
        return
    shown = table("request", "email", "role", "asked by", "at", "state", "why")
    for each in found:
        asked = (each["asked_by"], moment(each["asked_at"]), each["state"], escape(each["why"]))
        shown.add_row(each["id"], each["email"], each["role"], *asked)
    console.print(shown)


@app.command()
@guarded
def approve(request_id: Annotated[str, typer.Argument(metavar="REQUEST")]) -> None:
    """Approve a request that an administrator made; what was asked here, an administrator who signs in approves."""
    with connect() as client:
        done = client.call("POST", f"/v1/role-requests/{escaped(request_id)}/approve")
    console.print(f"{done['email']} is {done['role']} from now on.")


@app.command()
@guarded
def decline(request_id: Annotated[str, typer.Argument(metavar="REQUEST")]) -> None:
    """Decline a request, or take it back."""
    with connect() as client:
        done = client.call("POST", f"/v1/role-requests/{escaped(request_id)}/decline")
    console.print(f"Declined: {done['email']} as {done['role']}.")


@app.command()
@guarded
def remove(email: Email) -> None:
    """Disable a person: sessions and keys end now, memberships too."""
    with connect() as client:
        client.call("DELETE", f"/v1/operator/people/{escaped(email)}")
    console.print(f"{email} may no longer sign in.")


@app.command()
@guarded
def forget(
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a person: their sign-ins end, what stands for their values in conversations is destroyed, and what was
    found of them in texts is dropped and found anew. docs/redaction.md says what stays.

    Example: `vouch people forget ana@company.example --yes`
    """
    if not yes:
        typer.confirm(f"Forget {email}? What is destroyed cannot be brought back.", abort=True, err=True)
    with connect() as client:
        gone = client.call("POST", f"/v1/operator/people/{escaped(email)}/forget")
    if as_json:
        show_json(gone)
        return
    console.print(f"{email} is forgotten: {gone['values']} values destroyed, {gone['labels']} labels dropped.")


@app.command()
@guarded
def link(email: Email, as_json: AsJson = False) -> None:
    """Make a link that signs a person in once. Give it to that person only."""
    with connect() as client:
        made = client.call("POST", f"/v1/operator/people/{escaped(email)}/link")
    if as_json:
        show_json(made)
        return
    console.print(made["url"], soft_wrap=True)
    console.print(f"[dim]Works once, until {moment(made['expires_at'])}, while the server runs (make run).[/]")


@app.command()
@guarded
def key(
    email: Email, days: Annotated[int, typer.Option(min=1, max=366, help="How long it is valid.")] = 90,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make a key for a program that reads with this person's rights. It is shown once.

    Use it as `Authorization: Bearer KEY`.
    """
    with connect() as client:
        made = client.call("POST", f"/v1/operator/people/{escaped(email)}/key", days=days)
    if as_json:
        show_json(made)
        return
    console.print(made["token"], soft_wrap=True)
    console.print(f"[dim]Valid until {moment(made['expires_at'])}. Keep it as a secret: it is not shown again.[/]")
