"""What the embedded index promises beyond the contract: durability, one owner, and compaction beside service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.access import Access, AccessFilter
from core.errors import Conflict, Unavailable
from ingest.index import edge
from ingest.index.base import IndexDamaged, IndexMismatch
from ingest.index.edge import EdgeIndex
from ingest.index.home import discard
from tests.contracts.points import DIMENSIONS, STAFF, by_id, ids, named, point, point_id, random_unit, unit

_ROOT = Path(__file__).resolve().parents[2]


def open_index(directory: Path) -> EdgeIndex:
    return EdgeIndex(directory, embedder="test", dimensions=DIMENSIONS)


def shards(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("shard-*"))


def run_child(script: str, directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(directory)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


UPSERTER = """
import sys
from pathlib import Path
from tests.contracts.points import DIMENSIONS, point, random_unit
from ingest.index.edge import EdgeIndex
index = EdgeIndex(Path(sys.argv[1]), embedder="test", dimensions=DIMENSIONS)
print("open", flush=True)
n = 0
while True:
    index.upsert([point(f"p{n + k}", "text", dense=random_unit(n + k), document=f"d{n + k}") for k in range(20)])
    n += 20
    if n % 100 == 0:
        index.remove_documents([f"d{n - 1}"])
    print(n, flush=True)
