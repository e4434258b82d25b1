"""A process of its own that sends what is due, once; the test kills it. Arguments: the database's address and the
secrets as JSON."""

from __future__ import annotations

import json
import sys
from random import Random

from connectors.destinations.catalogue import open_destination
from connectors.destinations.outbox import Outbox
from core.database import Database, open_engine
from tests.conftest import StandingClock
from tests.connectors.destinations.means import means


def main(url: str, secrets: str) -> None:
    clock = StandingClock()
    opened = means(clock, json.loads(secrets))
    outbox = Outbox(
        Database(open_engine(url)),
        lambda record: open_destination(record.kind, record.config, opened),
        clock,
        Random(7),
    )
    outbox.send_due()


if __name__ == "__main__":
    main(*sys.argv[1:])
