"""What is read of Tryton, and how each model becomes a document.

A document shows fields of its own record, fields behind relations, and tables of the records that belong to it. Every
name here is one that ``search_read`` takes; whoever may not read all of them in Tryton does not find the document,
except for fields that are kept apart (``apart``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.record import Record, markdown_table
from connectors.sources.tryton.values import Row, elements, shown

STAMPS = ("create_date", "write_date")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of the record. ``apart``: it has access of its own unless the configuration of Tryton opens it."""

    name: str
    label: str
    apart: bool = False

    @property
    def field(self) -> str:
        """The record's own field that it begins with."""
        return self.name.partition(".")[0].partition(":")[0]


@dataclass(frozen=True, slots=True)
class Table:
    """Records that belong to the record: ``relation`` leads to them, ``columns`` are name -> header."""

    relation: str
    heading: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Prices:
    """Values that differ by company: one field a company, each for the users of that company only."""

    relation: str
    value: str
    label: str
    field: str
    """The record's own field that shows them in Tryton; its field access holds for them."""


@dataclass(frozen=True, slots=True)
class Spec:
    """How a model is read. ``title`` is what comes before ``name`` (a field)."""

    model: str
    title: str
    name: str
    fields: tuple[Shown, ...]
    text: tuple[str, ...] = ()
    """Fields whose text stands as it is."""
    tables: tuple[Table, ...] = ()
    prices: tuple[Prices, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Label -> field, for the filters of search."""
    subtitle: str = ""
    """A field that stands behind the name in the title."""
    follows: tuple[str, ...] = ()
    """Relations whose own changes change the document; those of its tables are followed anyway."""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that the document shows, as ``search_read`` takes it."""
        names: list[str] = [self.name, *self.text, *(each.name for each in self.fields)]
        names += [self.subtitle] if self.subtitle else []
        names += [f"{table.relation}.{column}" for table in self.tables for column in table.columns]
        for prices in self.prices:
            names += [f"{prices.relation}.{each}" for each in (prices.value, "company", "company.rec_name")]
        return tuple(dict.fromkeys([*names, *self.labels.values()]))

    @property
    def watched(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.follows, *(table.relation for table in self.tables)]))


ORDER_COLUMNS = {
    "product.rec_name": "Product",
    "description": "Description",
    "quantity": "Quantity",
    "unit.symbol": "Unit",
    "unit_price": "Unit price",
}
TOTALS = (
    Shown("untaxed_amount", "Untaxed"),
    Shown("tax_amount", "Tax"),
    Shown("total_amount", "Total"),
    Shown("currency.rec_name", "Currency"),
)
COMPANY = Shown("company.rec_name", "Company")
ORDER_LABELS = {"company": "company", "party": "party", "state": "state"}

