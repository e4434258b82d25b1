"""The environment of the servers that tests start: software nobody here wrote, kept apart from our own packages.

``server_python()`` builds it once, under ``.venv-servers/`` (ignored by git), from ``requirements.txt`` beside this
file, and gives its interpreter. ``python -m tests.servers.environment`` does the same from a terminal or a Makefile.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / ".venv-servers"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
INSTALL = "make servers"
"""What a skip tells the reader to run."""


COMPLETE = "complete"


class ServersMissing(Exception):
    """The environment is not there and could not be built; the message says how."""


def server_python() -> Path:
    """The interpreter of the servers' environment; builds the environment at the first call (about half a minute,
    needs a package index). Raises ``ServersMissing`` when it cannot be built."""
    folder = FOLDER / f"env-{_fingerprint()}"
    if not (folder / COMPLETE).exists():
        with locked("environment"):
            if not (folder / COMPLETE).exists():
                _build(folder)
    return folder / "bin" / "python"


def server_program(name: str) -> Path:
    """A program of the environment: ``trytond``, ``trytond-admin``, ``roundup-server``, ``roundup-admin``."""
    return server_python().with_name(name)


def prepared(name: str) -> Path:
    """A folder for what takes long to make once (an initialised database); it belongs to this set of packages, so
    that an upgrade makes it anew. Write to it under ``locked``, and publish with a rename."""
    folder = FOLDER / "prepared" / _fingerprint() / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def locked(name: str) -> Generator[None]:
    """One process at a time: tests may run in several."""
    FOLDER.mkdir(exist_ok=True)
    with FileLock(FOLDER / f"{name}.lock"):
        yield


def _fingerprint() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(REQUIREMENTS.read_bytes() + version.encode()).hexdigest()[:12]


def _build(folder: Path) -> None:
    """Builds in the final place, since an environment cannot be moved; an interrupted installation is built again."""
    shutil.rmtree(folder, ignore_errors=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    _call([sys.executable, "-m", "venv", str(folder)], environment)
    _call([str(folder / "bin" / "pip"), "install", "-q", "-r", str(REQUIREMENTS)], environment)
    (folder / COMPLETE).touch()


def _call(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = " ".join(done.stderr.strip().splitlines()[-1:])[:300]
        raise ServersMissing(f"The servers that tests start could not be installed ({INSTALL}): {last}")


if __name__ == "__main__":
    sys.stdout.write(f"{server_python()}\n")
