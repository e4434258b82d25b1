"""``vouch audit export``: a signed copy of the log, of a run of its records, or of those that fit."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from api.cli import sought
from api.cli.output import AsJson, console, guarded, show_json, working
from api.cli.reviewer import MaybeKeyFile, Server, reviewing
from api.settings import load_settings
from core.errors import Conflict, Invalid

if TYPE_CHECKING:
    from core.audit.finding import Sought

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@guarded
def export(
    out: Annotated[Path, typer.Option(help="A new folder, or a new file that ends in .zip.")],
    first: Annotated[int | None, typer.Option("--from", min=1, help="First record; without, the whole log.")] = None,
    last: Annotated[int | None, typer.Option("--to", min=1, help="Last record.")] = None,
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
    csv: Annotated[bool, typer.Option("--csv", help="With the records as a table (records.csv), too.")] = False,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A kept checkpoint: prove that the log goes on from it. May be repeated."),
    ] = None,
    why: sought.MaybeWhy = None,
    key_file: MaybeKeyFile = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Copy the log, a run of its records, or all that fit, with proofs, for somebody outside to verify.

    On the machine it needs the data directory only; with **--key-file** a reviewer takes it from the server, as a zip.
    Example: `vouch audit export --answer 0b7c... --csv --out answer.zip`
    """
    from api.auditing import kept_notes

    given = sought.asked(
        person, answer, conversation, document, source, model, since, until, kind, action, outcome, trace
    )
    notes = kept_notes(checkpoint or [])
    if key_file is None:
        if server is not None:
            raise Invalid("A server is asked by a reviewer.", hint="Add --key-file, with the key of one.")
        told = _here(out, first, last, given, csv, notes)
    else:
        told = _as_reviewer(key_file, server, out, first, last, given, csv, notes, why)
    if as_json:
        show_json(told)
        return
    if "records" in told:
        console.print(
            f"Records in {escape(str(out))}: {told['records']}, {told['first']} to {told['last']}.", soft_wrap=True
        )
    else:
        console.print(f"The records are in {escape(str(out))}.", soft_wrap=True)
    console.print(
        f"To verify them elsewhere: vouch audit verify --export {escape(str(out))} --key KEY --checkpoint FILE",
        soft_wrap=True,
    )


def _here(
    out: Path, first: int | None, last: int | None, given: dict[str, Any], csv: bool, notes: list[bytes]
) -> dict[str, Any]:  # fmt: skip
    from api.auditing import Wanted, copy_out, open_log, told_export
    from core.clock import utc_now

    if "@" in given.get("person", ""):
        raise Invalid("Whose pseudonym it is, reviewers look up.", hint="Add --key-file and --why, or the pseudonym.")
    wanted = Wanted(first, last, _sought(given) if given else None, csv, tuple(notes))
    with open_log(load_settings()) as log, working("exporting") as tell:
        return told_export(copy_out(log, wanted, out, utc_now, progress=tell), out)


def _as_reviewer(
    key_file: Path, server: str | None, out: Path, first: int | None, last: int | None, given: dict[str, Any],
    csv: bool, notes: list[bytes], why: str | None,
) -> dict[str, Any]:  # fmt: skip
    if out.suffix != ".zip":
        raise Invalid("A server gives a zip.", hint="Let the name end in .zip.")
    if out.exists():
        raise Conflict(f"{out} is there already.", hint="Choose a new name, so that no earlier export is lost.")
    body = {"first": first, "last": last, "csv": csv, "kept": [each.decode("utf-8", "replace") for each in notes]}
    with reviewing(key_file, server) as client:
        sought.look_up(client, given, why)
        client.save("/v1/audit/export", body | given, out)
    return {"out": str(out)}


def _sought(given: dict[str, Any]) -> Sought:
    from connectors.repository import id_of
    from core.audit.finding import Sought

    source = given.get("source")
    since, until = (datetime.fromisoformat(given[each]) if each in given else None for each in ("since", "until"))
    return Sought(
        person=given.get("person"), answer=given.get("answer"), conversation=given.get("conversation"),
        document=given.get("document"), source=source if source is None or _ID.match(source) else id_of(source),
        model=given.get("model"), trace_id=given.get("trace"), kinds=tuple(given.get("kind", ())),
        actions=tuple(given.get("action", ())), outcomes=tuple(given.get("outcome", ())), since=since, until=until,
    )  # fmt: skip
