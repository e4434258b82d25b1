"""How the command line shows things, and how it fails."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from core.errors import VouchError

P = ParamSpec("P")
R = TypeVar("R")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """A command that shows an expected error as two lines (what happened, what to do) and exits with 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except VouchError as error:
            fail(error.message, error.hint)

    return run


def fail(message: str, hint: str = "") -> NoReturn:
    complaints.print(f"[bold red]error[/] {escape(message)}", soft_wrap=True)
    if hint:
        complaints.print(f"      {escape(hint)}", soft_wrap=True)
    raise typer.Exit(1)


def show_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def table(*columns: str, title: str | None = None) -> Table:
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


@contextmanager
def working(what: str) -> Generator[Callable[[int, int], None]]:
    """Shows how far it is; what is given is called with how much is done, and of how much."""
    with Progress(console=complaints, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def moment(value: str | None) -> str:
    """A time of the API in the local zone, to the minute."""
    return "-" if value is None else f"{datetime.fromisoformat(value).astimezone():%Y-%m-%d %H:%M}"
