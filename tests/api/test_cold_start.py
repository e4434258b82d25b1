"""What a server with models loads before one of them is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path

from api.http.app import create_app
from core.egress import EgressSettings
from tests.fakes.author import Author
from tests.fakes.model_vendor import Script
from tests.installation import Installation

def loaded():
    packages = {"openai", "anthropic", "google.genai", "google.auth", "httpx2", "boto3", "botocore"}
    return sorted(packages & set(sys.modules))

with Author() as author:
    author.writes = lambda model, text: Script(("Parental leave lasts 16 weeks [1].",))
    egress = EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]})
    made = Installation(Path(sys.argv[1]), models=(author.entry(),), egress=egress)
    create_app(made.runtime)
    made.runtime.warm()
    made.person("ana@company.example")
    made.records("handbook", [{"id": "leave", "title": "Leave", "text": "Parental leave lasts 16 weeks."}])
    nothing = made.ask("Who won the chess tournament of the moon?", "ana@company.example")
    print("before", nothing.status, *loaded())
    answer = made.ask("How many weeks does parental leave last?", "ana@company.example")
    print("after", answer.model, *loaded())
    made.close()
"""


def test_what_speaks_with_a_provider_is_loaded_by_the_first_call(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env={**os.environ, "MODEL_KEY": "sk-hunter2-0123456789", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.split() for line in done.stdout.splitlines() if line.startswith(("before", "after"))]
    assert said, done.stderr
    assert said == [["before", "abstained"], ["after", "local", "httpx2", "openai"]], done.stderr
