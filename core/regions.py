"""Where a region lies, by the names that clouds give to theirs.

Only what is known is said: ``us-east-1``, ``us-central1`` and ``eastus`` lie in ``us``; ``eu-west-1``, ``europe-west4``
and ``westeurope`` in ``eu``, as its member states do. London and Zurich have names like those of the European Union at
AWS and Google Cloud, and lie in ``uk`` and ``ch``.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MEMBERS = frozenset(
    {
        "at", "be", "bg", "hr", "cy", "cz", "dk", "ee", "fi", "fr", "de", "gr", "hu", "ie", "it", "lv", "lt", "lu",
        "mt", "nl", "pl", "pt", "ro", "sk", "si", "es", "se",
    }
)  # fmt: skip
_COUNTRY = re.compile(r"[a-z]{2}")
_ELSEWHERE = {
    "eu-west-2": "uk", "europe-west2": "uk", "eu-central-2": "ch", "europe-west6": "ch", "gb": "uk",
}  # fmt: skip
_NAMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), where)
    for pattern, where in (
        (r"us-(?:gov-)?(?:east|west|north|south|central)\w*(?:-\d+)?", "us"),
        (r"(?:(?:north|south|west)?central|east|west)us\d*|us(?:gov|dod)\w+", "us"),
        (r"eu-(?:north|south|east|west|central)\w*-\d+|eusc-\w+-\w+-\d+", "eu"),
        (r"europe-(?:north|south|west|central|east)\w*\d+|(?:west|north)europe", "eu"),
        (r"(?:sweden|france|germany|italy|poland|spain|austria|belgium|denmark|finland|greece)\w+", "eu"),
        (r"uk(?:south|west)", "uk"),
        (r"switzerland\w+", "ch"),
        (r"norway\w+", "no"),
        (r"ca-\w+-\d+|northamerica-northeast\d+|canada\w+", "ca"),
        (r"japan\w+|ap-northeast-[13]|asia-northeast[12]", "jp"),
        (r"australia\w+|ap-southeast-[246]", "au"),
        (r"(?:south|central|west)india|ap-south-\d+|asia-south\d+", "in"),
        (r"brazil\w+|sa-east-1|southamerica-east1", "br"),
    )
)  # fmt: skip


def region(name: str) -> str:
    """A region as it is compared."""
    return name.strip().casefold()


@lru_cache(maxsize=1_000)
def lies_in(name: str) -> str | None:
    """The larger region that this one lies in; None where it is none that is known, or lies in no other."""
    folded = region(name)
    if folded in _ELSEWHERE:
        return _ELSEWHERE[folded]
    if folded in _MEMBERS:
        return "eu"
    return next((where for pattern, where in _NAMES if pattern.fullmatch(folded)), None)


def is_known(name: str) -> bool:
    """Whether it can be told where this is: a country or union by its two letters, or a region in one."""
    return lies_in(name) is not None or _COUNTRY.fullmatch(region(name)) is not None


def within(inner: str, outer: str) -> bool:
    """Whether a region is the other one, or lies in it."""
    return region(outer) in (region(inner), lies_in(inner))
