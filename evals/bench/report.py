"""What a bench found: ratios first, each beside its target, then the figures behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from rich.console import Console
from rich.table import Table

from evals.bench import answer_report
from evals.bench.answer import AnswerResult
from evals.bench.ingest import IngestResult, Side
from evals.bench.search import Latency, SearchResult
from evals.bench.service import Memory, ServiceResult
from evals.bench.sync import TO_DLT, SyncResult
from evals.bench.timing import Machine, Series, machine_json

PEER_INGEST = 2.5
ENCODER_INGEST = 0.8
PEER_SEARCH = 1 / 3
RESIDENT_MB = 700.0
UNCHANGED_RUN = 1 / 50


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure with a goal. ``bound`` says on which side of ``goal`` it should lie.

    ``values`` are the ratios of the rounds; ``best`` is that of the best round of each side. Other work on the machine
    only ever slows a side down, and not both alike, so a goal is met when the median and the best rounds meet it.
    """

    name: str
    values: Series
    best: float
    goal: float
    bound: Literal["at least", "at most"]
    unit: str = ""

    @property
    def met(self) -> bool:
        both = (self.values.median, self.best)
        return min(both) >= self.goal if self.bound == "at least" else max(both) <= self.goal


@dataclass(slots=True)
class Report:
    machine: Machine
    at: datetime
    command: str
    ingest: list[IngestResult] = field(default_factory=list[IngestResult])
    service: ServiceResult | None = None
    search: list[SearchResult] = field(default_factory=list[SearchResult])
    sync: SyncResult | None = None
    answer: AnswerResult | None = None
    peer: dict[str, str] | None = None
    """Versions of the peer's packages; None when it did not run."""

    def ratios(self) -> list[Ratio]:
        found: list[Ratio] = []
        for each in self.ingest:
            found += _ingest_ratios(each)
        for each in self.search:
            if each.peer is not None:
                for way, ours in (("", each.desk), (" over HTTP", each.http)):
                    name = f"search p50{way} / LlamaIndex retriever, {each.corpus}"
                    against = ours.p50.over(each.peer.p50)
                    best = ours.p50.low / each.peer.p50.low
                    found.append(Ratio(name, against, best, PEER_SEARCH, "at most"))
        if self.answer is not None:
            found += _answer_ratios(self.answer)
        if self.service is not None:
            found += _service_ratios(self.service)
        if self.sync is not None and self.sync.against_dlt is not None:
            ours, theirs = self.sync.against_dlt.ours, self.sync.against_dlt.dlt
            found.append(
                Ratio("sync / dlt alone, Tryton", ours.over(theirs), ours.high / theirs.high, TO_DLT, "at least")
            )
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "command": self.command,
            "at": self.at.isoformat(),
            "machine": machine_json(self.machine),
            "peer": self.peer,
            "ratios": [_ratio_json(each) for each in self.ratios()],
            "ingest": [_jsonable(asdict(each)) for each in self.ingest],
            "service": None if self.service is None else asdict(self.service),
            "search": [_jsonable(asdict(each)) for each in self.search],
            "sync": None if self.sync is None else _jsonable(asdict(self.sync)),
            "answer": None if self.answer is None else _jsonable(asdict(self.answer)),
        }  # fmt: skip


def _ratio_json(ratio: Ratio) -> dict[str, Any]:
    return {
        "name": ratio.name,
        **ratio.values.as_json(),
        "best_rounds": ratio.best,
        "goal": ratio.goal,
        "bound": ratio.bound,
        "unit": ratio.unit,
        "met": ratio.met,
    }


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    machine = report.machine
    console.print(
        f"{machine.processor}, {machine.cores} cores, {machine.threads} used by each side, {machine.memory_gb} GB; "
        f"load average {machine.load} when it began",
        soft_wrap=True,
    )
    if report.sync is None and report.peer is None:
        console.print("[yellow]The peer did not run: nothing is compared with it.[/]")
    elif report.peer is not None:
        console.print(
            "Peer: " + ", ".join(f"{name} {version}" for name, version in report.peer.items()), soft_wrap=True
        )
    if ratios := report.ratios():
        console.print(_ratio_table(ratios))
    if report.ingest:
        console.print(_ingest_table(report.ingest))
    if report.search:
        console.print(_search_table(report.search))
    if report.service is not None:
        console.print(_service_table(report.service))
    if report.sync is not None:
        console.print(_sync_table(report.sync))
    if report.answer is not None:
        for table in answer_report.tables(report.answer):
            console.print(table)


