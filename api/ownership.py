"""Whoever serves owns the data directory: a lock, and a note for the command line on where the owner listens."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from core.errors import Conflict


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that serves the directory. ``token`` is the operator's authority on this machine."""

    pid: int
    url: str
    token: str = field(repr=False)


class Ownership:
    """Exclusive ownership of a data directory, held until ``release`` or the end of the process."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._note = directory / "owner.json"
        self._file: IO[str] = (directory / "lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise Conflict(
                f"Another Vouch process owns {directory}.",
                hint="Wait until it ends, or stop it; two processes never share a data directory.",
            ) from None
        self._note.unlink(missing_ok=True)

    def announce(self, owner: Owner) -> None:
        """Tell the command line where to go. The note is readable by the directory's account only."""
        draft = self._note.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(owner), file)
        draft.replace(self._note)

    def release(self) -> None:
        self._note.unlink(missing_ok=True)
        self._file.close()


class Shared:
    """A data directory that the processes of an installation in server mode share. Nobody owns it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def announce(self, owner: Owner) -> None:
        """Nowhere: the command line opens the installation itself."""

    def release(self) -> None:
        """Nothing is held."""


def find_owner(directory: Path) -> Owner | None:
    """The process that serves the directory now, if any."""
    try:
        with (directory / "lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        pass
    try:
        return Owner(**json.loads((directory / "owner.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
