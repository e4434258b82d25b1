"""Why a request of the directory is refused, as SCIM says it (RFC 7644, 3.12).

VouchError
└── ScimRefused    ``status`` of HTTP, and ``kind`` (``scimType``) where RFC 7644 has a word for it
"""

from __future__ import annotations

from core.errors import VouchError


class ScimRefused(VouchError):
    code = "scim"

    def __init__(self, status: int, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind


def invalid_value(detail: str) -> ScimRefused:
    return ScimRefused(400, detail, "invalidValue")


def invalid_path(detail: str) -> ScimRefused:
    return ScimRefused(400, detail, "invalidPath")


def not_found() -> ScimRefused:
    return ScimRefused(404, "There is no such resource.")


def taken(detail: str) -> ScimRefused:
    return ScimRefused(409, detail, "uniqueness")
