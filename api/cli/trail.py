"""``vouch trail``: how an answer came about."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, show_json

_AGAINST = {"support": "not carried by the evidence", "says_nothing": "says nothing", "instruction": "an instruction"}


def trail(
    answer_id: Annotated[str, typer.Argument(metavar="ANSWER", help="Its id, as vouch ask shows it.")],
    acting: Annotated[
        str, typer.Option("--as", metavar="EMAIL", help="The person who asked. Recorded in the audit log.")
    ],
    as_json: AsJson = False,
) -> None:
    """Show which models were asked for an answer, how that ended, and which of their sentences were not shown.

    Example: `vouch trail 0b7c... --as ana@company.example`
    """
    with connect() as client:
        found = client.call("GET", f"/v1/answers/{escaped(answer_id)}/trail", acting=acting)
    if as_json:
        show_json(found)
        return
    console.print(Text(f"asked: {found['searched']}"))
    if found["alone_by"] is not None:
        _show_alone(found["alone_by"])
    for number, attempt in enumerate(found["attempts"], 1):
        _show(number, attempt)


def _show_alone(asked: dict[str, Any]) -> None:
    returned = asked["call"]["returned"] if asked["call"] is not None else ""
    answered = f", answered by {returned}" if returned else ""
    who = f"{asked['model']} {asked['version']} ({asked['tier']}{answered})"
    why = f" ({asked['why']})" if asked["why"] else ""
    console.print(Text.assemble((f"made to stand alone by {who}", "bold"), f"  {asked['ended']}{why}"))
    _show_call(asked["call"])


def _show_call(call: dict[str, Any] | None) -> None:
    if call is None:
        return
    tokens = call["tokens"]
    cost = "" if call["micros"] is None else f", {call['micros'] / 1_000_000:.6f} {call['currency']}"
    used = f"{tokens['input']} tokens in ({tokens['cache_read']} cached), {tokens['output']} out{cost}"
    console.print(Text(f"   {used}, {call['seconds']:.1f} s", style="dim"))
    if call["strayed"]:
        where = f"   its provider says that it answered in {call['region']}; it is not asked any more"
        console.print(Text(where, style="yellow"))


def _show(number: int, attempt: dict[str, Any]) -> None:
    version = f" {attempt['version']}" if attempt["version"] else ""
    region = f", {attempt['region']}" if attempt["region"] else ""
    who = f"{attempt['model'] or 'the documents'}{version} ({attempt['tier']}{region})"
    console.print(Text.assemble((f"{number}. {who}", "bold"), f"  {attempt['reason']}: {attempt['ended']}"))
    if attempt["why"]:
        console.print(Text(f"   {attempt['why']}", style="yellow"))
    if attempt["model"]:
        gone = len(attempt["dropped"]) - attempt["replaced"]
        held = f"sentences: {attempt['held']} held ({attempt['repaired']} with better citations)"
        console.print(Text(f"   {held}, {attempt['replaced']} replaced, {gone} dropped", style="dim"))
    _show_call(attempt["call"])
    for dropped in attempt["dropped"]:
        against: list[str] = dropped["against"]
        why = ", ".join(_AGAINST.get(each, each) for each in against)
        said = dropped["text"] if dropped["text"] is not None else f"(withheld: {dropped['withheld']})"
        done = "replaced" if dropped["replaced"] else "dropped"
        console.print(Text.assemble((f"   {done}, {why}: ", "yellow"), said))
