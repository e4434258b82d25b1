"""Content, cursor, deletions and faults, read from a fake of Microsoft Graph (tests/fakes/graph.py)."""

from __future__ import annotations

import pytest
import yaml

from connectors.errors import ItemFailed, ItemGone, SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources.base import Page
from connectors.sources.sharepoint import KIND, SharePointCursor, SharePointSource
from tests.connectors.opening import MAX_BYTES, Time
from tests.connectors.sharepoint.conftest import Open
from tests.fakes.graph import DRIVE, SECRET, FakeGraph
from tests.fakes.loopback import Reply


def run(source: SharePointSource, cursor: SharePointCursor | None = None) -> tuple[list[Page], SharePointCursor]:
    """All pages, and the cursor that stays, as it is stored and read back."""
    pages = list(source.poll(cursor))
    last = next(page.cursor for page in reversed(pages) if page.cursor is not None)
    return pages, SharePointCursor.model_validate_json(last.model_dump_json())


def keys(pages: list[Page]) -> list[str]:
    return [change.key.partition("/")[2] for page in pages for change in page.changes]


def deleted(pages: list[Page]) -> set[str]:
    return {key.partition("/")[2] for page in pages for key in page.deleted}


def test_everything_is_read_once_and_then_only_what_changed(graph: FakeGraph, open_source: Open) -> None:
    folder = graph.folder("reports")
    files = [graph.put(f"{n}.txt", parent=folder) for n in range(7)]
    source = open_source()
    pages, cursor = run(source)
    assert keys(pages) == files
    pages, cursor = run(source, cursor)
    assert keys(pages) == []
    graph.put("1.txt", b"new text", parent=folder, item=files[1])
    graph.delete(files[2])
    new = graph.put("new.txt")
    pages, cursor = run(open_source(), cursor)
    assert keys(pages) == [files[1], new]
    assert deleted(pages) == {files[2]}


def test_reading_goes_on_where_it_stopped(graph: FakeGraph, open_source: Open) -> None:
    files = [graph.put(f"{n}.txt") for n in range(8)]
    graph.share(graph.folder("shared"))
    first = next(iter(open_source().poll(None)))
    assert isinstance(first.cursor, SharePointCursor)
    rest, _ = run(open_source(), first.cursor)
    assert keys([first]) + keys(rest) == files
    # The first listing names everything anyway: shared folders are not read through as well.
    assert not any(asked.path.endswith("/children") for asked in graph.asked)


def test_a_fingerprint_moves_with_the_content_and_the_name_only(graph: FakeGraph, open_source: Open) -> None:
    key = graph.put("a.txt")
    source = open_source()

    def fingerprint() -> str:
        (page,) = source.read([f"{DRIVE}/{key}"])
        return page.changes[0].fingerprint

    before = fingerprint()
    graph.items[DRIVE][key]["eTag"] = "e-of-new-metadata"
    assert fingerprint() == before
    graph.put("a.txt", b"other", item=key)
    assert fingerprint() != before


def test_content_comes_from_the_other_host_without_our_token(graph: FakeGraph, open_source: Open) -> None:
    key = graph.put("plan.txt", b"the plan")
    item = open_source().fetch(f"{DRIVE}/{key}")
    assert (item.body, item.filename, item.media_type) == (b"the plan", "plan.txt", "text/plain")
    (asked,) = graph.files.asked
    assert "authorization" not in asked.headers


def test_the_other_host_must_be_allowed_as_well(graph: FakeGraph, open_source: Open) -> None:
    key = graph.put("plan.txt")
    graph.spoil_next(
        "/content", lambda _asked, _reply: Reply(302, b"", {"Location": "https://sp.example.com/x?tempauth=k"})
    )
    with pytest.raises(SourceRejected, match=r"sp\.example\.com.*egress\.hosts") as refused:
        open_source().fetch(f"{DRIVE}/{key}")
    assert "tempauth" not in str(refused.value)


