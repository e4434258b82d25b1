"""A PostgreSQL server of the machine, started for the tests in a directory of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.servers.certificates import Certificate

INSTALL = "install one with: apt-get install postgresql, and the driver with: pip install 'psycopg[binary]'"


@contextmanager
def server(tls: Certificate | None = None) -> Generator[str]:
    """The address of an empty database, with ``tls`` one that is reached by it alone. Skips where there is no server to
    be had."""
    if find_spec("psycopg") is None:
        pytest.skip(f"psycopg is not installed; {INSTALL}")
    if url := os.environ.get("VOUCH_TEST_POSTGRES_URL"):
        yield url
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not programs:
        pytest.skip(f"no PostgreSQL server on this machine and no VOUCH_TEST_POSTGRES_URL; {INSTALL}")
    directory = Path(tempfile.mkdtemp(prefix="vouch-postgres-"))
    try:
        yield from _started(programs[-1].parent, directory, tls)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _started(programs: Path, directory: Path, tls: Certificate | None) -> Generator[str]:
    # The server refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(directory, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str | Path) -> None:
        as_user = {"user": user} if os.geteuid() == 0 else {}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=directory, **as_user)  # pyright: ignore

    data = directory / "data"
    run(programs / "initdb", "-D", data, "-U", "vouch", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c fsync=off -p {port} -k {directory}"
    if tls is not None:
        options += " -c ssl=on"
        for given, name in ((tls.public, "server.crt"), (tls.private, "server.key")):
            shutil.copy(given, data / name)
            shutil.chown(data / name, user)
            (data / name).chmod(0o600)
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
    run(programs / "pg_ctl", "-D", data, "-l", directory / "log", "-o", options, "-w", "start")
    try:
        yield f"postgresql+psycopg://vouch@127.0.0.1:{port}/postgres"
    finally:
        run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
