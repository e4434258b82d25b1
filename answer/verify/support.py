"""Whether units carry a sentence: a calibrated probability out of its signals.

The model is the same as that of ``answer.support``: a logistic regression with non-negative weights, so that more of a
signal never lowers the support. ``support_weights.json`` beside this module is written by ``vouch eval grounding
--fit``; its threshold is the operating point.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from answer.support import Support

SupportModel = Support
"""``probability(signals)`` of ``answer.verify.signals``; a sentence is shown from ``threshold`` on."""

WEIGHTS = "support_weights.json"


@cache
def shipped() -> SupportModel:
    """The model that comes with this version."""
    return Support.from_json(files("answer.verify").joinpath(WEIGHTS).read_text("utf-8"))
