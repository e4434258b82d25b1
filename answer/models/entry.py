"""What an organisation states about a model before anything is sent to it."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from answer.models import naming
from connectors.kinds import SecretRef
from core.policy import Destination, Place, Sensitivity

Provider = Literal[
    "openai", "azure", "anthropic", "anthropic-bedrock", "anthropic-vertex", "gemini", "gemini-vertex", "compatible"
]
Tier = Literal["small", "large", "on_premise"]
HANDED_OVER = "handed over"
"""Context of reading an entry that nothing new is sent by."""
_NAME = r"^[a-z0-9][a-z0-9._-]{0,59}$"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Prices(Section):
    """Per million tokens, in ``currency``. A batch costs ``batch`` times as much."""

    input: float = Field(default=0, ge=0)
    output: float = Field(default=0, ge=0)
    cache_read: float | None = Field(default=None, ge=0)
    """Unset: as ``input``."""
    cache_write: float | None = Field(default=None, ge=0)
    batch: float = Field(default=1, ge=0, le=1)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")


class Handling(Section):
    """What the provider undertakes. Every field has to be stated."""

    agreement: str = Field(min_length=1)
    """Where the contract on processing is found: its number, or its address."""
    training_prohibited: bool
    retention_days: int = Field(ge=0)
    legal_basis: str = Field(min_length=1)


class ModelEntry(Section):
    """One deployment. ``model`` is the provider's name of one version, never a name whose meaning changes.

    ``sensitivity`` is the most sensitive text that may go there; without ``handling``, or with one that lets the
    provider train on it, nothing but public text may go outside, whatever it says.
    """

    name: str = Field(pattern=_NAME)
    provider: Provider
    model: str = Field(min_length=1, max_length=200)
    tier: Tier
    base_url: str | None = None
    """Unset: the provider's own."""
    region: str | None = None
    place: Place = "external"
    api_key: SecretRef | None = None
    api_version: str = ""
    project: str | None = None
    """Of Google Cloud, for ``-vertex``."""
    sensitivity: Sensitivity = "internal"
    handling: Handling | None = None
    context_tokens: int = Field(default=32_000, ge=1_000)
    output_tokens: int = Field(default=1_200, ge=64)
    prices: Prices = Prices()
    retires_on: date | None = None
    concurrency: int = Field(default=8, ge=1, le=1_000)
    first_seconds: float = Field(default=30, gt=0)
    deadline_seconds: float = Field(default=120, gt=0)
    native_citations: bool = True
    """Use the provider's own citations, where its interface has them."""
    zero_retention: bool = False
    """The agreement forbids to keep anything; then no batch goes there."""

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> ModelEntry:
        needs = {
            "azure": "base_url",
            "compatible": "base_url",
            "anthropic-vertex": "project",
            "gemini-vertex": "project",
        }
        wanted = needs.get(self.provider)
        if wanted is not None and getattr(self, wanted) is None:
            raise ValueError(f"{wanted}: the provider {self.provider} needs it")
        if self.provider in ("anthropic-bedrock", "anthropic-vertex", "gemini-vertex") and self.region is None:
            raise ValueError(f"region: the provider {self.provider} needs it")
        if self.tier == "on_premise" and self.place != "on_premise":
            raise ValueError("place: a model of the tier on_premise stands on_premise")
        if self.place == "on_premise" and (self.provider != "compatible" or _is_outside(self.base_url or "")):
            # Where a name leads is decided when it is connected to (``answer.models.transport``).
            raise ValueError("place: on_premise is a compatible server at an address within your own network")
        # What was handed over under a name is fetched under it, also when it would be refused today.
        if info.context != HANDED_OVER and (why := naming.against(self.provider, self.model)):
            raise ValueError(f"model: {self.model!r} {why}")
        return self

    @property
    def destination(self) -> Destination:
        return Destination(self.name, self.place, self.region)

    @property
    def ceiling(self) -> Sensitivity:
        """The most sensitive text that may go there."""
        if self.place == "on_premise":
            return self.sensitivity
        bound = self.handling is not None and self.handling.training_prohibited
        return self.sensitivity if bound else "public"


def _is_outside(url: str) -> bool:
    """Whether an address stands in it, and is not one of a private network."""
    try:
        return ip_address(urlsplit(url).hostname or "").is_global
    except ValueError:
        return False
