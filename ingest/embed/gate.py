"""The fixed sentences on which an exported model has to agree with its reference, and how closely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.embed.base import Matrix

MEAN_COSINE = 0.99
MIN_COSINE = 0.98
EXACT_COSINE = 0.9999

_LONG = (
    "The supplier shall deliver the goods to the address named in the order and shall bear the risk until the buyer "
    "has signed for them. Where a part of the delivery is missing, the buyer tells the supplier within ten working "
    "days, and the supplier replaces what is missing at its own cost. "
)

SENTENCES = (
    "What is the notice period?",
    "salary",
    "How do I reset my password if I no longer have the phone that receives the codes?",
    "Employees accrue 2.5 days of paid leave for each full month of service.",
    "Invoice 2024-0173: 12 units at EUR 49.90 each, due within 30 days, 2 % discount within 10.",
    "The backup runs every night at 02:15 UTC and is kept for 35 days.",
    "Acetylsalicylic acid irreversibly inhibits cyclooxygenase-1 in platelets.",
    "Mutations of BRCA1 were found in 4.2% of 1,824 unselected patients.",
    "Name | Role | Office\nAda Lovelace | Analyst | London\nGrace Hopper | Engineer | Arlington",
    "def area(radius: float) -> float:\n    return math.pi * radius ** 2",
    "ERROR 503 upstream connect error or disconnect/reset before headers",
    "The quick brown fox jumps over the lazy dog.",
    "Die Kündigungsfrist beträgt drei Monate zum Ende des Quartals.",
    "Le contrat est régi par le droit français.",
    "El proveedor deberá notificar cualquier retraso por escrito.",
    "東京オフィスの営業時間は午前九時から午後六時までです。",
    "Срок действия договора составляет один год.",
    "Dear all, the meeting has moved to Thursday at 3 pm; the room stays the same. Best, Maria",
    "Not all contractors are covered by the insurance policy.",
    "All contractors are covered by the insurance policy.",
    "Revenue grew by 14 % to 3.2 million, while costs fell by 6 %.",
    "Press and hold the power button for ten seconds until the light turns amber.",
    "The patient reported chest pain radiating to the left arm for the past two hours.",
    "Section 4.2.1: Liability is limited to the fees paid in the preceding twelve months.",
    "Who approved the purchase of the new servers in March?",
    "Travel by rail is preferred where the journey takes less than four hours.",
    "Shoes, gloves and eye protection must be worn in the workshop at all times.",
    "Boil the pasta for nine minutes, then drain it and keep a cup of the water.",
    "The treaty was signed in 1648 and ended thirty years of war in central Europe.",
    "Light is bent when it passes from air into water because its speed changes.",
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor",
    "SELECT name, SUM(amount) FROM orders GROUP BY name HAVING SUM(amount) > 1000;",
    "{'status': 'shipped', 'carrier': 'DHL', 'tracking': '00340434161094042557'}",
    "https://example.org/handbook/leave?section=3#parental",
    "👍 done, shipping tomorrow 🚚",
    "The vendor may not subcontract any part of the work without written consent, except to its affiliates.",
    "Parental leave: sixteen weeks, fully paid, for every parent, taken within the first year.",
    _LONG.strip(),
    _LONG * 3,
    _LONG * 12,
)
"""Short and long, several languages, tables, code, numbers; the last one is over the window of most models."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Cosines between two sets of unit vectors of the same texts."""

    mean: float
    minimum: float

    @property
    def passes(self) -> bool:
        return self.mean >= MEAN_COSINE and self.minimum >= MIN_COSINE

    @property
    def exact(self) -> bool:
        return self.minimum >= EXACT_COSINE


def agreement(candidate: Matrix, reference: Matrix) -> Agreement:
    """How well ``candidate`` agrees with ``reference``, row by row. NaN counts as no agreement."""
    if candidate.shape != reference.shape:
        return Agreement(0.0, 0.0)
    cosines = np.nan_to_num(np.einsum("ij,ij->i", candidate, reference), nan=0.0)
    return Agreement(float(cosines.mean()), float(cosines.min()))
