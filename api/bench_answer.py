"""The serving process of ``vouch bench answer``: with one model, which is a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from api.bench import READER, Served, servers
from api.ownership import find_owner
from core.errors import Unavailable
from evals.bench.answer import CONNECTIONS, Asking, StartAsking
from evals.bench.corpora import Corpus
from evals.bench.load import Target
from evals.bench.upstream import MODEL


@dataclass(frozen=True, slots=True)
class Asked:
    """A serving process, asked by the reader of the bench."""

    served: Served
    target: Target

    @property
    def pid(self) -> int:
        return self.served.pid

    def ingest(self, corpus: Corpus) -> int:
        """Until everything can be found and has been looked through for values, which a server does by itself, but
        later: else the first questions would be measured beside that."""
        count = self.served.ingest(corpus)
        for event in self.served.client.lines("/v1/operator/label", {}):
            if event["event"] == "report" and not event["left"]:
                return count
        raise Unavailable("The server could not look through the documents for values.", hint="See what it says.")


def asking(threads: int) -> StartAsking:
    """Starts ``vouch serve`` with the default settings, but for the model, the demo company and the threads.

    The model is one outside the house with every undertaking, so that what goes there is redacted.
    """

    @contextmanager
    def start(directory: Path, model_port: int) -> Generator[Asking]:
        directory.mkdir(parents=True, exist_ok=True)
        # JSON is YAML, and the process runs in this folder.
        (directory / "vouch.yaml").write_text(json.dumps(_settings(model_port)), "utf-8")
        with servers(threads)(directory) as served:
            assert isinstance(served, Served)
            owner = find_owner(directory)
            if owner is None:
                raise Unavailable("The server of the bench does not own its directory.")
            headers = {"Authorization": f"Bearer {owner.token}", "X-Vouch": "1", "X-Vouch-As": READER}
            yield Asked(served, Target(urlsplit(owner.url).port or 80, "/v1/ask", headers))

    return start


def _settings(model_port: int) -> dict[str, object]:
    handling = {
        "agreement": "a bench",
        "training_prohibited": True,
        "retention_days": 0,
        "legal_basis": "a bench",
    }
    model = {
        "name": "bench",
        "provider": "compatible",
        "model": MODEL,
        "tier": "small",
        "base_url": f"http://127.0.0.1:{model_port}/v1",
        "sensitivity": "confidential",
        "handling": handling,
        "concurrency": 4 * max(CONNECTIONS),
    }
    return {
        "ask_per_minute": 1_000_000,
        "web": {"requests_per_minute": 1_000_000},
        "models": [model],
        # What is measured is asking a model, also for a question that was asked before.
        "answer": {"cache_hours": 0},
        "egress": {"hosts": ["127.0.0.1"], "private": ["127.0.0.0/8"]},
    }
