"""A real Redis server of the machine, on loopback, that keeps nothing on the disk."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.certificates import Certificate

INSTALL = "install one with: apt-get install redis-server"


class RedisServer:
    """``restart`` forgets every message, as the loss of the machine would."""

    def __init__(self, program: str, directory: Path, tls: Certificate | None = None) -> None:
        self._program, self._directory, self._tls = program, directory, tls
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"{'rediss' if self._tls else 'redis'}://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command: list[str | Path] = [self._program, "--bind", "127.0.0.1", "--save", "", "--dir", self._directory]
        if self._tls is None:
            command += ["--port", str(self.port)]
        else:
            command += [
                "--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no",
                "--tls-cert-file", self._tls.public, "--tls-key-file", self._tls.private,
                "--tls-ca-cert-file", self._tls.public,
            ]  # fmt: skip
        self._process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert any("Ready to accept connections" in line for line in self._process.stdout), "Redis did not start"

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()


@contextmanager
def server(directory: Path, tls: Certificate | None = None) -> Generator[RedisServer]:
    """With ``tls`` nobody is answered without. Skips where there is none to be had."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip(f"no Redis server on this machine; {INSTALL}")
    running = RedisServer(program, directory, tls)
    running.start()
    try:
        yield running
    finally:
        running.stop()
