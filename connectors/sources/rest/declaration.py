"""What a REST declaration may say: one YAML file describes one kind of system, and no Python is needed.

Three kinds of text occur in a declaration:

- *Expression*: a bare Jinja expression, evaluated to a value: ``record.sys_id``, ``record.state == 'closed'``,
  ``record.members | map(attribute='id')``. What is missing is none.
- *Template*: text with ``{{ expression }}`` and ``{% for %}`` inside. A template of a request that is nothing but one
  ``{{ expression }}`` gives the expression's value with its type (a number, a list) instead of text.
- *Path*: a JSONPath into a reply: ``result``, ``data.collection``, ``$`` for the whole.

Names that they may use, and where:

======================  ===============================================================================================
``settings.NAME``       everywhere: the settings of the source, without secrets (``settings.url`` has no final slash)
``secrets.NAME``        only in ``auth``: the secrets, read at the moment of use
``token``               only in ``auth.headers``, ``auth.cookies``: what the login answered
``record``              what a row of a reply says; its fields win over methods (``record.items`` is the field)
``children.NAME``       access and document: the list of rows of a child resource of the record
``lookups.NAME[ID]``    access, document, principals: a row of a lookup by its key
``since``, ``until``    requests of a resource with a cursor: the bound, and when this run began, as ``send`` says
``after``               requests of a keyset: the id of the last row of the page before; none on the first page
``size``                requests: the page size
``id``, ``ids``         requests of ``read`` and of children: the id of the record, and the ids of the batch
``account``, ``row``    principals: the account's record, and the row of a membership or child
``groups``              memberships by lookup: the account's groups by the memberships before
======================  ===============================================================================================

Parameters and headers that come out empty (none or "") are not sent. Filters beside Jinja's own: ``html`` (HTML to
text), ``table(HEADER, ROWS)`` (a Markdown table), ``quoted`` (each line as a Markdown quotation), ``when(FORMAT)`` (a
vendor's time as ``2026-03-01 09:30 UTC``), ``lookup(TABLE)`` (ids to rows, unknown ones dropped), ``known(TABLE)`` (the
same ids, failing for unknown ones), ``field(NAME)`` (that field of each row), ``listed`` (a text with commas to a
list), ``prefixed(TEXT)`` (TEXT before each name), ``satisfied(ALL)`` (of pairs of lists, wanted and held: whether any
pair, or with ALL every pair, that wants something has one in common).

A key of an item is ``RESOURCE/ID``. Groups and accounts are names within the source.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from connectors.kinds import Category
from connectors.sources.rest import paths
from connectors.sources.rest.moments import parse
from connectors.sources.rest.template import checked_body, checked_expression, checked_template

Expression = Annotated[str, AfterValidator(checked_expression)]
Template = Annotated[str, AfterValidator(checked_template)]
Path = Annotated[str, AfterValidator(paths.checked)]
Body = Annotated[Any, AfterValidator(checked_body)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Method = Literal["GET", "POST"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Setting(_Part):
    """A setting of a source of this kind. Without ``default`` it must be given.

    ``secret`` is a reference (env:, file:, vault:). ``access_map`` is a declared access map, see ``Clause.declared``.
    """

    type: Literal["text", "url", "secret", "number", "flag", "list", "access_map"] = "text"
    about: str
    """For the connector owner, one sentence."""
    optional: bool = False
    """May be left out: it is then none, or an empty list or map."""
    default: str | float | bool | tuple[str, ...] | None = None


class Request(_Part):
    """One request. ``path`` is appended to the declaration's ``url``; a full URL stays as it is."""

    path: Template = ""
    method: Method = "GET"
    params: dict[str, Template] = {}
    headers: dict[str, Template] = {}
    body: Body = None
    """A JSON body: any YAML; each text in it is a template."""
    form: dict[str, Template] | None = None
    """A form instead of a JSON body."""


class Offset(_Part):
    """``offset`` and ``limit`` as parameters, or in the body (``in: body``, dotted names). Ends at an empty page, or at
    ``total``."""

    kind: Literal["offset"]
    size: int = 100
    limit_param: str = "limit"
    offset_param: str = "offset"
    inside: Literal["params", "body"] = Field("params", alias="in")
    total: Path | None = None
    short_pages: bool = False
    """Whether a page before the last may hold fewer rows than ``size``, because the vendor takes out what the account
    may not see. Otherwise it means that the vendor caps the size, so that rows would be passed over, and is refused."""


