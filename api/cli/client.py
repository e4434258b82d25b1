"""The one way of the command line to an installation: HTTP, to the server that owns the directory, or to one that this
process starts for itself on a loopback port nobody is told about."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from api.ownership import Owner, find_owner
from api.settings import Settings, load_settings
from core.errors import Unavailable, VouchError

PAGE = 200
"""Entries of a page at most."""


class Client:
    """Calls with the operator's authority. A problem of the server is raised as ``VouchError``."""

    def __init__(self, owner: Owner, *, alone: bool = False) -> None:
        """``alone``: the server is this process, and ends with it."""
        self.alone = alone
        self._http = httpx.Client(
            base_url=owner.url,
            headers={"Authorization": f"Bearer {owner.token}", "X-Vouch": "1"},
            timeout=httpx.Timeout(10, read=None),
            trust_env=False,
        )

    def call(self, method: str, path: str, body: Any = None, *, acting: str | None = None, **query: Any) -> Any:
        headers = {"X-Vouch-As": acting} if acting else {}
        params = {name: value for name, value in query.items() if value is not None}
        response = self._http.request(method, path, json=body, headers=headers, params=params)
        if response.is_error:
            raise problem_of(response.content)
        return response.json() if response.content else None

    def pages(self, path: str, name: str, *others: str, most: int | None = None, **more: Any) -> dict[str, Any]:
        """A list that comes page by page, as one: the first reply with all entries under ``name`` (at most ``most``),
        and under ``others``, which go along with them. ``more`` is for ``call``."""
        found = self.call("GET", path, **more, limit=None if most is None else min(most, PAGE))
        following = found.pop("next")
        # What is passed over is so once.
        more.pop("offset", None)
        while following is not None and (most is None or len(found[name]) < most):
            page = self.call("GET", path, **more, limit=PAGE, cursor=following)
            following = page["next"]
            for each in (name, *others):
                found[each] = [*(found[each] or ()), *(page[each] or ())]
        found[name] = found[name][:most]
        return found

    def content(self, path: str, body: Any) -> bytes:
        """The bytes of the reply."""
        response = self._http.request("POST", path, json=body)
        if response.is_error:
            raise problem_of(response.content)
        return response.content

    def file(self, path: str, **query: Any) -> bytes:
        """The bytes of a reply that is read only."""
        response = self._http.get(path, params={name: value for name, value in query.items() if value is not None})
        if response.is_error:
            raise problem_of(response.content)
        return response.content

    def save(self, path: str, body: Any, out: Path) -> None:
        """Write the bytes of the reply to ``out`` as they come: the whole of it, or nothing."""
        with self._http.stream("POST", path, json=body) as response:
            if response.is_error:
                raise problem_of(response.read())
            made = out.with_name(f".{out.name}-{os.getpid()}")
            try:
                made.touch(mode=0o600)
                with made.open("wb") as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
                made.rename(out)
            finally:
                made.unlink(missing_ok=True)

    def speak_with(self, key: str) -> None:
        """From here on with a person's key, and without the operator's authority."""
        self._http.headers["Authorization"] = f"Bearer {key}"

    def lines(self, path: str, body: Any) -> Iterator[dict[str, Any]]:
        """The reply's lines of JSON, as they come."""
        with self._http.stream("POST", path, json=body) as response:
            if response.is_error:
                raise problem_of(response.read())
            for line in response.iter_lines():
                if line:
                    yield json.loads(line)

    def events(self, method: str, path: str, body: Any = None) -> Iterator[dict[str, Any]]:
        """The reply's events as they come, each with its name in ``event``. Raises the problem that one tells of."""
        headers = {"Accept": "text/event-stream"}
        with self._http.stream(method, path, json=body, headers=headers) as response:
            if response.is_error:
                raise problem_of(response.read())
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    if name == "error":
                        raise problem_of(data)
                    yield {"event": name, **data}

    def close(self) -> None:
        self._http.close()


def escaped(name: str) -> str:
    """What somebody typed, as one part of a path."""
    return quote(name, safe="")


def problem_of(content: bytes | dict[str, Any]) -> VouchError:
    try:
        raw = content if isinstance(content, dict) else json.loads(content)
        return VouchError(str(raw["detail"]), hint=str(raw["hint"]))
    except (ValueError, KeyError, TypeError):
        return Unavailable("The server gave an answer that is not Vouch's.", hint="Run vouch doctor.")


@contextmanager
def connect(settings: Settings | None = None) -> Generator[Client]:
    """A client of the installation in the configured data directory."""
    settings = settings or load_settings()
    owner = find_owner(settings.data_dir.resolve())
    if owner is not None:
        client = Client(owner)
        try:
            yield client
        except httpx.TransportError as error:
            raise Unavailable(
                f"The server of {settings.data_dir} does not answer at {owner.url}.", hint="Start it again: make run"
            ) from error
        finally:
            client.close()
        return
    with _own_server(settings) as own:
        client = Client(own, alone=True)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def _own_server(settings: Settings) -> Generator[Owner]:
    # Imported here: the whole product is behind it, and a command that finds a server does not need it.
    import uvicorn

    from api.http.app import create_app
    from api.runtime import open_runtime

    runtime = open_runtime(settings)
    try:
        config = uvicorn.Config(create_app(runtime), host="127.0.0.1", port=0, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, name="server", daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise Unavailable("No loopback port could be opened.", hint="Check the machine's network set-up.")
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Owner(0, f"http://127.0.0.1:{port}", runtime.operator_token)
        server.should_exit = True
        thread.join()
    finally:
        runtime.close()
