"""``vouch bench sync`` on a small scale: what it says is what happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from api.bench import subject
from core.errors import Unavailable
from evals.bench import sync, tryton
from evals.bench.report import Report, show
from evals.bench.sync import Subject
from evals.bench.timing import Series, this_machine

Said = list[str]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Subject]:
    with subject(tmp_path / "data", 1) as opened:
        yield opened


def test_each_part_measures_what_it_names(opened: Subject) -> None:
    said: Said = []
    backfill = sync.measure_backfill(opened, 1200, said.append, slice_seconds=0)
    assert list(backfill.resident_mb) == ["10%", "50%", "100%"]
    assert all(resident > 0 for resident in backfill.resident_mb.values())
    unchanged = sync.measure_unchanged(opened, 60, said.append)
    assert (unchanged.records, unchanged.asked) == (60, 0)
    revoked = sync.measure_revoke(opened, 40, said.append)
    assert revoked.found[0] > 0
    assert revoked.found[1:] == (0, 0)
    assert revoked.indexed == (40, 0)
    assert len(said) == 4


def test_where_tryton_cannot_be_started_the_bench_says_so(monkeypatch: pytest.MonkeyPatch, opened: Subject) -> None:
    import importlib

    def nowhere(name: str) -> None:
        raise ImportError(name)

    with monkeypatch.context() as patched:
        patched.setattr(importlib, "import_module", nowhere)
        with pytest.raises(Unavailable, match="not here"):
            sync.measure_against_dlt(opened, 1, 1, lambda line: None)


def test_a_report_shows_the_ratio_and_what_is_missing() -> None:
    against = sync.AgainstDlt(100, Series((80.0, 90.0)), Series((100.0, 100.0)))
    report = Report(this_machine(1), datetime(2026, 11, 22, tzinfo=UTC), "vouch bench sync")
    report.sync = sync.SyncResult(against_dlt=against)
    text = StringIO()
    show(report, Console(file=text, width=160))
    assert "sync / dlt alone, Tryton" in text.getvalue()
    assert "met" in text.getvalue()
    report.sync = sync.SyncResult(missing="The servers could not be installed.")
    show(report, Console(file=text, width=160))
    assert "The servers could not be installed." in text.getvalue()
    assert report.as_json()["sync"]["missing"]
    assert tryton.NAMES
