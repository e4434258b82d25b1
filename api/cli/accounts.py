"""``vouch people password``, ``sessions`` and ``unlink``: how people come in, and where they are signed in."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table

SHORT = 12
"""Characters of an id that a list shows: enough to tell the few of one person apart."""
Email = Annotated[str, typer.Argument(metavar="EMAIL")]


def add_to(app: typer.Typer) -> None:
    for name, command in (("password", password), ("sessions", sessions), ("unlink", unlink)):
        app.command(name)(guarded(command))


def password(email: Email, as_json: AsJson = False) -> None:
    """Make a link with which a person sets a password once, and signs in with it from then on.

    Give it to that person only. In server mode people sign in through the organisation's own sign-in instead.
    """
    with connect() as client:
        made = client.call("POST", f"/v1/operator/people/{escaped(email)}/password-link")
    if as_json:
        show_json(made)
        return
    console.print(made["url"], soft_wrap=True)
    console.print(f"[dim]Works once, until {moment(made['expires_at'])}, while the server runs (make run).[/]")


def sessions(
    email: Email,
    end: Annotated[str | None, typer.Option(metavar="ID", help="End this one of the list.")] = None,
    end_all: Annotated[
        bool, typer.Option("--end-all", help="End all sessions, and links that wait to be used. Keys go on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Where a person is signed in, and keys of theirs; or end it, at the next request.

    Example: `vouch people sessions ana@company.example --end-all`
    """
    path = f"/v1/operator/people/{escaped(email)}/sessions"
    with connect() as client:
        if end_all:
            ended = client.call("DELETE", path)["ended"]
            console.print(f"Ended: {ended}.")
            return
        found = client.call("GET", path)["sessions"]
        if end is not None:
            meant = [each["id"] for each in found if len(end) >= SHORT and each["id"].startswith(end)]
            client.call("DELETE", f"{path}/{escaped(meant[0] if len(meant) == 1 else end)}")
            console.print("Ended.")
            return
    if as_json:
        show_json(found)
        return
    shown = table("id", "by", "since", "last used", "ends")
    for each in found:
        times = (moment(each[name]) for name in ("began_at", "seen_at", "expires_at"))
        shown.add_row(each["id"][:SHORT], "key" if each["kind"] == "key" else each["method"], *times)
    console.print(shown)


def unlink(email: Email) -> None:
    """Forget which account of the organisation's sign-in is this person's.

    For an account that was made anew: the next sign-in with the person's address links again.
    """
    with connect() as client:
        client.call("DELETE", f"/v1/operator/people/{escaped(email)}/identities")
    console.print(f"The next sign-in with {email} links that account.")
