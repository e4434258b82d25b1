"""What the adapters of all providers share. One of them is a class with ``_pieces``: the request, and its events as
pieces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, ClassVar, cast

import httpx2

from answer.models.base import Ended, FinishReason, Limits, ModelBusy, ModelFailed, Piece, Prompt, Usage
from answer.models.calls import Call, Listening
from answer.models.entry import ModelEntry

LONGEST_NAME = 200


class Adapter(ABC):
    """A ``ChatModel`` on an SDK. ``errors`` are the SDK's own."""

    package: ClassVar[str]

    def __init__(
        self, entry: ModelEntry, http: httpx2.Client, errors: tuple[type[Exception], ...], api_version: str = ""
    ) -> None:
        self._entry = entry
        self._http = http
        self._errors = errors
        self._api_version = api_version
        self._sdk = f"{self.package} {version(self.package)}"

    @property
    def name(self) -> str:
        return self._entry.name

    @property
    def sdk(self) -> str:
        return self._sdk

    @property
    def api_version(self) -> str:
        return self._api_version

    def stream(self, prompt: Prompt, limits: Limits) -> Listening[Piece]:
        if prompt.destination != self._entry.destination:
            raise ModelFailed(
                f"The prompt was cleared for another destination than the model {self.name}.",
                hint="Clear it for the model that it goes to.", sent=False,
            )  # fmt: skip
        return Listening(Call(self.name, limits), lambda call: self._pieces(prompt, call), self._errors)

    def close(self) -> None:
        self._http.close()

    @abstractmethod
    def _pieces(self, prompt: Prompt, call: Call) -> Iterator[Piece]: ...

    def _ended(
        self, call: Call, reason: FinishReason | None, usage: Usage, model: object, *, answer_id: object = "",
        region: object = None,
    ) -> Ended:  # fmt: skip
        """The end of a reply, or the error where it has none: then the connection ended in the middle."""
        if reason is None:
            raise ModelBusy(
                f"The reply of the model {self.name} ended before it was whole.", hint="Try again later.",
                request_id=call.request_id,
            )  # fmt: skip
        return Ended(
            reason=reason,
            usage=usage,
            model=word(model) or self._entry.model,
            request_id=call.request_id or word(answer_id),
            region=word(region) or None,
        )


def ask(create: Any, request: Mapping[str, Any]) -> Any:
    """The events of a request. The SDKs' overloads cannot see that a request made of a dict is a stream."""
    return create(**request)


def word(value: object) -> str:
    """A short text out of a reply; empty for anything else."""
    return value if isinstance(value, str) and len(value) <= LONGEST_NAME and value.isprintable() else ""


def count(value: object) -> int:
    """A number of tokens out of a reply; 0 for anything else."""
    return value if isinstance(value, int) and value > 0 else 0


def of(value: object, name: str) -> Any:
    """A field of a typed event, or None: servers that imitate a provider leave fields out."""
    return getattr(value, name, None)


def fits_strict(schema: object) -> bool:
    """Whether a JSON schema is of the kind that providers hold a reply to: every object names all its fields as
    required and allows no others."""
    if isinstance(schema, list):
        return all(map(fits_strict, cast("list[object]", schema)))
    if not isinstance(schema, Mapping):
        return True
    node = cast("Mapping[str, Any]", schema)
    fields: Any = node.get("properties")
    if isinstance(fields, Mapping) or node.get("type") == "object":
        named = set(cast("Mapping[str, Any]", fields or {}))
        if node.get("additionalProperties") is not False or set(node.get("required") or ()) != named:
            return False
        return all(map(fits_strict, cast("Mapping[str, Any]", fields or {}).values()))
    inner = ("items", "anyOf", "$defs", "definitions")
    return all(fits_strict(list(node[key].values()) if key in inner[2:] else node[key]) for key in inner if key in node)
