"""What an administrator says of the detection of personal and confidential values."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ingest.label.expressions import checked

Expression = Annotated[str, AfterValidator(checked)]
Score = Annotated[float, Field(ge=0.0, le=1.0)]
KIND = r"^[A-Z][A-Z0-9_]{1,63}$"


class CustomPattern(BaseModel):
    """Values that only this organisation has: employee ids, customer ids, project names.

    ``regex`` finds the whole value, upper and lower case alike. With words of ``context``, a value counts with
    ``score`` only where one of them stands near it; elsewhere it is reported far below the threshold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(pattern=KIND, description="Name of the entity, as findings and policies call it: EMPLOYEE_ID")
    regex: Expression
    context: tuple[str, ...] = ()
    score: Score = 0.9


class LabelSettings(BaseModel):
    """The ``redaction`` section: which values are looked for, and from which score on a finding counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patterns: tuple[CustomPattern, ...] = ()
    kinds_off: tuple[str, ...] = Field(default=(), description="Entities that are not looked for: DATE_TIME")
    threshold: Score = Field(default=0.4, description="A finding below this score is dropped")
    language_models: bool = Field(
        default=True,
        description="Whether names and places are looked for by models, too; off leaves the patterns alone",
    )
