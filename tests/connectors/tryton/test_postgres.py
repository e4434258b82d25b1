"""The same on PostgreSQL: its initialisation takes minutes, so it runs in make soak."""

from __future__ import annotations

import pytest

from tests.connectors.tryton.follower import Follower, Oracle, source_of
from tests.connectors.tryton.test_access import LOGINS, agree
from tests.connectors.tryton.world import build
from tests.core.audit import postgres
from tests.servers import tryton


@pytest.mark.soak
def test_on_postgresql_everyone_finds_exactly_what_tryton_lets_them_read() -> None:
    with postgres.server() as url, tryton.running_on(url) as server:
        world = build(server)
        follower = Follower(source_of(world))
        oracle = Oracle(world, follower.source)
        follower.follow()
        agree(world, follower, oracle)
        world.admin.delete("sale.sale", [world.sales[0]])
        world.admin.write("party.party", [world.parties[5]], {"active": False})
        world.admin.write("res.user", [world.users["both"]], {"company_filter": "one"})
        follower.poll()
        follower.sync_principals()
        assert f"sale.sale/{world.sales[0]}" not in follower.items
        assert f"party.party/{world.parties[5]}" not in follower.items
        agree(world, follower, oracle, LOGINS)
