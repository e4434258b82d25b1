"""A real Roundup issue tracker on loopback: the classic template on SQLite, served by Roundup's own WSGI handler."""

from __future__ import annotations

import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.servers.environment import locked, prepared, server_program, server_python

ADMIN = "admin"
PASSWORD = "tracker-admin"
START_SECONDS = 60

# Roundup's own server changes to another user when it is started as root, who cannot read the tests' folders; its WSGI
# handler is the same program without that.
SERVE = """
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
from roundup.cgi.wsgi_handler import RequestDispatcher

class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass

server = make_server("127.0.0.1", int(sys.argv[2]), RequestDispatcher(sys.argv[1]), handler_class=Quiet)
print("ready", flush=True)
server.serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Roundup:
    """A running tracker. ``create``, ``edit`` and ``retire`` act as its administrator."""

    url: str

    def create(self, table: str, **fields: Any) -> str:
        return str(self._call("POST", f"{table}", fields)["id"])

    def edit(self, table: str, item: str, **fields: Any) -> None:
        self._call("PUT", f"{table}/{item}", fields, self._etag(table, item))

    def retire(self, table: str, item: str) -> None:
        self._call("DELETE", f"{table}/{item}", {}, self._etag(table, item))

    def ids(self, table: str) -> list[str]:
        return [str(row["id"]) for row in self._call("GET", table, {})["collection"]]

    def person(self, name: str) -> str:
        """The id of a user of that name, with an address."""
        found = self._call("GET", "user", {"username": name})["collection"]
        if found:
            return str(found[0]["id"])
        return self.create("user", username=name, address=f"{name}@example.com", roles="User", password=PASSWORD)

    def keyword(self, name: str) -> str:
        found = self._call("GET", "keyword", {"name": name})["collection"]
        return str(found[0]["id"]) if found else self.create("keyword", name=name)

    def _etag(self, table: str, item: str) -> str:
        return str(self._call("GET", f"{table}/{item}", {})["@etag"])

    def _call(self, method: str, path: str, fields: dict[str, Any], etag: str | None = None) -> Any:
        origin = self.url.rsplit("/", 1)[0]
        headers = {"X-Requested-With": "rest", "Accept": "application/json", "Origin": origin, "Referer": self.url}
        # As a proxy tells it; without one it is the same.
        headers["X-Forwarded-Host"] = urlsplit(self.url).netloc
        if etag is not None:
            headers |= {"If-Match": etag, "Content-Type": "application/x-www-form-urlencoded"}
        answer = requests.request(
            method, f"{self.url}/rest/data/{path}", auth=(ADMIN, PASSWORD), headers=headers, timeout=30,
            **({"params": fields} if method == "GET" else {"data": fields}),
        )  # fmt: skip
        assert answer.ok, f"Roundup answered {answer.status_code} to {method} {path}: {answer.text[:200]}"
        return answer.json()["data"]


@contextmanager
def roundup(front: str | None = None) -> Iterator[Roundup]:
    """A tracker of its own, from a prepared one; gone afterwards. ``front`` is the address of a proxy before it: the
    one that it gives in links, and takes changes from."""
    folder = Path(tempfile.mkdtemp(prefix="vouch-roundup-"))
    try:
        port = _free_port()
        home = folder / "tracker"
        shutil.copytree(_initialised(), home)
        url = f"http://127.0.0.1:{port}"
        _configure(home, front or url)
        arguments = [str(server_python()), "-c", SERVE, str(home), str(port)]
        server = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            ready = server.stdout.readline()
            assert ready.strip() == "ready", f"Roundup did not start: {server.stderr.read() if server.stderr else ''}"
            yield Roundup(url)
        finally:
            server.terminate()
            server.communicate(timeout=START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initialised() -> Path:
    """A tracker without issues, made once for this set of packages."""
    home = prepared("roundup") / "classic"
    if not home.exists():
        with locked("roundup"):
            if not home.exists():
                new = home.with_name(f"new-{secrets.token_hex(4)}")
                _admin(new, "install", "classic", "sqlite")
                _configure(new, "http://127.0.0.1:1")
                _admin(new, "initialise", PASSWORD)
                new.rename(home)
    return home


def _configure(home: Path, url: str) -> None:
    # Mail to those who take part is written to a file.
    mail = str(home / "mail.txt")
    wanted = [("tracker", "web", f"{url}/"), ("rdbms", "backend", "sqlite"), ("mail", "domain", "example.com")]
    wanted += [("mail", "host", "localhost"), ("mail", "debug", mail)]
    # A password comes with every request, and Roundup's own number of rounds takes longer than the request itself.
    wanted += [("main", "password_pbkdf2_default_rounds", "1000")]
    path = home / "config.ini"
    section, lines = "", list[str]()
    for line in path.read_text("utf-8").splitlines():
        section = line[1:-1] if re.fullmatch(r"\[\w+\]", line) else section
        found = [value for part, name, value in wanted if part == section and re.match(rf"#?{name} = ?", line)]
        lines.append(f"{line.lstrip('#').split(' =')[0]} = {found[0]}" if found else line)
    path.write_text("\n".join(lines), "utf-8")


def _admin(home: Path, *command: str) -> None:
    done = subprocess.run(
        [str(server_program("roundup-admin")), "-i", str(home), *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"roundup-admin {command[0]} failed: {done.stdout[-300:]} {done.stderr[-300:]}"


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
