"""A process that asks in an installation until something happens to it: ``full`` fills its disk, ``killed`` kills it
after the intent of an answer and before its outcome."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from answer.recording import Record
from tests.api.visitors import EVENTS, House
from tests.installation import Installation

ANA = "ana@x.example"
QUESTION = "How many days of leave does an employee have?"


def say(response: Any) -> None:
    sys.stdout.write(json.dumps({"status": response.status_code, "text": response.text}) + "\n")
    sys.stdout.flush()


def fill() -> None:
    """No file may grow beyond a page from now on, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


def begin_and_die(self: Record, *given: Any) -> None:
    begin(self, *given)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    installation = Installation(Path(sys.argv[2]))
    installation.person(ANA, "staff")
    installation.records("rules", [{"id": "r1", "title": "Leave", "text": "Every employee has 27 days of leave."}])
    ana = House(installation).browser(ANA)
    say(ana.post("/v1/ask", json={"question": QUESTION}))
    if sys.argv[1] == "full":
        fill()
        say(ana.post("/v1/ask", json={"question": QUESTION}))
        say(ana.post("/v1/ask", json={"question": QUESTION}, headers={"Accept": EVENTS}))
        say(ana.post("/v1/search", json={"query": QUESTION}))
    else:
        begin, Record.begin = Record.begin, begin_and_die
        say(ana.post("/v1/ask", json={"question": QUESTION}, headers={"Accept": EVENTS}))
    os._exit(0)
