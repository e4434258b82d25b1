"""How long work is followed at the terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from api.cli.client import problem_of
from api.cli.output import complaints
from core.errors import Invalid


def followed(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Show how far a run is, and return its report. Raises what stopped it."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("ETA"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=complaints, transient=True) as progress:
        task = progress.add_task("listing", total=None, rate="")
        phase, began = "listing", time.monotonic()
        for event in events:
            if event["event"] == "report":
                return event
            if event["event"] == "problem":
                raise problem_of(event)
            now = f"{event['phase']} {event.get('task', '')}".strip()
            if now != phase:
                phase, began = now, time.monotonic()
                progress.reset(task, total=event["total"], description=phase)
            seconds = max(time.monotonic() - began, 1e-3)
            rate = f"{event['done'] / seconds:.0f} items/s" if event["done"] else ""
            progress.update(task, completed=event["done"], total=event["total"], rate=rate)
    raise Invalid("The run ended without a report.", hint="See the server's log, then run it again: nothing is lost.")
