"""The session's cookie. Over https its name binds it to this host: no neighbour below the same domain can set it."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request, Response

from api.runtime import Runtime

NAME = "vouch_session"


def is_https(request: Request, runtime: Runtime) -> bool:
    """Whether people come over https. Behind a proxy that ends TLS, ``identity.public_url`` says so."""
    public = runtime.settings.identity.public_url
    return public.startswith("https://") if public is not None else request.url.scheme == "https"


def name_of(request: Request, runtime: Runtime, name: str = NAME) -> str:
    """RFC 6265bis, 4.1.3.2."""
    return f"__Host-{name}" if is_https(request, runtime) else name


def session_token(request: Request, runtime: Runtime) -> str | None:
    return request.cookies.get(name_of(request, runtime))


def put_session(response: Response, request: Request, runtime: Runtime, token: str) -> None:
    life = timedelta(hours=runtime.settings.session_hours)
    _put(response, request, runtime, NAME, token, life, "strict")


def put_flow(response: Response, request: Request, runtime: Runtime, name: str, kept: str, life: timedelta) -> None:
    """Sent along when the provider sends the browser back, which a stricter one would not be."""
    _put(response, request, runtime, name, kept, life, "lax")


def remove(response: Response, request: Request, runtime: Runtime, name: str = NAME) -> None:
    secure = is_https(request, runtime)
    response.delete_cookie(name_of(request, runtime, name), path="/", secure=secure, httponly=True)


def _put(
    response: Response, request: Request, runtime: Runtime, name: str, value: str, life: timedelta, same_site: str
) -> None:
    response.set_cookie(
        name_of(request, runtime, name),
        value,
        max_age=int(life.total_seconds()),
        httponly=True,
        samesite="strict" if same_site == "strict" else "lax",
        secure=is_https(request, runtime),
        path="/",
    )
