"""Sitemaps (sitemaps.org 0.9): the pages of a site with the times of their last change."""
# defusedxml has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.errors import SourceMisbehaves, SourceUnavailable

MAX_BYTES = 50 * 2**20
"""Of one sitemap, unpacked; the protocol's own limit."""
HINT = "Nothing was deleted. Check that the sitemap opens in a browser and is complete."


@dataclass(frozen=True, slots=True)
class Listed:
    """A page as the sitemap lists it. ``lastmod`` is its text, compared as such; empty without one."""

    url: str
    lastmod: str = ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Either pages, or further sitemaps."""

    pages: tuple[Listed, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read_sitemap(body: bytes) -> Sitemap:
    """Raises SourceUnavailable for a sitemap that broke off and SourceMisbehaves for what is none."""
    if body.startswith(b"\x1f\x8b"):
        body = _unpacked(body)
    if len(body) > MAX_BYTES:
        raise SourceMisbehaves(f"The sitemap is larger than {MAX_BYTES // 2**20} MiB.", hint="Split it.")
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"http://", b"https://")):
        lines = start.decode("utf-8", errors="replace").split()
        return Sitemap(tuple(Listed(line) for line in lines))
    return _xml(body)


def _unpacked(body: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        text = reader.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise SourceUnavailable("The packed sitemap is damaged.", hint=HINT) from None
    if not reader.eof and len(text) <= MAX_BYTES:
        raise SourceUnavailable("The packed sitemap broke off.", hint=HINT)
    return text


def _xml(body: bytes) -> Sitemap:
    try:
        root: Any = fromstring(body, forbid_dtd=True)
    except ParseError:
        raise SourceUnavailable("The sitemap is not complete XML.", hint=HINT) from None
    except (DefusedXmlException, ValueError, LookupError):
        raise SourceMisbehaves("The sitemap holds declarations that are not read.", hint=HINT) from None
    kind = _name(root)
    if kind == "sitemapindex":
        return Sitemap(sitemaps=tuple(_child(each, "loc") for each in root if _name(each) == "sitemap"))
    if kind == "urlset":
        each_url = (each for each in root if _name(each) == "url")
        return Sitemap(tuple(Listed(_child(each, "loc"), _child(each, "lastmod")) for each in each_url))
    raise SourceMisbehaves("This is not a sitemap.", hint="Give the address of the sitemap itself. " + HINT)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Any, name: str) -> str:
    found = next((each for each in element if _name(each) == name), None)
    return "" if found is None or found.text is None else found.text.strip()


def moment(lastmod: str) -> datetime | None:
    """A W3C date or time; None for what is none. A date alone is its beginning."""
    if re.fullmatch(r"\d{4}-\d\d", lastmod):
        lastmod += "-01"
    try:
        found = datetime.fromisoformat(lastmod)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
