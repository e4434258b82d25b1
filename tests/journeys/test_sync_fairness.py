"""A large backfill keeps nobody waiting: what changes in other sources is searchable before it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from connectors.sources.base import Page
from tests.installation import Installation
from tests.sources.driven import Driven
from tests.sources.scripted import START, Position, Scripted

ANA = "ana@x.example"
FAST = 10
MOST_PAGES = 4000
"""The backfill ends here, whether the others had their turn or not."""


class Backfill(Scripted):
    """Goes on for page after page until ``enough`` says that everybody else has had their turn."""

    pages = 0
    enough: Any = staticmethod(lambda: False)
    fair = False

    def poll(self, cursor: Position | None) -> Iterator[Page]:
        while not self.fair and self.pages < MOST_PAGES:
            self.pages += 1
            key = f"b{self.pages:06}"
            moment = START + self.pages * timedelta(seconds=1)
            self.put(key, "Some entry of long ago.", modified=moment)
            page = self._page([key])
            yield Page(page.changes, derived=page.derived, cursor=Position(at=moment, key=key))
            self.fair = self.pages % 25 == 0 and self.enough()


@pytest.mark.parametrize("workers", [2, 1])
def test_ten_small_sources_are_searchable_before_a_large_backfill_ends(
    installation: Installation, workers: int
) -> None:
    backfill = Backfill("backfill")
    small = [Scripted(f"small{number}") for number in range(FAST)]
    for source in (backfill, *small):
        source.account("a1", ANA, "staff")
    driven = Driven(installation, backfill, *small, plan={"slice_seconds": 1})
    driven.people(ANA)
    backfill.fair = True
    driven.sync("principals")
    backfill.fair = False
    for source in small:
        source.put(source.name, f"Zebras of {source.name}.")
    wanted = {source.name for source in small}
    backfill.enough = lambda: wanted <= driven.found("zebras", ANA)
    # A slice is as many pages as there is patience for, however fast the machine is.
    moments = count()
    installation.runtime.sync._elapsed = lambda: next(moments) / 20
    run_workers(driven, backfill, workers)
    assert backfill.fair, f"{wanted - driven.found('zebras', ANA)} had to wait for the end of the backfill"
    assert backfill.pages < MOST_PAGES


def run_workers(driven: Driven, backfill: Backfill, workers: int) -> None:
    """Threads that take jobs until the backfill has ended. The backfill's job comes first."""
    driven.work.ask_for(driven.records["backfill"])
    for name, record in driven.records.items():
        if name != "backfill":
            driven.work.ask_for(record)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while not backfill.fair and backfill.pages < MOST_PAGES:
                job = driven.queue.take()
                if job is None:
                    driven.work.tick()
                else:
                    driven.work.perform(job)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
