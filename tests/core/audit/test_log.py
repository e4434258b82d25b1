from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier
from threading import Event as Event_
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from core.audit import Event, Sequencer, repository, sequencer
from core.audit.checkpoints import read_head
from core.audit.tables import CheckpointRow, PendingRow, RecordRow, TileRow
from core.clock import utc_now
from core.errors import Refused
from tests.conftest import StandingClock
from tests.core.audit.installation import Installation


def restarted(installation: Installation) -> Installation:
    """The same directory, opened anew."""
    log = installation.log
    again = Sequencer(log, installation.database, installation.keyring, installation.head, utc_now)
    return Installation(installation.database, installation.keyring, log, again, installation.head)


def test_an_event_is_chained_once_and_in_order(installation: Installation) -> None:
    ids = [installation.log.append(installation.event()) for _ in range(sequencer.BATCH + 7)]
    assert installation.sequencer.run_once() == sequencer.BATCH
    installation.sequencer.drain()
    assert installation.logged_ids() == ids
    assert installation.sequencer.run_once() == 0
    assert installation.verify().ok


def test_the_thread_chains_what_is_appended(installation: Installation) -> None:
    installation.log.append(installation.event())
    installation.sequencer.start()
    assert len(installation.logged_ids()) == 1
    for _ in range(3):
        installation.log.append(installation.event())
    installation.sequencer.stop()
    assert installation.verify().records == 4


def test_what_is_written_unfollowed_lets_nothing_else_through(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stuck:
        def check(self) -> None:
            raise Refused("The log cannot be continued.")

        def wake(self) -> None:
            """Nothing waits."""

    log = installation.log
    log.follow(Stuck())
    commit = log._commit  # pyright: ignore[reportPrivateUsage]
    with ThreadPoolExecutor(1) as pool:

        def meanwhile(group: Any) -> None:
            with pytest.raises(Refused):
                pool.submit(log.append, installation.event()).result(timeout=10)
            commit(group)

        monkeypatch.setattr(log, "_commit", meanwhile)
        log.unfollowed(installation.event())
    with installation.database.reading() as session:
        assert len(session.scalars(select(PendingRow.id)).all()) == 1


def test_eight_threads_append_without_loss(installation: Installation) -> None:
    installation.sequencer.start()

    def writer(_: int) -> list[str]:
        return [installation.log.append(installation.event()) for _ in range(40)]

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(writer, range(8)))
    installation.sequencer.stop()
    logged = installation.logged_ids()
    assert sorted(logged) == sorted(one for ids in written for one in ids)
    for ids in written:
        places = [logged.index(one) for one in ids]
        assert places == sorted(places)
    assert installation.verify().ok


def test_two_sequencers_share_one_chain(installation: Installation) -> None:
    second = restarted(installation).sequencer
    ids = [installation.log.append(installation.event()) for _ in range(600)]

    def drain(one: Sequencer) -> None:
        one.drain()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(drain, [installation.sequencer, second]))
    assert installation.logged_ids() == ids
    assert installation.verify().ok


def test_an_event_that_cannot_be_written_is_refused(installation: Installation) -> None:
    event = installation.event()
    installation.run_sql("DROP TABLE audit_pending")
    with pytest.raises(Refused):
        installation.log.append(event)


def test_an_enlisted_event_is_kept_or_lost_with_the_change(installation: Installation) -> None:
    def change_that_fails() -> None:
        with installation.database.writing() as session:
            installation.log.enlist(session, installation.event())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_that_fails()
    with installation.database.writing() as session:
        kept = installation.log.enlist(session, installation.event())
    installation.sequencer.drain()
    assert installation.logged_ids() == [kept]


STEPS = [
    (sequencer, "prepare_head", "before"),
    (sequencer, "prepare_head", "after"),
    (repository, "extend", "before"),
    (repository, "extend", "after"),
    (repository, "flush", "before"),
    (sequencer, "publish_head", "before"),
    (sequencer, "publish_head", "after"),
]


