"""Microsoft Graph as an application: tokens, pages, and downloads from where Graph sends us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from connectors.errors import ItemFailed, ItemGone, SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.http import Rate
from connectors.kinds import Opening
from connectors.sources.sharepoint.settings import SharePointConfig

EARLY = timedelta(minutes=3)
"""A token is renewed this long before it ends."""
CHUNK = 2**16
Json = Mapping[str, Any]


class Resync(ItemGone):
    """Graph forgot what it told us (410). ``link`` starts over, where it gave one."""

    def __init__(self, link: str | None) -> None:
        super().__init__("the delta token is not known any more")
        self.link = link


class Graph:
    """Reads JSON and files. Paths begin after ``/v1.0``; links are those that Graph gave.

    Raises SourceRejected with the permission to grant, SourceUnavailable, SourceMisbehaves; ItemGone for a 404.
    """

    def __init__(self, config: SharePointConfig, opening: Opening) -> None:
        self._config = config
        self._opening = opening
        account = f"graph/{config.tenant}/{config.client_id}"
        rate = Rate(config.requests_per_second, config.burst)
        self._api = opening.http.session(account, rate=rate)
        self._login = opening.http.session(f"{account}/login")
        # Where files come from needs no token of ours, and must not get one.
        self._files = opening.http.session(f"{account}/files", rate=rate)
        self._token = ""
        self._token_ends: datetime | None = None

    def get(self, path: str, *, needs: str, prefer: str = "", **params: str) -> Json:
        """``needs`` is the application permission that a 403 is about."""
        return self.follow(f"{self._config.graph}/v1.0{path}", needs=needs, prefer=prefer, params=params)

    def follow(self, link: str, *, needs: str, prefer: str = "", params: Mapping[str, str] | None = None) -> Json:
        answer = self._ask(link, needs, {"Prefer": prefer} if prefer else {}, params)
        body = answer.json()
        if not isinstance(body, dict):
            raise SourceMisbehaves("Graph did not answer with an object.", hint="It is tried again by itself.")
        return body  # pyright: ignore[reportUnknownVariableType]

    def every(self, path: str, *, needs: str, **params: str) -> Iterator[Json]:
        """The values of all pages of a collection."""
        page = self.get(path, needs=needs, **params)
        seen: set[str] = set()
        while True:
            yield from values(page)
            link = page.get("@odata.nextLink")
            if link is None:
                return
            if not isinstance(link, str) or link in seen:
                raise SourceMisbehaves("Graph repeats a page of a list.", hint="It is tried again by itself.")
            seen.add(link)
            page = self.follow(link, needs=needs)

    def download(self, path: str, max_bytes: int) -> bytes:
        """A file's content. Graph answers with a redirect to a URL that carries its own permission for some minutes."""
        answer = self._ask(f"{self._config.graph}/v1.0{path}", "Files.Read.All", {}, None, stream=True)
        with answer:
            if not answer.is_redirect:
                return _body(answer, max_bytes)
            place = answer.headers["Location"]
        with self._files.get(place, stream=True) as file:
            if not file.ok:
                raise ItemFailed(f"could not be downloaded: the file's host answered {file.status_code}")
            return _body(file, max_bytes)

    def renew(self) -> str:
        """A new token. Raises SourceRejected when the credentials are not accepted."""
        config = self._config
        answer = self._login.post(
            f"{config.login}/{config.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": config.client_id,
                "client_secret": self._opening.secret(config.client_secret).text(),
                "scope": f"{config.graph}/.default",
            },
        )
        if answer.status_code >= 500:
            raise SourceUnavailable(f"The sign-in answered {answer.status_code}.", hint="It is tried again by itself.")
        if not answer.ok:
            hint = "Check tenant and client_id, and whether client_secret is the secret's value and has not expired."
            raise SourceRejected(f"The sign-in was refused ({_code(answer)}).", hint=hint)
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(token, str) or not token:
            raise SourceMisbehaves("The sign-in gave no token.", hint="Check the setting login.")
        life = body.get("expires_in")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        seconds = float(life) if isinstance(life, int | float) else 300.0
        self._token, self._token_ends = token, self._opening.clock() + timedelta(seconds=seconds)
        return token

    def _ask(
        self, link: str, needs: str, headers: Mapping[str, str], params: Mapping[str, str] | None, stream: bool = False
    ) -> requests.Response:
        # A link that leads elsewhere would carry our token there.
        if _origin(link) != _origin(self._config.graph):
            raise SourceMisbehaves("Graph gave a link to another host.", hint="Check the setting graph.")
        for again in (False, True):
            bearer = {"Authorization": f"Bearer {self._bearer(again)}"}
            answer = self._api.get(
                link, params=params, headers={**headers, **bearer}, allow_redirects=False, stream=stream
            )
            if answer.status_code != 401:
                break
            answer.close()
        if answer.status_code == 410:
            raise Resync(answer.headers.get("Location"))
        if answer.status_code == 404:
            raise ItemGone("is not there any more")
        if answer.status_code in (401, 403):
            hint = f"Grant the application permission {needs} in Entra, with admin consent."
            raise SourceRejected(f"Graph refused ({_code(answer)}).", hint=hint)
        if answer.status_code >= 500:
            raise SourceUnavailable(f"Graph answered {answer.status_code}.", hint="It is tried again by itself.")
        if answer.status_code >= 400:
            hint = "Check the names and ids in the source's configuration."
            raise SourceRejected(f"Graph answered {answer.status_code} ({_code(answer)}).", hint=hint)
        return answer

    def _bearer(self, renewed: bool) -> str:
        ends = self._token_ends
        if renewed or ends is None or ends - EARLY <= self._opening.clock():
            return self.renew()
        return self._token


def values(page: Json) -> list[Json]:
    found = page.get("value")
    if not isinstance(found, list):
        raise SourceMisbehaves("A page of Graph has no list.", hint="It is tried again by itself.")
    return [entry for entry in found if isinstance(entry, dict)]  # pyright: ignore[reportUnknownVariableType]


def segment(text: str) -> str:
    """One part of a path. Ids keep the ``!`` that they hold."""
    return quote(text, safe="!:,@")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _body(answer: requests.Response, max_bytes: int) -> bytes:
    read = bytearray()
    for chunk in answer.iter_content(CHUNK):
        read += chunk
        if len(read) > max_bytes:
            raise ItemFailed(f"larger than {max_bytes // 2**20} MiB; raise ingest.max_file_mb", transient=False)
    return bytes(read)


def _code(answer: requests.Response) -> str:
    """The code of an error, never its text: that may quote what was sent."""
    try:
        error = answer.json().get("error")
    except (SourceMisbehaves, AttributeError, ValueError):
        return str(answer.status_code)
    code: object = error.get("code") if isinstance(error, dict) else error  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return code if isinstance(code, str) and code.replace("_", "").isalnum() else str(answer.status_code)
