"""Formats read through another program: rtf, odt and epub through pandoc, old doc and ppt through LibreOffice.

Both run as children of the parsing process, without network, in its temporary directory, and end with it.
"""

from __future__ import annotations

import ctypes
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ingest.parse.archive import Archive, inspect
from ingest.parse.detect import MEDIA_TYPES, Kind
from ingest.parse.errors import ParseFailed
from ingest.parse.legacy import parse_old
from ingest.parse.markup import html_blocks
from ingest.parse.office import container_warnings, parse_docx, parse_pptx
from ingest.parse.outline import compose
from ingest.parsed import Parsed

_SECONDS = 100
_OUTPUT_LIMIT = 64 * 1024 * 1024
_PANDOC_HEAP = "800m"
_PR_SET_PDEATHSIG = 1


def parse_with_pandoc(body: bytes, kind: Kind, archive: Archive | None, title: str | None, filename: str) -> Parsed:
    """rtf, odt or epub: pandoc's sandboxed conversion to HTML, then read as such."""
    import pypandoc

    program = str(pypandoc.get_pandoc_path())
    command = [program, "--sandbox", "--from", kind, "--to", "html", "--standalone", "--metadata", "pagetitle= "]
    output = _run([*command, "+RTS", f"-M{_PANDOC_HEAP}", "-RTS"], body, kind)
    blocks, own, warnings = html_blocks(output.decode("utf-8", errors="replace"))
    name = title or (own or "").strip("- ") or filename
    if archive:
        warnings.extend(container_warnings(archive))
    return compose(blocks, title=name, media_type=MEDIA_TYPES[kind], warnings=warnings)


def parse_with_office(body: bytes, kind: Kind, title: str | None, filename: str) -> Parsed:
    """Old Word and PowerPoint files: converted by LibreOffice where it is installed, else read for their words."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    target = "docx" if kind == "doc" else "pptx"
    if program is None:
        return parse_old(body, kind, title, filename)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"source.{kind}"
        source.write_bytes(body)
        profile = f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"
        options = [profile, "--headless", "--norestore", "--convert-to", target, "--outdir", folder, str(source)]
        _run([program, *options], b"", kind)
        converted = source.with_suffix(f".{target}")
        if not converted.exists() or converted.stat().st_size > _OUTPUT_LIMIT:
            raise ParseFailed("corrupt", f"LibreOffice could not convert the {kind} file.")
        made = converted.read_bytes()
    parse = parse_docx if kind == "doc" else parse_pptx
    return parse(made, inspect(made), title, filename)


def _run(command: list[str], body: bytes, kind: Kind) -> bytes:
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command,
                input=body,
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
                preexec_fn=_bind_to_parent,
            )
        except subprocess.TimeoutExpired as error:
            raise ParseFailed("timeout", f"Converting the {kind} file took more than {_SECONDS} seconds.") from error
        if done.returncode in (251, 137, -signal.SIGKILL):
            raise ParseFailed("too_large", f"Converting the {kind} file needs more memory than it may use.")
        if done.returncode != 0:
            raise ParseFailed("corrupt", f"The {kind} file could not be converted.")
        if output.tell() > _OUTPUT_LIMIT:
            raise ParseFailed("too_large", f"The {kind} file converts to more text than is allowed.")
        output.seek(0)
        return output.read()


def _bind_to_parent() -> None:
    """In the converter, before it starts: end with the parsing process, and write no giant file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT_LIMIT * 4, _OUTPUT_LIMIT * 4))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
