"""What every field of an event is: a number, a closed word, an id, a hash or a keyed commitment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo


@dataclass(slots=True)
class Tally:
    """Counts the commitments of one event while it is checked, since they are worth nothing without their salt."""

    commitments: int = 0


def _tally(value: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Tally):
        info.context.commitments += 1
    return value


# No blank and no "@": neither a sentence nor an e-mail address is an id.
Id = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9:_./+=-]{0,127}\z")]
Word = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_.-]{0,39}\z")]
Subject = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{32}\z")]
Digest = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{32,64}\z")]
Commitment = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}\z"), AfterValidator(_tally)]
Count = Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
Timings = Annotated[dict[Word, Seconds], Field(max_length=32)]
Roles = Annotated[list[Word], Field(max_length=32)]
Level = Literal["public", "internal", "confidential", "restricted"]


class Details(BaseModel):
    # The input never shows in an error: a refused value may be the very text that must not be written down.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Passage(Details):
    """A chunk by id, with the document version it belongs to and a commitment to its text."""

    chunk: Id
    version: Id
    content: Commitment
    document: Id | None = None
    score: float | None = Field(default=None, ge=-1e9, le=1e9, allow_inf_nan=False)


Passages = Annotated[list[Passage], Field(max_length=1000)]


class Decision(Details):
    """The effective access decision: the hash of the asker's grants (``Principal.key``) and how many they are."""

    access: Digest
    grants: Count
    roles: Roles = []
