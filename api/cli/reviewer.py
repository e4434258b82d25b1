"""How a reviewer uses the command line: with a key of their own, on the machine or against its server."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from api.cli.client import Client, connect
from api.ownership import Owner
from core.errors import Invalid, Unavailable

LOOPBACK = ("127.0.0.1", "::1", "localhost")
KeyFile = Annotated[
    Path, typer.Option(help="A file with the key of a reviewer (vouch people key).", exists=True, dir_okay=False)
]
MaybeKeyFile = Annotated[
    Path | None, typer.Option(help="As a reviewer, with the key in this file.", exists=True, dir_okay=False)
]
Server = Annotated[
    str | None, typer.Option(metavar="URL", help="With --key-file: this server, instead of the one of this machine.")
]
Why = Annotated[str, typer.Option(help="The reason; the log keeps a commitment to it.")]


@contextmanager
def reviewing(key_file: Path, server: str | None = None) -> Generator[Client]:
    """A client with what the person of the key may, and nothing of the operator's."""
    key = key_file.read_text("utf-8").strip()
    if not key.isascii() or not key.isprintable() or not key:
        raise Invalid(f"{key_file} holds no key.", hint="vouch people key makes one.")
    if server is None:
        with connect() as client:
            client.speak_with(key)
            yield client
        return
    client = Client(Owner(0, _address(server), key))
    try:
        yield client
    except httpx.TransportError as error:
        raise Unavailable(f"No server answers at {server}.", hint="Check its address.") from error
    finally:
        client.close()


def _address(server: str) -> str:
    try:
        parts = urlsplit(server)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        host, scheme = None, ""
    if host is None or scheme not in ("http", "https"):
        raise Invalid("This is no address of a server.", hint="Write it like https://vouch.company.example.")
    if scheme == "http" and host not in LOOPBACK:
        raise Invalid("A key is not sent where anybody could read it.", hint="Use https://.")
    return server.rstrip("/")
