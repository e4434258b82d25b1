"""What every declaration gets from the engine: paging, resuming, signing in, access that fails closed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connectors.errors import SourceMisbehaves, SourceRejected
from connectors.sources.base import Change, NoCursor, Page, account_grant, source_grant
from connectors.sources.rest.source import RestCursor, RestSource
from core.access import EVERYONE, NOBODY, Access
from tests.connectors.opening import SOURCE, Time, opening
from tests.connectors.rest.building import open_kind
from tests.fakes.loopback import Asked, LoopbackServer, Reply

Answer = Callable[[Asked], Reply]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Service(LoopbackServer):
    """Answers by path."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Answer] = {}

    def answer(self, asked: Asked) -> Reply:
        found = self.answers.get(asked.path)
        return found(asked) if found else Reply.of({"message": "not found"}, 404)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running  # type: ignore[misc]


@pytest.fixture
def make(service: Service, tmp_path: Path) -> Callable[..., RestSource]:
    """A source after a declaration with one resource ``thing`` that is changed by keyword; ``top`` changes the rest."""

    def made(
        resource: Mapping[str, Any] | None = None, *, secrets: Mapping[str, str] | None = None, top: Any = None,
        config: Mapping[str, Any] | None = None,
    ) -> RestSource:  # fmt: skip
        thing = {
            "path": "/things", "rows": "things", "id": "record.id", "access": {"allow": [{"declared": "readers"}]},
            "document": {"title": "{{ record.name }}"}, **(resource or {}),
        }  # fmt: skip
        words = dict.fromkeys(("auth", "cursor", "deletions", "permissions", "tested"), "-")
        declaration = {
            "kind": "thing", "title": "Things", "category": "itsm", "words": words,
            "settings": {
                "url": {"type": "url", "about": "-"},
                "readers": {"type": "access_map", "about": "-"},
                "secret": {"type": "secret", "about": "-", "optional": True},
            },
            "auth": [{"kind": "none"}], "rate": {"per_second": 1000, "burst": 1000}, "resources": {"thing": thing},
            "example": "url: https://example.com\nreaders: [{allow: [everyone]}]", **(top or {}),
        }  # fmt: skip
        (tmp_path / "thing.yaml").write_text(yaml.safe_dump(declaration), "utf-8")
        settings = {"url": service.url, "readers": [{"allow": ["everyone"]}], **(config or {})}
        return open_kind("thing", settings, opening(secrets, time=Time(now=NOW)), tmp_path)

    return made


Make = Callable[..., RestSource]


def things(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"Thing {number}"} for number in numbers]


def changes(pages: list[Page]) -> dict[str, Change]:
    return {change.key: change for page in pages for change in page.changes}


def keys(made: RestSource) -> list[str]:
    return list(changes(list(made.poll(None))))


def numbered(*numbers: int) -> list[str]:
    return [f"thing/{number}" for number in numbers]


def by_offset(asked: Asked) -> Reply:
    start, size = int(asked.query["offset"]), int(asked.query["limit"])
    return Reply.of({"things": things(*range(7))[start : start + size], "total": 7})


def by_page(asked: Asked) -> Reply:
    page = int(asked.query["page"])
    return Reply.of({"things": things(*range(7))[page * 3 : page * 3 + 3]})


def by_token(asked: Asked) -> Reply:
    start = int(asked.json().get("paging", {}).get("cursor") or 0)
    body: dict[str, Any] = {"things": things(*range(7))[start : start + 3]}
    if start + 3 < 7:
        body["next"] = str(start + 3)
    return Reply.of(body)


def by_link(asked: Asked) -> Reply:
    start = int(asked.query.get("from", 0))
    body: dict[str, Any] = {"things": things(*range(7))[start : start + 3]}
    if start + 3 < 7:
        body["@odata.nextLink"] = f"/things?from={start + 3}"
    return Reply.of(body)


