"""Tryton: sales, purchases, invoices, parties, products, opportunities, employees, projects and timesheets."""

from __future__ import annotations

from connectors.kinds import Kind, Opening
from connectors.sources.tryton.config import TrytonConfig
from connectors.sources.tryton.source import TrytonCursor, TrytonSource


def _open(config: TrytonConfig, opening: Opening) -> TrytonSource:
    return TrytonSource(config, opening)


KIND = Kind(
    name="tryton",
    title="Tryton",
    category="erp",
    auth="a session by user and password (JSON-RPC)",
    cursor="write_date or create_date of records and of what belongs to them, by the server's clock, with an overlap",
    deletions="Tryton's log at every poll, and a sweep of ids; deactivated records leave",
    permissions="model, field and record rules of every user, as grants",
    tested="a real Tryton 8.2 on SQLite; on PostgreSQL in make soak",
    config=TrytonConfig,
    open=_open,
    example="""\
url: https://tryton.example.com
database: company
user: vouch
password: env:TRYTON_PASSWORD
models: [sale.sale, sale.opportunity, party.party, product.product, company.employee]
restrict:
  sale.opportunity: [amount]
""",
)

__all__ = ["KIND", "TrytonConfig", "TrytonCursor", "TrytonSource"]
