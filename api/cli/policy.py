"""``vouch policy``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.markup import escape

from api.cli.arguments import batches, queries_of
from api.cli.client import connect
from api.cli.output import AsJson, console, guarded, moment, show_json, table
from api.cli.sources import read_mapping
from core.errors import Invalid

app = typer.Typer(help="What may go where: by class of data, sensitivity and destination.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON, as vouch policy show prints it.")]
SECTIONS = ("classes", "sensitivity", "kinds")
HINT = "vouch policy show > policy.yaml writes one to change."


@app.command()
@guarded
def show(
    version: Annotated[int | None, typer.Option(help="An earlier one.")] = None,
    as_json: AsJson = False,
) -> None:
    """The policy that holds, as YAML that can be changed and set.

    Example: `vouch policy show > policy.yaml`
    """
    with connect() as client:
        found = client.call("GET", "/v1/policy", version=version)
    if as_json:
        show_json(found)
        return
    holds = "" if found["holds"] else " (holds no more)"
    lines = (
        f"# version {found['version']}{holds}, by {found['changed_by']} at {found['changed_at']}",
        *(f"# {line}" for line in found["why"].splitlines()),
    )
    typer.echo("\n".join(lines))
    for section in SECTIONS:
        typer.echo(_section(section, found[section]), nl=False)


@app.command()
@guarded
def history(as_json: AsJson = False) -> None:
    """Every version: who decided on it, when and why."""
    with connect() as client:
        found = client.call("GET", "/v1/policy/versions")["versions"]
    if as_json:
        show_json(found)
        return
    shown = table("version", "when", "by", "why")
    for each in found:
        shown.add_row(str(each["version"]), moment(each["changed_at"]), escape(each["changed_by"]), escape(each["why"]))
    console.print(shown)


@app.command("set")
@guarded
def change(
    file: File,
    why: Annotated[str, typer.Option(help="The reason, kept with the version.")],
    replaces: Annotated[
        int | None, typer.Option(help="The version you began from: refuse when another one holds by now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide on the next version of the policy. It holds from the next question on.

    Example: `vouch policy set policy.yaml --why "The works council asked for it, 2026-11-20"`
    """
    body = {**_document(file), "why": why, "replaces": replaces}
    with connect() as client:
        made = client.call("PUT", "/v1/policy", body)
    if as_json:
        show_json(made)
    else:
        console.print(f"Version {made['version']} holds now.")


@app.command("try")
@guarded
def attempt(
    file: File,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="Also a text.")] = None,
    queries: Annotated[
        Path | None, typer.Option(help="Also the texts of a .jsonl file: `_id`, `text`.", exists=True, dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What a policy would do to what is stored, beside what holds now. Changes nothing.

    Examples: `vouch policy try policy.yaml`, `vouch policy try policy.yaml --queries questions.jsonl`
    """
    document = _document(file)
    texts: list[dict[str, Any]] = [] if text is None else [{"_id": "text", "text": text}]
    if queries is not None:
        texts += [{"_id": str(key), "text": str(each)} for key, each in queries_of(queries)]
    with connect() as client:
        found = client.call("POST", "/v1/policy/try", {**document, "texts": []})
        parts = [
            client.call("POST", "/v1/policy/try", {**document, "texts": some, "stored": False})["texts"]
            for some in batches(texts)
        ]
    found["texts"] = _joined(parts)
    if as_json:
        show_json(found)
        return
    console.print(f"Against version {found['version']}, over {found['passages']} passages")
    if found["waiting"]:
        console.print(f"[yellow]{found['waiting']} documents have not been looked into yet, and do not count[/]")
    _show_rows(found["rows"], "documents")
    if texts:
        console.print(f"\nOver {len(texts)} texts given")
        _show_rows(found["texts"], "texts")


def _document(file: Path) -> dict[str, Any]:
    document = read_mapping(file, HINT)
    if unknown := sorted(map(str, document.keys() - set(SECTIONS))):
        raise Invalid(f"{unknown[0]} is no part of a policy; its parts are {', '.join(SECTIONS)}.", hint=HINT)
    return {"classes": {}, "sensitivity": {}, **document}


def _section(name: str, rows: dict[str, dict[str, str]]) -> str:
    if not rows:
        return f"{name}: {{}}\n"
    lines = [f"  {row}: {yaml.safe_dump(cells, default_flow_style=True, sort_keys=False, width=1000).strip()}"
             for row, cells in rows.items()]  # fmt: skip
    return "\n".join((f"{name}:", *lines)) + "\n"


def _joined(parts: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows of several batches of texts as one table. Every text is a document of its own."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in (row for part in parts for row in part):
        known = rows.get((row["destination"], row["name"]))
        if known is None:
            rows[row["destination"], row["name"]] = row
            continue
        known["changes"] = known["changes"] or row["changes"]
        for moment_of in ("now", "then"):
            for treatment, count in row[moment_of].items():
                for what, number in count.items():
                    known[moment_of][treatment][what] += number
    return list(rows.values())


def _show_rows(rows: list[dict[str, Any]], where: str) -> None:
    changed = [row for row in rows if row["changes"]]
    if not changed:
        console.print("Nothing would change.")
        return
    shown = table("to", "what", "allowed", "redacted", "blocked", title=f"Values (in {where}), now -> then")
    for row in changed:
        cells = [f"{_count(row['now'][each])} -> {_count(row['then'][each])}" for each in ("allow", "redact", "block")]
        shown.add_row(escape(row["destination"]), row["name"], *cells)
    console.print(shown)


def _count(count: dict[str, int]) -> str:
    return f"{count['values']} ({count['documents']})" if count["values"] else "0"