def by_header(asked: Asked) -> Reply:
    start = int(asked.query.get("from", 0))
    link = {"Link": f'</things?from={start + 3}>; rel="next"'} if start + 3 < 7 else {}
    return Reply.of({"things": things(*range(7))[start : start + 3]}, headers=link)


PAGING: dict[str, tuple[Answer, dict[str, Any]]] = {
    "offset": (by_offset, {"paginate": {"kind": "offset", "size": 3, "total": "total"}}),
    "offset to an empty page": (by_offset, {"paginate": {"kind": "offset", "size": 7}}),
    "page": (by_page, {"paginate": {"kind": "page", "first": 0, "size": 3}}),
    "token": (
        by_token,
        {
            "method": "POST", "body": {},
            "paginate": {"kind": "token", "token": "next", "param": "paging.cursor", "in": "body"},
        },
    ),
    "link": (by_link, {"paginate": {"kind": "link", "next": "'@odata.nextLink'"}}),
    "link header": (by_header, {"paginate": {"kind": "link_header"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGING)
def test_every_way_of_paging_reads_everything_once(service: Service, make: Make, name: str) -> None:
    service.answers["/things"], resource = PAGING[name]
    made = make(resource)
    assert keys(made) == numbered(*range(7))
    assert [key for some in made.list_ids() for key in some] == numbered(*range(7))


@pytest.mark.parametrize("name", [name for name in PAGING if "empty" not in name])
def test_a_run_that_was_stopped_goes_on_with_the_next_page(service: Service, make: Make, name: str) -> None:
    answer, resource = PAGING[name]

    def stamped(asked: Asked) -> Reply:
        body = orjson.loads(answer(asked).body)
        body["things"] = [{**thing, "at": "2026-05-01T00:00:00Z"} for thing in body["things"]]
        return Reply.of(body, headers={k: v for k, v in answer(asked).headers.items() if k == "Link"})

    service.answers["/things"] = stamped
    made = make({**resource, "cursor": {"field": "record.at"}})
    first = next(iter(made.poll(None)))
    assert first.cursor is not None
    stored = RestCursor.model_validate_json(first.cursor.model_dump_json())
    asked = len(service.asked)
    rest = list(make({**resource, "cursor": {"field": "record.at"}}).poll(stored))
    assert list(changes(rest)) == numbered(*range(3, 7))
    assert len(service.asked) - asked == (3 if name == "page" else 2)


def test_a_saved_page_that_has_expired_starts_the_run_again(service: Service, make: Make) -> None:
    service.answers["/things"] = by_link
    made = make({"paginate": PAGING["link"][1]["paginate"], "cursor": {"field": "record.at"}})
    first = next(iter(made.poll(None)))
    assert isinstance(first.cursor, RestCursor)
    service.spoil_next("/things", lambda _asked, _reply: Reply.of({"message": "expired"}, 410))
    assert list(changes(list(made.poll(first.cursor)))) == numbered(*range(7))


def test_the_next_run_never_begins_after_the_last_one_did(service: Service, make: Make) -> None:
    row = {**things(1)[0], "at": "2026-11-22T12:05:00Z"}
    service.answers["/things"] = lambda _asked: Reply.of({"things": [row]})
    made = make({"params": {"since": "{{ since }}"}, "cursor": {"field": "record.at", "overlap_seconds": 60}})
    (page,) = made.poll(None)
    assert isinstance(page.cursor, RestCursor)
    # Seen at 12:05, but what others changed since the run began at 12:00 may have been passed by.
    assert page.cursor.marks["thing"].since == NOW
    list(made.poll(page.cursor))
    assert [asked.query["since"] for asked in service.asked] == ["1970-01-01T00:00:00Z", "2026-11-22T11:59:00Z"]


def test_a_page_that_repeats_ends_with_a_clear_error(service: Service, make: Make) -> None:
    service.answers["/things"] = lambda _asked: Reply.of({"things": things(1, 2), "@odata.nextLink": "/things?from=2"})
    with pytest.raises(SourceMisbehaves, match="same page twice"):
        list(make(PAGING["link"][1]).poll(None))


def test_a_capped_page_size_is_noticed(service: Service, make: Make) -> None:
    def capped(asked: Asked) -> Reply:
        start = int(asked.query["offset"])
        return Reply.of({"things": things(*range(20))[start : start + 4]})

    service.answers["/things"] = capped
    with pytest.raises(SourceMisbehaves, match="shorter pages"):
        list(make({"paginate": {"kind": "offset", "size": 10}}).list_ids())


def test_credentials_are_not_sent_to_another_address_that_a_page_names(service: Service, make: Make) -> None:
    with Service() as other:
        service.answers["/things"] = lambda _asked: Reply.of({"things": things(1), "@odata.nextLink": f"{other.url}/x"})
        headers = {"X-Api-Key": "{{ secrets.secret }}"}
        made = make(
            PAGING["link"][1],
            secrets={"env:KEY": "api-key"},
            config={"secret": "env:KEY"},
            top={"auth": [{"kind": "headers", "headers": headers}]},
        )
        with pytest.raises(SourceRejected, match="another address"):
            list(made.poll(None))
        assert not other.asked
    assert service.asked[0].headers["x-api-key"] == "api-key"


@pytest.mark.parametrize("body", [{"error": "try later"}, {"things": None}, {"things": "none"}])
def test_an_answer_that_is_no_list_is_not_an_empty_list(service: Service, make: Make, body: Any) -> None:
    service.answers["/things"] = lambda _asked: Reply.of(body)
    with pytest.raises(SourceMisbehaves):
        list(make().list_ids())


def test_an_empty_roster_is_refused_where_that_is_declared(service: Service, make: Make) -> None:
    service.answers["/things"] = lambda _asked: Reply.of({"things": []})
    assert keys(make()) == []
    with pytest.raises(SourceMisbehaves, match="nothing at all"):
        list(make({"refuse_empty": True}).poll(None))


def test_a_bad_row_is_a_fault_and_the_others_go_on(service: Service, make: Make) -> None:
    rows = [*things(1), "text", {"name": "no id"}, {"id": 4, "name": "x", "at": "yesterday"}, *things(5)]
    service.answers["/things"] = lambda _asked: Reply.of({"things": rows})
    made = make({"cursor": {"field": "record.at"}, "document": {"title": "{{ record.name }}", "text": "{{ 1 / 0 }}"}})
    (page,) = made.poll(None)
    assert [fault.key.startswith("thing/") for fault in page.faults] == [True] * 5
    fine = make({"cursor": {"field": "record.at"}})
    (page,) = fine.poll(None)
    assert list(changes([page])) == numbered(1, 5)
    assert len(page.faults) == 3
    assert not any("yesterday" in fault.reason for fault in page.faults)


def test_a_source_without_cursors_lists_everything(service: Service, make: Make) -> None:
    service.answers["/things"] = lambda _asked: Reply.of({"things": things(1)})
    made = make()
    assert (made.lists_everything, made.cursor) == (True, NoCursor)
    assert [page.cursor for page in made.poll(None)] == [None]
    assert not make({"cursor": {"field": "record.at"}}).lists_everything


def test_a_change_of_a_line_reads_its_record_again(service: Service, make: Make) -> None:
    at = {"value": "2026-11-22T10:00:00Z"}
    service.answers["/things"] = lambda _asked: Reply.of({"things": [{**things(1)[0], "at": "2026-05-01T00:00:00Z"}]})
    service.answers["/lines"] = lambda _asked: Reply.of({"lines": [{"id": 9, "thing": 1, "at": at["value"]}]})
    touched = {"path": "/lines", "rows": "lines", "cursor": {"field": "record.at"}, "parent": "record.thing"}
    read = {"path": "/things", "rows": "things", "batch": 10}
    made = make({"cursor": {"field": "record.at", "overlap_seconds": 0}, "touched": [touched], "read": read})
    pages = list(made.poll(None))
    cursor = pages[-1].cursor
    assert isinstance(cursor, RestCursor)
    assert not any(asked.path == "/lines" for asked in service.asked)
    service.answers["/things"] = lambda asked: Reply.of(
        {"things": [{**things(1)[0], "at": "2026-05-01T00:00:00Z", "name": "With a new line"}]}
    )
    assert changes(list(made.poll(cursor)))["thing/1"].item is not None
    at["value"] = "2026-11-22T12:30:00Z"
    (again,) = changes(list(made.poll(cursor))).values()
    assert again.item is not None
    assert again.item.title == "With a new line"
    assert any(asked.path == "/lines" for asked in service.asked)


RULES: dict[str, tuple[dict[str, Any], Access]] = {
    "a group": ({"allow": [{"groups": "record.team"}]}, Access.of([source_grant(SOURCE, "it")])),
    "an account": ({"allow": [{"accounts": "record.owner.id"}]}, Access.of([account_grant(SOURCE, "7")])),
    "nobody by an empty list": ({"allow": [{"groups": "record.none"}]}, NOBODY),
    "nobody by a missing field": ({"allow": [{"groups": "record.missing.name"}]}, NOBODY),
    "nobody by one clause of two": ({"allow": [{"groups": "record.team"}, {"accounts": "record.none"}]}, NOBODY),
    "nobody by a missing condition": ({"allow": [{"groups": "record.team", "when": "record.missing"}]}, NOBODY),
    "a clause that does not apply": (
        {"allow": [{"groups": "record.team"}, {"accounts": "record.owner.id", "when": "record.closed"}]},
        Access.of([source_grant(SOURCE, "it")]),
    ),
    "nobody when none applies": ({"allow": [{"groups": "record.team", "when": "record.closed"}]}, NOBODY),
    "a denial": (
        {"allow": [{"groups": "record.team"}], "deny": [{"accounts": "record.owner.id"}]},
        Access.of([source_grant(SOURCE, "it")], [account_grant(SOURCE, "7")]),
    ),
    "nobody by a denial that is not known": (
        {"allow": [{"groups": "record.team"}], "deny": [{"accounts": "record.missing"}]}, NOBODY,
    ),
    "nobody by an object": ({"allow": [{"groups": "record.owner"}]}, NOBODY),
    "nobody by an expression that fails": ({"allow": [{"groups": "record.team / 2"}]}, NOBODY),
    "a declared map": ({"allow": [{"declared": "readers"}]}, Access.of([EVERYONE])),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_access_is_what_the_rule_says_and_otherwise_nobody(service: Service, make: Make, name: str) -> None:
    rule, expected = RULES[name]
    record = {"id": 1, "name": "x", "team": "it", "owner": {"id": 7}, "none": [], "closed": False}
    service.answers["/things"] = lambda _asked: Reply.of({"things": [record]})
    people = {"path": "/people", "rows": "people", "key": "record.id", "email": "record.email"}
    made = make({"access": rule}, top={"principals": people})
    assert changes(list(made.poll(None)))["thing/1"].access == expected
    (item,) = made.access(["thing/1"]).items
    assert item.access == expected


def test_a_declared_map_that_matches_nothing_means_nobody(service: Service, make: Make) -> None:
    service.answers["/things"] = lambda _asked: Reply.of(
        {"things": [{"id": 1, "name": "x", "kind": {"name": "secret"}}]}
    )
    readers = [{"when": {"kind.name": ["open", "plain"]}, "allow": ["everyone"]}]
    (change,) = changes(list(make(config={"readers": readers}).poll(None))).values()
    assert change.access == NOBODY


def test_a_field_wins_over_a_method_and_html_becomes_text(service: Service, make: Make) -> None:
    record = {
        "id": 1,
        "name": "<b>x</b>",
        "items": ["a", "b"],
        "body": "<p>One<script>bad()</script></p><ul><li>two</ul>",
    }
    service.answers["/things"] = lambda _asked: Reply.of({"things": [record]})
    document = {
        "title": "{{ record.name | html }}",
        "text": "{{ record.body | html }}",
        "fields": {"Items": "{{ record.items }}"},
    }
    (change,) = changes(list(make({"document": document}).poll(None))).values()
    assert change.item is not None
    made = json.loads(change.item.body)
    assert (made["title"], made["text"], made["fields"]) == ("x", "One\n\n- two", [["Items", "a, b"]])


def test_a_session_signs_in_and_again_when_it_has_ended(service: Service, make: Make) -> None:
    valid: set[str] = set()

    def login(asked: Asked) -> Reply:
        if asked.json() != {"user": "vouch", "password": "pass-word"}:
            return Reply.of({}, 403)
        valid.add(token := f"t{len(service.asked)}")
        return Reply.of({"session": {"key": token}})

    def listed(asked: Asked) -> Reply:
        if asked.headers.get("authorization", "").removeprefix("Session ") not in valid:
            return Reply.of({}, 401)
        return by_link(asked)

    service.answers |= {"/login": login, "/things": listed}
    auth = {
        "kind": "session", "headers": {"Authorization": "Session {{ token }}"},
        "login": {
            "path": "/login", "method": "POST", "token": "session.key",
            "body": {"user": "vouch", "password": "{{ secrets.secret }}"},
        },
    }  # fmt: skip
    made = make(PAGING["link"][1], secrets={"env:S": "pass-word"}, config={"secret": "env:S"}, top={"auth": [auth]})
    run = made.poll(None)
    assert len(next(run).changes) == 3
    valid.clear()
    assert sum(len(page.changes) for page in run) == 4
    wrong = make(secrets={"env:S": "other-word"}, config={"secret": "env:S"}, top={"auth": [auth]})
    with pytest.raises(SourceRejected) as raised:
        list(wrong.poll(None))
    assert "other-word" not in str(raised.value)


def test_a_signed_assertion_gives_a_token(service: Service, make: Make) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

    def token(asked: Asked) -> Reply:
        form = asked.form()
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        head, claims, signature = form["assertion"].split(".")
        key.public_key().verify(unpadded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        told = json.loads(unpadded(claims))
        assert (told["iss"], told["exp"] - told["iat"]) == ("client", 180)
        return Reply.of({"access_token": "signed"})

    def listed(asked: Asked) -> Reply:
        return by_link(asked) if asked.headers.get("authorization") == "Bearer signed" else Reply.of({}, 401)

    service.answers |= {"/token": token, "/things": listed}
    auth = {"kind": "oauth2_jwt", "token_url": "{{ settings.url }}/token", "private_key": "{{ secrets.secret }}"}
    top = {"auth": [{**auth, "claims": {"iss": "client"}}]}
    assert len(keys(make(PAGING["link"][1], secrets={"env:S": pem}, config={"secret": "env:S"}, top=top))) == 7
    with pytest.raises(SourceRejected, match="not an RSA key") as raised:
        list(make(secrets={"env:S": "no-key-at-all"}, config={"secret": "env:S"}, top=top).poll(None))
    assert "no-key-at-all" not in str(raised.value)


def unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_secrets_are_not_to_be_had_outside_auth(service: Service, make: Make) -> None:
    service.answers["/things"] = lambda _asked: Reply.of({"things": things(1)})
    document = {"title": "[{{ secrets.secret }}|{{ settings.secret }}]"}
    made = make({"document": document}, secrets={"env:S": "hidden-word"}, config={"secret": "env:S"})
    (change,) = changes(list(made.poll(None))).values()
    assert change.item is not None
    assert change.item.title == "[|True]"
    assert "hidden-word" not in repr(made)