def _ingest_ratios(result: IngestResult) -> list[Ratio]:
    sides = (("LlamaIndex", result.peer, PEER_INGEST), ("bare int8 encoder", result.encoder, ENCODER_INGEST))
    ours = result.product.tokens_per_second
    found: list[Ratio] = []
    for name, side, goal in sides:
        if side is not None:
            theirs = side.tokens_per_second
            label = f"ingest / {name}, {result.corpus}"
            found.append(Ratio(label, ours.over(theirs), ours.high / theirs.high, goal, "at least"))
    return found


def _answer_ratios(result: AnswerResult) -> list[Ratio]:
    found: list[Ratio] = []
    for connections, theirs in (result.peer or {}).items():
        ours, many = result.ours[connections], f"{connections} connection{'s' if connections > 1 else ''}"
        added, best = ours.added.over(theirs.added), ours.added.low / theirs.added.low
        found.append(Ratio(f"added / LiteLLM with Presidio, {many}", added, best, answer_report.ADDED, "at most"))
        speed, best = ours.per_second.over(theirs.per_second), ours.per_second.high / theirs.per_second.high
        label = f"answers/s / LiteLLM with Presidio, {many}"
        found.append(Ratio(label, speed, best, answer_report.PER_SECOND, "at least"))
    if result.peer is not None:
        # Before the rounds, once: a question is asked for the first time only once.
        first = result.first_asked / result.peer[1].added.median
        label = "added / LiteLLM with Presidio, a question's first time"
        found.append(Ratio(label, Series((first,)), first, answer_report.ADDED, "at most"))
    return found


def _service_ratios(result: ServiceResult) -> list[Ratio]:
    unchanged = result.unchanged_run.seconds / result.first_run.seconds
    resident = result.memory_loaded.total
    label = f"unchanged run / first run, {result.documents} documents"
    return [
        Ratio(label, Series((unchanged,)), unchanged, UNCHANGED_RUN, "at most"),
        Ratio("resident memory after loading", Series((resident,)), resident, RESIDENT_MB, "at most", " MB"),
    ]


def _ratio_table(ratios: Sequence[Ratio]) -> Table:
    made = _table("ratio", "median", "lowest to highest", "best rounds", "goal", "")
    for each in ratios:
        values = each.values
        spread = f"{_number(values.low)} to {_number(values.high)}" if len(values.values) > 1 else ""
        verdict = "[green]met[/]" if each.met else "[bold red]missed[/]"
        goal = f"{each.bound} {_number(each.goal)}{each.unit}"
        best = _number(each.best) if spread else ""
        made.add_row(each.name, f"[bold]{_number(values.median)}[/]{each.unit}", spread, best, goal, verdict)
    return made


def _ingest_table(results: Sequence[IngestResult]) -> Table:
    made = _table("ingest", "tokens/s", "lowest to highest", "per processor second", "seconds")
    for result in results:
        made.add_row(f"[bold]{result.corpus}[/]: {result.documents} documents, {result.chunks} chunks")
        sides: list[tuple[str, Side | None]] = [
            ("Vouch, files to index", result.product),
            ("bare int8 encoder", result.encoder),
            ("LlamaIndex pipeline", result.peer),
        ]
        for name, side in sides:
            if side is not None:
                speed = side.tokens_per_second
                made.add_row(
                    f"  {name}", _number(speed.median), f"{_number(speed.low)} to {_number(speed.high)}",
                    _number(side.tokens_per_cpu_second.median), _number(side.seconds.median),
                )  # fmt: skip
    return made


