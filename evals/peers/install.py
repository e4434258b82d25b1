"""Creates the peer's environment: ``python -m evals.peers.install``. Does nothing when it is there and up to date.

It takes 1.6 GB and a few minutes. Where pip finds packages is for its own configuration (``PIP_FIND_LINKS``, ...).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from core.errors import Unavailable, VouchError

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv-llamaindex"
REQUIREMENTS = HERE / "llamaindex.txt"
WITHOUT = "The bench runs without it: --no-peer"


def ensure() -> Path:
    """The peer's Python, with exactly the requirements installed. Raises ``Unavailable``."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / "installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print("Installing the peer for comparison; this takes a few minutes the first time.", file=sys.stderr, flush=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(ENVIRONMENT))
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS))
    _run(str(python), "-m", "pip", "--disable-pip-version-check", "check")
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise Unavailable(f"The peer cannot be installed: {error.strerror}.", hint=WITHOUT) from error
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        wrong = next((line for line in lines if line.startswith("ERROR")), (lines or ["no reason given"])[-1])
        raise Unavailable(f"The peer cannot be installed: {wrong[:300]}", hint=WITHOUT)


def main() -> int:
    try:
        print(f"The peer is in {ensure().parent.parent}")
    except VouchError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
