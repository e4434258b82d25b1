"""``vouch subject``, ``vouch hold`` and ``vouch retention``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from api.cli.arguments import object_of
from api.cli.client import connect, escaped
from api.cli.output import AsJson, complaints, console, guarded, moment, show_json, table
from api.cli.reviewer import KeyFile, reviewing
from api.settings import load_settings
from api.subjects.report import verify
from core.audit.keys import Generations
from core.audit.notes import BadNote, NoteKey, read_key
from core.errors import Invalid
from core.secrets import Keyring

subject = typer.Typer(help="What is kept of a person, at that person's request.", no_args_is_help=True)
hold = typer.Typer(help="What may neither be erased nor retired.", no_args_is_help=True)
retention = typer.Typer(help="For how long what is kept.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="EMAIL")]
Side = Annotated[
    str, typer.Option("--as", metavar="SIDE", help="asker (what they asked), about (what is written of them), or both.")
]
Name = Annotated[list[str] | None, typer.Option(help="A further name that texts call them by; repeatable.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept with the hold.")]


# Requests of a person


@subject.command()
@guarded
def export(
    email: Email,
    side: Side,
    out: Annotated[Path, typer.Option(help="The zip to write.")],
    name: Name = None,
) -> None:
    """Write everything that is kept of a person to a zip: index.html for reading, JSON for programs.

    Example: `vouch subject export ana@company.example --as both --out ana.zip`
    """
    if out.exists():
        raise Invalid(f"{out} exists already.", hint="Choose another name.")
    with connect() as client:
        made = client.content("/v1/subjects/export", {"email": email, "side": side, "names": name or []})
    out.touch(mode=0o600)
    out.write_bytes(made)
    console.print(f"{len(made):,} bytes in {escape(str(out))}. It is personal: hand it over, then delete it.")


@subject.command()
@guarded
def erase(
    email: Email,
    side: Side,
    documents: Annotated[
        str, typer.Option(help="suppress them, or labels-only: they stay, and lose what was found in them.")
    ] = "suppress",
    name: Name = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what there is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    report: Annotated[Path | None, typer.Option(help="Where to write the signed report.")] = None,
    as_json: AsJson = False,
) -> None:
    """Erase what is kept of a person, except what is held. It cannot be undone, and a restored backup does not undo it.

    Where it is cut off, the next start goes on with it. Example: `vouch subject erase ana@company.example --as both`
    """
    if not (dry_run or yes):
        typer.confirm(f"Erase what is kept of {email} as {side}? This cannot be undone", abort=True, err=True)
    body = {"email": email, "side": side, "names": name or [], "documents": documents, "dry_run": dry_run}
    with connect() as client:
        envelope = client.call("POST", "/v1/subjects/erase", body)
    if report is not None:
        report.write_text(json.dumps(envelope, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if as_json:
        show_json(envelope)
    else:
        _show(envelope["report"])


@subject.command("verify-report")
@guarded
def verify_report(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    key: Annotated[
        list[str] | None, typer.Option(help="A public key of the log (NAME+ID+KEY); else those of this installation.")
    ] = None,
) -> None:
    """Say whether a report of an erasure is as it was signed. It needs no running server.

    Example: `vouch subject verify-report erased.json`
    """
    signer = verify(object_of(file), _trusted(key or []))
    console.print(f"[green]The report is as it was signed[/] by {escape(str(signer))}.", soft_wrap=True)


def _trusted(keys: list[str]) -> tuple[NoteKey, ...]:
    if not keys:
        return Generations(Keyring(load_settings().data_dir.resolve() / "keys")).keys
    try:
        return tuple(map(read_key, keys))
    except BadNote as error:
        raise Invalid(f"This is {error}.", hint="vouch audit key shows it.") from None


def _show(report: dict[str, Any]) -> None:
    shown = table("where", "found", "removed", "held")
    for name, place in report["places"].items():
        if place["found"] or place["held"]:
            shown.add_row(name, *(str(place[each]) for each in ("found", "removed", "held")))
    console.print(shown)
    for each in report["unreached"]:
        complaints.print(f"[yellow]not reached[/] {escape(each['where'])}: {each['count']} ({escape(each['why'])})")
    for column, rows in report["standing"].items():
        complaints.print(f"[yellow]still there[/] in {rows} rows of {escape(column)}")
    done = "Nothing was erased: this was a dry run." if report["dry_run"] else f"Report {report['request']}."
    console.print(done)


# Holds


@hold.command()
@guarded
def place(
    kind: Annotated[str, typer.Argument(help="person, document, source or answer.")],
    target: Annotated[str, typer.Argument(help="An address, a name, or an id.")],
    why: Why,
    key_file: KeyFile,
    as_json: AsJson = False,
) -> None:
    """Hold something, as a reviewer: it is neither erased nor retired until the hold is lifted.

    Example: `vouch hold place person ana@company.example --why "Case 14" --key-file ruth.key`
    """
    with reviewing(key_file) as client:
        made = client.call("POST", "/v1/holds", {"kind": kind, "target": target, "why": why})
    show_json(made) if as_json else console.print(f"Held: {made['kind']} {made['target']}, by hold {made['id']}.")


@hold.command()
@guarded
def lift(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD")], why: Why, key_file: KeyFile, as_json: AsJson = False
) -> None:
    """Lift a hold. A request to erase what it held is carried out at the next start."""
    with reviewing(key_file) as client:
        made = client.call("POST", f"/v1/holds/{escaped(hold_id)}/lift", {"why": why})
    show_json(made) if as_json else console.print(f"Not held any more: {made['kind']} {made['target']}.")


@hold.command("list")
@guarded
def list_holds(
    key_file: KeyFile,
    lifted: Annotated[bool, typer.Option("--lifted", help="Also those that were lifted.")] = False,
    as_json: AsJson = False,
) -> None:
    """What is held, since when and why."""
    with reviewing(key_file) as client:
        found = client.pages("/v1/holds", "holds", lifted=lifted)["holds"]
    if as_json:
        show_json(found)
        return
    shown = table("hold", "kind", "what", "since", "why", "lifted")
    for each in found:
        shown.add_row(
            each["id"], each["kind"], each["target"], moment(each["placed_at"]), escape(each["why"]),
            moment(each["lifted_at"]),
        )  # fmt: skip
    console.print(shown)


# Retention


@retention.command()
@guarded
def show(as_json: AsJson = False) -> None:
    """For how long each class is kept, and what the last run removed."""
    with connect() as client:
        found = client.call("GET", "/v1/retention")
    if as_json:
        show_json(found)
        return
    shown = table("class", "days", "removed by the last run", "held then")
    ran: dict[str, Any] = found["last"] or {"removed": {}, "held": {}, "at": None}
    for name, days in found["days"].items():
        shown.add_row(name, str(days), str(ran["removed"].get(name, 0)), str(ran["held"].get(name, 0)))
    console.print(shown)
    for level, days in found["by_sensitivity"].items():
        console.print(f"Answers and evidence that are {level}: at most {days} days")
    console.print(f"Last run: {moment(ran['at'])}. Records of the log are never deleted.")


@retention.command()
@guarded
def run(as_json: AsJson = False) -> None:
    """Remove now what has had its time; a running server does so once a day."""
    with connect() as client:
        done = client.call("POST", "/v1/retention/run")
    if as_json:
        show_json(done)
        return
    console.print(", ".join(f"{name} {count}" for name, count in done["removed"].items() if count) or "Nothing is due.")
    if any(done["held"].values()):
        console.print("Held: " + ", ".join(f"{name} {count}" for name, count in done["held"].items()))