def _search_table(results: Sequence[SearchResult]) -> Table:
    made = _table("search, one query at a time", "p50 ms", "lowest to highest", "p95 ms")
    for result in results:
        made.add_row(f"[bold]{result.corpus}[/]: {result.queries} queries over {result.chunks} chunks")
        sides: list[tuple[str, Latency | None]] = [
            ("Vouch, the recorded search", result.desk),
            ("Vouch over HTTP", result.http),
            ("LlamaIndex retriever", result.peer),
        ]
        for name, side in sides:
            if side is not None:
                low, high = _number(side.p50.low), _number(side.p50.high)
                made.add_row(f"  {name}", _number(side.p50.median), f"{low} to {high}", _number(side.p95.median))
    return made


def _sync_table(result: SyncResult) -> Table:
    made = _table("sync, without parsing and embedding", "")
    if (against := result.against_dlt) is not None:
        made.add_row(f"Tryton, {against.records:,} parties: Vouch", f"{_number(against.ours.median)} records/s")
        made.add_row("the same, dlt alone, reading only", f"{_number(against.dlt.median)} records/s")
    elif result.missing:
        made.add_row("Tryton could not be read", result.missing)
    if (same := result.unchanged) is not None:
        made.add_row(f"first poll of {same.records:,} records", f"{same.first_seconds:.2f} s")
        made.add_row(f"unchanged poll, asking anything of {same.asked} documents", f"{same.seconds:.2f} s")
    if (revoked := result.revoked) is not None:
        before, at_once, after = revoked.found
        made.add_row(f"revoke of {revoked.records:,} items, access sync", f"{revoked.sync_seconds:.2f} s")
        made.add_row("found by the reader before, right after it, at the end", f"{before}, {at_once}, {after}")
        made.add_row("until the index itself agrees", f"{revoked.index_seconds:.2f} s more")
        made.add_row("points that the index lets the reader see, before and after", "{}, {}".format(*revoked.indexed))
    if (backfill := result.backfill) is not None:
        rate = backfill.records / backfill.seconds
        made.add_row(
            f"backfill of {backfill.records:,} records", f"{backfill.seconds:.1f} s, {_number(rate)} records/s"
        )
        for share, resident in backfill.resident_mb.items():
            made.add_row(f"  resident after {share}", f"{resident:.0f} MB")
    return made


def _service_table(result: ServiceResult) -> Table:
    made = _table(f"server, {result.corpus}, {result.documents} documents", "")
    made.add_row("process start to ready, new data directory", f"{result.first_start:.1f} s")
    made.add_row("process start to ready, loaded", f"{result.second_start:.1f} s")
    made.add_row("first run", f"{result.first_run.seconds:.1f} s")
    made.add_row("unchanged run", f"{result.unchanged_run.seconds:.2f} s")
    made.add_row("resident after loading", _memory(result.memory_loaded))
    made.add_row("resident after the second start", _memory(result.memory_restarted))
    made.add_row("on disk", f"{result.disk_mb:.0f} MB")
    return made


def _memory(memory: Memory) -> str:
    return (
        f"{memory.total:.0f} MB with {memory.children} children ({memory.proportional:.0f} MB counting shared pages "
        f"once); serving process {memory.serving:.0f} MB, at most {memory.peak:.0f} MB"
    )


def _table(*columns: str) -> Table:
    made = Table(header_style="bold", box=None, pad_edge=False, title_justify="left")
    for number, column in enumerate(columns):
        made.add_column(column, justify="left" if number in (0, 5) or len(columns) == 2 else "right", overflow="fold")
    return made


def _number(value: float) -> str:
    """Three digits or so."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 4
    return f"{value:,.{decimals}f}"


def _jsonable(value: Any) -> Any:
    """Every series as its median and spread."""
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    if set(fields) == {"values"}:
        return Series(tuple(fields["values"])).as_json()
    return {str(name): _jsonable(each) for name, each in fields.items()}
