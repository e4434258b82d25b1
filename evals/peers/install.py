"""Creates a peer's environment: ``python -m evals.peers.install [llamaindex|litellm]``. Does nothing when it is there
and up to date.

The first takes 1.6 GB, the second 1.0 GB, each a few minutes. Where pip finds packages is for its own configuration
(``PIP_FIND_LINKS``, ...).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from core.errors import Unavailable, VouchError

HERE = Path(__file__).resolve().parent
PeerName = Literal["llamaindex", "litellm"]
WITHOUT = "The bench runs without it: --no-peer"


def ensure(peer: PeerName = "llamaindex") -> Path:
    """The peer's Python, with exactly its requirements installed. Raises ``Unavailable``."""
    environment, requirements = HERE / f".venv-{peer}", HERE / f"{peer}.txt"
    python = environment / "bin" / "python"
    stamp = environment / "installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print("Installing the peer for comparison; this takes a few minutes the first time.", file=sys.stderr, flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(environment))
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements))
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
        peer: PeerName = "litellm" if "litellm" in sys.argv[1:] else "llamaindex"
        print(f"The peer is in {ensure(peer).parent.parent}")
    except VouchError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
