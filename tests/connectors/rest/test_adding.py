"""The page docs/add-a-connector.md, followed word by word, against a small service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sources.base import account_grant, source_grant
from connectors.sources.rest.kinds import declared_kinds
from connectors.sources.rest.source import RestCursor, RestSource
from core.access import Access, Conjunction
from core.errors import Invalid
from tests.connectors.opening import SOURCE, opening
from tests.connectors.rest.building import open_kind
from tests.fakes.loopback import Asked, LoopbackServer, Reply

PAGE = Path(__file__).resolve().parents[3] / "docs" / "add-a-connector.md"
KEY = "desk-key"


class Desk(LoopbackServer):
    """The ticket system that the page describes."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.people: list[dict[str, Any]] = []

    def put(self, number: int, at: str, **fields: Any) -> None:
        usual: dict[str, Any] = {
            "id": number, "subject": f"Ticket {number}", "body": "Please help.", "status": "open", "team": "it",
            "requester": {"id": "jo", "name": "Jo Doe"}, "private": False, "deleted": False, "tags": ["printer"],
        }  # fmt: skip
        self.tickets[number] = {**usual, **self.tickets.get(number, {}), **fields, "updated_at": at}

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-key") != KEY:
            return Reply.of({"message": "who are you?"}, 401)
        if asked.path == "/api/people":
            return Reply.of({"people": self.people})
        if asked.path == "/api/tickets":
            found = [t for t in self.tickets.values() if t["updated_at"] >= asked.query["changed_since"]]
            size, page = int(asked.query["per_page"]), int(asked.query["page"])
            pages = max(1, -(-len(found) // size))
            return Reply.of({"tickets": found[(page - 1) * size : page * size], "pages": pages})
        number, _, rest = asked.path.removeprefix("/api/tickets/").partition("/")
        if int(number) not in self.tickets:
            return Reply.of({"message": "no such ticket"}, 404)
        if rest == "comments":
            return Reply.of({"comments": self.comments.get(int(number), [])})
        return Reply.of(self.tickets[int(number)])


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as service:
        yield service  # type: ignore[misc]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (declaration,) = re.findall(r"^```yaml\n(kind: .*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "desk.yaml").write_text(declaration, "utf-8")
    return tmp_path


def source(desk: Desk, folder: Path) -> RestSource:
    return open_kind("desk", {"url": desk.url, "key": "env:DESK_KEY"}, opening({"env:DESK_KEY": KEY}), folder)


def test_the_declaration_is_shorter_than_eighty_lines(folder: Path) -> None:
    assert len((folder / "desk.yaml").read_text("utf-8").splitlines()) < 80


def test_the_kind_joins_the_catalogue(folder: Path) -> None:
    (kind,) = set(declared_kinds(folder)) - set(declared_kinds())
    assert (kind.name, kind.title, kind.category) == ("desk", "Desk", "itsm")


def test_the_source_reads_documents_access_people_changes_and_deletions(desk: Desk, folder: Path) -> None:
    for number in range(1, 121):
        desk.put(number, f"2026-05-01T08:{number % 60:02}:00Z")
    desk.put(7, "2026-05-02T08:00:00Z", private=True)
    desk.comments[7] = [{"author": "Beth", "at": "2026-05-02T09:30:00+02:00", "text": "On my way."}]
    desk.people = [
        {"id": "jo", "email": "jo@example.com", "name": "Jo Doe", "left": False, "teams": ["it"], "roles": ["agent"]}
    ]
    made = source(desk, folder)
    assert [step.ok for step in made.check()] == [True, True, True, True]

    pages = list(made.poll(None))
    found = {change.key: change for page in pages for change in page.changes}
    assert len(found) == 120
    assert [len(page.changes) for page in pages] == [50, 50, 20]
    private = found["ticket/7"]
    assert private.item is not None
    document = orjson.loads(private.item.body)
    assert document["title"] == "Ticket 7"
    assert document["text"] == "Please help.\n\n## Beth, 2026-05-02 07:30 UTC\n\nOn my way."
    assert document["fields"] == [["Status", "open"], ["Requester", "Jo Doe"], ["Tags", "printer"]]
    team = [source_grant(SOURCE, "team:it"), account_grant(SOURCE, "jo")]
    assert found["ticket/8"].access == Access.of(team)
    both = Conjunction.of(team, [source_grant(SOURCE, "role:agent")])
    assert private.access == Access.of([both.grant])
    assert both in [each for page in pages for each in page.derived]

    (account,) = made.principals()
    assert (account.email, account.verified) == ("jo@example.com", True)
    assert account.groups == ("role:agent", "team:it")

    cursor = pages[-1].cursor
    assert isinstance(cursor, RestCursor)
    desk.put(8, "2026-05-03T08:00:00Z", deleted=True)
    desk.put(9, "2026-05-03T08:00:00Z", subject="Solved")
    later = list(made.poll(cursor))
    assert {key for page in later for key in page.deleted} == {"ticket/8"}
    assert {change.key for page in later for change in page.changes} == {"ticket/7", "ticket/9"}
    del desk.tickets[10]
    assert len({key for keys in made.list_ids() for key in keys}) == 118
    assert {key for page in made.read(["ticket/10", "ticket/9"]) for key in page.deleted} == {"ticket/10"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("field: record.updated_at, ", "", r"desk.yaml: resources.ticket.cursor.field: Field required"),
        ("id: record.id\n", "id: record.id |\n", r"desk.yaml: resources.ticket.id: .*cannot be read"),
        (
            '{{ record.subject }}"',
            '{{ record.subject"',
            r"desk.yaml: resources.ticket.document.title: .*cannot be read",
        ),
        ("rows: tickets", "row: tickets", r"desk.yaml: resources.ticket.row: Extra inputs"),
        ("key: env:DESK_KEY", "key: hunter2", r"desk.yaml: example: key: String should match"),
        ("kind: desk\n", "kind: roundup\n", r"desk.yaml: there already is a kind roundup"),
        ("title: Desk", "title: {{ Desk }}", r"desk.yaml, line 2: this is not YAML|desk.yaml: title"),
    ],
)
def test_a_slip_in_the_file_is_named_with_its_place(folder: Path, old: str, new: str, message: str) -> None:
    path = folder / "desk.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Invalid, match=message) as raised:
        declared_kinds(folder)
    assert "hunter2" not in str(raised.value)
