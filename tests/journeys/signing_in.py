"""A browser that signs in: it follows redirects, keeps cookies, and fills the provider's forms."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

import httpx
import uvicorn

from api.http.app import create_app
from api.runtime import Runtime

MOST_STEPS = 12


@contextmanager
def listening(runtime: Runtime, port: int) -> Generator[str]:
    """The product on a loopback port."""
    config = uvicorn.Config(create_app(runtime), host="127.0.0.1", port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class Browser:
    """One person's. ``seen`` are the addresses that it was sent to, in order."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.http = httpx.Client(trust_env=False, timeout=20)
        self.seen: list[str] = []

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *failure: object) -> None:
        self.http.close()

    def follow(self, url: str, until: str = "") -> httpx.Response:
        """Go there, and wherever that leads; stop before an address that begins with ``until``."""
        for _ in range(MOST_STEPS):
            self.seen.append(url)
            answer = self.http.get(url)
            if not answer.is_redirect:
                return answer
            url = urljoin(url, answer.headers["location"])
            if until and url.startswith(until):
                self.seen.append(url)
                return answer
        raise AssertionError(f"redirected in a circle: {self.seen}")

    def submit(self, page: httpx.Response, until: str = "", **typed: str) -> httpx.Response:
        """Fill the form of the page and send it."""
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action is not None, page.text
        hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        url = urljoin(str(page.url), html.unescape(action.group(1)))
        answer = self.http.post(url, data={**hidden, **typed})
        if not answer.is_redirect:
            return answer
        onward = urljoin(url, answer.headers["location"])
        if until and onward.startswith(until):
            self.seen.append(onward)
            return answer
        return self.follow(onward, until)

    def sign_in(self, account: str, return_to: str = "/", until: str = "") -> httpx.Response:
        """The whole way: there, log in, consent, back. The last page."""
        page = self.follow(f"{self.home}/v1/session/oidc?return_to={return_to}", until)
        if 'name="login"' in page.text:
            page = self.submit(page, until, login=account, password="any")
        while 'value="consent"' in page.text:
            page = self.submit(page, until)
        return page

    @property
    def session(self) -> dict[str, Any]:
        return self.http.get(f"{self.home}/v1/session").json()

    @property
    def email(self) -> str | None:
        person = self.session["person"]
        return None if person is None else person["email"]

    def get(self, path: str) -> httpx.Response:
        return self.http.get(self.home + path)

    def send(self, method: str, path: str, json: Any = None) -> httpx.Response:
        return self.http.request(method, self.home + path, json=json, headers={"X-Vouch": "1"})
