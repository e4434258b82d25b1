"""The pages of one web site, as its sitemap lists them. An item's key is the page's address."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import requests
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat

from connectors.errors import ItemFailed, ItemGone, SourceRejected, SourceUnavailable
from connectors.http import Rate
from connectors.kinds import Kind, Opening, SecretRef, SourceConfig
from connectors.sources.base import AccessPage, Account, Change, Cursor, Fault, Item, ItemAccess, Page, Step
from connectors.sources.declared import PrefixMap, access_at
from connectors.sources.web_site import Answer, Site
from connectors.sources.web_sitemap import Listed, moment
from core.access import Access
from core.clock import Clock

PAGE_ITEMS = 50
"""Pages of the site in one page of the listing. Each may take a request, so that few are lost by a stop."""


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("write the address as https://HOST/ or https://HOST/sitemap.xml")
    return url if parts.path else f"{url}/"


class WebConfig(SourceConfig):
    """A site, or one of its sitemaps."""

    url: Annotated[str, AfterValidator(_address)]
    """``https://docs.example.com/`` (its robots.txt tells where the sitemaps are) or the address of a sitemap."""
    access: PrefixMap
    """Beginning of the path -> groups: ``/`` is the whole site. The longest counts; what none covers is nobody's."""
    lastmod: Annotated[Literal["trust", "ignore"], Field(title="The site's dates of change")] = "trust"
    """Whether a page with the same ``lastmod`` is taken to be unchanged; else it is asked for at each poll."""
    recheck_days: Annotated[int, Field(title="Read again after (days)", ge=1, le=365)] = 7
    """Every page is asked for at least this often, whatever its ``lastmod`` says."""
    authorization: SecretRef | None = None
    """The value of an ``Authorization`` header, for a site of the intranet."""
    max_pages: Annotated[int, Field(title="Most pages", ge=1, le=20_000)] = 5000
    requests_per_second: PositiveFloat = 2
    timeout_seconds: Annotated[float, Field(title="Give up after (seconds)", gt=0, le=600)] = 30


class Seen(BaseModel):
    """What was known of a page when it was last read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lastmod: str = ""
    etag: str | None = None
    modified: str | None = None
    digest: str = ""

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.lastmod}\n{self.digest}".encode()).hexdigest()[:40]

    def condition(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed."""
        if not self.digest:
            return {}
        return (
            {"If-None-Match": self.etag} if self.etag else {"If-Modified-Since": self.modified} if self.modified else {}
        )


class WebCursor(Cursor):
    """What is known of each page, by its address, and the last day on which pages were due for a recheck."""

    pages: dict[str, Seen] = Field(default={}, repr=False)
    rechecked: date | None = None