"""


def test_everything_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    index.upsert([point(f"p{n}", f"contract {n}", dense=random_unit(n)) for n in range(30)])
    index.remove_documents(["document of p7"])
    index.set_access([point_id("p3")], Access.of(["group:hr"]), None)
    before = by_id(index.search(unit(1.0), "contract 4", STAFF, pool=50))
    index.close()
    again = open_index(tmp_path)
    assert by_id(again.search(unit(1.0), "contract 4", STAFF, pool=50)) == before
    assert again.count() == 29
    again.close()


@pytest.mark.parametrize("acknowledged", [1, 7, 25])
def test_a_kill_in_the_middle_of_writing_loses_nothing_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    child = run_child(UPSERTER, tmp_path)
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    for _ in range(acknowledged):
        last = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    # What was printed before the kill counts as acknowledged, too.
    rest = child.stdout.read().rpartition("\n")[0].split()
    child.wait()
    child.stdout.close()
    last = int(rest[-1]) if rest else last
    index = open_index(tmp_path)
    removed = set(range(99, last, 100))
    expected = {point_id(f"p{n}") for n in range(last) if n not in removed}
    assert expected <= index.point_ids()
    assert not {point_id(f"p{n}") for n in removed} & index.point_ids()
    np.testing.assert_allclose(index.vectors([point_id("p5")])[point_id("p5")], random_unit(5), atol=1e-6)
    index.close()


def test_a_second_opener_is_told_that_the_index_is_in_use(tmp_path: Path) -> None:
    child = run_child(UPSERTER, tmp_path)
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    with pytest.raises(Conflict, match="open in another process"):
        open_index(tmp_path)
    child.kill()
    child.communicate()
    open_index(tmp_path).close()


def test_vectors_of_another_embedder_are_never_mixed_in(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    index.upsert([point("a", "plan")])
    index.close()
    with pytest.raises(IndexMismatch, match="other"):
        EdgeIndex(tmp_path, embedder="other", dimensions=DIMENSIONS)
    with pytest.raises(IndexMismatch, match="16 dimensions"):
        EdgeIndex(tmp_path, embedder="test", dimensions=16)
    assert open_then_close(tmp_path) == 1


def open_then_close(directory: Path) -> int:
    index = open_index(directory)
    count = index.count()
    index.close()
    return count


def test_a_discarded_index_starts_empty_with_any_embedder(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    index.upsert([point("a", "plan")])
    with pytest.raises(Conflict):
        discard(tmp_path)
    index.close()
    discard(tmp_path)
    assert shards(tmp_path) == []
    rebuilt = EdgeIndex(tmp_path, embedder="other", dimensions=16)
    assert rebuilt.count() == 0
    rebuilt.close()


def test_a_damaged_index_asks_to_be_rebuilt(tmp_path: Path) -> None:
    open_index(tmp_path).close()
    (shard,) = tmp_path.glob("shard-*")
    (shard / "edge_config.json").write_text("{")
    with pytest.raises(IndexDamaged):
        open_index(tmp_path)
    (tmp_path / "index.json").write_text("not json")
    with pytest.raises(IndexDamaged):
        open_index(tmp_path)
    discard(tmp_path)
    assert open_then_close(tmp_path) == 0


def test_another_format_is_refused(tmp_path: Path) -> None:
    open_index(tmp_path).close()
    manifest = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**manifest, "format": 0}))
    with pytest.raises(IndexMismatch, match="format 0"):
        open_index(tmp_path)


def filled(directory: Path, count: int = 1000) -> EdgeIndex:
    index = open_index(directory)
    index.upsert([point(f"p{n}", f"contract {n}", dense=random_unit(n), document=f"d{n}") for n in range(count)])
    return index


def during_compaction(monkeypatch: pytest.MonkeyPatch, action: Callable[[Path], None]) -> None:
    """Run ``action`` when the child has compacted its copy, and before that copy takes over."""
    compact = EdgeIndex._compact

    def compact_then_act(self: EdgeIndex, copy: Path) -> None:
        compact(self, copy)
        action(copy)

    monkeypatch.setattr(EdgeIndex, "_compact", compact_then_act)


def test_writes_during_a_compaction_survive_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path)

    def write(copy: Path) -> None:
        index.upsert([point("late", "contract", document="late")])
        index.upsert([point("p1", "replaced", document="d1", generation=2)])
        index.remove_documents(["d2"])
        index.remove_older("d3", 2)
        index.set_access([point_id("p4")], Access.of(["group:hr"]), None)

    during_compaction(monkeypatch, write)
    before = shards(tmp_path)
    index.optimize()
    assert len(shards(tmp_path)) == 1
    assert shards(tmp_path) != before

    def check(index: EdgeIndex) -> None:
        assert index.count() == 999
        expected = {point_id(f"p{n}") for n in range(1000) if n not in (2, 3)} | named("late")
        assert index.point_ids() == expected
        assert ids(index.search(unit(1.0), "", AccessFilter(("group:hr",)), pool=10)) == named("p4")
        assert by_id(index.search(unit(1.0), "replaced", STAFF, pool=10))[point_id("p1")].sparse > 0

    check(index)
    index.close()
    again = open_index(tmp_path)
    check(again)
    again.close()


def test_compaction_changes_no_result(tmp_path: Path) -> None:
    index = filled(tmp_path)
    index.remove_documents([f"d{n}" for n in range(0, 1000, 2)])
    before = by_id(index.search(unit(1.0), "15", STAFF, pool=40))
    index.optimize()
    after = by_id(index.search(unit(1.0), "15", STAFF, pool=40))
    assert after.keys() == before.keys()
    for id, candidate in after.items():
        assert candidate.dense == pytest.approx(before[id].dense, abs=1e-6)
        assert candidate.sparse == pytest.approx(before[id].sparse, rel=1e-5)
    assert after[point_id("p15")].sparse > 0
    index.close()


def test_readers_and_writers_go_on_during_a_compaction(tmp_path: Path) -> None:
    index = filled(tmp_path, 3000)
    finished, failures, reads, written = threading.Event(), list[BaseException](), 0, 0

    def optimize() -> None:
        try:
            index.optimize()
        except BaseException as error:
            failures.append(error)
        finally:
            finished.set()

    worker = threading.Thread(target=optimize)
    worker.start()
    while not finished.is_set():
        index.upsert([point(f"late {written}", "contract", document="late")])
        written += 1
        assert len(index.search(unit(1.0), "contract", STAFF, pool=10)) >= 10
        reads += 1
    worker.join()
    assert failures == []
    assert reads > 0
    assert index.point_ids() == {point_id(f"p{n}") for n in range(3000)} | named(*(f"late {n}" for n in range(written)))
    index.close()


def test_a_failed_compaction_leaves_the_index_serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path, 100)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable, match="compaction"):
        index.optimize()
    assert index.count() == 100
    assert len(shards(tmp_path)) == 1
    index.upsert([point("later", "plan")])
    index.close()
    assert open_then_close(tmp_path) == 101


def test_a_compaction_overtaken_by_writes_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_JOURNAL_POINTS", 50)
    index = filled(tmp_path, 100)
    during_compaction(monkeypatch, lambda copy: index.upsert([point(f"late {n}") for n in range(60)]))
    with pytest.raises(Unavailable, match="overtook"):
        index.optimize()
    assert index.count() == 160
    index.close()
    assert open_then_close(tmp_path) == 160


COMPACTOR = """
import sys, time
from pathlib import Path
from tests.contracts.points import DIMENSIONS, point, random_unit
from ingest.index.edge import EdgeIndex
from ingest.index.home import IndexHome
stage = {stage!r}

