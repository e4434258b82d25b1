"""What every vector index has to do, whichever engine is behind it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.access import Access, AccessFilter
from core.errors import Invalid, Unavailable
from ingest.index.base import Candidate, Conditions, VectorIndex
from ingest.index.edge import EdgeIndex
from ingest.index.memory import MemoryIndex
from ingest.index.server import ServerIndex, discard
from tests.contracts.points import DIMENSIONS, STAFF, by_id, ids, named, point, point_id, random_unit, unit
from tests.servers import qdrant_standin

Open = Callable[[Path], VectorIndex]


def open_edge(directory: Path) -> VectorIndex:
    return EdgeIndex(directory, embedder="test", dimensions=DIMENSIONS)


def open_memory(directory: Path) -> VectorIndex:
    return MemoryIndex(dimensions=DIMENSIONS)


@pytest.fixture(scope="session")
def qdrant_url() -> Iterator[str]:
    """A Qdrant server: the one that ``VOUCH_TEST_QDRANT_URL`` names, else the stand-in."""
    if url := os.environ.get("VOUCH_TEST_QDRANT_URL"):
        yield url
        return
    with qdrant_standin.running() as server:
        yield server.url


@pytest.fixture
def open_server(qdrant_url: str) -> Iterator[Open]:
    """Opens an index in a collection of its own each time."""
    made: list[tuple[str, VectorIndex]] = []

    def opening(directory: Path) -> VectorIndex:
        name = f"test-{uuid4().hex}"
        opened = ServerIndex(qdrant_url, embedder="test", dimensions=DIMENSIONS, collection=name)
        made.append((name, opened))
        return opened

    yield opening
    for name, opened in made:
        opened.close()
        discard(qdrant_url, collection=name)


@pytest.fixture(params=["edge", "memory", "server"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    openers: dict[str, Open] = {"edge": open_edge, "memory": open_memory}
    opener = openers.get(request.param) or request.getfixturevalue("open_server")
    opened = opener(tmp_path / "index")
    yield opened
    opened.close()


def test_a_reader_finds_what_one_of_their_grants_allows(index: VectorIndex) -> None:
    index.upsert(
        [
            point("staff", "leave policy", allow=["group:staff"]),
            point("hr", "leave policy", allow=["group:hr", "person:1"]),
            point("finance", "leave policy", allow=["group:finance"]),
        ]
    )
    found = index.search(unit(1.0), "leave policy", AccessFilter(("group:staff", "person:1")), pool=10)
    assert ids(found) == named("staff", "hr")
    assert all(candidate.dense_rank is not None and candidate.sparse_rank is not None for candidate in found)


def test_who_reads_together_finds_what_each_of_them_may(index: VectorIndex) -> None:
    index.upsert(
        [
            point("both", "plan", allow=["group:staff", "group:it"]),
            point("staff", "plan", allow=["group:staff"]),
            point("it", "plan", allow=["group:it"]),
            point("all", "plan", allow=["everyone"]),
        ]
    )
    beside = (("everyone", "group:it"), ("everyone", "group:it", "group:x"))
    together = AccessFilter(("everyone", "group:staff"), beside)
    assert ids(index.search(unit(1.0), "plan", together, pool=10)) == named("both", "all")


def test_a_denied_grant_outweighs_an_allowed_one(index: VectorIndex) -> None:
    index.upsert([point("open", "plan"), point("denied", "plan", deny=["person:1"])])
    assert ids(index.search(unit(1.0), "plan", AccessFilter(("group:staff", "person:1")), pool=10)) == named("open")
    assert ids(index.search(unit(1.0), "plan", STAFF, pool=10)) == named("open", "denied")


def test_an_empty_allow_list_matches_nobody(index: VectorIndex) -> None:
    index.upsert([point("nobody", "plan", allow=[])])
    assert index.search(unit(1.0), "plan", AccessFilter(("everyone", "group:staff")), pool=10) == ()


def test_a_reader_without_grants_finds_nothing(index: VectorIndex) -> None:
    index.upsert([point("open", "plan", allow=["everyone", ""])])
    assert index.search(unit(1.0), "plan", AccessFilter(()), pool=10) == ()


def test_labels_narrow_a_search_to_points_that_carry_every_one(index: VectorIndex) -> None:
    sale = replace(point("sale", "forty pumps"), labels=("kind=sale", "state=done"))
    draft = replace(point("draft", "forty pumps"), labels=("kind=sale", "state=draft"))
    index.upsert([sale, draft, point("plain", "forty pumps")])

    def found(*labels: str) -> set[str]:
        return ids(index.search(unit(1.0), "pumps", STAFF, pool=10, conditions=Conditions(labels=labels)))

    assert found("kind=sale") == named("sale", "draft")
    assert found("kind=sale", "state=done") == named("sale")
    assert found("kind=invoice") == set()
    index.set_access([sale.id], Access.of(["group:staff"]), None)
    assert found("state=done") == named("sale")


def test_hidden_points_do_not_use_up_the_pool(index: VectorIndex) -> None:
    index.upsert([point(f"hidden {n}", "budget budget", allow=["group:board"]) for n in range(30)])
    index.upsert([point("visible", "the yearly budget of all teams", dense=unit(0.1, 1.0))])
    (found,) = index.search(unit(1.0), "budget", STAFF, pool=3)
    assert (found.id, found.dense_rank, found.sparse_rank) == (point_id("visible"), 0, 0)


def test_hidden_points_never_move_visible_scores(index: VectorIndex) -> None:
    visible = [point("a", "notice period of three months"), point("b", "holiday calendar"), point("c", "")]
    index.upsert(visible)
    before = by_id(index.search(unit(1.0), "notice period", STAFF, pool=10))
    index.upsert([point(f"hidden {n}", "notice period", allow=["group:board"]) for n in range(50)])
    index.upsert([point(f"denied {n}", "notice of dismissal", deny=["group:staff"]) for n in range(50)])
    assert by_id(index.search(unit(1.0), "notice period", STAFF, pool=10)) == before


def test_conditions_narrow_the_result_and_leave_scores_alone(index: VectorIndex) -> None:
    index.upsert([point("a", "travel rules", source="wiki"), point("b", "travel costs", source="files")])
    everything = by_id(index.search(unit(1.0), "travel", STAFF, pool=10))
    narrowed = index.search(unit(1.0), "travel", STAFF, pool=10, conditions=Conditions(source_ids=("wiki",)))
    assert ids(narrowed) == named("a")
    assert narrowed[0].sparse == pytest.approx(everything[point_id("a")].sparse)


def test_conditions_select_sources_documents_and_moments(index: VectorIndex) -> None:
    moments = {name: datetime(2024, month, 1, 12, tzinfo=UTC) for month, name in enumerate("abc", start=1)}
    index.upsert([point(name, document=f"d{name}", modified_at=moment) for name, moment in moments.items()])
    index.upsert([point("undated", document="dä")])

    def find(conditions: Conditions) -> set[str]:
        return ids(index.search(unit(1.0), "", STAFF, pool=10, conditions=conditions))

    assert find(Conditions()) == named("a", "b", "c", "undated")
    assert find(Conditions(document_ids=("da", "dä"))) == named("a", "undated")
    assert find(Conditions(modified_after=moments["b"])) == named("b", "c")
    assert find(Conditions(modified_before=moments["b"])) == named("a", "b")
    assert find(Conditions(modified_after=moments["b"], modified_before=moments["b"])) == named("b")
    assert find(Conditions(document_ids=("da",), modified_after=moments["b"])) == set()


def test_a_candidate_of_the_term_branch_alone_has_its_exact_cosine(index: VectorIndex) -> None:
    index.upsert([point(f"near {n}", "nothing of the kind", dense=unit(1.0, 0.01 * n)) for n in range(5)])
    index.upsert([point("far", "zebra crossing", dense=unit(0.3, 0.0, 1.0))])
    found = by_id(index.search(unit(1.0), "zebra", STAFF, pool=2))
    far = found[point_id("far")]
    assert (far.dense_rank, far.sparse_rank) == (None, 0)
    assert far.dense == pytest.approx(float(unit(0.3, 0.0, 1.0) @ unit(1.0)), abs=1e-6)
    assert len(found) == 3


def test_a_candidate_of_the_dense_branch_alone_has_no_term_score(index: VectorIndex) -> None:
    index.upsert([point("near", "nothing of the kind"), point("far", "zebra", dense=unit(0.0, 1.0))])
    near = by_id(index.search(unit(1.0), "zebra", STAFF, pool=1))[point_id("near")]
    assert (near.sparse, near.sparse_rank, near.dense_rank) == (0.0, None, 0)
    assert near.dense == pytest.approx(1.0, abs=1e-6)


def test_terms_are_stemmed_and_rare_ones_count_more(index: VectorIndex) -> None:
    index.upsert([point("rare", "The vaccinations"), point("common", "meeting notes")])
    index.upsert([point(f"filler {n}", "meetings of the team") for n in range(5)])
    found = by_id(index.search(unit(1.0), "vaccination meeting", STAFF, pool=10))
    assert found[point_id("rare")].sparse > found[point_id("common")].sparse > 0


def test_upserting_again_changes_nothing(index: VectorIndex) -> None:
    points = [point(f"p{n}", f"text number {n} about contracts", dense=random_unit(n)) for n in range(20)]
    index.upsert(points)
    before = by_id(index.search(random_unit(99), "contracts number 3", STAFF, pool=50))
    for _ in range(3):
        index.upsert(points)
    assert index.count() == 20
    after = by_id(index.search(random_unit(99), "contracts number 3", STAFF, pool=50))
    assert after.keys() == before.keys()
    for id, candidate in after.items():
        assert candidate.dense == pytest.approx(before[id].dense, abs=1e-6)
        assert replace(candidate, dense=0) == replace(before[id], dense=0)


def test_upserting_replaces_everything_about_a_point(index: VectorIndex) -> None:
    index.upsert([point("a", "old words", source="wiki")])
    index.upsert([point("a", "new terms", dense=unit(0.0, 1.0), document="other", generation=2, allow=["group:hr"])])
    assert index.search(unit(1.0), "old words", STAFF, pool=10) == ()
    moved = Conditions(document_ids=("other",))
    (found,) = index.search(unit(0.0, 1.0), "new", AccessFilter(("group:hr",)), pool=10, conditions=moved)
    assert found.dense == pytest.approx(1.0)
    assert found.sparse > 0


def test_older_generations_go_and_the_newest_stays(index: VectorIndex) -> None:
    index.upsert([point(f"v{n}", "text", document="d", generation=n) for n in (1, 2, 3)])
    index.upsert([point("other", "text", document="e", generation=1)])
    for _ in range(2):
        index.remove_older("d", 3)
        assert index.point_ids() == named("v3", "other")


def test_removed_documents_leave_neither_results_nor_statistics(index: VectorIndex) -> None:
    index.upsert([point("kept", "lease contract", document="k"), point("other", "lunch menu", document="o")])
    before = by_id(index.search(unit(1.0), "lease", STAFF, pool=10))
    index.upsert([point(f"gone {n}", "lease lease", document=f"gone {n}") for n in range(10)])
    index.remove_documents([f"gone {n}" for n in range(10)] + ["never there"])
    assert index.count() == 2
    assert by_id(index.search(unit(1.0), "lease", STAFF, pool=10)) == before


def test_access_can_be_rewritten_without_new_vectors(index: VectorIndex) -> None:
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    index.upsert([point("a", "salary table", modified_at=moment), point("b", "salary table")])
    index.set_access([point_id("a")], Access.of(["group:hr"], ["person:9"]), None)
    assert ids(index.search(unit(1.0), "salary", STAFF, pool=10)) == named("b")
    assert ids(index.search(unit(1.0), "salary", AccessFilter(("group:hr",)), pool=10)) == named("a")
    assert index.search(unit(1.0), "salary", AccessFilter(("group:hr", "person:9")), pool=10) == ()
    since = Conditions(modified_after=moment)
    assert index.search(unit(1.0), "salary", AccessFilter(("group:hr",)), pool=10, conditions=since) == ()
    index.set_access([point_id("a")], Access.of(["group:hr"]), moment)
    assert ids(index.search(unit(1.0), "", AccessFilter(("group:hr",)), pool=10, conditions=since)) == named("a")


def test_rewriting_access_of_unknown_points_is_harmless(index: VectorIndex) -> None:
    index.upsert([point("a", "plan")])
    index.set_access([point_id("never there")], Access.of(["group:hr"]), None)
    index.set_access([], Access.of(["group:hr"]), None)
    index.set_access([point_id("never there"), point_id("a")], Access.of(["group:hr"]), None)
    assert index.count() == 1
    assert ids(index.search(unit(1.0), "plan", AccessFilter(("group:hr",)), pool=10)) == named("a")


def test_names_in_any_script_are_matched_exactly(index: VectorIndex) -> None:
    index.upsert(
        [
            point("a", "Größe und Maß", document="Vertrag/Größe №1 🚚", source="wiki/日本", allow=["group:Übersicht"]),
            point("b", "東京 オフィス", document="b", source="wiki/日本語", allow=["group:Ubersicht"]),
        ]
    )
    (found,) = index.search(unit(1.0), "größe", AccessFilter(("group:Übersicht",)), pool=10)
    assert found.id == point_id("a")
    reader = AccessFilter(("group:Ubersicht", "group:Übersicht"))
    narrowed = index.search(unit(1.0), "東京", reader, pool=10, conditions=Conditions(source_ids=("wiki/日本語",)))
    assert [(candidate.id, candidate.sparse > 0) for candidate in narrowed] == [(point_id("b"), True)]
    index.remove_documents(["Vertrag/Größe №1 🚚"])
    assert index.point_ids() == named("b")


def test_a_pool_larger_than_the_index_returns_all_of_it_once(index: VectorIndex) -> None:
    index.upsert([point(f"p{n}", "apple", dense=random_unit(n)) for n in range(7)])
    found = index.search(random_unit(50), "apple", STAFF, pool=1000)
    assert len(found) == len(ids(found)) == 7
    ranked = sorted(found, key=lambda candidate: candidate.dense_rank or 0)
    assert [candidate.dense for candidate in ranked] == sorted((c.dense for c in found), reverse=True)


@pytest.mark.parametrize("text", ["", "   ", "the of and", "?!"])
def test_a_question_without_terms_is_answered_by_the_dense_branch(index: VectorIndex, text: str) -> None:
    index.upsert([point("a", "the of and"), point("b", "")])
    found = index.search(unit(1.0), text, STAFF, pool=10)
    assert ids(found) == named("a", "b")
    assert all(candidate.sparse == 0.0 and candidate.sparse_rank is None for candidate in found)


def test_an_empty_index_answers_everything_with_nothing(index: VectorIndex) -> None:
    assert index.search(unit(1.0), "anything", STAFF, pool=10) == ()
    assert (index.count(), index.point_ids(), index.vectors([point_id("a")])) == (0, frozenset(), {})
    index.upsert([])
    index.remove_older("d", 5)
    index.remove_documents([])
    index.optimize()
    assert index.count() == 0


def test_vectors_come_back_as_they_went_in(index: VectorIndex) -> None:
    points = [point(f"p{n}", "text", dense=random_unit(n)) for n in range(5)]
    index.upsert(points)
    vectors = index.vectors([*(p.id for p in points), point_id("never there")])
    assert vectors.keys() == {p.id for p in points}
    for p in points:
        np.testing.assert_allclose(vectors[p.id], p.dense, atol=1e-6)


def test_a_vector_of_the_wrong_length_is_refused(index: VectorIndex) -> None:
    short = np.ones(DIMENSIONS - 1, dtype=np.float32)
    with pytest.raises(Invalid):
        index.upsert([replace(point("a"), dense=short)])
    with pytest.raises(Invalid):
        index.search(short, "text", STAFF, pool=10)
    assert index.count() == 0


def test_more_points_than_one_call_takes_are_all_stored(index: VectorIndex) -> None:
    index.upsert([point(f"p{n}", f"text {n}", dense=random_unit(n)) for n in range(1203)])
    assert index.count() == len(index.point_ids()) == 1203


def test_a_closed_index_says_so(index: VectorIndex) -> None:
    index.close()
    index.close()
    with pytest.raises(Unavailable):
        index.search(unit(1.0), "text", STAFF, pool=10)


_GRANTS = ["everyone", "group:a", "group:b", "person:1"]
_WORDS = ["contract", "salary", "leave", "server", "invoice"]


@st.composite
def _points(draw: st.DrawFn) -> list[tuple[str, list[str], list[str], int]]:
    lists = st.lists(st.sampled_from(_GRANTS), max_size=2, unique=True)
    texts = st.lists(st.sampled_from(_WORDS), max_size=4).map(" ".join)
    return draw(st.lists(st.tuples(texts, lists, lists, st.integers(0, 30)), max_size=12))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=_points(), grants=st.lists(st.sampled_from(_GRANTS), unique=True), query=st.sampled_from(_WORDS))
def test_all_indexes_agree_on_candidates_and_scores(
    open_server: Open,
    tmp_path_factory: pytest.TempPathFactory,
    stored: list[tuple[str, list[str], list[str], int]],
    grants: list[str],
    query: str,
) -> None:
    points = [
        point(f"p{n}", text, allow=allow, deny=deny, dense=random_unit(seed))
        for n, (text, allow, deny, seed) in enumerate(stored)
    ]
    edge, memory, server = open_edge(tmp_path_factory.mktemp("index")), open_memory(Path()), open_server(Path())
    reader = AccessFilter(tuple(grants))
    found: list[dict[str, Candidate]] = []
    for opened in (edge, memory, server):
        opened.upsert(points)
        found.append(by_id(opened.search(random_unit(77), query, reader, pool=50)))
        opened.close()
    theirs = found[1]
    for ours in (found[0], found[2]):
        assert ours.keys() == theirs.keys()
        for id, candidate in ours.items():
            assert candidate.dense == pytest.approx(theirs[id].dense, abs=1e-5)
            assert candidate.sparse == pytest.approx(theirs[id].sparse, rel=1e-4)
