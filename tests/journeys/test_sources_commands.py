"""A connector owner at the terminal: add a bucket, watch it, break it, read what to do, repair it, remove it.

Real processes; the bucket is on moto's S3 server.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.s3_server import SECRETS, Store, server, store
from tests.connectors.web_server import site
from tests.journeys.test_command_line import ANA, Place, Ran, serving

ENVIRONMENT = {ref.removeprefix("env:"): value for ref, value in SECRETS.items()}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    made = store(endpoint, f"journey-{tmp_path.name.replace('_', '-')[-30:]}")
    made.put("leave.md", "# Leave\n\nEvery employee has 27 days of annual leave.\n")
    (tmp_path / "wiki.yaml").write_text(
        f"bucket: {made.bucket}\nendpoint: {endpoint}\nregion: eu-central-1\n"
        "access_key: env:S3_ACCESS\nsecret_key: env:S3_SECRET\naccess:\n  - {prefix: '', allow: [staff]}\n"
    )
    (tmp_path / "vouch.yaml").write_text("egress: {hosts: [127.0.0.1], private: [127.0.0.1/32]}\n")
    return made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def added(place: Place, *more: str) -> Ran:
    return place.vouch("sources", "add", "wiki", "--kind", "s3", "--config", "wiki.yaml", *more)


def texts(place: Place, query: str) -> str:
    return place.vouch("search", query, "--as", ANA).out


def test_a_source_from_its_first_day_to_its_last(place: Place, bucket: Store) -> None:
    with serving(place):
        place.vouch("people", "add", ANA, "--groups", "staff", "--role", "employee")
        told = added(place).out
        assert told.count("ok ") >= 2
        assert "wiki (s3) created: version 1; poll every 15m" in told
        # A worker may have read it already.
        new, _, unchanged, *others = map(int, place.vouch("sync", "wiki").out.splitlines()[2].split())
        assert (new + unchanged, others) == (1, [0, 0])
        assert "27 days" in texts(place, "annual leave")

        # It breaks: the key is refused from now on, by the name that it is known under.
        broken = place.vouch("sources", "add", "wiki", "--kind", "s3", "--config", "wiki.yaml", "--set",
                             "bucket=there-is-none", "--no-check")  # fmt: skip
        assert "changed: version 2" in broken.out
        failed = place.run("sources", "check", "wiki")
        assert (failed.code, "fail" in failed.out) == (1, True)
        error = place.fails("sync", "wiki")
        assert "wiki could not be read (poll)" in error
        assert "vouch sources check wiki" in error
        shown = place.vouch("sources", "show", "wiki").out
        assert "there-is-none" in shown
        assert "poll failed" in place.vouch("sources", "list").out
        assert "27 days" in texts(place, "annual leave")

        # It is repaired, and what had been missed is there.
        added(place)
        bucket.put("travel.md", "# Travel\n\nThe hotel cap in Oslo is 190 euros a night.\n")
        bucket.put("broken.pdf", b"%PDF-1.7 nothing of the kind")
        report = place.vouch("sync", "wiki", "--json").json
        assert [each["uri"] for each in report["failures"]] == ["broken.pdf"]
        assert "190 euros" in texts(place, "hotel cap in Oslo")

        # What failed is tried again once it is repaired.
        assert "broken.pdf" in place.vouch("failures", "wiki").out
        assert "broken.pdf" in place.vouch("failures", "wiki", "--retry").out
        bucket.delete("broken.pdf")
        place.vouch("sync", "wiki")
        assert "could be read" in place.vouch("failures", "wiki").out

        fresh = place.vouch("freshness").out
        assert "Source wiki" in fresh
        assert {"content", "deletions", "permissions"} <= {line.split(" ")[0] for line in fresh.splitlines()}

        place.vouch("sources", "pause", "wiki")
        assert "vouch sources resume wiki" in place.fails("sync", "wiki")
        assert place.vouch("sources", "stop", "wiki", "--json").json == {"stopping": False}
        place.vouch("sources", "resume", "wiki")
        assert place.run("sources", "remove", "wiki").code == 1
        assert place.vouch("sources", "remove", "wiki", "--yes", "--json").json == {"name": "wiki", "documents": 2}
        assert "190 euros" not in texts(place, "hotel cap in Oslo")
        assert place.vouch("sources", "list", "--json").json == []


def test_a_run_that_goes_on_is_stopped(place: Place) -> None:
    (place.folder / "vouch.yaml").write_text("egress: {hosts: [127.0.0.1], private: [127.0.0.1/32]}\n")
    with site() as guide, serving(place):
        for number in range(300):
            guide.put(f"/{number}.html", f"Desk {number} has drawers.", "2026-11-20")
        (place.folder / "guide.yaml").write_text(
            f"url: {guide.url}/sitemap.xml\nrequests_per_second: 2\naccess:\n  - {{prefix: /, allow: [everyone]}}\n"
        )
        place.vouch("sources", "add", "guide", "--kind", "web", "--config", "guide.yaml", "--no-check")
        place.vouch("sync", "guide", "--no-follow")
        states = (place.vouch("sources", "show", "guide", "--json").json["runs"] for _ in range(60))
        assert any(runs and runs[0]["state"] == "running" for runs in states)
        assert "stops after the page" in place.vouch("sources", "stop", "guide").out
        assert place.vouch("sources", "show", "guide", "--json").json["runs"][0]["state"] in ("stopping", "stopped")


def test_without_a_server_the_command_reads_by_itself(place: Place, bucket: Store) -> None:
    place.vouch("people", "add", ANA, "--groups", "staff", "--role", "employee")
    added(place)
    assert place.vouch("sync", "wiki", "--no-follow", "--json").json["counts"]["new"] == 1
    assert "27 days" in texts(place, "annual leave")
    bucket.delete("leave.md")
    assert "nothing was deleted" in place.fails("sync", "wiki")
    assert place.vouch("sync", "wiki", "--confirm-empty", "--json").json["counts"]["deleted"] == 1


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Served, where this machine may be named, but nothing inside the own network be reached."""
    made = Place(tmp_path_factory.mktemp("closed"))
    (made.folder / "vouch.yaml").write_text("egress: {hosts: [127.0.0.1]}\n")
    (made.folder / "wiki.yaml").write_text(
        "bucket: wiki\nendpoint: http://127.0.0.1:9\nregion: eu-central-1\naccess:\n  - {prefix: '', allow: [staff]}\n"
    )
    with serving(made):
        yield made