@pytest.mark.parametrize(("module", "step", "when"), STEPS, ids=lambda value: getattr(value, "__name__", value))
@pytest.mark.parametrize("earlier", [0, 1, 3])
def test_a_crash_at_any_step_of_sequencing_loses_and_doubles_nothing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, when: str, earlier: int
) -> None:
    installation.write(*[2] * earlier)
    ids = installation.logged_ids() + [installation.log.append(installation.event()) for _ in range(3)]
    original = getattr(module, step)

    def fail(*arguments: Any) -> None:
        # An empty log publishes its first head before the batch: the crash belongs to the batch.
        if not (earlier == 0 and arguments and getattr(arguments[-1], "size", 1) == 0):
            if when == "after":
                original(*arguments)
            raise OSError
        original(*arguments)

    monkeypatch.setattr(module, step, fail)
    with pytest.raises(Refused):
        installation.sequencer.run_once()
    with pytest.raises(Refused):
        installation.log.append(installation.event())
    monkeypatch.undo()
    assert installation.verify().ok

    again = restarted(installation)
    again.sequencer.drain()
    assert again.logged_ids() == ids
    assert again.verify().ok
    again.log.append(again.event())
    again.sequencer.drain()
    assert again.verify().records == len(ids) + 1


def test_events_are_taken_again_once_sequencing_recovers(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("", {}, Exception())

    installation.log.append(installation.event())
    monkeypatch.setattr(repository, "extend", fail)
    with pytest.raises(Refused):
        installation.sequencer.run_once()
    with pytest.raises(Refused):
        installation.log.append(installation.event())
    monkeypatch.undo()
    installation.sequencer.drain()
    installation.log.append(installation.event())


def cut(log: Installation) -> None:
    log.remove(RecordRow, 4, 6)
    log.remove(CheckpointRow, 4, 6)


def cut_records(log: Installation) -> None:
    log.remove(RecordRow, 6)


def cut_all(log: Installation) -> None:
    log.remove(RecordRow, 1, 6)
    log.remove(CheckpointRow, 1, 6)


def rewrite(log: Installation) -> None:
    log.edit(RecordRow, 6, hash=bytes(32))


def unlink(log: Installation) -> None:
    log.head.unlink()


def damage(log: Installation) -> None:
    log.head.write_bytes(b"{}")


@pytest.mark.parametrize("tamper", [cut, cut_records, cut_all, rewrite, unlink, damage], ids=lambda f: f.__name__)
def test_a_chain_that_was_cut_is_never_continued(installation: Installation, tamper: Any) -> None:
    installation.write(3, 3)
    installation.log.append(installation.event())
    tamper(installation)
    before = installation.logged_ids()
    again = restarted(installation)
    with pytest.raises(Refused, match="vouch audit verify"):
        again.sequencer.start()
    with pytest.raises(Refused):
        again.log.append(again.event())
    assert again.logged_ids() == before
    assert not again.verify().ok


def test_a_pending_event_that_was_damaged_stops_the_log(installation: Installation) -> None:
    installation.log.append(installation.event())
    with installation.database.writing() as session:
        session.execute(update(PendingRow).values(event=b"[1]"))
    with pytest.raises(Refused, match="audit_pending"):
        installation.sequencer.start()
    with pytest.raises(Refused):
        installation.log.append(installation.event())


def test_a_head_file_put_back_stops_the_log(installation: Installation) -> None:
    installation.write(3)
    older = installation.head.read_bytes()
    installation.write(3)
    installation.head.write_bytes(older)
    with pytest.raises(Refused):
        restarted(installation).sequencer.drain()


@pytest.mark.parametrize("tamper", [cut, unlink, damage], ids=lambda f: f.__name__)
def test_an_operator_can_go_on_from_a_restored_database_and_the_log_says_so(
    installation: Installation, tamper: Any
) -> None:
    installation.write(3, 3)
    head = read_head(installation.head, installation.keys)
    assert head is not None
    tamper(installation)
    again = restarted(installation)
    again.sequencer.accept_head(installation.log.subject("operator"))
    again.sequencer.drain()
    result = again.verify()
    assert result.ok
    assert result.records == (4 if tamper is cut else 7)
    record = again.rows()[-1].record.decode()
    assert '"reason":"head_accepted"' in record
    assert (f'"expected":"{head.root.hex()}"' in record) is (tamper is cut)


def test_a_log_that_is_broken_in_itself_is_not_accepted(installation: Installation) -> None:
    installation.write(3, 3)
    cut_records(installation)
    with pytest.raises(Refused):
        installation.sequencer.accept_head("")


def test_another_key_does_not_continue_the_chain(installation: Installation, tmp_path: Path) -> None:
    installation.write(2)
    (tmp_path / "keys").rename(tmp_path / "keys-lost")
    database, head = installation.database, installation.head
    other = Installation.open(tmp_path, database.engine.url.render_as_string(hide_password=False))
    other.log.append(other.event())
    with pytest.raises(Refused, match="key"):
        Sequencer(other.log, database, other.keyring, head, utc_now).drain()
    other.close()


def signed_at(installation: Installation) -> datetime:
    head = read_head(installation.head, installation.keys)
    assert head is not None
    return head.moment


def test_the_head_is_signed_anew_each_minute_and_at_the_end(installation: Installation) -> None:
    clock = StandingClock()
    one = Sequencer(installation.log, installation.database, installation.keyring, installation.head, clock)
    installation.log.append(installation.event())
    one.drain()
    checkpoints = len(installation.checkpoints())
    for seconds, again in ((59, False), (1, True), (30, False), (30, True)):
        before = signed_at(installation)
        clock.tick(seconds=seconds)
        one.run_once()
        assert (signed_at(installation) == clock.now) is again
        assert (signed_at(installation) > before) is again
    clock.tick(seconds=5)
    one.stop()
    assert signed_at(installation) == clock.now
    # Only in the file: the database says nothing new.
    assert len(installation.checkpoints()) == checkpoints
    assert installation.verify().ok


def test_a_key_that_was_made_but_never_named_is_used_by_the_next_change(installation: Installation) -> None:
    installation.write(1)
    installation.keyring.make_signing_key()
    restarted(installation).write(1)
    assert installation.verify().ok
    assert installation.sequencer.rotate("") == 1
    installation.write(1)
    assert len(installation.verify().keys) == 2


def test_another_process_goes_on_with_the_new_key(installation: Installation) -> None:
    installation.write(1)
    url = installation.database.engine.url.render_as_string(hide_password=False)
    other = Installation.open(installation.head.parent, url)
    other.write(1)
    installation.sequencer.rotate("")
    other.write(2)
    installation.write(1)
    assert installation.verify().ok
    assert installation.verify().records == 6
    other.close()


def test_a_change_to_a_key_that_is_not_held_here_is_never_chained(installation: Installation) -> None:
    """Somebody who may write to the database has no say in which key signs."""
    installation.write(1)
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    details = {"generation": 1, "key": stranger}
    installation.log.append(Event("audit.rotated", "", "rotate", "done", utc_now(), details=details))
    with pytest.raises(Refused, match="audit_pending"):
        installation.sequencer.drain()
    with pytest.raises(Refused):
        installation.log.append(installation.event())
    assert installation.verify().records == 1


def test_the_tree_is_taken_up_again_from_what_is_stored(installation: Installation) -> None:
    for size in (255, 1, 1, 300):
        installation.write(size)
        restarted(installation).write(1)
    assert installation.verify().ok
    with installation.database.reading() as session:
        assert [(row.level, row.index) for row in session.scalars(select(TileRow))] == [(1, 0), (1, 1)]


def test_events_that_arrive_together_share_a_transaction_and_fail_together(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one waits in its transaction until all others have arrived."""
    log, arrived, commits = installation.log, Barrier(8), list[int]()
    original = log._commit

    def commit(group: Any) -> None:
        commits.append(len(group))
        if len(commits) == 1:
            arrived.wait(30)
            while len(log._queue) < 7:
                Event_().wait(0.001)
        if len(commits) == 2:
            installation.run_sql("DROP TABLE audit_pending")
        original(group)

    monkeypatch.setattr(log, "_commit", commit)

    def writer(number: int) -> str:
        event = installation.event()
        if number:
            arrived.wait(30)
        try:
            return log.append(event)
        except Refused:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(writer, range(8)))
    assert commits == [1, 7]
    assert said.count("refused") == 7
    assert said[0] != "refused"
