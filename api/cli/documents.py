"""``vouch documents``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table

app = typer.Typer(help="What has been read.", no_args_is_help=True)
Document = Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its id, or its uri where that is unique.")]


@app.command("list")
@guarded
def list_documents(
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    state: Annotated[str | None, typer.Option(help="ready, failed, gone, suppressed or pending.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 100,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Documents with their state.

    Example: `vouch documents list --state failed`
    """
    with connect() as client:
        found = client.pages(
            "/v1/operator/documents", "documents", most=limit, source=source, state=state, offset=offset
        )
    if as_json:
        show_json(found)
        return
    shown = table("id", "source", "uri", "state", "chunks", "as of", "failure")
    for each in found["documents"]:
        shown.add_row(
            each["id"], each["source"], escape(each["uri"]), each["state"], str(each["chunks"]), moment(each["as_of"]),
            escape(each["failure"] or ""),
        )  # fmt: skip
    console.print(shown)
    console.print(f"[dim]{len(found['documents'])} of {found['total']}[/]")


@app.command()
@guarded
def show(document: Document, as_json: AsJson = False) -> None:
    """One document: where it comes from, who may read it, its state."""
    with connect() as client:
        found = client.call("GET", f"/v1/operator/documents/{escaped(document)}")
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        text = ", ".join(value) if isinstance(value, list) else str(value if value is not None else "-")  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        console.print(f"[bold]{name:12}[/] {escape(text)}", soft_wrap=True)


@app.command()
@guarded
def delete(document: Document, as_json: AsJson = False) -> None:
    """Suppress a document: it leaves the answers now and does not come back with the next run."""
    with connect() as client:
        found = client.call("DELETE", f"/v1/operator/documents/{escaped(document)}")
    if as_json:
        show_json(found)
    else:
        console.print(f"Suppressed {escape(found['uri'])}. It does not come back with the next run.")


@app.command()
@guarded
def sensitivity(
    document: Document,
    level: Annotated[
        str | None, typer.Option("--set", metavar="LEVEL", help="public, internal, confidential or restricted.")
    ] = None,
    why: Annotated[str | None, typer.Option(help="The reason, kept with the change.")] = None,
    as_json: AsJson = False,
) -> None:
    """How sensitive a document is, and why; or say that it is more, or less. A level below what was found in it counts
    for its present version only.

    Example: `vouch documents sensitivity 3c1f... --set confidential --why "Draft of the annual report"`
    """
    path = f"/v1/documents/{escaped(document)}/sensitivity"
    with connect() as client:
        if level is None:
            found = client.call("GET", path)
        else:
            found = client.call("PUT", path, {"level": level, "why": why or ""})
    if as_json:
        show_json(found)
        return
    console.print(
        f"[bold]{found['level']}[/]  (declared: {found['source']} for its source, {found['container']} for its place"
        " there; the rest is what was found in it, and what people said)",
        soft_wrap=True,
    )
    if found["said"]:
        shown = table("when", "by", "was", "said", "why")
        for each in found["said"]:
            shown.add_row(
                moment(each["changed_at"]), escape(each["changed_by"]), each["before"], each["level"],
                escape(each["why"]),
            )  # fmt: skip
        console.print(shown)