def test_a_link_to_another_host_does_not_get_our_token(graph: FakeGraph, open_source: Open) -> None:
    stranger = graph.files.url + "/v1.0/next"
    graph.spoil_next("/delta", lambda _asked, _reply: Reply.of({"value": [], "@odata.nextLink": stranger}))
    with pytest.raises(SourceMisbehaves, match="another host"):
        run(open_source())
    assert graph.files.asked == []


def test_too_large_files_and_malware_are_faults_of_their_own(graph: FakeGraph, open_source: Open) -> None:
    big, bad, good = graph.put("big"), graph.put("bad"), graph.put("good")
    graph.items[DRIVE][big]["size"] = MAX_BYTES + 1
    graph.items[DRIVE][bad]["malware"] = {"description": "x"}
    pages, _ = run(open_source())
    assert keys(pages) == [good]
    assert {fault.code for page in pages for fault in page.faults} == {"too_large", "malware"}
    with pytest.raises(ItemFailed, match="larger"):
        open_source().fetch(f"{DRIVE}/{big}")
    graph.files.content[good] = bytes(MAX_BYTES + 1)
    with pytest.raises(ItemFailed, match="larger"):
        open_source().fetch(f"{DRIVE}/{good}")


def test_folders_shortcuts_and_notebooks_are_not_items(graph: FakeGraph, open_source: Open) -> None:
    graph.folder("folder")
    graph.items[DRIVE][graph.put("shortcut")]["remoteItem"] = {"id": "elsewhere"}
    graph.items[DRIVE][graph.put("notebook")]["package"] = {"type": "oneNote"}
    pages, _ = run(open_source())
    assert keys(pages) == []


def test_what_a_deleted_folder_took_along_is_found_by_the_sweep(graph: FakeGraph, open_source: Open) -> None:
    folder = graph.folder("old")
    inside, outside = graph.put("inside", parent=folder), graph.put("outside")
    source = open_source()
    _, cursor = run(source)
    graph.delete(folder)
    pages, _ = run(source, cursor)
    assert inside not in deleted(pages)
    assert [key for batch in source.list_ids() for key in batch] == [f"{DRIVE}/{outside}"]
    assert not source.lists_everything


def test_a_sweep_that_breaks_off_raises(graph: FakeGraph, open_source: Open) -> None:
    for number in range(7):
        graph.put(str(number))
    source = open_source()
    answers = iter((False, True))
    graph.spoil_next("/delta", lambda _asked, reply: reply if not next(answers) else Reply(500), times=2)
    with pytest.raises(SourceUnavailable):
        list(source.list_ids())


def test_when_graph_has_forgotten_everything_is_told_anew(graph: FakeGraph, open_source: Open) -> None:
    files = [graph.put(str(number)) for number in range(4)]
    source = open_source()
    _, cursor = run(source)
    graph.forget()
    pages, cursor = run(source, cursor)
    assert keys(pages) == files
    pages, _ = run(source, cursor)
    assert keys(pages) == []


def test_graph_that_always_forgets_does_not_loop(graph: FakeGraph, open_source: Open) -> None:
    graph.spoil_next("/delta", lambda _asked, _reply: Reply(410), times=5)
    with pytest.raises(SourceMisbehaves, match="forgetting"):
        run(open_source())


def test_a_page_that_repeats_ends_with_an_error(graph: FakeGraph, open_source: Open) -> None:
    link = f"{graph.url}/v1.0/drives/{DRIVE}/root/delta?token=same"
    graph.spoil_next("/delta", lambda _asked, _reply: Reply.of({"value": [], "@odata.nextLink": link}), times=9)
    with pytest.raises(SourceMisbehaves, match="repeats"):
        run(open_source())


@pytest.mark.parametrize(
    "page",
    [{"value": []}, {"value": {}, "@odata.deltaLink": "x"}, [], {"value": [{"name": 1}], "@odata.deltaLink": "x"}],
)
def test_a_malformed_page_is_said(graph: FakeGraph, open_source: Open, page: object) -> None:
    graph.spoil_next("/delta", lambda _asked, _reply: Reply.of(page))
    with pytest.raises(SourceMisbehaves):
        run(open_source())


