"""What reviewers do in the web client, in a real browser against the real product. As in ``test_web_client``,
every journey also fails on an error in the console, on a violation of the content security policy, and on a request
that leaves the machine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pypdfium2 as pdfium
import pytest

from tests.browser.conftest import BOTH_HANDS, VIEWS, Server
from tests.browser.reviewed import lengthen, reviewed, signed_in

pytestmark = pytest.mark.browser

Journey = Callable[..., None]
REVIEWER = "astrid.kjeldmose@averholt.example"
LONG = 2_000
"""Records of the log that a table has to bear."""


@pytest.fixture(scope="module")
def server(web_client: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with reviewed(tmp_path_factory.mktemp("reviewed")) as running:
        yield running


@VIEWS
def test_every_page_of_reviewing_is_accessible_and_fits(journey: Journey, scheme: str, width: str) -> None:
    journey("looks_at_every_review_page", VOUCH_SCHEME=scheme, VOUCH_WIDTH=width)


@BOTH_HANDS
def test_an_answer_is_found_the_log_verified_and_its_export_verifies_elsewhere(
    server: Server, journey: Journey, tmp_path: Path, hands: str
) -> None:
    exports = {name: tmp_path / f"{name}.zip" for name in ("whole", "selection")}
    key = tmp_path / "first.key"
    journey(
        "finds_an_answer_verifies_the_log_and_exports_it",
        VOUCH_WHOLE=str(exports["whole"]), VOUCH_SELECTION=str(exports["selection"]), VOUCH_KEY=str(key),
        VOUCH_HANDS=hands,
    )  # fmt: skip
    # Nothing of the installation is at hand here but the export and the public key.
    elsewhere = {**os.environ, "VOUCH_DATA_DIR": str(tmp_path / "nothing")}
    for export in exports.values():
        done = verified(export, key, elsewhere)
        assert done.returncode == 0, done.stdout + done.stderr
    spoiled = exports["whole"].read_bytes().replace(b"PK\x03\x04", b"PK\x03\x05", 1)
    (tmp_path / "spoiled.zip").write_bytes(spoiled)
    assert verified(tmp_path / "spoiled.zip", key, elsewhere).returncode != 0


def verified(export: Path, key: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api.cli.main", "audit", "verify", "--export", str(export), "--key", str(key)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_sample_is_drawn_labelled_and_signed_off_by_somebody_else(journey: Journey) -> None:
    journey("labels_an_answer_that_another_signs_off")


def test_a_person_is_found_by_their_address_and_the_look_up_is_a_record(server: Server, journey: Journey) -> None:
    journey("finds_what_somebody_asked_by_their_address")
    with httpx.Client(base_url=server.url, headers={"X-Vouch": "1"}) as client:
        client.post("/v1/session", json={"email": REVIEWER})
        found = client.get("/v1/audit/events", params={"kind": "audit.identified"}).json()["events"]
    assert [each["action"] for each in found[:2]] == ["identify", "pseudonym"]


def test_a_hold_is_placed_and_lifted(journey: Journey) -> None:
    journey("holds_an_answer_and_lifts_it")


def test_a_report_is_taken_along(journey: Journey) -> None:
    journey("takes_a_report_along")


def test_a_trail_is_whole_on_paper(server: Server, journey: Journey, tmp_path: Path) -> None:
    printed = tmp_path / "trail.pdf"
    journey("prints_a_trail", VOUCH_PRINTED=str(printed))
    with pdfium.PdfDocument(printed) as document:
        text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    for step in ("Question", "Access decision", "Retrieval", "Redaction", "Verification", "Records of the log"):
        assert step in text
    # What is folded and cut short on the screen stands there whole; what is only for the screen does not.
    assert re.search(r"\b[0-9a-f]{64}\b", text.replace("\r", "").replace("\n", ""))
    for control in ("Print the trail", "Dashboards", "Queue for review", "Who is this?"):
        assert control not in text


def test_a_long_table_holds_no_more_rows_than_are_near(server: Server, journey: Journey, tmp_path: Path) -> None:
    with signed_in(server.url, REVIEWER) as astrid:
        records = astrid.get("/v1/audit/checkpoint").json()["size"]
    lengthen(server, max(0, LONG - records))
    measured = tmp_path / "measured.txt"
    journey("reads_the_log_from_its_end_to_its_beginning", VOUCH_MEASURED=str(measured))
    sys.stdout.write(measured.read_text())


def test_an_answer_is_found_and_opened_with_the_keyboard_alone(journey: Journey) -> None:
    journey("reviews_with_the_keyboard_alone")


def test_a_number_of_a_report_leads_to_the_records_that_make_it(journey: Journey) -> None:
    journey("follows_a_number_to_what_it_counts")


def test_who_is_no_reviewer_sees_nothing_of_it(journey: Journey) -> None:
    journey("is_told_that_reviewing_is_not_for_them")
