"""The route to take a signed copy of the log along, or of what was found in it."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import Field, StringConstraints

from api.auditing import OpenLog, Wanted, copy_out
from api.configuring import By
from api.http.access import CurrentRuntime, deciding
from api.http.models import Model
from api.http.moments import Moment
from api.http.searching import Filters
from api.runtime import Runtime
from core.audit.finding import Sought
from core.errors import Unavailable

router = APIRouter(prefix="/v1/audit")
Exporting = Annotated[By, Depends(deciding("audit.export"))]
Place = Annotated[int, Field(ge=1, le=2**53 - 1)]
Pseudonym = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9:_./+=-]{0,127}$")]
SourceNamed = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Several = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=100)]
Note = Annotated[str, Field(max_length=20_000)]
PIECE = 1 << 16
ROOM = 512 * 2**20
"""Bytes that have to stay free beside a copy that is made: without room there is no log, and without a log no
answer."""


class ExportIn(Model):
    """The whole log, or a run of records from ``first`` to ``last``, or all records that fit what else is given, as
    for `GET /v1/audit/events`. ``csv``: with a table of them. ``kept``: checkpoints (notes) that the log is to be shown
    to go on from."""

    first: Place | None = None
    last: Place | None = None
    person: Pseudonym | None = None
    answer: Reference | None = None
    conversation: Reference | None = None
    document: Reference | None = None
    source: SourceNamed | None = None
    model: Reference | None = None
    since: Moment | None = None
    until: Moment | None = None
    kind: Several = Field(default_factory=list[str])
    action: Several = Field(default_factory=list[str])
    outcome: Several = Field(default_factory=list[str])
    trace: Reference | None = None
    csv: bool = False
    kept: Annotated[list[Note], Field(max_length=100)] = Field(default_factory=list[str])

    def sought(self) -> Sought | None:
        """Raises ``Invalid`` as ``Filters.sought`` does."""
        given = self.model_dump(exclude={"first", "last", "csv", "kept"}, exclude_defaults=True)
        return Filters(**given).sought() if given else None


@router.post(
    "/export",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "A zip that vouch audit verify reads."}},
)
def export_log(body: ExportIn, by: Exporting, runtime: CurrentRuntime) -> StreamingResponse:
    """A signed copy of the log, of a run of its records, or of those that fit, with a proof for each. That it was taken
    is a record before."""
    kept = tuple(each.encode("utf-8", "replace") for each in body.kept)
    wanted = Wanted(body.first, body.last, body.sought(), body.csv, kept)
    file = _written(runtime, wanted, by)
    length = file.seek(0, 2)
    file.seek(0)
    name = f"vouch-log-{runtime.clock():%Y%m%dT%H%M%SZ}.zip"
    headers = {
        "Content-Length": str(length), "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }  # fmt: skip
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _written(runtime: Runtime, wanted: Wanted, by: By) -> IO[bytes]:
    """The whole zip, in a file that has no name: it goes with whoever reads it."""
    work = runtime.settings.data_dir.resolve()
    log = OpenLog(runtime.database, runtime.keyring, runtime.audit, runtime.sequencer, runtime.head_file)
    _need_room(work)
    file = tempfile.TemporaryFile(dir=work)  # noqa: SIM115
    try:
        copy_out(log, wanted, file, runtime.clock, by.subject, by.trace_id, lambda done, total: _need_room(work))
    except OSError as error:
        file.close()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full() from None
        raise
    except BaseException:
        file.close()
        raise
    return file


def _need_room(work: Path) -> None:
    if shutil.disk_usage(work).free < ROOM:
        raise _full()


def _full() -> Unavailable:
    return Unavailable("There is too little room to make the copy.", hint="Ask for less, or have the disk made larger.")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
