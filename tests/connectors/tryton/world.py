"""A small company group in a real Tryton: two companies, users of each kind, and records of every model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.servers.tryton import Caller, Tryton

PASSWORD = "reads-what-it-may"
TODAY = {"__class__": "date", "year": 2026, "month": 11, "day": 20}


def money(amount: str) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": amount}


@dataclass
class World:
    """Ids by name. ``users`` maps a login to its user id."""

    tryton: Tryton
    admin: Caller
    companies: list[int] = field(default_factory=list[int])
    groups: dict[str, int] = field(default_factory=dict[str, int])
    users: dict[str, int] = field(default_factory=dict[str, int])
    parties: list[int] = field(default_factory=list[int])
    products: list[int] = field(default_factory=list[int])
    employees: list[int] = field(default_factory=list[int])
    sales: list[int] = field(default_factory=list[int])
    purchases: list[int] = field(default_factory=list[int])
    opportunities: list[int] = field(default_factory=list[int])
    works: list[int] = field(default_factory=list[int])
    timesheets: list[int] = field(default_factory=list[int])
    addresses: list[int] = field(default_factory=list[int])
    unit: int = 0
    currency: int = 0

    def group(self, module: str, name: str) -> int:
        """The id of a group that a module brings."""
        key = f"{module}.{name}"
        if key not in self.groups:
            self.groups[key] = self.admin.call("model.ir.model.data.get_id", module, name)
        return self.groups[key]

    def add_user(self, login: str, groups: list[int], companies: list[int], **more: Any) -> int:
        values = {
            "name": login.capitalize(), "login": login, "email": f"{login}@example.com", "password": PASSWORD,
            "groups": [["add", groups]], "companies": [["add", companies]],
            "company": companies[0] if companies else None, "company_filter": "all", **more,
        }  # fmt: skip
        self.users[login], = self.admin.create("res.user", [values])  # fmt: skip
        return self.users[login]

    def sign_in(self, login: str) -> Caller:
        return self.tryton.sign_in(login, PASSWORD)

    def add_sales(self, count: int, company: int = 0) -> list[int]:
        rows = [self.order(self.companies[company], number, "sale_date") for number in range(count)]
        made = self.admin.create("sale.sale", rows)
        self.sales += made
        return made

    def order(self, company: int, number: int, date: str) -> dict[str, Any]:
        product = self.products[number % len(self.products)]
        line = {"product": product, "quantity": 3.0, "unit": self.unit, "unit_price": money("12.5000"),
                "description": f"Order position {number}"}  # fmt: skip
        place = number % len(self.parties)
        return {
            "company": company, "party": self.parties[place], "invoice_address": self.addresses[place],
            "currency": self.currency, "description": f"Delivery {number} of the autumn campaign", date: TODAY,
            "lines": [["create", [line]]],
            **({"shipment_address": self.addresses[place]} if date == "sale_date" else {}),
        }  # fmt: skip


def build(tryton: Tryton) -> World:
    admin = tryton.sign_in()
    world = World(tryton, admin)
    _companies(world)
    _service(world)
    world.admin = tryton.sign_in("vouch", PASSWORD)
    _products(world)
    _employees(world)
    _orders(world)
    _people(world)
    return world


def _companies(world: World) -> None:
    admin = world.admin
    symbol = {"name": "Euro", "code": "EUR", "symbol": "€", "rates": [["create", [{"rate": money("1")}]]]}
    world.currency, = admin.create("currency.currency", [symbol])  # fmt: skip
    owners = admin.create("party.party", [{"name": "North Works"}, {"name": "South Works"}])
    rows = [{"party": each, "currency": world.currency} for each in owners]
    world.companies = admin.create("company.company", rows)


def _service(world: World) -> None:
    # Global rules hold for administrators too: what the account itself may not read does not reach Vouch.
    world.add_user("vouch", world.admin.search("res.group"), world.companies, administrator=True)


def _products(world: World) -> None:
    admin = world.admin
    world.unit = admin.search("product.uom", [["symbol", "=", "u"]])[0]
    names = ("Bearing", "Shaft", "Gasket", "Valve")
    templates = admin.create(
        "product.template",
        [
            {"name": name, "type": "goods", "default_uom": world.unit, "salable": True, "purchasable": True,
             "sale_uom": world.unit, "purchase_uom": world.unit, "list_price": money("20.0000"),
             "products": [["create", [{"suffix_code": f"P-{number}", "cost_price": money("7.2500")}]]]}
            for number, name in enumerate(names)
        ],
    )  # fmt: skip
    world.products = admin.search("product.product", [["template", "in", templates]])
    world.parties = admin.create(
        "party.party",
        [
            {"name": f"Customer {number}",
             "addresses": [["create", [{"street_unstructured": f"{number} Harbour Street", "city": "Antwerp"}]]],
             "contact_mechanisms": [["create", [{"type": "email", "value": f"desk{number}@customer.example"}]]]}
            for number in range(6)
        ],
    )  # fmt: skip
    found = {row["party"]: row["id"] for row in admin.read(
        "party.address", admin.search("party.address", [["party", "in", world.parties]]), ["party"])}  # fmt: skip
    world.addresses = [found[each] for each in world.parties]


def _employees(world: World) -> None:
    people = world.admin.create("party.party", [{"name": name} for name in ("Ana Ruiz", "Bo Lind", "Cy Tanaka")])
    north, south = world.companies
    rows = [
        {"party": people[0], "company": north},
        {"party": people[1], "company": north},
        {"party": people[2], "company": south},
    ]
    world.employees = world.admin.create("company.employee", rows)
    world.admin.write("company.employee", [world.employees[1]], {"supervisor": world.employees[0]})


def _orders(world: World) -> None:
    admin, (north, south) = world.admin, world.companies
    world.add_sales(8, 0)
    world.add_sales(5, 1)
    world.purchases = admin.create(
        "purchase.purchase",
        [world.order(each, number, "purchase_date") for each in world.companies for number in range(3)],
    )
    for place, company in enumerate(world.companies):
        rows = [
            {"company": company, "party": world.parties[number], "employee": world.employees[2 * place],
             "description": f"Frame contract {number}", "amount": money("9000.00"), "start_date": TODAY,
             "comment": "They want a yearly price.",
             "lines": [["create", [{"product": world.products[0], "quantity": 5.0, "unit": world.unit}]]]}
            for number in range(3)
        ]  # fmt: skip
        world.opportunities += admin.create("sale.opportunity", rows, company=company)
    world.works = admin.create(
        "timesheet.work", [{"name": "Audit", "company": north}, {"name": "Repair", "company": south}]
    )
    hours = {"__class__": "timedelta", "seconds": 5400}
    world.timesheets = admin.create(
        "timesheet.line",
        [
            {"company": company, "employee": employee, "date": TODAY, "duration": hours, "work": work,
             "description": f"Hours of {employee}"}
            for company, employee, work in (
                (north, world.employees[0], world.works[0]), (north, world.employees[1], world.works[0]),
                (south, world.employees[2], world.works[1]),
            )
        ],
    )  # fmt: skip


def _people(world: World) -> None:
    north, south = world.companies
    sale, purchase = world.group("sale", "group_sale"), world.group("purchase", "group_purchase")
    world.add_user("sally", [sale], [north])
    world.add_user("sven", [sale], [south])
    world.add_user("both", [sale, purchase], [north, south])
    world.add_user("current", [sale], [north, south], company_filter="one", company=south)
    world.add_user("pam", [purchase], [north])
    world.add_user("oscar", [world.group("sale_opportunity", "group_opportunity")], [north])
    world.add_user("tess", [world.group("timesheet", "group_timesheet_admin")], [north])
    world.add_user("ana", [], [north], employees=[["add", [world.employees[0]]]], employee=world.employees[0])
    world.add_user("nobody", [], [])
    world.add_user("leaver", [sale], [north])
    world.add_user("root2", [], [north], administrator=True)
