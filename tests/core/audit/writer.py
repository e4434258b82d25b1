"""A process that appends from two threads while sequencing, names each acknowledged event, and waits to be killed."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from tests.core.audit.installation import Installation


def append_forever(installation: Installation) -> None:
    try:
        while True:
            # One write call a line: a line that the reader has was acknowledged before.
            os.write(1, installation.log.append(installation.event()).encode() + b"\n")
    finally:
        # Without a reader the test is gone, and nothing else would end this process.
        os._exit(1)


if __name__ == "__main__":
    opened = Installation.open(Path(sys.argv[1]), sys.argv[2])
    opened.sequencer.start()
    for _ in range(2):
        threading.Thread(target=append_forever, args=(opened,)).start()
