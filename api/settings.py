"""The configuration of a deployment: ``vouch.yaml`` and ``VOUCH_*``; unknown keys are refused by name.

An environment variable wins over the file. Sections are reached with two underscores: ``VOUCH_INGEST__MAX_FILE_MB=50``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from answer.budget import BudgetSettings
from answer.models.entries import checked
from answer.models.entry import ModelEntry
from answer.settings import AnswerSettings
from api.identity.settings import IdentitySettings
from connectors.kinds import SecretRef
from connectors.settings import SourcesSettings
from core.egress import EgressSettings
from core.errors import Invalid
from core.policy import Sensitivity
from core.policy_document import policy_of, seed
from ingest.label.settings import LabelSettings
from ingest.settings import EmbedderSettings, IngestSettings
from ingest.split import SplitSettings
from retrieval.settings import RetrievalSettings

PREFIX = "VOUCH_"
REFERENCES = ("env:", "file:", "vault:")
NOT_SETTINGS = ("VOUCH_TEST_", "VOUCH_EVAL_", "VOUCH_CONFIG")


class DemoSettings(BaseModel):
    """``sign_in``: ``auto`` lets anyone on this machine sign in as a demo person until a source of your own exists."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    load: bool = True
    sign_in: Literal["auto", "off"] = "auto"

    @field_validator("sign_in", mode="before")
    @classmethod
    def _written_off(cls, value: object) -> object:
        # YAML reads a bare ``off`` as false.
        return "off" if value is False else value


class ServerSettings(BaseModel):
    """The address of a service: as it is, or a reference to it where it holds a password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str) -> str:
        if not url or url.startswith(REFERENCES):
            return url
        if urlsplit(url).password:
            raise ValueError("it holds a password: put the address into a file and write file:PATH, or use env:NAME")
        return url


class DatabaseSettings(ServerSettings):
    """PostgreSQL: ``postgresql://vouch@db:5432/vouch?sslmode=verify-full``. ``password`` is a reference, where ``url``
    is none."""

    password: SecretRef | None = None


class IndexSettings(ServerSettings):
    """Qdrant 1.19 or later: ``https://qdrant:6333``."""

    api_key: SecretRef | None = None
    collection: str = "vouch"
    timeout_seconds: PositiveInt = 30


class QueueSettings(ServerSettings):
    """Redis: ``rediss://queue:6379/0``. ``password`` is a reference, where ``url`` is none."""

    password: SecretRef | None = None


class RedactionSettings(LabelSettings):
    """What is looked for (``ingest.label.settings``), and how long what was put in its place can be put back."""

    vault_days: PositiveFloat = 90

    @property
    def labels(self) -> LabelSettings:
        """The part that says what is found: what is known of a passage stays known when something else changes."""
        return LabelSettings.model_validate(self.model_dump(include=set(LabelSettings.model_fields)))


class WebSettings(BaseModel):
    """What the HTTP side lets in. ``hosts``: names under which Vouch is reached, beside this machine's own and
    ``identity.public_url``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hosts: tuple[str, ...] = ()
    request_mb: PositiveInt = 16
    requests_per_minute: PositiveInt = 3000
    failures_per_minute: PositiveInt = 60


class BucketSettings(BaseModel):
    """An S3 bucket with object lock; the keys are references. ``days`` is how long an object cannot be removed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    region: str
    access_key: SecretRef
    secret_key: SecretRef
    prefix: str = ""
    endpoint: str | None = None
    lock: Literal["GOVERNANCE", "COMPLIANCE"] = "COMPLIANCE"
    days: PositiveInt = 400


class StampSettings(BaseModel):
    """A time stamp authority (RFC 3161). ``authorities``: certificates (PEM) that its stamps have to be signed by;
    ``authorization``: a reference to what goes into that header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    authorities: Path | None = None
    authorization: SecretRef | None = None


class AuditSettings(BaseModel):
    """Who keeps checkpoints of the log outside. ``intent_hours``: an intent that is open so long has the outcome
    unknown; longer than any answer may take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path | None = None
    bucket: BucketSettings | None = None
    stamps: StampSettings | None = None
    witness_seconds: PositiveFloat = 60
    intent_hours: PositiveFloat = 6


