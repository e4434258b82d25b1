"""All tables of the product, gathered for migrations."""

from __future__ import annotations

from answer import tables as answer
from answer.batching import tables as batching
from answer.evidence import tables as evidence
from answer.models import tables as models
from answer.review import tables as review
from api import tables as api
from api.identity import tables as identity
from api.subjects import tables as subjects
from api.webhooks import tables as webhooks
from connectors import tables as connectors
from core import tables as core
from core.audit import tables as audit
from core.database import Base
from ingest import tables as ingest
from ingest.label import tables as label

OWNERS = (
    core, audit, connectors, ingest, label, answer, models, batching, api, identity, webhooks, evidence, subjects,
    review,
)  # fmt: skip
"""The modules that declare tables; importing them is what registers those."""

metadata = Base.metadata
