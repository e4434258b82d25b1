"""The web client: static files, and its page with a fresh nonce for each response."""

from __future__ import annotations

import secrets
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from core.errors import NotFound

DIST = Path(__file__).parent.parent / "web" / "dist"
NONCE = "__CSP_NONCE__"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'none'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default"
)


class Immutable(StaticFiles):
    """Files whose names hold the hash of their content; compressed, where that lies beside them and is accepted."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        packed = "gzip" in Headers(scope=scope).get("accept-encoding", "") and self.lookup_path(f"{path}.gz")[1]
        response = await super().get_response(f"{path}.gz" if packed else path, scope)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Type"] = _media_type(Path(path))
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def install(app: FastAPI) -> None:
    """Serve the built client at every path that is not the API's."""
    if (DIST / "assets").is_dir():
        app.mount("/assets", Immutable(directory=DIST / "assets"), name="assets")
    router = APIRouter(include_in_schema=False)

    @router.get("/{path:path}")
    def page(path: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        if path.startswith(("v1/", "assets/")):
            # Whether there is nothing here, or something that is not read, is looked up where that is answered.
            raise HTTPException(405)
        asset = _asset(path)
        if asset is not None:
            return Response(asset.read_bytes(), media_type=_media_type(asset))
        return index()

    app.include_router(router)


def _asset(path: str) -> Path | None:
    """A file of the client beside its page; None where there is none."""
    try:
        asset = (DIST / path).resolve()
        found = asset.is_file() and asset.is_relative_to(DIST.resolve()) and asset.name != "index.html"
    except (OSError, ValueError):
        # No file has such a name.
        return None
    return asset if found else None


def index() -> Response:
    try:
        html = (DIST / "index.html").read_text("utf-8")
    except FileNotFoundError:
        raise NotFound(
            "The web client has not been built.", hint="Run make run, or python -m api.webbuild; the API works."
        ) from None
    nonce = secrets.token_urlsafe(18)
    headers = {
        "Content-Security-Policy": POLICY.format(nonce=nonce),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(html.replace(NONCE, nonce), headers=headers)


_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain",
}


def _media_type(path: Path) -> str:
    return _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
