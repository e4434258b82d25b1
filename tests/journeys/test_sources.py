"""A source over its life: read, changed, emptied, suppressed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Conflict, Invalid, NotFound, Unavailable
from tests.installation import Installation

ANA = "ana@x.example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "leave.md").write_text("# Leave\n\nEvery employee has 27 days of annual leave.\n")
    (folder / "travel.md").write_text("# Travel\n\nThe hotel cap in Oslo is 190 euros a night.\n")
    return folder


def test_a_second_run_does_nothing_for_unchanged_files(installation: Installation, folder: Path) -> None:
    first = installation.ingest(folder, "policies")
    second = installation.ingest(folder, "policies")
    assert (first.new, first.unchanged) == (2, 0)
    assert (second.new, second.changed, second.unchanged, second.chunks) == (0, 0, 2, 0)


def test_a_changed_file_answers_with_its_new_content_only(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    (folder / "leave.md").write_text("# Leave\n\nEvery employee has 31 days of annual leave.\n")
    assert installation.ingest(folder, "policies").changed == 1
    texts = [passage.text for passage in installation.search("days of annual leave", ANA)]
    assert any("31 days" in text for text in texts)
    assert not any("27 days" in text for text in texts)


def test_a_vanished_file_leaves_the_answers(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    assert "travel.md" in installation.found("hotel cap in Oslo", ANA)
    (folder / "travel.md").unlink()
    assert installation.ingest(folder, "policies").deleted == 1
    assert "travel.md" not in installation.found("hotel cap in Oslo", ANA)
    assert installation.runtime.index.count() == 1


def test_a_file_that_returns_is_new_again(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    text = (folder / "travel.md").read_text()
    (folder / "travel.md").unlink()
    installation.ingest(folder, "policies")
    (folder / "travel.md").write_text(text)
    assert installation.ingest(folder, "policies").new == 1
    assert "travel.md" in installation.found("hotel cap in Oslo", ANA)


def test_an_emptied_folder_is_taken_for_unmounted_until_confirmed(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(Unavailable, match="nothing was deleted"):
        installation.ingest(folder, "policies")
    assert installation.found("annual leave", ANA)
    assert installation.ingest(folder, "policies", confirm_empty=True).deleted == 2
    assert not installation.found("annual leave", ANA)


def test_a_path_that_went_away_deletes_nothing(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(Invalid, match=r"nothing at"):
        installation.ingest(folder, "policies")
    assert installation.found("annual leave", ANA)


def test_a_suppressed_document_does_not_come_back(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    document = installation.search("hotel cap in Oslo", ANA)[0].document
    installation.runtime.sync.suppress(document.id)
    (folder / "travel.md").write_text("# Travel\n\nThe hotel cap in Oslo is 200 euros a night.\n")
    assert installation.ingest(folder, "policies").suppressed == 1
    assert "travel.md" not in installation.found("hotel cap in Oslo", ANA)
    with pytest.raises(NotFound):
        installation.runtime.desk.document(document.id, installation.principal(ANA))


def test_a_bad_file_is_reported_and_stops_nothing(installation: Installation, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing of the kind")
    (folder / "empty.txt").write_text("")
    report = installation.ingest(folder, "policies")
    assert report.new == 2
    assert {failure.key: failure.code for failure in report.failures} == {"broken.pdf": "corrupt", "empty.txt": "empty"}
    assert [failure.key for failure in installation.ingest(folder, "policies").failures] == ["broken.pdf", "empty.txt"]


def test_a_file_that_broke_no_longer_answers_with_what_it_said(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    (folder / "travel.md").write_bytes(b"\x00\x01\x02\xff" * 50)
    assert len(installation.ingest(folder, "policies").failures) == 1
    assert "travel.md" not in installation.found("hotel cap in Oslo", ANA)


def test_a_source_keeps_its_path(installation: Installation, folder: Path, tmp_path: Path) -> None:
    installation.ingest(folder, "policies")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(Conflict, match="Choose another --source"):
        installation.ingest(other, "policies")
    with pytest.raises(Invalid, match="There is nothing at"):
        installation.ingest(tmp_path / "polices", "policies")


def test_a_changed_allow_list_holds_at_once(installation: Installation, folder: Path) -> None:
    installation.person(ANA, "staff")
    installation.person("bo@x.example", "hr")
    installation.ingest(folder, "policies", allow=["staff"])
    assert installation.found("annual leave", ANA)
    assert not installation.found("annual leave", "bo@x.example")
    report = installation.ingest(folder, "policies", allow=["hr"])
    assert (report.access_changed, report.chunks) == (2, 0)
    assert not installation.found("annual leave", ANA)
    assert installation.found("annual leave", "bo@x.example")


def test_a_record_is_found_by_its_id_with_its_own_access(installation: Installation) -> None:
    installation.person(ANA, "sales")
    installation.records(
        "crm",
        [
            {"_id": "o-1", "title": "Order", "text": "Forty pumps for Noordveen.", "allow": ["sales"]},
            {"_id": "o-2", "title": "Order", "text": "Fifty pumps for Brackwell.", "allow": ["legal"]},
            {"_id": "o-3", "title": "Order", "text": "Sixty pumps for nobody.", "allow": []},
        ],
    )
    assert installation.found("pumps", ANA) == {"o-1"}


def test_a_restricted_field_is_read_by_its_groups_only(installation: Installation) -> None:
    installation.person(ANA, "staff")
    installation.person("hana@x.example", "staff", "hr")
    record = {"id": "e1", "title": "Rasmus", "text": "Works in Skovhage.", "site": "DK", "salary": "78,600 euros"}
    installation.records("people", [record], allow=["staff"], restrict={"salary": ["hr"]})
    for email, sees in ((ANA, False), ("hana@x.example", True)):
        passages = installation.search("salary of Rasmus", email)
        assert any("78,600" in passage.text for passage in passages) is sees
        document = installation.runtime.desk.document(passages[0].document.id, installation.principal(email))
        shown = "".join(segment.text for segment in document.segments())
        assert ("78,600" in shown) is sees
        assert "Skovhage" in shown


def test_a_field_restricted_later_is_hidden_from_then_on(installation: Installation) -> None:
    installation.person(ANA, "staff")
    record = {"id": "e1", "title": "Rasmus", "text": "Works in Skovhage.", "salary": "78,600 euros"}
    installation.records("people", [record], allow=["staff"])
    assert any("78,600" in passage.text for passage in installation.search("salary of Rasmus", ANA))
    old = installation.ask("What is the salary of Rasmus?", ANA)
    installation.records("people", [record], allow=["staff"], restrict={"salary": ["hr"]})
    assert not any("78,600" in passage.text for passage in installation.search("salary of Rasmus", ANA))
    again = installation.runtime.archive.answer(old.id, installation.principal(ANA))
    assert not any("78,600" in (sentence.text or "") for sentence in again.sentences)


def test_a_changed_title_is_the_title(installation: Installation, folder: Path) -> None:
    installation.person(ANA)
    installation.ingest(folder, "policies")
    (folder / "leave.md").write_text("# Time off\n\nEvery employee has 27 days of annual leave.\n")
    installation.ingest(folder, "policies")
    assert installation.search("annual leave", ANA)[0].document.title == "Time off"


def test_neighbours_are_shown_as_far_as_they_may_be_read(installation: Installation) -> None:
    installation.person(ANA, "staff")
    installation.person("hana@x.example", "staff", "hr")
    rule = "Rule number {n} says a lot about pumps and valves. "
    text = "\n\n".join(f"## Part {n}\n\n" + rule.format(n=n) * 18 for n in range(3))
    record = {"id": "r", "title": "Rules", "text": text, "salary": "78,600 euros"}
    installation.records("rules", [record], allow=["staff"], restrict={"salary": ["hr"]})
    for email, sees in ((ANA, False), ("hana@x.example", True)):
        principal = installation.principal(email)
        evidence = installation.runtime.desk.search("rule number 2 pumps", principal, limit=10, neighbours=True)
        shown = [each.text for passage in evidence.passages for each in passage.neighbours]
        assert any("Rule number 1" in each for each in shown)
        assert any("78,600" in each for each in shown) is sees