def test_throttling_and_broken_answers_are_waited_out(graph: FakeGraph, open_source: Open, time: Time) -> None:
    files = [graph.put(str(number)) for number in range(5)]
    graph.throttle_next("/delta", retry_after="5")
    graph.cut_next("/permissions")
    pages, _ = run(open_source())
    assert keys(pages) == files
    assert sum(time.slept) >= 5


def test_a_token_that_ended_is_renewed(graph: FakeGraph, open_source: Open, time: Time) -> None:
    graph.put("a")
    source = open_source()
    _, cursor = run(source)
    graph.revoke_tokens()
    run(source, cursor)
    time.sleep(3600)
    run(source, cursor)
    assert sum(asked.path.endswith("/token") for asked in graph.asked) == 3


def test_items_are_read_one_by_one(graph: FakeGraph, open_source: Open) -> None:
    there, gone = graph.put("there"), graph.put("gone")
    graph.delete(gone)
    source = open_source()
    (page,) = source.read([f"{DRIVE}/{there}", f"{DRIVE}/{gone}", "another-drive/F1", f"{DRIVE}/"])
    assert keys([page]) == [there]
    assert len(page.deleted) == 3
    for key in (f"{DRIVE}/{gone}", "another-drive/F1"):
        with pytest.raises(ItemGone):
            source.fetch(key)


def test_sites_and_people_stand_for_their_drives(graph: FakeGraph, open_source: Open) -> None:
    graph.add_drive("b!two")
    graph.add_drive("b!one")
    graph.sites["contoso.sharepoint.com:/sites/finance:"] = [DRIVE, "b!two"]
    graph.one_drives["ada@contoso.com"] = "b!one"
    found = [graph.put("x", drive=drive) for drive in (DRIVE, "b!one", "b!two")]
    pages, _ = run(open_source(drives=[], sites=["contoso.sharepoint.com:/sites/finance"], users=["ada@contoso.com"]))
    assert set(keys(pages)) == set(found)
    with pytest.raises(SourceRejected, match="HOST:/sites/NAME"):
        run(open_source(drives=[], sites=["contoso.sharepoint.com:/sites/nowhere"]))
    with pytest.raises(SourceRejected, match="OneDrive of eve"):
        run(open_source(drives=[], users=["eve"]))


def test_the_check_goes_step_by_step(graph: FakeGraph, open_source: Open) -> None:
    assert [(step.name, step.ok) for step in open_source().check()] == [
        ("reach", True), ("authenticate", True), ("read", True), ("permissions", True)
    ]  # fmt: skip
    graph.denied = {"/permissions"}
    *_, last = open_source().check()
    assert (last.name, last.ok) == ("permissions", False)
    assert "Sites.FullControl.All" in last.hint
    graph.denied = {"/delta"}
    *_, last = open_source().check()
    assert (last.name, last.ok) == ("read", False)
    *_, last = open_source(login="http://localhost:1").check()
    assert (last.name, last.ok) == ("reach", False)


def test_wrong_credentials_are_said_without_being_shown(graph: FakeGraph, open_source: Open) -> None:
    graph.spoil_next(
        "/token",
        lambda asked, _reply: Reply.of({"error": "invalid_client", "error_description": asked.body.decode()}, 401),
    )
    *_, last = open_source().check()
    assert (last.name, last.ok) == ("authenticate", False)
    assert "client_secret" in last.hint
    assert SECRET not in f"{last}"


def test_no_cursor_shows_its_links(graph: FakeGraph, open_source: Open) -> None:
    _, cursor = run(open_source())
    assert "token=" not in repr(cursor)


def test_the_example_is_a_configuration() -> None:
    KIND.config.model_validate(yaml.safe_load(KIND.example))
    with pytest.raises(ValueError, match="at least one"):
        KIND.config.model_validate({"tenant": "t", "client_id": "c", "client_secret": "env:S"})
