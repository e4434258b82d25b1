"""A process that labels what lies in a directory, document by document, and says how far it is."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from api import logs
from ingest.label import labeller
from ingest.label.labeller import Labeller
from tests.ingest.label.detectors import Patterns
from tests.installation import Installation


def main(directory: Path, hold_at: int) -> None:
    """Stands still once so many documents are labelled."""
    logs.configure()
    labeller.GROUP_CHARACTERS = 1
    installation = Installation(directory)

    def tell(done: int, total: int) -> None:
        os.write(1, f"{done} of {total}\n".encode())
        if done >= hold_at:
            threading.Event().wait()

    Labeller(installation.runtime.database, Patterns(asked=directory / "asked"), installation.runtime.clock).drain(tell)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
