"""Where a region lies, and what a policy of regions says of a destination."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from core.policy import Destination
from core.policy_document import SHIPPED, policy_of
from core.regions import lies_in, within


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("us-east-1", "us"), ("us-gov-west-1", "us"), ("us-central1", "us"), ("eastus2", "us"),
        ("southcentralus", "us"), ("eu-west-1", "eu"), ("europe-west4", "eu"), ("westeurope", "eu"),
        ("SwedenCentral", "eu"), ("de", "eu"), ("eu-west-2", "uk"), ("europe-west6", "ch"), ("us", None),
        ("eu", None), ("global", None), ("basement", None),
    ],
)  # fmt: skip
def test_regions_of_clouds_lie_where_they_say(name: str, where: str | None) -> None:
    assert lies_in(name) == where


def test_a_region_is_within_itself_whatever_its_case() -> None:
    assert within("US", "us")
    assert within("us-east-1", "US")
    assert not within("us", "us-east-1")


def blocks(region: str | None, **cells: str) -> bool:
    document: Any = copy.deepcopy(SHIPPED)
    document["sensitivity"]["internal"] |= {name.replace("__", ":"): said for name, said in cells.items()}
    return policy_of(document, 1).blocks_text("internal", Destination("m", "external", region))


def test_a_rule_of_a_region_holds_for_what_lies_in_it() -> None:
    for region in ("us", "US", "us-east-1", "eastus"):
        assert blocks(region, external__us="block")
        assert blocks(region, external__US="block")
    assert not blocks("eu-west-1", external__us="block")
    assert not blocks("us-east-1", external="block", external__us="redact")


def test_where_a_policy_speaks_of_regions_an_unknown_place_gets_the_strictest_of_them() -> None:
    for region in (None, "global", "basement"):
        assert blocks(region, external__us="block")
        assert blocks(region, external="block", external__eu="allow")
        assert not blocks(region)
    # A name that the policy itself uses is known.
    assert not blocks("basement", external__us="block", external__basement="allow")


def test_a_larger_region_gets_what_is_said_of_its_parts() -> None:
    assert blocks("eu", **{"external__eu": "allow", "external__de": "block"})
    assert not blocks("fr", **{"external__eu": "allow", "external__de": "block"})
