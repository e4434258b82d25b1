"""A provider that lies: it signs whatever a test tells it to, with whatever key and algorithm."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey


@dataclass
class RogueProvider:
    """``described`` changes its description, ``answers`` replaces what it says at a path: (status, body)."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    published: list[dict[str, Any]] | None = None
    described: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    id_token: str = ""
    userinfo: dict[str, Any] | None = None
    form: str = ""

    @property
    def keys(self) -> list[dict[str, Any]]:
        return [self.key.as_dict(private=False)] if self.published is None else self.published

    def signed(
        self, claims: dict[str, Any], key: RSAKey | ECKey | None = None, alg: str = "RS256", **header: Any
    ) -> str:
        key = key or self.key
        given = {"alg": alg, "kid": key.kid, **header}
        header = {name: value for name, value in given.items() if value is not None}
        return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=[alg])

    def unsigned(self, claims: dict[str, Any]) -> str:
        return f"{_text({'alg': 'none', 'kid': self.key.kid})}.{_text(claims)}."

    def signed_with_what_all_know(self, claims: dict[str, Any]) -> str:
        """HS256, the secret being the public key as everybody can fetch it."""
        head = f"{_text({'alg': 'HS256', 'kid': self.key.kid})}.{_text(claims)}"
        mac = hmac.new(self.key.as_pem(private=False), head.encode(), hashlib.sha256).digest()
        return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def answer(self, path: str) -> tuple[int, bytes]:
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            found: Any = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                **({"userinfo_endpoint": f"{self.issuer}/me"} if self.userinfo is not None else {}),
                **self.described,
            }
        elif path == "/keys":
            found = {"keys": self.keys}
        elif path == "/token":
            found = {"id_token": self.id_token, "access_token": "an access token", "token_type": "Bearer"}
        elif path == "/me":
            found = self.userinfo
        else:
            return 404, b"{}"
        return 200, json.dumps(found).encode()


@contextmanager
def rogue_provider() -> Generator[RogueProvider]:
    rogue = RogueProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            rogue.asked.append(self.path)
            status, body = rogue.answer(self.path)
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            rogue.form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    rogue.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield rogue
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _text(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
