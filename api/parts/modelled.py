"""What a question may ask of models, wired: choosing, redacting, calling, checking."""

from __future__ import annotations

from answer.modelled import Modelled
from answer.routing import RoutingPolicy
from answer.verify.support import shipped
from answer.writing import Writer
from api.parts.models import Models
from api.parts.redaction import Redaction
from core.clock import Clock
from core.database import Database
from ingest.embed.base import Embedder


def open_modelled(
    database: Database, models: Models, redaction: Redaction, embedder: Embedder, routing: RoutingPolicy, clock: Clock
) -> Modelled:
    gateway = models.gateway
    return Modelled(
        database=database,
        register=models.register,
        budgets=models.budgets,
        gateway=gateway,
        redactor=redaction.redactor,
        writer=Writer(redaction.redactor, gateway, embedder.embed, shipped(), redaction.policy, clock),
        vault=redaction.vault,
        labels=redaction.labels,
        identity=lambda: redaction.detector.identity,
        policy=redaction.policy,
        routing=routing,
        clock=clock,
    )
