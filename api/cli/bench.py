"""``vouch bench`` and ``vouch eval``."""

from __future__ import annotations

import typer

app = typer.Typer(help="Speed, side by side with a peer in the same run.", no_args_is_help=True)
evaluations = typer.Typer(help="Quality on data sets.", no_args_is_help=True)