def stop(*_, **__):
    print("stage", flush=True)
    sys.stdin.read()

original = getattr({owner}, stage)
def staged(self, *rest):
    if {after}:
        original(self, *rest)
    stop()
setattr({owner}, stage, staged)
index = EdgeIndex(Path(sys.argv[1]), embedder="test", dimensions=DIMENSIONS)
index.upsert([point("late", "plan")])
index.optimize()
"""


@pytest.mark.parametrize(
    ("owner", "stage", "after"),
    [
        ("EdgeIndex", "_compact", False),
        ("EdgeIndex", "_compact", True),
        ("EdgeIndex", "_catch_up", True),
        ("IndexHome", "make_live", False),
        ("IndexHome", "make_live", True),
    ],
)
def test_a_kill_at_any_step_of_a_compaction_leaves_one_whole_index(
    tmp_path: Path, owner: str, stage: str, after: bool
) -> None:
    filled(tmp_path, 300).close()
    script = COMPACTOR.format(owner=owner, stage=stage, after=after)
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "stage\n"
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    assert len(shards(tmp_path)) == 2
    index = open_index(tmp_path)
    assert index.count() == 301
    assert len(shards(tmp_path)) == 1
    index.close()


def test_closing_stops_a_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path, 500)
    started, failures, children = threading.Event(), list[BaseException](), list[subprocess.Popen[bytes]]()
    popen = subprocess.Popen

    def announce(*arguments: object, **options: object) -> object:
        child = popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        children.append(child)
        started.set()
        return child

    monkeypatch.setattr(edge.subprocess, "Popen", announce)

    def optimize() -> None:
        try:
            index.optimize()
        except Unavailable as error:
            failures.append(error)

    worker = threading.Thread(target=optimize)
    worker.start()
    started.wait()
    index.close()
    worker.join()
    children[0].communicate()
    assert len(failures) == 1
    assert open_then_close(tmp_path) == 500


def test_small_indexes_need_no_compaction(tmp_path: Path) -> None:
    index = filled(tmp_path, 500)
    assert not index.needs_optimize()
    index.close()


def test_many_points_without_a_graph_ask_for_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_DRIFT_POINTS", 400)
    index = filled(tmp_path, 500)
    assert index.needs_optimize()
    index.close()


def test_space_of_deleted_points_asks_for_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_DRIFT_POINTS", 400)
    index = filled(tmp_path, 500)
    index.remove_documents([f"d{n}" for n in range(240)])
    assert not index.needs_optimize()
    index.remove_documents([f"d{n}" for n in range(490)])
    assert index.needs_optimize()
    index.optimize()
    assert not index.needs_optimize()
    assert index.count() == 10
    index.close()


@pytest.mark.soak
def test_a_large_index_is_compacted_while_it_serves(tmp_path: Path) -> None:
    count, width, queries = 35_000, 384, 20
    # Points around centres, as texts lie around subjects: among uniformly random points nothing is near anything.
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(700, width))
    drawn = centres[rng.integers(0, 700, count + queries)] + 0.8 * rng.normal(size=(count + queries, width))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    vectors, asked = drawn[:count].astype(np.float32), drawn[count:].astype(np.float32)
    index = EdgeIndex(tmp_path, embedder="test", dimensions=width)
    for start in range(0, count, 1000):
        rows = range(start, start + 1000)
        index.upsert([point(f"p{n}", f"contract number {n}", dense=vectors[n], document=f"d{n}") for n in rows])
    assert index.needs_optimize()
    finished, late = threading.Event(), 0
    worker = threading.Thread(target=lambda: (index.optimize(), finished.set()))
    worker.start()
    while not finished.is_set() and worker.is_alive():
        index.upsert([point(f"late {late}", "contract", dense=vectors[late], document="late")])
        late += 1
        assert index.search(vectors[7], "contract number 7", STAFF, pool=10)
    worker.join()
    assert finished.is_set()
    assert index.count() == count + late
    assert not index.needs_optimize()
    index.remove_documents(["late"])
    recalled = 0
    for query in asked:
        nearest = {point_id(f"p{n}") for n in np.argsort(-(vectors @ query))[:10]}
        recalled += len(ids(index.search(query, "", STAFF, pool=100)) & nearest)
    assert recalled >= 0.97 * 10 * queries
    index.close()
