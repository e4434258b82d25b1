"""What the worlds of declared kinds share: their kinds in pages that a few items fill."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from connectors.kinds import Kind
from connectors.sources.rest.declaration import Resource
from connectors.sources.rest.kinds import CATALOGUE, kind_of, load
from tests.contracts.sources.trouble import Request

ITEMS_A_PAGE = 2


def in_small_pages(kind: str) -> Kind:
    """The kind of the catalogue with pages of two items, in the listing and in the sweep, as a page size is not a
    setting."""
    declaration = load(CATALOGUE / f"{kind}.yaml")
    resources = {name: _small(resource) for name, resource in declaration.resources.items()}
    return kind_of(declaration.model_copy(update={"resources": resources}))


def _small(resource: Resource) -> Resource:
    update: dict[str, Any] = {"paginate": resource.paginate.model_copy(update={"size": ITEMS_A_PAGE})}
    if resource.ids is not None and resource.ids.paginate is not None:
        paginate = resource.ids.paginate.model_copy(update={"size": ITEMS_A_PAGE})
        update["ids"] = resource.ids.model_copy(update={"paginate": paginate})
    return resource.model_copy(update=update)


def without_params(request: Request, *names: str) -> Request:
    """The request without these parameters."""
    parts = urlsplit(request.path)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in names]
    return Request(request.method, f"{parts.path}?{urlencode(kept)}", request.body)
