"""What a question may ask of models, wired: choosing, redacting, calling, checking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files

from answer.cached import KeptAnswers
from answer.candidates import Embed
from answer.difficulty import is_understood
from answer.modelled import Modelled
from answer.remembering import without_tokens
from answer.settings import AnswerSettings
from answer.verify.ground import Entails, Ground
from answer.verify.settings import VerifySettings
from answer.verify.support import shipped
from answer.writing import Grounds, Writer
from api.parts.models import Models
from api.parts.redaction import Redaction
from core.clock import Clock
from core.database import Database
from core.secrets import Keyring


def open_modelled(
    database: Database,
    keyring: Keyring,
    models: Models,
    redaction: Redaction,
    embed: Embed,
    embedder: str,
    settings: AnswerSettings,
    clock: Clock,
) -> Modelled:
    """``embed`` is that of the ``embedder`` with this identity."""
    gateway = models.gateway
    return Modelled(
        database=database,
        register=models.register,
        budgets=models.budgets,
        gateway=gateway,
        redactor=redaction.redactor,
        writer=Writer(
            redaction.redactor, gateway, grounds_on(without_tokens(embed), settings.verify), redaction.policy, clock
        ),
        vault=redaction.vault,
        labels=redaction.labels,
        identity=lambda: redaction.detector.identity,
        policy=redaction.policy,
        routing=settings.routing,
        kept=KeptAnswers(
            database,
            keyring,
            redaction.redactor,
            redaction.vault,
            clock,
            timedelta(hours=settings.cache_hours),
            cache(partial(_checks, settings.verify)),
        ),
        understood=is_understood(embedder),
        clock=clock,
    )


def _checks(settings: VerifySettings) -> str:
    """The identity of what sentences are checked with."""
    suspicion = files("answer").joinpath("suspicion_weights.json").read_text("utf-8")
    return sha256("\x1f".join((shipped().to_json(), suspicion, settings.model_dump_json())).encode()).hexdigest()


def grounds_on(embed: Embed, settings: VerifySettings) -> Grounds:
    @cache
    def entails() -> Entails | None:
        if settings.cross_encoder is None:
            return None
        # Imported here: it loads torch.
        from retrieval.entailment import CrossEncoderEntailment

        return CrossEncoderEntailment(settings.cross_encoder)

    def ground(texts: Sequence[str], passages: Sequence[int]) -> Ground:
        return Ground(texts, embed, shipped(), passages=passages, threshold=settings.threshold, entails=entails())

    return ground
