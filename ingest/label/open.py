"""Opens a detector: about two seconds and 250 MB with the models. Only a process that looks through texts does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.label.detector import LayeredDetector
from ingest.label.findings import Detector, Finding
from ingest.label.identity import detector_identity
from ingest.label.recognisers.base import Recogniser
from ingest.label.settings import LabelSettings


def open_detector(settings: LabelSettings, recognisers: Iterable[Recogniser], *, threads: int = 1) -> Detector:
    """The models (unless ``language_models`` is off) and ``recognisers`` behind one detector.

    Texts are read one after another on ``threads`` cores. Raises ``Unavailable`` when a model is missing.
    """
    # Loads spaCy and Presidio, which whoever only wants the name of this function does without.
    from ingest.label.entities import open_entities
    from ingest.label.language import Engine
    from ingest.label.models import Models
    from ingest.label.tokens import open_token_model
    from ingest.label.wording import Wording

    ours = tuple(recognisers)
    read = _nothing
    if settings.language_models:
        read = Models(open_token_model(threads), open_entities(), settings.threshold).read
    engine = Engine(read, (*ours, Wording()), settings.threshold)
    return LayeredDetector(engine.analyse, identity=detector_identity(settings, ours), kinds_off=settings.kinds_off)


def _nothing(texts: Sequence[str]) -> list[list[Finding]]:
    return [[] for _ in texts]
