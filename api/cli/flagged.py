"""``vouch flagged``: passages that read like instructions to a model."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.client import connect
from api.cli.output import AsJson, console, show_json, table


def flagged(
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show passages that read like instructions to a model, the latest first: where they stand, by which signs they
    were found, and where they went.

    Example: `vouch flagged --limit 20`
    """
    with connect() as client:
        found = client.pages("/v1/flagged", "passages", most=limit)
    if as_json:
        show_json(found)
        return
    if not found["passages"]:
        console.print("No passage was flagged.")
        return
    rows = table("last", "source", "document", "title", "signs", "went to", "times")
    for each in found["passages"]:
        rows.add_row(
            each["last_at"][:16], each["source"], each["document"], each["title"] or "(gone)",
            ", ".join(each["signs"]), each["destination"], str(each["times"]),
        )  # fmt: skip
    console.print(rows)