@dataclass(frozen=True, slots=True)
class WebSource:
    """Reads the sitemaps at each poll, and those pages whose ``lastmod`` moved or that are due for a recheck."""

    config: WebConfig
    site: Site
    clock: Clock
    cursor = WebCursor
    lists_everything = False

    def check(self) -> Iterator[Step]:
        host = self.site.host
        try:
            robots = self.site.robots()
            yield Step("reach", True, f"{host} answers.")
            session = self.site.reading(robots)
            pages = self.site.pages(robots, session)
            if not pages:
                hint = "Check the sitemap, and the robots.txt of the site."
                yield Step("read", False, f"No page of {host} is listed and allowed.", hint)
                return
            self.site.get(session, pages[0].url)
        except SourceUnavailable as error:
            yield Step("reach", False, error.message, error.hint)
        except SourceRejected as error:
            yield Step("read", False, error.message, error.hint)
        except (ItemFailed, ItemGone) as error:
            yield Step(
                "read", False, f"The first page {error.reason}.", "Check the site, and authorization if it needs one."
            )
        else:
            yield Step("read", True, f"{len(pages)} pages are listed.")
            nobody = sum(not self._access(page.url).allow for page in pages)
            detail = f"{nobody} pages are covered by no path, hence nobody's." if nobody else "Every path is covered."
            yield Step("permissions", True, detail)

    def poll(self, cursor: WebCursor | None) -> Iterator[Page]:
        before = cursor or WebCursor()
        robots = self.site.robots()
        session = self.site.reading(robots)
        listed = self.site.pages(robots, session)
        urls = {page.url for page in listed}
        known = dict(before.pages)
        if known and not listed:
            hint = "Nothing was deleted. If the site is really empty, remove the source: vouch sources remove."
            raise SourceUnavailable(f"The sitemaps of {self.site.host} list nothing any more.", hint=hint)
        vanished = tuple(url for url in known if url not in urls)
        for url in vanished:
            del known[url]
        due = self._due(before.rechecked)
        for start in range(0, max(1, len(listed)), PAGE_ITEMS):
            portion = listed[start : start + PAGE_ITEMS]
            ended = start + PAGE_ITEMS >= len(listed)
            page = self._page(session, portion, known, due)
            yield Page(
                page.changes,
                page.deleted + (vanished if start == 0 else ()),
                page.faults,
                WebCursor(pages=dict(known), rechecked=self.clock().date() if ended else before.rechecked),
                total=len(listed),
            )

    def fetch(self, key: str) -> Item:
        return self._item(key, self.site.get(self._session(), key))

    def read(self, keys: Sequence[str]) -> Iterator[Page]:
        session, pages = self._listed()
        wanted = [page for page in pages if page.url in set(keys)]
        everything = frozenset(range(self.config.recheck_days))
        page = self._page(session, wanted, {}, everything)
        named = {each.url for each in wanted}
        yield Page(page.changes, page.deleted + tuple(key for key in keys if key not in named), page.faults)

    def list_ids(self) -> Iterator[tuple[str, ...]]:
        yield tuple(page.url for page in self._listed()[1])

    def access(self, keys: Sequence[str]) -> AccessPage:
        listed = {page.url for page in self._listed()[1]}
        return AccessPage(tuple(ItemAccess(key, self._access(key)) for key in keys if key in listed))

    def principals(self) -> Iterator[Account]:
        return iter(())

    def _session(self) -> requests.Session:
        return self.site.reading(self.site.robots())

    def _listed(self) -> tuple[requests.Session, tuple[Listed, ...]]:
        robots = self.site.robots()
        session = self.site.reading(robots)
        return session, self.site.pages(robots, session)

    def _access(self, url: str) -> Access:
        # A path that says the same in other letters must not fall under another rule.
        return access_at(self.config.access, unquote(urlsplit(url).path) or "/")

    def _due(self, rechecked: date | None) -> frozenset[int]:
        """The slots of pages that are due: those of the days since the last recheck."""
        today, days = self.clock().date().toordinal(), self.config.recheck_days
        first = max(today - days + 1, rechecked.toordinal() + 1) if rechecked else today + 1
        return frozenset(day % days for day in range(first, today + 1))

    def _page(
        self, session: requests.Session, portion: Sequence[Listed], known: dict[str, Seen], due: frozenset[int]
    ) -> Page:
        changes: list[Change] = []
        deleted: list[str] = []
        faults: list[Fault] = []
        for listed in portion:
            try:
                changes.append(self._change(session, listed, known, due))
            except ItemGone:
                deleted.append(listed.url)
                known.pop(listed.url, None)
            except ItemFailed as error:
                faults.append(Fault(listed.url, error.reason, transient=error.transient))
        return Page(tuple(changes), tuple(deleted), tuple(faults))

    def _change(self, session: requests.Session, listed: Listed, known: dict[str, Seen], due: frozenset[int]) -> Change:
        """A page as it is now; asked for only where the sitemap does not tell that it is unchanged."""
        url, before = listed.url, known.get(listed.url)
        told = listed.lastmod and self.config.lastmod == "trust" and before and before.lastmod == listed.lastmod
        slot = int.from_bytes(hashlib.sha256(url.encode()).digest()[:4]) % self.config.recheck_days
        if told and before and slot not in due:
            return self._as(url, before, None)
        answer = self.site.get(session, url, before.condition() if before else None)
        if answer.body is None and before:
            seen = before.model_copy(update={"lastmod": listed.lastmod})
        else:
            digest = hashlib.sha256(answer.body or b"").hexdigest()[:40]
            seen = Seen(lastmod=listed.lastmod, etag=answer.etag, modified=answer.last_modified, digest=digest)
        known[url] = seen
        return self._as(url, seen, None if answer.body is None else self._item(url, answer))

    def _as(self, url: str, seen: Seen, item: Item | None) -> Change:
        modified = moment(seen.lastmod) or _http_date(seen.modified)
        return Change(url, seen.fingerprint, self._access(url), modified, url, item=item)

    @staticmethod
    def _item(url: str, answer: Answer) -> Item:
        name = PurePosixPath(unquote(urlsplit(url).path)).name or "index.html"
        return Item(url, answer.body or b"", name, media_type=answer.media_type)


def _http_date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def open_web(config: WebConfig, opening: Opening) -> WebSource:
    def session(rate: Rate) -> requests.Session:
        headers = {"User-Agent": "Vouch"}
        if config.authorization:
            headers["Authorization"] = opening.secret(config.authorization).text()
        account = f"web:{urlsplit(config.url).netloc}"
        return opening.http.session(account, rate=rate, headers=headers, timeout_seconds=config.timeout_seconds)

    site = Site(config.url, session, config.requests_per_second, config.max_pages, opening.max_bytes)
    return WebSource(config, site, opening.clock)


KIND = Kind(
    name="web",
    title="Web site",
    category="web",
    auth="none, or an Authorization header by reference",
    cursor="lastmod of the sitemap; ETag and Last-Modified of pages without one, and of each page every few days",
    deletions="404, 410, or gone from the sitemap",
    permissions="declared: path to groups; what no path covers is nobody's",
    tested="an HTTP server on loopback; not against a public site",
    config=WebConfig,
    open=open_web,
    example="""\
url: https://docs.example.com/
access:
  - {prefix: /, allow: [everyone]}
  - {prefix: /internal/, allow: [staff]}
requests_per_second: 2
""",
)
