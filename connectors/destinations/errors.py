"""Faults of a delivery.

VouchError (core.errors)
├── DestinationUnavailable   the destination cannot take it now, or lets nobody in; tried again with growing pauses,
│                            not before ``retry_after`` seconds when it said so (an ``Unavailable``)
└── DeliveryRefused          this message will never be taken as it is; not tried again by itself (an ``Invalid``)

Neither holds anything of the message, nor what the destination wrote back: that may repeat the message.
"""

from __future__ import annotations

from core.errors import Invalid, Unavailable


class DestinationUnavailable(Unavailable):
    code = "destination_unavailable"


class DeliveryRefused(Invalid):
    code = "delivery_refused"