class PageNumber(_Part):
    """A page's number, from ``first``. Ends at an empty page, or at ``pages`` (how many pages there are)."""

    kind: Literal["page"]
    size: int = 100
    page_param: str = "page"
    first: int = 1
    inside: Literal["params", "body"] = Field("params", alias="in")
    pages: Path | None = None


class Token(_Part):
    """The reply's ``token`` goes into the next request. Ends when there is none, or ``more`` says so."""

    kind: Literal["token"]
    size: int = 100
    token: Path
    param: str
    inside: Literal["params", "body"] = Field("params", alias="in")
    more: Path | None = None


class NextLink(_Part):
    """The reply's body holds the address of the next page (``@odata.nextLink``: write ``"'@odata.nextLink'"``)."""

    kind: Literal["link"]
    size: int = 100
    next: Path


class LinkHeader(_Part):
    """The ``Link`` header holds the address of the next page."""

    kind: Literal["link_header"]
    size: int = 100
    rel: str = "next"


class Keyset(_Part):
    """Each page is the same request with ``since`` and ``after`` of the last row: nothing is passed over when rows
    change meanwhile. The best choice where the vendor can sort and compare.

    ``by: modified``: sorted by (cursor field, id); the request asks for rows after (since, after), or from since while
    after is none. ``by: id``: sorted by id alone; since stays the same for the whole run (for vendors whose times are
    finer than they show). ``more: link_header``: the last page is the one without a next link (for vendors that take
    rows out of a page after cutting it); else it is one shorter than ``size``.
    """

    kind: Literal["keyset"]
    by: Literal["modified", "id"] = "modified"
    size: int = 100
    more: Literal["full", "link_header"] = "full"


class Single(_Part):
    """Everything in one reply."""

    kind: Literal["single"] = "single"
    size: int = 0


Pagination = Annotated[
    Offset | PageNumber | Token | NextLink | LinkHeader | Keyset | Single, Field(discriminator="kind")
]


class Rows(Request):
    """A request whose reply holds rows."""

    rows: Path = "$"
    """Where the rows are. A reply without it is refused (an error page must not look like an empty list), unless
    ``rows_optional``."""
    rows_optional: bool = False
    error: Path | None = None
    """Where a reply with status 200 says that it failed or is incomplete; anything there refuses the page."""
    paginate: Pagination = Single()
    where: Expression | None = None
    """Applied to every row on this side, whatever the request asked for: only rows for which it is true count."""
    refuse_empty: bool = False
    """Whether a listing without a single row is refused: for what never is empty (a roster), and is read whole."""


class CursorField(_Part):
    """When a row was last changed, and how to ask for what has changed since."""

    field: Expression
    """E.g. ``record.sys_updated_on``."""
    format: str = "iso"
    """Of the field: ``iso``, ``epoch``, ``epoch_ms``, or a strptime pattern. Times without a zone are of ``zone``."""
    send: str | None = None
    """Of ``since`` and ``until`` in requests: ``iso`` (2026-03-01T09:30:00Z), ``epoch``, ``epoch_ms`` or a strftime
    pattern; as ``format`` when left out."""
    zone: Template = "UTC"
    """An IANA name."""
    overlap_seconds: float = Field(120, ge=0)
    """How far each poll goes back behind what it has seen: covers clocks that differ and changes that are stamped when
    they begin and visible when they end."""
    grain_seconds: float = Field(1, gt=0)
    """The finest step that the vendor compares times by (Jira: 60); ``since`` is rounded down to it."""
    start: str = "1970-01-01T00:00:00Z"
    """``since`` of the first poll, in ISO form."""

    @model_validator(mode="after")
    def _begins(self) -> CursorField:
        if parse(self.start, "iso", "UTC") is None:
            raise ValueError("start is empty")
        return self


class Deletions(Rows):
    """A resource that lists what was deleted since."""

    id: Expression
    """The id of the deleted record."""
    cursor: CursorField | None = None


class Touched(Rows):
    """A table whose changes change records: the lines of an order. The records that its rows name are read again."""

    id: Expression = "record.id"
    cursor: CursorField
    parent: Expression
    """The id, or ids, of the record that shows the row."""


class Ids(_Part):
    """The listing that a sweep reads: that of the resource, with these parts instead. Its rows need the fields that
    ``id``, ``where``, ``deleted`` and a keyset use."""

    path: Template | None = None
    params: dict[str, Template] = {}
    """Laid over those of the resource."""
    body: Body = None
    rows: Path | None = None
    paginate: Pagination | None = None


