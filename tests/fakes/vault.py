"""A fake of HashiCorp Vault's key-value API (versions 1 and 2), written from its documentation
(developer.hashicorp.com/vault/api-docs/secret/kv). Not a Vault: no policies, no leases, one token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MOUNTS = "/v1/sys/internal/ui/mounts/"


@dataclass
class FakeVault:
    """``versions``: mount -> 1 or 2. ``secrets``: mount/path -> fields, None for a deleted version."""

    token: str
    versions: dict[str, int]
    secrets: dict[str, dict[str, Any] | None]
    sealed: bool = False
    asks_mounts: bool = True
    redirect: str | None = None
    address: str = ""
    requests: list[str] = field(default_factory=list)

    def answer(self, path: str, token: str | None) -> tuple[int, dict[str, Any]]:
        self.requests.append(path)
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        if path.startswith(MOUNTS):
            return self._mount(path.removeprefix(MOUNTS))
        mount = self._mount_of(path.removeprefix("/v1/"))
        if mount is None:
            return 404, {"errors": [f"no handler for route {path}"]}
        inner = path.removeprefix(f"/v1/{mount}/")
        if self.versions[mount] == 1:
            fields = self.secrets.get(f"{mount}/{inner}")
            return (200, {"data": fields}) if fields is not None else (404, {"errors": []})
        if not inner.startswith("data/"):
            return 404, {"errors": [], "warnings": ["Invalid path for a versioned K/V secrets engine."]}
        key = f"{mount}/{inner.removeprefix('data/')}"
        if key not in self.secrets:
            return 404, {"errors": []}
        fields = self.secrets[key]
        metadata = {"version": 1, "destroyed": False, "deletion_time": "" if fields else "2026-11-01T00:00:00Z"}
        return 200 if fields else 404, {"data": {"data": fields, "metadata": metadata}}

    def _mount(self, path: str) -> tuple[int, dict[str, Any]]:
        mount = self._mount_of(path)
        if mount is None or not self.asks_mounts:
            return 403, {"errors": ["preflight capability check returned 403"]}
        version = self.versions[mount]
        options = {"version": "2"} if version == 2 else None
        return 200, {"data": {"path": f"{mount}/", "type": "kv", "options": options}}

    def _mount_of(self, path: str) -> str | None:
        return next((mount for mount in self.versions if path.startswith(f"{mount}/")), None)


@contextmanager
def serve(vault: FakeVault) -> Iterator[FakeVault]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if vault.redirect:
                self.send_response(307)
                self.send_header("Location", vault.redirect + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, answer = vault.answer(self.path, self.headers.get("X-Vault-Token"))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        vault.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield vault
        finally:
            server.shutdown()
            thread.join()
