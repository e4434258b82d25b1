"""Permissions of a source over time: who finds what, from the next request on, and what the index has to do for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.tables import FailureRow
from core import people
from core.tables import MembershipRow
from ingest.tables import DocumentAccessRow, DocumentRow
from tests.installation import Installation
from tests.sources.driven import Driven
from tests.sources.scripted import Scripted

ANA, BO = "ana@x.example", "bo@x.example"


@pytest.fixture
def source() -> Scripted:
    source = Scripted()
    source.account("a1", ANA, "staff")
    source.account("b1", BO, "legal")
    for number in range(6):
        source.put(f"e{number}", f"Forty pumps of type P{number} for Noordveen.")
    return source


@pytest.fixture
def driven(installation: Installation, source: Scripted) -> Driven:
    driven = Driven(installation, source)
    driven.people(ANA, BO)
    driven.sync()
    return driven


class Counting:
    """Counts the texts that are embedded from now on, queries left out."""

    def __init__(self, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts = 0
        pipeline: Any = installation.runtime.pipeline
        embedder = pipeline._embedder
        counting = self

        class Counted:
            identity, dimensions = embedder.identity, embedder.dimensions

            def embed(self, texts: Sequence[str]) -> Any:
                counting.texts += len(texts)
                return embedder.embed(texts)

        monkeypatch.setattr(pipeline, "_embedder", Counted())


ALL = {f"e{number}" for number in range(6)}


def test_people_find_what_their_accounts_may_read(driven: Driven) -> None:
    assert driven.found("pumps", ANA) == ALL
    assert driven.found("pumps", BO) == set()


def test_a_revoke_holds_at_the_next_search_before_the_index_agrees(driven: Driven, source: Scripted) -> None:
    for key in ("e0", "e1", "e2"):
        source.put(key, groups=("legal",))
    driven.work.ask_for(driven.record, full=True)
    driven.perform("read")
    assert driven.found("pumps", ANA) == {"e3", "e4", "e5"}
    driven.sync()
    assert driven.found("pumps", ANA) == {"e3", "e4", "e5"}
    assert driven.found("pumps", BO) == {"e0", "e1", "e2"}


def test_a_revoke_rewrites_the_payload_and_embeds_nothing(
    driven: Driven, source: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counting(driven.installation, monkeypatch)
    points = driven.runtime.index.point_ids()
    for key in ALL:
        source.put(key, groups=("legal",))
    driven.sync("access")
    assert driven.found("pumps", ANA) == set()
    assert driven.found("pumps", BO) == ALL
    assert (counted.texts, driven.runtime.index.point_ids()) == (0, points)
    source.put("e0", "Fifty valves for Brackwell.", modified=driven.runtime.clock())
    driven.sync("poll")
    assert counted.texts > 0, "the count would not have seen an embedding"


def test_access_sync_asks_for_no_content(driven: Driven, source: Scripted) -> None:
    source.calls.clear()
    driven.sync("access")
    assert {name for name, _ in source.calls} == {"access"}


def test_an_entry_that_the_source_does_not_name_any_more_is_nobodys(driven: Driven, source: Scripted) -> None:
    del source.entries["e0"]
    driven.sync("access")
    assert driven.found("pumps", ANA) == ALL - {"e0"}


def test_a_field_restricted_only_now_is_hidden_at_once_and_comes_back_split(
    driven: Driven, source: Scripted, installation: Installation
) -> None:
    source.account("b1", BO, "staff", "hr")
    source.put("pay", "Rasmus works in Skovhage.", secret="78,600 euros")
    driven.sync()
    assert any("78,600" in passage.text for passage in installation.search("salary of Rasmus", ANA))
    source.put("pay", secret_groups=("hr",))
    driven.work.ask_for(driven.record, full=True)
    for job in (driven.queue.take() for _ in range(len(driven.queue))):
        if job is not None and job.task == "access":
            driven.work.perform(job)
    for email in (ANA, BO):
        assert not any("78,600" in passage.text for passage in installation.search("salary of Rasmus", email))
    driven.sync()
    for email, sees in ((ANA, False), (BO, True)):
        texts = [passage.text for passage in installation.search("Rasmus works in Skovhage, salary", email)]
        assert any("Skovhage" in text for text in texts), email
        assert any("78,600" in text for text in texts) is sees


def test_a_restriction_that_ends_shows_the_field_to_readers_of_the_entry(
    driven: Driven, source: Scripted, installation: Installation
) -> None:
    source.put("pay", "Rasmus works in Skovhage.", secret="78,600 euros", secret_groups=("hr",))
    driven.sync()
    assert not any("78,600" in passage.text for passage in installation.search("salary of Rasmus", ANA))
    source.put("pay", secret_groups=None)
    driven.sync("access")
    assert any("78,600" in passage.text for passage in installation.search("salary of Rasmus", ANA))


def test_a_restriction_that_changes_hands_moves_no_content(
    driven: Driven, source: Scripted, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.account("b1", BO, "staff", "hr")
    source.put("pay", "Rasmus works in Skovhage.", secret="78,600 euros", secret_groups=("hr",))
    driven.sync()
    counted = Counting(installation, monkeypatch)
    source.put("pay", secret_groups=("board",))
    driven.sync("access")
    for email in (ANA, BO):
        assert not any("78,600" in passage.text for passage in installation.search("salary of Rasmus", email))
    assert counted.texts == 0


def test_an_entry_whose_content_and_access_disagreed_is_read_once_they_agree(
    driven: Driven, source: Scripted, installation: Installation
) -> None:
    """Content that names a restricted field beside access that does not is shown to nobody; it is not lost either."""
    source.put("pay", "Rasmus works in Skovhage.", secret="78,600 euros", secret_groups=("hr",))
    record = source.entries["pay"].record()
    source.put("pay", secret_groups=None)
    object.__setattr__(source.entries["pay"], "record", lambda: record)

    def found() -> list[str]:
        return [passage.text for passage in installation.search("Rasmus works in Skovhage", ANA)]

    driven.sync()
    assert not any("Skovhage" in text for text in found())
    source.put("pay", secret_groups=("hr",))
    with driven.database.writing() as session:
        session.execute(update(FailureRow).values(next_at=driven.runtime.clock()))
    driven.sync("retry")
    assert any("Skovhage" in text for text in found())
    assert not any("78,600" in text for text in found())


def test_a_change_of_a_group_holds_at_the_next_request_and_asks_nothing_of_the_index(
    driven: Driven, source: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    for name in ("upsert", "set_access", "remove_documents"):
        monkeypatch.setattr(driven.runtime.index, name, lambda *arguments, name=name: written.append(name))
    source.account("a1", ANA)
    source.account("b1", BO, "staff")
    driven.sync("principals")
    assert driven.found("pumps", ANA) == set()
    assert driven.found("pumps", BO) == ALL
    assert not written


def test_a_deactivated_account_loses_everything_at_the_next_request(driven: Driven, source: Scripted) -> None:
    source.account("a1", ANA, "staff", active=False)
    driven.sync("principals")
    assert driven.found("pumps", ANA) == set()


def test_an_account_that_is_gone_loses_everything_at_the_next_request(driven: Driven, source: Scripted) -> None:
    del source.accounts["a1"]
    driven.sync("principals")
    assert driven.found("pumps", ANA) == set()


def test_an_unverified_address_joins_nobody(driven: Driven, source: Scripted) -> None:
    source.account("a1", ANA, "staff", verified=False)
    source.account("b1", BO, "staff")
    driven.sync("principals")
    assert driven.found("pumps", ANA) == set()
    assert driven.found("pumps", BO) == ALL


def test_a_declared_mapping_joins_an_account_that_nobody_vouches_for(installation: Installation) -> None:
    source = Scripted()
    source.account("7", None, "staff", verified=False)
    source.put("e1", "Forty pumps for Noordveen.")
    driven = Driven(installation, source, plan={"people": {"7": " Ana@X.example "}})
    driven.people(ANA, BO)
    driven.sync()
    assert driven.found("pumps", ANA) == {"e1"}
    assert driven.found("pumps", BO) == set()


def test_a_declared_mapping_counts_before_the_address(installation: Installation) -> None:
    source = Scripted()
    source.account("7", BO, "staff")
    source.account("8", BO, "staff")
    source.put("e1", "Forty pumps for Noordveen.")
    driven = Driven(installation, source, plan={"people": {"7": ANA, "8": "nobody@x.example"}})
    driven.people(ANA, BO)
    driven.sync()
    assert driven.found("pumps", ANA) == {"e1"}
    assert driven.found("pumps", BO) == set()


def test_people_added_later_are_joined_at_the_next_sync_of_people(driven: Driven, source: Scripted) -> None:
    source.account("c1", "cleo@x.example", "staff")
    driven.sync("principals")
    driven.people("cleo@x.example")
    assert driven.found("pumps", "cleo@x.example") == set()
    driven.sync("principals")
    assert driven.found("pumps", "cleo@x.example") == ALL


def test_one_source_leaves_the_memberships_of_others_alone(installation: Installation) -> None:
    first, second = Scripted("first"), Scripted("second")
    for each in (first, second):
        each.account("a1", ANA, "staff")
        each.put(f"{each.name}-1", f"Forty pumps of {each.name}.")
    driven = Driven(installation, first, second)
    installation.person(ANA, "hr")
    driven.sync()
    assert driven.found("pumps", ANA) == {"first-1", "second-1"}
    first.accounts.clear()
    driven.sync("principals")
    assert driven.found("pumps", ANA) == {"second-1"}
    assert "group:hr" in installation.principal(ANA).grants


def test_the_history_of_access_and_membership_is_kept(driven: Driven, source: Scripted) -> None:
    source.put("e0", groups=("legal",))
    source.account("a1", ANA, "legal")
    driven.sync("access", "principals")
    with driven.database.reading() as session:
        document = session.scalars(select(DocumentRow).where(DocumentRow.key == "e0")).one()
        of_document = select(DocumentAccessRow).where(DocumentAccessRow.document_id == document.id)
        accesses = session.scalars(of_document.order_by(DocumentAccessRow.valid_from)).all()
        person = people.by_email(session, ANA).id
        memberships = {
            row.grant: (row.valid_from, row.valid_to)
            for row in session.scalars(select(MembershipRow).where(MembershipRow.person_id == person))
        }
    before, after = accesses
    assert before.valid_to == after.valid_from
    assert (after.access_key, after.valid_to) == (document.access_key, None)
    ended, begun = memberships["group:register/staff"], memberships["group:register/legal"]
    assert ended[1] == begun[0]
    assert begun[1] is None
