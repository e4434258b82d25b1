"""``vouch models``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import TypeAdapter, ValidationError
from rich.markup import escape

from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table
from api.cli.sources import read_mapping
from core.errors import Invalid

app = typer.Typer(help="The models that may be called: versions, what may go there, prices.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="As vouch models list shows it.")]
Why = Annotated[str, typer.Option(help="The reason, kept with the change.")]
HINT = "vouch models show NAME > model.yaml writes one to change; docs/models.md has one for each provider."


@app.command("list")
@guarded
def list_models(
    retired: Annotated[bool, typer.Option("--retired", help="Also those that are called no more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every model: its version, where it is, and the most sensitive text that may go there.

    Example: `vouch models list --retired`
    """
    with connect() as client:
        found = client.call("GET", "/v1/register/models", retired=retired)
    if as_json:
        show_json(found)
        return
    for each in found["left_out"]:
        said = f"{each['name']} is left out, and not called: {each['against']}. Set it anew: vouch models set."
        console.print(f"[red]{escape(said)}[/]", soft_wrap=True)
    if not found["models"] and found["left_out"]:
        console.print("No other model is registered.")
        return
    if not found["models"]:
        console.print("There is no model: answers are put together from the sources' own sentences (docs/models.md).")
        return
    shown = table("name", "tier", "provider", "version", "where", "at most", "calls")
    for each in found["models"]:
        entry = each["entry"]
        calls = "no" if not each["callable"] else "yes" if each["breaker"] == "closed" else each["breaker"]
        where = " ".join(part for part in (entry["place"], entry["region"]) if part)
        version = escape(entry["model"])
        shown.add_row(each["name"], entry["tier"], entry["provider"], version, escape(where), each["ceiling"], calls)
    console.print(shown)
    for each in found["models"]:
        for line in _remarks(each):
            console.print(f"[yellow]{escape(line)}[/]")


@app.command()
@guarded
def show(name: Name, as_json: AsJson = False) -> None:
    """One model, as YAML that can be changed and set.

    Example: `vouch models show gpt > model.yaml`
    """
    with connect() as client:
        found = client.call("GET", f"/v1/register/models/{escaped(name)}")
    if as_json:
        show_json(found)
        return
    typer.echo(f"# revision {found['revision']}, by {found['changed_by']} at {found['changed_at']}")
    typer.echo("\n".join(f"# {line}" for line in (*found["why"].splitlines(), *_remarks(found))))
    typer.echo(yaml.safe_dump(found["entry"], sort_keys=False, allow_unicode=True), nl=False)


@app.command("set")
@guarded
def change(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON: one model, or `models:` with several.")],
    why: Why,
    replaces: Annotated[
        int | None, typer.Option(help="The revision of it you began from: refuse when another one holds by now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a model, or change one. It holds from the next question on.

    Example: `vouch models set model.yaml --why "Approved by the security board, 2026-11-20"`
    """
    entries = _entries(read_mapping(file, HINT))
    if replaces is not None and len(entries) != 1:
        raise Invalid("--replaces is for a file with one model.", hint="Leave it out.")
    with connect() as client:
        if len(entries) > 1:
            held = [each["entry"] for each in client.call("GET", "/v1/register/models")["models"]]
            entries = [entry for entry in entries if entry not in held]
        made = [
            client.call("PUT", "/v1/register/models", {"entry": entry, "why": why, "replaces": replaces})
            for entry in entries
        ]
    if not made:
        raise Invalid("This is what the register says already.", hint="See vouch models list.")
    if as_json:
        show_json(made)
        return
    for each in made:
        console.print(
            f"{each['name']} ({escape(each['entry']['model'])}): at most {each['ceiling']} text may go there."
        )
        for line in _remarks(each):
            console.print(f"[yellow]{escape(line)}[/]")


@app.command()
@guarded
def retire(name: Name, why: Why, as_json: AsJson = False) -> None:
    """Call it no more. `vouch models set` brings it back.

    Example: `vouch models retire gpt --why "The contract has ended"`
    """
    with connect() as client:
        made = client.call("POST", f"/v1/register/models/{escaped(name)}/retire", {"why": why})
    if as_json:
        show_json(made)
    else:
        console.print(f"{made['name']} is called no more.")


@app.command()
@guarded
def history(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Of one model.")] = None, as_json: AsJson = False
) -> None:
    """Every change of the register: who decided on it, when and why.

    Example: `vouch models history gpt`
    """
    with connect() as client:
        found = client.call("GET", "/v1/register/changes", name=name)["changes"]
    if as_json:
        show_json(found)
        return
    shown = table("revision", "when", "by", "name", "change", "version", "why")
    for each in found:
        shown.add_row(
            str(each["revision"]), moment(each["changed_at"]), escape(each["changed_by"]), each["name"], each["change"],
            escape(str(each["entry"].get("model", "-"))), escape(each["why"]),
        )  # fmt: skip
    console.print(shown)


@app.command()
@guarded
def check(name: Name, as_json: AsJson = False) -> None:
    """Send it a fixed public sentence: a real call, which costs what it costs.

    Example: `vouch models check gpt`
    """
    with connect() as client:
        found = client.call("POST", f"/v1/register/models/{escaped(name)}/check")
    if as_json:
        show_json(found)
    elif found["ok"]:
        console.print(f"[green]it answers[/] {escape(found['said'])}")
        console.print(
            f"version {escape(found['returned'])}, {escape(found['sdk'])}, {found['tokens_in']} tokens read and "
            f"{found['tokens_out']} written, {found['seconds']:.1f} s"
        )
    else:
        console.print(f"[red]it does not answer[/] {escape(found['said'])}")
        console.print(f"      {escape(found['hint'])}")
    if not found["ok"]:
        raise typer.Exit(1)


def _entries(mapping: dict[str, Any]) -> list[dict[str, Any]]:
    """The models of a file, whole and checked: of several, either all can be set or none is."""
    # Imported here: the other commands do not need it.
    from answer.models.entries import checked
    from answer.models.entry import ModelEntry

    given = mapping.get("models", [mapping])
    try:
        entries = TypeAdapter(tuple[ModelEntry, ...]).validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise Invalid(f"{place}: {first['msg'].removeprefix('Value error, ')}.".lstrip(": "), hint=HINT) from None
    return [entry.model_dump(mode="json") for entry in checked(entries)]


def _remarks(found: dict[str, Any]) -> list[str]:
    lines = [found["warning"]] if found["warning"] else []
    entry = found["entry"]
    if found["ceiling"] != entry["sensitivity"]:
        lines.append(
            f"{found['name']} gets public text only, until handling says how its provider treats what it is sent."
        )
    if found["differs"]:
        lines.append(f"{found['name']} stands otherwise in vouch.yaml: the register holds.")
    return lines
