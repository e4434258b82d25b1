"""A web site as a source, against an HTTP server on loopback."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import yaml

from connectors.errors import ItemGone, SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources import web
from connectors.sources.base import Change, Page
from connectors.sources.web import WebConfig, WebCursor, WebSource, open_web
from connectors.sources.web_robots import read_robots
from connectors.sources.web_sitemap import moment, read_sitemap
from core.access import NOBODY
from ingest.parse.markup import parse_html
from tests.connectors.opening import Time, opening
from tests.connectors.web_server import SPACE, WebSite, site


@pytest.fixture
def www() -> Iterator[WebSite]:
    with site() as serving:
        yield serving


@pytest.fixture
def time() -> Time:
    return Time()


def opened(www: WebSite, time: Time | None = None, max_bytes: int = 2**20, **more: Any) -> WebSource:
    config = {"url": www.url, "access": [{"prefix": "/", "allow": ["staff"]}], "requests_per_second": 1000} | more
    return open_web(
        WebConfig.model_validate(config), opening({"env:WEB": "Bearer hunter2"}, time=time, max_bytes=max_bytes)
    )


def poll(source: WebSource, cursor: WebCursor | None = None) -> tuple[dict[str, Change], list[Page], WebCursor]:
    """Changes by path, pages, and the cursor as it comes back from the database."""
    pages = list(source.poll(cursor))
    changes = {
        change.key.removeprefix(source.site.start.rstrip("/")): change for page in pages for change in page.changes
    }
    kept = pages[-1].cursor
    assert kept is not None
    return changes, pages, WebCursor.model_validate(orjson.loads(orjson.dumps(kept.model_dump(mode="json"))))


def test_the_pages_of_the_sitemap_are_read_as_html(www: WebSite) -> None:
    www.put("/guide", "Leave is thirty days.", lastmod="2026-11-01")
    changes, _, _ = poll(opened(www))
    change = changes["/guide"]
    assert change.modified_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert change.access.allow == ("group:staff",)
    assert change.item is not None
    assert change.item.media_type == "text/html; charset=utf-8"
    assert "thirty days" in parse_html(change.item.body, change.item.title, change.item.filename).text
    assert www.agents == {"Vouch"}


def test_an_unchanged_lastmod_costs_no_request_and_a_new_one_is_read(www: WebSite) -> None:
    www.put("/a", "one", lastmod="2026-11-01")
    source = opened(www)
    first, _, cursor = poll(source)
    www.requested("/a")
    second, _, cursor = poll(source, cursor)
    assert www.requested("/a") == []
    assert second["/a"].fingerprint == first["/a"].fingerprint
    www.put("/a", "two", lastmod="2026-11-02")
    third, _, _ = poll(source, cursor)
    assert third["/a"].fingerprint != first["/a"].fingerprint
    assert third["/a"].item is not None


@pytest.mark.parametrize("lastmod", ["", "2026-11-01"])
def test_without_a_lastmod_to_trust_pages_are_asked_for_with_their_etag(www: WebSite, lastmod: str) -> None:
    www.put("/a", "one", lastmod=lastmod)
    source = opened(www, lastmod="ignore")
    first, _, cursor = poll(source)
    assert www.requested("/a") == [200]
    second, _, cursor = poll(source, cursor)
    assert www.requested("/a") == [304]
    assert (second["/a"].fingerprint, second["/a"].item) == (first["/a"].fingerprint, None)
    www.put("/a", "two", lastmod=lastmod)
    third, _, _ = poll(source, cursor)
    assert third["/a"].fingerprint != first["/a"].fingerprint


def test_a_server_without_etags_is_compared_by_content(www: WebSite) -> None:
    www.put("/a", "one", etag=False)
    source = opened(www)
    first, _, cursor = poll(source)
    second, _, _ = poll(source, cursor)
    assert www.requested("/a") == [200, 200]
    assert second["/a"].fingerprint == first["/a"].fingerprint


def test_every_page_is_asked_for_within_the_days_of_a_recheck(www: WebSite, time: Time) -> None:
    for number in range(12):
        www.put(f"/{number}", "text", lastmod="2026-11-01")
    source = opened(www, time, recheck_days=3)
    _, _, cursor = poll(source)
    www.put("/4", "changed, but the sitemap does not say so", lastmod="2026-11-01")
    www.pages["/5"].status = 410
    www.asked.clear()
    changed: set[str] = set()
    deleted: set[str] = set()
    for _ in range(3):
        time.sleep(24 * 3600)
        changes, pages, cursor = poll(source, cursor)
        changed |= {path for path, change in changes.items() if change.item is not None}
        deleted |= {key for page in pages for key in page.deleted}
        poll(source, cursor)
    assert changed == {"/4"}
    assert deleted == {f"{www.url}/5"}
    asked = [path for path, _ in www.asked if path not in ("/robots.txt", "/sitemap.xml")]
    assert sorted(set(asked) - {"/5"}) == sorted(f"/{number}" for number in range(12) if number != 5)
    assert all(asked.count(path) == 1 for path in set(asked) - {"/5"})


def test_gone_and_vanished_pages_are_deleted(www: WebSite) -> None:
    for path in ("/gone", "/lost", "/stays", "/vanishes"):
        www.put(path, "text")
    source = opened(www)
    _, _, cursor = poll(source)
    www.pages["/gone"].status, www.pages["/lost"].status = 410, 404
    www.remove("/vanishes")
    changes, pages, cursor = poll(source, cursor)
    assert set(changes) == {"/stays"}
    assert {key for page in pages for key in page.deleted} == {
        f"{www.url}/{name}" for name in ("gone", "lost", "vanishes")
    }
    assert [key for ids in source.list_ids() for key in ids] == [
        f"{www.url}/{name}" for name in ("gone", "lost", "stays")
    ]


def test_a_sitemap_that_lists_nothing_any_more_has_deleted_nothing(www: WebSite) -> None:
    www.put("/a", "text")
    source = opened(www)
    _, _, cursor = poll(source)
    www.remove("/a")
    with pytest.raises(SourceUnavailable, match="Nothing was deleted"):
        poll(source, cursor)


def test_a_stop_in_the_middle_keeps_what_was_read(www: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PAGE_ITEMS", 2)
    for number in range(5):
        www.put(f"/{number}", "text", lastmod="2026-11-01")
    pages = opened(www).poll(None)
    first = next(pages)
    pages.close()  # type: ignore[attr-defined]
    www.asked.clear()
    changes, _, _ = poll(opened(www), first.cursor)  # type: ignore[arg-type]
    assert len(changes) == 5
    assert len([path for path, _ in www.asked if path[1:].isdigit()]) == 3


def test_sitemap_indexes_packed_and_plain_sitemaps_and_those_of_robots_are_followed(www: WebSite) -> None:
    for name in "abc":
        www.put(f"/{name}", "text", lastmod=None)

    def index(*paths: str) -> str:
        entries = "".join(f"<sitemap><loc>{www.url}{path}</loc></sitemap>" for path in paths)
        return f'<sitemapindex xmlns="{SPACE}">{entries}</sitemapindex>'

    www.file("/robots.txt", f"Sitemap: {www.url}/index.xml\nSitemap: https://elsewhere.example/sitemap.xml")
    www.file("/index.xml", index("/one.xml.gz", "/two.txt"))
    one = f'<urlset xmlns="{SPACE}"><url><loc>{www.url}/a#part</loc></url><url><loc>{www.url}/b</loc></url></urlset>'
    www.file("/one.xml.gz", gzip.compress(one.encode()), kind="application/gzip")
    www.file("/two.txt", f"{www.url}/c\nhttps://elsewhere.example/d\n", kind="text/plain")
    changes, _, _ = poll(opened(www))
    assert set(changes) == {"/a", "/b", "/c"}
    www.file("/index.xml", index("/one.xml.gz", "/index.xml"))
    with pytest.raises(SourceMisbehaves, match="without an end"):
        poll(opened(www))


def test_only_pages_of_the_host_that_robots_allows_are_read(www: WebSite) -> None:
    for path in ("/open", "/private/x", "/private/but/this", "/x.pdf?a=1"):
        www.put(path, "text")
    www.file("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: Vouch\nDisallow: /private/\n"
             "Allow: /private/but\nDisallow: /*.pdf\nCrawl-delay: 2")  # fmt: skip
    time = Time()
    changes, _, _ = poll(opened(www, time))
    assert set(changes) == {"/open", "/private/but/this"}
    assert sum(time.slept) >= 2


def test_a_site_whose_robots_cannot_be_read_is_not_read(www: WebSite) -> None:
    www.put("/a", "text")
    www.file("/robots.txt", "oops", status=500)
    with pytest.raises(SourceUnavailable, match=r"robots\.txt"):
        poll(opened(www))


def test_a_sitemap_that_fails_or_breaks_off_has_deleted_nothing(www: WebSite) -> None:
    www.put("/a", "text")
    whole = www.sitemap()
    www.file("/sitemap.xml", whole[:-20])
    with pytest.raises(SourceUnavailable, match="Nothing was deleted"):
        list(opened(www).list_ids())
    www.file("/sitemap.xml", gzip.compress(whole)[:-12])
    with pytest.raises(SourceUnavailable, match="Nothing was deleted"):
        list(opened(www).list_ids())
    www.file("/sitemap.xml", "sign in", status=401)
    with pytest.raises(SourceRejected, match="answers 401"):
        poll(opened(www))
    www.file("/sitemap.xml", "<html><body>Welcome</body></html>")
    with pytest.raises(SourceMisbehaves, match="not a sitemap"):
        poll(opened(www))


def test_a_page_that_fails_is_a_fault_and_the_others_are_read(www: WebSite) -> None:
    for path in ("/fine", "/broken", "/forbidden", "/large", "/moved", "/abroad"):
        www.put(path, "text")
    www.pages["/broken"].status = 500
    www.pages["/forbidden"].status = 403
    www.put("/large", "x" * 5000)
    www.pages["/moved"].status, www.pages["/moved"].headers = 302, {"Location": "/signin"}
    www.file("/signin", "<html>Sign in</html>")
    www.pages["/abroad"].status, www.pages["/abroad"].headers = 302, {"Location": "http://elsewhere.example/"}
    changes, pages, cursor = poll(opened(www, max_bytes=4000))
    assert set(changes) == {"/fine"}
    faults = {fault.key.removeprefix(www.url): fault.transient for page in pages for fault in page.faults}
    assert faults == {"/broken": True, "/forbidden": False, "/large": False, "/moved": False, "/abroad": False}
    assert set(cursor.pages) == {f"{www.url}/fine"}


def test_a_slash_at_the_end_is_the_same_page(www: WebSite) -> None:
    www.put("/a", "x", status=301, headers={"Location": "/a/"})
    www.file("/a/", "<html>text</html>")
    assert set(poll(opened(www))[0]) == {"/a"}


def test_the_longest_path_declares_who_may_read_however_it_is_written(www: WebSite) -> None:
    for path in ("/a", "/hr/b", "/%68r/c", "/a/../hr/d", "/a/%2E%2E/hr/e"):
        www.put(path, "text")
    for name in "cde":
        www.file(f"/hr/{name}", "text")
    rules = [{"prefix": "/hr/", "allow": ["hr"]}]
    changes, pages, _ = poll(opened(www, access=rules))
    assert set(changes) == {"/a", "/hr/b", "/%68r/c"}
    assert all(page.faults == () for page in pages)
    assert changes["/a"].access == NOBODY
    assert changes["/hr/b"].access.allow == changes["/%68r/c"].access.allow == ("group:hr",)


def test_single_pages_are_read_again_on_request(www: WebSite) -> None:
    www.put("/a", "text")
    www.put("/b", "text", status=404)
    source = opened(www)
    (page,) = source.read([f"{www.url}/a", f"{www.url}/b", f"{www.url}/unlisted"])
    assert [change.key for change in page.changes] == [f"{www.url}/a"]
    assert page.deleted == (f"{www.url}/b", f"{www.url}/unlisted")
    assert source.fetch(f"{www.url}/a").body
    with pytest.raises(ItemGone):
        source.fetch(f"{www.url}/b")
    assert [item.key for item in source.access([f"{www.url}/a", f"{www.url}/unlisted"]).items] == [f"{www.url}/a"]


def test_more_pages_than_allowed_are_refused_rather_than_cut(www: WebSite) -> None:
    for number in range(4):
        www.put(f"/{number}", "text")
    with pytest.raises(SourceRejected, match="more than 3"):
        poll(opened(www, max_pages=3))


def test_a_check_says_what_is_there(www: WebSite) -> None:
    (*_, step) = opened(www).check()
    assert (step.name, step.ok) == ("read", False)
    www.put("/a", "text")
    assert [(step.name, step.ok) for step in opened(www).check()] == [
        ("reach", True), ("read", True), ("permissions", True),
    ]  # fmt: skip
    www.pages["/a"].status = 401
    (*_, step) = opened(www, authorization="env:WEB").check()
    assert (step.name, step.ok) == ("read", False)
    assert "hunter2" not in repr(step)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /a", "/ab", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /*/x*.html$", "/q/xy.html", False),
        ("User-agent: *\nDisallow: /*/x*.html$", "/q/xy.html?z", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: *\nDisallow: /\nAllow: /pub", "/pub/x", True),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: VOUCH/1.0\nDisallow: /", "/a", False),
        ("Disallow: /\nnonsense", "/a", True),
    ],
)
def test_robots_rules_mean_what_the_standard_says(rules: str, path: str, allowed: bool) -> None:
    assert read_robots(rules).allows(path) is allowed


def test_hostile_sitemaps_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
    with pytest.raises(SourceMisbehaves):
        read_sitemap(bomb.encode())
    with pytest.raises(SourceMisbehaves, match="larger than"):
        read_sitemap(gzip.compress(b" " * (51 * 2**20)))


def test_lastmod_is_read_in_all_its_forms() -> None:
    assert moment("2026-11") == moment("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC)
    assert moment("2026-11-01T12:00:00+02:00") == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert moment("yesterday") is None


def test_the_example_is_a_configuration() -> None:
    WebConfig.model_validate(yaml.safe_load(web.KIND.example))
