"""Numbers that states and their offices give out, by region."""

from __future__ import annotations

from ingest.label.recognisers.national import (
    asia,
    germany,
    north_europe,
    south,
    south_europe,
    united_kingdom,
    united_states,
)

SCHEMES = (
    *united_states.SCHEMES,
    *united_kingdom.SCHEMES,
    *germany.SCHEMES,
    *south_europe.SCHEMES,
    *north_europe.SCHEMES,
    *asia.SCHEMES,
    *south.SCHEMES,
)
