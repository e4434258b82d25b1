"""``vouch usage``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from api.cli.budgets import money
from api.cli.client import connect
from api.cli.output import AsJson, console, moment, show_json, table
from api.cli.sought import Since, Until, instant

NONE = "; '' is calls of none."


def usage(
    department: Annotated[str | None, typer.Option(help=f"Of this department{NONE}")] = None,
    source: Annotated[str | None, typer.Option(help=f"That this source served{NONE}")] = None,
    model: Annotated[str | None, typer.Option(help="Of this model.")] = None,
    person: Annotated[str | None, typer.Option(metavar="EMAIL", help=f"Of this person{NONE}")] = None,
    currency: Annotated[str | None, typer.Option(help="Paid in this currency.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The calls of models that chargeback counts, one by one: of this month where no time is said. That somebody looked
    is recorded.

    Example: `vouch usage --department sales --since 2026-11-01 --until 2026-12-01`
    """
    given = {
        "department": department, "source": source, "model": model, "person": person, "currency": currency,
        "since": instant(since, "since"), "until": instant(until, "until"),
    }  # fmt: skip
    with connect() as client:
        found = client.pages("/v1/usage", "calls", most=limit, **given)
    if as_json:
        show_json(found)
        return
    _show(found)


def _show(found: dict[str, Any]) -> None:
    if not found["calls"]:
        console.print(f"No model was called from {moment(found['since'])} to {moment(found['until'])}.")
        return
    shown = table("at", "model", "department", "sources", "tokens", "cost")
    for each in found["calls"]:
        cost = money(each["micros"], each["currency"]) + ("" if each["settled"] else " (estimated)")
        shown.add_row(
            moment(each["at"]), escape(each["model"]), escape(each["department"]) or "-",
            escape(", ".join(each["sources"])) or "-", f"{each['tokens_in'] + each['tokens_out']:,}", cost,
        )  # fmt: skip
    console.print(shown)
    for total in found["totals"]:
        console.print(f"{total['calls']:,} calls, {money(total['micros'], total['currency'])}")
    if sum(total["calls"] for total in found["totals"]) > len(found["calls"]):
        console.print("[dim]There are more; show them with --limit.[/]")
