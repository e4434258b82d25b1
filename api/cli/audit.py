"""``vouch audit``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.markup import escape

from api.cli import exports, searches
from api.cli.client import connect
from api.cli.output import AsJson, complaints, console, guarded, show_json, table, working
from api.settings import load_settings
from core.errors import Invalid, NotFound, Refused

if TYPE_CHECKING:
    from core.audit.verification import Verification

app = typer.Typer(help="The log nobody can quietly edit.", no_args_is_help=True)
app.command("export")(exports.export)
app.command("search")(searches.search)
app.command("identify")(searches.identify)
app.command("pseudonym")(searches.pseudonym)
Kept = Annotated[
    list[Path] | None,
    typer.Option(help="A file with checkpoints kept from earlier: the log has to go on from each. May be repeated."),
]


@app.command()
@guarded
def verify(
    export: Annotated[
        Path | None, typer.Option(help="An export (folder or zip), instead of this installation.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="With --export: the first public key, or a file with it.")] = None,
    checkpoint: Kept = None,
    authorities: Annotated[
        Path | None, typer.Option(help="Certificates (PEM) that time stamps have to be signed by.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every record of the log; name the first one that is broken.

    Needs the data directory only (in server mode the database as well), not a running server; with **--export** and
    **--key** nothing but these. Exits with 1 when the log is not whole.
    """
    from api.auditing import kept_notes, told

    kept = kept_notes(checkpoint or [])
    if export is not None:
        found = _verify_export(export, key, kept, authorities)
    elif key is not None:
        raise Invalid("--key goes with --export.", hint="An installation is verified with its own first key.")
    else:
        found = _verify_here(kept, authorities)
    if as_json:
        show_json(told(found))
    elif found.ok:
        _show_whole(found)
    elif found.first_broken is not None:
        seq, reason = found.first_broken
        console.print(f"[bold red]The log is broken at record {seq}:[/] {reason}", soft_wrap=True)
        console.print("Keep it as evidence, and compare it with a backup.")
    else:
        console.print(f"[bold red]The log is not to be trusted:[/] {found.trouble}", soft_wrap=True)
    if not found.ok:
        raise typer.Exit(1)


def _show_whole(found: Verification) -> None:
    from api.auditing import UNSHOWN

    if found.scope == "log":
        console.print(f"[green]The log is whole:[/] {found.records} records, head {found.head}", soft_wrap=True)
    else:
        what = "a run of the log" if found.scope == "run" else "chosen from the log"
        count = "1 record" if found.records == 1 else f"{found.records} records"
        console.print(f"[green]Each record is as it was signed:[/] {count}, {what}.", soft_wrap=True)
        for name, value in found.asked.items():
            several = cast("list[Any]", value) if isinstance(value, list) else [value]
            console.print(escape(f"  {name}: {', '.join(map(str, several))}"), soft_wrap=True)
    console.print(f"Signed {found.at} by {found.keys[-1]}" if found.at else "", soft_wrap=True, highlight=False)
    if unshown := UNSHOWN[found.scope]:
        console.print(f"[yellow]{unshown}[/]", soft_wrap=True)


def _verify_export(export: Path, key: str | None, kept: list[bytes], authorities: Path | None) -> Any:
    from api.auditing import trusted_key
    from core.audit import exported

    if key is None:
        raise Invalid("An export is verified with a key.", hint="Add --key and what vouch audit key printed there.")
    if not export.exists():
        raise NotFound(f"There is no export at {export}.", hint="Name the folder or zip that vouch audit export wrote.")
    with working("verifying") as tell:
        return exported.verify(export, trusted_key(key).public, kept, tell, authorities)


def _verify_here(kept: list[bytes], authorities: Path | None) -> Any:
    from api.auditing import open_log, verified
    from core.audit import verify as verify_log
    from core.clock import utc_now

    with open_log(load_settings()) as log:
        try:
            # What is still held back joins the log first; a log that refuses is what the verification explains.
            log.sequencer.drain()
        except Refused:
            complaints.print("[dim]The log cannot be continued; what is in it is verified.[/]")
        began = time.monotonic()
        with working("verifying") as tell:
            found = verify_log(log.database, log.keyring.public_key(), log.head, tell, kept, authorities)
        event = verified(found, len(kept), round(time.monotonic() - began, 3), utc_now())
        try:
            log.audit.unfollowed(event)
        except Refused:
            complaints.print("[yellow]That the log was verified could not be recorded in it.[/]")
    return found


@app.command()
@guarded
def checkpoint() -> None:
    """The newest signed checkpoint. Keep it outside: later the log has to go on from it."""
    from api.auditing import open_log

    with open_log(load_settings()) as log:
        log.sequencer.drain()
        typer.echo(log.sequencer.current().note.decode(), nl=False)


@app.command("key")
@guarded
def show_key() -> None:
    """The public key that the log began with: all that a verifier has to trust."""
    from api.auditing import open_log
    from core.audit.keys import first_key

    with open_log(load_settings()) as log:
        typer.echo(str(first_key(log.keyring.public_key())))


@app.command()
@guarded
def proof(
    seq: Annotated[int, typer.Argument(min=1, help="The number of a record.")],
    since: Annotated[Path | None, typer.Option(help="A kept checkpoint: prove that the log goes on from it.")] = None,
) -> None:
    """That a record is in the log as it was signed (JSON)."""
    from api.auditing import kept_note, open_log
    from core.audit.keys import Generations
    from core.audit.proving import prove
    from core.audit.reading import open_database

    with open_log(load_settings()) as log:
        log.sequencer.drain()
        with open_database(log.database, log.head) as reader:
            earlier = None if since is None else kept_note(since)
            show_json(prove(reader, Generations(log.keyring), seq, earlier))


@app.command()
@guarded
def rotate() -> None:
    """Change the key that signs the log. The log names the new one, and the old one vouches for it."""
    from api.auditing import open_log
    from core.audit.events import NO_SUBJECT

    with open_log(load_settings()) as log:
        generation = log.sequencer.rotate(NO_SUBJECT)
    console.print(f"The log is signed by key {generation} from now on. Back up the key directory.", soft_wrap=True)


@app.command("accept-head")
@guarded
def accept_head(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Go on after the database was restored from a backup: its end becomes the end of the log, and the log says so."""
    from api.auditing import open_log
    from core.audit.events import NO_SUBJECT

    if not yes:
        typer.confirm("Records that came after the backup are lost. Go on from the restored database?", abort=True)
    with open_log(load_settings()) as log:
        log.sequencer.accept_head(NO_SUBJECT)
        log.sequencer.drain()
    console.print("The log goes on from the restored database.")


@app.command()
@guarded
def tail(
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=1000, help="Records.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The last records. That they were read is recorded."""
    with connect() as client:
        records = client.call("GET", "/v1/operator/audit/tail", count=count)["records"]
    if as_json:
        show_json(records)
        return
    shown = table("seq", "at", "kind", "outcome", "subject", "what")
    for record in records:
        event = record.get("event", record)
        details = event.get("details", {})
        shown.add_row(
            str(record["seq"]), str(event["at"])[:19], event["kind"], event["outcome"], event["subject"][:12],
            searches.about(details),
        )  # fmt: skip
    console.print(shown)