class RetentionSettings(BaseModel):
    """Days for which each class is kept. ``by_sensitivity`` shortens that of answers and evidence. ``ledger_file``:
    where the ledger of erasures is, if not in the data directory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers_days: PositiveInt = 396
    evidence_days: PositiveInt = 396
    documents_days: PositiveInt = 396
    usage_days: PositiveInt = 396
    deliveries_days: PositiveInt = 396
    kept_answers_days: PositiveInt = 396
    reviews_days: PositiveInt = 396
    by_sensitivity: dict[Sensitivity, PositiveInt] = Field(default_factory=dict[Sensitivity, int])
    ledger_file: Path | None = None


class ReviewSettings(BaseModel):
    """``single_reviewer``: whoever is the only reviewer of the installation may sign off what they labelled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    single_reviewer: bool = False


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["embedded", "server"] = "embedded"
    data_dir: Path = Path("data")
    organisation: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    session_hours: PositiveFloat = 12
    link_hours: PositiveFloat = 24
    ask_per_minute: PositiveInt = 120
    demo: DemoSettings = DemoSettings()
    identity: IdentitySettings = IdentitySettings()
    web: WebSettings = WebSettings()
    egress: EgressSettings = EgressSettings()
    audit: AuditSettings = AuditSettings()
    sources: SourcesSettings = SourcesSettings()
    ingest: IngestSettings = IngestSettings()
    split: SplitSettings = SplitSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answer: AnswerSettings = AnswerSettings()
    redaction: RedactionSettings = RedactionSettings()
    retention: RetentionSettings = RetentionSettings()
    review: ReviewSettings = ReviewSettings()
    policy: dict[str, Any] = Field(default_factory=dict)
    """What the first version of the data policy says otherwise than the shipped one (``core.policy_document``)."""
    models: tuple[ModelEntry, ...] = ()
    """Models that the register begins with; later ``vouch models set``."""
    budgets: BudgetSettings = BudgetSettings()
    """What may be used, and by whom; later ``vouch budgets set``."""
    database: DatabaseSettings = DatabaseSettings()
    index: IndexSettings = IndexSettings()
    queue: QueueSettings = QueueSettings()

    @field_validator("policy")
    @classmethod
    def _usable_policy(cls, policy: dict[str, Any]) -> dict[str, Any]:
        try:
            policy_of(seed(policy), version=1)
        except Invalid as error:
            raise ValueError(error.message.rstrip(".")) from None
        return policy

    @field_validator("models")
    @classmethod
    def _usable_models(cls, models: tuple[ModelEntry, ...]) -> tuple[ModelEntry, ...]:
        try:
            return checked(models)
        except Invalid as error:
            raise ValueError(error.message.rstrip(".")) from None

    @model_validator(mode="before")
    @classmethod
    def _no_demo_on_servers(cls, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("mode") == "server":
            return {"demo": {"load": False, "sign_in": "off"}, **given}
        return given

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        parts = {"database.url": self.database.url, "index.url": self.index.url, "queue.url": self.queue.url}
        if self.mode == "embedded":
            given = [name for name, url in parts.items() if url]
            if given:
                raise ValueError(f"{', '.join(given)} belong to the mode server; add mode: server, or remove them")
            return self
        missing = [name for name, url in parts.items() if not url]
        if missing:
            raise ValueError(f"the mode server needs {', '.join(missing)}")
        if self.demo.sign_in != "off" or self.demo.load:
            raise ValueError("the mode server has no demo: remove demo, or set demo.load false and demo.sign_in off")
        return self


def load_settings(**overrides: Any) -> Settings:
    """Defaults, then ``vouch.yaml`` (or the file that ``VOUCH_CONFIG`` names), then ``VOUCH_*``, then ``overrides``."""
    merged = _file()
    for name, value in os.environ.items():
        if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS):
            _put(merged, name.removeprefix(PREFIX).lower().split("__"), value)
    merged.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise Invalid(_explained(error), hint="See docs/configuration.md for every setting.") from None


def _file() -> dict[str, Any]:
    named = os.environ.get("VOUCH_CONFIG")
    path = Path(named or "vouch.yaml")
    if not path.exists():
        if named:
            raise Invalid(f"VOUCH_CONFIG names {path}, which does not exist.", hint="Create it, or unset VOUCH_CONFIG.")
        return {}
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise Invalid(f"{path} is not YAML: {error}", hint="Check the indentation near that line.") from None
    if not isinstance(content, dict | None):
        raise Invalid(f"{path} must hold settings by name.", hint="For example: port: 8000")
    return dict(cast(dict[str, Any], content or {}))


def _put(merged: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        found = merged.get(part)
        inner: dict[str, Any] = dict(cast(dict[str, Any], found)) if isinstance(found, dict) else {}
        merged[part] = inner
        merged = inner
    merged[path[-1]] = value


def _explained(error: ValidationError) -> str:
    lines: list[str] = []
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"]))
        known = "is not a setting" if problem["type"] == "extra_forbidden" else problem["msg"]
        known = known.removeprefix("Value error, ")
        lines.append(f"{name}: {known}" if name else known)
    return "The configuration cannot be used. " + "; ".join(lines) + "."
