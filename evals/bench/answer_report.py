"""The tables of ``vouch bench answer``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table

from evals.bench.answer import RETRIEVAL, AnswerResult, Around

ADDED = 0.4
PER_SECOND = 3.0


def tables(result: AnswerResult) -> Iterator[Table]:
    around = _table(
        f"around the model, {result.prompts} prompts of {result.characters:,} characters",
        "connections", "added p50 ms", "p95 ms", "answers/s", "processor ms",
    )  # fmt: skip
    sides: list[tuple[str, Mapping[int, Around] | None]] = [
        ("Vouch; added: retrieval apart", result.ours),
        ("LiteLLM + Presidio, same prompts", result.peer),
        ("LiteLLM + Presidio, question alone", result.questions_only),
    ]
    for name, side in sides:
        for connections, each in (side or {}).items():
            around.add_row(
                name, str(connections), f"{each.added.median:,.1f}", f"{each.added_p95.median:,.1f}",
                f"{each.per_second.median:,.2f}", f"{each.processor.median:,.0f}",
            )  # fmt: skip
    around.add_row("Vouch, a question's first time", "1", f"{result.first_asked:,.1f}", "", "", "")
    for connections, direct in result.direct.items():
        around.add_row("the model server alone, in all", str(connections), f"{direct.median:,.1f}", "", "", "")
    yield around
    steps = _table(
        f"Vouch's steps, median ms ({result.answered:.0%} answered)",
        "asked first", *(f"at {count}" for count in result.steps),
    )  # fmt: skip
    columns = (result.first_steps, *result.steps.values())
    for name in dict.fromkeys(name for each in columns for name in each):
        shown = f"{name} (retrieval)" if name in RETRIEVAL else name
        steps.add_row(shown, *(f"{each.get(name, 0.0):,.1f}" for each in columns))
    yield steps


def _table(first: str, *columns: str) -> Table:
    made = Table(header_style="bold", box=None, pad_edge=False, title_justify="left")
    made.add_column(first, overflow="fold")
    for column in columns:
        made.add_column(column, justify="right", overflow="fold")
    return made
