"""The outbox between processes: one has it at a time."""

from __future__ import annotations

from core.clock import utc_now
from core.leases import Leases
from ingest.shared import LEASE, SharedDrain
from tests.installation import Installation


def waiting(installation: Installation) -> SharedDrain:
    """A folder of one record, known but not parsed yet, and a second process that may work it off."""
    runtime = installation.runtime
    return SharedDrain(runtime.pipeline, Leases(runtime.database, utc_now), lambda seconds: None)


def test_whoever_does_not_follow_leaves_the_work_to_the_process_that_has_it(installation: Installation) -> None:
    shared = waiting(installation)
    with Leases(installation.runtime.database, utc_now).hold(LEASE) as lease:
        assert lease is not None
        assert shared.drain().documents == 0
        assert shared.reconcile() == 0


def test_whoever_follows_waits_for_their_turn(installation: Installation) -> None:
    runtime = installation.runtime
    leases = Leases(runtime.database, utc_now)
    asked: list[float] = []
    other = leases.hold(LEASE)

    def sleep(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) == 3:
            other.__exit__(None, None, None)

    other.__enter__()
    SharedDrain(runtime.pipeline, leases, sleep).drain(lambda documents, chunks: None)
    assert len(asked) == 3
    with leases.hold(LEASE) as lease:
        assert lease is not None
