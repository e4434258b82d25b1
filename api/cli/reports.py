"""``vouch report``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from api.cli.client import connect
from api.cli.output import AsJson, console, guarded, show_json, table
from core.errors import Invalid

app = typer.Typer(help="Reports for compliance.", no_args_is_help=True)
Since = Annotated[
    datetime | None, typer.Option(help="The first day or moment of it, UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
]
Until = Annotated[
    datetime | None, typer.Option(help="The first day or moment after it.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
]
_COUNTED = ("questions", "verification", "models", "redaction", "sources", "access", "log")


@app.command()
@guarded
def weekly(
    week: Annotated[str | None, typer.Option(help="Like 2026-W47; without, the last week that is over.")] = None,
    since: Since = None,
    until: Until = None,
    out: Annotated[Path | None, typer.Option(help="A new file: .html, .pdf or .json.")] = None,
    as_json: AsJson = False,
) -> None:
    """What Vouch did in a week, beside the week before: answers, models, redaction, sources, sign-ins, reviews, log.

    Nothing in it is about single people. That it was made is a record in the log, with the hash of the file.

    Example: `vouch report weekly --week 2026-W47 --out week.pdf`
    """
    query = {"week": week, "since": _moment(since), "until": _moment(until)}
    if out is not None:
        _write(out, "/v1/reports/weekly", ("html", "pdf", "json"), query)
        return
    with connect() as client:
        found = client.call("GET", "/v1/reports/weekly", form="json", **query)
    if as_json:
        show_json(found)
    else:
        _show_weekly(found)


@app.command("data-map")
@guarded
def data_map(
    since: Since = None,
    until: Until = None,
    html: Annotated[Path | None, typer.Option(help="A new file for reading.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """For a privacy impact assessment: which data of which sources may reach which model, in which region, under which
    agreement, and what was sent in the period, under which version of the policy.

    Exits with 2 when something was sent that today's policy forbids, or was answered in another region than declared.

    Example: `vouch report data-map --since 2026-11-01 --until 2026-12-01 --html map.html`
    """
    query = {"since": _moment(since), "until": _moment(until)}
    if html is not None:
        _write(html, "/v1/reports/data-map", ("html",), query)
        return
    with connect() as client:
        if csv:
            typer.echo(client.file("/v1/reports/data-map", form="csv", **query).decode(), nl=False)
            return
        found = client.call("GET", "/v1/reports/data-map", form="json", **query)
    if as_json:
        show_json(found)
    else:
        _show_map(found)
    if found["forbidden"] or found["strayed"]:
        raise typer.Exit(2)


def _write(out: Path, path: str, forms: tuple[str, ...], query: dict[str, Any]) -> None:
    form = out.suffix.removeprefix(".").lower()
    if form not in forms:
        raise Invalid(f"{out} ends in no form of this report.", hint=f"It may end in {', '.join(forms)}.")
    if out.exists():
        raise Invalid(f"{out} exists already.", hint="Choose another name.")
    with connect() as client:
        made = client.file(path, form=form, **query)
    out.touch(mode=0o600)
    out.write_bytes(made)
    console.print(f"{len(made):,} bytes in {escape(str(out))}.", soft_wrap=True)


def _moment(given: datetime | None) -> str | None:
    return None if given is None else given.replace(tzinfo=UTC).isoformat()


def _show_weekly(found: dict[str, Any]) -> None:
    span = found["period"]
    console.print(f"[bold]{span['week'] or 'Period'}[/] {span['since']} until {span['until']}")
    shown = table("section", "figure", "now", "before")
    for section in found["sections"]:
        if section["name"] in _COUNTED:
            for at, each in enumerate(section["figures"]):
                name = section["title"] if not at else ""
                shown.add_row(name, each["title"], _number(each, "now"), _number(each, "before"))
    console.print(shown)
    console.print("Everything is in the file: --out week.html, week.pdf or week.json.")


def _number(figure: dict[str, Any], which: str) -> str:
    if figure[f"few_{which}"]:
        return "few"
    said = figure[which]
    return "-" if said is None else f"{said:,}"


def _show_map(found: dict[str, Any]) -> None:
    for name, title in (("forbidden", "Sent, though today's policy forbids it"), ("strayed", "Another region")):
        for each in found[name]:
            said = ", ".join(f"{key} {value}" for key, value in each.items() if value is not None)
            console.print(f"[bold red]{title}:[/] {escape(said)}", soft_wrap=True)
    held = table("source", "documents", "passages", "levels", "classes of values")
    for each in found["sources"]:
        levels = ", ".join(f"{level} {count:,}" for level, count in each["levels"].items())
        classes = ", ".join(f"{one['data_class']} {one['values']:,}" for one in each["classes"])
        held.add_row(escape(each["source"]), f"{each['documents']:,}", f"{each['passages']:,}", levels, classes)
    console.print(held)
    if not found["reach"]:
        console.print("No model is registered: nothing of it goes to one. See: vouch models add --help")
    else:
        shown = table("source", "destination", "class", "treatment", "by", "values", "sent")
        for each in found["reach"]:
            shown.add_row(
                *(escape(str(each[name])) for name in ("source", "destination", "data_class", "treatment", "entry")),
                f"{each['values']:,}", f"{each['sent']:,}",
            )  # fmt: skip
        console.print(shown)
    console.print(f"By version {found['policy']['version']} of the data policy.")
