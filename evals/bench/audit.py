"""How many events a second the log takes, chained and under signed checkpoints, and how fast it is verified."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import func, select

from core.audit import AuditLog, Commitments, Event, Sequencer, verify
from core.audit.tables import OWN, CheckpointRow
from core.clock import utc_now
from core.database import Base, Database, open_engine, sqlite_url
from core.secrets import Keyring
from evals.bench.timing import Machine, machine_json

APPEND_GOAL, VERIFY_GOAL = 2_000, 50_000
PASSAGES = 4
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Round:
    """Events a second: until each was acknowledged, until all were chained and signed, and verified. ``cpu`` are
    processor microseconds for one event, all threads together."""

    appended: float
    chained: float
    verified: float
    append_cpu: float
    verify_cpu: float
    checkpoints: int


@dataclass(frozen=True, slots=True)
class AuditResult:
    machine: Machine
    events: int
    threads: int
    rounds: tuple[Round, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "machine": machine_json(self.machine), "events": self.events, "threads": self.threads,
            "rounds": [asdict(each) for each in self.rounds],
        }  # fmt: skip


def measure(folder: Path, machine: Machine, events: int, threads: int, repeat: int, tell: Tell) -> AuditResult:
    rounds: list[Round] = []
    for number in range(repeat):
        tell(f"Round {number + 1} of {repeat}")
        directory = folder / f"round-{number}"
        directory.mkdir()
        rounds.append(_round(directory, events, threads))
    return AuditResult(machine, events, threads, tuple(rounds))


def _round(directory: Path, events: int, threads: int) -> Round:
    database = Database(open_engine(sqlite_url(directory / "vouch.db")))
    tables: Any = OWN
    Base.metadata.create_all(database.engine, tables=tables)
    keyring, head = Keyring(directory / "keys"), directory / "audit-head"
    log = AuditLog(database, keyring, utc_now)
    sequencer = Sequencer(log, database, keyring, head, utc_now)
    sequencer.start()
    each = events // threads

    def write() -> None:
        for _ in range(each):
            log.append(search_event(log))

    writers = [threading.Thread(target=write) for _ in range(threads)]
    began, cpu = time.perf_counter(), time.process_time()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    appended = time.perf_counter() - began
    sequencer.stop()
    chained, append_cpu = time.perf_counter() - began, time.process_time() - cpu
    began, cpu = time.perf_counter(), time.process_time()
    found = verify(database, keyring.public_key(), head)
    verified, verify_cpu = time.perf_counter() - began, time.process_time() - cpu
    total = each * threads
    if not found.ok or found.records != total:
        raise AssertionError(f"the log that was measured is not whole: {found}")
    with database.reading() as session:
        checkpoints = session.scalar(select(func.count()).select_from(CheckpointRow)) or 0
    database.close()
    return Round(
        total / appended, total / chained, total / verified, 1e6 * append_cpu / total, 1e6 * verify_cpu / total,
        checkpoints,
    )  # fmt: skip


def search_event(log: AuditLog) -> Event:
    """As a search has it: a question, passages with their commitments, timings."""
    commitments: Commitments = log.commitments()
    passages = [
        {"chunk": f"c-{number}", "version": f"v-{number}", "content": commitments.of("Thirty days."), "score": 0.5}
        for number in range(PASSAGES)
    ]
    details: Any = {
        "access": "ab" * 16, "grants": 3, "query": commitments.of("how many days of leave?"), "passages": passages,
        "candidates": 50, "denied": 0, "timings": {"search": 0.0123, "rank": 0.0031},
    }  # fmt: skip
    return Event(
        "search", log.subject("person-1"), "search", "done", utc_now(), trace_id="0af7651916cd43dd8448eb211c80319c",
        salt=commitments.salt, details=details,
    )  # fmt: skip


def show(result: AuditResult, console: Console) -> None:
    machine = result.machine
    console.print(
        f"{machine.processor}, {machine.threads} cores, load {machine.load}; {result.events:,} events, "
        f"{result.threads} threads, {len(result.rounds)} rounds"
    )
    for name, unit, goal in (
        ("appended", "events/s acknowledged", APPEND_GOAL),
        ("chained", "events/s chained and signed", APPEND_GOAL),
        ("verified", "events/s verified", VERIFY_GOAL),
        ("append_cpu", "us of a processor an event, appended and chained", None),
        ("verify_cpu", "us of a processor an event, verified", None),
        ("checkpoints", "checkpoints", None),
    ):
        values = [getattr(each, name) for each in result.rounds]
        beside = "" if goal is None else f"   goal {goal:,}"
        console.print(f"{statistics.median(values):12,.0f}  {unit} (best {max(values):,.0f}){beside}")
