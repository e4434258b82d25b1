"""``vouch ingest``, and how its report is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from api.cli.arguments import names, pair
from api.cli.client import connect
from api.cli.following import followed
from api.cli.output import AsJson, console, show_json, table
from api.cli.redact import labelled, show_labelled

FAILURES_SHOWN = 50


def ingest(
    path: Annotated[Path, typer.Argument(help="A folder, a file, or records in .jsonl or .csv.")],
    source: Annotated[str, typer.Option(help="The name of the source.")],
    allow: Annotated[str | None, typer.Option(help="Groups that may read it, by commas; or everyone.")] = None,
    deny: Annotated[str | None, typer.Option(help="Groups that may not, whatever else they are in.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="Which record field is our id, title, ...")
    ] = None,
    restrict: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=GROUP[,GROUP]", help="A record field that only these groups may read."),
    ] = None,
    confirm_empty: Annotated[bool, typer.Option(help="The source is really empty now: delete what it had.")] = False,
    label: Annotated[
        bool, typer.Option(help="Look for personal data at once, where no server runs that does it later.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Read files of this machine: what is new, changed or gone since the last time. From then on Vouch reads them
    by itself as well, every 15 minutes while it runs.

    Examples: `vouch ingest ~/policies --source policies --allow everyone`,
    `vouch ingest crm.jsonl --source crm --allow sales --map text=body`
    """
    body = {
        "path": str(path.resolve()),
        "source": source,
        "allow": names(allow),
        "deny": names(deny),
        "map": dict(pair(each) for each in mapping or ()),
        "restrict": {field: names(groups) for field, groups in map(pair, restrict or ())},
        "confirm_empty": confirm_empty,
    }
    with connect() as client:
        report = followed(client.lines("/v1/operator/ingest", body))
        if as_json:
            show_json(report)
        else:
            show(report)
        # A running server does so by itself. Everything can be found already.
        if client.alone and label:
            looked = labelled(client)
            if looked["documents"] and not as_json:
                show_labelled(looked)


def show(report: dict[str, Any]) -> None:
    """A table of what became of the items, and one of those that failed."""
    counts = report["counts"]
    shown = table("new", "changed", "unchanged", "deleted", "failed", title=f"Source {report['source']}")
    shown.add_row(*(str(counts[name]) for name in ("new", "changed", "unchanged", "deleted", "failed")))
    console.print(shown)
    for name, text in (("access_changed", "documents with changed access"), ("suppressed", "suppressed documents")):
        if counts[name]:
            console.print(f"{counts[name]} {text}")
    failures = report["failures"]
    if failures:
        failed = table("failed", "why", "what to do")
        for failure in failures[:FAILURES_SHOWN]:
            failed.add_row(escape(failure["uri"]), failure["code"], escape(failure["reason"]))
        console.print(failed)
        if len(failures) > FAILURES_SHOWN:
            console.print(f"and {len(failures) - FAILURES_SHOWN} more: vouch documents list --state failed")
