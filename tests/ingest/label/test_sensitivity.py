"""How sensitive a chunk is: the highest counts, owners raise it, only administrators lower it, and all is recorded."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from connectors import repository as sources
from connectors.plan import plan_of
from core import policy_rows
from core.audit.tables import PendingRow, RecordRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.policy import SENSITIVITIES, Sensitivity
from ingest.label import repository
from ingest.label.labeller import Labeller
from ingest.label.sensitivity import Changed, Changer, change_sensitivity, document_sensitivity, history
from ingest.label.tables import LabelledVersionRow
from ingest.tables import ChunkRow, DocumentRow, VersionRow
from tests.ingest.label.detectors import Patterns
from tests.installation import Installation

KEY = "sk-abcdefgh12"
OWNER = Changer("owner", "a" * 32, frozenset({"employee", "connector_owner"}))
ADMIN = Changer("admin", "b" * 32, frozenset({"admin"}))
READER = Changer("reader", "c" * 32, frozenset({"employee"}))


def put(
    installation: Installation, records: list[dict[str, Any]], plan: dict[str, Any] | None = None, *,
    label: bool = True, **more: Any,
) -> None:  # fmt: skip
    runtime = installation.runtime
    installation.records("notes", records, **more)
    if plan is not None:
        with runtime.database.writing() as session:
            record = sources.by_name(session, "notes")
            declared = plan_of(plan, lists_everything=True).model_dump(mode="json")
            sources.put(session, "notes", record.kind, record.config, by="test", now=runtime.clock(), plan=declared)
    if label:
        Labeller(runtime.database, Patterns(), runtime.clock).drain()


def note(key: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "title": key, "text": text, **more}


def document(installation: Installation, key: str) -> DocumentRow:
    with installation.runtime.database.reading() as session:
        return session.scalars(select(DocumentRow).where(DocumentRow.key == key)).one()


def level(installation: Installation, key: str) -> Sensitivity:
    with installation.runtime.database.reading() as session:
        return document_sensitivity(session, document(installation, key).id, "patterns 1").level


def levels(installation: Installation, key: str) -> dict[str | None, Sensitivity]:
    """By the field that the chunk shows."""
    with installation.runtime.database.reading() as session:
        version = document(installation, key).current_version
        chunks = session.scalars(select(ChunkRow).where(ChunkRow.version_id == version)).all()
        labels = repository.labels_of_chunks(session, chunks, "patterns 1")
        return {chunk.part: labels[chunk.id].sensitivity for chunk in chunks}


def say(installation: Installation, key: str, wanted: Sensitivity, by: Changer, why: str = "As agreed.") -> Changed:
    runtime = installation.runtime
    with runtime.database.writing() as session:
        changed = change_sensitivity(
            session, runtime.audit, document(installation, key).id, wanted, why=why, by=by, now=runtime.clock(),
            detector="patterns 1",
        )  # fmt: skip
    runtime.pipeline.drain()
    return changed


def test_a_source_that_declares_nothing_is_internal(installation: Installation) -> None:
    put(installation, [note("a", "Lunch is at noon.")])
    assert level(installation, "a") == "internal"


def test_the_highest_of_source_place_and_findings_counts(installation: Installation) -> None:
    plan = {"sensitivity": "public", "sensitivity_at": {"hr/": "confidential", "hr/open/": "internal", "x": "internal"}}
    records = [note("a", "Lunch."), note("hr/b", "Lunch."), note("hr/open/c", "Lunch."), note("d", f"Use {KEY} here.")]
    put(installation, records, plan)
    assert {key: level(installation, key) for key in ("a", "hr/b", "hr/open/c", "d")} == {
        "a": "public", "hr/b": "confidential", "hr/open/c": "confidential", "d": "restricted",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "lowers"),
    [
        ({}, {}, False),
        ({}, {"sensitivity": "restricted"}, False),
        ({"sensitivity": "confidential"}, {}, True),
        ({"sensitivity_at": {"hr/": "restricted"}}, {}, True),
        ({"sensitivity_at": {"hr/": "restricted"}}, {"sensitivity_at": {"hr/pay/": "restricted"}}, True),
        ({"sensitivity_at": {"hr/": "restricted"}}, {"sensitivity_at": {"h": "restricted"}}, False),
        ({"sensitivity_at": {"hr/": "confidential"}}, {"sensitivity": "confidential"}, False),
        ({}, {"sensitivity": "public", "sensitivity_at": {"hr/": "restricted"}}, True),
    ],
)
def test_a_plan_tells_whether_it_lowers_the_one_before(
    before: dict[str, Any], after: dict[str, Any], lowers: bool
) -> None:
    plans = [plan_of(each, lists_everything=True) for each in (before, after)]
    assert plans[1].lowers(plans[0]) == lowers


@pytest.mark.parametrize("plan", [{"sensitivity": "secret"}, {"sensitivity_at": {"hr/": "secret"}}])
def test_a_plan_with_another_word_is_refused(plan: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="sensitivity"):
        plan_of(plan, lists_everything=True)


def test_a_restricted_field_is_at_least_confidential(installation: Installation) -> None:
    put(installation, [note("a", "Ann.", office="Pisa", salary="70,000")], restrict={"salary": ["payroll"]})
    assert levels(installation, "a")["salary"] == "confidential"
    assert levels(installation, "a")[None] == "internal"


def test_an_owner_raises_and_does_not_lower(installation: Installation) -> None:
    put(installation, [note("a", "Lunch.")])
    assert say(installation, "a", "restricted", OWNER).after == "restricted"
    assert level(installation, "a") == "restricted"
    with pytest.raises(Forbidden):
        say(installation, "a", "internal", OWNER)
    assert level(installation, "a") == "restricted"


def test_an_administrator_lowers(installation: Installation) -> None:
    put(installation, [note("a", f"An example: {KEY}.")])
    changed = say(installation, "a", "public", ADMIN, "The key is a made-up example.")
    assert (changed.before, changed.after, changed.lowered) == ("restricted", "public", True)
    assert level(installation, "a") == "public"


def test_others_say_nothing(installation: Installation) -> None:
    put(installation, [note("a", "Lunch.")])
    with pytest.raises(Forbidden):
        say(installation, "a", "restricted", READER)


@pytest.mark.parametrize("why", ["", "  ", "x" * 501])
def test_a_reason_is_asked_for(installation: Installation, why: str) -> None:
    put(installation, [note("a", "Lunch.")])
    with pytest.raises(Invalid):
        say(installation, "a", "restricted", ADMIN, why)


def test_a_document_that_is_not_there_cannot_be_changed(installation: Installation) -> None:
    runtime = installation.runtime
    with pytest.raises(NotFound), runtime.database.writing() as session:
        change_sensitivity(
            session, runtime.audit, "none", "restricted", why="x", by=ADMIN, now=runtime.clock(), detector="patterns 1"
        )


def test_what_was_lowered_does_not_hide_what_a_new_content_holds(installation: Installation) -> None:
    put(installation, [note("a", "An example.")])
    say(installation, "a", "public", ADMIN)
    assert level(installation, "a") == "public"
    put(installation, [note("a", f"Now with {KEY} in it.")])
    assert level(installation, "a") == "restricted"


def test_lowering_does_not_open_a_restricted_field(installation: Installation) -> None:
    put(installation, [note("a", "Ann.", salary="70,000")], restrict={"salary": ["payroll"]})
    say(installation, "a", "public", ADMIN)
    assert levels(installation, "a") == {None: "public", "salary": "confidential"}


def test_a_value_in_the_title_counts(installation: Installation) -> None:
    put(installation, [{"id": "a", "title": f"How to use {KEY}", "text": "Lunch is at noon."}])
    assert level(installation, "a") == "restricted"
    assert levels(installation, "a") == {None: "restricted"}


def test_an_administrator_lowers_what_a_title_raised(installation: Installation) -> None:
    put(installation, [{"id": "a", "title": f"How to use {KEY}", "text": "Lunch is at noon."}])
    assert say(installation, "a", "internal", ADMIN, "A made-up key.").lowered
    assert levels(installation, "a") == {None: "internal"}


def test_a_document_is_lowered_only_when_everything_in_it_has_been_looked_into(installation: Installation) -> None:
    put(installation, [note("a", f"Use {KEY} here.")], {"sensitivity": "confidential"}, label=False)
    with pytest.raises(Conflict) as refused:
        say(installation, "a", "internal", ADMIN)
    assert "vouch label" in refused.value.hint
    Labeller(installation.runtime.database, Patterns(), installation.runtime.clock).drain()
    assert level(installation, "a") == "restricted"
    assert say(installation, "a", "internal", ADMIN).after == "internal"


def test_a_document_is_raised_before_anybody_has_looked_into_it(installation: Installation) -> None:
    put(installation, [note("a", f"Use {KEY} here.")], label=False)
    assert say(installation, "a", "confidential", OWNER).after == "confidential"
    Labeller(installation.runtime.database, Patterns(), installation.runtime.clock).drain()
    assert level(installation, "a") == "restricted"


def test_a_version_of_which_only_the_chunks_were_looked_into_is_looked_into_again(installation: Installation) -> None:
    """As a release left it that did not look into titles."""
    put(installation, [{"id": "a", "title": f"How to use {KEY}", "text": "Lunch."}], label=False)
    runtime = installation.runtime
    with runtime.database.writing() as session:
        version = document(installation, "a").current_version
        session.add(LabelledVersionRow(version_id=version, detector=repository.detector_key("patterns 1")))
    Labeller(runtime.database, Patterns(), runtime.clock).drain()
    assert level(installation, "a") == "restricted"


def test_the_class_that_the_policy_gives_a_kind_counts(installation: Installation) -> None:
    put(installation, [note("a", "Write to ann@x.example.")])
    assert level(installation, "a") == "internal"
    runtime = installation.runtime
    held = runtime.policies.current().document
    wanted = {**held, "kinds": {**held["kinds"], "EMAIL_ADDRESS": {"class": "credential"}}}
    with runtime.database.writing() as session:
        policy_rows.put(session, wanted, why="Addresses open our accounts.", by="ada", now=runtime.clock())
    assert level(installation, "a") == "restricted"
    assert levels(installation, "a") == {None: "restricted"}


def test_who_said_what_and_why_is_kept_and_audited(installation: Installation) -> None:
    put(installation, [note("a", "Lunch.")])
    say(installation, "a", "confidential", OWNER, "It names a client.")
    say(installation, "a", "internal", ADMIN, "The client agreed.")
    runtime = installation.runtime
    with runtime.database.reading() as session:
        said = history(session, document(installation, "a").id)
    assert [(each.changed_by, each.before, each.level, each.why) for each in said] == [
        ("admin", "confidential", "internal", "The client agreed."),
        ("owner", "internal", "confidential", "It names a client."),
    ]
    runtime.sequencer.drain()
    events = [record for record in audited(installation) if record["kind"] == "sensitivity.changed"]
    assert [(each["subject"], each["details"]["before"], each["details"]["after"]) for each in events] == [
        ("a" * 32, "internal", "confidential"), ("b" * 32, "confidential", "internal"),
    ]  # fmt: skip
    assert "client" not in str(events)


def test_a_change_that_cannot_be_recorded_is_not_made(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(installation, [note("a", "Lunch.")])

    def refuse(*arguments: Any) -> str:
        raise Forbidden("No log.")

    monkeypatch.setattr(installation.runtime.audit, "enlist", refuse)
    with pytest.raises(Forbidden):
        say(installation, "a", "restricted", ADMIN)
    assert level(installation, "a") == "internal"


# The embedder


def allow_up_to(installation: Installation, highest: Sensitivity) -> None:
    limit = SENSITIVITIES.index(highest)
    installation.runtime.pipeline._admits = lambda level: SENSITIVITIES.index(level) <= limit


def follow_policy(installation: Installation) -> None:
    installation.runtime.pipeline.reconcile()
    installation.runtime.pipeline.drain()


def warnings(installation: Installation, key: str) -> list[str]:
    with installation.runtime.database.reading() as session:
        return session.get_one(VersionRow, document(installation, key).current_version).warnings


def test_what_the_policy_keeps_from_the_embedder_is_not_found_and_says_so(installation: Installation) -> None:
    installation.person("ann@x.example", "payroll")
    allow_up_to(installation, "internal")
    put(installation, [note("a", "Ann joined.", salary="seventy thousand crowns")], restrict={"salary": ["payroll"]})
    texts = " ".join(passage.text for passage in installation.search("salary crowns", "ann@x.example"))
    assert "joined" in texts
    assert "crowns" not in texts
    assert "1 of 2 passages" in warnings(installation, "a")[0]
    assert installation.runtime.index.count() == 1
    assert installation.runtime.pipeline.reconcile() == 0


def test_the_index_follows_a_policy_that_changes(installation: Installation) -> None:
    installation.person("ann@x.example")
    put(installation, [note("a", "Lunch is at noon."), note("b", "Lunch is on us.")])
    say(installation, "a", "restricted", OWNER)
    assert installation.found("lunch", "ann@x.example") == {"a", "b"}
    allow_up_to(installation, "confidential")
    follow_policy(installation)
    assert installation.found("lunch", "ann@x.example") == {"b"}
    allow_up_to(installation, "restricted")
    follow_policy(installation)
    assert installation.found("lunch", "ann@x.example") == {"a", "b"}
    assert warnings(installation, "a") == []


def test_raising_a_document_takes_it_from_the_embedder(installation: Installation) -> None:
    installation.person("ann@x.example")
    allow_up_to(installation, "confidential")
    put(installation, [note("a", "Lunch is at noon.")])
    assert installation.found("lunch", "ann@x.example") == {"a"}
    say(installation, "a", "restricted", OWNER)
    assert installation.found("lunch", "ann@x.example") == set()


def audited(installation: Installation) -> list[dict[str, Any]]:
    with installation.runtime.database.reading() as session:
        rows = session.scalars(select(RecordRow).order_by(RecordRow.seq)).all()
        pending = session.scalars(select(PendingRow)).all()
    return [orjson.loads(row.record) for row in rows] + [orjson.loads(row.event) for row in pending]
