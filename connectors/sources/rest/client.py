"""Requests of a declaration, page by page, with dlt's REST client and paginators as a library.

dlt sends nothing about itself here: its configuration is passed in, so that it reads neither files nor the environment.
"""
# dlt's paginators and requests' data types come without complete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import orjson
import requests
from pydantic import BaseModel, ConfigDict

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources.rest import declaration as d
from connectors.sources.rest.auth import Authenticator
from connectors.sources.rest.paths import first, rows_at
from connectors.sources.rest.template import Context, render, render_params, template

if TYPE_CHECKING:
    from dlt.sources.helpers.rest_client.paginators import BasePaginator

ATTEMPTS_AT_A_PAGE = 3
"""A page that is cut or not JSON is asked for again before the run ends."""


class Saved(BaseModel):
    """A request for a page, as it is stored to go on there. It holds no headers: those are made anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    params: dict[str, Any] | None = None
    body: Any = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """One page. ``next`` asks for the one after it; None on the last."""

    rows: list[Any] = field(repr=False)
    next: Saved | None


class PageRefused(SourceRejected):
    """A request was answered with a status from 400 on that only concerns that request."""

    def __init__(self, message: str, *, status: int, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Client:
    """Sends the requests of one source. ``base`` has no final slash."""

    def __init__(
        self, base: str, session: requests.Session, auth: Authenticator, headers: dict[str, str], seconds: float
    ) -> None:
        self._base = base
        self._auth = auth
        self._seconds = seconds
        # dlt takes a second to import, which only those pay who read; given a configuration, it does not look for one.
        from dlt.common.configuration.specs.runtime_configuration import RuntimeConfiguration
        from dlt.sources.helpers.rest_client.client import RESTClient

        self._rest = RESTClient(base, headers=headers, session=session, config=RuntimeConfiguration())

    def ask(self, request: d.Request, context: Context) -> Any:
        """The reply to one request, as JSON. Raises ``PageRefused`` for a status from 400 on."""
        return self._exchange(self._request(request, context))[1]

    def pages(self, rows: d.Rows, context: Context, resume: Saved | None = None) -> Iterator[Fetched]:
        """Every page, from the beginning or from a saved request. Never ends early without raising."""
        request = self._request(rows, {**context, "size": rows.paginate.size}, resume)
        paginator = _paginator(rows.paginate, request)
        paginator.init_request(request)
        seen: set[bytes] = set()
        capped = False
        while True:
            answer, body = self._exchange(request)
            found = found_rows(rows, body)
            if found and capped:
                hint = "Lower the page size of the declaration to what the system sends."
                raise SourceMisbehaves(f"{self.host} sends shorter pages than it was asked for.", hint=hint)
            capped = isinstance(rows.paginate, d.Offset) and not rows.paginate.short_pages
            capped = capped and 0 < len(found) < rows.paginate.size
            digest = hashlib.sha256(orjson.dumps(found)).digest()
            if found and digest in seen:
                raise SourceMisbehaves(f"{self.host} sent the same page twice.", hint=_PAGING)
            seen.add(digest)
            try:
                paginator.update_state(answer, found)
                if paginator.has_next_page:
                    paginator.update_request(request)
            except (ValueError, TypeError, KeyError):
                # The original message repeats the reply.
                raise SourceMisbehaves(f"{self.host} sent a page without what paging needs.", hint=_PAGING) from None
            following = self._saved(request) if paginator.has_next_page else None
            if rows.refuse_empty and not found and following is None and resume is None and len(seen) == 1:
                hint = "Nothing was taken out of the answers. Check the report, and what the service account may see."
                raise SourceMisbehaves(f"{self.host} lists nothing at all.", hint=hint)
            yield Fetched(found, following)
            if following is None:
                return

    def linked(self, rows: d.Rows, context: Context, resume: Saved | None, rel: str = "next") -> Fetched:
        """One page of a keyset, with what its Link header says comes next."""
        request = self._request(rows, {**context, "size": rows.paginate.size}, resume)
        answer, body = self._exchange(request)
        link = answer.links.get(rel, {}).get("url")
        following = None if link is None else self._own(Saved(url=urljoin(str(request.url), link)))
        return Fetched(found_rows(rows, body), following)

    @property
    def host(self) -> str:
        return urlsplit(self._base).hostname or "The system"

    def _request(self, made: d.Request, context: Context, resume: Saved | None = None) -> requests.Request:
        headers = {name: str(value) for name, value in render_params(made.headers, context).items()}
        request = requests.Request(made.method, headers=headers)
        if resume is not None:
            request.url = self._own(resume).url
            request.params, request.json = resume.params, resume.body
            return request
        path = template(made.path).text(context).strip()
        request.url = path if path.startswith(("http://", "https://")) else f"{self._base}/{path.lstrip('/')}"
        request.params = render_params(made.params, context)
        if made.form is not None:
            request.data = render_params(made.form, context)
        elif made.body is not None:
            request.json = render(made.body, context)
        return request

    def _exchange(self, request: requests.Request) -> tuple[requests.Response, Any]:
        for _attempt in range(ATTEMPTS_AT_A_PAGE):
            answer = self._send(request)
            if answer.status_code == 401 and self._auth.renew():
                answer = self._send(request)
            self._judge(answer)
            try:
                return answer, orjson.loads(answer.content)
            except orjson.JSONDecodeError:
                continue
        hint = "It was asked for again without success. Look at the system, or at a proxy in between."
        raise SourceMisbehaves(f"{self.host} sent a page that is not JSON.", hint=hint)

    def _send(self, request: requests.Request) -> requests.Response:
        self._own(Saved(url=str(request.url)))
        return self._rest.request(
            str(request.url), request.method, params=request.params, json=request.json, data=request.data or None,
            headers=request.headers, auth=self._auth, timeout=self._seconds,
        )  # fmt: skip

    def _judge(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status < 400:
            return
        if status == 401:
            hint = "Check the name and the secret of the source, and that the account is active."
            raise SourceRejected(f"{self.host} refused the credentials (401).", hint=hint)
        if status == 403:
            hint = "Give the service account the permissions that the source's page in docs/connectors lists."
            raise PageRefused(f"{self.host} forbids it (403).", status=403, hint=hint)
        if status == 429 or status >= 500:
            raise SourceUnavailable(f"{self.host} answered with {status}.", hint="It is tried again by itself.")
        hint = "Check the source's settings; a table or field may be missing, or named otherwise."
        raise PageRefused(f"{self.host} refused a request ({status}).", status=status, hint=hint)

    def _saved(self, request: requests.Request) -> Saved:
        # The paginator goes on changing the request, so what is kept is a copy.
        body = orjson.loads(orjson.dumps(request.json)) if request.json is not None else None
        return self._own(Saved(url=str(request.url), params=dict(request.params or {}) or None, body=body))

    def _own(self, saved: Saved) -> Saved:
        """Credentials go to the system itself only, whatever address a page names as the next."""
        if urlsplit(saved.url)[:2] != urlsplit(self._base)[:2]:
            hint = "Use the address that the system has for itself, as its links show it."
            raise SourceRejected(f"{self.host} links to a page at another address.", hint=hint)
        return saved


_PAGING = "Check the version of the system and the paging of its declaration; nothing was taken out of the answers."


def found_rows(rows: d.Rows, body: Any) -> list[Any]:
    """The rows of a reply. Raises ``SourceMisbehaves`` where an error looks like a reply."""
    if rows.error is not None and first(rows.error, body):
        raise SourceMisbehaves("A reply says that it is incomplete.", hint="It is tried again by itself.")
    found = rows_at(rows.rows, body)
    if found is None:
        if rows.rows_optional:
            return []
        raise SourceMisbehaves(f"A reply has no {rows.rows}.", hint="Check the address and the version of the system.")
    return found


def _paginator(made: d.Pagination, request: requests.Request) -> BasePaginator:
    """dlt's paginator, going on from where the request stands."""
    from dlt.sources.helpers.rest_client import paginators

    if isinstance(made, d.Offset):
        inside = {"offset_body_path": made.offset_param, "limit_body_path": made.limit_param}
        params = {"offset_param": made.offset_param, "limit_param": made.limit_param}
        start = _standing(request, made.inside, made.offset_param, 0)
        where: dict[str, Any] = (
            inside | {"offset_param": None, "limit_param": None} if made.inside == "body" else params
        )
        return paginators.OffsetPaginator(
            limit=made.size, offset=start, total_path=made.total, stop_after_empty_page=True, **where
        )
    if isinstance(made, d.PageNumber):
        start = _standing(request, made.inside, made.page_param, made.first)
        where = {"page_body_path": made.page_param} if made.inside == "body" else {"page_param": made.page_param}
        return paginators.PageNumberPaginator(
            base_page=made.first, page=start, total_path=made.pages, stop_after_empty_page=True, **where
        )
    if isinstance(made, d.Token):
        where = {"cursor_body_path": made.param} if made.inside == "body" else {"cursor_param": made.param}
        return paginators.JSONResponseCursorPaginator(cursor_path=made.token, has_more_path=made.more, **where)
    if isinstance(made, d.NextLink):
        return paginators.JSONLinkPaginator(next_url_path=made.next)
    if isinstance(made, d.LinkHeader):
        return paginators.HeaderLinkPaginator(links_next_key=made.rel)
    return paginators.SinglePagePaginator()


def _standing(request: requests.Request, inside: str, name: str, start: int) -> int:
    held: Any = request.json if inside == "body" else request.params
    for part in name.split(".") if inside == "body" else [name]:
        held = held.get(part) if isinstance(held, dict) else None
    return int(held) if isinstance(held, int | str) and str(held).isdigit() else start