class Read(_Part):
    """Reads records by id. With ``batch: 1`` the request uses ``id`` and a 404 or 410 says that it has gone; else it
    uses ``ids``, and what the reply does not hold has gone."""

    path: Template
    method: Method = "GET"
    params: dict[str, Template] = {}
    headers: dict[str, Template] = {}
    body: Body = None
    rows: Path = "$"
    batch: int = Field(1, ge=1)


class Child(Rows):
    """Rows that belong to a record: comments, lines, shares. One request for each record (with ``record``, ``id``), or,
    when ``parent`` is given, one for each ``batch`` records of a page (with ``ids``)."""

    parent: Expression | None = None
    """Of a row: the id of the record that it belongs to."""
    of: Expression | None = None
    """Of the record: what ``ids`` holds and ``parent`` names, where that is not the record's id (the shares of the
    account of a contact)."""
    batch: int = Field(50, ge=1)
    for_access: bool = False
    """Whether ``access`` uses it, so that it is also read when only permissions are."""


class Lookup(Rows):
    """A small table that is read whole, once a run, when something first uses it."""

    key: Expression


class Clause(_Part):
    """Grants, any of which is enough. A value may be a name or a list of names; empty ones count for nothing."""

    groups: Expression | None = None
    accounts: Expression | None = None
    declared: Name | None = None
    """A setting of type ``access_map``: a list of ``{when: {FIELD: VALUE or [VALUES]}, allow: [GROUPS], deny:
    [GROUPS]}``. The entries whose every field matches the record count together; none matching means nobody."""
    when: Expression | None = None
    """Only where true does the clause apply. What is missing here means nobody."""


class AccessRule(_Part):
    """Who may read. All of ``allow`` must be satisfied, each by any of its grants; who holds one of ``deny`` may not.

    Fails closed: nothing applicable, a clause without grants, or an expression of ``deny`` or ``when`` that names a
    missing field, means nobody.
    """

    allow: tuple[Clause, ...] = Field(min_length=1)
    deny: tuple[Clause, ...] = ()


class FieldGroup(_Part):
    """Fields of the document that need access of their own beside that of the record."""

    fields: tuple[str, ...] = Field(min_length=1)
    access: AccessRule


class Document(_Part):
    """A record as people read it. Empty fields and labels are left out."""

    title: Template
    text: Template = ""
    """Markdown."""
    fields: dict[str, Template] = {}
    labels: dict[str, Template] = {}
    url: Template = ""


class Resource(Rows):
    """One table or collection whose rows become documents. Without ``cursor`` every poll reads it whole."""

    id: Expression = "record.id"
    cursor: CursorField | None = None
    deleted: Expression | None = None
    """Where true, the row is a tombstone: the record has gone."""
    deletions: Deletions | None = None
    touched: tuple[Touched, ...] = ()
    ids: Ids | None = None
    """How to list ids cheaply for the sweep; without it the sweep reads the whole resource."""
    read: Read | None = None
    """How to read single records; without it the whole resource is read to find them."""
    children: dict[Name, Child] = {}
    access: AccessRule
    restricted: tuple[FieldGroup, ...] = ()
    document: Document

    @model_validator(mode="after")
    def _fits(self) -> Resource:
        if isinstance(self.paginate, Keyset) and self.paginate.by == "modified" and self.cursor is None:
            raise ValueError("a keyset by modified needs a cursor")
        unknown = {name for group in self.restricted for name in group.fields} - set(self.document.fields)
        if unknown:
            raise ValueError(f"restricted names {', '.join(sorted(unknown))}, which the document does not have")
        return self


class Membership(_Part):
    """Groups of accounts. Either ``values`` (of ``account``), or the rows of a ``request`` (``account`` and ``group``
    of ``row``), or each row of a ``lookup`` whose ``when`` holds for ``account`` and ``row``."""

    values: Expression | None = None
    request: Rows | None = None
    lookup: Name | None = None
    account: Expression | None = None
    group: Expression | None = None
    when: Expression | None = None

    @model_validator(mode="after")
    def _one(self) -> Membership:
        if [self.values, self.request, self.lookup].count(None) != 2:
            raise ValueError("a membership has exactly one of values, request and lookup")
        if self.request is not None and not (self.account and self.group):
            raise ValueError("a membership by request needs account and group")
        if self.lookup is not None and not (self.group and self.when):
            raise ValueError("a membership by lookup needs group and when")
        return self


