"""What only the index on a Qdrant server has to do: it is shared, and it can be elsewhere, old or down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from core.errors import Invalid, Unavailable
from core.secrets import Secret
from ingest.index.base import IndexDamaged, IndexMismatch, IndexUnusable
from ingest.index.server import ServerIndex, discard
from tests.contracts.points import DIMENSIONS, STAFF, ids, named, point, unit
from tests.servers import qdrant_standin
from tests.servers.qdrant_standin import StandIn


@pytest.fixture
def server() -> Iterator[StandIn]:
    with qdrant_standin.running() as running:
        yield running


def opened(server: StandIn, **more: Any) -> ServerIndex:
    return ServerIndex(server.url, **{"embedder": "test", "dimensions": DIMENSIONS, **more})


def test_what_one_process_writes_another_finds(server: StandIn) -> None:
    worker, reader = opened(server), opened(server)
    worker.upsert([point("a", "leave policy")])
    assert ids(reader.search(unit(1.0), "leave", STAFF, pool=5)) == named("a")
    worker.remove_documents(["document of a"])
    assert reader.count() == 0


def test_processes_that_start_together_share_one_collection(server: StandIn) -> None:
    together = Barrier(4)

    def start(number: int) -> ServerIndex:
        together.wait()
        return opened(server)

    with ThreadPoolExecutor(4) as pool:
        indexes = list(pool.map(start, range(4)))
    indexes[0].upsert([point("a")])
    assert [index.count() for index in indexes] == [1, 1, 1, 1]


@pytest.mark.parametrize("other", [{"embedder": "another"}, {"dimensions": DIMENSIONS * 2}])
def test_a_collection_of_another_embedder_is_unusable_until_it_is_discarded(
    server: StandIn, other: dict[str, Any]
) -> None:
    opened(server).upsert([point("a")])
    with pytest.raises(IndexUnusable) as told:
        opened(server, **other)
    assert "test with 8 dimensions" in told.value.message
    discard(server.url)
    assert opened(server, **other).count() == 0


def test_a_collection_that_somebody_else_made_is_not_taken_over(server: StandIn) -> None:
    index = opened(server, collection="theirs")
    index.close()
    server.local.serve("DELETE", "/collections/theirs", None)
    server.local.serve("PUT", "/collections/theirs", {"vectors": {"dense": {"size": 8, "distance": "Cosine"}}})
    with pytest.raises(IndexMismatch, match="something else"):
        opened(server, collection="theirs")


def test_a_server_that_cannot_scope_term_statistics_is_refused() -> None:
    with qdrant_standin.running(version="1.18.4") as old, pytest.raises(Invalid, match=r"1\.18\.4; Vouch needs 1\.19"):
        opened(old)


def test_a_server_that_is_down_is_unavailable_and_comes_back(server: StandIn) -> None:
    index = opened(server)
    server.down = True
    with pytest.raises(Unavailable, match="status 503"):
        index.upsert([point("a")])
    server.down = False
    index.upsert([point("a")])
    assert index.count() == 1


def test_no_server_at_all_is_unavailable(server: StandIn) -> None:
    server.stop()
    with pytest.raises(Unavailable, match="does not answer"):
        opened(server)


def test_a_lost_collection_asks_to_be_rebuilt(server: StandIn) -> None:
    index = opened(server)
    discard(server.url)
    with pytest.raises(IndexDamaged):
        index.count()


def test_the_api_key_is_sent_and_never_shown() -> None:
    key = Secret(b"the-key-of-the-index")
    with qdrant_standin.running(api_key="the-key-of-the-index") as server:
        index = opened(server, api_key=key)
        index.upsert([point("a")])
        assert index.count() == 1
        with pytest.raises(Invalid) as told:
            opened(server, api_key=Secret(b"another-key-altogether"))
    assert not re.search("another-key|the-key", f"{told.value!r} {index!r} {told.value}")
