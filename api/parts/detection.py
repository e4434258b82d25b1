"""How the process that looks for values makes its detector. It imports this module and little else."""

from __future__ import annotations

from ingest.label.findings import Detector
from ingest.label.settings import LabelSettings


def configured_identity(settings: LabelSettings) -> str:
    """What the configured detector says of itself, without the models."""
    from ingest.label.identity import detector_identity
    from ingest.label.recognisers import recognisers

    return detector_identity(settings, recognisers(settings))


def open_configured(settings: LabelSettings) -> Detector:
    # Imported here: models and engines are behind it, which the process of the server never loads.
    from ingest.label.open import open_detector
    from ingest.label.recognisers import recognisers

    return open_detector(settings, recognisers(settings))