def test_the_catalogue_and_an_example_that_can_be_a_file(closed: Place) -> None:
    kinds = {each["name"] for each in closed.vouch("sources", "kinds", "--json").json}
    assert {"files", "s3", "sql", "tryton", "servicenow", "salesforce"} <= kinds
    shown = closed.vouch("sources", "kinds").out
    assert all(word in shown for word in ("signs in", "deletions", "tested against"))
    assert "\nbucket: acme-handbook\n" in closed.vouch("sources", "kinds", "s3").out


def test_a_refusal_names_the_setting_to_change(closed: Place) -> None:
    add = ("sources", "add", "wiki", "--kind", "s3", "--config", "wiki.yaml")
    for more, words in (
        ((), "egress.private"),
        (("--set", "endpoint=https://s3.example.com"), "egress.hosts"),
        (("--set", "buckets=3"), "buckets is not a setting"),
        (("--set", "bucket"), "KEY=VALUE"),
        (("--plan", "none.yaml"), "none.yaml cannot be read"),
        (("--kind", "fax"), "vouch sources kinds"),
    ):
        ran = closed.run(*add, *more)
        assert (ran.code, words in ran.err) == (1, True), ran.err
    assert closed.vouch("sources", "list", "--json").json == []


def test_a_plan_file_says_when_it_is_read(closed: Place) -> None:
    (closed.folder / "plan.yaml").write_text(
        "poll: {cron: '30 2 * * *', timezone: Europe/Berlin}\nbounds: {content: 26h}\n"
    )
    add = ("sources", "add", "nightly", "--kind", "s3", "--config", "wiki.yaml", "--no-check", "--plan", "plan.yaml")
    assert "poll at 30 2 * * * Europe/Berlin" in closed.vouch(*add).out
    shown = closed.vouch("sources", "show", "nightly", "--json").json
    assert shown["plan"]["bounds"] == {"content": "1d2h", "deletions": "1h", "permissions": "1h"}
