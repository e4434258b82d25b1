# dlt's rest client and the replies of Tryton are partly untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeArgument=false, reportUnknownParameterType=false, reportMissingTypeStubs=false
"""A real Tryton with many parties, and dlt alone reading them: what a sync is compared with."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import Request, Response

from connectors.sources.tryton.models import SPECS, STAMPS
from core.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
MODEL = "party.party"
PAGE = 500
NAMES = sorted({"id", "active", *SPECS[MODEL].names, *STAMPS})
"""What Vouch shows of a party: dlt reads the same."""


@dataclass(frozen=True, slots=True)
class TrytonServer:
    """Where it answers, and as whom it is read."""

    url: str
    user: str
    password: str
    authorization: str
    context: dict[str, Any]
    parties: int


@contextmanager
def serving(parties: int) -> Generator[TrytonServer]:
    """Start one with so many parties. Raises ``Unavailable`` outside a checkout, or where its packages cannot be
    installed."""
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    try:
        servers: Any = importlib.import_module("tests.servers.tryton")
        missing: Any = importlib.import_module("tests.servers.environment").ServersMissing
    except ImportError as error:
        raise Unavailable(
            "Tryton is started by the tests, which are not here.", hint="Run it in a checkout."
        ) from error
    try:
        with servers.running() as server:
            admin = server.sign_in()
            rows = [_party(number) for number in range(parties)]
            admin.create(MODEL, rows)
            yield TrytonServer(
                server.url, servers.ADMIN, servers.PASSWORD, admin.http.headers["Authorization"], admin.context,
                len(admin.search(MODEL)),
            )  # fmt: skip
    except missing as error:
        raise Unavailable(str(error)) from error


def _party(number: int) -> dict[str, Any]:
    address = {"street_unstructured": f"{number} Harbour Street", "city": "Antwerp"}
    contact = {"type": "email", "value": f"desk{number}@customer.example"}
    return {
        "name": f"Customer {number}",
        "addresses": [["create", [address]]],
        "contact_mechanisms": [["create", [contact]]],
    }


class _ById(BasePaginator):
    """Asks for the ids after the last one read."""

    def __init__(self, context: dict[str, Any]) -> None:
        super().__init__()
        self._context, self._after = context, 0

    def init_request(self, request: Request) -> None:
        self.update_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        self._has_next_page = bool(data) and len(data or ()) == PAGE
        if data:
            self._after = data[-1]["id"]

    def update_request(self, request: Request) -> None:
        params = [[["id", ">", self._after]], 0, PAGE, [["id", "ASC"]], NAMES, self._context]
        request.json = {"id": 1, "method": f"model.{MODEL}.search_read", "params": params}


def read_with_dlt(served: TrytonServer) -> int:
    """Read every party with dlt's rest client, as a resource. Returns how many."""
    client = RESTClient(
        served.url,
        headers={"Authorization": served.authorization, "Accept-Encoding": "gzip"},
        data_selector="result",
    )

    @dlt.resource(name="parties")
    def parties() -> Any:
        yield from client.paginate("/tryton/rpc/", method="POST", json={}, paginator=_ById(served.context))

    return sum(1 for _ in parties())
