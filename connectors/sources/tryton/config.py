"""The configuration of a Tryton source."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from connectors.kinds import SecretRef, SourceConfig
from connectors.sources.tryton.models import SPECS

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@]+(/[^?#]*)?$")]


class TrytonConfig(SourceConfig):
    """One database of a Tryton server, read by a service account that is an administrator of it."""

    url: Url
    """Where the server answers, without the database: ``https://tryton.example.com``."""
    database: Annotated[str, StringConstraints(pattern=r"^[^/?#]+$")]
    user: str
    password: SecretRef
    models: tuple[str, ...] = tuple(SPECS)
    """What is read. Models whose module is not installed are passed over and named by the check."""
    restrict: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    """Model -> fields that are kept apart, so that whoever may not read such a field still finds the rest."""
    rule_context: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    """Model -> names (``user_id``, ``employees``) that a module of yours gives to the rules of that model."""
    include_inactive: bool = False
    """Keep deactivated records. Otherwise they leave Vouch, as they leave Tryton's own lists."""
    trust_email: bool = True
    """Whether the administrator of the source vouches for the e-mail addresses of its users."""
    web_url: Url | None = None
    """Where people open records, if it is not ``url``."""
    page_size: int = Field(default=500, ge=1, le=1000)
    overlap_seconds: int = Field(default=120, ge=0, le=86_400)
    """Longer than the longest transaction, since records are stamped with the time it began."""
    requests_per_second: float = Field(default=20, gt=0)

    @field_validator("models")
    @classmethod
    def _known(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(models).difference(SPECS))
        if unknown or not models:
            raise ValueError(f"cannot read {', '.join(unknown) or 'nothing'}; choose from {', '.join(SPECS)}")
        return tuple(dict.fromkeys(models))

    @field_validator("restrict")
    @classmethod
    def _shown(cls, restrict: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for model, fields in restrict.items():
            spec = SPECS.get(model)
            separable = {shown.field for shown in spec.fields} if spec else set[str]()
            if unknown := sorted(set(fields).difference(separable)):
                raise ValueError(f"{model}: {', '.join(unknown)} cannot be kept apart; it may be {sorted(separable)}")
        return restrict

    @field_validator("rule_context")
    @classmethod
    def _named(cls, context: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for names in context.values():
            if unknown := sorted(set(names).difference(("user_id", "employees"))):
                raise ValueError(f"{', '.join(unknown)}: only user_id and employees are known")
        return context

    def open_url(self, model: str, number: int) -> str:
        return f"{(self.web_url or self.url).rstrip('/')}/#{self.database}/model/{model}/{number}"
