"""What a connector owner does in the web client, in a real browser against the real product: sources are added,
watched, mended and left alone. They read a web site on loopback. Every journey also fails on an error in the console,
on a violation of the content security policy, and on a request that leaves.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.browser.conftest import VIEWS, Server, serving
from tests.connectors.web_server import WebSite, site

pytestmark = pytest.mark.browser

Journey = Callable[..., None]
OWNER, ANOTHER, EMPLOYEE = (
    "femke.oudhof@averholt.example",
    "willem.terborgh@averholt.example",
    "joanna.krasik@averholt.example",
)
"""Two connector owners of the demo company, and an employee who is none."""
TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.c2lnbmVk"
"""A token that says until when it holds: the year 2100."""


@pytest.fixture(scope="module")
def website() -> Iterator[WebSite]:
    with site() as serving_site:
        for number in range(120):
            serving_site.put(f"/handbook/{number:03d}.html", f"Desk {number} has {number * 7} drawers.", "2026-11-20")
        serving_site.put("/handbook/away.html", "It is away.", status=500)
        serving_site.file("/handbook/broken.pdf", b"%PDF-1.7 nothing of the kind", kind="application/pdf")
        serving_site.pages["/handbook/broken.pdf"].lastmod = ""
        answer = serving_site.answer

        def mending(path: str, condition: str | None) -> tuple[int, bytes, dict[str, str]]:
            """Whoever asks for it mends what is away, or takes it away again."""
            if path in ("/mend", "/break"):
                serving_site.pages["/handbook/away.html"].status = 200 if path == "/mend" else 500
                return 200, b"done", {"Content-Type": "text/plain"}
            return answer(path, condition)

        serving_site.answer = mending  # type: ignore[method-assign]
        yield serving_site


@pytest.fixture(scope="module")
def server(web_client: None, website: WebSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sources")
    config = folder / "vouch.yaml"
    egress = {"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}
    config.write_text(yaml.safe_dump({"egress": egress, "sources": {"secrets": ["env:SOURCES_*"]}}), "utf-8")
    with serving(folder, {"VOUCH_CONFIG": str(config), "SOURCES_TOKEN": TOKEN}) as running:
        yield running


@pytest.fixture
def link(server: Server) -> Callable[[str], str]:
    """A link that signs a person in once. The demo's own way in closes with the first source that is added."""

    def made(email: str) -> str:
        command = [sys.executable, "-m", "api.cli.main", "people", "link", email]
        done = subprocess.run(command, env=server.environment, capture_output=True, text=True, check=True)
        return next(word for word in done.stdout.split() if "/signin#" in word)

    return made


@pytest.fixture
def owner(journey: Journey, link: Callable[[str], str], website: WebSite) -> Journey:
    """Runs a journey of the connector owner."""

    def run(name: str, **given: str) -> None:
        journey(name, VOUCH_LINK=link(OWNER), VOUCH_SITE=website.url, **given)

    return run


def test_an_owner_adds_a_source_watches_it_sync_and_recovers_its_breach_without_a_pointer(owner: Journey) -> None:
    owner("adds_a_source_and_recovers_its_breach", VOUCH_HANDS="keyboard")


def test_what_failed_is_filtered_and_tried_again(owner: Journey) -> None:
    owner("tries_again_what_failed")


def test_a_run_that_goes_on_can_be_stopped(owner: Journey) -> None:
    owner("stops_a_run")


def test_settings_and_owners_are_changed_and_the_history_tells(owner: Journey) -> None:
    owner("changes_settings_and_sees_the_history")


def test_a_source_is_looked_after_with_the_keyboard_alone(owner: Journey) -> None:
    owner("looks_after_a_source_with_the_keyboard")


def test_what_another_owner_looks_after_is_not_there(journey: Journey, link: Callable[[str], str]) -> None:
    journey("finds_no_source_of_another_owner", VOUCH_LINK=link(ANOTHER))


def test_who_looks_after_nothing_sees_nothing_of_it(journey: Journey, link: Callable[[str], str]) -> None:
    journey("is_told_that_sources_are_not_for_them", VOUCH_LINK=link(EMPLOYEE))


@VIEWS
def test_every_page_of_sources_is_accessible_and_fits(owner: Journey, scheme: str, width: str) -> None:
    owner("looks_at_every_sources_page", VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)
