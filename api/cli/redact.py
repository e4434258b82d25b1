"""``vouch redact``."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.text import Text

from api.cli.arguments import batches, queries_of
from api.cli.client import Client, connect
from api.cli.following import followed
from api.cli.output import AsJson, complaints, console, show_json, table
from core.errors import Invalid

SPAN = ("type", "start", "end", "score", "rule", "class", "treatment", "token")
"""What is said of a span without --explain."""


def redact(
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="The text; `-` reads it from stdin.")] = None,
    destination: Annotated[
        str, typer.Option(help="Where it would go: external, on_premise, or a name in the policy.")
    ] = "external",
    explain: Annotated[bool, typer.Option("--explain", help="Say of each value why it is treated so.")] = False,
    as_json: AsJson = False,
    queries: Annotated[
        Path | None, typer.Option(help="A .jsonl file of texts: `_id`, `text`.", exists=True, dir_okay=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the results, one JSON a line.")] = None,
) -> None:
    """Show which values of a text are found, and the text as it would leave. Nothing is sent or stored.

    Examples: `vouch redact "Call Anna Meyer at +41 44 668 18 00"`, `vouch redact - --explain < letter.txt`,
    `vouch redact --queries texts.jsonl --out redacted.jsonl`
    """
    body = {"destination": destination, "run": secrets.token_hex(16)}
    if queries is not None:
        _batch(queries, out, body, explain)
        return
    wanted = sys.stdin.read() if text == "-" else text
    if not wanted:
        raise Invalid("There is no text.", hint="Write it behind the command, pipe it to -, or use --queries FILE.")
    with connect() as client:
        found = client.call("POST", "/v1/redact", {**body, "texts": [wanted]})
    result = found["results"][0]
    if as_json:
        show_json({**_shown(result, explain), "sensitivity": result["sensitivity"], "policy": found["policy"]})
        return
    console.print(Text(result["text"]), soft_wrap=True)
    _show_spans(result["spans"])
    if explain:
        _explain(result, found["policy"], destination)
    if result["blocked"]:
        complaints.print(
            f"[yellow]This text may not go to {escape(destination)} at all[/] ({_reasons(result)}).", soft_wrap=True
        )


def _batch(queries: Path, out: Path | None, body: dict[str, Any], explain: bool) -> None:
    if out is None:
        raise Invalid("--queries needs --out.", hint="Name the file for the results.")
    asked = [{"_id": identity, "text": text} for identity, text in queries_of(queries)]
    with (
        connect() as client,
        out.open("w", encoding="utf-8") as file,
        Progress(console=complaints, transient=True) as progress,
    ):
        task = progress.add_task("redacting", total=len(asked))
        for some in batches(asked):
            for each, result in zip(some, _results(client, body, some), strict=True):
                file.write(json.dumps({"_id": each["_id"], **_shown(result, explain)}, ensure_ascii=False) + "\n")
            progress.advance(task, len(some))
    complaints.print(f"{len(asked)} results in {out}")


def _results(client: Client, body: dict[str, Any], some: Any) -> list[dict[str, Any]]:
    found = client.call("POST", "/v1/redact", {**body, "texts": [str(each["text"]) for each in some]})
    return found["results"]


def _shown(result: dict[str, Any], explain: bool) -> dict[str, Any]:
    names = (*SPAN, "entry", "against") if explain else SPAN
    spans = [{name: span[name] for name in names} for span in result["spans"]]
    return {"text": result["text"], "spans": spans, "blocked": result["blocked"]}


def _show_spans(spans: list[dict[str, Any]]) -> None:
    if not spans:
        console.print("[dim]Nothing was found.[/]")
        return
    shown = table("type", "start", "end", "score", "rule", "treatment", "pseudonym")
    for span in spans:
        shown.add_row(
            span["type"], str(span["start"]), str(span["end"]), f"{span['score']:.2f}", escape(span["rule"]),
            span["treatment"], escape(span["token"] or "-"),
        )  # fmt: skip
    console.print(shown)


def _explain(result: dict[str, Any], policy: int, destination: str) -> None:
    console.print(
        f"\nPolicy version {policy}, to {escape(destination)}. The values make the text {result['sensitivity']}."
    )
    for span in result["spans"]:
        console.print(
            f"{span['start']}-{span['end']} {span['type']}: found by {escape(span['rule'])} ({span['score']:.2f}),"
            f" class {span['class']}; {span['treatment']}, as {escape(span['entry'])} says",
            soft_wrap=True,
        )
        for other in span["against"]:
            console.print(
                f"    also claimed as {other['type']} {other['start']}-{other['end']} by {escape(other['rule'])}"
                f" ({other['score']:.2f})",
                soft_wrap=True,
            )


def _reasons(result: dict[str, Any]) -> str:
    entries = dict.fromkeys(span["entry"] for span in result["spans"] if span["treatment"] == "block")
    return ", ".join(entries) or f"sensitivity.{result['sensitivity']}"


def label(as_json: AsJson = False) -> None:
    """Look for personal data in the documents that nobody has looked into yet. A running server does so by itself.

    It can be stopped at any time: what was looked into stays so. Example: `vouch label`
    """
    with connect() as client:
        report = labelled(client)
    if as_json:
        show_json({name: report[name] for name in ("documents", "failed", "left")})
    else:
        show_labelled(report)


def labelled(client: Client) -> dict[str, Any]:
    return followed(client.lines("/v1/operator/label", {}))


def show_labelled(report: dict[str, Any]) -> None:
    if report["documents"]:
        console.print(f"{report['documents']} documents looked through for personal data")
    if waiting := report["left"]:
        console.print(f"{waiting} documents are still to be looked through: vouch label, or a running server, goes on")
    elif not report["documents"]:
        console.print("All documents have been looked through")
