"""The directory's side, driven by scim2-tester: what RFC 7643 and RFC 7644 ask for."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.api.identity.directory import TOKEN, installed
from tests.journeys.signing_in import listening
from tests.servers.oidc_provider import free_port

tester = pytest.importorskip("scim2_tester", reason="pip install scim2-tester")


def test_what_the_standards_ask_for_holds(tmp_path: Path) -> None:
    from scim2_client.engines.httpx2 import SyncSCIMClient

    installation = installed(tmp_path)
    try:
        with listening(installation.runtime, free_port()) as url:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with httpx2.Client(base_url=f"{url}/scim/v2", headers=headers) as http:
                results = tester.check_server(SyncSCIMClient(http))
    finally:
        installation.close()
    failed = [f"{result.title}: {result.reason}" for result in results if result.status == tester.Status.ERROR]
    assert failed == []
    assert len(results) > 50