_ALL = (
    Spec(
        "sale.sale", "Sale", "number",
        (
            Shown("reference", "Reference"),
            Shown("party.rec_name", "Customer"),
            Shown("state:string", "State"),
            Shown("sale_date", "Sale date"),
            Shown("quotation_date", "Quotation date"),
            Shown("shipping_date", "Shipping date"),
            Shown("payment_term.rec_name", "Payment term"),
            Shown("invoice_state:string", "Invoice state"),
            Shown("shipment_state:string", "Shipment state"),
            *TOTALS, COMPANY,
        ),
        text=("description", "comment"),
        tables=(Table("lines", "Lines", ORDER_COLUMNS),),
        labels=ORDER_LABELS, subtitle="party.rec_name", follows=("party",),
    ),
    Spec(
        "purchase.purchase", "Purchase", "number",
        (
            Shown("reference", "Reference"),
            Shown("party.rec_name", "Supplier"),
            Shown("state:string", "State"),
            Shown("purchase_date", "Purchase date"),
            Shown("delivery_date", "Delivery date"),
            Shown("payment_term.rec_name", "Payment term"),
            Shown("invoice_state:string", "Invoice state"),
            Shown("shipment_state:string", "Shipment state"),
            *TOTALS, COMPANY,
        ),
        text=("description", "comment"),
        tables=(Table("lines", "Lines", ORDER_COLUMNS),),
        labels=ORDER_LABELS, subtitle="party.rec_name", follows=("party",),
    ),
    Spec(
        "account.invoice", "Invoice", "number",
        (
            Shown("type:string", "Type"),
            Shown("reference", "Reference"),
            Shown("party.rec_name", "Party"),
            Shown("state:string", "State"),
            Shown("invoice_date", "Invoice date"),
            Shown("payment_term.rec_name", "Payment term"),
            *TOTALS, COMPANY,
        ),
        text=("description", "comment"),
        tables=(Table("lines", "Lines", ORDER_COLUMNS),),
        labels=ORDER_LABELS, subtitle="party.rec_name", follows=("party",),
    ),
    Spec(
        "party.party", "Party", "name",
        (
            Shown("code", "Code"),
            Shown("categories.rec_name", "Categories"),
            Shown("lang.rec_name", "Language"),
            Shown("tax_identifier.code", "Tax identifier"),
        ),
        tables=(
            Table("addresses", "Addresses", {"full_address": "Address"}),
            Table("contact_mechanisms", "Contacts", {"type:string": "Type", "name": "Name", "value": "Value"}),
        ),
        labels={"party": "id"},
    ),
    Spec(
        "product.product", "Product", "rec_name",
        (
            Shown("code", "Code"),
            Shown("type:string", "Type"),
            Shown("default_uom.rec_name", "Unit"),
            Shown("template.categories.rec_name", "Categories"),
        ),
        text=("description",),
        prices=(
            Prices("template.list_prices", "list_price", "List price", "list_price"),
            Prices("cost_prices", "cost_price", "Cost price", "cost_price"),
        ),
        labels={"product": "id"}, follows=("template", "template.list_prices", "cost_prices"),
    ),
    Spec(
        "sale.opportunity", "Opportunity", "number",
        (
            Shown("reference", "Reference"),
            Shown("party.rec_name", "Party"),
            Shown("employee.rec_name", "Employee"),
            Shown("state:string", "State"),
            Shown("start_date", "Start date"),
            Shown("end_date", "End date"),
            Shown("amount", "Amount"),
            Shown("conversion_probability", "Conversion probability"),
            Shown("lost_reason", "Reason for loss"),
            COMPANY,
        ),
        text=("description", "comment"),
        tables=(
            Table(
                "lines", "Lines",
                {"product.rec_name": "Product", "description": "Description", "quantity": "Quantity",
                 "unit.symbol": "Unit"},
            ),
        ),
        labels=ORDER_LABELS, subtitle="party.rec_name", follows=("party",),
    ),
    Spec(
        "company.employee", "Employee", "party.rec_name",
        (
            Shown("company.rec_name", "Company"),
            Shown("supervisor.rec_name", "Supervisor"),
            Shown("start_date", "Start date"),
            Shown("end_date", "End date"),
            Shown("party.email", "E-mail"),
            Shown("party.phone", "Phone"),
        ),
        labels={"company": "company", "party": "party"}, follows=("party", "party.contact_mechanisms"),
    ),
    Spec(
        "project.work", "Project", "name",
        (
            Shown("type:string", "Type"),
            Shown("status.rec_name", "Status"),
            Shown("party.rec_name", "Party"),
            Shown("parent.rec_name", "Part of"),
            Shown("effort_duration", "Effort"),
            Shown("constraint_start_time", "Start"),
            Shown("constraint_finish_time", "Finish"),
            COMPANY,
        ),
        text=("comment",),
        labels={"company": "company", "party": "party"}, follows=("party",),
    ),
    Spec(
        "timesheet.line", "Timesheet", "work.rec_name",
        (
            Shown("employee.rec_name", "Employee"),
            Shown("date", "Date"),
            Shown("duration", "Duration"),
            COMPANY,
        ),
        text=("description",),
        labels={"company": "company", "employee": "employee"}, subtitle="employee.rec_name",
    ),
)  # fmt: skip

SPECS: Mapping[str, Spec] = {spec.model: spec for spec in _ALL}


def record(spec: Spec, row: Row, restricted: Iterable[str]) -> tuple[Record, tuple[tuple[str, str, int | None], ...]]:
    """The document of a row, and its fields that are kept apart: label, own field, company whose users alone see it."""
    apart = set(restricted)
    parts: list[tuple[str, str, int | None]] = []
    fields: list[tuple[str, str]] = []
    for each in spec.fields:
        if value := shown(row, each.name):
            fields.append((each.label, value))
            if each.apart or each.field in apart:
                parts.append((each.label, each.field, None))
    for prices in spec.prices:
        for priced in elements(row, tuple(prices.relation.split("."))):
            company, value = priced.get("company"), shown(priced, prices.value)
            if value and isinstance(company, int):
                label = f"{prices.label} ({shown(priced, 'company.rec_name')})"
                fields.append((label, value))
                parts.append((label, prices.field, company))
    labels = [("kind", spec.model), *((label, shown(row, name)) for label, name in spec.labels.items())]
    made = Record(
        title=_title(spec, row),
        text="\n\n".join(_text(spec, row)),
        fields=tuple(fields),
        restricted=frozenset(label for label, _, _ in parts),
        labels=tuple((label, value) for label, value in labels if value),
    )
    return made, tuple(dict.fromkeys(parts))


def _title(spec: Spec, row: Row) -> str:
    name = shown(row, spec.name) or f"#{row['id']}"
    subtitle = shown(row, spec.subtitle) if spec.subtitle else ""
    return f"{spec.title} {name}, {subtitle}" if subtitle else f"{spec.title} {name}"


def _text(spec: Spec, row: Row) -> Iterable[str]:
    for name in spec.text:
        if value := shown(row, name):
            yield value
    for table in spec.tables:
        rows = [[shown(each, column) for column in table.columns] for each in elements(row, (table.relation,))]
        if rows:
            yield f"## {table.heading}"
            yield markdown_table(table.columns.values(), rows)
