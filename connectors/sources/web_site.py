"""One host: its robots.txt, its sitemaps and its pages, through the guarded session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import requests

from connectors.errors import ItemFailed, ItemGone, SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.http import Rate
from connectors.sources import web_sitemap
from connectors.sources.web_robots import MAX_BYTES, Robots, read_robots
from connectors.sources.web_sitemap import Listed, read_sitemap

DEEPEST = 3
"""Levels of sitemap indexes; the protocol has one."""
MOST_SITEMAPS = 1000
CHUNK = 64 * 1024
GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Answer:
    """A page that was asked for. ``body`` is None when it has not changed."""

    body: bytes | None = field(repr=False)
    media_type: str | None
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True)
class Site:
    """``start`` is an address on the host: the site itself, or a sitemap of it. Only this host is read."""

    start: str
    session: Callable[[Rate], requests.Session] = field(repr=False)
    per_second: float
    max_pages: int
    max_bytes: int

    @property
    def host(self) -> str:
        return urlsplit(self.start).hostname or ""

    def robots(self) -> Robots:
        """Raises SourceUnavailable when the site cannot tell: then nothing may be read (RFC 9309, 2.3.1.4)."""
        status, body, _ = self._get(self._plain, urljoin(self.start, "/robots.txt"), MAX_BYTES, cut=True)
        if status >= 500:
            hint = "A site that cannot say what may be read is not read. It is tried again later."
            raise SourceUnavailable(f"The robots.txt of {self.host} answers {status}.", hint=hint)
        return read_robots(body.decode("utf-8", errors="replace")) if status == 200 else Robots()

    def reading(self, robots: Robots) -> requests.Session:
        """The session for pages, as slow as the site asks for."""
        slowest = 1 / robots.delay if robots.delay else self.per_second
        return self.session(Rate(min(self.per_second, slowest), burst=1))

    def pages(self, robots: Robots, session: requests.Session) -> tuple[Listed, ...]:
        """The pages of all sitemaps that are on this host and that robots.txt allows, sorted, each once."""
        found: dict[str, Listed] = {}
        for place in self._sitemaps(robots):
            self._collect(place, session, robots, found, set(), ())
        return tuple(found[url] for url in sorted(found))

    def get(self, session: requests.Session, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """A page, or that it has not changed since what ``headers`` say. Raises ItemGone and ItemFailed."""
        try:
            status, body, answer = self._get(session, url, self.max_bytes, headers=headers)
        except SourceRejected as error:
            raise ItemFailed(error.message, transient=False) from None
        if status in GONE:
            raise ItemGone(f"answers {status}")
        if status not in (200, 304):
            raise ItemFailed(f"answers {status}", transient=status >= 500)
        if _place(answer.url) != _place(url):
            # A sign-in page or a notice that stands in for the page must not become its content.
            raise ItemFailed("redirects to another page; list that one in the sitemap", transient=False)
        kind = answer.headers.get("Content-Type")
        return Answer(body if status == 200 else None, kind, *map(answer.headers.get, ("ETag", "Last-Modified")))

    def here(self, url: str) -> bool:
        """Whether an address is on this host, by the same scheme and port, and says plainly which path it means."""
        try:
            ours, theirs = urlsplit(self.start), urlsplit(url)
            if {".", ".."}.intersection(unquote(theirs.path).split("/")):
                # It would be read at one path, under the access declared for another.
                return False
            return (ours.scheme, ours.hostname, ours.port) == (theirs.scheme, theirs.hostname, theirs.port)
        except ValueError:
            return False

    @cached_property
    def _plain(self) -> requests.Session:
        return self.session(Rate(self.per_second, burst=1))

    def _sitemaps(self, robots: Robots) -> tuple[str, ...]:
        if urlsplit(self.start).path not in ("", "/"):
            return (self.start,)
        return tuple(url for url in robots.sitemaps if self.here(url)) or (urljoin(self.start, "/sitemap.xml"),)

    def _collect(
        self, place: str, session: requests.Session, robots: Robots, found: dict[str, Listed], read: set[str],
        above: tuple[str, ...],
    ) -> None:  # fmt: skip
        if place in above or len(above) >= DEEPEST or len(read) >= MOST_SITEMAPS:
            hint = "Nothing was deleted. Correct the sitemap index."
            raise SourceMisbehaves("The sitemaps refer to each other without an end.", hint=hint)
        if place in read:
            return
        read.add(place)
        sitemap = read_sitemap(self._sitemap(session, place))
        for url in sitemap.sitemaps:
            if self.here(url):
                self._collect(url, session, robots, found, read, (*above, place))
        for listed in sitemap.pages:
            url = urldefrag(listed.url).url
            if self.here(url) and robots.allows(_path(url)):
                found.setdefault(url, Listed(url, listed.lastmod))
        if len(found) > self.max_pages:
            hint = "Raise max_pages, or give the sitemap of a part of the site. Nothing was deleted."
            raise SourceRejected(f"The sitemaps list more than {self.max_pages} pages.", hint=hint)

    def _sitemap(self, session: requests.Session, place: str) -> bytes:
        status, body, _ = self._get(session, place, web_sitemap.MAX_BYTES)
        if status == 200:
            return body
        if status >= 500:
            raise SourceUnavailable(f"The sitemap answers {status}.", hint="It is tried again later.")
        raise SourceRejected(
            f"The sitemap answers {status}.",
            hint=f"Check that {place.partition('?')[0]} is there. Nothing was deleted.",
        )

    def _get(
        self, session: requests.Session, url: str, limit: int, *, headers: Mapping[str, str] | None = None,
        cut: bool = False,
    ) -> tuple[int, bytes, Any]:  # fmt: skip
        """Status, body (at most ``limit`` bytes; the rest is left when ``cut``, else ItemFailed) and the response."""
        try:
            with session.get(url, headers=dict(headers or {}), stream=True) as answer:
                body = bytearray()
                for chunk in answer.iter_content(CHUNK):
                    body += chunk
                    if len(body) > limit:
                        break
                if len(body) > limit and not cut:
                    raise ItemFailed(f"larger than {limit // 2**20} MiB", transient=False)
                return answer.status_code, bytes(body[:limit]), answer
        except requests.RequestException as error:
            raise SourceUnavailable(f"{self.host} does not answer ({type(error).__name__}).") from None


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _place(url: str) -> tuple[str, str]:
    """What makes two addresses the same page: quoting, a slash at the end, or its index page do not matter."""
    parts = urlsplit(url)
    return unquote(parts.path).removesuffix("index.html").rstrip("/"), unquote(parts.query)