class Nesting(Rows):
    """Whoever is in ``group`` is also in ``within`` (both of ``row``), however deep."""

    group: Expression
    within: Expression


class Principals(Rows):
    """The accounts of the system, and their groups."""

    key: Expression
    email: Expression
    name: Expression = "none"
    active: Expression = "true"
    verified: Expression = "false"
    """Whether somebody vouches for the address; e.g. ``settings.emails_verified``."""
    groups: tuple[Membership, ...] = ()
    nested: tuple[Nesting, ...] = ()


class Login(Request):
    """A request that gives a token."""

    token: Path | None = None
    """Where the reply holds the token; none when it is a cookie, which the session keeps."""
    seconds: float = 1500
    """How long it is used, unless the reply says ``expires_in``."""


class Auth(_Part):
    """How requests are authenticated; the first one of the declaration whose ``when`` holds.

    - ``basic``: ``username``, ``password``.
    - ``headers``: ``headers`` (API keys: ``{X-Api-Key: "{{ secrets.key }}"}``, bearer tokens) and ``params``.
    - ``oauth2_client``: ``token_url``, ``username`` (client id), ``password`` (client secret), ``scope``, ``form``
      (more fields), ``send_as`` (how the client authenticates). The token goes as bearer.
    - ``oauth2_jwt``: ``token_url``, ``private_key`` (PEM), ``claims`` (``iat``, ``exp`` are added), ``form``.
    - ``session``: ``login``, then ``headers`` or ``cookies`` with ``token``.

    Tokens are asked for again shortly before they end, and once when a request is answered with 401.
    """

    kind: Literal["none", "basic", "headers", "oauth2_client", "oauth2_jwt", "session"]
    when: Expression | None = None
    username: Template = ""
    password: Template = Field("", repr=False)
    headers: dict[str, Template] = {}
    cookies: dict[str, Template] = {}
    params: dict[str, Template] = {}
    token_url: Template = ""
    scope: Template = ""
    form: dict[str, Template] = {}
    send_as: Literal["form", "basic"] = "form"
    private_key: Template = Field("", repr=False)
    claims: dict[str, Template] = {}
    login: Login | None = None


class RateLimit(_Part):
    per_second: float = Field(gt=0)
    burst: int = Field(1, ge=1)


class Check(_Part):
    """What ``vouch sources check`` tries. Without ``authenticate`` the first page of the first resource is read."""

    authenticate: Request | None = None
    hints: dict[Literal["reach", "authenticate", "read", "permissions"], str] = {}
    """What to do when the step fails."""


class Words(_Part):
    """How the catalogue describes the kind; one sentence each, for connector owners."""

    auth: str
    cursor: str
    deletions: str
    permissions: str
    tested: str


class Declaration(_Part):
    """One kind of system."""

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,29}$")]
    title: str
    category: Category
    words: Words
    settings: dict[Name, Setting]
    """A setting ``url`` of type url is usual. Every source also has ``resources``: which of them it reads (all)."""
    url: Template = "{{ settings.url }}"
    account: Template = "{{ settings.url }}"
    """Sources with the same one share a rate limit; e.g. ``{{ settings.url }} {{ settings.user }}``."""
    headers: dict[str, Template] = {}
    auth: tuple[Auth, ...] = Field(min_length=1)
    rate: RateLimit = RateLimit(per_second=10, burst=5)
    timeout_seconds: float = 60
    lookups: dict[Name, Lookup] = {}
    resources: dict[Name, Resource] = Field(min_length=1)
    principals: Principals | None = None
    check: Check = Check()
    example: str
    """An example configuration, in YAML; checked when the declaration is loaded."""

    @model_validator(mode="after")
    def _names_are_there(self) -> Declaration:
        maps = {name for name, setting in self.settings.items() if setting.type == "access_map"}
        for name, resource in self.resources.items():
            rules = [resource.access, *(group.access for group in resource.restricted)]
            for clause in (clause for rule in rules for clause in (*rule.allow, *rule.deny)):
                if clause.declared is not None and clause.declared not in maps:
                    raise ValueError(f"resource {name}: {clause.declared} is not a setting of type access_map")
                if (clause.groups or clause.accounts) and self.principals is None:
                    raise ValueError(f"resource {name}: groups and accounts need principals; nobody would be in them")
        for membership in self.principals.groups if self.principals else ():
            if membership.lookup is not None and membership.lookup not in self.lookups:
                raise ValueError(f"principals: there is no lookup {membership.lookup}")
        return self
