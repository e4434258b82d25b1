"""``vouch sync``, ``vouch freshness`` and ``vouch failures``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape

from api.cli.client import connect, escaped
from api.cli.following import followed
from api.cli.ingest import show
from api.cli.output import console, moment, show_json, table
from api.cli.sources import AsJson
from connectors.plan import duration_text

Source = Annotated[str, typer.Argument(metavar="SOURCE")]
COLOURS = {"ok": "green", "breach": "bold red", "unknown": "yellow"}
WINDOWS = (7, 30, 90)


def sync(
    source: Source,
    full: Annotated[bool, typer.Option("--full", help="Read all of it anew, not only what changed.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Watch until the index has everything, or leave it to go on.")
    ] = True,
    confirm_empty: Annotated[
        bool, typer.Option("--confirm-empty", help="The source is really empty now: delete what it had.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a source now. What did not change costs nothing.

    Where no server runs, it is read by this command; elsewhere by the workers, which go on when you stop watching.

    Examples: `vouch sync erp`, `vouch sync erp --full`
    """
    body = {"full": full, "confirm_empty": confirm_empty}
    path = f"/v1/sources/{escaped(source)}/sync"
    with connect() as client:
        # A server of this command's own ends with it: what it began has to be watched to its end.
        if not follow and not client.alone:
            asked = client.call("POST", path, body)
            if as_json:
                show_json(asked)
            else:
                console.print(f"{escape(source)} is going to be read. See vouch sources show {escape(source)}")
            return
        report = followed(client.events("POST", path, body))
    _tell(report, as_json)


def failures(
    source: Source,
    retry: Annotated[bool, typer.Option("--retry", help="Read and parse again what failed, now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Items that could not be read, and documents that could not be parsed: why, and when each is tried again.

    Examples: `vouch failures erp`, `vouch failures erp --retry`
    """
    with connect() as client:
        if retry:
            report = followed(client.events("POST", f"/v1/sources/{escaped(source)}/failures/retry"))
            if not as_json:
                show(report)
                return
        found = client.call("GET", f"/v1/sources/{escaped(source)}/failures")
    if as_json:
        show_json(found)
        return
    if not (found["items"] or found["documents"]):
        console.print(f"Everything of {escape(source)} could be read.")
        return
    shown = table("failed", "why", "what to do", "attempts", "next try")
    for each in found["items"]:
        again = "when it changes" if each["next_at"] is None else moment(each["next_at"])
        shown.add_row(escape(each["key"]), each["code"], escape(each["reason"]), str(each["attempts"]), again)
    for each in found["documents"]:
        shown.add_row(escape(each["uri"]), each["code"], escape(each["reason"]), "1", "when it changes")
    console.print(shown)
    console.print(f"[dim]Try all of them again now: vouch failures {escape(source)} --retry[/]", soft_wrap=True)


def freshness(
    source: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="Only this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """How fresh each source is: now against its bounds, and over the last weeks (docs/freshness.md).

    Examples: `vouch freshness`, `vouch freshness erp`
    """
    with connect() as client:
        if source is None:
            found = client.call("GET", "/v1/freshness")["sources"]
        else:
            found = [client.call("GET", f"/v1/sources/{escaped(source)}/freshness")]
    if as_json:
        show_json(found if source is None else found[0])
        return
    days = "/".join(map(str, WINDOWS))
    for each in found:
        columns = ("what", "state", "bound", "stale", "p50", "p95", f"{days} d", "budget", "burn")
        shown = table(*columns, title=f"Source {escape(each['source'])}")
        for kind in each["kinds"]:
            shown.add_row(*_row(kind))
        console.print(shown)
    if not found:
        console.print("There is no source yet: vouch sources add, or vouch ingest.")
    else:
        console.print(f"[dim]p50, p95: lag; {days} d: share within the bound; budget and burn: of 30 days[/]")
    late = [kind for each in found for kind in each["kinds"] if kind["state"] != "ok"]
    if late:
        console.print("[dim]What failed: vouch sources show SOURCE[/]")


def _row(kind: dict[str, Any]) -> tuple[str, ...]:
    windows = {window["days"]: window for window in kind["windows"]}
    attained = "/".join(_share(windows[days]["attainment"]) for days in WINDOWS)
    since = f" since {moment(kind['overdue_since'])}" if kind["overdue_since"] else ""
    month = windows[30]
    return (
        kind["kind"], f"[{COLOURS[kind['state']]}]{kind['state']}[/]{since}", _duration(kind["bound"], "none"),
        _duration(kind["staleness"], "never read"), _duration(kind["p50"]), _duration(kind["p95"]), attained,
        _share(month["budget_left"]), f"{month['burn_rate']:.1f}",
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.4g} %"


def _duration(seconds: float | None, without: str = "-") -> str:
    return without if seconds is None else duration_text(timedelta(seconds=int(seconds)))


def _tell(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json({key: value for key, value in report.items() if key != "event"})
    else:
        show(report)
