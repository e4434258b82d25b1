"""What a question may ask of models, wired: choosing, redacting, calling, checking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from answer.modelled import Modelled
from answer.settings import AnswerSettings
from answer.verify.ground import Entails, Ground
from answer.verify.settings import VerifySettings
from answer.verify.support import shipped
from answer.writing import Grounds, Writer
from api.parts.models import Models
from api.parts.redaction import Redaction
from core.clock import Clock
from core.database import Database
from ingest.embed.base import Embedder


def open_modelled(
    database: Database,
    models: Models,
    redaction: Redaction,
    embedder: Embedder,
    settings: AnswerSettings,
    clock: Clock,
) -> Modelled:
    gateway = models.gateway
    return Modelled(
        database=database,
        register=models.register,
        budgets=models.budgets,
        gateway=gateway,
        redactor=redaction.redactor,
        writer=Writer(redaction.redactor, gateway, _grounds(embedder, settings.verify), redaction.policy, clock),
        vault=redaction.vault,
        labels=redaction.labels,
        identity=lambda: redaction.detector.identity,
        policy=redaction.policy,
        routing=settings.routing,
        clock=clock,
    )


def _grounds(embedder: Embedder, settings: VerifySettings) -> Grounds:
    @cache
    def entails() -> Entails | None:
        if settings.cross_encoder is None:
            return None
        # Imported here: it loads torch.
        from retrieval.entailment import CrossEncoderEntailment

        return CrossEncoderEntailment(settings.cross_encoder)

    def ground(texts: Sequence[str], passages: Sequence[int]) -> Ground:
        return Ground(
            texts, embedder.embed, shipped(), passages=passages, threshold=settings.threshold, entails=entails()
        )

    return ground
