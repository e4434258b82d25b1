"""Writes the files of an export, into a folder or a zip."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.audit.events import JSON
from core.errors import Conflict

Put = Callable[[str, Iterable[bytes]], JSON]
"""Name and content of a file, to its length and hash."""


@contextmanager
def packing(out: Path | IO[bytes]) -> Generator[Put]:
    """Files to put into ``out``: a zip where its name ends so, else a new folder, whole or not there at all; or an open
    file that takes a zip. Raises Conflict when ``out`` is there."""
    if not isinstance(out, Path):
        with _zipped(out) as put:
            yield put
        return
    if out.exists():
        raise Conflict(f"{out} is there already.", hint="Choose a new name, so that no earlier export is lost.")
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    made = scratch / "export"
    try:
        if out.suffix == ".zip":
            with made.open("wb") as file, _zipped(file) as put:
                yield put
        else:
            made.mkdir()

            def put_in(name: str, content: Iterable[bytes]) -> JSON:
                with (made / name).open("wb") as file:
                    return _put(file, content)

            yield put_in
        made.rename(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _zipped(out: IO[bytes]) -> Generator[Put]:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:

        def put_in(name: str, content: Iterable[bytes]) -> JSON:
            with archive.open(name, "w", force_zip64=True) as file:
                return _put(file, content)

        yield put_in


def _put(file: IO[bytes], content: Iterable[bytes]) -> Mapping[str, JSON]:
    digest, length = hashlib.sha256(), 0
    for each in content:
        file.write(each)
        digest.update(each)
        length += len(each)
    return {"bytes": length, "sha256": digest.hexdigest()}
