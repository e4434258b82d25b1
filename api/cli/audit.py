"""``vouch audit``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress

from api.cli.client import Client, connect
from api.cli.output import complaints, console, guarded, show_json, table
from api.ownership import find_owner
from api.settings import load_settings
from core.errors import NotFound

app = typer.Typer(help="The log nobody can quietly edit.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
@guarded
def verify(as_json: AsJson = False) -> None:
    """Check every record of the log; name the first one that is broken.

    Needs the data directory only (in server mode the database as well), not a running server. Exits with 1 when the
    log is not whole.
    """
    from api.parts.services import database_url
    from api.parts.stores import resolver
    from core.audit import verify as verify_log
    from core.database import Database, open_engine
    from core.secrets import Keyring

    settings = load_settings()
    directory = settings.data_dir.resolve()
    if not (directory / "audit-head").exists():
        raise NotFound(f"There is no installation in {directory}.", hint="Set VOUCH_DATA_DIR, or run make run.")
    owner = find_owner(directory)
    if owner is not None:
        # What the server still holds back joins the log first.
        client = Client(owner)
        client.call("POST", "/v1/operator/audit/drain")
        client.close()
    database = Database(open_engine(database_url(settings, resolver(settings))))
    with Progress(console=complaints, transient=True) as progress:
        task = progress.add_task("verifying", total=None)
        found = verify_log(
            database,
            Keyring(directory / "keys").public_key(),
            directory / "audit-head",
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    database.close()
    broken = None if found.first_broken is None else {"seq": found.first_broken[0], "reason": found.first_broken[1]}
    if as_json:
        show_json({"ok": found.ok, "records": found.records, "head": found.head, "first_broken": broken})
    elif found.ok:
        console.print(f"[green]The log is whole:[/] {found.records} records, head {found.head}", soft_wrap=True)
    elif broken is not None:
        console.print(f"[bold red]The log is broken at record {broken['seq']}:[/] {broken['reason']}", soft_wrap=True)
        console.print("Keep the data directory as evidence, and compare it with a backup.")
    if not found.ok:
        raise typer.Exit(1)


@app.command()
@guarded
def tail(
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=1000, help="Records.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The last records."""
    with connect() as client:
        records = client.call("GET", "/v1/operator/audit/tail", count=count)["records"]
    if as_json:
        show_json(records)
        return
    shown = table("seq", "at", "kind", "outcome", "subject", "what")
    for record in records:
        event = record.get("event", record)
        details = event.get("details", {})
        names = ("answer", "document", "source", "status", "person", "target", "candidates", "denied")
        what = ", ".join(f"{name} {details[name]}" for name in names if name in details)
        shown.add_row(
            str(record["seq"]), str(event["at"])[:19], event["kind"], event["outcome"], event["subject"][:12], what
        )
    console.print(shown)
