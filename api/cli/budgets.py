"""``vouch budgets`` and ``vouch chargeback``."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape

from answer.budget import MICROS
from api.cli.client import connect
from api.cli.output import AsJson, console, guarded, show_json, table
from core.errors import Invalid

app = typer.Typer(help="How much may be used: by person, department, source and model.", no_args_is_help=True)


class Scopes(StrEnum):
    person = "person"
    department = "department"
    source = "source"
    model = "model"


class Pers(StrEnum):
    minute = "minute"
    hour = "hour"
    day = "day"
    month = "month"


class Units(StrEnum):
    money = "money"
    tokens = "tokens"
    calls = "calls"


Whose = Annotated[Scopes, typer.Argument(metavar="SCOPE", help="person, department, source or model.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="An address, a group, a source, a model; '*' is each.")]
Why = Annotated[str, typer.Option(help="The reason, kept with it.")]
Per = Annotated[Pers, typer.Option(help="In which time; in UTC.")]


@app.command("list")
@guarded
def list_budgets(as_json: AsJson = False) -> None:
    """Every budget, and what of it is used."""
    with connect() as client:
        found = client.pages("/v1/budgets", "budgets")["budgets"]
    if as_json:
        show_json(found)
        return
    shown = table("scope", "name", "per", "at most", "used", "by", "why")
    for each in found:
        used = "-" if each["used"] is None else _amount(each["used"], each)
        shown.add_row(
            each["scope"], escape(each["name"]), each["per"], _amount(each["most"], each), used,
            escape(each["changed_by"]), escape(each["why"]),
        )  # fmt: skip
    console.print(shown if found else "There is no budget: everybody may use what they like.")


@app.command("set")
@guarded
def change(
    scope: Whose,
    name: Name,
    per: Per,
    why: Why,
    money: Annotated[float | None, typer.Option(help="At most so much money.")] = None,
    currency: Annotated[str, typer.Option(help="Of the money, as in the prices of the models.")] = "USD",
    tokens: Annotated[int | None, typer.Option(help="At most so many tokens, read and written.")] = None,
    calls: Annotated[int | None, typer.Option(help="At most so many calls.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set a budget, or another limit of one. It holds from the next question on.

    Examples: `vouch budgets set person '*' --per day --tokens 200000 --why "Fair use"`,
    `vouch budgets set department sales --per month --money 500 --currency EUR --why "Plan 2027"`
    """
    budget: dict[str, Any] = {"scope": scope, "name": name, "per": per, "currency": currency}
    budget |= {
        unit: value for unit, value in (("money", money), ("tokens", tokens), ("calls", calls)) if value is not None
    }
    with connect() as client:
        made = client.call("PUT", "/v1/budgets", {"budget": budget, "why": why})
    if as_json:
        show_json(made)
    else:
        console.print(f"{made['scope']} {escape(made['name'])}: {_amount(made['most'], made)} a {made['per']}")


@app.command()
@guarded
def remove(
    scope: Whose,
    name: Name,
    per: Per,
    unit: Annotated[Units, typer.Option(help="Of what: money, tokens or calls.")],
    why: Why,
    as_json: AsJson = False,
) -> None:
    """Remove a budget.

    Example: `vouch budgets remove person '*' --per day --unit tokens --why "No longer needed"`
    """
    body = {"scope": scope, "name": name, "per": per, "unit": unit, "why": why}
    with connect() as client:
        client.call("POST", "/v1/budgets/remove", body)
        if as_json:
            show_json(client.pages("/v1/budgets", "budgets")["budgets"])
            return
    console.print("Removed.")


def chargeback(
    month: Annotated[str | None, typer.Option(help="As 2026-11, in UTC; this one where none is said.")] = None,
    by: Annotated[Scopes, typer.Option(help="person, department, source or model.")] = Scopes.department,
    caching: Annotated[
        bool, typer.Option("--caching", help="What the providers' prompt caches brought, by model.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Who used what of the models in a month, and what it cost.

    Example: `vouch chargeback --month 2026-11 --by person --csv > november.csv`
    """
    if as_csv and as_json:
        raise Invalid("--csv and --json exclude each other.", hint="Choose one.")
    with connect() as client:
        found = client.call("GET", "/v1/chargeback", month=month, by="model" if caching else by)
    if as_json:
        show_json(found)
    elif as_csv:
        typer.echo(_csv(found), nl=False)
    elif caching:
        _show_caching(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    if not found["charges"]:
        console.print(f"No model was called in {found['month']}.")
        return
    shown = table(found["by"], "calls", "tokens read", "from cache", "written", "cost", "saved", title=found["month"])
    for each in (*found["charges"], *found["total"]):
        shown.add_row(
            escape(each["name"]) or "-", f"{each['calls']:,}", f"{each['tokens_in']:,}", f"{each['cache_read']:,}",
            f"{each['tokens_out']:,}", money(each["micros"], each["currency"]),
            money(each["saved"], each["currency"]),
        )  # fmt: skip
    console.print(shown)
    unsettled = sum(each["unsettled"] for each in found["total"])
    if unsettled:
        console.print(f"[yellow]{unsettled} calls count by their estimate: nobody saw their end.[/]")


def _show_caching(found: dict[str, Any]) -> None:
    if not found["charges"]:
        console.print(f"No model was called in {found['month']}.")
        return
    shown = table("model", "calls", "tokens read", "from cache", "hit rate", "into cache", "saved", "of the cost",
                  title=found["month"])  # fmt: skip
    for each in (*found["charges"], *found["total"]):
        shown.add_row(
            escape(each["name"]) or "-", f"{each['calls']:,}", f"{each['tokens_in']:,}", f"{each['cache_read']:,}",
            _share(each["cache_read"], each["tokens_in"]), f"{each['cache_write']:,}",
            money(each["saved"], each["currency"]), _share(each["saved"], each["micros"] + each["saved"]),
        )  # fmt: skip
    console.print(shown)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _csv(found: dict[str, Any]) -> str:
    columns = ("name", "currency", "calls", "tokens_in", "tokens_out", "cache_read", "cache_write", "cost", "saved",
               "unsettled")  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("month", found["by"], *columns[1:]))
    for each in found["charges"]:
        row = {**each, "cost": each["micros"] / MICROS, "saved": each["saved"] / MICROS, "name": _cell(each["name"])}
        writer.writerow((found["month"], *(row[column] for column in columns)))
    return text.getvalue()


def _cell(text: str) -> str:
    # A spreadsheet would take such a name for a formula.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _amount(value: int, budget: dict[str, Any]) -> str:
    return money(value, budget["currency"]) if budget["unit"] == "money" else f"{value:,} {budget['unit']}"


def money(micros: int, currency: str) -> str:
    return f"{micros / MICROS:,.4f} {currency}" if 0 < abs(micros) < MICROS else f"{micros / MICROS:,.2f} {currency}"
